"""Records of one kind; each keeps its JSON text once it was needed, so that a listing is only joined."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mlconnector_sdk.simulators import wire
from mlconnector_sdk.simulators.plex import fields, instants

__all__ = ["Record", "Table"]


class Record:
    """One record: its fields, and when it was created and modified (ticks).

    ``data`` is replaced and never changed, so a copy of the reference is a copy of the state.
    """

    __slots__ = ("_hidden", "_text", "created", "data", "modified")

    data: dict[str, Any]
    created: int | None
    modified: int | None

    def __init__(self, hidden: frozenset[str]) -> None:
        self._hidden = hidden
        self._text: bytes | None = None

    @property
    def shown(self) -> dict[str, Any]:
        """The fields as Plex returns them."""
        return {name: value for name, value in self.data.items() if name not in self._hidden}

    @property
    def text(self) -> bytes:
        """The same as JSON."""
        if self._text is None:
            self._text = wire.dumps(self.shown)
        return self._text

    def replace(self, data: dict[str, Any], created: int | None, modified: int | None) -> None:
        """Give it another state."""
        self.data, self.created, self.modified, self._text = data, created, modified, None


class Table:
    """The records of one kind, in the order in which they were added.

    Args:
        kind: Field names and types.
        indexed: Fields that never change and are asked for often.
        hidden: Fields that are ours and not part of what Plex returns.
        created, modified: The names of the two change times.
    """

    def __init__(
        self,
        kind: Mapping[str, str],
        *,
        indexed: Sequence[str] = (),
        hidden: Sequence[str] = (),
        created: str = "createdDate",
        modified: str = "modifiedDate",
    ) -> None:
        self.kind = kind
        self.created = created
        self.modified = modified
        self._hidden = frozenset(hidden)
        self._records: dict[str, Record] = {}
        self._indexes: dict[str, defaultdict[str, list[Record]]] = {
            name: defaultdict(list) for name in indexed
        }

    def add(self, data: dict[str, Any]) -> Record:
        """Keep a new record, or replace the one with the same id."""
        record = self._records.get(data["id"])
        if record is None:
            record = self._records[data["id"]] = Record(self._hidden)
            for name, index in self._indexes.items():
                index[data[name]].append(record)
        self._write(record, data)
        return record

    def remove(self, record: Record) -> None:
        """Forget a record."""
        del self._records[record.data["id"]]
        for name, index in self._indexes.items():
            index[record.data[name]].remove(record)

    def copy(self) -> Table:
        """The table as it is now, untouched by what changes later."""
        kept = Table(
            self.kind,
            indexed=tuple(self._indexes),
            hidden=tuple(self._hidden),
            created=self.created,
            modified=self.modified,
        )
        for record in self:
            kept.add(record.data)
        return kept

    def change(self, record: Record, values: Mapping[str, Any]) -> None:
        """Set fields of a record.

        Raises:
            InvalidDocument: A field is unknown, or a value of the wrong type.
        """
        fields.check(self.kind, {name: value for name, value in values.items() if name != "customFields"})
        self._write(record, {**record.data, **values})

    def get(self, id: str) -> Record | None:  # noqa: A002 - the field's own name
        """The record with this id, or None."""
        return self._records.get(id)

    def find(self, name: str, values: Iterable[str]) -> Iterator[Record]:
        """Records whose field has one of these values."""
        wanted = dict.fromkeys(values)
        if name == "id":
            yield from (self._records[value] for value in wanted if value in self._records)
        elif name in self._indexes:
            for value in wanted:
                yield from self._indexes[name].get(value, ())
        else:
            yield from (record for record in self if record.data.get(name) in wanted)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records.values())

    def __len__(self) -> int:
        return len(self._records)

    def _write(self, record: Record, data: dict[str, Any]) -> None:
        record.replace(data, _instant(data[self.created]), _instant(data[self.modified]))


def _instant(text: str | None) -> int | None:
    return None if text is None else instants.parse(text)
