// SPDX-License-Identifier: Apache-2.0
// The JSON writer.
#include "mboxferry/report/json_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "mboxferry/report/printable.h"

namespace mboxferry::report {

std::string json_string(std::string_view text) {
  std::string json =
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  // A document is also looked at on a terminal: what drives one is left as JSON's own escapes.
  std::string safe;
  std::size_t copied = 0;
  for (std::size_t i = 0; i < json.size();) {
    const DrivingCharacter found = driving_character(std::string_view(json).substr(i));
    if (found.length > 0) {
      safe.append(json, copied, i - copied);
      safe += fmt::format("\\u{:04x}", static_cast<unsigned>(found.character));
      copied = i + found.length;
    }
    i += std::max<std::size_t>(found.length, 1);
  }
  return copied == 0 ? json : safe.append(json, copied);
}

JsonStream& JsonStream::key(std::string_view name) {
  value_begins();
  put(json_string(name));
  put(":");
  after_key_ = true;
  return *this;
}

JsonStream& JsonStream::text(std::string_view value) {
  value_begins();
  put(json_string(value));
  return *this;
}

JsonStream& JsonStream::number(std::uint64_t value) {
  value_begins();
  put(fmt::format("{}", value));
  return *this;
}

JsonStream& JsonStream::decimal(double value) {
  value_begins();
  put(fmt::format("{:.3f}", std::isfinite(value) ? value : 0.0));
  return *this;
}

JsonStream& JsonStream::boolean(bool value) {
  value_begins();
  put(value ? "true" : "false");
  return *this;
}

JsonStream& JsonStream::null() {
  value_begins();
  put("null");
  return *this;
}

JsonStream& JsonStream::texts(std::span<const std::string> values) {
  begin_array();
  for (const std::string& value : values) text(value);
  return end_array();
}

JsonStream& JsonStream::spooled(const Spool& value) {
  value_begins();
  if (error_) return *this;
  if (auto copied = value.copy_to(out_); !copied) error_ = copied.error();
  return *this;
}

JsonStream& JsonStream::end_line() {
  put("\n");
  return *this;
}

Result<void> JsonStream::result() const {
  if (error_) return *error_;
  return ok();
}

JsonStream& JsonStream::open(char bracket) {
  value_begins();
  put({&bracket, 1});
  has_items_.push_back(false);
  return *this;
}

JsonStream& JsonStream::close(char bracket) {
  has_items_.pop_back();
  put({&bracket, 1});
  return *this;
}

void JsonStream::value_begins() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (has_items_.empty()) return;
  if (has_items_.back()) put(",");
  has_items_.back() = true;
}

void JsonStream::put(std::string_view raw) {
  if (error_) return;
  if (auto written = out_.write(raw); !written) error_ = written.error();
}

}  // namespace mboxferry::report
