// SPDX-License-Identifier: Apache-2.0
// Names in a Maildir.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "archive/file_rules.h"
#include "archive/maildir.h"

namespace mboxferry::archive {
namespace {

using Path = std::vector<std::string>;

TEST_CASE("flags of a Maildir name are kept, what is unknown is not") {
  CHECK(maildir_record("cur", "1.a:2,FRS").info == "FRS");
  CHECK(maildir_record("cur", "1.a;2,S").info == "S");
  CHECK(maildir_record("cur", "1.a!2,DT").info == "DT");
  CHECK(maildir_record("cur", "1.a:2,SXSac?").info == "Sac");
  CHECK(maildir_record("cur", "1.a:2,").info.empty());
  CHECK(maildir_record("new", "1.a").info.empty());
  CHECK(maildir_record("cur", "1.a:1,S").info.empty());
  CHECK(maildir_record("new", "1.a").has_flags);
}

TEST_CASE("flags stand behind whatever a file system or a program made of the colon") {
  for (const std::string separator : {":", ";", "!", "_", "-", ",", "\xef\x80\xba", "%3A", "=3A"}) {
    INFO(separator);
    const MessageRecord record = maildir_record("cur", "1.M2P3.host,S=12" + separator + "2,FS");
    CHECK(record.info == "FS");
    CHECK(record.stable_name == "1.M2P3.host,S=12");
    CHECK(maildir_record("cur", "1.host" + separator + "2,").stable_name == "1.host");
  }
}

TEST_CASE("a unique name is no flags") {
  for (const std::string name : {"1.M2_2,S=5", "1.host,S=12,W=2", "1.host-2,S=5,W=6", "1.a2,S"}) {
    CHECK(maildir_record("cur", name).info.empty());
    CHECK(maildir_record("cur", name).stable_name == name);
  }
}

TEST_CASE("a message keeps its unique name when its flags change or it moves to cur") {
  for (const char* name : {"12.M3P4.host,S=9:2,", "12.M3P4.host,S=9:2,FS", "12.M3P4.host,S=9"}) {
    CHECK(maildir_record("cur", name).stable_name == "12.M3P4.host,S=9");
    CHECK(maildir_record("new", name).key == maildir_record("cur", name).key);
  }
  CHECK(maildir_record("cur", "a:2,S").name == "cur/a:2,S");
}

TEST_CASE("names of deliveries are known") {
  CHECK(is_maildir_name("1204680122.M1P2.host"));
  CHECK(is_maildir_name("x:2,S"));
  CHECK_FALSE(is_maildir_name("2020"));
  CHECK_FALSE(is_maildir_name("Inbox.mbox"));
  CHECK_FALSE(is_maildir_name(""));
}

TEST_CASE("numbers in names order by their value") {
  const std::vector<std::string> ordered{"1.eml", "2.eml", "02.eml", "10.eml", "99.x",
                                         "100.x", "a1b2",  "a1b10",  "a2b1"};
  for (std::size_t i = 0; i + 1 < ordered.size(); ++i) {
    INFO(ordered[i]);
    CHECK(natural_order_key(ordered[i]) <= natural_order_key(ordered[i + 1]));
  }
  CHECK(natural_order_key("999999999.a") < natural_order_key("1000000000.a"));
  CHECK(natural_order_key(std::string(300, '9')) > natural_order_key("1"));
}

TEST_CASE("Maildir++ folders are named by their dots") {
  CHECK(maildir_path("") == Path{"INBOX"});
  CHECK(maildir_path(".Sent.2020") == Path{"Sent", "2020"});
  CHECK(maildir_path("joe") == Path{"joe"});
  CHECK(maildir_path("joe/.Sent") == Path{"joe", "Sent"});
  CHECK(maildir_path(".Entw&APw-rfe") == Path{"Entw\xc3\xbcrfe"});
  CHECK(maildir_path(".R&D") == Path{"R&D"});
  CHECK(maildir_path("Work/Projects") == Path{"Work", "Projects"});
  CHECK(maildir_path("..") == Path{"INBOX"});
}

TEST_CASE("the keyword file of Dovecot") {
  const auto keywords =
      parse_dovecot_keywords("0 $Forwarded\n1 Work\r\n\nx\n25 last\n26 no\n-1 no\n3\n4 \n");
  CHECK(keywords[0] == "$Forwarded");
  CHECK(keywords[1] == "Work");
  CHECK(keywords[2].empty());
  CHECK(keywords[4].empty());
  CHECK(keywords[25] == "last");
}

TEST_CASE("the size in a Maildir name") {
  CHECK(size_in_maildir_name("1.a,S=1234,W=1300:2,S") == std::uint64_t{1234});
  CHECK_FALSE(size_in_maildir_name("1.a"));
  CHECK_FALSE(size_in_maildir_name("1.a,S=:2,S"));
}

}  // namespace
}  // namespace mboxferry::archive
