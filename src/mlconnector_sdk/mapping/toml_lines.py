"""In which line of a TOML file each key stands.

Python's TOML reader tells the line of a mistake in the syntax, but not of a value that makes no sense. So the
text is read once more, for its keys alone. It has been read as TOML before: this is no check of the syntax.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from attrs import define, field

__all__ = ["KeyPath", "key_lines"]

KeyPath = tuple[str | int, ...]
"""Keys from the outside in; an element of an array is named by its place, from 0."""

_TOKEN = re.compile(
    r'''
      (?P<text> """(?:[^\\]|\\.)*?""" "{0,2} | \'\'\'.*?\'\'\' '{0,2} | "(?:[^"\\]|\\.)*" | '[^']*' )
    | (?P<comment> \#[^\n]* )
    | (?P<bare> [A-Za-z0-9_-]+ )
    | (?P<mark> [][{}=,\n] )
    ''',
    re.VERBOSE | re.DOTALL,
)
"""What the structure consists of. A quote or two before the end of a long string belong to the string; all
else (blanks, the dot between keys, the sign of a number) is passed over."""


def key_lines(text: str) -> Mapping[KeyPath, int]:
    """The line of every key, table and array element, counted from 1; the file itself is ``()``.

    A table stands where its own header is, or where it was first spoken of.

    Args:
        text: Valid TOML.

    Example:
        >>> lines = key_lines('[partners.ACME]\\nbuyer = { id = "US" }\\nnames = [\\n  "a",\\n]\\n')
        >>> lines["partners", "ACME"], lines["partners", "ACME", "buyer", "id"]
        (1, 2)
        >>> lines["partners", "ACME", "names", 0]
        4
    """
    reader = _Reader()
    line, end = 1, 0
    for token in _TOKEN.finditer(text):
        line += text.count("\n", end, token.start())
        end = token.start()
        if token.lastgroup != "comment":
            reader.read(token[0], token.lastgroup != "mark", line)
    return MappingProxyType(reader.lines)


@define
class _Open:
    """An array or an inline table that is not closed yet; ``place`` is that of the array's element."""

    path: KeyPath
    place: int | None


@define
class _Reader:
    """Token by token. Nothing calls itself, so that whatever Python's reader took is not too deep here."""

    lines: dict[KeyPath, int] = field(factory=lambda: {(): 1})
    _table: KeyPath = ()
    _arrays: dict[KeyPath, int] = field(factory=dict)  # of tables: the place of the newest one
    _open: list[_Open] = field(factory=list)
    _keys: list[str] = field(factory=list)
    _brackets: int = 0
    _value: KeyPath | None = None  # whose value is being read; None: a key or a header is

    def read(self, token: str, is_word: bool, line: int) -> None:
        if self._value is not None:
            self._read_value(self._value, token, line)
        elif is_word:
            self._keys.append(_key(token))
        elif token == "=":
            self._value = self._name(line)
        elif token == "[":
            self._brackets += 1
        elif token == "]" and self._keys:
            self._header(self._taken_keys(), line)
        elif token == "}":
            self._value = self._open.pop().path

    def _read_value(self, path: KeyPath, token: str, line: int) -> None:
        if token == "\n":
            self._value = path if self._open else None
        elif token == ",":
            within = self._open[-1]
            if within.place is None:
                self._value = None
            else:
                within.place += 1
                self._value = (*within.path, within.place)
        elif token in ("]", "}"):
            self._value = self._open.pop().path
        else:
            self.lines.setdefault(path, line)
            if token == "[":
                self._open.append(_Open(path, 0))
                self._value = (*path, 0)
            elif token == "{":
                self._open.append(_Open(path, None))
                self._value = None

    def _name(self, line: int) -> KeyPath:
        path = self._open[-1].path if self._open else self._table
        for key in self._taken_keys():
            path = (*path, key)
            self.lines.setdefault(path, line)
        return path

    def _header(self, keys: Sequence[str], line: int) -> None:
        path: KeyPath = ()
        for key in keys[:-1]:
            path = self._newest((*path, key), line)
        path = (*path, keys[-1])
        if self._brackets == 2:
            self._arrays[path] = self._arrays.get(path, -1) + 1
            path = self._newest(path, line)
        self.lines[path] = line
        self._table, self._brackets = path, 0

    def _newest(self, path: KeyPath, line: int) -> KeyPath:
        """The table itself, or the newest of an array of tables."""
        self.lines.setdefault(path, line)
        if path not in self._arrays:
            return path
        path = (*path, self._arrays[path])
        self.lines.setdefault(path, line)
        return path

    def _taken_keys(self) -> list[str]:
        keys, self._keys = self._keys, []
        return keys


def _key(token: str) -> str:
    if token[0] not in "\"'":
        return token
    text: str = tomllib.loads(f"key = {token}")["key"]
    return text
