"""What a JSON text must pass before it is decoded: its nesting, and for money its keys and numbers."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from mlconnector_sdk.errors import AnswerTooLarge, UnreadableAnswer

__all__ = ["check_depth", "check_strict", "without_mark"]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_FOLD = bytes.maketrans(b"{}", b"[]")
_PROSE = bytes(sorted(set(range(256)) - set(b'[]{}"')))
_STRING = re.compile(rb'"[^"]*"?')


def without_mark(data: bytes) -> bytes:
    """The text without a UTF-8 byte order mark, which some vendors' gateways put in front."""
    return data[3:] if data.startswith(_BYTE_ORDER_MARK) else data


def check_depth(data: bytes, max_depth: int) -> None:
    """Refuse a text that nests deeper than ``max_depth``, without recursion and in linear time.

    Everything but brackets is taken away by C code; what is left collapses by one level per round.

    Raises:
        AnswerTooLarge: It nests deeper. A malformed text passes: the decoder says what is wrong with it.
    """
    if len(data) <= max_depth:
        return
    if b"\\" in data:
        # Backslashes first, in pairs from the left: then no escaped quote is left that could hide a bracket.
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = data.translate(_FOLD, _PROSE)
    # Two quotes side by side change nothing for what stands outside of strings.
    marks = marks.replace(b'""', b"")
    if b'"' in marks:
        marks = _STRING.sub(b"", marks)
    for _ in range(max_depth):
        if not marks:
            return
        marks = marks.replace(b"[]", b"")
    if b"[]" in marks or marks.count(b"[") > max_depth:
        raise AnswerTooLarge(
            f"the JSON nests deeper than {max_depth} levels",
            remedy="raise the profile's max_depth if it is genuine",
        )


def check_strict(data: bytes) -> None:
    """Refuse what leaves room for two readings: a key that stands twice in one object, NaN, Infinity.

    Slower than decoding; for documents that move money.

    Raises:
        UnreadableAnswer: It is such a text, or no JSON at all; ``path`` names the key.
    """
    problem = path = ""
    try:
        json.loads(data, object_pairs_hook=_distinct, parse_constant=_refuse, parse_int=str, parse_float=str)
    except _Ambiguous as found:
        problem, path = found.problem, found.path
    except RecursionError:
        raise AnswerTooLarge("the JSON nests too deep") from None
    except ValueError:
        problem = "it is not JSON"
    if problem:
        raise UnreadableAnswer(problem, path=path)


class _Ambiguous(Exception):
    def __init__(self, problem: str, path: str) -> None:
        self.problem = problem
        self.path = path


def _distinct(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise _Ambiguous("a key stands twice in one object", key)
        seen.add(key)


def _refuse(constant: str) -> NoReturn:
    raise _Ambiguous(f"{constant} is not a number", "")
