// SPDX-License-Identifier: Apache-2.0
// libidn2 and libpsl.
#include "mboxferry/policy/domain_name.h"

#include <idn2.h>
#include <libpsl.h>

#include <algorithm>

#include "mboxferry/base/ascii.h"
#include "mboxferry/base/handle.h"

namespace mboxferry::policy {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void append_small(std::string& out, std::string_view text) {
  for (const char c : text) out += to_lower(c);
}

/// What a function of libidn2 makes of `domain`; empty when it fails.
template <typename Convert>
std::string converted(std::string_view domain, const Convert& convert) {
  char* raw = nullptr;
  const int status = convert(std::string(domain).c_str(), &raw);
  const Handle<char, idn2_free> text(raw);
  return status == IDN2_OK && text != nullptr ? std::string(text.get()) : std::string();
}

}  // namespace

bool append_compared_domain(std::string& out, std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  if (is_ascii(domain)) {
    append_small(out, domain);
    return true;
  }
  if (domain.find('\0') == std::string_view::npos) {
    const std::string ascii = converted(domain, [](const char* from, char** to) {
      return idn2_to_ascii_8z(from, to, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    });
    if (!ascii.empty()) {
      // IDNA knows other dots than ".".
      append_small(out, std::string_view(ascii).substr(0, ascii.size() - ascii.ends_with('.')));
      return true;
    }
  }
  append_small(out, domain);
  return false;
}

std::string unicode_domain(std::string_view domain) {
  std::string compared;
  append_compared_domain(compared, domain);
  if (compared.find("xn--") == std::string::npos) return compared;
  const std::string text = converted(
      compared, [](const char* from, char** to) { return idn2_to_unicode_8z8z(from, to, 0); });
  return text.empty() ? compared : text;
}

bool is_public_suffix(std::string_view domain) {
  return psl_is_public_suffix2(psl_builtin(), std::string(domain).c_str(), PSL_TYPE_ANY) == 1;
}

bool is_listed_suffix(std::string_view domain) {
  return psl_is_public_suffix2(psl_builtin(), std::string(domain).c_str(),
                               PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) == 1;
}

std::string registrable_domain(std::string_view domain) {
  const std::string text(domain);
  const char* found = psl_registrable_domain(psl_builtin(), text.c_str());
  return found == nullptr ? std::string() : std::string(found);
}

}  // namespace mboxferry::policy
