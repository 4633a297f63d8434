# SPDX-License-Identifier: Apache-2.0
# A headless Chromium, driven through its debugging pipe (Chrome DevTools Protocol): two descriptors
# and JSON, so that neither a driver nor a library is needed.

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

TIMEOUT = 60


def program():
    return shutil.which("chromium")


class BrowserError(Exception):
    """The page or the browser did something else than was asked for."""


class Browser:
    """One page. `requests` are the addresses that it asked for, `problems` what it complained about
    on its console (Content-Security-Policy violations and exceptions are among it)."""

    def __init__(self):
        self.requests = []
        self.problems = []
        self._numbers = itertools.count(1)
        self._unread = b""
        self._session = None
        self._loaded = False

    def __enter__(self):
        self._folder = tempfile.mkdtemp(prefix="mf-browser-")
        to_browser, self._commands = os.pipe()
        self._answers, from_browser = os.pipe()

        def place_pipes():
            # Above 4 first: one of them may be 3 or 4 already.
            one, other = os.dup(to_browser), os.dup(from_browser)
            os.dup2(one, 3)
            os.dup2(other, 4)

        arguments = [program(), "--headless=new", "--remote-debugging-pipe", "--disable-gpu",
                     "--no-first-run", "--disable-background-networking", "--hide-scrollbars",
                     f"--user-data-dir={self._folder}/profile"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")  # Chromium refuses root otherwise
        self._process = subprocess.Popen([*arguments, "about:blank"], pass_fds=(3, 4),
                                         preexec_fn=place_pipes, stdin=subprocess.DEVNULL,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                         env={**os.environ, "HOME": self._folder})
        os.close(to_browser)
        os.close(from_browser)
        try:
            target = self.command("Target.createTarget", url="about:blank")["targetId"]
            self._session = self.command("Target.attachToTarget", targetId=target,
                                         flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                self.command(f"{domain}.enable")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_):
        os.close(self._commands)
        os.close(self._answers)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def command(self, method, **parameters):
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next_message()
            if answer.get("id") == number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']}")
                return answer["result"]

    def _next_message(self):
        deadline = time.monotonic() + TIMEOUT
        while b"\0" not in self._unread:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._answers], [], [], left)[0]:
                raise BrowserError("the browser does not answer")
            got = os.read(self._answers, 1 << 20)
            if not got:
                raise BrowserError("the browser has gone")
            self._unread += got
        raw, self._unread = self._unread.split(b"\0", 1)
        message = json.loads(raw)
        self._hear(message)
        return message

    def _hear(self, message):
        method, parameters = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.problems.append(parameters["exceptionDetails"])
        elif method == "Runtime.consoleAPICalled":
            self.problems.append(parameters["args"])
        elif method == "Log.entryAdded":
            self.problems.append(parameters["entry"]["text"])
        elif method == "Page.loadEventFired":
            self._loaded = True

    def view(self, width, height, dark=False, phone=False):
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height,
                     deviceScaleFactor=1, mobile=phone)
        self.command("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def open(self, path):
        self._loaded = False
        self.command("Page.navigate", url=path.resolve().as_uri())
        while not self._loaded:
            self._next_message()

    def run(self, script):
        """The value of an expression in the page."""
        done = self.command("Runtime.evaluate", expression=script, returnByValue=True,
                            awaitPromise=True)
        if "exceptionDetails" in done:
            raise BrowserError(f"{script}: {done['exceptionDetails']}")
        return done["result"].get("value")

    def key(self, key, code=None):
        text = {"Enter": "\r"}.get(key)
        for kind in ("keyDown", "keyUp"):
            extra = {"text": text} if text and kind == "keyDown" else {}
            self.command("Input.dispatchKeyEvent", type=kind, key=key, code=code or key,
                         windowsVirtualKeyCode={"Enter": 13, "Tab": 9}.get(key, 0), **extra)

    def type(self, text):
        self.command("Input.insertText", text=text)

    def screenshot(self, path, whole=True):
        done = self.command("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(done["data"]))
