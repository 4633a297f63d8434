// SPDX-License-Identifier: Apache-2.0
// Options from the command line, the environment and a job file, as layers over each other.
#pragma once

#include <boost/program_options.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "mboxferry/base/result.h"

namespace mboxferry::cli {

/// Options with a caption.
class OptionGroup : public boost::program_options::options_description {
 public:
  explicit OptionGroup(std::string caption) : caption_(std::move(caption)) {}

  [[nodiscard]] const std::string& caption() const { return caption_; }

 private:
  std::string caption_;
};

/// What one command understands.
struct OptionTable {
  std::string usage;     ///< "scan [OPTION]... ARCHIVE..."
  std::string about;     ///< what it does, for --help; line ends count as blanks
  std::string examples;  ///< lines, for --help
  std::vector<OptionGroup> groups;
  std::string positional;   ///< the option that arguments without a name belong to
  int max_positional = -1;  ///< -1: any number
};

/// An empty group of options with a caption.
OptionGroup option_group(const std::string& caption);

/// The error for an option whose value is not one that it takes; `expected` says which are.
Error bad_value(const char* option, const char* expected);

/// An option that is either given or not.
boost::program_options::typed_value<bool>* flag();

/// The values of one source.
class Layer {
 public:
  explicit Layer(boost::program_options::variables_map values) : values_(std::move(values)) {}

  template <typename T>
  [[nodiscard]] std::optional<T> get(const char* name) const {
    const auto found = values_.find(name);
    if (found == values_.end() || found->second.empty()) return {};
    return found->second.as<T>();
  }
  /// The texts of an option that takes one or several.
  [[nodiscard]] std::vector<std::string> texts(const std::string& name) const;

 private:
  boost::program_options::variables_map values_;
};

/// What a command was told: job file, then environment (`MBOXFERRY_NAME`), then command line; a
/// later layer beats an earlier one.
class Options {
 public:
  explicit Options(std::vector<Layer> layers) : layers_(std::move(layers)) {}

  [[nodiscard]] const std::vector<Layer>& weakest_first() const { return layers_; }

  /// The strongest layer's value.
  template <typename T>
  [[nodiscard]] std::optional<T> get(const char* name) const {
    for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
      if (auto value = layer->get<T>(name)) return value;
    }
    return {};
  }
  [[nodiscard]] std::string text(const char* name) const {
    return get<std::string>(name).value_or("");
  }
  /// The values of an option that may be given more than once.
  [[nodiscard]] std::vector<std::string> texts(const char* name) const {
    return get<std::vector<std::string>>(name).value_or(std::vector<std::string>());
  }
  [[nodiscard]] bool has_flag(const char* name) const { return get<bool>(name).value_or(false); }

 private:
  std::vector<Layer> layers_;
};

/// The files that the command writes: reports, metrics, a log.
std::vector<std::string> output_files(const Options& options);

/// Takes option values from other places than a command line: rows of a CSV.
class ValueReader {
 public:
  explicit ValueReader(const OptionTable& table);

  [[nodiscard]] std::vector<std::string> names() const;
  /// `options` with these values over all else. Errors: `usage`; none repeats a value.
  [[nodiscard]] Result<Options> with(
      const Options& options, const std::map<std::string, std::string, std::less<>>& values) const;

 private:
  boost::program_options::options_description all_;
};

/// Reads all layers. Errors (`usage`) name the option and never repeat what follows its `=`.
Result<Options> read_options(const OptionTable& table, const Arguments& arguments);

}  // namespace mboxferry::cli
