# SPDX-License-Identifier: Apache-2.0
# Runs mboxferry on a terminal of its own, with somebody who answers.

import fcntl
import os
import pty
import subprocess
import termios

from . import program


def on_terminal(arguments, answers, folder, **extra):
    """(exit status, what the terminal showed). `answers`: what is typed at the first appearance of
    each prompt; keyword arguments are environment variables."""
    keyboard, terminal = pty.openpty()
    waiting = {prompt.encode(): answer.encode() for prompt, answer in answers.items()}
    with subprocess.Popen(
            [program.PROGRAM, *map(str, arguments)], stdin=terminal, stdout=terminal,
            stderr=terminal, start_new_session=True, cwd=folder,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env=program.environment(folder, **extra)) as process:
        os.close(terminal)
        shown = b""
        while True:
            try:
                read = os.read(keyboard, 4096)
            except OSError:  # the last who had it has closed it
                break
            if not read:
                break
            shown += read
            for prompt in [one for one in waiting if one in shown]:
                os.write(keyboard, waiting.pop(prompt))
    os.close(keyboard)
    return process.returncode, shown.decode(errors="replace")
