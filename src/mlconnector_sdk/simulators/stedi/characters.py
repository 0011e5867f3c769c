"""Character sets and repairs that a request may ask for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from mlconnector_sdk.errors import RequestRefused

__all__ = ["repair"]

_BASIC = r"A-Z0-9 !\"&'()*+,\-./:;?="
_EXTENDED = _BASIC + r"a-z%@\[\]_{}\\|<>~#$"
_SETS = {
    "Basic": re.compile(f"[{_BASIC}]*", re.ASCII),
    "Extended": re.compile(f"[{_EXTENDED}]*", re.ASCII),
    "ExtendedHipaa": re.compile(f"[{_EXTENDED}]*", re.ASCII),
}


def _without_marks(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character))


_REPAIRS: Mapping[str, Callable[[str], str]] = {
    "trimTrailingSpaces": str.rstrip,
    "uppercase": str.upper,
    "removeDiacritical": _without_marks,
}
_NOT_PLAYED = {
    "replaceConfusable",
    "replaceNonBasicCharacters",
    "replaceStediCanonicalDelimitersConflicts",
    "trimTrailingZeroes",
}


def repair(guide: Any, character_set: Any, options: Any) -> Any:
    """The guide after the repairs that were asked for.

    Raises:
        RequestRefused: An unknown set or option, one that is not simulated, or a character outside the set.
    """
    if character_set is not None and character_set not in _SETS:
        raise _refuse(f"characterSet takes {sorted(_SETS)}")
    if not isinstance(options, Mapping) or not all(isinstance(value, bool) for value in options.values()):
        raise _refuse("repairOptions takes an object of booleans")
    asked = [name for name, value in options.items() if value]
    for name in options:
        if name not in _REPAIRS and name not in _NOT_PLAYED:
            raise _refuse(f"{name} is no repair option")
    if _NOT_PLAYED & set(asked):
        raise _refuse(f"the simulator does not carry out {sorted(_NOT_PLAYED & set(asked))}")
    if not asked and character_set is None:
        return guide

    def mend(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: mend(item) for key, item in value.items()}
        if isinstance(value, list):
            return [mend(item) for item in value]
        if not isinstance(value, str):
            return value
        for name in asked:
            value = _REPAIRS[name](value)
        if character_set is not None and not _SETS[character_set].fullmatch(value):
            raise _refuse(f"{value!r} has characters outside the set {character_set}")
        return value

    return mend(guide)


def _refuse(message: str) -> RequestRefused:
    return RequestRefused(message, status=400, code="BAD_REQUEST")
