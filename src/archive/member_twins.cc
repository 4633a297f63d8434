// SPDX-License-Identifier: Apache-2.0
// Whether a member of a container begins with another one: by digests, as two members are not read
// side by side.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "archive/container.h"
#include "archive/running_digest.h"
#include "mboxferry/archive/copy_names.h"

namespace mboxferry::archive {
namespace {

constexpr std::uint64_t kWhole = std::numeric_limits<std::uint64_t>::max();

/// What a member holds.
struct Content {
  std::uint64_t size = 0;
  std::map<std::uint64_t, std::string> digests;  ///< of so many of its first bytes
};

/// The members of one container that have twins.
class TwinMembers {
 public:
  explicit TwinMembers(std::shared_ptr<Container> container) : container_(std::move(container)) {}

  void add(MemberPosition position) { wanted_[position].insert(kWhole); }
  /// Reads those that were added.
  Result<void> read() {
    MemberStream stream(container_);
    for (const auto& [position, sizes] : wanted_) {
      const auto opened = stream.go_to(position);
      const auto read = opened ? read_member(stream, position, sizes) : opened;
      if (!read && read.error().code != ErrorCode::not_mail) return read;
      if (!read) contents_.erase(position);
    }
    wanted_.clear();
    return ok();
  }
  /// Where one is longer than the other, its beginning is to be read.
  void compare_later(MemberPosition one, MemberPosition other) {
    if (!contents_.contains(one) || !contents_.contains(other)) return;
    const bool is_longer = contents_[one].size > contents_[other].size;
    const std::uint64_t size = contents_[is_longer ? other : one].size;
    const MemberPosition longer = is_longer ? one : other;
    if (!contents_[longer].digests.contains(size)) wanted_[longer].insert(size);
  }
  [[nodiscard]] TwinKind kind(MemberPosition first, MemberPosition second) const {
    const auto one = contents_.find(first);
    const auto two = contents_.find(second);
    if (one == contents_.end() || two == contents_.end()) return TwinKind::other;
    const std::uint64_t size = std::min(one->second.size, two->second.size);
    if (size == 0) return TwinKind::one_is_empty;
    const auto of_one = one->second.digests.find(size);
    const auto of_two = two->second.digests.find(size);
    if (of_one == one->second.digests.end() || of_two == two->second.digests.end() ||
        of_one->second != of_two->second)
      return TwinKind::other;
    if (one->second.size == two->second.size) return TwinKind::equal;
    return two->second.size == size ? TwinKind::first_holds_more : TwinKind::second_holds_more;
  }

 private:
  using Sizes = std::set<std::uint64_t>;

  Result<void> read_member(InputStream& bytes, MemberPosition position, const Sizes& sizes) {
    RunningDigest digest;
    Content& content = contents_[position];
    std::uint64_t done = 0;
    for (const std::uint64_t size : sizes) {
      MBOXFERRY_ASSIGN(done, digest_up_to(bytes, size, done, digest));
      MBOXFERRY_ASSIGN(content.digests[done], digest.value());
    }
    if (sizes.contains(kWhole)) content.size = done;
    return ok();
  }

  std::shared_ptr<Container> container_;
  std::map<MemberPosition, Sizes> wanted_;
  std::map<MemberPosition, Content> contents_;
};

}  // namespace

Result<std::vector<TwinKind>> compare_members(const std::vector<Twins>& pairs) {
  std::map<const Container*, TwinMembers> containers;
  struct Places {
    TwinMembers* members = nullptr;
    MemberPosition first;
    MemberPosition second;
  };
  std::vector<Places> places;
  for (const Twins& pair : pairs) {
    const std::shared_ptr<Container>& container = pair.first->container;
    Places place;
    place.members = &containers.try_emplace(container.get(), container).first->second;
    MBOXFERRY_ASSIGN(place.first, container->position_of(pair.first->member));
    MBOXFERRY_ASSIGN(place.second, container->position_of(pair.second->member));
    place.members->add(place.first);
    place.members->add(place.second);
    places.push_back(place);
  }
  for (auto& [container, members] : containers) MBOXFERRY_TRY(members.read());
  for (const Places& place : places) place.members->compare_later(place.first, place.second);
  for (auto& [container, members] : containers) MBOXFERRY_TRY(members.read());
  std::vector<TwinKind> kinds;
  kinds.reserve(places.size());
  for (const Places& place : places)
    kinds.push_back(place.members->kind(place.first, place.second));
  return kinds;
}

}  // namespace mboxferry::archive
