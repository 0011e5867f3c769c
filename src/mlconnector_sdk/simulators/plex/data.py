"""What this Plex knows: its tables, and how a record is entered, touched and found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from attrs import field, frozen

from mlconnector_sdk.errors import ConfigurationError, NotFound
from mlconnector_sdk.simulators.clock import VirtualTime
from mlconnector_sdk.simulators.plex import fields
from mlconnector_sdk.simulators.plex.rules import PlexRules
from mlconnector_sdk.simulators.plex.stamps import Stamps
from mlconnector_sdk.simulators.plex.table import Record, Table

__all__ = ["PlexData", "Write"]


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
        self.ar_invoices = Table(fields.AR_INVOICE, indexed=("invoiceNumber",))
        self.stamps = Stamps(time, rules)
        self.before_end: dict[str, Mapping[str, str | None]] = {}
        """By order id: the statuses, by record id, that an ended order's lines and releases had before."""
        self._uses: Counter[tuple[object, ...]] = Counter()
        self._highest: dict[str, int] = {}
        self._behind: dict[str, tuple[datetime, Table]] = {}

    @property
    def tables(self) -> Mapping[str, Table]:
        """Every table by the name of its resource."""
        return {
            "suppliers": self.suppliers,
            "parts": self.parts,
            "purchase-orders": self.orders,
            "line-items": self.lines,
            "releases": self.releases,
            "ar-invoices": self.ar_invoices,
        }

    def id_of(self, kind: str, *key: object) -> str:
        """The id of a record: the same in every run, because it is derived from the natural key."""
        return str(uuid5(NAMESPACE_URL, "/".join(map(str, ("plex", self.pcn, kind, *key)))))

    def new_id(self, kind: str, *key: object) -> str:
        """The id of a new record: `id_of`, and another one each time the natural key is used again."""
        self._uses[kind, *key] += 1
        uses = self._uses[kind, *key]
        return self.id_of(kind, *key) if uses == 1 else self.id_of(kind, *key, "again", uses)

    def next_number(self, parent: str) -> int:
        """The next number inside a record (a line of an order, a release of a line): none is used twice."""
        return self._highest.get(parent, 0) + 1

    def use_number(self, parent: str, number: int | None) -> None:
        """Remember that a number was used."""
        self._highest[parent] = max(self._highest.get(parent, 0), number or 0)

    def lag(self, names: Iterable[str], seconds: float) -> None:
        """Let reads of these resources show what is there now for so many seconds."""
        until = self.time.now() + timedelta(seconds=seconds)
        for name in names:
            if name not in self.tables:
                raise ConfigurationError(
                    f"there is no resource {name!r}", remedy=f"one of: {', '.join(self.tables)}"
                )
            self._behind[name] = (until, self.tables[name].copy())

    def seen(self, name: str) -> Table:
        """A resource's table as readers see it: the table itself, or what it was while they lag behind."""
        if name in self._behind:
            until, then = self._behind[name]
            if self.time.now() < until:
                return then
            del self._behind[name]
        return self.tables[name]

    def enter(self, table: Table, **known: Any) -> Record:
        """Add a new record with the fields that are known; it is stamped."""
        created = self.stamps.next()
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
        table.change(
            record, {**values, table.modified: None if self.rules.null_changes else self.stamps.next()}
        )

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

    def releases_of(self, line: Record) -> list[Record]:
        """The releases of a line."""
        return [
            record
            for record in self.releases.find("poId", (line.data["poId"],))
            if record.data["poLineItemId"] == line.data["id"]
        ]

    def invoice(self, number: str) -> Record:
        """An invoice to a customer by number."""
        return self._only(self.ar_invoices.find("invoiceNumber", (number,)), f"invoice {number!r}")

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
