"""What is different between two states of the partner files: for whoever edited them, and for the audit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from attrs import evolve, frozen

from mlconnector_sdk.mapping.crossref import Row, Table
from mlconnector_sdk.mapping.partners import Partners
from mlconnector_sdk.mapping.toml_section import Section

if TYPE_CHECKING:
    from mlconnector_sdk.pipelines.partner_files import PartnerFiles

__all__ = ["Difference", "Edit", "What", "difference"]

What = Literal["added", "removed", "changed"]
"""What became of a key, a partner, a table or a row."""

_SECRET = re.compile(r"secret|password|passwd|token|credential|key$", re.IGNORECASE)
"""No key of a partner file is meant for a secret. Should somebody keep one there, it is not shown."""


@frozen(kw_only=True)
class Edit:
    """One thing that is different.

    Args:
        file: The file's name.
        line: Where it stands now; where it was removed, where it stood.
        where: A key of the partner file (``partners.ACME.paused``), or row and column of a table.
        what: What became of it.
        before: The old value as JSON, or the old row; empty where it was added, and for a partner or table.
        after: The new value as JSON, or the new row; empty where it was removed, and for a partner or table.
    """

    file: str
    line: int
    where: str
    what: What
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        line = f" line {self.line}" if self.line and self.what != "removed" else ""
        values = " -> ".join(filter(None, (self.before, self.after)))
        return f"{self.file}{line}: {self.where} {self.what}" + (f": {values}" if values else "")


@frozen
class Difference:
    """All that is different; false where nothing is. ``str()`` gives one line for each edit."""

    edits: tuple[Edit, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.edits)

    def __iter__(self) -> Iterator[Edit]:
        return iter(self.edits)

    def __str__(self) -> str:
        return "\n".join(map(str, self.edits))


def difference(old: PartnerFiles, new: PartnerFiles) -> Difference:
    """What was added, removed and changed: partners and keys of the file, and rows of the tables.

    A whole partner, table or row is one edit. Comments and the order of lines count for nothing.
    """
    edits = list(_partner_edits(old.partners, new.partners))
    before, after = old.tables.tables, new.tables.tables
    for name in sorted({*before, *after}):
        edits += _table_edits(name, before.get(name), after.get(name))
    return Difference(tuple(edits))


def _partner_edits(old: Partners, new: Partners) -> Iterator[Edit]:
    names = ({each.name for each in old}, {each.name for each in new})
    for name in sorted(names[0] ^ names[1]):
        added = name in names[1]
        source = (new if added else old)[name].source
        yield Edit(file=new.file, line=source.line(), where=source.at(), what="added" if added else "removed")
    before, after = (
        dict(_leaves(partners.source, lambda name: name in names[0] & names[1])) for partners in (old, new)
    )
    for keys in sorted({*before, *after}):
        present = new if keys in after else old
        where = present.source.at(*keys)
        edit = _edit(new.file, present.source.line(*keys), where, before.get(keys, ""), after.get(keys, ""))
        if edit is not None:
            hidden = any(_SECRET.search(key) for key in keys)
            yield evolve(edit, before="", after="") if hidden else edit


def _leaves(file: Section, is_compared: Callable[[str], bool]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The keys of the file with their values as JSON, of the partners that are in both files."""
    open_tables: list[tuple[tuple[str, ...], Mapping[str, Any]]] = [((), file.content)]
    while open_tables:
        path, table = open_tables.pop()
        for key, value in table.items():
            keys = (*path, key)
            if path == ("partners",) and not is_compared(key):
                continue
            if isinstance(value, dict) and value:
                open_tables.append((keys, value))
            elif keys != ("partners",):
                yield keys, _json(value)


def _table_edits(name: str, old: Table | None, new: Table | None) -> Iterator[Edit]:
    if old is None or new is None:
        if old is not None:
            yield Edit(file=name, line=0, where=f"table with {len(old.rows)} rows", what="removed")
        if new is not None:
            yield Edit(file=name, line=0, where=f"table with {len(new.rows)} rows", what="added")
        return
    before, after = _rows(old), _rows(new)
    for key in sorted({*before, *after}):
        where = "row " + " / ".join(key)
        if key not in before:
            yield Edit(file=name, line=after[key].line, where=where, what="added", after=_row(after[key]))
        elif key not in after:
            yield Edit(
                file=name, line=before[key].line, where=where, what="removed", before=_row(before[key])
            )
        else:
            yield from _row_edits(name, where, before[key], after[key])


def _row_edits(name: str, where: str, old: Row, new: Row) -> Iterator[Edit]:
    for column in dict.fromkeys((*old.values, *new.values)):
        before, after = (_json(row[column]) if column in row.values else "" for row in (old, new))
        edit = _edit(name, new.line, f"{where}, {column}", before, after)
        if edit is not None:
            yield edit


def _edit(file: str, line: int, where: str, before: str, after: str) -> Edit | None:
    if before == after:
        return None
    what: What = "changed" if before and after else "added" if after else "removed"
    return Edit(file=file, line=line, where=where, what=what, before=before, after=after)


def _rows(table: Table) -> dict[tuple[str, ...], Row]:
    return {tuple(row[column] for column in table.keys): row for row in table.rows}


def _row(row: Row) -> str:
    return ", ".join(f"{column} {_json(value)}" for column, value in row.values.items())


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
