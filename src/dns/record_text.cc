// SPDX-License-Identifier: Apache-2.0
// Data of records in presentation format, read and written. ldns takes port 99999 for 34463 and
// ends a text at an unquoted semicolon, so nothing reaches it that was not read here.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "dns/presentation.h"
#include "mboxferry/base/ascii.h"
#include "mboxferry/dns/record.h"

namespace mboxferry::dns {
namespace {

constexpr std::size_t kLongestTxtString = 255;

using Words = std::vector<std::string>;

Error wrong_data(RecordType type, const std::string& why) {
  return {ErrorCode::usage,
          fmt::format("not the data of a record of type {}: {}", type_name(type), why),
          "write it as in a zone file"};
}

/// Reads the words of one record from the left.
class WordReader {
 public:
  WordReader(RecordType type, const Words& words) : type_(type), words_(words) {}

  template <typename T>
  Result<void> number(T& value, const char* what) {
    const std::string& word = words_[next_++];
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error == std::errc() && end == word.data() + word.size()) return ok();
    return wrong_data(type_, fmt::format("the {} '{}' is not a number from 0 to {}", what,
                                         word.substr(0, 20), std::numeric_limits<T>::max()));
  }
  Result<void> name(Name& value) {
    MBOXFERRY_ASSIGN(value, Name::parse(words_[next_++]));
    return ok();
  }
  Result<void> octets(std::string& value) {
    auto found = octets_of(words_[next_++]);
    if (!found) return wrong_data(type_, "a backslash is followed by no character and no number");
    value = *std::move(found);
    return ok();
  }
  /// Hex digits up to the end; blanks may be among them.
  Result<void> hex(std::string& value) {
    for (; next_ < words_.size(); ++next_)
      for (const char c : words_[next_]) value += to_lower(c);
    const bool fits = !value.empty() && value.size() % 2 == 0 && value.size() <= 2 * 4096 &&
                      value.find_first_not_of("0123456789abcdef") == std::string::npos;
    return fits ? ok()
                : Result<void>(wrong_data(type_, "the last part is not pairs of hex digits"));
  }
  [[nodiscard]] bool at_end() const { return next_ >= words_.size(); }

 private:
  RecordType type_;
  const Words& words_;
  std::size_t next_ = 0;
};

Result<RecordData> read_address(RecordType type, const std::string& word) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const int family = type == RecordType::a ? AF_INET : AF_INET6;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_pton(family, word.c_str(), bytes.data()) != 1 ||
      ::inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr)
    return wrong_data(type, fmt::format("'{}' is no such address", word.substr(0, 50)));
  return RecordData(Address{text.data()});
}

Result<RecordData> read_txt(WordReader& reader) {
  Txt txt;
  while (!reader.at_end()) {
    std::string octets;
    MBOXFERRY_TRY(reader.octets(octets));
    if (octets.size() > kLongestTxtString)
      return wrong_data(RecordType::txt, "a string is longer than 255 characters");
    txt.strings.push_back(std::move(octets));
  }
  return RecordData(std::move(txt));
}

Result<RecordData> read_caa(WordReader& reader) {
  Caa caa;
  MBOXFERRY_TRY(reader.number(caa.flags, "flags"));
  MBOXFERRY_TRY(reader.octets(caa.tag));
  MBOXFERRY_TRY(reader.octets(caa.value));
  const bool fits = !caa.tag.empty() && caa.tag.size() <= 255 &&
                    std::all_of(caa.tag.begin(), caa.tag.end(),
                                [](char c) { return is_letter(c) || is_digit(c); });
  if (!fits) return wrong_data(RecordType::caa, "the tag is not letters and digits");
  return RecordData(std::move(caa));
}

Result<RecordData> read_soa(WordReader& reader) {
  Soa soa;
  MBOXFERRY_TRY(reader.name(soa.primary));
  MBOXFERRY_TRY(reader.name(soa.mailbox));
  MBOXFERRY_TRY(reader.number(soa.serial, "serial"));
  MBOXFERRY_TRY(reader.number(soa.refresh, "refresh time"));
  MBOXFERRY_TRY(reader.number(soa.retry, "retry time"));
  MBOXFERRY_TRY(reader.number(soa.expire, "expiry time"));
  MBOXFERRY_TRY(reader.number(soa.minimum, "minimum"));
  return RecordData(std::move(soa));
}

