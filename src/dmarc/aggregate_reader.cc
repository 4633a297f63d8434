// SPDX-License-Identifier: Apache-2.0
// The fields of an aggregate report.
#include "mboxferry/dmarc/aggregate_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "dmarc/xml_part.h"
#include "dmarc/xml_sections.h"
#include "mboxferry/base/ascii.h"

namespace mboxferry::dmarc {
namespace {

/// More messages than any reporter counts in a day: the sum of many stays far below 2^64.
constexpr std::uint64_t kMostMessages = 1'000'000'000'000;

std::string small_text_of(pugi::xml_node node) {
  std::string text = text_of(node);
  std::transform(text.begin(), text.end(), text.begin(), to_lower);
  return text;
}

/// Seconds; some reporters write "1337270400.0".
std::int64_t time_of(pugi::xml_node node) {
  const std::string text = text_of(node);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = error == std::errc() && (*end == '\0' || *end == '.');
  // Within the years that dates can be written for.
  return is_number && value >= 0 && value < 253'402'300'800 ? value : 0;
}

/// False for what is no single number: `1<b/>2` is two texts.
bool read_count(pugi::xml_node node, std::uint64_t& count) {
  const pugi::xml_node child = node.first_child();
  if (child &&
      (child.next_sibling() || child.type() == pugi::node_element || *node.value() != '\0'))
    return false;
  const std::string text = text_of(node);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc() && end == text.data() + text.size() && count <= kMostMessages;
}

void read_metadata(pugi::xml_node node, ReportHead& head) {
  for (const pugi::xml_node child : node) {
    const std::string_view name = local_name(child);
    if (name == "org_name") head.org_name = text_of(child);
    if (name == "email") head.email = text_of(child);
    if (name == "extra_contact_info") head.extra_contact = text_of(child);
    if (name == "report_id") head.report_id = text_of(child);
    if (name == "error") head.errors.push_back(text_of(child));
    if (name == "generator") head.generator = text_of(child);
    if (name == "date_range") {
      for (const pugi::xml_node limit : child) {
        if (local_name(limit) == "begin") head.begin = time_of(limit);
        if (local_name(limit) == "end") head.end = time_of(limit);
      }
    }
  }
  head.is_9990 = head.is_9990 || !head.generator.empty();
}

void read_published(pugi::xml_node node, ReportHead& head) {
  for (const pugi::xml_node child : node) {
    const std::string_view name = local_name(child);
    if (name == "domain") head.domain = small_text_of(child);
    if (name == "adkim") head.adkim = text_of(child);
    if (name == "aspf") head.aspf = text_of(child);
    if (name == "p") head.p = text_of(child);
    if (name == "sp") head.sp = text_of(child);
    if (name == "np") head.np = text_of(child);
    if (name == "pct") head.pct = text_of(child);
    if (name == "fo") head.fo = text_of(child);
    if (name == "testing") head.testing = text_of(child);
    if (name == "discovery_method") head.discovery_method = text_of(child);
  }
  head.is_9990 =
      head.is_9990 || !head.np.empty() || !head.testing.empty() || !head.discovery_method.empty();
}

void read_evaluated(pugi::xml_node node, ReportRecord& record) {
  for (const pugi::xml_node child : node) {
    const std::string_view name = local_name(child);
    if (name == "disposition") record.disposition = small_text_of(child);
    if (name == "dkim") record.evaluated_dkim = small_text_of(child);
    if (name == "spf") record.evaluated_spf = small_text_of(child);
    if (name != "reason") continue;
    OverrideReason reason;
    for (const pugi::xml_node part : child) {
      if (local_name(part) == "type") reason.type = small_text_of(part);
      if (local_name(part) == "comment") reason.comment = text_of(part);
    }
    if (!reason.type.empty() || !reason.comment.empty())
      record.reasons.push_back(std::move(reason));
  }
}

/// False without one number of messages.
bool read_row(pugi::xml_node node, ReportRecord& record) {
  bool counted = false;
  int counts = 0;
  for (const pugi::xml_node child : node) {
    const std::string_view name = local_name(child);
    if (name == "source_ip") record.source_ip = text_of(child);
    if (name == "count") counted = ++counts == 1 && read_count(child, record.count);
    if (name == "policy_evaluated") read_evaluated(child, record);
  }
  return counted;
}

void read_identifiers(pugi::xml_node node, ReportRecord& record) {
  for (const pugi::xml_node child : node) {
    const std::string_view name = local_name(child);
    if (name == "envelope_to") record.envelope_to = small_text_of(child);
    if (name == "envelope_from") record.envelope_from = small_text_of(child);
    if (name == "header_from") record.header_from = small_text_of(child);
  }
}

void read_results(pugi::xml_node node, ReportRecord& record) {
  for (const pugi::xml_node child : node) {
    const bool is_dkim = local_name(child) == "dkim";
    if (!is_dkim && local_name(child) != "spf") continue;
    DkimResult dkim;
    SpfResult spf;
    for (const pugi::xml_node part : child) {
      const std::string_view name = local_name(part);
      if (name == "domain") dkim.domain = small_text_of(part);
      if (name == "selector") dkim.selector = text_of(part);
      if (name == "scope") spf.scope = small_text_of(part);
      if (name == "result") dkim.result = small_text_of(part);
      if (name == "human_result") dkim.human_result = text_of(part);
    }
    if (dkim.domain.empty() && dkim.result.empty()) continue;
    if (is_dkim) {
      record.dkim.push_back(std::move(dkim));
    } else {
      spf.domain = std::move(dkim.domain);
      spf.result = std::move(dkim.result);
      spf.human_result = std::move(dkim.human_result);
      record.spf.push_back(std::move(spf));
    }
  }
}

/// False without one row that can be read.
bool read_record(pugi::xml_node node, ReportRecord& record) {
  bool counted = false;
  int rows = 0;
  for (const pugi::xml_node child : node) {
    const std::string_view name = local_name(child);
    if (name == "row") counted = ++rows == 1 && read_row(child, record);
    if (name == "identifiers" || name == "identities") read_identifiers(child, record);
    if (name == "auth_results") read_results(child, record);
  }
  return counted;
}

}  // namespace

struct AggregateReader::State {
  std::string converted;
  XmlSections sections;
  XmlPart part;
  ReportHead head;
  ReportRecord record;
  std::size_t next = 0;
  std::uint64_t damaged = 0;
  std::uint64_t read = 0;
  bool has_metadata = false;
  std::string problem;

