# SPDX-License-Identifier: Apache-2.0
# Containers whose folders' messages lie in order, or among each other.
import io
import random
import tarfile
import zipfile


def _members(messages, folders, in_order):
    text = random.Random(1)
    names = [f"folder{number % folders:03}/{number:05}.eml" for number in range(messages)]
    names = sorted(names) if in_order else random.Random(2).sample(names, messages)
    for name in names:
        yield name, (f"From: a@example.org\nSubject: {name}\nMessage-ID: <{name}@example.org>\n\n"
                     f"{text.randbytes(700).hex()}\n").encode()


def write_zip(path, messages, folders, in_order):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in _members(messages, folders, in_order):
            packed.writestr(name, content)


def write_tar(path, messages, folders, in_order):
    with tarfile.open(path, "w:gz", compresslevel=1) as packed:
        for name, content in _members(messages, folders, in_order):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))


WRITERS = {"zip": write_zip, "tar.gz": write_tar}
