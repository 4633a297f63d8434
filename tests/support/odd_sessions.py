# SPDX-License-Identifier: Apache-2.0
# What an OddRelay makes of a real server: one class a kind of service (docs/servers.md).

import hashlib
import re
import time
import zlib

from .odd_relay import Ended, OddSession, is_ok

APPEND_UID = re.compile(rb"\[APPENDUID (\d+) ([\d:,]+)\]")
FETCH = re.compile(rb"\* (\d+) FETCH \(")
UID = re.compile(rb"\bUID (\d+)")


def uids_of(tagged):
    """Those of an APPENDUID, in order; none where there is none."""
    found = APPEND_UID.search(tagged)
    uids = []
    for part in found[2].split(b",") if found else ():
        first, _, last = part.partition(b":")
        uids += range(int(first), int(last or first) + 1)
    return uids


class Altering(OddSession):
    """Exchange, Domino, filters: another form of each message is stored."""

    form = None  # a function of the message's bytes

    def carry_out(self, command):
        if command.name == "APPEND":
            for index in command.messages():
                text, literal = command.parts[index]
                command.parts[index] = (text, type(self).form(literal))
        return super().carry_out(command)


def with_field(wire):
    """A field before the others; its length differs from message to message."""
    return b"X-Filter-Score: %d\r\n" % (len(wire) % 1009) + wire


def with_other_line_ends(wire):
    """White space at the ends of the body's lines is lost, and so are empty lines at its end."""
    header, end, body = wire.partition(b"\r\n\r\n")
    body = re.sub(rb"[ \t]+\r\n", b"\r\n", body).rstrip(b"\r\n")
    return header + end + (body + b"\r\n" if body else b"")


def with_other_body(wire):
    """A word of each line is written otherwise, and a notice is added."""
    header, end, body = wire.partition(b"\r\n\r\n")
    if not end:
        return wire
    return header + end + body.replace(b"e", b"E") + b"-- \r\nscanned by the service\r\n"


FORMS = (with_field, with_other_line_ends, with_other_body,
         lambda wire: with_field(with_other_body(wire)))


def altering(form):
    return type("Altering", (Altering,), {"form": staticmethod(form)})


class Withholding(OddSession):
    """Exchange with a corrupt item, a store that lost a file: the bodies of the UIDs in
    `relay.memory["withheld"]` are not given. How: "no", "nothing" or "empty"."""

    def carry_out(self, command):
        how, uids = self.relay.memory.get("withheld", ("", ()))
        text = command.parts[0][0].upper()
        asks = command.name == "UID FETCH" and b"BODY.PEEK[]" in text
        wanted = set(command.words[0].split(b",")) if asks and command.words else set()
        withheld = {b"%d" % uid for uid in uids} & wanted
        if not withheld:
            return super().carry_out(command)
        if how == "no":
            return [], command.tag + b" NO [SERVERBUG] Internal error occurred\r\n"
        untagged, tagged = super().carry_out(command)
        return [line for line in (self._without_body(line, how, withheld) for line in untagged)
                if line], tagged

    def _without_body(self, line, how, withheld):
        found = UID.search(line) if FETCH.match(line) else None
        if not found or found[1] not in withheld:
            return line
        literal = re.search(rb"\{(\d+)\}\r\n", line)
        if how == "nothing" or not literal:
            return b""
        return line[:literal.start()] + b'""' + line[literal.end() + int(literal[1]):]


class CutShort(OddSession):
    """Yahoo and others: a FETCH or SEARCH shows `limit` messages, and says so (RFC 9738), or not."""

    limit, says = 25, True

    def carry_out(self, command):
        untagged, tagged = super().carry_out(command)
        if command.name.endswith("SEARCH"):
            return [self._short_search(line) for line in untagged], tagged
        if not command.name.endswith("FETCH"):
            return untagged, tagged
        shown = [line for line in untagged if FETCH.match(line)]
        if len(shown) <= self.limit:
            return untagged, tagged
        # RFC 9738: the newest. Silent ones were seen to show the first.
        kept = shown[-self.limit:] if self.says else shown[:self.limit]
        dropped = {id(line) for line in shown} - {id(line) for line in kept}
        if self.says:
            uid = UID.search(kept[0])
            number = uid[1] if uid else FETCH.match(kept[0])[1]
            tagged = command.tag + b" OK [MESSAGELIMIT %d %s] partial results\r\n" % (self.limit,
                                                                                      number)
        return [line for line in untagged if id(line) not in dropped], tagged

    def _short_search(self, line):
        words = line.split()
        if words[:2] != [b"*", b"SEARCH"]:
            return line
        return b" ".join(words[:2 + self.limit]) + b"\r\n"


