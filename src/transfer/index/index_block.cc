// SPDX-License-Identifier: Apache-2.0
// Events and bytes of a piece of a folder.
#include "transfer/index/index_block.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace mboxferry::transfer {

IndexBlock::IndexBlock(std::size_t capacity)
    : capacity_(capacity), bytes_(std::make_unique_for_overwrite<char[]>(capacity)) {}

void IndexBlock::put(Event event, std::size_t text_bytes) {
  events_.push_back(std::move(event));
  weight_ += sizeof(Event) + text_bytes;
}

void IndexBlock::begin(std::uint64_t offset, MessageStart start) {
  std::size_t text_bytes = start.envelope.sender.size() + start.file.size();
  for (const std::string& keyword : start.keywords) text_bytes += sizeof(keyword) + keyword.size();
  put(Begin{offset, std::move(start)}, text_bytes);
  message_open_ = true;
}

std::size_t IndexBlock::append(std::string_view raw) {
  const std::size_t size = std::min(raw.size(), capacity_ - used_);
  if (size == 0) return 0;
  std::memcpy(bytes_.get() + used_, raw.data(), size);
  // What follows directly joins what is there: the fewer pieces, the faster.
  auto* last = events_.empty() ? nullptr : std::get_if<Bytes>(&events_.back());
  if (last != nullptr)
    last->size += size;
  else
    put(Bytes{used_, size}, 0);
  used_ += size;
  return size;
}

void IndexBlock::end(std::uint64_t length, std::uint64_t resume_at,
                     const mbox::Accounting& accounting) {
  put(End{length, resume_at, accounting, {}}, 0);
  message_open_ = false;
}

void IndexBlock::add(mbox::Doubt doubt) {
  const std::size_t text_bytes = doubt.line.size() + doubt.reason.size();
  put(std::move(doubt), text_bytes);
}

void IndexBlock::add(mbox::Problem problem) {
  const std::size_t text_bytes = problem.code.size() + problem.text.size();
  put(std::move(problem), text_bytes);
}

void IndexBlock::index(MessageIndexer& indexer) {
  for (Event& event : events_) {
    if (auto* begin = std::get_if<Begin>(&event))
      indexer.begin(begin->offset, std::move(begin->start));
    else if (const auto* bytes = std::get_if<Bytes>(&event))
      indexer.bytes({bytes_.get() + bytes->from, bytes->size});
    else if (auto* end = std::get_if<End>(&event))
      end->message = indexer.finish(end->length);
  }
}

Result<void> IndexBlock::deliver(IndexSink& sink) const {
  for (const Event& event : events_) {
    if (const auto* end = std::get_if<End>(&event))
      MBOXFERRY_TRY(sink.message(end->message, end->resume_at, end->accounting));
    else if (const auto* doubt = std::get_if<mbox::Doubt>(&event))
      MBOXFERRY_TRY(sink.doubt(*doubt));
    else if (const auto* problem = std::get_if<mbox::Problem>(&event))
      MBOXFERRY_TRY(sink.problem(*problem));
  }
  return ok();
}

void IndexBlock::reset(bool inside_message) {
  events_.clear();
  used_ = 0;
  weight_ = 0;
  continues_message_ = message_open_ = inside_message;
}

}  // namespace mboxferry::transfer
