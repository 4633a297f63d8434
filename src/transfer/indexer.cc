// SPDX-License-Identifier: Apache-2.0
// Splitting, header scan, wire size and digest in one pass.
#include "mboxferry/transfer/indexer.h"

#include "transfer/content_digest.h"

namespace mboxferry::transfer {
namespace {

/// Turns the splitter's events into indexed messages.
class MessageIndexer final : public mbox::MessageSink {
 public:
  MessageIndexer(const FolderSurvey& survey, const IndexOptions& options, IndexSink& sink)
      : survey_(survey), options_(options), sink_(sink), encoder_(wire_options(survey, options)) {
    if (options.digest_of == DigestOf::content)
      consume_ = [this](std::string_view wire) { content_.update(wire); };
    else
      consume_ = [this](std::string_view wire) { digest_.update(wire); };
  }

  Result<void> begin(std::uint64_t offset, const mbox::Envelope& envelope) override {
    current_ = {};
    current_.offset = offset;
    envelope_ = envelope;
    encoder_ = message::WireEncoder(wire_options(survey_, options_));
    return ok();
  }

  Result<void> bytes(std::string_view raw) override {
    if (!header_.done()) header_.feed(raw);
    encoder_.feed(raw, consume_);
    return ok();
  }

  Result<void> end(std::uint64_t length, std::uint64_t resume_at,
                   const mbox::Accounting& accounting) override {
    encoder_.finish(consume_);
    current_.length = length;
    current_.wire_size = encoder_.wire_size();
    current_.final_line_end_added = encoder_.final_line_end_added();
    current_.has_nul = encoder_.has_nul();
    current_.digest =
        options_.digest_of == DigestOf::content ? content_.finish() : digest_.finish();
    apply(header_.finish());
    return sink_.message(current_, resume_at, accounting);
  }

  Result<void> doubt(const mbox::Doubt& doubt) override { return sink_.doubt(doubt); }
  Result<void> problem(const mbox::Problem& problem) override { return sink_.problem(problem); }

 private:
  void apply(message::HeaderFacts facts) {
    current_.date =
        message::choose_internal_date(date_order(), envelope_.date, facts, options_.now);
    current_.flags = survey_.has_status ? facts.flags : options_.default_flags;
    if (!options_.keep_deleted_flag)
      current_.flags &= static_cast<std::uint8_t>(~unsigned{message::kDeleted});
    current_.pseudo = facts.pseudo;
    current_.expunged = facts.expunged && !options_.include_expunged;
    current_.message_id = std::move(facts.message_id);
    current_.keywords = std::move(facts.keywords);
    current_.labels = std::move(facts.labels);
  }

  [[nodiscard]] message::DateOrder date_order() const {
    using message::DateSource;
    if (!options_.date_order.empty()) return options_.date_order;
    if (survey_.profile.exporter_clock || envelope_.exporter_form)
      return {DateSource::received, DateSource::header, DateSource::envelope};
    return {DateSource::envelope, DateSource::received, DateSource::header};
  }

  const FolderSurvey& survey_;
  const IndexOptions& options_;
  IndexSink& sink_;
  message::WireEncoder encoder_;
  message::HeaderScanner header_;
  message::Digest digest_;
  ContentDigest content_;
  message::ByteConsumer consume_;
  mbox::Envelope envelope_;
  IndexedMessage current_;
};

}  // namespace

Result<mbox::Accounting> index_folder(ByteSource& source, ByteSource& peek,
                                      const FolderSurvey& survey, const IndexOptions& options,
                                      IndexSink& sink, const Cancellation& cancel,
                                      std::uint64_t resume_at, const mbox::Accounting& so_far) {
  MessageIndexer indexer(survey, options, sink);
  return mbox::split(source, peek, survey.profile, indexer, cancel, resume_at, so_far);
}

}  // namespace mboxferry::transfer
