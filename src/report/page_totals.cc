// SPDX-License-Identifier: Apache-2.0
// Sums for the charts.
#include "report/page_totals.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

#include "mboxferry/base/time.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::report {
namespace {

constexpr std::size_t kNames = 1000;
constexpr std::size_t kFoldersShown = 12;
constexpr std::size_t kCausesShown = 20;

void add_to(journal::Count& count, std::uint64_t bytes) {
  ++count.messages;
  count.bytes += bytes;
}

void write_item(JsonStream& json, std::string_view name, const journal::Count& count) {
  json.begin_array().text(name).number(count.messages).number(count.bytes).end_array();
}

/// `messages bytes`, as a note has them.
journal::Count parse_count(const std::string& text) {
  char* rest = nullptr;
  const std::uint64_t messages = std::strtoull(text.c_str(), &rest, 10);
  return {messages, std::strtoull(rest, nullptr, 10)};
}

}  // namespace

void NamedCounts::add(const std::string& name, std::uint64_t bytes) {
  auto found = counts_.find(name);
  if (found == counts_.end()) {
    if (counts_.size() >= kNames) return add_to(others_, bytes);
    found = counts_.emplace(name, journal::Count{}).first;
  }
  add_to(found->second, bytes);
}

void NamedCounts::write(JsonStream& json, std::size_t most) const {
  std::vector<std::pair<std::string, journal::Count>> sorted(counts_.begin(), counts_.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& one, const auto& other) {
    return one.second.messages > other.second.messages;
  });
  journal::Count rest = others_;
  json.begin_array();
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i < most) {
      write_item(json, printable(sorted[i].first), sorted[i].second);
    } else {
      rest.messages += sorted[i].second.messages;
      rest.bytes += sorted[i].second.bytes;
    }
  }
  if (rest.messages > 0) write_item(json, "(others)", rest);
  json.end_array();
}

/// Doubles the width until everything from `begin` to `end` fits beside what is there.
void PaceChart::widen_to(std::int64_t begin, std::int64_t end) {
  const auto bins = [&] {
    std::int64_t first = begin / width_;
    std::int64_t last = end / width_;
    if (!bins_.empty()) {
      first = std::min(first, bins_.begin()->first);
      last = std::max(last, bins_.rbegin()->first);
    }
    return last - first + 1;
  };
  while (bins() > kBins) {
    width_ *= 2;
    std::map<std::int64_t, Sum> wider;
    for (const auto& [index, sum] : bins_) {
      Sum& to = wider[index / 2];
      to.messages += sum.messages;
      to.bytes += sum.bytes;
    }
    bins_ = std::move(wider);
  }
}

void PaceChart::add(std::int64_t begin, std::int64_t end, const journal::Count& stored) {
  widen_to(begin, end);
  const auto length = static_cast<double>(end - begin);
  for (std::int64_t index = begin / width_; index * width_ < end; ++index) {
    const auto from = static_cast<double>(std::max(begin, index * width_));
    const auto to = static_cast<double>(std::min(end, (index + 1) * width_));
    Sum& sum = bins_[index];
    sum.messages += static_cast<double>(stored.messages) * (to - from) / length;
    sum.bytes += static_cast<double>(stored.bytes) * (to - from) / length;
  }
}

void PaceChart::write(JsonStream& json) const {
  const std::int64_t first = bins_.empty() ? 0 : bins_.begin()->first;
  const std::int64_t end = bins_.empty() ? 0 : bins_.rbegin()->first + 1;
  const auto list = [&](std::string_view name, double Sum::*part) {
    json.key(name).begin_array();
    for (std::int64_t index = first; index < end; ++index) {
      const auto found = bins_.find(index);
      json.decimal(found == bins_.end() ? 0 : found->second.*part);
    }
    json.end_array();
  };
  json.begin_object()
      .member("start", static_cast<std::uint64_t>(first * width_))
      .member("width", static_cast<std::uint64_t>(width_));
  list("messages", &Sum::messages);
  list("bytes", &Sum::bytes);
  json.end_object();
}

void PageTotals::add(const journal::FolderRow& folder, const journal::MessageRow& row) {
  if (row.state == journal::State::skipped) return;
  const std::int64_t year = to_civil(row.date).year;
  add_to(years_[year >= 1970 && year < 2100 ? year : 0], row.wire_size);
  const auto above = std::upper_bound(kSizesFrom.begin(), kSizesFrom.end(), row.wire_size);
  add_to(sizes_[static_cast<std::size_t>(above - kSizesFrom.begin()) - 1], row.wire_size);
  folders_.add(folder.path, row.wire_size);
  if (row.state == journal::State::refused) {
    causes_.add(row.code.empty() ? "none given" : row.code, row.wire_size);
  }
}

Result<void> PageTotals::add_pace(const journal::Journal& journal) {
  std::int64_t last = 0;
  journal::Count before;
  return journal.each_note(
      journal::kPaceNote, [&](const std::string& name, const std::string& value) -> Result<void> {
        const std::int64_t now =
            std::strtoll(name.c_str() + journal::kPaceNote.size(), nullptr, 10);
        const journal::Count count = parse_count(value);
        constexpr std::int64_t kLatest = 4'102'444'800;  // the year 2100
        if (now <= 0 || now > kLatest) return ok();
        // Counts go back when a mailbox's UIDVALIDITY changed; clocks may go back as well.
        if (last > 0 && now > last && count.messages > before.messages &&
            count.bytes >= before.bytes) {
          pace_.add(last, now, {count.messages - before.messages, count.bytes - before.bytes});
        }
        last = now;
        before = count;
        return ok();
      });
}

void PageTotals::write(JsonStream& json) const {
  json.key("years").begin_array();
  for (const auto& [year, count] : years_) {
    write_item(json, year == 0 ? "other" : fmt::format("{}", year), count);
  }
  json.end_array().key("sizes").begin_array();
  for (std::size_t i = 0; i < sizes_.size(); ++i) {
    if (sizes_[i].messages > 0) write_item(json, kSizeNames[i], sizes_[i]);
  }
  json.end_array().key("folders");
  folders_.write(json, kFoldersShown);
  json.key("causes");
  causes_.write(json, kCausesShown);
  json.key("pace");
  pace_.write(json);
}

}  // namespace mboxferry::report
