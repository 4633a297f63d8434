// SPDX-License-Identifier: Apache-2.0
// The actions of `mboxferry dns`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/options.h"
#include "mboxferry/dns/apply_state.h"
#include "mboxferry/dns/plan.h"
#include "mboxferry/dns/resolver.h"
#include "mboxferry/dns/server.h"

namespace mboxferry::cli {

/// The one argument behind the action.
Result<int> plan_dns(const Options& options, const std::string& domain, Context& context);
Result<int> apply_dns(const Options& options, const std::string& plan, Context& context);
Result<int> roll_back_dns(const Options& options, const std::string& plan, Context& context);
Result<int> check_dns(const Options& options, const std::string& domain, Context& context);

/// --resolver and --timeout.
void add_resolver_options(OptionGroup& group);
/// --server.
void add_server_option(OptionGroup& group);
Result<dns::Resolver::Settings> read_resolver(const Options& options, const Context& context);

/// Which servers are asked, and for how long.
struct DnsAccess {
  dns::Resolver::Settings resolver;
  std::vector<dns::Server> servers;  ///< --server; empty: those of the zone
};
Result<DnsAccess> read_dns_access(const Options& options, Context& context);

/// The domain of mail addresses. Error `usage`.
Result<dns::Name> mail_domain(const std::string& text);

/// A whole number within limits; nothing when the option is not given.
Result<std::optional<std::uint32_t>> read_dns_seconds(const Options& options, const char* name,
                                                      std::uint32_t least, std::uint32_t most);

Result<dns::Plan> read_plan_file(const std::string& path);
/// Nothing where there is none.
Result<std::optional<dns::ApplyState>> read_plan_state(const std::string& plan_path,
                                                       const dns::Plan& plan);

/// `text` printable, in lines of a terminal's width that begin with `first` or as many blanks.
std::string paragraph(std::string_view first, std::string_view text);

}  // namespace mboxferry::cli
