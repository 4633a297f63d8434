// SPDX-License-Identifier: Apache-2.0
// Header fields that mail programs write into the copies that they keep.
#pragma once

#include <cstdint>
#include <string_view>

namespace mboxferry::message {

enum class FieldKind : std::uint8_t {
  mail,         ///< part of the message
  bookkeeping,  ///< what mbox files keep: flags, keywords, numbers, lengths
  mark          ///< labels, accounts and numbers of a program or provider
};

/// What a field of this name is, whatever its letters' case. Messages that differ in no field of
/// kind `mail`, and in no other byte, are the same message.
FieldKind kind_of_field(std::string_view name);

}  // namespace mboxferry::message
