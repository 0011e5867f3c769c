"""Cross-reference tables: the two sides call the same thing by different names.

People keep the tables as text files, so their mistakes are part of the job: every error names the file
and the line. Nothing is read here; the caller hands over name and text.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from attrs import field, frozen

from mlconnector_sdk.errors import ConfigurationError, UnmappedValue
from mlconnector_sdk.mapping.toml_section import Section

__all__ = ["CrossReference", "Row", "Table", "table_from_csv", "table_from_toml"]


@frozen
class Row:
    """One row of a table: column name to value.

    Args:
        values: By column, in the order of the file.
        line: Line in the file where the row begins, counted from 1; 0 where it comes from no file.
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
        line: Line in the file that names the columns, counted from 1.

    Raises:
        ConfigurationError: Two rows have the same key.
    """

    name: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...] = field(repr=False)
    line: int = field(default=1, eq=False)
    _by_key: dict[tuple[str, ...], Row] = field(init=False, factory=dict, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        for row in self.rows:
            key = tuple(row[column] for column in self.keys)
            if (first := self._by_key.get(key)) is not None:
                raise self.error(
                    f"{_shown(key)} stands here and in line {first.line}", "keep one of them", line=row.line
                )
            self._by_key[key] = row

    def error(self, sentence: str, remedy: str = "", *, line: int = 0) -> ConfigurationError:
        """What to raise about the file: it names file and line.

        Args:
            line: Of the row; 0: the line that names the columns.
        """
        return _mistake(self.name, line or self.line, sentence, remedy)

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
            raise self.error(f"there is no column {column!r}{_suggestion(column, self.columns)}")
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
    records = _csv_records(name, text)
    heading, columns = next(records, (1, []))
    if len(columns) <= keys or not all(columns) or len(set(columns)) < len(columns):
        raise _mistake(
            name,
            heading,
            f"it must name more than {keys} different columns",
            "let the first line be the names of the columns, separated by commas",
        )
    rows = []
    for line, values in records:
        if len(values) != len(columns):
            raise _mistake(
                name,
                line,
                f"it has {len(values)} values, but there are {len(columns)} columns",
                "put values that hold a comma into double quotes",
            )
        if not values[0]:
            raise _mistake(name, line, f"it has no {columns[0]}", "complete the row, or remove it")
        rows.append(Row(MappingProxyType(dict(zip(columns, values, strict=True))), line))
    return Table(name, tuple(columns[:keys]), tuple(columns), tuple(rows), heading)


def table_from_toml(name: str, text: str) -> Table:
    """A table of two columns, ``key`` and ``value``, from TOML text: ``EA = "EA"``, one row per line.

    Raises:
        ConfigurationError: It is no TOML, has a key twice, or a value that is not text; the message names the
            line.
    """
    section = Section.read(text, file=name)
    rows = []
    for key, value in section.content.items():
        if not isinstance(value, str):
            error = section.error(key, f"the value of {section.at(key)} is no text", "put it in quotes")
            error.path = f"{name}:{error.path}"
            raise error
        rows.append(Row(MappingProxyType({"key": key, "value": value}), section.line(key)))
    return Table(name, ("key",), ("key", "value"), tuple(rows))


def _csv_records(name: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line where it begins, without blank ones and comments."""
    lines = _Lines(text)
    reader = csv.reader(lines, strict=True)
    while True:
        begin = lines.begin_record()
        try:
            values = next(reader, None)
        except csv.Error as error:
            seen = f" (seen in line {reader.line_num})" if reader.line_num > begin else ""
            raise _mistake(
                name,
                begin,
                f"not readable as CSV: {error}{seen}",
                "a value in double quotes ends with one, and has two where it holds one",
            ) from error
        if values is None:
            return
        stripped = [value.strip() for value in values]
        if any(stripped):
            yield begin, stripped


class _Lines:
    """The lines of a text; one that begins with ``#`` is blank, unless it lies inside a quoted value."""

    def __init__(self, text: str) -> None:
        self._lines = iter(text.removeprefix("\ufeff").split("\n"))
        self._read = 0
        self._begins = True

    def begin_record(self) -> int:
        """Say that the next line begins a record; its number."""
        self._begins = True
        return self._read + 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._read += 1
        is_comment = self._begins and line.lstrip().startswith("#")
        self._begins = False
        return "\n" if is_comment else line + "\n"


def _mistake(name: str, line: int, sentence: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(f"{name} line {line}: {sentence}", path=f"{name}:{line}", remedy=remedy)


def _shown(key: tuple[str, ...]) -> str:
    return " / ".join(repr(part) for part in key)


def _lines(rows: list[Row]) -> str:
    lines = [row.line for row in rows if row.line]
    return "lines " + " and ".join(map(str, lines)) if lines else f"{len(rows)} rows"


def _suggestion(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
