// SPDX-License-Identifier: Apache-2.0
// Bodies in portions.
#include "transfer/check/body_digests.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "transfer/index/content_digest.h"

namespace mboxferry::transfer {
namespace {

using imap::ReadOnlyTarget;
using imap::WantedBody;

/// What is on its way at a time.
constexpr std::uint64_t kPortionBytes = std::uint64_t{4} << 20;

class BodyReader {
 public:
  BodyReader(const ContentKey& key, ReadOnlyTarget& target)
      : content_(key), masked_(key), target_(target) {}

  Result<void> read_together(std::span<const WantedBody> bodies) {
    if (bodies.size() == 1) return read_alone(bodies.front());
    const auto read =
        target_.fetch_bodies(bodies, [&](imap::Uid uid, std::string_view bytes) -> Result<void> {
          add(bytes);
          keep(uid, finish(), bodies);
          return ok();
        });
    // One that is gone may cost the answers of all.
    const bool is_refused = !read && read.error().code == ErrorCode::refused &&
                            read.error().scope != ErrorScope::session;
    if (!read && !is_refused) return read;
    for (const WantedBody& body : bodies)
      if (!digests_.contains(body.uid)) MBOXFERRY_TRY(read_alone(body));
    return ok();
  }

  std::map<imap::Uid, BodyDigests> take() { return std::exchange(digests_, {}); }

 private:
  Result<void> read_alone(const WantedBody& body) {
    const auto read = target_.fetch_body(body.uid, body.size, [&](std::string_view bytes) {
      add(bytes);
      return ok();
    });
    const BodyDigests digests = finish();
    if (read) keep(body.uid, digests, {&body, 1});
    const bool is_withheld = !read && read.error().scope == ErrorScope::message;
    return is_withheld ? ok() : read;
  }

  void keep(imap::Uid uid, const BodyDigests& digests, std::span<const WantedBody> bodies) {
    const auto wanted = std::find_if(bodies.begin(), bodies.end(),
                                     [&](const WantedBody& body) { return body.uid == uid; });
    if (digests.size > 0 || wanted == bodies.end() || wanted->size == 0) digests_[uid] = digests;
  }

  void add(std::string_view bytes) {
    content_.update(bytes);
    masked_.update(bytes);
    size_ += bytes.size();
  }
  BodyDigests finish() { return {content_.finish(), masked_.finish(), std::exchange(size_, 0)}; }

  ContentDigest content_;
  MaskedDigest masked_;
  ReadOnlyTarget& target_;
  std::uint64_t size_ = 0;
  std::map<imap::Uid, BodyDigests> digests_;
};

/// How many of the first are asked for in one question.
std::size_t portion_of(std::span<const WantedBody> bodies) {
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  for (const WantedBody& body : bodies) {
    bytes += body.size;
    const bool fits = body.size <= ReadOnlyTarget::kLargestOfBodies && bytes <= kPortionBytes &&
                      count < ReadOnlyTarget::kMostBodies;
    if (!fits) break;
    ++count;
  }
  return std::max<std::size_t>(count, 1);
}

}  // namespace

Result<void> digest_bodies(std::span<const WantedBody> bodies, const ContentKey& key,
                           ReadOnlyTarget& target, const DigestVisitor& visit,
                           const Cancellation& interrupt, const WithheldBodies* withheld) {
  BodyReader reader(key, target);
  std::vector<WantedBody> wanted;
  std::copy_if(
      bodies.begin(), bodies.end(), std::back_inserter(wanted),
      [&](const WantedBody& body) { return withheld == nullptr || !withheld->contains(body.uid); });
  bodies = wanted;
  while (!bodies.empty()) {
    if (interrupt.requested())
      return interrupted("interrupted while asking the server what it has");
    const auto portion = bodies.first(portion_of(bodies));
    MBOXFERRY_TRY(reader.read_together(portion));
    const auto digests = reader.take();
    for (const WantedBody& body : portion) {
      const auto found = digests.find(body.uid);
      if (found != digests.end()) MBOXFERRY_TRY(visit(body.uid, found->second));
    }
    bodies = bodies.subspan(portion.size());
  }
  return ok();
}

Result<std::set<imap::Uid>> gone_of(const std::set<imap::Uid>& uids, ReadOnlyTarget& target) {
  std::set<imap::Uid> left = uids;
  if (uids.empty()) return left;
  MBOXFERRY_TRY(target.fetch({*uids.begin(), *uids.rbegin()}, {.with_withheld = true},
                             [&](const imap::FetchedMessage& there) -> Result<void> {
                               left.erase(there.uid);
                               return ok();
                             }));
  return left;
}

std::vector<WantedBody> smallest_of(std::vector<WantedBody> bodies, const SampleBounds& bounds) {
  std::sort(bodies.begin(), bodies.end(),
            [](const WantedBody& one, const WantedBody& other) { return one.size < other.size; });
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  for (const WantedBody& body : bodies) {
    bytes += body.size;
    if (count >= bounds.most_messages || (count >= bounds.least && bytes > bounds.most_bytes))
      break;
    ++count;
  }
  bodies.resize(count);
  std::sort(bodies.begin(), bodies.end(),
            [](const WantedBody& one, const WantedBody& other) { return one.uid < other.uid; });
  return bodies;
}

}  // namespace mboxferry::transfer
