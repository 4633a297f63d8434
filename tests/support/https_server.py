# SPDX-License-Identifier: Apache-2.0
# A stand-in HTTPS service on loopback: answers what a test has written down for each path.
"""`HttpsServer({"/token": Answer(200, "{}")})`; an answer may also be a function of the request."""

import contextlib
import http.server
import pathlib
import shutil
import ssl
import tempfile
import threading
from typing import NamedTuple

from .certificates import Certificates


class Answer(NamedTuple):
    status: int = 200
    body: str | bytes = ""
    headers: dict = {}


class Asked(NamedTuple):
    method: str
    path: str  # with the query
    headers: dict  # names in small letters
    body: bytes


class HttpsServer:
    """answers: {path: Answer, list of Answers (the last one stays), or function(Asked)}; anything
    else is `otherwise`. `asked` has all requests in their order. `pair`: another certificate."""

    def __init__(self, answers=None, *, certificates=None, pair=None, otherwise=Answer(404)):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mf-https-"))
        self.certificates = certificates or Certificates.common()
        self.ca_file = self.certificates.ca_file
        self.answers = dict(answers or {})
        self.otherwise = otherwise
        self.asked = []
        self.lock = threading.Lock()
        self._pair = pair or self.certificates.good()

    def __enter__(self):
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                owner._serve(self)

            do_POST = do_PATCH = do_GET

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._pair.certificate, self._pair.key)
        # The handshake is the handler's, so that a client that fails in it stops nobody else.
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True,
                                                  do_handshake_on_connect=False)
        self.port = self._server.server_address[1]
        self.url = f"https://localhost:{self.port}"
        self._server.handle_error = lambda *_: None
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _serve(self, handler):
        length = int(handler.headers.get("Content-Length") or 0)
        asked = Asked(handler.command, handler.path,
                      {name.lower(): value for name, value in handler.headers.items()},
                      handler.rfile.read(length))
        with self.lock:
            self.asked.append(asked)
            found = self.answers.get(handler.path.partition("?")[0], self.otherwise)
            if isinstance(found, list):
                found = found.pop(0) if len(found) > 1 else found[0]
        if callable(found):
            found = found(asked)
        body = found.body.encode() if isinstance(found.body, str) else found.body
        with contextlib.suppress(OSError):
            handler.send_response(found.status)
            for name, value in found.headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
