// SPDX-License-Identifier: Apache-2.0
// Layouts of mail programs: a tree, and containers with the same files, give the same folders.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "message_files.h"

namespace mboxferry::archive {
namespace {

std::string header(const std::string& subject) {
  return "From: a@example.org\nTo: b@example.org\nSubject: " + subject + "\n\nbody\n";
}

std::string mbox(const std::string& subject) {
  return "From a@example.org Mon Jan  1 00:00:00 2001\n" + header(subject) + "\n";
}

std::string lines_in_order(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line.substr(std::min(line.find(' '), line.size())));
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line + '\n';
  return all;
}

/// Folders in order: name, form, number of bytes, and of message files their names and flags.
std::string contents(const Archive& archive) {
  std::vector<std::string> folders;
  for (const Folder& folder : archive.folders()) {
    std::string text = folder.label() + ' ' + std::string(form_name(folder.form)) + ' ' +
                       std::to_string(read_all(folder).size()) + '\n';
    if (folder.messages) text += lines_in_order(messages(folder));
    folders.push_back(text);
  }
  std::sort(folders.begin(), folders.end());
  std::string all;
  for (const std::string& folder : folders) all += folder;
  return all;
}

std::string names(const Archive& archive) {
  std::vector<std::string> labels;
  for (const Folder& folder : archive.folders()) labels.push_back(folder.label());
  std::sort(labels.begin(), labels.end());
  std::string all;
  for (const std::string& label : labels) all += (all.empty() ? "" : ", ") + label;
  return all;
}

std::string layouts(const Archive& archive) {
  std::string all;
  for (const std::string& name : archive.layouts()) all += (all.empty() ? "" : ", ") + name;
  return all;
}

struct Sample {
  std::string layout;
  std::string folders;
  std::vector<PackedFile> files;
};

std::vector<Sample> samples() {
  return {
      {"Thunderbird profile",
       "Local Folders/Trash, imap.example.org/INBOX, imap.example.org/INBOX/Work",
       {{"Profiles/k3j9x2ab.default/prefs.js", "user_pref();"},
        {"Profiles/k3j9x2ab.default/Mail/Local Folders/Trash", mbox("t")},
        {"Profiles/k3j9x2ab.default/Mail/Local Folders/Trash.msf", "x"},
        {"Profiles/k3j9x2ab.default/ImapMail/imap.example.org/INBOX", mbox("i")},
        {"Profiles/k3j9x2ab.default/ImapMail/imap.example.org/INBOX.sbd/Work", mbox("w")},
        {"Profiles/k3j9x2ab.default/ImapMail/imap.example.org/nstmp", mbox("n")},
        {"Profiles/k3j9x2ab.default/ImapMail/imap.example.org/._INBOX", "x"}}},
      {"Thunderbird profile",
       "Inbox, Inbox/Work",
       {{"k3j9x2ab.default-release/Mail/pop.example.org/Inbox", mbox("i")},
        {"k3j9x2ab.default-release/Mail/pop.example.org/Inbox.sbd/Work", mbox("w")}}},
      {"Thunderbird profile",
       "default/Inbox, default/Sent, work/Inbox",
       {{"k3j9x2ab.default/Mail/Local Folders/default/Inbox", mbox("i")},
        {"k3j9x2ab.default/Mail/Local Folders/default/Sent", mbox("i")},
        {"k3j9x2ab.default/Mail/Local Folders/work/Inbox", mbox("w")}}},
      {"Thunderbird profile",
       "a1b2c3d4.default/example.org/Inbox, k3j9x2ab.default/ImapMail/example.org/Inbox, "
       "k3j9x2ab.default/Mail/example.org/Inbox, work/Local Folders/Sent",
       {{"k3j9x2ab.default/Mail/example.org/Inbox", mbox("i")},
        {"k3j9x2ab.default/ImapMail/example.org/Inbox", mbox("i")},
        {"a1b2c3d4.default/Mail/example.org/Inbox", mbox("i")},
        {"e1f2a3b4.work/Mail/Local Folders/Sent", mbox("i")}}},
      {"Thunderbird profile, Thunderbird maildir",
       "Inbox, Inbox/Kunden",
       {{"Mail/Local Folders/Inbox/cur/1630000001.eml", header("1")},
        {"Mail/Local Folders/Inbox/cur/1630000002.eml", header("2")},
        {"Mail/Local Folders/Inbox.msf", "x"},
        {"Mail/Local Folders/Inbox.sbd/Kunden/cur/1630000100.eml", header("3")}}},
      {"Thunderbird profile",
       "Local Folders/Sent, imap.example.org/INBOX, pop.example.org/Inbox",
       {{"Mail/pop.example.org/Inbox", mbox("p")},
        {"ImapMail/imap.example.org/INBOX", mbox("i")},
        {"Mail/Local Folders/Sent", mbox("s")}}},
      {"Thunderbird profile",
       "imap.example.org/INBOX, pop.example.org/Inbox",
       {{"backup/Mail/pop.example.org/Inbox", mbox("p")},
        {"backup/ImapMail/imap.example.org/INBOX", mbox("i")}}},
      {"Apple Mail",
       "INBOX, INBOX/Old, Sent",
       {{"INBOX.imapmbox/Messages/9.emlx", "5\nA: b\n"},
        {"INBOX.imapmbox/Old.imapmbox/Messages/7.emlx", "5\nA: b\n"},
        {"Sent.imapmbox/Messages/8.emlx", "5\nA: b\n"}}},
      {"KMail",
       "archive, inbox, inbox/lists, inbox/lists/kde, inbox/work",
       {{"inbox", mbox("i")},
        {".inbox.index", "x"},
        {".inbox.index.ids", "x"},
        {".inbox.directory/lists", mbox("l")},
        {".inbox.directory/.lists.directory/kde", mbox("k")},
        {".inbox.directory/work/cur/1.M.host:2,S", header("w")},
        {".inbox.directory/work/new/2.M.host", header("w")},
        {"archive/cur/1.M.host:2,FS", header("a")}}},
      {"Evolution",
       "INBOX, INBOX/Sub",
       {{"mail/5f8c0a/folders/INBOX/cur/0a/17", header("i")},
        {"mail/5f8c0a/folders/INBOX/cur/3e/18", header("j")},
        {"mail/5f8c0a/folders/INBOX/subfolders/Sub/cur/ff/1", header("s")}}},
      {"Evolution",
       "Inbox, Inbox/Sub, Sent",
       {{"evolution/local/Inbox/mbox", mbox("i")},
        {"evolution/local/Inbox/mbox.ev-summary", "x"},
        {"evolution/local/Inbox/folder-metadata.xml", "<xml/>"},
        {"evolution/local/Inbox/subfolders/Sub/mbox", mbox("s")},
        {"evolution/local/Sent/mbox", mbox("s")}}},
      {"Evolution",
       "INBOX, Version 1.0, Version 1.0/Sub_x",
       {{"cur/1.M.host:2,S", header("1")},
        {"..maildir++", "maildir++ 1"},
        {".Version_201_2E0/cur/1.M.host:2,", header("1")},
        {".Version_201_2E0.Sub_5Fx/cur/1.M.host:2,", header("1")},
        {"x.cmeta", "x"}}},
      {"Evolution",
       "INBOX, Sub",
       {{".local/share/evolution/mail/local/cur/1.M.host:2,S", header("1")},
        {".local/share/evolution/mail/local/.Sub/cur/2.M.host:2,S", header("2")},
        {".local/share/evolution/mail/local/..maildir++", "maildir++ 1"},
        {".config/evolution/sources/x.source", "[Data Source]\n"}}},
      {"readpst",
       "Inbox, Inbox/Projects, Sent Items",
       {{"Outlook Data File/Inbox/mbox", mbox("i")},
        {"Outlook Data File/Inbox/Projects/mbox", mbox("p")},
        {"Outlook Data File/Sent Items/mbox", mbox("s")}}},
      {"readpst -S",
       "Inbox, Sent Items",
       {{"Personal Folders/Inbox/1", header("1")},
        {"Personal Folders/Inbox/3-report.pdf", "%PDF"},  // of a message that is not there
        {"Personal Folders/Inbox/2", header("2")},
        {"Personal Folders/Sent Items/1", header("1")}}},
      {"Kerio",
       "INBOX, INBOX/Sub, Sent Items",
       {{"INBOX/#msgs/00000001.eml", header("1")},
        {"INBOX/#msgs/00000002.eml", header("2")},
        {"INBOX/status.fld", "x"},
        {"INBOX/Sub/#msgs/00000001.eml", header("1")},
        {"Sent Items/#msgs/00000001.eml", header("1")}}},
      {"Kerio",
       "INBOX, INBOX, Sent Items",
       {{"INBOX/#msgs/00000001.eml", header("1")},
        {"INBOX/#msgs/00000002.eml", mbox("2") + mbox("3")},
        {"INBOX/status.fld", "x"},
        {"Sent Items/#msgs/00000001.eml", header("1")}}},
      {"Eudora",
       "In, My friends, Projects, Projects/Alpha, one",
       {{"In.mbx", mbox("i")},
        {"In.toc", "x"},
        {"descmap.pce",
         "In,In.mbx,S,N\r\nMy friends,MyFrien.mbx,M,N\r\n,,x\r\n"
         "Projects, one,Project.fol,F,N\r\n"},
        {"MyFrien.mbx", mbox("f")},
        {"Projects.mbx", mbox("p")},
        {"Projects.fol/Alpha.mbx", mbox("a")},
        {"one.mbx", mbox("o")}}},
      {"Opera",
       "account1, account2",
       {{"mail/store/account1/2008/05/06/123.mbs", mbox("1")},
        {"mail/store/account1/2008/05/07/124.mbs", mbox("2")},
        {"mail/store/account2/2009/01/01/125.mbs", mbox("3")}}},
      {"Opera",
       "account1, account1, account2",
       {{"mail/store/account1/2008/05.mbs", mbox("1") + mbox("2")},
        {"mail/store/account1/2008/06/1.mbs", mbox("3")},
        {"mail/store/account2/2009/01.mbs", mbox("3")}}},
      {"hMailServer",
       "alice, bob",
       {{"alice/1A/{1A0B2C3D-0000-4000-8000-0123456789AB}.eml", header("1")},
        {"alice/F0/{F00B2C3D-0000-4000-8000-0123456789AB}.eml", header("2")},
        {"bob/00/{000B2C3D-0000-4000-8000-0123456789AB}.eml", header("3")}}},
      {"MDaemon",
       "alice, alice/Sent Items, alice/Sent Items/2020",
       {{"alice/md50000000001.msg", header("1")},
        {"alice/Imap.mrk", "x"},
        {"alice/Sent Items.IMAP/md50000000001.msg", header("2")},
        {"alice/Sent Items.IMAP/2020.IMAP/md50000000001.msg", header("3")}}},
      {"Cyrus spool",
       "alice, alice/Entw\xc3\xbcrfe, joe.doe",
       {{"a/user/alice/1.", header("1")},
        {"a/user/alice/2.", header("2")},
        {"a/user/alice/cyrus.header", "x"},
        {"a/user/alice/cyrus.index", "x"},
        {"a/user/alice/Entw&APw-rfe/1.", header("3")},
        {"j/user/joe^doe/1.", header("4")}}},
      {"Cyrus spool",
       "example.org/alice",
       {{"mail/domain/e/example.org/a/user/alice/1.", header("1")},
        {"mail/domain/e/example.org/a/user/alice/cyrus.header", "x"},
        {"sieve/x", "y"}}},
      {"MH",
       "inbox, lists/kde",
       {{"inbox/1", header("1")},
        {"inbox/10", header("10")},
        {"inbox/.mh_sequences", "unseen: 10"},
        {"lists/kde/3", header("3")},
        {"lists/numbers/3", "just 3 lines"}}},
      {"GYB",
       "backup-a, backup-b",
       {{"backup-a/2012/3/14/135f1c2d3e4f5a6b.eml", header("1")},
        {"backup-a/2013/12/1/135f1c2d3e4f5a6c.eml", header("2")},
        {"backup-a/msg-db.sqlite", "SQLite format 3"},
        {"backup-b/2013/12/1/135f1c2d3e4f5a6c.eml", header("2")}}},
      {"gmvault",
       "alice, bob, chats",
       {{"alice/db/2012-03/1395.eml.gz", gzip(header("1"))},
        {"alice/db/2012-03/1395.meta", "{}"},
        {"alice/db/2012-04/1396.eml", header("2")},
        {"bob/db/2012-04/1397.eml", header("3")},
        {"chats/subchats-1/1398.eml", header("4")}}},
      {"Proton export",
       "alice@example.org",
       {{"alice@example.org/mail_20240501_120000/AAAA==.eml", header("1")},
        {"alice@example.org/mail_20240502_120000/BBBB==.eml", header("2")}}},
      {"pipermail",
       "2004-January, 2004-March, Week-of-Mon-20050103",
       {{"2004-January.txt", mbox("1")},
        {"2004-March.txt.gz", gzip(mbox("2"))},
        {"Week-of-Mon-20050103.txt", mbox("3")}}},
      {"procmail",
       "inbox, lists, lists/msg.2019, lists/spam",
       {{"inbox", mbox("a")},
        {"lists/msg.xAB", header("1")},
        {"lists/msg.0-b", header("2")},
        {"lists/msg.txt", "no mail"},
        {"lists/msg.2019", mbox("3") + mbox("4")},
        {"lists/spam/msg.abc", mbox("5")},
        {"lists/spam/msg.bbc", mbox("6")}}},
      {"MailMate",
       "joe@x/INBOX, joe@x/INBOX/Sub, joe@x/Sent",
       {{"Messages.noindex/IMAP/joe@x/INBOX.mailbox/Messages/1.eml", header("1")},
        {"Messages.noindex/IMAP/joe@x/INBOX.mailbox/Sub.mailbox/Messages/2.eml", header("2")},
        {"Messages.noindex/IMAP/joe@x/Sent.mailbox/Messages/3.eml", header("3")}}},
      {"",
       "kde, kde-devel",
       {{"kde.mbox/kde.mbox", mbox("1")}, {"kde-devel.mbox/kde-devel.mbox", mbox("2")}}},
      {"Google Takeout",
       "All mail, Work/2020",
       {{"Takeout/archive_browser.html", "<html>"},
        {"Takeout/Mail/All mail.mbox", mbox("a")},
        {"Takeout/Mail/Work/2020.mbox", mbox("w")}}},
      {"",
       "Customers/Alpha, Customers/Beta",
       {{"Customers/Alpha", mbox("a")}, {"Customers/Beta", mbox("b")}}},
      {"",
       "Customers/Alpha, Customers/Beta",
       {{"Customers.sbd/Alpha", mbox("a")}, {"Customers.sbd/Beta", mbox("b")}}},
      {"",
       "INBOX, Sent, Sent/2020",
       {{"home/joe/Maildir/cur/1.M.host:2,S", header("1")},
        {"home/joe/Maildir/.Sent/cur/1.M.host:2,S", header("2")},
        {"home/joe/Maildir/.Sent/cur/.nfs01", "x"},
        {"home/joe/Maildir/.Sent.2020/new/1.M.host", header("3")},
        {"home/joe/Maildir/tmp/4.M.host", header("4")}}},
      {"",
       "example.org/alice, example.org/alice/Sent",
       {{"example.org/alice/cur/1.M.host:2,S", header("1")},
        {"example.org/alice/.Sent/cur/1.M.host:2,S", header("2")}}},
      {"",
       "example.org/alice, example.org/alice/Sent Items, example.org/bob",
       {{"mailnames/example.org/alice/Maildir/cur/1.M.host:2,S", header("1")},
        {"mailnames/example.org/alice/Maildir/.Sent Items/cur/1.M.host:2,S", header("2")},
        {"mailnames/example.org/bob/Maildir/new/1.M.host", header("3")}}},
      {"",
       "INBOX, Sent, example.org/alice, example.org/alice/Junk",
       {{"cpmove-joe/homedir/mail/cur/1.M.host:2,S", header("1")},
        {"cpmove-joe/homedir/mail/.Sent/cur/1.M.host:2,S", header("2")},
        {"cpmove-joe/homedir/mail/example.org/alice/new/1.M.host", header("3")},
        {"cpmove-joe/homedir/mail/example.org/alice/.Junk/cur/1.M.host:2,", header("4")},
        {"cpmove-joe/homedir/public_html/index.php", "<?php"}}},
      {"",
       "A, A/B, A/B/C, INBOX",
       {{"cur/1.M.host:2,S", header("1")},
        {".A/cur/1.M.host:2,S", header("2")},
        {".A/.B/new/1.M.host", header("3")},
        {".A/.B/.C/new/1.M.host", header("4")}}},
      // isync's A/B beside another program's, which is kept apart.
      {"",
       ".A/B, A, A/B, INBOX",
       {{"cur/1.M.host:2,S", header("1")},
        {".A/cur/1.M.host:2,S", header("2")},
        {".A/.B/new/1.M.host", header("3")},
        {".A.B/new/1.M.host", header("4")}}},
      {"",
       "a/Maildir, a/maildir, b, b/Maildir, b/X, c/Maildir, c/inbox",
       {{"a/Maildir/cur/1.M.host:2,S", header("1")},
        {"a/.maildir/cur/1.M.host:2,S", header("2")},
        {"b/Maildir/cur/1.M.host:2,S", header("3")},
        {"b/Maildir/.X/cur/1.M.host:2,S", header("4")},
        {"b/Maildir/Maildir/cur/1.M.host:2,S", header("5")},
        {"c/Maildir/cur/1.M.host:2,S", header("6")},
        {"c/inbox", mbox("7")}}},
      {"",
       "home/joe, home/joe/Maildir, lists/Maildir",
       {{"home/joe/cur/1.M.host:2,S", header("1")},
        {"home/joe/Maildir/cur/1.M.host:2,S", header("2")},
        {"lists/Maildir.mbox", mbox("3")}}},
      {"Apple Mail",
       "INBOX, INBOX/Old, [Gmail]/All Mail",
       {{"V10/1F0C/INBOX.mbox/2A0C/Data/Messages/1.emlx", "5\nA: b\n"},
        {"V10/1F0C/INBOX.mbox/2A0C/Data/1/2/Messages/21000.emlx", "5\nA: c\n"},
        {"V10/1F0C/INBOX.mbox/Info.plist", "<plist/>"},
        {"V10/1F0C/INBOX.mbox/Old.mbox/2A0C/Data/Messages/7.emlx", "5\nA: d\n"},
        {"V10/1F0C/[Gmail].mbox/All Mail.mbox/2A0C/Data/Messages/3.emlx", "5\nA: e\n"},
        {"V10/MailData/Envelope Index", "SQLite format 3"}}},
      {"Apple Mail",
       "IMAP-joe@example.org/INBOX, Mailboxes/Old, POP-joe@example.com/INBOX, "
       "POP-joe@example.com/INBOX/Sub",
       {{"V2/IMAP-joe@example.org/INBOX.mbox/2A0C/Data/Messages/1.emlx", "5\nA: b\n"},
        {"V2/POP-joe@example.com/INBOX.mbox/2A0C/Data/Messages/1.emlx", "5\nA: c\n"},
        {"V2/POP-joe@example.com/INBOX.mbox/Sub.mbox/2A0C/Data/Messages/1.emlx", "5\nA: d\n"},
        {"V2/Mailboxes/Old.mbox/2A0C/Data/Messages/1.emlx", "5\nA: e\n"}}},
      {"Apple Mail",
       "IMAP-joe@example.org/Inbox, POP-joe@example.com/INBOX",
       {{"Mail/IMAP-joe@example.org/Inbox.imapmbox/Messages/1.emlx", "5\nA: b\n"},
        {"Mail/POP-joe@example.com/INBOX.mbox/Messages/1.emlx", "5\nA: c\n"}}},
      {"Apple Mail",
       "Mailboxes/Old, POP-joe@x/INBOX",
       {{"Library/Mail/Mailboxes/Old.mbox/mbox", mbox("o")},
        {"Library/Mail/Mailboxes/Old.mbox/table_of_contents", "x"},
        {"Library/Mail/POP-joe@x/INBOX.mbox/mbox", mbox("i")}}},
      {"", "Inbox, Sent", {{"Inbox.mbx", mbox("i")}, {"Sent.mbx.gz", gzip(mbox("s"))}}},
      {"MH",
       "inbox, inbox/sub, queue",
       {{"inbox/1", header("1")},
        {"inbox/.claws_cache", "x"},
        {"inbox/.claws_mark", "x"},
        {"inbox/sub/2", header("2")},
        {"queue/1", "AF:\nNF:0\nS:a@example.org\n\n" + header("3")}}},
      {"Cyrus spool",
       "alice",
       {{"user/alice/1.", header("1")},
        {"user/alice/cyrus.header", "x"},
        {"user/alice/cyrus.expunge", std::string(9, '\0')},
        {"user/alice/cyrus.squat.NEW", std::string(1, '\0')}}},
      {"",
       "alice/mbox, alice/sent-mail, new/2020, tmp/old",
       {{"alice/mbox", mbox("1")},
        {"alice/sent-mail", mbox("2")},
        {"new/2020.mbox", mbox("3")},
        {"tmp/old", mbox("4")}}},
  };
}

TEST_CASE("a layout's directories are no folders, in a tree and in containers alike") {
  for (const Sample& sample : samples()) {
    INFO(sample.layout << ": " << sample.folders);
    const TemporaryDirectory directory;
    for (const PackedFile& file : sample.files) directory.write("tree/" + file.name, file.bytes);
    const Archive tree = must_open(directory.file("tree"));
    CHECK(names(tree) == sample.folders);
    CHECK(layouts(tree) == sample.layout);
    CHECK(unread(tree).empty());
    for (const std::string& bytes :
         {zip(sample.files), tar(sample.files), gzip(tar(sample.files))}) {
      directory.write("container", bytes);
      const Archive container = must_open(directory.file("container"));
      CHECK(contents(container) == contents(tree));
      CHECK(layouts(container) == layouts(tree));
      CHECK(unread(container).empty());
      CHECK(left_out_count(container) == left_out_count(tree));
    }
  }
}

TEST_CASE("a directory that is called like the archive is not one of its folders") {
  const TemporaryDirectory directory;
  const std::vector<PackedFile> files{{"backup/Alpha", mbox("a")}, {"backup/Beta", mbox("b")}};
  directory.write("backup.tar.gz", gzip(tar(files)));
  CHECK(names(must_open(directory.file("backup.tar.gz"))) == "Alpha, Beta");
  directory.write("other.tar.gz", gzip(tar(files)));
  CHECK(names(must_open(directory.file("other.tar.gz"))) == "backup/Alpha, backup/Beta");
}

TEST_CASE("messages of the archive's own directory have its name, packed in it or not") {
  const std::vector<std::vector<PackedFile>> archives{
      {{"1", header("1")}, {"Work/1", header("2")}},
      {{"x.eml", header("1")}, {"Work/w.eml", header("2")}},
      {{"A.CNM", header("1")}, {"Work", mbox("w")}},
      {{"mbox", mbox("m")}, {"Maildir/new/1.M.host", header("1")}},
      {{"1.emlx", "5\nA: b\n"}, {"Work/1.emlx", "5\nA: b\n"}},
      {{"db/2012-03/1.eml", header("1")}, {"Work/2.eml", header("2")}},
      {{"cur/1.M.host:2,S", header("1")}, {".Work/cur/1.M.host:2,S", header("2")}}};
  for (const auto& files : archives) {
    const TemporaryDirectory directory;
    std::vector<PackedFile> wrapped;
    for (const PackedFile& file : files) {
      directory.write("Box/" + file.name, file.bytes);
      wrapped.push_back({"Box/" + file.name, file.bytes});
    }
    const Archive tree = must_open(directory.file("Box"));
    INFO(names(tree));
    CHECK(tree.folders().size() == 2);
    directory.write("Box.tar.gz", gzip(tar(wrapped)));
    directory.write("Box.tar", tar(files));
    directory.write("Box.zip", zip(wrapped));
    for (const char* name : {"Box.tar.gz", "Box.tar", "Box.zip"})
      CHECK(contents(must_open(directory.file(name))) == contents(tree));
  }
}

TEST_CASE("a Maildir without a message is a folder, also in a container that lists directories") {
  const TemporaryDirectory directory;
  directory.write("x.tar", tar({{"box/cur/", ""}, {"box/new/", ""}, {"inbox", mbox("i")}}));
  for (const char* name : {"tree/box/cur", "tree/box/new"})
    std::filesystem::create_directories(directory.file(name));
  directory.write("tree/inbox", mbox("i"));
  const Archive tree = must_open(directory.file("tree"));
  CHECK(names(tree) == "box, inbox");
  CHECK(contents(must_open(directory.file("x.tar"))) == contents(tree));
}

}  // namespace
}  // namespace mboxferry::archive
