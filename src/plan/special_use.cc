// SPDX-License-Identifier: Apache-2.0
// The names of mailboxes with a purpose, one row a name.
#include "plan/special_use.h"

#include <algorithm>
#include <array>
#include <map>

#include "plan/name_folding.h"

namespace mboxferry::plan {
namespace {

struct SpecialName {
  SpecialUse use;
  std::string_view name;
};

// Not here, since they are something else: Templates, Outbox, Unsent Messages, Important, and
// names that are common words for other things (Archivos, Entrada).
constexpr std::array kSpecialNames = std::to_array<SpecialName>({
    // English
    {SpecialUse::inbox, "Inbox"},
    {SpecialUse::sent, "Sent"},
    {SpecialUse::sent, "Sent Items"},
    {SpecialUse::sent, "Sent Messages"},
    {SpecialUse::sent, "Sent Mail"},
    {SpecialUse::sent, "Sent-Mail"},
    {SpecialUse::drafts, "Drafts"},
    {SpecialUse::drafts, "Draft"},
    {SpecialUse::junk, "Junk"},
    {SpecialUse::junk, "Spam"},
    {SpecialUse::junk, "Junk E-mail"},
    {SpecialUse::junk, "Junk Email"},
    {SpecialUse::junk, "Junk Mail"},
    {SpecialUse::junk, "Bulk"},
    {SpecialUse::junk, "Bulk Mail"},
    {SpecialUse::trash, "Trash"},
    {SpecialUse::trash, "Deleted"},
    {SpecialUse::trash, "Deleted Items"},
    {SpecialUse::trash, "Deleted Messages"},
    {SpecialUse::trash, "Bin"},
    {SpecialUse::archive, "Archive"},
    {SpecialUse::archive, "Archives"},
    {SpecialUse::archive, "Archived"},
    // French
    {SpecialUse::inbox, "Boîte de réception"},
    {SpecialUse::inbox, "Courrier entrant"},
    {SpecialUse::sent, "Envoyés"},
    {SpecialUse::sent, "Envoyé"},
    {SpecialUse::sent, "Éléments envoyés"},
    {SpecialUse::sent, "Messages envoyés"},
    {SpecialUse::sent, "Courrier envoyé"},
    {SpecialUse::sent, "Objets envoyés"},
    {SpecialUse::drafts, "Brouillons"},
    {SpecialUse::drafts, "Brouillon"},
    {SpecialUse::junk, "Indésirables"},
    {SpecialUse::junk, "Indésirable"},
    {SpecialUse::junk, "Courrier indésirable"},
    {SpecialUse::junk, "Courriers indésirables"},
    {SpecialUse::junk, "Pourriel"},
    {SpecialUse::junk, "Pourriels"},
    {SpecialUse::trash, "Corbeille"},
    {SpecialUse::trash, "Éléments supprimés"},
    {SpecialUse::trash, "Messages supprimés"},
    {SpecialUse::archive, "Messages archivés"},
    // German
    {SpecialUse::inbox, "Posteingang"},
    {SpecialUse::sent, "Gesendet"},
    {SpecialUse::sent, "Gesendete Objekte"},
    {SpecialUse::sent, "Gesendete Elemente"},
    {SpecialUse::sent, "Gesendete Nachrichten"},
    {SpecialUse::sent, "Gesendete E-Mails"},
    {SpecialUse::drafts, "Entwürfe"},
    {SpecialUse::drafts, "Entwuerfe"},
    {SpecialUse::junk, "Junk-E-Mail"},
    {SpecialUse::junk, "Spamverdacht"},
    {SpecialUse::junk, "Unerwünscht"},
    {SpecialUse::junk, "Unerwünschte Werbung"},
    {SpecialUse::trash, "Papierkorb"},
    {SpecialUse::trash, "Gelöscht"},
    {SpecialUse::trash, "Gelöschte Objekte"},
    {SpecialUse::trash, "Gelöschte Elemente"},
    {SpecialUse::trash, "Gelöschte Nachrichten"},
    {SpecialUse::archive, "Archiv"},
    {SpecialUse::archive, "Archiviert"},
    // Italian
    {SpecialUse::inbox, "Posta in arrivo"},
    {SpecialUse::inbox, "In arrivo"},
    {SpecialUse::sent, "Posta inviata"},
    {SpecialUse::sent, "Inviata"},
    {SpecialUse::sent, "Inviati"},
    {SpecialUse::sent, "Elementi inviati"},
    {SpecialUse::sent, "Messaggi inviati"},
    {SpecialUse::drafts, "Bozze"},
    {SpecialUse::junk, "Posta indesiderata"},
    {SpecialUse::junk, "Indesiderata"},
    {SpecialUse::trash, "Cestino"},
    {SpecialUse::trash, "Posta eliminata"},
    {SpecialUse::trash, "Elementi eliminati"},
    {SpecialUse::trash, "Messaggi eliminati"},
    {SpecialUse::archive, "Archivio"},
    // Spanish
    {SpecialUse::inbox, "Bandeja de entrada"},
    {SpecialUse::inbox, "Recibidos"},
    {SpecialUse::sent, "Enviados"},
    {SpecialUse::sent, "Enviado"},
    {SpecialUse::sent, "Elementos enviados"},
    {SpecialUse::sent, "Mensajes enviados"},
    {SpecialUse::sent, "Correo enviado"},
    {SpecialUse::drafts, "Borradores"},
    {SpecialUse::junk, "Correo no deseado"},
    {SpecialUse::junk, "No deseado"},
    {SpecialUse::junk, "Correo basura"},
    {SpecialUse::trash, "Papelera"},
    {SpecialUse::trash, "Eliminados"},
    {SpecialUse::trash, "Elementos eliminados"},
    {SpecialUse::trash, "Mensajes eliminados"},
    {SpecialUse::archive, "Archivo"},
    {SpecialUse::archive, "Archivados"},
    // Dutch
    {SpecialUse::inbox, "Postvak IN"},
    {SpecialUse::sent, "Verzonden"},
    {SpecialUse::sent, "Verzonden items"},
    {SpecialUse::sent, "Verzonden berichten"},
    {SpecialUse::sent, "Verzonden objecten"},
    {SpecialUse::drafts, "Concepten"},
    {SpecialUse::junk, "Ongewenst"},
    {SpecialUse::junk, "Ongewenste e-mail"},
    {SpecialUse::junk, "Ongewenste mail"},
    {SpecialUse::junk, "Ongewenste reclame"},
    {SpecialUse::trash, "Prullenbak"},
    {SpecialUse::trash, "Prullenmand"},
    {SpecialUse::trash, "Verwijderd"},
    {SpecialUse::trash, "Verwijderde items"},
    {SpecialUse::trash, "Verwijderde berichten"},
    {SpecialUse::archive, "Archief"},
    {SpecialUse::archive, "Gearchiveerd"},
    // Portuguese
    {SpecialUse::inbox, "Caixa de entrada"},
    {SpecialUse::sent, "Itens enviados"},
    {SpecialUse::sent, "Mensagens enviadas"},
    {SpecialUse::sent, "Enviadas"},
    {SpecialUse::sent, "E-mails enviados"},
    {SpecialUse::sent, "Correio enviado"},
    {SpecialUse::drafts, "Rascunhos"},
    {SpecialUse::drafts, "Rascunho"},
    {SpecialUse::junk, "Lixo eletrônico"},
    {SpecialUse::junk, "Lixo electrónico"},
    {SpecialUse::junk, "Correio não solicitado"},
    {SpecialUse::junk, "Correio eletrónico não solicitado"},
    {SpecialUse::trash, "Lixeira"},
    {SpecialUse::trash, "Lixo"},
    {SpecialUse::trash, "Itens excluídos"},
    {SpecialUse::trash, "Itens eliminados"},
    {SpecialUse::trash, "Mensagens excluídas"},
    {SpecialUse::trash, "Mensagens eliminadas"},
    {SpecialUse::archive, "Arquivo"},
    {SpecialUse::archive, "Arquivado"},
    {SpecialUse::archive, "Arquivados"},
});

using RowsByName = std::map<std::string, std::size_t>;

// The table's rows by what their names fold to; the first where two fold to the same.
const RowsByName& rows_by_name() {
  static const RowsByName rows = [] {
    RowsByName made;
    for (std::size_t row = 0; row < kSpecialNames.size(); ++row)
      made.emplace(fold_letters(kSpecialNames[row].name), row);
    return made;
  }();
  return rows;
}

std::optional<std::size_t> row_of(std::string_view name) {
  const auto found = rows_by_name().find(fold_letters(name));
  if (found == rows_by_name().end()) return std::nullopt;
  return found->second;
}

// The name without the prefix of the user's own mailboxes.
std::string_view without_prefix(std::string_view name, const ServerNames& server) {
  const bool has_prefix = name.substr(0, server.prefix.size()) == server.prefix;
  return has_prefix ? name.substr(server.prefix.size()) : name;
}

}  // namespace

std::string_view attribute_of(SpecialUse use) {
  constexpr std::array<std::string_view, 6> kAttributes{"INBOX",  "\\Sent",  "\\Drafts",
                                                        "\\Junk", "\\Trash", "\\Archive"};
  return kAttributes.at(static_cast<std::size_t>(use));
}

std::optional<SpecialUse> special_use_named(std::string_view name) {
  const auto row = row_of(name);
  if (!row) return std::nullopt;
  return kSpecialNames[*row].use;
}

SpecialMailboxes::SpecialMailboxes(const ServerNames& server) {
  constexpr std::array kMarked{SpecialUse::sent, SpecialUse::drafts, SpecialUse::junk,
                               SpecialUse::trash, SpecialUse::archive};
  for (const KnownMailbox& mailbox : server.mailboxes) {
    if (!mailbox.selectable) continue;
    for (const SpecialUse use : kMarked) {
      if (fold_case(mailbox.special_use) == fold_case(attribute_of(use)))
        marked_.push_back({use, mailbox.name});
    }
    if (const auto row = row_of(without_prefix(mailbox.name, server)))
      named_.push_back({kSpecialNames[*row].use, *row, mailbox.name});
  }
  std::stable_sort(named_.begin(), named_.end(),
                   [](const Named& a, const Named& b) { return a.row < b.row; });
}

std::optional<std::string> SpecialMailboxes::find(SpecialUse use, const std::string& own) const {
  if (use == SpecialUse::inbox) return "INBOX";
  for (const Marked& each : marked_) {
    if (each.use == use) return each.name;
  }
  std::optional<std::string> first;
  for (const Named& each : named_) {
    if (each.use != use) continue;
    if (each.name == own) return own;
    if (!first) first = each.name;
  }
  return first;
}

std::optional<SpecialUse> SpecialMailboxes::use_of(const std::string& mailbox) const {
  for (const Marked& each : marked_) {
    if (each.name == mailbox) return each.use;
  }
  return std::nullopt;
}

}  // namespace mboxferry::plan