def cut_short(limit, says, announced):
    return type("CutShort", (CutShort,), {
        "limit": limit, "says": says, "told": (f"MESSAGELIMIT={limit}",) if announced else ()})


class Late(OddSession):
    """iCloud, clustered stores: what was stored or created is there, and shows some seconds later.
    `numbers`: EXISTS and UIDNEXT are of that time as well."""

    seconds, numbers = 2.0, False

    def carry_out(self, command):
        if command.name == "CREATE":
            return self._create(command)
        if self._is_hidden(command):
            return [], command.tag + b" NO [NONEXISTENT] no such mailbox yet\r\n"
        if command.name == "APPEND":
            return self._append(command)
        untagged, tagged = super().carry_out(command)
        if command.name == "LIST":
            return [line for line in untagged if not self._names_hidden(line)], tagged
        name = command.mailbox() if command.name == "STATUS" else self.selected
        hidden = self._hidden_uids(name)
        if not hidden:
            return untagged, tagged
        shown = (self._as_shown(line, hidden) for line in untagged)
        return [line for line in shown if line], tagged

    def _key(self, name):
        return "late", name.upper() if name.upper() == b"INBOX" else name

    def _create(self, command):
        untagged, tagged = super().carry_out(command)
        if is_ok(tagged):
            with self.relay.lock:
                name = command.mailbox().rstrip(b"/")
                shown = time.monotonic() + self.relay.random.uniform(0, self.seconds)
                self.relay.memory[("created", name)] = shown
        return untagged, tagged

    def _is_hidden(self, command):
        if command.name not in ("SELECT", "EXAMINE", "STATUS", "APPEND", "SUBSCRIBE"):
            return False
        return time.monotonic() < self.relay.memory.get(("created", command.mailbox()), 0)

    def _names_hidden(self, line):
        return any(key[0] == "created" and time.monotonic() < shown and
                   (b'"%s"' % key[1] in line or line.rstrip().endswith(b" " + key[1]))
                   for key, shown in list(self.relay.memory.items()))

    def _append(self, command):
        untagged, tagged = super().carry_out(command)
        shown = time.monotonic() + self.relay.random.uniform(0, self.seconds)
        with self.relay.lock:
            late = self.relay.memory.setdefault(self._key(command.mailbox()), {})
            late.update((uid, shown) for uid in uids_of(tagged))
        return untagged, tagged

    def _hidden_uids(self, name):
        now = time.monotonic()
        with self.relay.lock:
            late = self.relay.memory.get(self._key(name), {})
            hidden = {uid for uid, shown in late.items() if now < shown}
            # In order: a message shows when all before it do.
            return {uid for uid in late if uid >= min(hidden)} if hidden else set()

    def _as_shown(self, line, hidden):
        uid = UID.search(line) if FETCH.match(line) else None
        if uid and int(uid[1]) in hidden:
            return b""
        words = line.split()
        if words[:2] == [b"*", b"SEARCH"]:
            return b" ".join(word for word in words
                             if not word.isdigit() or int(word) not in hidden) + b"\r\n"
        if not self.numbers:
            return line
        line = re.sub(rb"^\* (\d+) EXISTS", lambda found: b"* %d EXISTS" % (
            int(found[1]) - len(hidden)), line)
        line = re.sub(rb"(?<=MESSAGES )\d+", lambda found: b"%d" % (
            int(found[0]) - len(hidden)), line)
        return re.sub(rb"(?<=UIDNEXT )\d+", b"%d" % min(hidden), line)


def late(seconds, numbers):
    return type("Late", (Late,), {"seconds": seconds, "numbers": numbers})


class Merging(OddSession):
    """Gmail: a copy is not stored again, and APPENDUID names the one that is there."""

    hidden = (*OddSession.hidden, "MULTIAPPEND")

    def carry_out(self, command):
        if command.name != "APPEND":
            return super().carry_out(command)
        digest = hashlib.sha256(command.parts[command.messages()[0]][1]).digest()
        with self.relay.lock:
            known = self.relay.memory.setdefault(("merged", command.mailbox()), {})
            # One at a time: two connections may bring copies of one message.
            if digest in known:
                return [], command.tag + b" OK " + known[digest] + b" (Success)\r\n"
            untagged, tagged = super().carry_out(command)
            told = APPEND_UID.search(tagged)
            if told:
                known[digest] = told[0]
        return untagged, tagged


