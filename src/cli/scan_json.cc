// SPDX-License-Identifier: Apache-2.0
// `scan --json` and `scan --list`.
#include <algorithm>

#include "cli/scan_output.h"
#include "mboxferry/message/digest.h"
#include "mboxferry/message/metadata.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/json_stream.h"

namespace mboxferry::cli {
namespace {

using report::JsonStream;
using report::Spool;

/// A folder's counts are known after its doubtful places and problems, and come before them in the
/// document: the lists wait in spools.
class ScanDocument final : public ScanOutput {
 public:
  explicit ScanDocument(report::TextOutput& out) : json_(out) {
    json_.begin_object().member("schema", "mboxferry.scan/1").key("archives").begin_array();
  }

  Result<void> tree(const archive::Archive&) override { return ok(); }
  Result<void> begin_archive(const archive::Archive& archive) override {
    archive_ = &archive;
    MBOXFERRY_TRY(unread_.clear());
    unread_json_.begin_array();
    json_.begin_object()
        .member("path", archive.path())
        .member("kind", archive::kind_name(archive.kind()))
        .key("layouts")
        .texts(archive.layouts())
        .key("folders")
        .begin_array();
    return json_.result();
  }

  Result<void> begin_folder(const std::string& path, std::string_view dialect) override {
    json_.begin_object().member("path", path).member("dialect", dialect);
    const auto is_it = [&](const std::string& label) { return label == path; };
    const auto folder = std::find_if(
        archive_->folders().begin(), archive_->folders().end(),
        [&](const auto& one) { return archive::under_admitted_name(one, is_it).has_value(); });
    place_ = folder == archive_->folders().end() ? path : folder->place();
    MBOXFERRY_TRY(doubtful_.clear());
    MBOXFERRY_TRY(problems_.clear());
    doubtful_json_.begin_array();
    problems_json_.begin_array();
    return json_.result();
  }

  Result<void> message(const transfer::IndexedMessage&) override { return ok(); }

  Result<void> doubt(const mbox::Doubt& doubt) override {
    doubtful_json_.begin_object()
        .member("offset", doubt.offset)
        .member("line", doubt.line)
        .member("reason", doubt.reason)
        .member("taken", doubt.taken)
        .end_object();
    return doubtful_json_.result();
  }

  Result<void> problem(const mbox::Problem& problem) override {
    problems_json_.begin_object()
        .member("offset", problem.offset)
        .member("code", problem.code)
        .member("text", problem.text)
        .end_object();
    MBOXFERRY_TRY(problems_json_.result());
    const bool unread = problem.unread > 0 || problem.code == kUnreadable;
    return unread ? add_unread(place_, problem.offset, problem.unread, problem.text) : ok();
  }

  Result<void> end_folder(const FolderTotals& totals) override {
    doubtful_json_.end_array();
    problems_json_.end_array();
    json_.member("messages", totals.messages);
    json_.key("bytes")
        .begin_object()
        .member("message", totals.accounting.message)
        .member("separator", totals.accounting.separator)
        .member("quoting", totals.accounting.quoting)
        .member("junk", totals.accounting.junk)
        .end_object();
    json_.key("doubtful").spooled(doubtful_);
    json_.key("left_out")
        .begin_object()
        .member("pseudo", totals.pseudo)
        .member("expunged", totals.expunged)
        .end_object();
    json_.key("problems").spooled(problems_).end_object();
    return json_.result();
  }

  Result<void> end_archive(std::uint64_t bytes, const NotReadParts& not_read) override {
    json_.end_array().member("bytes", bytes);
    MBOXFERRY_TRY(not_read.each(archive::NotReadKind::unread, [&](const archive::NotRead& one) {
      return add_unread(one.place, 0, one.bytes, one.reason);
    }));
    unread_json_.end_array();
    json_.key("unread").spooled(unread_);
    MBOXFERRY_ASSIGN(const auto left_out, not_read.count(archive::NotReadKind::not_mail));
    json_.key("left_out")
        .begin_object()
        .member("files", left_out.files)
        .member("bytes", left_out.bytes)
        .end_object()
        .end_object();
    return json_.result();
  }

  Result<void> end(const ScanTotals& totals) override {
    json_.end_array()
        .key("totals")
        .begin_object()
        .member("messages", totals.messages)
        .member("bytes", totals.bytes)
        .end_object();
    json_.end_object().end_line();
    return json_.result();
  }

 private:
  Result<void> add_unread(const std::string& path, std::uint64_t offset, std::uint64_t bytes,
                          const std::string& reason) {
    report::write_unread_part(unread_json_, {0, path, offset, bytes, reason});
    return unread_json_.result();
  }

  JsonStream json_;
  const archive::Archive* archive_ = nullptr;
  std::string place_;
  Spool unread_;
  JsonStream unread_json_{unread_};
  Spool doubtful_;
  Spool problems_;
  JsonStream doubtful_json_{doubtful_};
  JsonStream problems_json_{problems_};
};

class ScanList final : public ScanOutput {
 public:
  explicit ScanList(report::TextOutput& out) : json_(out) {}

  Result<void> tree(const archive::Archive&) override { return ok(); }
  Result<void> begin_archive(const archive::Archive&) override { return ok(); }
  Result<void> begin_folder(const std::string& path, std::string_view) override {
    folder_ = path;
    return ok();
  }

  Result<void> message(const transfer::IndexedMessage& message) override {
    json_.begin_object()
        .member("folder", folder_)
        .member("offset", message.offset)
        .member("length", message.length)
        .member("wire_size", message.wire_size)
        .member("sha256", message::to_hex(message.sha256))
        .key("message_id");
    if (message.message_id.empty()) {
      json_.null();
    } else {
      json_.text(message.message_id);
    }
    json_.member("internaldate", to_rfc3339(message.date.time))
        .member("internaldate_from", message::date_source_name(message.date.source));
    json_.key("flags").texts(message::flag_names(message.flags));
    json_.key("keywords").texts(message.keywords);
    json_.key("labels").texts(message.labels);
    json_.end_object().end_line();
    return json_.result();
  }

  Result<void> doubt(const mbox::Doubt&) override { return ok(); }
  Result<void> problem(const mbox::Problem&) override { return ok(); }
  Result<void> end_folder(const FolderTotals&) override { return ok(); }
  Result<void> end_archive(std::uint64_t, const NotReadParts&) override { return ok(); }
  Result<void> end(const ScanTotals&) override { return ok(); }

 private:
  JsonStream json_;
  std::string folder_;
};

}  // namespace

std::unique_ptr<ScanOutput> make_scan_document(report::TextOutput& out) {
  return std::make_unique<ScanDocument>(out);
}

std::unique_ptr<ScanOutput> make_scan_list(report::TextOutput& out) {
  return std::make_unique<ScanList>(out);
}

}  // namespace mboxferry::cli
