# SPDX-License-Identifier: Apache-2.0
# Runs a Catch program against the stand-in HTTPS service: python3 -m support.https_contract PROGRAM
import os
import subprocess
import sys
import threading

from .https_server import Answer, HttpsServer


def main():
    release = threading.Event()

    def echo(asked):
        words = [asked.method, asked.headers.get("x-word", ""),
                 asked.headers.get("content-type", ""), asked.body.decode()]
        words += filter(None, [asked.headers.get("authorization")])
        return Answer(200, " ".join(words), {"Content-Type": "text/x-echo"})

    def slow(_):
        release.wait(30)
        return Answer()

    def moved(target):
        return Answer(302, "", {"Location": target})

    with HttpsServer({"/echo": echo, "/slow": slow, "/thousand": Answer(200, "x" * 1000),
                      "/busy": Answer(503, "", {"Retry-After": "7"}),
                      "/headers": Answer(200, "", {f"X-{i}": "y" * 1000 for i in range(90)})}) as service:
        others = service.certificates
        with HttpsServer(certificates=others, pair=others.wrong_host()) as wrong, \
                HttpsServer(certificates=others, pair=others.expired()) as expired:
            service.answers |= {"/moved": moved("/echo"), "/loop": moved("/loop"),
                                "/elsewhere": moved(f"https://127.0.0.1:{service.port}/echo"),
                                "/to-http": moved(f"http://localhost:{service.port}/echo"),
                                "/to-other-port": moved(wrong.url + "/echo")}
            environment = {**os.environ, "MBOXFERRY_TEST_HTTPS_URL": service.url,
                           "MBOXFERRY_TEST_HTTPS_CA": str(service.ca_file),
                           "MBOXFERRY_TEST_HTTPS_WRONG_HOST": wrong.url + "/",
                           "MBOXFERRY_TEST_HTTPS_EXPIRED": expired.url + "/"}
            for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
                environment.pop(name, None)
            try:
                code = subprocess.run(sys.argv[1:], env=environment, check=False).returncode
                strangers = wrong.asked + expired.asked
            finally:
                release.set()
    if strangers:
        print("a service that is not trusted was asked:", strangers)
    return code or bool(strangers)


if __name__ == "__main__":
    sys.exit(main())
