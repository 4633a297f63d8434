// SPDX-License-Identifier: Apache-2.0
// Apple Mail's messages whose attachments are in other files.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "archive/stripped_parts.h"
#include "message_files.h"

namespace mboxferry::archive {
namespace {

const std::string kData = "Work.mbox/UUID/Data/1/";

std::string part(const std::string& fields, const std::string& content) {
  return "--B\n" + fields + "\n" + content;
}

std::string message(const std::string& parts) {
  return "Subject: x\nContent-Type: multipart/mixed;\n boundary=\"B\"\n\n" +
         part("Content-Type: text/plain\n", "see there\n") + parts + "--B--\n";
}

std::string stripped(const std::string& encoding, std::size_t size, const std::string& end = "\n") {
  return part("Content-Type: application/pdf\nX-Apple-Content-Length: " + std::to_string(size) +
                  end + "Content-Transfer-Encoding: " + encoding + "\n",
              "");
}

std::string whole(const std::string& encoding, const std::string& content) {
  return part("Content-Type: application/pdf\nContent-Transfer-Encoding: " + encoding + "\n",
              content);
}

// 'x' repeated three times is "eHh4".
std::string base64_of_x(std::size_t triples, std::size_t line_length) {
  std::string text;
  for (std::size_t i = 0; i < triples; ++i) {
    if (i > 0 && i * 4 % line_length == 0) text += '\n';
    text += "eHh4";
  }
  return text + "\n";
}

class AppleMail {
 public:
  void write(const std::string& name, const std::string& bytes) const {
    directory_.write(kData + name, bytes);
  }
  [[nodiscard]] Archive open() const { return must_open(directory_.path()); }
  [[nodiscard]] std::string text() const {
    const Archive archive = open();
    REQUIRE(archive.folders().size() == 1);
    return read_all(archive.folders()[0]);
  }
  [[nodiscard]] std::string unread_lines() const { return unread(open()); }
  [[nodiscard]] std::string path(const std::string& name) const {
    return directory_.file(kData + name);
  }

