// SPDX-License-Identifier: Apache-2.0
// What the tests of message files are made of.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support.h"

namespace mboxferry::archive {

inline std::string letter(const std::string& subject, std::size_t size = 10) {
  return "Subject: " + subject + "\n\n" + long_text(size) + "\n";
}

inline std::string emlx(const std::string& message, const std::string& flags) {
  return std::to_string(message.size()) + "     \n" + message +
         "<?xml version=\"1.0\"?>\n<plist version=\"1.0\">\n<dict>\n\t<key>date-sent</key>\n\t"
         "<integer>1</integer>\n\t<key>flags</key>\n\t<integer>" +
         flags + "</integer>\n</dict>\n</plist>\n";
}

inline Archive must_open(const std::string& path) {
  auto archive = Archive::open(path);
  if (!archive) FAIL(describe(archive.error()));
  return std::move(*archive);
}

inline std::vector<PackedFile> maildir_files() {
  return {{"cur/9.b:2,S", letter("nine")},
          {"cur/10.a:2,FRSa", letter("ten")},
          {"cur/12.c:2,", letter("twelve")},
          {"new/11.d", letter("eleven")},
          {"tmp/13.e", letter("thirteen")},
          {"dovecot-keywords", "0 $Forwarded\n"},
          {"dovecot-uidlist", "3 V1\n"},
          {"subscriptions", "Sent\n"},
          {".Sent.2020/cur/1.x:2,S", letter("sent")},
          {".Sent.2020/new/2.y", ""},
          {".Sent.2020/maildirfolder", ""},
          {".Entw&APw-rfe/new/1.z", letter("draft")},
          {".Entw&APw-rfe/cur/2.z:2,D", letter("draft")}};
}

}  // namespace mboxferry::archive
