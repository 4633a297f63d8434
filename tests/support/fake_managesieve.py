# SPDX-License-Identifier: Apache-2.0
# A stand-in for ManageSieve servers, for what real ones do not do on command.

import re
import socket
import ssl
import threading

LITERAL = re.compile(rb"\{(\d+)(\+?)\}$")


class FakeManageSieve:
    """`scripts` and `active` are what it holds; keyword arguments say how it misbehaves.

    greeting, after_tls: capability lines. unasked: says after STARTTLS what it can do.
    silent: greets never. literals: False refuses them, and takes their lines for commands.
    refuse: {(command, number of that command from 1): reply}. alter: changes what is stored.
    after_starttls: bytes in plain text behind the reply. stops_at: says nothing from this command on.
    implicit: TLS from the start.
    """

    def __init__(self, pair, *, greeting=None, after_tls=None, unasked=True, silent=False,
                 literals=True, refuse=None, alter=None, after_starttls=b"", stops_at=None,
                 implicit=False, scripts=None, active=None):
        usual = ['"IMPLEMENTATION" "Fake"', '"SIEVE" "fileinto envelope imap4flags include"',
                 '"VERSION" "1.0"']
        self.greeting = greeting or [*usual, '"SASL" "PLAIN"', '"STARTTLS"']
        self.after_tls = after_tls or [*usual, '"SASL" "PLAIN"']
        self.unasked, self.silent, self.literals, self.implicit = unasked, silent, literals, implicit
        self.refuse, self.alter, self.after_starttls = refuse or {}, alter, after_starttls
        self.stops_at = stops_at
        self.scripts, self.active = dict(scripts or {}), active
        self.commands = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pair.certificate, pair.key)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._end = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end.set()
        self._socket.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection:
                self._talk(connection)
        except OSError:
            pass

    def _talk(self, connection):
        if self.silent:
            self._end.wait(60)
            return
        secured = self.implicit
        if secured:
            connection = self._context.wrap_socket(connection, server_side=True)
        lines = connection.makefile("rb")
        counts = {}

        def say(*texts):
            connection.sendall(b"".join(text.encode() + b"\r\n" for text in texts))
        say(*(self.after_tls if secured else self.greeting), 'OK "ready"')
        while line := lines.readline():
            words, body = self._words(line.rstrip(b"\r\n"), lines)
            name = words[0].decode().upper() if words else ""
            self.commands.append(name)
            counts[name] = counts.get(name, 0) + 1
            if name == self.stops_at:
                self._end.wait(60)
                return
            if body == "refused":
                say('NO "literals are not taken here"')
            elif answer := self.refuse.get((name, counts[name])):
                say(answer)
                if answer.startswith("BYE"):
                    return
            elif name == "STARTTLS":
                connection.sendall(b'OK "go"\r\n' + self.after_starttls)
                connection = self._context.wrap_socket(connection, server_side=True)
                lines = connection.makefile("rb")
                if self.unasked:
                    say(*self.after_tls, 'OK "secured"')
            elif name == "CAPABILITY":
                say(*self.after_tls, "OK")
            elif name == "LOGOUT":
                say('OK "bye"')
                return
            else:
                self._do(name, [word.decode() for word in words[1:]], say, connection)

    def _words(self, line, lines):
        """The words of a command, strings without quotes, and whether its literal was refused."""
        found = LITERAL.search(line)
        literal = None
        if found:
            if not self.literals:
                return line[:found.start()].split()[:1], "refused"
            literal = lines.read(int(found[1]))
            lines.readline()
            line = line[:found.start()]
        words = [one[1:-1].replace(b'\\"', b'"').replace(b"\\\\", b"\\") if one[:1] == b'"' else one
                 for one in re.findall(rb'"(?:[^"\\]|\\.)*"|[^\s"]+', line)]
        return words + ([literal] if literal is not None else []), None

    def _do(self, name, words, say, connection):
        if name == "NOOP":
            say(f'OK (TAG "{words[0]}") "done"' if words else "OK")
        elif name == "LISTSCRIPTS":
            quoted = {one: one.replace("\\", "\\\\").replace('"', '\\"') for one in self.scripts}
            say(*(f'"{text}"' + (" ACTIVE" if one == self.active else "")
                  for one, text in quoted.items()), "OK")
        elif name == "GETSCRIPT":
            content = self.scripts[words[0]].encode()
            connection.sendall(b"{%d}\r\n%s\r\nOK\r\n" % (len(content), content))
        elif name == "PUTSCRIPT":
            self.scripts[words[0]] = self.alter(words[1]) if self.alter else words[1]
            say("OK")
        elif name == "SETACTIVE":
            self.active = words[0] or None
            say("OK")
        elif name == "DELETESCRIPT":
            del self.scripts[words[0]]
            say("OK")
        elif name in ("AUTHENTICATE", "HAVESPACE", "CHECKSCRIPT"):
            say("OK")
        else:
            say('NO "unknown command"')
