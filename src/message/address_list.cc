// SPDX-License-Identifier: Apache-2.0
// Reads address lists token by token. Words are first taken for an address, until an angle bracket
// shows that they were a display name, or a colon that they name a group.
#include "mboxferry/message/address_list.h"

#include <algorithm>
#include <cstdint>

#include "message/ascii.h"

namespace mboxferry::message {

bool is_atom_character(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-/=?^_`{|}~";
  return is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80 ||
         kOthers.find(c) != std::string_view::npos;
}

void append_local_part(std::string& out, std::string_view content) {
  const bool plain = !content.empty() && std::all_of(content.begin(), content.end(), [](char c) {
    return c == '.' || is_atom_character(c);
  });
  if (plain) {
    out += content;
    return;
  }
  out += '"';
  for (const char c : content) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

class AddressList::Parser {
 public:
  Parser(AddressList& list, std::string_view text) : list_(list), rest_(text) { begin_address(); }

  void run() {
    while (!rest_.empty()) take_token();
    end_address();
  }

 private:
  enum class Place : std::uint8_t {
    nothing,     ///< no word yet
    local,       ///< behind a word of the local part
    local_dot,   ///< behind its dot
    at,          ///< behind the `@`
    domain,      ///< behind a word of the domain
    domain_dot,  ///< behind its dot
    phrase,      ///< words that are no address
  };

  void take_token() {
    const char c = rest_.front();
    if (is_blank(c)) {
      rest_.remove_prefix(1);
    } else if (c == '(') {
      skip_comment();
    } else if (c == '"') {
      take_quoted();
    } else if (c == '[') {
      take_domain_literal();
    } else if (is_special(c)) {
      rest_.remove_prefix(1);
      take_special(c);
    } else {
      const auto* const end = std::find_if(rest_.begin(), rest_.end(),
                                           [](char x) { return is_blank(x) || ends_atom(x); });
      const auto size = std::max<std::size_t>(1, static_cast<std::size_t>(end - rest_.begin()));
      word(rest_.substr(0, size), false);
      rest_.remove_prefix(size);
    }
  }

  static bool is_special(char c) {
    constexpr std::string_view kSpecials = "<>:;,@.";
    return kSpecials.find(c) != std::string_view::npos;
  }
  static bool ends_atom(char c) { return c == '(' || c == '"' || c == '[' || is_special(c); }

  void take_special(char c) {
    if (c == '<') {
      open_angle();
    } else if (c == '>') {
      close_angle();
    } else if (c == '@') {
      if (place_ == Place::local || place_ == Place::local_dot) {
        place_ = Place::at;
      } else if (in_angle_ && place_ == Place::nothing) {
        in_route_ = true;
      } else if (!in_route_) {
        break_off();
      }
    } else if (c == '.') {
      take_dot();
    } else if (c == ':') {
      if (in_angle_)
        forget_words();  // the end of a route
      else
        drop_words();  // a group's name
      in_route_ = false;
    } else if (c == ',' && in_route_) {
      forget_words();
    } else {
      end_address();
      begin_address();
    }
  }

  void take_dot() {
    // Some providers give out local parts with dots at their end or in a row.
    if (place_ == Place::local || place_ == Place::local_dot) {
      list_.local_ += '.';
      place_ = Place::local_dot;
    } else if (place_ == Place::domain) {
      list_.domain_ += '.';
      place_ = Place::domain_dot;
    } else if (!in_route_) {
      break_off();
    }
  }

  void word(std::string_view text, bool quoted) {
    if (in_route_) return;
    switch (place_) {
      case Place::nothing:
        encoded_ = !quoted && text.starts_with("=?");
        [[fallthrough]];
      case Place::local_dot:
        list_.local_ += text;
        place_ = Place::local;
        return;
      case Place::at:
      case Place::domain_dot:
        if (quoted) return break_off();
        list_.domain_ += text;
        place_ = Place::domain;
        return;
      case Place::domain:
        // A whole address and a word behind it: both are kept, unless an angle bracket follows.
        emit();
        malformed_ = true;
        forget_words();
        return word(text, quoted);
      case Place::local:
      case Place::phrase:
        return break_off();
    }
  }

  /// The words so far are no address.
  void break_off() {
    if (place_ == Place::domain || place_ == Place::domain_dot) emit();
    place_ = Place::phrase;
  }

  void forget_words() {
    list_.local_.clear();
    list_.domain_.clear();
    place_ = Place::nothing;
    encoded_ = false;
  }

  /// The words so far are not meant as an address; what looked like one is taken back.
  void drop_words() {
    while (list_.ends_.size() > first_) list_.ends_.pop_back();
    list_.text_.resize(list_.ends_.empty() ? 0 : list_.ends_.back());
    malformed_ = quotes_broken_ || comments_broken_;
    forget_words();
  }

  void begin_address() {
    forget_words();
    first_ = list_.ends_.size();
    malformed_ = in_angle_ = in_route_ = had_angle_ = false;
  }

  void open_angle() {
    if (in_angle_ || had_angle_) {
      malformed_ = true;
      end_address();
      begin_address();
    }
    drop_words();  // a display name, whatever it looks like
    in_angle_ = true;
  }

  void close_angle() {
    if (!in_angle_) {
      malformed_ = true;
      return;
    }
    finish_words();
    forget_words();
    in_angle_ = in_route_ = false;
    had_angle_ = true;
  }

  void end_address() {
    if (in_angle_) malformed_ = true;
    // Words behind an angle bracket say nothing.
    if (!had_angle_) finish_words();
    list_.malformed_ = list_.malformed_ || malformed_;
  }

  void finish_words() {
    const bool whole = place_ == Place::domain || place_ == Place::domain_dot;
    const bool bare = (place_ == Place::local || place_ == Place::local_dot) && !encoded_ &&
                      list_.ends_.size() == first_;
    if (whole || bare)
      emit();
    else if (place_ != Place::nothing)
      malformed_ = true;
  }

  void emit() {
    if (list_.local_.empty() && list_.domain_.empty()) return;
    append_local_part(list_.text_, list_.local_);
    if (!list_.domain_.empty()) {
      list_.text_ += '@';
      list_.text_ += list_.domain_;
    }
    list_.ends_.push_back(list_.text_.size());
  }

  void take_quoted() {
    const std::size_t end = quotes_broken_ ? std::string_view::npos : end_of_quoted();
    if (end == std::string_view::npos) {
      quotes_broken_ = malformed_ = true;
      rest_.remove_prefix(1);
      return;
    }
    quoted_.clear();
    for (std::size_t i = 1; i < end; ++i) {
      if (rest_[i] == '\\' && i + 1 < end) ++i;
      quoted_ += rest_[i];
    }
    rest_.remove_prefix(end + 1);
    word(quoted_, true);
  }

  [[nodiscard]] std::size_t end_of_quoted() const {
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\')
        ++i;
      else if (rest_[i] == '"')
        return i;
    }
    return std::string_view::npos;
  }

  void skip_comment() {
    std::size_t depth = 0;
    for (std::size_t i = 0; i < rest_.size() && !comments_broken_; ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '(') {
        ++depth;
      } else if (rest_[i] == ')' && --depth == 0) {
        rest_.remove_prefix(i + 1);
        return;
      }
    }
    comments_broken_ = malformed_ = true;
    rest_.remove_prefix(1);
  }

  void take_domain_literal() {
    // None is longer than a domain (RFC 5321 section 4.5.3.1.2); looking for the end of each in the
    // whole rest would take quadratic time.
    constexpr std::size_t kLongest = 256;
    const std::size_t end = rest_.substr(0, kLongest).find_first_of("]<>,;\"");
    if (place_ == Place::at && end != std::string_view::npos && rest_[end] == ']') {
      list_.domain_ += rest_.substr(0, end + 1);
      place_ = Place::domain;
      rest_.remove_prefix(end + 1);
    } else {
      rest_.remove_prefix(1);
      if (!in_route_) break_off();
    }
  }

  AddressList& list_;
  std::string_view rest_;
  std::string quoted_;
  std::size_t first_ = 0;  ///< the address that is being read would have this number
  Place place_ = Place::nothing;
  bool encoded_ = false;  ///< its only word is an encoded word
  bool in_angle_ = false;
  bool in_route_ = false;
  bool had_angle_ = false;
  bool malformed_ = false;  ///< this address
  bool quotes_broken_ = false;
  bool comments_broken_ = false;
};

void AddressList::clear() {
  text_.clear();
  ends_.clear();
  malformed_ = false;
}

void AddressList::add(std::string_view value) {
  if (value.find('\0') == std::string_view::npos) return Parser(*this, value).run();
  // Programs that show mail leave NUL out, so that an address with it looks like one without.
  std::string plain(value);
  std::erase(plain, '\0');
  Parser(*this, plain).run();
  malformed_ = true;
}

std::string_view AddressList::operator[](std::size_t index) const {
  const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view(text_).substr(begin, ends_[index] - begin);
}

}  // namespace mboxferry::message
