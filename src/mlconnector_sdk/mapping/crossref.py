"""Cross-reference tables: the two sides call the same thing by different names.

People keep the tables as text files, so their mistakes are part of the job: every error names the file
and the line. Nothing is read here; the caller hands over name and text.
"""

from __future__ import annotations

import csv
import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from attrs import field, frozen

from mlconnector_sdk.errors import ConfigurationError, UnmappedValue

__all__ = ["CrossReference", "Row", "Table", "table_from_csv", "table_from_toml"]


@frozen
class Row:
    """One row of a table: column name to value.

    Args:
        values: By column, in the order of the file.
        line: Line in the file, counted from 1; 0 where the format does not tell.
    """

    values: Mapping[str, str]
    line: int = 0

    def __getitem__(self, column: str) -> str:
        return self.values[column]


@frozen
class Table:
    """An immutable table with lookups both ways.

    Args:
        name: The file's name, as the settings refer to it, e.g. ``parts.csv``.
        keys: The columns that identify a row.
        columns: All columns, keys first.

    Raises:
        ConfigurationError: Two rows have the same key.
    """

    name: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...] = field(repr=False)
    _by_key: dict[tuple[str, ...], Row] = field(init=False, factory=dict, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        for row in self.rows:
            key = tuple(row[column] for column in self.keys)
            if (first := self._by_key.get(key)) is not None:
                raise ConfigurationError(
                    f"{self.name} has {_shown(key)} twice: {_lines([first, row])}",
                    path=self.name,
                    remedy="keep one of them",
                )
            self._by_key[key] = row

    def get(self, *key: str) -> Row | None:
        """The row with that key, or None."""
        return self._by_key.get(key)

    def find(self, *key: str) -> Row:
        """The row with that key.

        Raises:
            UnmappedValue: There is none.
        """
        row = self._by_key.get(key)
        if row is None:
            raise UnmappedValue(
                f"{self.name} has no row for {_shown(key)}",
                table=self.name,
                key="/".join(key),
                path=self.name,
                remedy=f"add a row for {_shown(key)} to {self.name}, then retry the document",
            )
        return row

    def reverse(self, column: str, value: str) -> Row:
        """The only row that has this value in a column.

        Raises:
            UnmappedValue: There is none, or there are several.
            ConfigurationError: There is no such column.
        """
        if column not in self.columns:
            raise ConfigurationError(
                f"{self.name} has no column {column!r}{_suggestion(column, self.columns)}", path=self.name
            )
        found = [row for row in self.rows if row[column] == value]
        if len(found) == 1:
            return found[0]
        raise UnmappedValue(
            f"{self.name} has no row with {column} {value!r}"
            if not found
            else f"{self.name} has {value!r} as {column} in several rows: {_lines(found)}",
            table=self.name,
            key=value,
            path=self.name,
            remedy=f"let exactly one row of {self.name} have {column} {value!r}, then retry the document",
        )


@frozen
class CrossReference:
    """The tables of a host, by name."""

    tables: Mapping[str, Table] = field(factory=dict)

    @classmethod
    def of(cls, *tables: Table) -> CrossReference:
        """A cross-reference of these tables.

        Raises:
            ConfigurationError: Two have the same name.
        """
        by_name: dict[str, Table] = {}
        for table in tables:
            if table.name in by_name:
                raise ConfigurationError(f"there are two tables named {table.name!r}", path=table.name)
            by_name[table.name] = table
        return cls(MappingProxyType(by_name))

    def __getitem__(self, name: str) -> Table:
        """A table by name.

        Raises:
            ConfigurationError: There is none of that name.
        """
        table = self.tables.get(name)
        if table is None:
            raise ConfigurationError(
                f"there is no table {name!r}{_suggestion(name, self.tables)}",
                path=name,
                remedy="add the file, or correct the name where it is referred to",
            )
        return table


def table_from_csv(name: str, text: str, *, keys: int = 1) -> Table:
    """A table from CSV text: the first line names the columns, the first of which are the key.

    Blanks around values are dropped; blank lines and lines that start with ``#`` are passed over.

    Args:
        name: The file's name.
        keys: How many of the columns make the key.

    Raises:
        ConfigurationError: The file is malformed; the message names the line.

    Example:
        >>> parts = table_from_csv("parts.csv", "number,buyer_part\\nA-100,WB-100\\n")
        >>> parts.find("A-100")["buyer_part"]
        'WB-100'
    """
    lines = _csv_lines(name, text)
    line, columns = next(lines, (1, []))
    if len(columns) <= keys or not all(columns) or len(set(columns)) < len(columns):
        raise ConfigurationError(
            f"{name} line {line} must name more than {keys} different columns",
            path=name,
            remedy="let the first line be the names of the columns, separated by commas",
        )
    rows = []
    for line, values in lines:
        if len(values) != len(columns):
            raise ConfigurationError(
                f"{name} line {line} has {len(values)} values, but there are {len(columns)} columns",
                path=f"{name}:{line}",
                remedy="put values that hold a comma into double quotes",
            )
        if not values[0]:
            raise ConfigurationError(f"{name} line {line} has no {columns[0]}", path=f"{name}:{line}")
        rows.append(Row(MappingProxyType(dict(zip(columns, values, strict=True))), line))
    return Table(name, tuple(columns[:keys]), tuple(columns), tuple(rows))


def table_from_toml(name: str, text: str) -> Table:
    """A table of two columns, ``key`` and ``value``, from TOML text: ``EA = "EA"``, one row per line.

    Raises:
        ConfigurationError: It is no TOML, has a key twice, or a value that is not text.
    """
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigurationError(f"{name} is not readable as TOML: {error}", path=name) from error
    rows = []
    for key, value in content.items():
        if not isinstance(value, str):
            raise ConfigurationError(
                f"{name} has a value for {key} that is no text",
                path=f"{name}:{key}",
                remedy="put it in quotes",
            )
        rows.append(Row(MappingProxyType({"key": key, "value": value})))
    return Table(name, ("key",), ("key", "value"), tuple(rows))


def _csv_lines(name: str, text: str) -> Iterator[tuple[int, list[str]]]:
    lines = (line + "\n" for line in text.removeprefix("\ufeff").split("\n"))
    reader = csv.reader(lines, strict=True)
    while True:
        try:
            values = next(reader, None)
        except csv.Error as error:
            raise ConfigurationError(
                f"{name} line {reader.line_num} is not readable as CSV: {error}",
                path=f"{name}:{reader.line_num}",
            ) from error
        if values is None:
            return
        stripped = [value.strip() for value in values]
        if any(stripped) and not stripped[0].startswith("#"):
            yield reader.line_num, stripped


def _shown(key: tuple[str, ...]) -> str:
    return " / ".join(repr(part) for part in key)


def _lines(rows: list[Row]) -> str:
    lines = [row.line for row in rows if row.line]
    return "lines " + " and ".join(map(str, lines)) if lines else f"{len(rows)} rows"


def _suggestion(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