 private:
  TemporaryDirectory directory_;
};

TEST_CASE("an attachment that Apple Mail has taken out comes back as it was") {
  // 60,000 bytes: more than is encoded at once.
  constexpr std::size_t kTriples = 20'000;
  const unsigned line_length = GENERATE(76U, 72U, 64U, 60U);
  const std::string content = base64_of_x(kTriples, line_length);
  const auto lines = static_cast<std::size_t>(std::count(content.begin(), content.end(), '\n'));
  const std::size_t size = kTriples * 4 + 2 * (lines - 1);
  const AppleMail mail;
  mail.write("Messages/7.partial.emlx", emlx(message(stripped("base64", size)), "1"));
  mail.write("Attachments/7/2/x.pdf", std::string(kTriples * 3, 'x'));
  mail.write("Attachments/7/2/.DS_Store", "no attachment");
  CHECK(mail.text() == message(whole("base64", content)));
  CHECK(mail.unread_lines().empty());
  const std::string lines_left_out = left_out(mail.open());
  CHECK(lines_left_out.find("x.pdf: attachment of a message of Apple Mail") != std::string::npos);
}

TEST_CASE("whether an empty line stood behind an attachment is told by its length") {
  const std::string content = base64_of_x(1, 76);
  const auto [size, written] =
      GENERATE_COPY(std::pair<std::size_t, std::string>(4, content),
                    std::pair<std::size_t, std::string>(5, content + "\n"),
                    std::pair<std::size_t, std::string>(6, content + "\n"));
  const AppleMail mail;
  mail.write("Messages/7.partial.emlx", emlx(message(stripped("BASE64", size)), "1"));
  mail.write("Attachments/7/2/x.pdf", "xxx");
  CHECK(mail.text() == message(whole("BASE64", written)));
  CHECK(mail.unread_lines().empty());
}

TEST_CASE("parts are counted as IMAP counts them") {
  const std::string nested =
      "--B\nContent-Type: message/rfc822\n\nSubject: inner\nContent-Type: multipart/mixed;"
      " boundary=C\n\n--C\nContent-Type: text/plain\n\ninner\n--C\n";
  const std::string end = "\n--C--\n";
  const auto fields = [](const std::string& size) {
    return "Content-Type: text/x-log\n" + size + "\n";
  };
  const AppleMail mail;
  mail.write("Messages/7.partial.emlx",
             emlx(message(nested + fields("X-Apple-Content-Length: 5\n") + end.substr(1) +
                          stripped("8bit", 8)),
                  "1"));
  mail.write("Attachments/7/2.2/a.log", "inner");
  mail.write("Attachments/7/3/b.log", "one\ntwo\n");
  // 8 bytes with the CRLF of its first line, and without the last, which is the boundary's.
  CHECK(mail.text() == message(nested + fields("") + "inner" + end + whole("8bit", "one\ntwo\n")));
  CHECK(mail.unread_lines().empty());
}

TEST_CASE("content that was kept encoded comes back too, and a message of one part") {
  const AppleMail mail;
  const std::string fields = "Subject: x\nContent-Transfer-Encoding: quoted-printable\n";
  mail.write("Messages/7.partial.emlx", emlx(fields + "X-Apple-Content-Length: 6\n\n", "1"));
  mail.write("Messages/7.1.emlxpart", "a=3D=\n");
  CHECK(mail.text() == fields + "\na=3D=\n");
  CHECK(mail.unread_lines().empty());
}

TEST_CASE("what does not have the length that the message says stays out and is unread") {
  const auto [encoding, size, file] =
      GENERATE(std::tuple("base64", 100, "Attachments/7/2/x.pdf"),
               std::tuple("quoted-printable", 3, "Attachments/7/2/x.pdf"),
               std::tuple("7bit", 4, "Attachments/7/2/x.pdf"),
               std::tuple("base64", 4, "Attachments/7/3/x.pdf"),
               std::tuple("base64", 4, "Attachments/8/2/x.pdf"));
  const AppleMail mail;
  const std::string text =
      message(stripped(encoding, static_cast<std::size_t>(size)) + stripped("base64", 4));
  mail.write("Messages/7.partial.emlx", emlx(text, "1"));
  mail.write(file, "xxx");
  CHECK(mail.text().find("see there") != std::string::npos);
  CHECK(mail.unread_lines().find("not all are there as they were in the message: 2") !=
        std::string::npos);
  mail.write("Attachments/7/3/x.pdf", "xxx");
  CHECK(mail.text() ==
        message(stripped(encoding, static_cast<std::size_t>(size)) + whole("base64", "eHh4\n")));
  CHECK(mail.unread_lines().find("in the message: 2\n") != std::string::npos);
}

TEST_CASE("an empty attachment fits no length but 0") {
  const AppleMail mail;
  mail.write("Messages/7.partial.emlx",
             emlx(message(stripped("base64", 0) + stripped("base64", std::size_t{0} - 2)), "1"));
  mail.write("Attachments/7/2/x.pdf", "");
  mail.write("Attachments/7/3/x.pdf", "");
  CHECK(mail.text() == message(whole("base64", "") + stripped("base64", std::size_t{0} - 2)));
  CHECK(mail.unread_lines().find("in the message: 3\n") != std::string::npos);
}

TEST_CASE("two files for one part are not chosen from, and links are not followed") {
  const AppleMail mail;
  const std::string text = message(stripped("base64", 4));
  mail.write("Messages/7.partial.emlx", emlx(text, "1"));
  mail.write("Attachments/7/2/x.pdf", "xxx");
  SECTION("two files") { mail.write("Attachments/7/2/y.pdf", "xxx"); }
  SECTION("a link to a file") {
    mail.write("secret", "xxx");
    std::filesystem::remove(mail.path("Attachments/7/2/x.pdf"));
    std::filesystem::create_symlink(mail.path("secret"), mail.path("Attachments/7/2/x.pdf"));
  }
  SECTION("a link to a folder") {
    mail.write("secret/x.pdf", "xxx");
    std::filesystem::remove_all(mail.path("Attachments/7/2"));
    std::filesystem::create_directory_symlink(mail.path("secret"), mail.path("Attachments/7/2"));
  }
  CHECK(mail.text() == text);
  CHECK(mail.unread_lines().find("7.partial.emlx") != std::string::npos);
}

TEST_CASE("a field of Apple's that is not understood leaves the message unread in part") {
  const std::string odd = GENERATE(
      part("X-Apple-Content-Length: many\n", ""),
      part("X-Apple-Content-Length: 3\nX-Apple-Content-Length: 3\n", ""),
      part("X-Apple-Content-Length: 3\n", "there it is\n"),
      part("Content-Type: multipart/mixed; boundary*0=C\n", "--C\nX-Apple-Content-Length: 3\n\n"));
  const AppleMail mail;
  mail.write("Messages/7.partial.emlx", emlx(message(stripped("base64", 4) + odd), "1"));
  mail.write("Attachments/7/2/x.pdf", "xxx");
  mail.write("Attachments/7/3/y.pdf", "xxx");
  CHECK(mail.text() == message(whole("base64", "eHh4\n") + odd));
  CHECK(mail.unread_lines().find("7.partial.emlx") != std::string::npos);
}

TEST_CASE("in a container the advice is to unpack it") {
  const std::string file = emlx(message(stripped("base64", 4)), "1");
  const std::vector<PackedFile> files{{kData + "Messages/7.partial.emlx", file},
                                      {kData + "Attachments/7/2/x.eml", letter("x", 0)}};
  TemporaryDirectory directory;
  directory.write("packed.tar", tar(files));
  directory.write("packed.zip", zip(files));
  for (const char* name : {"packed.tar", "packed.zip"}) {
    const Archive packed = must_open(directory.file(name));
    REQUIRE(packed.folders().size() == 1);
    CHECK(read_all(packed.folders()[0]) == message(stripped("base64", 4)));
    CHECK(unread(packed).find("unpack the archive and name the folder") != std::string::npos);
  }
}

TEST_CASE("an attachment that changes after it was found is an error") {
  const AppleMail mail;
  mail.write("Messages/7.partial.emlx", emlx(message(stripped("base64", 4)), "1"));
  mail.write("Attachments/7/2/x.pdf", "xxx");
  const Archive archive = mail.open();
  mail.write("Attachments/7/2/x.pdf", "xxxxxx");
  const auto bytes = open_folder(archive.folders().at(0));
  CHECK(read(**bytes, 0, 10'000).find("changed while") != std::string::npos);
}

TEST_CASE("an attachment that was written to makes its message another one") {
  const AppleMail mail;
  mail.write("Messages/7.partial.emlx", emlx(message(stripped("base64", 4)), "1"));
  mail.write("Attachments/7/2/x.pdf", "xxx");
  const auto before = identify(mail.open().folders().at(0));
  REQUIRE(before);
  CHECK(compare(mail.open().folders().at(0), *before) == Change::none);
  const std::filesystem::path file = mail.path("Attachments/7/2/x.pdf");
  SECTION("in its bytes, and has its former time again") {
    const auto time = std::filesystem::last_write_time(file);
    mail.write("Attachments/7/2/x.pdf", "yyy");
    std::filesystem::last_write_time(file, time);
  }
  SECTION("or is another file") {
    std::filesystem::rename(file, mail.path("Attachments/7/2/y.pdf"));
  }
  CHECK(compare(mail.open().folders().at(0), *before) == Change::touched);
}

TEST_CASE("parts nested without end are not walked into without end") {
  StrippedParts parts;
  for (int level = 0; level < 100'000; ++level) {
    const std::string boundary = "B" + std::to_string(level);
    parts.add("Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n");
  }
  parts.add("X-Apple-Content-Length: 3\n\n");
  parts.finish();
  CHECK(parts.parts().empty());
  CHECK_FALSE(parts.are_all());
}

}  // namespace
}  // namespace mboxferry::archive
