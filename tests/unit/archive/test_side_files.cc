// SPDX-License-Identifier: Apache-2.0
// Marks, labels and dates from files beside the mail.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "archive/side_note.h"
#include "message_files.h"

namespace mboxferry::archive {
namespace {

// A line a message: its name, flags, labels and date ("!": the server's own).
std::string noted(const Folder& folder) {
  const auto files = open_messages(folder);
  if (!files) return describe(files.error());
  std::string text;
  for (;;) {
    const auto file = (*files)->next();
    if (!file) return describe(file.error());
    if (!*file) return text;
    const std::string& name = (*file)->name;
    text += name.substr(name.find_last_of("/: ") + 1) + " " + (*file)->flags;
    for (const std::string& label : (*file)->labels) text += "|" + label;
    if ((*file)->date) text += " " + std::to_string((*file)->date->unix_seconds);
    text += (*file)->date_is_exact ? "!\n" : "\n";
  }
}

std::string proton(const std::string& labels, int unread, int time) {
  return R"({"Version":1,"Payload":{"ID":"x","LabelIDs":[)" + labels + R"(],"Unread":)" +
         std::to_string(unread) + R"(,"IsReplied":1,"Time":)" + std::to_string(time) + "}}";
}

Archive packed_or_tree(const TemporaryDirectory& directory, const std::vector<PackedFile>& files) {
  for (const PackedFile& file : files) directory.write("tree/" + file.name, file.bytes);
  directory.write("a.zip", zip(files));
  directory.write("a.tar", tar(files));
  const std::string where = GENERATE(as<std::string>(), "tree", "a.zip", "a.tar");
  return must_open(directory.file(where));
}

TEST_CASE("labels beside the mail that are too many or too long are told") {
  TemporaryDirectory directory;
  std::string labels = R"("Work")";
  for (int i = 0; i < 300; ++i) labels += R"(,"L)" + std::to_string(i) + R"(")";
  const Archive archive = packed_or_tree(
      directory,
      {{"db/1.meta", R"({"gm_id":1,"flags":[],"labels":[)" + labels + "]}"},
       {"db/1.eml", letter("1")},
       {"db/2.meta", R"({"gm_id":2,"flags":[],"labels":[")" + std::string(2000, 'x') + R"("]})"},
       {"db/2.eml", letter("2")},
       {"db/3.meta", R"({"gm_id":3,"flags":[],"labels":["Work"]})"},
       {"db/3.eml", letter("3")}});
  REQUIRE(archive.notices().size() == 2);
  CHECK(archive.notices()[1].starts_with("2 messages have more than 200 labels"));
}

TEST_CASE("files for marks and labels that are empty or cut are told, and are no mailbox") {
  TemporaryDirectory directory;
  const Archive archive =
      packed_or_tree(directory, {{"a/msg-db.sqlite", ""},
                                 {"a/1.eml", letter("1")},
                                 {"b/2.meta", ""},
                                 {"b/2.eml", letter("2")},
                                 {"c/labels.json", R"({"Version":1,"Payload":[{"ID":"0")"},
                                 {"c/3.eml", letter("3")},
                                 {"d/msg-db.sqlite-wal", "\x37\x7f\x06\x82 changes"},
                                 {"d/4.eml", letter("4")},
                                 {"e/labels.json", R"({"colors":[1]})"},
                                 {"e/msg-db.sqlite-wal", ""}});
  CHECK(archive.folders().size() == 4);
  REQUIRE(archive.notices().size() == 1);
  CHECK(archive.notices()[0].starts_with("4 files hold read marks or labels that are not read"));
  CHECK(unread_count(archive) == 0);
}

TEST_CASE("messages whose marks and labels are in files that are not read are counted") {
  // A document may lie where one reading ends and the next begins.
  std::string vault = "<Root><Batch><Documents>";
  for (int i = 0; i < 3000; ++i) vault += "<Document DocID=\"" + std::to_string(i) + "\"/>";
  TemporaryDirectory directory;
  const Archive archive =
      packed_or_tree(directory, {{"a/x.mbox", "From a\nSubject: x\n\nx\n\n"},
                                 {"a/x-metadata.xml", vault + "</Documents></Batch></Root>"},
                                 {"b/1.eml", letter("1")},
                                 {"b/1.eml.meta", R"({"id":257,"type":"message","flags":1})"}});
  REQUIRE(archive.notices().size() == 1);
  CHECK(
      archive.notices()[0].starts_with("2 files hold read marks or labels that are not read: "
                                       "3001 messages arrive without them"));
}

TEST_CASE("gmvault's marks and labels are read, whichever file comes first") {
  TemporaryDirectory directory;
  const Archive archive = packed_or_tree(
      directory,
      {{"db/2014-02/1.meta",
        R"({"gm_id":1,"labels":["\\Inbox","\\Starred","Work"],"flags":["\\Seen","$Phishing"],)"
        R"("internal_date":1391212800,"subject":"a"})"},
       {"db/2014-02/1.eml", letter("1")},
       {"db/2014-02/2.eml.gz", gzip(letter("2"))},
       {"db/2014-02/2.meta", R"({"gm_id":2,"labels":[12],"flags":[],"internal_date":null})"},
       {"db/2014-02/3.eml", letter("3")}});
  REQUIRE(archive.folders().size() == 1);
  const std::string text = noted(archive.folders()[0]);
  CHECK(text.find("1.eml SF|Inbox|Work|IMAP_$Phishing 1391212800\n") != std::string::npos);
  CHECK(text.find("2.eml.gz |12 ") != std::string::npos);
  CHECK(text.find("3.eml  ") != std::string::npos);
  CHECK(unread_count(archive) == 0);
  CHECK(left_out_count(archive) == 2);
  REQUIRE(archive.notices().size() == 1);
  CHECK(archive.notices()[0].starts_with("read marks and labels of 2 messages come from files"));
}

TEST_CASE("Proton Mail's marks, labels by their names, and the server's date are read") {
  TemporaryDirectory directory;
  const Archive archive = packed_or_tree(
      directory,
      {{"m/a==.eml", letter("1")},
       {"m/a==.metadata.json", proton(R"("own==","0","5","10","15")", 0, 1600000000)},
       {"m/b==.eml", letter("2")},
       {"m/b==.metadata.json", proton(R"("6","lost==")", 1, 1600000001)},
       {"m/labels.json",
        R"({"Version":1,"Payload":[{"ID":"own==","Name":"Kind","Path":"Eltern/Kind","Type":3}]})"}});
  REQUIRE(archive.folders().size() == 1);
  const std::string text = noted(archive.folders()[0]);
  CHECK(text ==
        "a==.eml SRF|Inbox|Eltern/Kind 1600000000!\n"
        "b==.eml R|Archived|lost== 1600000001!\n");
  CHECK(left_out(archive).find("names of Proton Mail's labels, read") != std::string::npos);
}

TEST_CASE("a file that only has the name of a note is no note") {
  TemporaryDirectory directory;
  const std::string bytes =
      GENERATE(as<std::string>(), "{}", "[1]", "{\"gm_id\":1}", "d1:x2:yz",
               R"({"gm_id":1,"labels":{},"flags":[]})", std::string(300'000, '['));
  const Archive archive =
      packed_or_tree(directory, {{"d/1.eml", letter("1")}, {"d/1.meta", bytes}});
  CHECK(messages(archive.folders()[0]).find("[?]") != std::string::npos);
  REQUIRE(archive.notices().size() == 1);
  CHECK(archive.notices()[0].starts_with("1 file holds read marks or labels that are not read"));
}

std::string imap_backup(const std::string& messages, int version = 3) {
  return R"({"version":)" + std::to_string(version) + R"(,"uid_validity":7,"messages":[)" +
         messages + "]}";
}

// "offset flags keywords" of the messages at these offsets of a folder; "-" without marks.
std::string marked(const Folder& folder, const std::vector<std::uint64_t>& offsets) {
  std::string text;
  for (const std::uint64_t offset : offsets) {
    const auto marks = marks_at(folder, offset);
    if (!marks) return describe(marks.error());
    text += std::to_string(offset) + (*marks ? " " + (*marks)->flags : " -");
    if (*marks)
      for (const std::string& keyword : (*marks)->keywords) text += " " + keyword;
    text += ";";
  }
  return text;
}

TEST_CASE("imap-backup's marks are read, whichever file comes first") {
  TemporaryDirectory directory;
  const std::string mail(kMail);
  const auto line = static_cast<std::uint64_t>(mail.find('\n')) + 1;
  const std::string second = std::to_string(mail.size());
  const std::string list = imap_backup(
      R"({"uid":1,"offset":0,"length":9,"flags":["Seen","\\Flagged","$Junk","Recent"]},)"
      R"({"uid":2,"flags":[],"offset":)" +
      second + R"(,"length":9})");
  const Archive archive = packed_or_tree(directory, {{"a/INBOX.imap", list},
                                                     {"a/INBOX.mbox", mail + mail + mail},
                                                     {"b/Sent.mbox", mail},
                                                     {"b/Sent.imap", list},
                                                     {"c/Other.mbox", mail}});
  REQUIRE(archive.folders().size() == 3);
  const std::uint64_t size = mail.size();
  CHECK(marked(archive.folders()[0], {line, size + line, 2 * size + line + 1000}) ==
        std::to_string(line) + " SF $Junk;" + std::to_string(size + line) + " ;" +
            std::to_string(2 * size + line + 1000) + " -;");
  CHECK(marked(archive.folders()[1], {line}) == std::to_string(line) + " SF $Junk;");
  CHECK(marked(archive.folders()[2], {line}) == std::to_string(line) + " -;");
  REQUIRE(archive.notices().size() == 1);
  CHECK(archive.notices()[0] ==
        "read marks and labels of 4 messages come from files beside the mail");
  CHECK(unread(archive).empty());
}

TEST_CASE("what is no list of imap-backup is told and gives no marks") {
  const std::string whole = imap_backup(R"({"uid":1,"offset":0,"length":9,"flags":["Seen"]})");
  const std::string list = GENERATE_COPY(
      as<std::string>(), whole.substr(0, whole.size() - 1), imap_backup("", 2),
      imap_backup(R"({"uid":1,"offset":0,"length":9,"flags":["Seen"]})", 2), std::string("{}"),
      imap_backup(R"({"uid":1,"offset":0,"x":")" + std::string(200'000, 'x') + R"("})"),
      std::string(100'000, '['), std::string("not JSON"));
  TemporaryDirectory directory;
  const Archive archive =
      packed_or_tree(directory, {{"a/INBOX.mbox", std::string(kMail)}, {"a/INBOX.imap", list}});
  REQUIRE(archive.folders().size() == 1);
  CHECK(marked(archive.folders()[0], {50}) == "50 -;");
  REQUIRE(archive.notices().size() == 1);
  CHECK(archive.notices()[0].starts_with("1 file holds read marks or labels that are not read"));
}

TEST_CASE("labels of Gmail's API are labels and flags") {
  const SideNote note = note_of_gmail_labels(
      {"INBOX", "UNREAD", "STARRED", "CATEGORY_SOCIAL", "DRAFT", "Work/A", "CHAT"});
  CHECK(note.info == "FD");
  CHECK(note.labels ==
        std::vector<std::string>{"INBOX", "Category: SOCIAL", "Drafts", "Work/A", "Chats"});
  CHECK(note_of_gmail_labels({}).info == "S");
}

TEST_CASE("stored dates are read by the calendar") {
  CHECK(parse_stored_date("1970-01-01 00:00:00") == 0);
  CHECK(parse_stored_date("2024-02-29 12:34:56") == 1709210096);
  CHECK(parse_stored_date("2024-02-29T12:34:56.5") == 1709210096);
  for (const char* bad : {"", "2024-02-29", "2024-13-01 00:00:00", "2024-01-00 00:00:00",
                          "2024-01-01 24:00:00", "2O24-01-01 00:00:00"}) {
    CHECK(!parse_stored_date(bad));
  }
}

TEST_CASE("joined labels come back one by one") {
  const std::vector<std::string> labels{"a", "b c", "\xc3\xa4"};
  CHECK(split_joined_labels(join_labels(labels)) == labels);
  CHECK(split_joined_labels("").empty());
}

}  // namespace
}  // namespace mboxferry::archive
