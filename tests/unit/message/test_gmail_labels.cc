// SPDX-License-Identifier: Apache-2.0
// Gmail's own labels, and the encoded words that they come in.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "mboxferry/message/charset.h"
#include "mboxferry/message/gmail_labels.h"
#include "mboxferry/message/metadata.h"
#include "message/labels.h"

using namespace mboxferry;
using namespace mboxferry::message;

namespace {

using Strings = std::vector<std::string>;

HeaderFacts scan_labels(const std::string& labels) {
  HeaderScanner scanner;
  scanner.feed("X-Gmail-Labels: " + labels + "\n\n");
  return scanner.finish();
}

}  // namespace

TEST_CASE("Gmail's own labels in each language have their meaning") {
  struct Row {
    const char* language;
    const char *inbox, *sent, *drafts, *trash, *archived, *unread, *starred;
  };
  const std::vector<Row> rows{
      {"English", "Inbox", "Sent", "Drafts", "Trash", "Archived", "Unread", "Starred"},
      {"German", "Posteingang", "Gesendet", "Entwürfe", "Papierkorb", "Archiviert", "Ungelesen",
       "Markiert"},
      {"French", "Boîte de réception", "Messages envoyés", "Brouillons", "Corbeille", "Archivés",
       "Non lus", "Favoris"},
      {"Spanish", "Recibidos", "Enviados", "Borradores", "Papelera", "Archivados", "No leídos",
       "Destacados"},
      {"Italian", "Posta in arrivo", "Inviati", "Bozze", "Cestino", "Archiviati", "Da leggere",
       "Speciali"},
      {"Portuguese (BR)", "Caixa de entrada", "Enviados", "Rascunhos", "Lixeira", "Arquivados",
       "Não lidos", "Com estrela"},
      {"Portuguese (PT)", "Caixa de entrada", "Correio enviado", "Rascunhos", "Lixo", "Arquivado",
       "Não lida", "Com estrela"},
      {"Dutch", "Postvak IN", "Verzonden", "Concepten", "Prullenbak", "Gearchiveerd", "Ongelezen",
       "Met ster"},
      {"Polish", "Odebrane", "Wysłane", "Wersje robocze", "Kosz", "Zarchiwizowane",
       "Nieprzeczytane", "Oznaczone gwiazdką"},
      {"Swedish", "Inkorgen", "Skickat", "Utkast", "Papperskorgen", "Arkiverade", "Olästa",
       "Stjärnmärkt"},
      {"Danish", "Indbakke", "Sendt", "Kladder", "Papirkurv", "Arkiveret", "Ulæst",
       "Stjernemarkeret"},
      {"Norwegian", "Innboks", "Sendt", "Utkast", "Papirkurv", "Arkivert", "Ulest",
       "Stjernemerket"},
      {"Finnish", "Saapuneet", "Lähetetyt", "Luonnokset", "Roskakori", "Arkistoidut",
       "Lukemattomat", "Tähdellä merkityt"},
      {"Czech", "Doručená pošta", "Odeslané", "Koncepty", "Koš", "Archivováno", "Nepřečtené",
       "S hvězdičkou"},
      {"Turkish", "Gelen Kutusu", "Gönderilmiş Postalar", "Taslaklar", "Çöp Kutusu", "Arşivlendi",
       "Okunmamış", "Yıldızlı"},
      {"Russian", "Входящие", "Отправленные", "Черновики", "Корзина", "В архиве", "Непрочитанные",
       "Помеченные"},
      {"Ukrainian", "Вхідні", "Надіслані", "Чернетки", "Кошик", "В архіві", "Непрочитані",
       "Із зірочкою"},
      {"Japanese", "受信トレイ", "送信済み", "下書き", "ゴミ箱", "アーカイブ済み", "未読",
       "スター付き"},
      {"simplified Chinese", "收件箱", "已发送", "草稿", "已删除邮件", "已归档", "未读",
       "已加星标"},
      {"traditional Chinese", "收件匣", "寄件備份", "草稿", "垃圾桶", "已封存", "未讀", "已加星號"},
      {"Korean", "받은편지함", "보낸편지함", "임시보관함", "휴지통", "보관처리됨", "읽지않음",
       "별표편지함"},
  };
  for (const Row& row : rows) {
    INFO(row.language);
    CHECK(label_meaning(row.inbox) == LabelMeaning::inbox);
    CHECK(label_meaning(row.sent) == LabelMeaning::sent);
    CHECK(label_meaning(row.drafts) == LabelMeaning::drafts);
    CHECK(label_meaning(row.trash) == LabelMeaning::trash);
    CHECK(label_meaning(row.archived) == LabelMeaning::archived);
    CHECK(label_meaning(row.unread) == LabelMeaning::unread);
    CHECK(label_meaning(row.starred) == LabelMeaning::starred);
  }
}

TEST_CASE("spaces around a label and ASCII case do not count") {
  CHECK(label_meaning(" \tINBOX ") == LabelMeaning::inbox);
  CHECK(label_meaning("boîte de RéCEPTION") == LabelMeaning::inbox);
  CHECK(label_meaning("important") == LabelMeaning::important);
  CHECK(label_meaning("Opened") == LabelMeaning::opened);
  CHECK(label_meaning("Chats") == LabelMeaning::chat);
  CHECK(label_meaning("Muted") == LabelMeaning::muted);
  CHECK(label_meaning("Spam") == LabelMeaning::spam);
}

