// SPDX-License-Identifier: Apache-2.0
// Gathers names of mailboxes, the likeliest first.
#include "transfer/check/places_to_ask.h"

#include <algorithm>
#include <utility>

#include "transfer/check/presence.h"
#include "transfer/mailbox/other_places.h"
#include "transfer/mailbox/renamed_places.h"

namespace mboxferry::transfer {
namespace {

// So many mailboxes are asked because other commands might have used them, besides the likeliest of
// each row.
constexpr std::size_t kMostElsewhere = 300;

/// The same archive in two places on purpose is not rare, and then the places are said.
bool names_places(const plan::MappingRules& mapping) {
  return mapping.mailbox || !mapping.subfolder.empty() || !mapping.maps.empty();
}

}  // namespace

Result<bool> PlacesToAsk::is_in_question(const journal::MailboxRow& row) const {
  MBOXFERRY_ASSIGN(const journal::Journal::Doubt doubt, journal_.doubt(row.id));
  if (doubt.count.messages > 0) return false;
  MBOXFERRY_ASSIGN(const bool stored, has_stored(journal_, row.id));
  return !stored;
}

/// Those that go into a mailbox, labels aside.
std::vector<const SourceFolder*> PlacesToAsk::folders_of(const journal::MailboxRow& row) const {
  std::vector<const SourceFolder*> folders;
  for (const SourceFolder& source : sources_)
    if (!source.by_label && source.row.mailbox == row.id) folders.push_back(&source);
  return folders;
}

/// Labels, or sender lists, put other folders' mail there.
bool PlacesToAsk::gets_rerouted_mail(const journal::MailboxRow& row,
                                     const plan::Mapper& mapper) const {
  if (folders_of(row).empty()) return true;
  return settings_.senders.reroutes() && (same_mailbox(row.name, mapper.map_junk().name) ||
                                          same_mailbox(row.name, mapper.map_inbox().name));
}

/// What older jobs have stored of the same files under other names: each as a whole, or by labels.
void PlacesToAsk::add_older_places(const OlderPlaces& older, const Directory& directory,
                                   bool is_rerouted, Candidates& candidates) const {
  if (older.empty()) return;
  const auto add = [&](const SourceFolder& source, std::vector<std::string>& whole,
                       std::vector<std::string>& by_label) {
    const std::vector<OlderPlace>& places = older.of(source.row.file);
    for (auto place = places.rbegin(); place != places.rend(); ++place) {  // the newest in front
      const imap::ListedMailbox* const listed = directory.find(place->mailbox);
      if (listed == nullptr || !listed->selectable ||
          same_mailbox(listed->name, candidates.row->name))
        continue;
      std::vector<std::string>& names = place->by_label ? by_label : whole;
      std::erase(candidates.renamed, listed->name);
      std::erase(names, listed->name);
      names.insert(names.begin(), listed->name);
    }
  };
  for (const SourceFolder* source : folders_of(*candidates.row))
    add(*source, candidates.renamed, candidates.scattered);
  if (!is_rerouted) return;
  for (const SourceFolder& source : sources_)
    if (source.by_message()) add(source, candidates.unrouted, candidates.renamed);
}

Result<std::vector<Candidates>> PlacesToAsk::of(const std::vector<journal::MailboxRow>& rows,
                                                const Directory& directory) {
  std::vector<Candidates> all;
  MBOXFERRY_ASSIGN(const plan::Mapper mapper, directory.mapper(settings_));
  // What a job has stored itself is no copy of what is in another of its folders.
  MBOXFERRY_ASSIGN(const bool continues, goes_on(journal_));
  const RenamedPlaces places(directory, mapper, rows);
  const bool asks_older_jobs =
      !continues && settings_.asks_older_jobs && !names_places(settings_.mapping);
  if (!older_)
    older_ = asks_older_jobs ? OlderPlaces(settings_, sources_, interrupt_) : OlderPlaces();
  std::size_t longest = 0;
  not_asked_ = 0;
  for (const journal::MailboxRow& row : rows) {
    MBOXFERRY_ASSIGN(const bool in_question, is_in_question(row));
    if (!in_question) continue;
    Candidates& candidates = all.emplace_back();
    candidates.row = &row;
    if (directory.find(row.name) == nullptr && row.uid_validity == 0)
      candidates.respelled = respelled_places(row, rows, directory);
    RenamedPlaces::Found renamed = places.of(row, folders_of(row), !continues);
    RenamedPlaces::Found unrouted;
    const bool is_rerouted = !continues && gets_rerouted_mail(row, mapper);
    if (is_rerouted) unrouted = places.unrouted(row, sources_);
    const auto is_known = [&](const std::vector<std::string>& known) {
      return [&](const std::string& name) {
        return std::find(known.begin(), known.end(), name) != known.end();
      };
    };
    std::erase_if(renamed.names, is_known(candidates.respelled));
    std::erase_if(unrouted.names, is_known(candidates.respelled));
    std::erase_if(unrouted.names, is_known(renamed.names));
    candidates.renamed = std::move(renamed.names);
    candidates.unrouted = std::move(unrouted.names);
    add_older_places(*older_, directory, is_rerouted, candidates);
    not_asked_ += renamed.left_out + unrouted.left_out;
    longest = std::max({longest, candidates.renamed.size(), candidates.unrouted.size(),
                        candidates.scattered.size()});
  }
  std::size_t left = kMostElsewhere;
  for (std::size_t place = 1; place < longest; ++place) {
    for (Candidates& candidates : all) {
      for (std::vector<std::string>* names :
           {&candidates.renamed, &candidates.unrouted, &candidates.scattered}) {
        if (place >= names->size()) continue;
        if (left > 0) {
          --left;
          continue;
        }
        not_asked_ += names->size() - place;
        names->resize(place);
      }
    }
  }
  return all;
}

}  // namespace mboxferry::transfer
