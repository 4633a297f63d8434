// SPDX-License-Identifier: Apache-2.0
// What a folder's beginning says about the whole.
#include <catch2/catch.hpp>

#include "index_support.h"

namespace mboxferry::test {
namespace {

using transfer::FolderSurvey;

constexpr const char* kEnvelope = "From a@example.com Thu Jan  1 08:00:00 2015\n";

FolderSurvey survey(const std::string& bytes) {
  MemorySource source(bytes);
  return transfer::survey_folder(source, {}).value();
}

TEST_CASE("a survey finds status fields and labels in any message") {
  const std::string plain = std::string(kEnvelope) + "Subject: x\n\nStatus: RO\n\n";
  CHECK_FALSE(survey(plain).has_status);
  CHECK_FALSE(survey(plain).has_labels);
  const FolderSurvey status = survey(plain + kEnvelope + "Subject: y\nStatus: O\n\nx\n");
  CHECK(status.has_status);
  CHECK_FALSE(status.has_labels);
  const FolderSurvey both =
      survey(plain + kEnvelope + "Status: O\n\nx\n\n" + kEnvelope + "X-Gmail-Labels: Work,Unread\n\nx\n");
  CHECK(both.has_status);
  CHECK(both.has_labels);
}

TEST_CASE("a survey reads the folder's beginning once") {
  std::string bytes;
  for (int i = 0; i < 4000; ++i) {
    bytes += kEnvelope;
    bytes += "Subject: x\n\n" + std::string(1000, 'x') + "\n\n";
  }
  MemorySource source(bytes);
  REQUIRE(transfer::survey_folder(source, {}));
  constexpr std::uint64_t kOneWindowAndSample = 3u << 20;
  CHECK(source.bytes_read < bytes.size() + kOneWindowAndSample);
}

TEST_CASE("a survey survives its way through text") {
  FolderSurvey survey;
  survey.profile = {
      mbox::Dialect::mboxcl2, mbox::LineEnds::cr, false, true, true, false, true, false};
  for (const bool has_status : {false, true}) {
    for (const bool has_labels : {false, true}) {
      survey.has_status = has_status;
      survey.has_labels = has_labels;
      const auto back = FolderSurvey::from_text(survey.to_text());
      REQUIRE(back);
      CHECK(back->profile == survey.profile);
      CHECK(back->has_status == has_status);
      CHECK(back->has_labels == has_labels);
    }
  }
  CHECK_FALSE(FolderSurvey::from_text("1 mboxrd 0 1 1 0 0 1 0 1"));
  CHECK_FALSE(FolderSurvey::from_text("2 mboxrd 0 1 1 0 0 1 0 1"));
  CHECK_FALSE(FolderSurvey::from_text("2 mboxrd 4 1 1 0 0 1 0 1 1"));
}

}  // namespace
}  // namespace mboxferry::test
