// SPDX-License-Identifier: Apache-2.0
// Files that are packed or encrypted in ways that names do not tell.
#include <catch2/catch.hpp>
#include <string>

#include "archive/opener.h"
#include "message_files.h"
#include "support.h"

namespace mboxferry::archive {
namespace {

using namespace std::string_literals;

const std::string kInbox(kMail);

/// What is unread of a directory, and of a zip archive, that hold an Inbox and this file: the
/// reasons, which must be the same.
std::string reason_of(const std::string& name, const std::string& bytes) {
  const TemporaryDirectory directory;
  directory.write("tree/Inbox", kInbox);
  directory.write("tree/" + name, bytes);
  directory.write("packed.zip", zip({{"Inbox", kInbox}, {name, bytes}}));
  const std::string tree = unread(must_open(directory.file("tree")));
  const std::string packed = unread(must_open(directory.file("packed.zip")));
  if (tree.empty() && packed.empty()) return "";
  const std::string before_tree = directory.file("tree/" + name) + ": ";
  const std::string before_packed = directory.file("packed.zip") + ": " + name + ": ";
  REQUIRE(tree.starts_with(before_tree));
  REQUIRE(packed.starts_with(before_packed));
  CHECK(tree.substr(before_tree.size()) == packed.substr(before_packed.size()));
  return tree.substr(before_tree.size());
}

std::string error_of(const std::string& bytes) {
  const TemporaryDirectory directory;
  directory.write("a.bin", bytes);
  const auto archive = Archive::open(directory.file("a.bin"));
  REQUIRE_FALSE(archive);
  return archive.error().what + "; " + archive.error().hint;
}

TEST_CASE("a file that was compressed twice is read, alone, in a tree and in a container") {
  const TemporaryDirectory directory;
  const std::string twice = compress(gzip(kInbox), Compression::zstd);
  directory.write("a.mbox.gz.zst", twice);
  directory.write("tree/a.mbox.gz.zst", twice);
  directory.write("tree/b.eml.gz.gz", gzip(gzip(letter("b"))));
  directory.write("packed.zip", zip({{"a.mbox.gz.zst", twice}}));
  directory.write("a.tar.gz.gz", gzip(gzip(tar({{"Inbox", kInbox}}))));
  for (const std::string name : {"a.mbox.gz.zst", "packed.zip", "a.tar.gz.gz"}) {
    const Archive archive = must_open(directory.file(name));
    REQUIRE(archive.folders().size() == 1);
    CHECK(read_all(archive.folders()[0]) == kInbox);
    CHECK(unread_count(archive) == 0);
  }
  const Archive tree = must_open(directory.file("tree"));
  REQUIRE(tree.folders().size() == 2);
  CHECK(read_all(tree.folders()[0]) == letter("b"));
  CHECK(read_all(tree.folders()[1]) == kInbox);
  CHECK(unread_count(tree) == 0);
}

TEST_CASE("a file that is compressed over and over is unread") {
  const std::string packed = gzip(gzip(gzip(gzip(kInbox))));
  CHECK(reason_of("a.mbox.gz", packed) == "a file that is packed too often, not unpacked\n");
  CHECK(error_of(packed).find("a file that is packed too often") != std::string::npos);
}

TEST_CASE("what stands before junk or a cut in a packed container is read") {
  const TemporaryDirectory directory;
  const std::string second = kInbox + long_text(300'000);
  const std::string whole = gzip(tar({{"Inbox", kInbox}, {"Sent", second}, {"Trash", kInbox}}));
  directory.write("junk.tar.gz", whole + "junk behind it");
  const Archive junk = must_open(directory.file("junk.tar.gz"));
  REQUIRE(junk.folders().size() == 4);
  CHECK(read_all(junk.folders()[0]) == kInbox);
  CHECK(read_all(junk.folders()[1]) == second);
  CHECK(read_all(junk.folders()[2]) == kInbox);
  CHECK(read_all(junk.folders()[3]).find("other data follows") != std::string::npos);
  directory.write("cut.tar.gz", whole.substr(0, whole.size() / 2));
  const Archive cut = must_open(directory.file("cut.tar.gz"));
  REQUIRE(cut.folders().size() == 2);
  CHECK(read_all(cut.folders()[0]) == kInbox);
}

TEST_CASE("a delivery that is packed and cut is unread, in a tree and in a container") {
  const std::string packed = gzip(letter("one", 20'000));
  for (const std::size_t size : {std::size_t{15}, packed.size() / 2, packed.size() - 3}) {
    const TemporaryDirectory directory;
    const std::string name = "cur/1546336800.M1P1.h:2,S";
    directory.write("tree/Inbox", kInbox);
    directory.write("tree/" + name, packed.substr(0, size));
    directory.write("packed.zip", zip({{"Inbox", kInbox}, {name, packed.substr(0, size)}}));
    for (const std::string where : {"tree", "packed.zip"}) {
      const Archive archive = must_open(directory.file(where));
      CHECK(unread_count(archive) == 1);
      for (const Folder& folder : archive.folders())
        CHECK(read_all(folder).find("damaged") == std::string::npos);
    }
  }
}

TEST_CASE("base64 of openssl enc is an encrypted file") {
  const std::string lines = "9abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcd\n";
  CHECK(reason_of("Drafts", "U2FsdGVkX1" + lines + lines) ==
        "a file encrypted with openssl enc, not read: decrypt it with openssl enc -d -a\n");
  CHECK(reason_of("Drafts", "U2FsdGVkX1Ax\n").empty());
}

TEST_CASE("a packed delivery in which there is no message is unread") {
  const std::string name = "cur/1546336800.M1P1.h:2,S";
  const std::string message = letter("one");
  CHECK(reason_of(name, gzip(gzip(gzip(message)))).empty());
  CHECK(reason_of(name, gzip(gzip(gzip(gzip(message))))) ==
        "packed, and inside is a file that is packed too often, not unpacked\n");
  CHECK(reason_of(name, gzip(std::string("\0\1\2rubbish", 10))) ==
        "packed, and what is inside does not begin like a message\n");
  CHECK(reason_of(name, gzip(zip({{"Inbox", kInbox}}))) ==
        "packed, and inside is a zip archive, not unpacked\n");
  CHECK(reason_of(name, gzip("(comment)\nFrom: a@example.org\nTo: b@example.org\n\n")).empty());
}

TEST_CASE("encrypted files are unread by their kind of encryption") {
  const std::string key_id = "\1\2\3\4\5\6\7\x08";
  const std::string rest(40, 'x');
  CHECK(reason_of("a.mbox.asc", "-----BEGIN PGP MESSAGE-----\n\n" + rest) ==
        "a file encrypted with OpenPGP, not read: decrypt it with gpg --decrypt\n");
  for (const std::string& packet :
       {"\x85\x02\x0c\x03" + key_id + "\x01", "\x84\x5e\x03" + key_id + "\x12",
        "\xc1\xc0\x4c\x03" + key_id + "\x01", "\x8c\x0d\x04\x09\x03\x02"s,
        "\xc3\x0d\x04\x07\x03\x08"s}) {
    CHECK(reason_of("a.mbox.gpg", packet + rest) ==
          "a file encrypted with OpenPGP, not read: decrypt it with gpg --decrypt\n");
  }
  CHECK(reason_of("a.age", "age-encryption.org/v1\n-> X25519 " + rest) ==
        "a file encrypted with age, not read: decrypt it with age --decrypt\n");
  CHECK(reason_of("a.enc", "Salted__" + rest) ==
        "a file encrypted with openssl enc, not read: decrypt it with openssl enc -d\n");
  CHECK(error_of("-----BEGIN PGP MESSAGE-----\n\nx\n").find("gpg --decrypt") != std::string::npos);
}

TEST_CASE("keys and signatures are no encrypted mail") {
  const std::string rest(40, 'x');
  CHECK(reason_of("pubring.gpg", "\x99\x01\x0d\x04" + rest).empty());
  CHECK(reason_of("key.asc", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n" + rest).empty());
  CHECK(reason_of("a.sig", "\x88\x5d\x04\x11" + rest).empty());
  CHECK(reason_of("encrypted-openpgp-passphrase.txt", "-----BEGIN PGP MESSAGE-----\n").empty());
}

TEST_CASE("archives of formats that are not read have their name") {
  CHECK(reason_of("a.cpio", "070701" + std::string(120, '0')) ==
        "a cpio archive, not read: unpack it with cpio -i\n");
  CHECK(reason_of("a.7z", "7z\xbc\xaf\x27\x1c" + std::string(40, 'x')) ==
        "a 7z archive, not unpacked\n");
  CHECK(reason_of("a.sit", "SIT!" + std::string(40, 'x')) ==
        "a StuffIt archive, not read: unpack it with unar\n");
}

TEST_CASE("a zip archive behind a program is unread, and a program is no mail") {
  const std::string program = "MZ" + std::string(5000, 'p');
  CHECK(reason_of("mail.exe", program + zip({{"Inbox", kInbox}})) ==
        "a zip archive behind a program, not read: unpack it with unzip\n");
  CHECK(reason_of("setup.exe", program).empty());
  CHECK(error_of(program + zip({{"Inbox", kInbox}})).find("unzip") != std::string::npos);
}

TEST_CASE("a compressed Maildir message is unpacked whether its name has a size or not") {
  const std::string name = GENERATE(as<std::string>(), "1.M1P1.host:2,S", "1.M1P1.host,S=24:2,S");
  const auto how =
      GENERATE(Compression::gzip, Compression::bzip2, Compression::xz, Compression::zstd);
  const TemporaryDirectory directory;
  directory.write("m/cur/" + name, compress(letter("packed"), how));
  directory.write("m/cur/2.M2P2.host:2,", letter("plain"));
  directory.write("m/cur/3.M3P3.host:2,", "BZhonest: a field that looks packed\n\nx\n");
  const Archive archive = must_open(directory.file("m"));
  CHECK(read_all(archive.folders()[0]) ==
        letter("packed") + letter("plain") + "BZhonest: a field that looks packed\n\nx\n");
  CHECK(unread_count(archive) == 0);
}

TEST_CASE("a Maildir message that unpacks to far more than mail can is unread") {
  const TemporaryDirectory directory;
  directory.write("m/cur/1.M1P1.host:2,S", gzip("Subject: x\n\n" + std::string(2'000'000, 'x')));
  directory.write("m/cur/2.M2P2.host:2,", letter("plain"));
  const auto archive = Opener({.allowance = 100'000, .ratio = 10}).open(directory.file("m"));
  REQUIRE(archive);
  CHECK(read_all(archive->folders()[0]) == letter("plain"));
  CHECK(unread_count(*archive) == 1);
}

TEST_CASE("a Maildir message that Dovecot encrypted is unread") {
  const std::string bytes = "CRYPTED\x03\x07" + std::string(60, 'x');
  CHECK(reason_of("cur/1.M1P1.host:2,S", bytes) == "encrypted by Dovecot's mail_crypt\n");
  CHECK(reason_of("cur/1.M1P1.host,S=24:2,S", bytes) == "encrypted by Dovecot's mail_crypt\n");
}

TEST_CASE("an emlx file that is cut short is unread in part, alone, in a tree and in a container") {
  const TemporaryDirectory directory;
  const std::string cut = "500\nSubject: cut\n\nbody\n";
  const std::string reason = "cut short: 481 bytes of the message are missing\n";
  directory.write("A.mbox/Messages/1.emlx", cut);
  directory.write("a.zip", zip({{"A.mbox/Messages/1.emlx", cut}}));
  directory.write("whole.emlx", emlx(letter("whole"), "1"));
  const std::string file = directory.file("A.mbox/Messages/1.emlx");
  for (const std::string& path : {directory.file("A.mbox"), file}) {
    const Archive archive = must_open(path);
    CHECK(read_all(archive.folders()[0]) == "Subject: cut\n\nbody\n");
    CHECK(unread(archive) == file + ": " + reason);
  }
  CHECK(unread(must_open(directory.file("a.zip"))) ==
        directory.file("a.zip") + ": A.mbox/Messages/1.emlx: " + reason);
  CHECK(unread_count(must_open(directory.file("whole.emlx"))) == 0);
}

TEST_CASE("an MMDF mailbox that is named like a message gives all its messages") {
  const TemporaryDirectory directory;
  const std::string line = "\x01\x01\x01\x01\n";
  const std::string two = line + letter("1") + line + line + letter("2") + line;
  directory.write("a.eml", two);
  directory.write("tree/a.eml", two);
  directory.write("a.zip", zip({{"a.eml", two}}));
  for (const std::string name : {"a.eml", "tree", "a.zip"}) {
    const Archive archive = must_open(directory.file(name));
    REQUIRE(archive.folders().size() == 1);
    CHECK(archive.folders()[0].form == FolderForm::mbox);
    CHECK(read_all(archive.folders()[0]) == "From -\n" + letter("1") + "\nFrom -\n" + letter("2"));
  }
}

TEST_CASE("index files of mail programs are no mail, whatever is in them") {
  const std::string zeros(20, '\0');
  for (const std::string name :
       {"inbox/.claws_mark", "inbox/.claws_cache", "inbox/.claws_tags", "inbox/.sylpheed_mark",
        "inbox/.sylpheed_cache", "FOL00001.PMI", "Work/MESSAGES.TBI"}) {
    CHECK(reason_of(name, zeros).empty());
    const TemporaryDirectory directory;
    directory.write("Box", kInbox);
    directory.write(name, zeros);
    CHECK(must_open(directory.path()).folders().size() == 1);
  }
}

}  // namespace
}  // namespace mboxferry::archive
