"""Damage to files: random bytes, flipped bits, missing and repeated pieces, and header fields of extreme value."""

import struct
import zlib

from fuzz_targets import Target
from hypothesis import strategies as st

EXTREME_BYTES = [
    *(struct.pack(form, value) for form in ("<H", ">H") for value in (0, 1, 2, 255, 1024, 32767, 32768, 65535)),
    *(struct.pack(form, value) for form in ("<i", ">i") for value in (0, 1, 512, -1, 65536, 2**31 - 1, -(2**31))),
    *(struct.pack(form, value) for form in ("<q", ">q") for value in (0, 1, -1, 2**40, 2**63 - 1, -(2**63))),
    *(struct.pack("<f", float(text)) for text in ("0", "-0", "1e-40", "1", "-1", "1e9", "3e38", "nan", "inf", "-inf")),
    *(struct.pack("<d", float(text)) for text in ("0", "1e-300", "1e9", "1e300", "nan", "inf")),
    *(bytes([value]) for value in (0, 1, 2, 4, 8, 16, 64, 127, 128, 255)),
]
# What a text file may hold in place of a piece of it: extremes of JSON, CSV and of numbers.
EXTREME_TEXTS = [
    *("", "null", "true", "-1", "0", "1.5", "NaN", "Infinity", "1e999", "9" * 30, "9" * 5000, '"', "'", "\\", "\x00"),
    *("[", "]", "{", "}", "[]", "{}", "[" * 3000, '{"a":' * 3000, ",", ";", ":", "\n", "\r", "\n" * 2000, " " * 2000),
    *('"\\ud800"', '"\\u001b[2J"', "\ud7ff", "٣", "²", "ED: 1", "ES:2", "ED:" + "1" * 300, "../" * 8, "/etc/passwd"),
    *("background", '"ignore"', "labels", "channel_names", "file_ending", '".png"', "case", "subject", "case_001"),
]


def damaged(target: Target) -> st.SearchStrategy[bytes]:
    """Content of the target's file after something happened to it."""
    content = target.files[target.place]
    if not target.fields:
        return st.one_of(_random(b""), _edited(content), _edited(content, most=4))
    inner = _inner(target)
    start = inner[:4]
    fields = st.lists(st.tuples(st.sampled_from(target.fields), st.sampled_from(EXTREME_BYTES)), min_size=1, max_size=3)
    anywhere = st.lists(
        st.tuples(st.integers(0, len(inner) - 1), st.sampled_from(EXTREME_BYTES)), min_size=1, max_size=8
    )
    flips = st.lists(st.tuples(st.integers(0, len(inner) - 1), st.integers(0, 7)), min_size=1, max_size=8)
    changes = st.one_of(
        fields.map(lambda patches: _patched(inner, patches)),
        fields.map(lambda patches: _patched(inner, patches)),
        anywhere.map(lambda patches: _patched(inner, patches)),
        flips.map(lambda places: _flipped(inner, places)),
        _cut(inner),
    )
    return st.one_of(_random(b""), _random(start).map(target.packed), changes.map(target.packed))


def _inner(target: Target) -> bytes:
    """The content before it was packed."""
    content = target.files[target.place]
    return zlib.decompress(content, 31) if target.format.endswith("in gzip") else content


def _random(start: bytes) -> st.SearchStrategy[bytes]:
    return st.binary(max_size=1000).map(lambda rest: start + rest)


def _patched(content: bytes, patches: list[tuple[int, bytes]]) -> bytes:
    changed = bytearray(content)
    for place, value in patches:
        changed[place : place + len(value)] = value
    return bytes(changed)


def _flipped(content: bytes, places: list[tuple[int, int]]) -> bytes:
    changed = bytearray(content)
    for place, bit in places:
        changed[place] ^= 1 << bit
    return bytes(changed)


def _cut(content: bytes) -> st.SearchStrategy[bytes]:
    """A piece left out, or there twice."""
    places = st.tuples(st.integers(0, len(content)), st.integers(0, len(content)))
    ends = places.map(sorted)
    return st.one_of(
        st.integers(0, len(content)).map(lambda end: content[:end]),
        ends.map(lambda pair: content[: pair[0]] + content[pair[1] :]),
        ends.map(lambda pair: content[: pair[1]] + content[pair[0] :]),
    )


def _edited(content: bytes, most: int = 1) -> st.SearchStrategy[bytes]:
    """A text with pieces replaced by others."""
    place = st.integers(0, len(content))
    edit = st.tuples(place, st.integers(0, 20), st.sampled_from(EXTREME_TEXTS))
    return st.lists(edit, min_size=1, max_size=most).map(lambda edits: _replaced(content, edits))


def _replaced(content: bytes, edits: list[tuple[int, int, str]]) -> bytes:
    for place, length, text in edits:
        content = content[:place] + text.encode() + content[place + length :]
    return content
