# SPDX-License-Identifier: Apache-2.0
# Sessions of FakeImap that store, show and answer mail as real services do (public reports).

import time

from .fake_imap import Close, Session, _fetch_items, _in_set

LATE = 2.0  # seconds


class Altering(Session):
    """Exchange, Domino, hMailServer: another form of each message is stored."""

    @staticmethod
    def form(body):
        header, end, text = body.partition(b"\r\n\r\n")
        return (b"X-MS-Exchange-Organization-AuthAs: Internal\r\n" + header + end
                + text.replace(b"t", b"T") + b"\r\n")

    def _end_of_append(self, tag, name, taken, refusal):
        super()._end_of_append(tag, name, [(head, self.form(body)) for head, body in taken],
                               refusal)


def losing_answers(base, lost):
    """Stores the messages with these numbers, and ends the connection in place of an answer."""

    class Losing(base):
        def _end_of_append(self, tag, name, taken, refusal):
            if taken[0][0].number not in lost:
                super()._end_of_append(tag, name, taken, refusal)
                return
            keep, self.send = self.send, lambda data: None
            super()._end_of_append(tag, name, taken, refusal)
            self.send = keep
            raise Close
    return Losing


class Merging(Session):
    """Gmail: a copy is not stored again, and APPENDUID names the one that is there."""

    def _end_of_append(self, tag, name, taken, refusal):
        mailbox = self._find(name.encode())
        with self.server.lock:
            known = {message.body: message.uid for message in mailbox.messages} if mailbox else {}
        if len(taken) == 1 and taken[0][1] in known:
            uid = known[taken[0][1]]
            self._ok(tag, f"[APPENDUID {mailbox.uid_validity} {uid}] (Success)")
            return
        super()._end_of_append(tag, name, taken, refusal)


class Limited(Session):
    """RFC 9738: a FETCH shows the last `limit` of what was asked for, and says so, or not."""

    limit, told = 25, True

    def _do_uid_fetch(self, tag, words):
        items = b" ".join(words[1:])
        messages = list(self.selected.messages) if self.selected else []
        highest = messages[-1].uid if messages else 0
        asked = [(number, message) for number, message in enumerate(messages, 1)
                 if _in_set(message.uid, words[0], highest)]
        shown = asked[-self.limit:] if self.told else asked[:self.limit]
        for number, message in shown:
            self.send(b"* %d FETCH (" % number + _fetch_items(message, items) + b")\r\n")
        if self.told and len(shown) < len(asked):
            self._ok(tag, f"[MESSAGELIMIT {self.limit} {shown[0][1].uid}] FETCH completed with "
                          f"{len(shown)} partial results")
        else:
            self._ok(tag)


class SilentlyLimited(Limited):
    told = False


class EndingBadly(Session):
    """Shows `limit` messages of a FETCH, leaves out those with the UIDs of `withheld`, and ends
    with these words, or with a BYE and the connection."""

    limit, withheld, words = 10**9, (), b" NO Some messages could not be FETCHed (Failure)"

    def _do_uid_fetch(self, tag, words):
        messages = list(self.selected.messages)
        highest = messages[-1].uid if messages else 0
        asked = [(number, message) for number, message in enumerate(messages, 1)
                 if _in_set(message.uid, words[0], highest)]
        shown = [one for one in asked if one[1].uid not in self.withheld][:self.limit]
        for number, message in shown:
            items = _fetch_items(message, b" ".join(words[1:]))
            self.send(b"* %d FETCH (" % number + items + b")\r\n")
        if len(shown) == len(asked):
            self._ok(tag)
        elif self.words is None:
            self.send(b"* BYE too much\r\n")
            raise Close
        else:
            self.send(tag + self.words + b"\r\n")


def ending_badly(**how):
    return type("Ends", (EndingBadly,), how)


class PartOfMany(Session):
    """Stores four of the messages of a MULTIAPPEND, and says so."""

    def _end_of_append(self, tag, name, taken, refusal):
        super()._end_of_append(tag, name, taken[:4], refusal)


class Late(Session):
    """iCloud: OK with a UID, and the message shows some seconds later."""

    def _do_uid_fetch(self, tag, words):
        selected, self.selected = self.selected, self._as_shown()
        super()._do_uid_fetch(tag, words)
        self.selected = selected

    def _as_shown(self):
        import dataclasses
        now = time.monotonic()
        kept = [message for message in self.selected.messages
                if now - self.server.__dict__.setdefault("stored_at", {}).get(message.uid, 0) > LATE]
        return dataclasses.replace(self.selected, messages=kept)

    def _end_of_append(self, tag, name, taken, refusal):
        super()._end_of_append(tag, name, taken, refusal)
        mailbox = self._find(name.encode())
        stored_at = self.server.__dict__.setdefault("stored_at", {})
        with self.server.lock:
            for message in mailbox.messages:
                stored_at.setdefault(message.uid, time.monotonic())


class Renumbering(Session):
    """Proton's bridge: UIDs are given anew after the APPEND, and UIDVALIDITY stays."""

    def _do_select(self, tag, words, read_only=False):
        self._renumber(words)
        super()._do_select(tag, words, read_only)

    def _do_noop(self, tag, _):
        super()._do_noop(tag, _)

    def _renumber(self, words):
        mailbox = self._find(words[0])
        with self.server.lock:
            for message in mailbox.messages if mailbox else []:
                if message.uid < 1000:
                    message.uid += 1000
            if mailbox and mailbox.messages:
                mailbox.uid_next = max(message.uid for message in mailbox.messages) + 1

    def _do_logout(self, tag, _):
        super()._do_logout(tag, _)


class CreatedLate(Session):
    """Clustered stores: CREATE is OK, and for a while the mailbox is not there."""

    def _do_create(self, tag, words):
        self.server.__dict__.setdefault("created_at", {})[words[0]] = time.monotonic()
        super()._do_create(tag, words)

    def _find(self, name):
        created = self.server.__dict__.get("created_at", {}).get(name, 0)
        return super()._find(name) if time.monotonic() - created > LATE else None


class LosingPipelined(Session):
    """Commands behind the first of a packet are dropped."""

    def _line(self):
        line = super()._line()
        # What follows a literal's announcement is the literal.
        if not line.endswith(b"}"):
            self._buffer = b""
        return line
