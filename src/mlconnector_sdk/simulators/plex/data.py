"""What this Plex knows: its tables, and how a record is entered, touched and found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from attrs import field, frozen

from mlconnector_sdk.errors import NotFound
from mlconnector_sdk.simulators.clock import VirtualTime
from mlconnector_sdk.simulators.plex import fields, instants
from mlconnector_sdk.simulators.plex.rules import PlexRules
from mlconnector_sdk.simulators.plex.table import Record, Table

__all__ = ["PlexData", "Write"]

_DIGITS = (7, 0, 3, 2, 6)


@frozen(kw_only=True)
class Write:
    """One write that a client brought about.

    Args:
        at: On the virtual clock.
        resource: ``purchase-orders``.
        number: The purchase order's number.
        body: What was sent.
        before: The record as it was.
    """

    at: datetime
    resource: str
    number: str
    body: Mapping[str, Any]
    before: Mapping[str, Any] = field(repr=False)


class PlexData:
    """The tables of one PCN, and the log of what clients wrote."""

    def __init__(self, pcn: str, *, time: VirtualTime, rules: PlexRules) -> None:
        self.pcn = pcn
        self.time = time
        self.rules = rules
        self.writes: list[Write] = []
        self.suppliers = Table(fields.SUPPLIER, indexed=("code",))
        self.parts = Table(fields.PART, indexed=("number",))
        self.orders = Table(fields.ORDER, indexed=("poNumber",))
        self.lines = Table({**fields.LINE, "poId": "text"}, indexed=("poId",), hidden=("poId",))
        self.releases = Table(
            fields.RELEASE, indexed=("poId",), created="createdDateTime", modified="modifiedDateTime"
        )
        self._latest = 0
        self._stamps = 0

    def id_of(self, kind: str, *key: object) -> str:
        """The id of a record: the same in every run, because it is derived from the natural key."""
        return str(uuid5(NAMESPACE_URL, "/".join(map(str, ("plex", self.pcn, kind, *key)))))

    def stamp(self) -> str:
        """The present instant as text: never the same twice, and with a changing number of digits."""
        self._latest = max(self._latest + 1, instants.ticks(self.time.now()))
        self._stamps += 1
        return instants.write(self._latest, _DIGITS[self._stamps % len(_DIGITS)])

    def enter(self, table: Table, **known: Any) -> Record:
        """Add a new record with the fields that are known; it is stamped."""
        created = self.stamp()
        return table.add(
            fields.blank(
                table.kind,
                **{
                    table.created: created,
                    table.modified: None if self.rules.null_modified else created,
                    **known,
                },
            )
        )

    def touch(self, table: Table, record: Record, **values: Any) -> None:
        """Change a record; its modified date moves."""
        table.change(record, {**values, table.modified: self.stamp()})

    def order(self, number: str) -> Record:
        """A purchase order by number.

        Raises:
            NotFound: There is none.
        """
        return self._only(self.orders.find("poNumber", (number,)), f"purchase order {number!r}")

    def line(self, number: str, line: int) -> Record:
        """A line of a purchase order, by its number on the order."""
        found = (
            record
            for record in self.lines.find("poId", (self.order(number).data["id"],))
            if record.data["lineItemNumber"] == line
        )
        return self._only(found, f"line {line} of purchase order {number!r}")

    def release(self, number: str, line: int, release: int) -> Record:
        """A release of a line, by its number on the line."""
        found = (
            record
            for record in self.releases.find("poId", (self.order(number).data["id"],))
            if (record.data["lineItemNo"], record.data["releaseLineNumber"]) == (line, release)
        )
        return self._only(found, f"release {release} of line {line} of purchase order {number!r}")

    def whole(self, number: str) -> dict[str, Any]:
        """A purchase order as Plex returns it, with its ``lineItems`` and ``releases`` inside."""
        order = self.order(number).data
        lines, releases = (
            [record.shown for record in table.find("poId", (order["id"],))]
            for table in (self.lines, self.releases)
        )
        return {**order, "lineItems": lines, "releases": releases}

    def _only(self, found: Iterable[Record], what: str) -> Record:
        record = next(iter(found), None)
        if record is None:
            raise NotFound(f"this Plex has no {what}", vendor="plex")
        return record
