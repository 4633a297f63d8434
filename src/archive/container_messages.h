// SPDX-License-Identifier: Apache-2.0
// The message files of a container in the container's own order.
#pragma once

#include <memory>

#include "archive/container.h"
#include "archive/message_table.h"
#include "archive/stream_source.h"

namespace mboxferry::archive {

/// All messages of `table`, which is arranged, one behind the other: one walk through `container`.
std::unique_ptr<StreamOpener> container_messages(std::shared_ptr<Container> container,
                                                 std::shared_ptr<MessageTable> table);

}  // namespace mboxferry::archive
