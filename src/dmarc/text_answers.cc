// SPDX-License-Identifier: Apache-2.0
// Answers of the DNS that stand in a text.
#include <map>
#include <memory>
#include <set>

#include "mboxferry/dmarc/discovery.h"
#include "mboxferry/policy/domain_name.h"

namespace mboxferry::dmarc {
namespace {

class TextAnswers final : public TxtSource {
 public:
  explicit TextAnswers(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      add_line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  Result<std::vector<std::string>> txt(const std::string& name) override {
    const auto found = records_.find(name);
    return found == records_.end() ? std::vector<std::string>() : found->second;
  }
  Result<bool> exists(const std::string& name) override { return names_.contains(name); }

 private:
  void add_line(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.front() == '#') return;
    const std::size_t blank = std::min(line.find_first_of(" \t"), line.size());
    std::string name;
    policy::append_compared_domain(name, line.substr(0, blank));
    names_.insert(name);
    if (blank < line.size()) records_[name].emplace_back(line.substr(blank + 1));
  }

  std::map<std::string, std::vector<std::string>> records_;
  std::set<std::string> names_;
};

}  // namespace

std::unique_ptr<TxtSource> make_text_answers(std::string_view text) {
  return std::make_unique<TextAnswers>(text);
}

}  // namespace mboxferry::dmarc
