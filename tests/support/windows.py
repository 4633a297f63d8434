# SPDX-License-Identifier: Apache-2.0
# Packed files whose headers ask for any amount of memory, and are small all the same.
"""The data is genuine and short: only the header is changed, so that nothing needs the memory."""

import io
import lzma
import struct
import zipfile
import zlib


def _xz_code(size):
    """The least code of a dictionary of at least `size` bytes."""
    return next(code for code in range(41) if code == 40 or
                (2 | code & 1) << (code // 2 + 11) >= size)


def xz(data: bytes, size: int) -> bytes:
    packed = bytearray(lzma.compress(data, format=lzma.FORMAT_XZ))
    header = 12
    length = (packed[header] + 1) * 4
    place = packed.index(b"\x21\x01", header, header + length) + 2
    packed[place] = _xz_code(size)
    checked = bytes(packed[header:header + length - 4])
    packed[header + length - 4:header + length] = struct.pack("<I", zlib.crc32(checked))
    return bytes(packed)


def lzma_alone(data: bytes, size: int) -> bytes:
    packed = bytearray(lzma.compress(data, format=lzma.FORMAT_ALONE))
    packed[1:5] = struct.pack("<I", size)
    return bytes(packed)


def lzip(data: bytes, size: int) -> bytes:
    """`size` is a power of two."""
    raw = lzma.compress(data, format=lzma.FORMAT_ALONE)[13:]
    member = b"LZIP\x01" + bytes([size.bit_length() - 1]) + raw
    return member + struct.pack("<IQQ", zlib.crc32(data), len(data), len(member) + 20)


def zstd(data: bytes, size: int) -> bytes:
    """One frame of stored blocks; `size` is a power of two."""
    frame = b"\x28\xb5\x2f\xfd\0" + bytes([(size.bit_length() - 11) << 3])
    for at in range(0, len(data), 1 << 16):
        block = data[at:at + (1 << 16)]
        last = at + len(block) == len(data)
        frame += struct.pack("<I", len(block) << 3 | last)[:3] + block
    return frame


def zstd_whole(data: bytes, size: int) -> bytes:
    """A frame that is its own window: it says that `size` bytes come, and gives what there is."""
    return b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", size) + \
        struct.pack("<I", len(data) << 3 | 1)[:3] + data


def zip_lzma(name: str, data: bytes, size: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as packed:
        packed.writestr("first.mbox", data, zipfile.ZIP_DEFLATED)
        packed.writestr(name, data)
        info = packed.getinfo(name)
    packed = bytearray(file.getvalue())
    place = info.header_offset + 30 + len(name) + len(info.extra) + 5
    packed[place:place + 4] = struct.pack("<I", size)
    return bytes(packed)


def zip_method(name: str, data: bytes, packed: bytes, method: int) -> bytes:
    """A zip with one member that is packed already, by a method that Python does not write."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as container:
        container.writestr("first.mbox", data)
        container.writestr(name, packed)
        info = container.getinfo(name)
        directory = container.start_dir
    whole = bytearray(file.getvalue())
    central = whole.index(b"PK\x01\x02", whole.index(b"PK\x01\x02", directory) + 1)
    fields = struct.pack("<H", method), struct.pack("<III", zlib.crc32(data), len(packed),
                                                    len(data))
    for place, at in ((info.header_offset, 8), (central, 10)):
        whole[place + at:place + at + 2] = fields[0]
        whole[place + at + 6:place + at + 18] = fields[1]
    return bytes(whole)


def zip_xz(name: str, data: bytes, size: int) -> bytes:
    return zip_method(name, data, xz(data, size), 95)


def zip_ppmd(name: str, data: bytes, size: int) -> bytes:
    """Without data that could be unpacked: only for sizes that are refused."""
    return zip_method(name, data, struct.pack("<H", 7 | ((size >> 20) - 1) << 4) + bytes(64), 98)
