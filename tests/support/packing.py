# SPDX-License-Identifier: Apache-2.0
# Packs files and trees: gz, bz2, xz, zst, tar of each, zip.

import bz2
import gzip
import lzma
import pathlib
import subprocess
import tarfile
import time
import zipfile


def _zstd(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout


COMPRESSORS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": _zstd}
TAR_FORMS = ("tar", *("tar." + one for one in COMPRESSORS))


def compress(path, form) -> pathlib.Path:
    """`path` with `.form` behind it."""
    packed = path.with_name(f"{path.name}.{form}")
    packed.write_bytes(COMPRESSORS[form](path.read_bytes()))
    return packed


def pack(folder, form, target=None) -> pathlib.Path:
    """What is in `folder`, in a tar or zip file beside it; names and times are kept."""
    target = target or folder.with_name(f"{folder.name}.{form}")
    if form == "zip":
        _zip(folder, target)
        return target
    plain = target.with_name(target.name.removesuffix(form) + "tar")
    with tarfile.open(plain, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in _files(folder):
            tar.add(path, path.relative_to(folder).as_posix())
    return compress(plain, form.removeprefix("tar.")) if form != "tar" else plain


def _files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _zip(folder, target):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in _files(folder):
            moment = time.gmtime(path.stat().st_mtime)[:6]
            info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), moment)
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, path.read_bytes())
