// SPDX-License-Identifier: Apache-2.0
// Answers of the DNS that stand in a text, and answers that were given before.
#include <fmt/format.h>

#include <map>
#include <set>

#include "mboxferry/base/ascii.h"
#include "mboxferry/dmarc/discovery.h"

namespace mboxferry::dmarc {
namespace {

constexpr std::string_view kWordBlanks = " \t";

/// Takes the first word off `text`, and the blanks behind it.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find_first_of(kWordBlanks));
  text.remove_prefix(std::min(text.find_first_not_of(kWordBlanks, word.size()), text.size()));
  return word;
}

/// Why the text behind a name cannot be that of a record; empty: it can.
std::string_view why_no_text(std::string_view text) {
  if (text.starts_with('"')) return "the text stands in quotes";
  std::string_view word = take_word(text);
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_digit)) word = take_word(text);
  if (equals_ignoring_case(word, "IN") || equals_ignoring_case(word, "TXT"))
    return "that is a line of a zone file";
  return {};
}

class TextAnswers final : public TxtSource {
 public:
  Result<void> read(std::string_view text, const std::string& path) {
    for (std::size_t number = 1; !text.empty(); ++number) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.empty() || line.front() == '#') continue;
      const auto name = domain_named(line.substr(0, line.find_first_of(kWordBlanks)));
      std::string_view why;
      if (name)
        why = add(*name, line.substr(std::min(line.find_first_of(kWordBlanks), line.size())));
      if (!name || !why.empty())
        return Error{ErrorCode::configuration,
                     fmt::format("{}, line {}: {}", path, number, name ? why : name.error().what),
                     "write NAME TEXT, the text of the TXT record without quotes, or NAME alone"};
    }
    return ok();
  }

  Result<std::vector<std::string>> txt(const std::string& name) override {
    const auto found = records_.find(name);
    return found == records_.end() ? std::vector<std::string>() : found->second;
  }
  Result<bool> exists(const std::string& name) override { return names_.contains(name); }

 private:
  /// `rest` begins with one blank, or is empty. What is wrong with it, if anything is.
  std::string_view add(const std::string& name, std::string_view rest) {
    names_.insert(name);
    if (rest.empty()) return {};
    rest.remove_prefix(1);
    const std::size_t first = std::min(rest.find_first_not_of(kWordBlanks), rest.size());
    const std::string_view why = why_no_text(rest.substr(first));
    if (why.empty()) records_[name].emplace_back(rest);
    return why;
  }

  std::map<std::string, std::vector<std::string>> records_;
  std::set<std::string> names_;
};

class RememberedAnswers final : public TxtSource {
 public:
  explicit RememberedAnswers(TxtSource& source) : source_(source) {}

  Result<std::vector<std::string>> txt(const std::string& name) override {
    const auto known = texts_.find(name);
    if (known != texts_.end()) return known->second;
    return texts_.emplace(name, source_.txt(name)).first->second;
  }
  Result<bool> exists(const std::string& name) override {
    const auto known = exist_.find(name);
    if (known != exist_.end()) return known->second;
    return exist_.emplace(name, source_.exists(name)).first->second;
  }

 private:
  TxtSource& source_;
  std::map<std::string, Result<std::vector<std::string>>> texts_;
  std::map<std::string, Result<bool>> exist_;
};

}  // namespace

Result<std::unique_ptr<TxtSource>> make_text_answers(std::string_view text,
                                                     const std::string& path) {
  auto answers = std::make_unique<TextAnswers>();
  MBOXFERRY_TRY(answers->read(text, path));
  return std::unique_ptr<TxtSource>(std::move(answers));
}

std::unique_ptr<TxtSource> remember_answers(TxtSource& source) {
  return std::make_unique<RememberedAnswers>(source);
}

}  // namespace mboxferry::dmarc
