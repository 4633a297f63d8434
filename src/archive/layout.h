// SPDX-License-Identifier: Apache-2.0
// How mail programs lay out their folders: tables of file and directory names.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mboxferry::archive {

enum class Layout : std::uint8_t {
  thunderbird_profile,
  thunderbird,
  thunderbird_maildir,
  apple_mail,
  takeout,
  kmail,
  evolution,
  readpst,
  readpst_separate,
  kerio,
  eudora,
  opera,
  hmailserver,
  mdaemon,
  cyrus,
  gyb,
  gmvault,
  proton,
  mh,
  pipermail,
  mailmate,
  procmail,
};
inline constexpr std::size_t kLayouts = 22;

/// "Thunderbird profile", "KMail" and so on.
std::string_view layout_name(Layout layout);

/// Matches the last segments of `path` with as many of `pattern`, in which `9` is a digit, `+` a
/// run of digits, `@` a hexadecimal digit, `%` a run of letters, and `*` anything within a segment;
/// letters match in either case.
bool matches_end(std::string_view path, std::string_view pattern);

/// A place that a layout has for files of one message each.
struct MessagePlace {
  Layout layout;
  std::string_view pattern;  ///< for matches_end()
  unsigned up;               ///< how many directories belong to the layout and not to the folder
  bool is_eml;               ///< false: only the content tells that the file is a message
};

/// Null when `path`, without the endings of packed files, is at no such place.
const MessagePlace* message_place(std::string_view path);

/// `path` without its file name and the directories that belong to the layout.
std::string message_directory(const MessagePlace& place, const std::string& path);

/// What is seen of layouts while an archive is walked. Bounded by the number of directories.
class LayoutMarks {
 public:
  /// To be called for each file, with its path below the archive.
  void see(const std::string& path);
  void note(Layout layout) { seen_ |= std::uint32_t{1} << static_cast<unsigned>(layout); }
  /// The folder of message files in `directory` is one of this layout.
  void note_folder(const std::string& directory, Layout layout);
  /// Eudora's list of the names of mailboxes, `descmap.pce` in `directory`.
  void set_descriptions(const std::string& directory, std::string_view text);

  [[nodiscard]] bool has(Layout layout) const {
    return (seen_ >> static_cast<unsigned>(layout) & 1U) != 0;
  }
  [[nodiscard]] bool is_folder_of(const std::string& directory, Layout layout) const;
  [[nodiscard]] bool is_profile(const std::string& directory) const {
    return profiles_.contains(directory);
  }
  /// The name that is described for a file; the file's own name when there is none.
  [[nodiscard]] std::string described(const std::string& directory, const std::string& name) const;
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::uint32_t seen_ = 0;
  std::map<std::string, Layout> folders_;
  std::set<std::string> profiles_;
  std::map<std::string, std::map<std::string, std::string>> descriptions_;
};

}  // namespace mboxferry::archive