TEST_CASE("everything else is the user's") {
  for (const char* label :
       {"", "|", "Inbox|", "Work", "Inbox/Work", "Sent Mail 2019", "Category", "Category Work",
        "Kategorie Familie", "IMAP_", "IMAP", "\xff", "Inbo"}) {
    INFO(label);
    CHECK(label_meaning(label) == LabelMeaning::user);
  }
}

TEST_CASE("categories have a word before them in each language") {
  for (const char* label : {"Category Promotions", "category Updates", "Kategorie: Neuigkeiten",
                            "Catégorie\u00a0: E-mails personnels", "Catégorie : Forums",
                            "Categoría: Social", "Kategorie: Sociální sítě", "カテゴリ: メイン"}) {
    INFO(label);
    CHECK(label_meaning(label) == LabelMeaning::category);
  }
}

TEST_CASE("a keyword that was set over IMAP is told by its prefix") {
  CHECK(label_meaning("IMAP_$Forwarded") == LabelMeaning::keyword);
}

TEST_CASE("flags follow the labels of any language") {
  CHECK(scan_labels("=?UTF-8?Q?Posteingang,Wichtig,Ungelesen,Kategorie:_=22Neuigkeiten=22?=").flags == 0);
  CHECK(scan_labels("=?UTF-8?Q?Archiviert,Ge=C3=B6ffnet?=").flags == kSeen);
  CHECK(scan_labels("=?UTF-8?Q?Entw=C3=BCrfe,Ungelesen,Markiert?=").flags == (kDraft | kFlagged));
}

TEST_CASE("a label with a comma in quotes, over two encoded words") {
  const HeaderFacts facts = scan_labels(
      "=?UTF-8?Q?Messages_archiv=C3=A9s,Ouvert,Cat=C3=A9gorie=C2=A0:_E-mails_?=\n"
      " =?UTF-8?Q?personnels,\"Culture,_vie\"?=");
  CHECK(facts.labels == Strings{"Messages archivés", "Ouvert",
                                "Catégorie\u00a0: E-mails personnels", "Culture, vie"});
}

TEST_CASE("a character may be split between two words of one charset") {
  CHECK(decode_encoded_words("=?UTF-8?B?w4nDqcM=?= =?utf-8?Q?=A9?=") == "Ééé");
  CHECK(decode_encoded_words("=?shift_jis?B?jg==?=\t=?Shift_JIS?B?8w==?=") == "受");
  CHECK(decode_encoded_words("=?utf-8?q?=C3?= =?iso-8859-2?q?=A9?=") == "\u00c3\u0160");
}

TEST_CASE("blanks between words go, those beside other text stay") {
  CHECK(decode_encoded_words("a =?utf-8?q?b?=  =?iso-8859-1?q?c?= d") == "a bc d");
  CHECK(decode_encoded_words("=?utf-8?q?b?= ") == "b ");
  CHECK(decode_encoded_words("=?utf-8?q?b?= =?none?q?c?= =?utf-8?q?"
                             "?=x") == "b =?none?q?c?= x");
}

TEST_CASE("other charsets are converted") {
  CHECK(decode_encoded_words("=?ISO-8859-15?Q?=A4?=") == "€");
  CHECK(decode_encoded_words("=?windows-1252?Q?=80?=") == "€");
  CHECK(decode_encoded_words("=?windows-1251?Q?=C2?=") == "В");
  CHECK(decode_encoded_words("=?KOI8-R?Q?=F7?=") == "В");
  CHECK(decode_encoded_words("=?gb2312?B?ytW8/s/k?=") == "收件箱");
  CHECK(decode_encoded_words("=?GB18030?B?ytW8/s/k?=") == "收件箱");
  CHECK(decode_encoded_words("=?big5?B?pqyl86dY?=") == "收件匣");
  CHECK(decode_encoded_words("=?iso-2022-jp?B?GyRCPHU/LhsoQg==?=") == "受信");
  CHECK(decode_encoded_words("=?euc-kr?B?ud7AuA==?=") == "받으");
  CHECK(decode_encoded_words("=?UTF-8*de?Q?=C3=BC?=") == "ü");
}

TEST_CASE("what is malformed neither stops nor breaks the rest") {
  CHECK(decode_encoded_words("=?utf-8?q?=C3?= a\xc3\xa9") == "\u00c3 a\u00e9");
  CHECK(decode_encoded_words("=?euc-jp?q?=A4?=x") == "\uFFFDx");
  CHECK(decode_encoded_words("=?shift_jis?q?a=81=00b?=") == std::string("a\uFFFD\0b", 6));
  CHECK(decode_encoded_words("=?utf-8?b?QQ=Q?=") == "=?utf-8?b?QQ=Q?=");
  CHECK(decode_encoded_words("=?utf-8?x?QQ?=") == "=?utf-8?x?QQ?=");
  CHECK(decode_encoded_words("=?\"../x\"?q?a?=") == "=?\"../x\"?q?a?=");
  CHECK(decode_encoded_words("=?=?=?"
                             "?=?utf-8?q?") ==
        "=?=?=?"
        "?=?utf-8?q?");
}

TEST_CASE("only charsets of the list are known") {
  CHECK(is_known_charset("UTF-8"));
  CHECK(is_known_charset("Windows-1252"));
  for (const char* name : {"", "utf-7", "utf-8//IGNORE", "iso-2022-cn-ext", "../utf-8"})
    CHECK_FALSE(is_known_charset(name));
}