  void note(std::string text) {
    if (problem.empty()) problem = std::move(text);
  }

  bool load(const XmlSections::Part& from, std::string_view name) {
    if (from.text.empty()) {
      note(fmt::format("{} is missing", name));
      return false;
    }
    if (!part.read(from.text)) {
      note(fmt::format("{} cannot be read", name));
      return false;
    }
    if (part.was_repaired()) note(fmt::format("{} is not well-formed", name));
    return true;
  }
};

AggregateReader::AggregateReader() : state_(std::make_unique<State>()) {}
AggregateReader::~AggregateReader() = default;

bool AggregateReader::open(std::string_view xml) {
  State& state = *state_;
  state.head = {};
  state.next = 0;
  state.read = 0;
  state.problem.clear();
  const std::string_view text = xml_in_utf8(xml, state.converted);
  state.sections.find(text);
  if (!state.sections.has_root) return false;
  state.problem = state.sections.problem;
  state.damaged = state.sections.damaged;
  if (state.damaged > 0)
    state.note(fmt::format("record {} cannot be read", state.sections.first_damaged));
  state.head.is_9990 = state.sections.is_9990;
  state.head.version = state.sections.version.substr(0, 40);
  state.has_metadata = state.load(state.sections.metadata, "report_metadata");
  if (state.has_metadata) read_metadata(state.part.root(), state.head);
  if (state.load(state.sections.policy, "policy_published"))
    read_published(state.part.root(), state.head);
  return true;
}

const ReportHead& AggregateReader::head() const { return state_->head; }

const ReportRecord* AggregateReader::next() {
  State& state = *state_;
  while (state.next < state.sections.records.size()) {
    const XmlSections::Part& part = state.sections.records[state.next++];
    state.record = {};
    if (state.part.read(part.text) && read_record(state.part.root(), state.record)) {
      if (state.part.was_repaired())
        state.note(fmt::format("record {} is not well-formed", part.number));
      ++state.read;
      align(state.head, state.record);
      return &state.record;
    }
    ++state.damaged;
    state.note(part.text.size() > kMostPartBytes
                   ? fmt::format("record {} is longer than 256 KiB", part.number)
                   : fmt::format("record {} cannot be read", part.number));
  }
  return nullptr;
}

std::uint64_t AggregateReader::damaged() const { return state_->damaged; }
const std::string& AggregateReader::problem() const { return state_->problem; }
bool AggregateReader::is_hopeless() const { return !state_->has_metadata && state_->read == 0; }

}  // namespace mboxferry::dmarc