# (tagged, untagged, words). Nothing tagged: the connection ends. OK: the command is carried out, a
# little later. %d: milliseconds.
THROTTLING = (
    (b"BAD", b"", b"Request is throttled. Suggested Backoff Time: %d milliseconds"),
    (b"NO", b"", b"Request is throttled. Suggested Backoff Time: %d milliseconds"),
    (b"BAD", b"BAD", b"Request is throttled. Suggested Backoff Time: %d milliseconds"),
    (b"BAD", b"", b"Server Unavailable. 15"),
    (b"NO", b"", b"[THROTTLED] Account exceeded command or bandwidth limits (Failure)"),
    (b"BAD", b"", b"[THROTTLED] Too many requests (Failure)"),
    (b"NO", b"NO", b"[LIMIT] Rate limit hit"),
    (b"BAD", b"", b"[LIMIT] Rate limit hit"),
    (b"", b"BYE", b"Account exceeded command or bandwidth limits"),
    (b"OK", b"BAD", b"Request is throttled. Suggested Backoff Time: %d milliseconds"),
    (b"", b"BAD", b"Request is throttled. Suggested Backoff Time: %d milliseconds"))
ALWAYS_ALLOWED = ("CAPABILITY", "LOGOUT", "ID", "AUTHENTICATE", "LOGIN")


class Throttling(OddSession):
    """Exchange, Gmail, Yahoo: now and then, for a while, every command is refused."""

    likely, seconds = 0.04, 1.2

    def carry_out(self, command):
        words = self._throttled(command.name)
        if words is None:
            return super().carry_out(command)
        left, (tagged, untagged, text) = words
        text = text % int(left * 1000) if b"%d" in text else text
        line = [b"* " + untagged + b" " + text + b"\r\n"] if untagged else []
        if not tagged:
            self.send(b"".join(line))
            raise Ended
        if tagged == b"OK":
            self.send(b"".join(line))
            time.sleep(min(left, 0.3))
            return super().carry_out(command)
        return line, command.tag + b" " + tagged + b" " + text + b"\r\n"

    def _throttled(self, name):
        """What to say, and for how long still."""
        relay = self.relay
        with relay.lock:
            until, words = relay.memory.get("throttled", (0, None))
            now = time.monotonic()
            if name in ALWAYS_ALLOWED:
                return None
            if now < until:
                return until - now, words
            if relay.random.random() >= self.likely:
                return None
            seconds = relay.random.uniform(0.1, self.seconds)
            words = relay.random.choice(THROTTLING)
            relay.memory["throttled"] = now + seconds, words
            relay.memory["throttlings"] = relay.memory.get("throttlings", 0) + 1
            return seconds, words


MESSAGE_ID = re.compile(rb"^Message-ID:[ \t]*(<[^>\r\n]*>)", re.I | re.M)
# (tagged, words); nothing tagged: the connection ends.
REFUSING = ((b"NO", b"Message rejected by policy"),
            (b"NO", b"[SERVERBUG] Internal error occurred. Refer to server log."),
            (b"BAD", b"Command Error. 10"),
            (b"", b""))


def poison_of(wire, one_in):
    """What is always said of a message, by its Message-ID: one of REFUSING, or None."""
    found = MESSAGE_ID.search(wire.partition(b"\r\n\r\n")[0] + b"\r\n")
    number = zlib.crc32(found[1]) if found else 1
    return REFUSING[number // one_in % len(REFUSING)] if number % one_in == 0 else None


class Refusing(Throttling):
    """onet.pl, Exchange, filters: some messages are never taken, and now and then nothing is."""

    one_in, likely, seconds = 30, 0.01, 1.0

    def carry_out(self, command):
        if command.name == "APPEND":
            for index in command.messages():
                answer = poison_of(command.parts[index][1], self.one_in)
                if answer is not None:
                    return self._refuse(command, *answer)
        return super().carry_out(command)

    def _refuse(self, command, tagged, words):
        if not tagged:
            raise Ended
        return [], command.tag + b" " + tagged + b" " + words + b"\r\n"


def refusing(one_in):
    return type("Refusing", (Refusing,), {"one_in": one_in})
