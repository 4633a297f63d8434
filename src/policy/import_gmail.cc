// SPDX-License-Identifier: Apache-2.0
// Gmail's export of filters: an Atom feed whose entries have apps:property elements. Parsed by
// expat, which bounds how entities grow; a document type is refused all the same, as Gmail writes
// none.
#include <expat.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <type_traits>

#include "mboxferry/base/ascii.h"
#include "mboxferry/base/handle.h"
#include "mboxferry/policy/import.h"
#include "policy/list_lines.h"

namespace mboxferry::policy {
namespace {

/// One filter.
struct GmailFilter {
  std::uint64_t line = 0;
  std::map<std::string, std::string, std::less<>> properties;

  [[nodiscard]] std::string value(std::string_view name) const {
    const auto found = properties.find(name);
    return found == properties.end() ? std::string() : found->second;
  }
};

/// The addresses of `a OR b`, `{a b}`, `(a|b)`, `a, b`; none for another question.
class Alternatives {
 public:
  static std::vector<std::string> of(std::string_view query) {
    Alternatives all;
    for (const char c : query)
      if (!all.take(c)) return {};
    return all.end_word() ? all.found_ : std::vector<std::string>();
  }

 private:
  bool take(char c) {
    if (c == ' ' || c == '\t' || c == '\n') return end_word();
    if (c == '(' || c == '{') {
      // What stands in brackets is one more term.
      if (!end_word() || (wants_or_ && !blanks_mean_or())) return false;
      wants_or_ = false;
      brackets_ += c;
      return true;
    }
    if (c == ')' || c == '}') {
      if (!end_word()) return false;
      if (!brackets_.empty()) brackets_.pop_back();
      wants_or_ = true;
      return true;
    }
    if (c == '|' || c == ',') {
      if (!end_word()) return false;
      wants_or_ = false;
    } else if (c != '"') {
      word_ += c;
    }
    return true;
  }

  [[nodiscard]] bool blanks_mean_or() const { return brackets_.ends_with('{'); }

  bool end_word() {
    if (word_.empty()) return true;
    if (word_ == "OR") {
      wants_or_ = false;
    } else {
      if (wants_or_ && !blanks_mean_or()) return false;
      if (word_.starts_with("from:")) word_.erase(0, 5);
      if (word_.starts_with('-')) return false;
      found_.push_back(word_);
      wants_or_ = true;
    }
    word_.clear();
    return true;
  }

  std::vector<std::string> found_;
  std::string word_;
  std::string brackets_;   ///< those that are open
  bool wants_or_ = false;  ///< a term has ended, and another one would be asked for besides
};

class GmailImport {
 public:
  explicit GmailImport(ImportResult& result) : result_(result) {}

  void run(std::string_view text) {
    const Handle<std::remove_pointer_t<XML_Parser>, XML_ParserFree> parser(
        XML_ParserCreate(nullptr));
    if (!parser) throw std::bad_alloc();
    parser_ = parser.get();
    XML_SetUserData(parser_, this);
    XML_SetElementHandler(parser_, begin_element, end_element);
    XML_SetStartDoctypeDeclHandler(parser_, refuse_doctype);
    const auto status = XML_Parse(parser_, text.data(), static_cast<int>(text.size()), XML_TRUE);
    if (status == XML_STATUS_OK && filters_ > 0) return;
    if (status == XML_STATUS_OK) return result_.refuse(1, "", "holds no filters of Gmail's");
    result_.refuse(XML_GetCurrentLineNumber(parser_), "",
                   fmt::format("what follows is not read: {}",
                               had_doctype_ ? "a document type is not allowed"
                                            : XML_ErrorString(XML_GetErrorCode(parser_))));
  }

 private:
  static std::string_view local_name(std::string_view name) {
    return name.substr(name.find(':') == name.npos ? 0 : name.find(':') + 1);
  }

  // No exception may pass through expat; without memory there is nothing left to do.
  static void begin_element(void* self, const char* name, const char** attributes) noexcept {
    auto& import = *static_cast<GmailImport*>(self);
    if (local_name(name) == "entry") {
      import.filter_ = {};
      import.filter_.line = XML_GetCurrentLineNumber(import.parser_);
    } else if (local_name(name) == "property") {
      std::string key;
      std::string value;
      for (; *attributes != nullptr; attributes += 2) {
        if (std::string_view(attributes[0]) == "name") key = attributes[1];
        if (std::string_view(attributes[0]) == "value") value = attributes[1];
      }
      if (import.filter_.properties.size() < 100) import.filter_.properties[key] = value;
    }
  }
  static void end_element(void* self, const char* name) noexcept {
    if (local_name(name) == "entry") static_cast<GmailImport*>(self)->finish();
  }
  static void refuse_doctype(void* self, const char*, const char*, const char*, int) noexcept {
    auto& import = *static_cast<GmailImport*>(self);
    import.had_doctype_ = true;
    XML_StopParser(import.parser_, XML_FALSE);
  }

  void finish() {
    ++filters_;
    const std::string from = filter_.value("from");
    const bool deletes =
        filter_.value("shouldTrash") == "true" || filter_.value("shouldSpam") == "true";
    const bool keeps = filter_.value("shouldNeverSpam") == "true";
    const auto refuse = [&](std::string_view text, const char* reason) {
      result_.refuse(filter_.line, text, reason);
    };
    if (from.empty()) return refuse(described(), "does not ask for senders alone");
    for (const std::string_view other :
         {"to", "subject", "hasTheWord", "doesNotHaveTheWord", "hasAttachment", "size"}) {
      // Size has a unit and an operator in every filter.
      if (!filter_.value(other).empty()) return refuse(described(), "asks for more than senders");
    }
    for (const std::string_view other : {"forwardTo", "cannedResponse"})
      if (!filter_.value(other).empty())
        return refuse(described(), "forwards or answers mail besides");
    if (deletes == keeps)
      return refuse(described(), deletes ? "deletes and keeps out of spam"
                                         : "neither deletes nor keeps out of spam");
    const auto senders = Alternatives::of(from);
    if (senders.empty()) return refuse(from, "is no list of senders");
    for (const std::string& sender : senders)
      result_.add(filter_.line, keeps ? EntryKind::allow : EntryKind::block, sender);
  }

  [[nodiscard]] std::string described() const {
    std::string text;
    for (const auto& [name, value] : filter_.properties)
      text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, value);
    return text;
  }

  ImportResult& result_;
  XML_Parser parser_ = nullptr;
  GmailFilter filter_;
  std::size_t filters_ = 0;
  bool had_doctype_ = false;
};

}  // namespace

void import_gmail(std::string_view text, ImportResult& result) { GmailImport(result).run(text); }

}  // namespace mboxferry::policy
