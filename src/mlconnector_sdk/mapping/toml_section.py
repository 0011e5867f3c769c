"""A table of a TOML file that people edit, read value by value; every mistake names file, line and key."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Collection, Mapping
from enum import Enum
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.mapping.toml_lines import KeyPath, key_lines

__all__ = ["Section"]

Choice = TypeVar("Choice", bound=Enum)

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_AT_LINE = re.compile(r"(?P<problem>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)", re.DOTALL)
_AT_END = " (at end of document)"


@frozen
class Section:
    """A table, with the file and the keys that lead to it.

    Args:
        file: The file's name, for messages.
        content: Of the table.
        keys: From the file to the table; none for the file itself.
        lines: Where each key of the file stands; empty for a table that was read from no file.
    """

    file: str
    content: Mapping[str, Any] = field(repr=False)
    keys: KeyPath = ()
    lines: Mapping[KeyPath, int] = field(factory=dict, repr=False, eq=False)

    @classmethod
    def read(cls, text: str, *, file: str) -> Section:
        """The whole of a file.

        Raises:
            ConfigurationError: It is no TOML.
        """
        try:
            return cls(file, tomllib.loads(text), (), key_lines(text))
        except tomllib.TOMLDecodeError as error:
            raise _unreadable(file, text, str(error)) from error
        except RecursionError:
            raise ConfigurationError(
                f"{file}: not readable as TOML: too many brackets are open", path=file, remedy="close them"
            ) from None

    def at(self, *keys: str) -> str:
        """The path to a key, as it would be written in TOML: ``partners.ACME.supplier``."""
        return ".".join(map(_shown, (*self.keys, *keys)))

    def line(self, *keys: str) -> int:
        """The line of a key; where it is not there, of the table where it should be. 0: there is no file."""
        path = (*self.keys, *keys)
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def error(self, keys: str | Collection[str], sentence: str, remedy: str = "") -> ConfigurationError:
        """What to raise about a key (or about one further inside): it names file, line and key."""
        inside = (keys,) if isinstance(keys, str) else tuple(keys)
        line = self.line(*inside)
        where = f"{self.file} line {line}" if line else self.file
        return ConfigurationError(f"{where}: {sentence}", path=self.at(*inside), remedy=remedy)

    def __contains__(self, key: str) -> bool:
        return key in self.content

    def text(self, key: str, default: str | None = None) -> str:
        """Text that is not blank.

        Raises:
            ConfigurationError: It is not; or it is missing, and there is no default.
        """
        value = self.content.get(key, default)
        if value is None:
            raise self.error(key, f"{self.at(key)} is missing", f'add {_shown(key)} = "..."')
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, f"{self.at(key)} must be text in quotes")
        return value

    def choice(self, key: str, default: Choice) -> Choice:
        """One of the values of an `enum.Enum` of texts.

        Raises:
            ConfigurationError: It is something else.
        """
        if key not in self:
            return default
        value, kind = self.content[key], type(default)
        for each in kind:
            if isinstance(value, str) and each.value == value:
                return each
        allowed = ", ".join(f'"{each.value}"' for each in kind)
        raise self.error(
            key, f"{self.at(key)} is {_value(value)}", f"let {_shown(key)} be one of {allowed}, in quotes"
        )

    def flag(self, key: str) -> bool:
        """``true`` or ``false``; the latter where it is missing.

        Raises:
            ConfigurationError: It is something else.
        """
        value = self.content.get(key, False)
        if not isinstance(value, bool):
            raise self.error(key, f"{self.at(key)} must be true or false")
        return value

    def whole(self, key: str, default: int, *, most: int) -> int:
        """A whole number from 0 to ``most``.

        Raises:
            ConfigurationError: It is something else.
        """
        value = self.content.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise self.error(key, f"{self.at(key)} must be a whole number from 0 to {most}, without quotes")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of at least one text.

        Raises:
            ConfigurationError: It is something else, or missing.
        """
        value = self.content.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
            raise self.error(key, f"{self.at(key)} must be a list of texts in quotes")
        return tuple(value)

    def section(self, key: str) -> Section:
        """A table inside.

        Raises:
            ConfigurationError: It is something else, or missing.
        """
        value = self.content.get(key)
        if value is None:
            raise self.error(key, f"{self.at(key)} is missing", f"add [{self.at(key)}]")
        if not isinstance(value, dict):
            raise self.error(key, f"{self.at(key)} must be a table")
        return evolve(self, content=value, keys=(*self.keys, key))

    def part(self, key: str) -> Section:
        """A table inside that may be missing: then it is empty.

        Raises:
            ConfigurationError: It is something else.
        """
        return self.section(key) if key in self else evolve(self, content={}, keys=(*self.keys, key))

    def only(self, known: Collection[str], *, tables_allowed: bool = False) -> None:
        """Refuse unknown keys.

        Args:
            known: The keys that mean something.
            tables_allowed: An unknown key is welcome if it is a table, unless it looks misspelt.

        Raises:
            ConfigurationError: There is an unknown key; the remedy names the one that was probably meant.
        """
        for key, value in self.content.items():
            close = difflib.get_close_matches(key, list(known), n=1, cutoff=0.7)
            if key in known or (tables_allowed and isinstance(value, dict) and not close):
                continue
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(sorted(known))}"
            raise self.error(key, f"nobody knows the key {self.at(key)}", hint)


def _unreadable(file: str, text: str, message: str) -> ConfigurationError:
    """Python's message, which ends with the place, with the place where all our messages have it."""
    if match := _AT_LINE.fullmatch(message):
        line, problem = int(match["line"]), f"{match['problem']} (column {match['column']})"
    else:
        line, problem = text.rstrip().count("\n") + 1, message.removesuffix(_AT_END) + " at the end"
    return ConfigurationError(
        f"{file} line {line}: not readable as TOML: {problem}",
        path=file,
        remedy="correct the line; text stands in quotes",
    )


def _shown(key: str | int) -> str:
    text = str(key)
    return text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
