// SPDX-License-Identifier: Apache-2.0
// Walks over the tags of a text without building a tree.
#include "dmarc/xml_sections.h"

#include <fmt/format.h>

#include <algorithm>

#include "mboxferry/base/ascii.h"

namespace mboxferry::dmarc {
namespace {

/// Shorter ones cannot hold `<row><count>1</count></row>`, and could be very many.
constexpr std::size_t kShortestRecord = 40;
constexpr std::string_view kNamespace9990 = "urn:ietf:params:xml:ns:dmarc-2.0";

struct XmlTag {
  std::string_view name;   ///< without a prefix
  std::string_view whole;  ///< from `<` to `>`
  bool closes = false;
  bool is_empty = false;  ///< `<name/>`
  bool is_whole = true;   ///< false: the text ends inside of it
};

/// The tags of a text in order; comments, CDATA, instructions and declarations are passed over.
class TagWalk {
 public:
  explicit TagWalk(std::string_view text) : text_(text) {}

  bool next(XmlTag& tag) {
    for (;;) {
      at_ = text_.find('<', at_);
      if (at_ == std::string_view::npos) return false;
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with("<!--")) {
        if (!pass("-->")) return false;
      } else if (rest.starts_with("<![CDATA[")) {
        if (!pass("]]>")) return false;
      } else if (rest.starts_with("<?")) {
        if (!pass("?>")) return false;
      } else if (rest.starts_with("<!")) {
        if (!pass_declaration(rest)) return false;
      } else {
        read(rest, tag);
        return true;
      }
    }
  }

 private:
  bool pass(std::string_view end) {
    const std::size_t found = text_.find(end, at_);
    if (found == std::string_view::npos) return false;
    at_ = found + end.size();
    return true;
  }

  /// One with a subset in brackets ends behind it, blanks in between or not.
  bool pass_declaration(std::string_view rest) {
    std::size_t end = rest.find('>');
    if (rest.substr(0, end).find('[') != std::string_view::npos) {
      std::size_t bracket = rest.find(']');
      while (bracket != std::string_view::npos) {
        end = rest.find_first_not_of(" \t\r\n", bracket + 1);
        if (end != std::string_view::npos && rest[end] == '>') break;
        bracket = rest.find(']', bracket + 1);
      }
      if (bracket == std::string_view::npos) return false;
    }
    if (end == std::string_view::npos) return false;
    at_ += end + 1;
    return true;
  }

  void read(std::string_view rest, XmlTag& tag) {
    const std::size_t end = rest.find('>');
    tag.is_whole = end != std::string_view::npos;
    tag.whole = rest.substr(0, tag.is_whole ? end + 1 : rest.size());
    tag.closes = tag.whole.size() > 1 && tag.whole[1] == '/';
    tag.is_empty = tag.whole.ends_with("/>");
    const std::size_t begin = tag.closes ? 2 : 1;
    const std::size_t last =
        std::min(tag.whole.find_first_of(" \t\r\n/>", begin), tag.whole.size());
    tag.name = tag.whole.substr(begin, last - begin);
    tag.name.remove_prefix(tag.name.find(':') + 1);
    at_ += tag.whole.size();
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool is_part(std::string_view name) {
  return name == "record" || name == "report_metadata" || name == "policy_published";
}

}  // namespace

void XmlSections::find(std::string_view text) {
  has_root = is_9990 = false;
  metadata = policy = {};
  version = {};
  problem.clear();
  records.clear();
  damaged = 0;
  std::uint32_t number = 0;
  TagWalk walk(text);
  XmlTag tag;
  std::string_view open;           // the part that has begun, by its name
  std::string_view last_unclosed;  // outside of parts
  const char* begin = nullptr;
  const char* version_begin = nullptr;
  int depth = 0;
  bool ended = false;
  const auto end_part = [&](const char* end, bool whole) {
    Part part{{begin, static_cast<std::size_t>(end - begin)}};
    if (open == "record") {
      part.number = ++number;
      if (whole && part.text.size() >= kShortestRecord)
        records.push_back(part);
      else if (++damaged == 1)
        first_damaged = number;
    } else {
      Part& place = open == "report_metadata" ? metadata : policy;
      if (!place.text.empty())
        problem = fmt::format("{} is there twice", open);
      else
        place = part;
    }
    open = {};
  };
  while (walk.next(tag)) {
    const char* tag_end = tag.whole.data() + tag.whole.size();
    if (!open.empty()) {
      if (tag.closes && tag.name == open) {
        end_part(tag_end, true);
        continue;
      }
      if (!is_part(tag.name) && tag.name != "feedback") continue;
      if (tag.closes && tag.name != "feedback") continue;
      end_part(tag.whole.data(), false);  // its end tag is missing
    }
    if (tag.name == "feedback") {
      if (tag.closes) {
        ended = true;
      } else if (has_root) {
        problem = "a second report in the same text is not read";
        return;
      } else {
        has_root = true;
        is_9990 = tag.whole.find(kNamespace9990) != std::string_view::npos;
      }
    } else if (is_part(tag.name) && !tag.closes && has_root && !ended) {
      open = tag.name;
      begin = tag.whole.data();
      if (tag.is_empty || !tag.is_whole) end_part(tag_end, tag.is_whole);
      continue;
    } else if (!tag.closes && has_root && equals_ignoring_case(tag.name, "record")) {
      // What is in it is in no sum, and must not be missing unseen.
      ++number;
      if (++damaged == 1) first_damaged = number;
      problem = ended ? "a record stands behind </feedback>"
                      : fmt::format("a record is written <{}>", tag.name);
    } else if (tag.name == "version" && has_root) {
      if (tag.closes && version_begin != nullptr)
        version = {version_begin, static_cast<std::size_t>(tag.whole.data() - version_begin)};
      version_begin = tag.closes ? nullptr : tag_end;
    }
    if (tag.is_empty || !tag.is_whole) continue;
    depth += tag.closes ? -1 : 1;
    if (!tag.closes && !ended && tag.name != "feedback" && !has_root) last_unclosed = tag.name;
  }
  if (!open.empty()) end_part(text.data() + text.size(), false);
  if (!has_root || !problem.empty()) return;
  if (!ended)
    problem = "the text ends before </feedback>";
  else if (depth != 0)
    problem = last_unclosed.empty()
                  ? "its tags do not match"
                  : fmt::format("<{}> is never closed", last_unclosed.substr(0, 40));
}

}  // namespace mboxferry::dmarc
