// SPDX-License-Identifier: Apache-2.0
// Records as JSON.
#include "cli/sender_records.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/small_file.h"
#include "mboxferry/base/file.h"
#include "mboxferry/message/digest.h"

namespace mboxferry::cli {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kRecordHead = R"({"mboxferry":"sender record 1")";
constexpr std::size_t kLargestRecord = std::size_t{16} << 20U;
constexpr std::string_view kSuffix = ".senders";

std::string short_digest(const std::string& text) {
  message::Digest digest;
  digest.update(text);
  return message::to_hex(digest.finish()).substr(0, 24);
}

Json json_of(const provider::SenderEntries& entries) {
  return {{"allowed", entries.allowed}, {"blocked", entries.blocked}};
}

Error no_record(const std::string& path, const std::string& why) {
  return {ErrorCode::configuration, "cannot use the record of a push " + path + ": " + why,
          "name the state folder of the push with --state-dir"};
}

}  // namespace

std::string record_text(const std::string& service, const std::string& mailbox,
                        const provider::SenderRecord& record) {
  const Json rest{{"service", service},
                  {"mailbox", mailbox},
                  {"before", json_of(record.before)},
                  {"ours", json_of(record.ours.account)},
                  {"ours_global", json_of(record.ours.global)},
                  {"awaited", record.awaited}};
  return std::string(kRecordHead) + "," + rest.dump().substr(1) + "\n";
}

std::optional<NamedRecord> record_from_text(const std::string& text) {
  if (!text.starts_with(kRecordHead)) return std::nullopt;
  try {
    const Json json = Json::parse(text);
    const auto entries = [&](const char* name) {
      const Json& both = json.at(name);
      return provider::SenderEntries{both.at("allowed").get<std::vector<std::string>>(),
                                     both.at("blocked").get<std::vector<std::string>>()};
    };
    // Records without it are of a time that did not tell the scopes apart: it may be either.
    const char* const global = json.contains("ours_global") ? "ours_global" : "ours";
    return NamedRecord{
        json.at("service").get<std::string>(),
        json.at("mailbox").get<std::string>(),
        {entries("before"), {entries("ours"), entries(global)}, json.value("awaited", false)}};
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

SenderRecords::SenderRecords(std::string folder, std::string service)
    : folder_(std::move(folder)),
      service_(std::move(service)),
      prefix_("infomaniak-" + short_digest(service_).substr(0, 12) + "-") {}

std::string SenderRecords::path_of(const std::string& mailbox) const {
  return fmt::format("{}/{}{}{}", folder_, prefix_, short_digest(mailbox), kSuffix);
}

Result<std::optional<provider::SenderRecord>> SenderRecords::load(
    const std::string& mailbox) const {
  const std::string path = path_of(mailbox);
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::symlink_status(path, error)))
    return std::optional<provider::SenderRecord>();
  MBOXFERRY_ASSIGN(const std::string text,
                   read_small_file(path, "record of a push", kLargestRecord, Trust::own));
  auto found = record_from_text(text);
  if (!found || found->service != service_ || found->mailbox != mailbox)
    return no_record(path, "it is damaged, or another mailbox's");
  return std::optional(std::move(found->record));
}

Result<void> SenderRecords::save(const std::string& mailbox,
                                 const provider::SenderRecord& record) const {
  return replace_own_file(path_of(mailbox), record_text(service_, mailbox, record), kRecordHead);
}

Result<void> SenderRecords::remove(const std::string& mailbox) const {
  const std::string path = path_of(mailbox);
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return ok();
  return Error{ErrorCode::io, fmt::format("cannot remove {}: {}", path, errno_text(errno)), ""};
}

Result<std::vector<std::string>> SenderRecords::mailboxes() const {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator at(folder_, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with(prefix_) || !name.ends_with(kSuffix)) continue;
    const std::string path = at->path().string();
    MBOXFERRY_ASSIGN(const std::string text,
                     read_small_file(path, "record of a push", kLargestRecord, Trust::own));
    const auto found = record_from_text(text);
    if (!found || found->service != service_) return no_record(path, "it is damaged");
    names.push_back(found->mailbox);
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return no_record(folder_, error.message());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace mboxferry::cli
