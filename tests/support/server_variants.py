# SPDX-License-Identifier: Apache-2.0
# The servers that every source makes its round trip against.

import base64
import re
from typing import NamedTuple

from .courier import Courier, courier_root
from .cyrus import Cyrus, cyrus_root
from .dovecot import Dovecot


class Variant(NamedTuple):
    """A server with its ways to name mailboxes. prefix: of the user's own namespace."""

    label: str
    kind: type
    separator: str
    prefix: str
    special_use: bool
    more: dict = {}

    def server(self, **options):
        """Not started yet; `options` as the class takes them."""
        return self.kind(separator=self.separator, prefix=self.prefix,
                         special_use=self.special_use, **self.more, **options)

    def mailbox(self, *segments) -> str:
        """The wire name of a mailbox. INBOX is outside of the prefix, what is below it inside: with
        the prefix `INBOX.` it is where everything is."""
        if segments == ("INBOX",):
            return "INBOX"
        if segments[0] == "INBOX" and self.prefix:
            segments = segments[1:]
        return self.prefix + self.separator.join(map(modified_utf7, segments))


def modified_utf7(text: str) -> str:
    """RFC 3501 section 5.1.3."""
    def encoded(match):
        data = base64.b64encode(match[0].encode("utf-16-be")).rstrip(b"=")
        return "&" + data.decode().replace("/", ",") + "-"
    return re.sub(r"[^ -~]+", encoded, text.replace("&", "&-"))


# Maildir takes no full stop in a name, mdbox does.
DOVECOT_VARIANTS = (Variant("dovecot-slash", Dovecot, "/", "", True, {"storage": "mdbox"}),
                    Variant("dovecot-dot-inbox", Dovecot, ".", "INBOX.", False))
# `altnamespace` with `unixhierarchysep`, and neither.
CYRUS_VARIANTS = (Variant("cyrus-slash", Cyrus, "/", "", True),
                  Variant("cyrus-dot-inbox", Cyrus, ".", "INBOX.", False)) if cyrus_root() else ()
COURIER_VARIANTS = (Variant("courier", Courier, ".", "INBOX.", False),) if courier_root() else ()
VARIANTS = DOVECOT_VARIANTS + CYRUS_VARIANTS + COURIER_VARIANTS
