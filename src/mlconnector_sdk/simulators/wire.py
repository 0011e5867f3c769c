"""JSON as it crosses the wire: numbers keep their digits, and sloppy input is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, NoReturn

from mlconnector_sdk.errors import InvalidDocument

__all__ = ["dumps", "loads"]


def loads(text: bytes | str) -> Any:
    """Read JSON; numbers with a point or an exponent become `Decimal`, exactly as written.

    Raises:
        InvalidDocument: It is not UTF-8, not JSON, names a key twice, is nested too deeply, or holds NaN
            or half a character.
    """
    try:
        text = text if isinstance(text, str) else text.decode()
        value = json.loads(text, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_unique)
        if "\\u" in text:
            dumps(value)  # an escaped half of a surrogate pair is no text that anybody could store
        return value
    except (ValueError, RecursionError) as problem:
        raise InvalidDocument(f"this is not acceptable JSON: {problem}") from problem


def dumps(value: Any) -> bytes:
    """Write JSON, compact and in UTF-8; a `Decimal` is written as the number it is, without exponent."""
    return _text(value).encode()


def _text(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, bool | int | float):
        return json.dumps(value, allow_nan=False)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        pairs = [f"{encode_basestring(str(key))}:{_text(item)}" for key, item in value.items()]
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_text, value)) + "]"
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} occurs twice in one object")
    return result


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")