Result<RecordData> read_fingerprint(RecordType type, WordReader& reader) {
  Fingerprint print;
  if (type == RecordType::tlsa) {
    std::uint8_t usage = 0;
    MBOXFERRY_TRY(reader.number(usage, "usage"));
    print.first = usage;
  } else {
    MBOXFERRY_TRY(reader.number(print.first, "key tag"));
  }
  MBOXFERRY_TRY(reader.number(print.second, "second number"));
  MBOXFERRY_TRY(reader.number(print.third, "third number"));
  MBOXFERRY_TRY(reader.hex(print.hex));
  return RecordData(std::move(print));
}

struct WordCount {
  std::size_t least;
  std::size_t most;
};

constexpr std::size_t kManyWords = 1024;

constexpr WordCount word_count(RecordType type) {
  switch (type) {
    case RecordType::a:
    case RecordType::aaaa:
    case RecordType::cname:
    case RecordType::ns:
      return {1, 1};
    case RecordType::mx:
      return {2, 2};
    case RecordType::srv:
      return {4, 4};
    case RecordType::txt:
      return {1, kManyWords};
    case RecordType::tlsa:
    case RecordType::ds:
      return {4, kManyWords};
    case RecordType::caa:
      return {3, 3};
    case RecordType::soa:
      return {7, 7};
  }
  return {0, 0};
}

struct DataWriter {
  std::string operator()(const Address& data) const { return data.text; }
  std::string operator()(const Pointer& data) const { return data.target.absolute(); }
  std::string operator()(const Mx& data) const {
    return fmt::format("{} {}", data.preference, data.exchange.absolute());
  }
  std::string operator()(const Srv& data) const {
    return fmt::format("{} {} {} {}", data.priority, data.weight, data.port,
                       data.target.absolute());
  }
  std::string operator()(const Txt& data) const {
    std::string text;
    for (const std::string& one : data.strings)
      text += (text.empty() ? "" : " ") + in_double_quotes(one);
    return text;
  }
  std::string operator()(const Fingerprint& data) const {
    return fmt::format("{} {} {} {}", data.first, data.second, data.third, data.hex);
  }
  std::string operator()(const Caa& data) const {
    return fmt::format("{} {} {}", data.flags, data.tag, in_double_quotes(data.value));
  }
  std::string operator()(const Soa& data) const {
    return fmt::format("{} {} {} {} {} {} {}", data.primary.absolute(), data.mailbox.absolute(),
                       data.serial, data.refresh, data.retry, data.expire, data.minimum);
  }
};

}  // namespace

Result<RecordData> parse_data(RecordType type, std::string_view text) {
  MBOXFERRY_ASSIGN(const Words words, words_of(text));
  const WordCount wanted = word_count(type);
  if (words.size() < wanted.least || words.size() > wanted.most)
    return wrong_data(
        type, fmt::format("it has {} parts instead of {}", words.size(),
                          wanted.most == kManyWords ? fmt::format("{} or more", wanted.least)
                                                    : std::to_string(wanted.most)));
  WordReader reader(type, words);
  switch (type) {
    case RecordType::a:
    case RecordType::aaaa:
      return read_address(type, words[0]);
    case RecordType::cname:
    case RecordType::ns: {
      Pointer pointer;
      MBOXFERRY_TRY(reader.name(pointer.target));
      return RecordData(std::move(pointer));
    }
    case RecordType::mx: {
      Mx mx;
      MBOXFERRY_TRY(reader.number(mx.preference, "preference"));
      MBOXFERRY_TRY(reader.name(mx.exchange));
      return RecordData(std::move(mx));
    }
    case RecordType::srv: {
      Srv srv;
      MBOXFERRY_TRY(reader.number(srv.priority, "priority"));
      MBOXFERRY_TRY(reader.number(srv.weight, "weight"));
      MBOXFERRY_TRY(reader.number(srv.port, "port"));
      MBOXFERRY_TRY(reader.name(srv.target));
      return RecordData(std::move(srv));
    }
    case RecordType::txt:
      return read_txt(reader);
    case RecordType::tlsa:
    case RecordType::ds:
      return read_fingerprint(type, reader);
    case RecordType::caa:
      return read_caa(reader);
    case RecordType::soa:
      return read_soa(reader);
  }
  return wrong_data(type, "unknown type");
}

std::string data_text(const RecordData& data) { return std::visit(DataWriter{}, data); }

}  // namespace mboxferry::dns
