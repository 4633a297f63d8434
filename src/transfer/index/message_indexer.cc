// SPDX-License-Identifier: Apache-2.0
// From a message's bytes to its row of the index.
#include "transfer/index/message_indexer.h"

#include <strings.h>

#include <algorithm>
#include <utility>

#include "mboxferry/plan/message_plan.h"

namespace mboxferry::transfer {

MessageIndexer::MessageIndexer(const FolderSurvey& survey, const IndexOptions& options)
    : survey_(survey), options_(options), encoder_(wire_options(survey, options)) {
  if (options.collect_senders) header_.collect(&current_.senders);
  if (options.content_key) {
    content_.emplace(*options.content_key);
    consume_ = [this](std::string_view wire) { content_->update_encoded(wire); };
  } else {
    consume_ = [this](std::string_view wire) { sha256_.update(wire); };
  }
}

void MessageIndexer::begin(std::uint64_t offset, MessageStart start) {
  current_ = {};
  current_.offset = offset;
  start_ = std::move(start);
  encoder_ = message::WireEncoder(wire_options(survey_, options_));
}

void MessageIndexer::bytes(std::string_view raw) {
  if (!header_.done()) header_.feed(raw);
  encoder_.feed(raw, consume_);
}

IndexedMessage MessageIndexer::finish(std::uint64_t length) {
  encoder_.finish(consume_);
  if (options_.collect_senders) current_.from_line = std::move(start_.envelope.sender);
  current_.file = std::move(start_.file);
  current_.length = length;
  current_.wire_size = encoder_.wire_size();
  current_.final_line_end_added = encoder_.final_line_end_added();
  current_.has_nul = encoder_.has_nul();
  if (content_)
    current_.content = content_->finish();
  else
    current_.sha256 = sha256_.finish();
  apply(header_.finish());
  return std::move(current_);
}

void MessageIndexer::apply(message::HeaderFacts facts) {
  current_.date =
      message::choose_internal_date(date_order(), start_.envelope.date, facts, options_.now);
  if (start_.flags) {
    current_.flags = *start_.flags;
    current_.keywords = std::move(start_.keywords);
  } else {
    current_.flags = survey_.has_status ? facts.flags : options_.default_flags;
    current_.keywords = std::move(facts.keywords);
    current_.pseudo = facts.pseudo;
    current_.expunged = facts.expunged && !options_.include_expunged;
  }
  const bool is_said = std::any_of(
      current_.keywords.begin(), current_.keywords.end(),
      [](const std::string& word) { return strcasecmp(word.c_str(), plan::kMdnSent) == 0; });
  if (options_.mdn_sent && facts.wants_receipt && !is_said)
    current_.keywords.emplace_back(plan::kMdnSent);
  if (!options_.keep_deleted_flag)
    current_.flags &= static_cast<std::uint8_t>(~unsigned{message::kDeleted});
  current_.message_id = std::move(facts.message_id);
  current_.labels_cut = facts.labels_cut;
  current_.labels = std::move(facts.labels.empty() ? start_.labels : facts.labels);
}

message::DateOrder MessageIndexer::date_order() const {
  using message::DateSource;
  if (!options_.date_order.empty()) return options_.date_order;
  if (survey_.profile.exporter_clock || start_.envelope.exporter_form)
    return {DateSource::received, DateSource::header, DateSource::envelope};
  return {DateSource::envelope, DateSource::received, DateSource::header};
}

}  // namespace mboxferry::transfer
