"""A company that edits its orders, and Plex as the source of an order flow sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from attrs import frozen

from mlconnector_sdk.adapters.plex import convert
from mlconnector_sdk.errors import NotFound, VendorUnavailable
from mlconnector_sdk.flow import Observation, Walk, Window
from mlconnector_sdk.records import Event, Feed
from mlconnector_sdk.simulators import PlexSimulator
from mlconnector_sdk.simulators.plex import edits
from mlconnector_sdk.simulators.plex.wanted import WantedOrder

__all__ = ["KINDS", "NUMBERS", "SUPPLIERS", "UNLISTED", "Company", "PlainLine", "PlainOrder", "Purchases"]

NUMBERS = ("PO-1", "PO-2")
SUPPLIERS = ("ACME", "BOLT")
UNLISTED = "NOBODY"
"""A supplier that the partner file does not list."""

_DAY = date(2026, 3, 20)
_QUANTITIES = ("5", "8", "12.5", "40", "1")
_PRICES = ("3.15", "2.10", None, "0.4275", "100")
_NOTES = (None, "by rail", "call before\ndelivery", "pack by ten")
_PARTS = ("WB-100", "RR-52", "QX-7")
_SELLERS = (*SUPPLIERS * 5, UNLISTED)


@frozen(kw_only=True)
class PlainLine:
    """A line as both sides would put it.

    Args:
        price: None where none is agreed.
        schedules: Days and quantities, sorted.
    """

    quantity: Decimal
    unit: str
    price: Decimal | None
    buyer_part: str
    supplier_part: str
    description: str
    schedules: tuple[tuple[date, Decimal], ...]


@frozen(kw_only=True)
class PlainOrder:
    """An order as both sides would put it."""

    lines: Mapping[str, PlainLine]
    currency: str
    place: str
    notes: tuple[str, ...]


class Company:
    """Orders in a simulated Plex, edited one step at a time.

    An edit is a word and two numbers: which line or release it means, and which value it sets. What does not
    fit at the moment (a second line that is not there) changes nothing.
    """

    def __init__(self) -> None:
        self.erp = PlexSimulator()
        self._undo: dict[str, list[Callable[[], None]]] = {number: [] for number in NUMBERS}
        self._entered: list[str] = []

    @property
    def numbers(self) -> list[str]:
        """The orders that there are."""
        return list(self._entered)

    def enter(self, number: str, pick: int = 0, value: int = 0) -> None:
        """A new order, of one to three lines."""
        lines = [
            {
                "part": _PARTS[at],
                "quantity": _QUANTITIES[(value + at) % 5],
                "price": _PRICES[(pick + at) % 2],
                "due": _due(value + at),
            }
            for at in range(1 + pick % 3)
        ]
        supplier = _SELLERS[(pick + value) % 2]
        note = _NOTES[value % 4]
        self.erp.add_purchase_order(number, supplier=supplier, lines=lines, dated="2026-03-02", note=note)
        self._entered.append(number)

    def edit(self, number: str, kind: str, pick: int, value: int) -> bool:
        """Edit an order, or enter it; whether anything was done."""
        if number not in self._entered:
            self.enter(number, pick, value)
            return True
        before = self.content(number)
        if before["status"] != "On Order" and pick % 2:
            kind = "reopen"  # else most stories would end with their first cancellation
        try:
            _EDITS[kind](self, number, pick, value)
        except NotFound:
            return False
        return self.content(number) != before

    def wanted(self, number: str) -> WantedOrder:
        """What the company wants now."""
        return self.erp.wanted(number)

    def wish(self, number: str) -> PlainOrder:
        """The same in plain terms; without lines where nothing is wanted."""
        wanted, order = self.wanted(number), self.erp.order(number)
        words = {str(line["lineItemNumber"]): line["description"] or "" for line in order["lineItems"]}
        notes = [note for note in wanted.note.splitlines() if note]
        notes += [
            f"Line {place}: {' '.join(line.note.split())}"
            for place, line in wanted.lines.items()
            if line.note
        ]
        lines = {
            place: PlainLine(
                quantity=line.quantity,
                unit=line.unit,
                price=line.price,
                buyer_part=line.part,
                supplier_part=line.supplier_part,
                description=words[place],
                schedules=tuple((schedule.due, schedule.quantity) for schedule in line.schedules),
            )
            for place, line in wanted.lines.items()
        }
        return PlainOrder(
            lines=lines, currency=wanted.currency, place=order["shipTo"] or "", notes=tuple(notes)
        )

    def content(self, number: str) -> dict[str, Any]:
        """The order as Plex shows it, without its times of change."""
        whole = self.erp.order(number)
        return {key: _untimed(value) for key, value in whole.items()}

    def complete(self) -> bool:
        """Follow the remedies for what can be sent to nobody; whether anything had to be done."""
        done = False
        for number in self._entered:
            order = self.erp.order(number)
            if order["status"].lower() in ("cancelled", "closed"):
                continue
            for line in order["lineItems"]:
                releases = [each for each in order["releases"] if each["poLineItemId"] == line["id"]]
                if not releases and line["status"] != "Cancelled":
                    step = edits.AddRelease(line=line["lineItemNumber"], quantity="3", due=_due(0))
                    self.erp.change_order(number, step)
                    done = True
            if not self.wanted(number).lines:
                all_cancelled = order["lineItems"] and all(
                    line["status"] == "Cancelled" for line in order["lineItems"]
                )
                if not all_cancelled:
                    step_in = edits.AddLine(part=_PARTS[0], quantity="2", price="1", due=_due(1))
                    self.erp.change_order(number, step_in)
                    done = True
        return done

    # -- single edits ---------------------------------------------------------------------------------

    def _lines(self, number: str) -> list[int]:
        return sorted(line["lineItemNumber"] for line in self.erp.order(number)["lineItems"])

    def _line(self, number: str, pick: int) -> int:
        lines = self._lines(number)
        if not lines:
            raise NotFound("the order has no lines")
        return lines[pick % len(lines)]

    def _release(self, number: str, pick: int) -> dict[str, Any]:
        releases = self.erp.order(number)["releases"]
        if not releases:
            raise NotFound("the order has no releases")
        found = sorted(releases, key=lambda each: (each["lineItemNo"], each["releaseLineNumber"]))
        return dict(found[pick % len(found)])

    def _do(self, number: str, edit: edits.Edit, back: edits.Edit | None = None) -> None:
        self.erp.change_order(number, edit)
        if back is not None:
            self._undo[number].append(lambda: self.erp.change_order(number, back))

    def _add_line(self, number: str, pick: int, value: int) -> None:
        free = [place for place in (1, 2, 3, 4) if place not in self._lines(number)]
        place = free[0] if value % 3 == 0 and free else None  # a number that a deleted line had
        part, quantity = _PARTS[pick % 3], _QUANTITIES[value % 5]
        self._do(
            number,
            edits.AddLine(
                part=part, quantity=quantity, due=_due(value), price=_PRICES[pick % 5], number=place
            ),
        )

    def _delete_line(self, number: str, pick: int, value: int) -> None:
        self._do(number, edits.DeleteLine(line=self._line(number, pick)))

    def _cancel_line(self, number: str, pick: int, value: int) -> None:
        self._do(number, edits.CancelLine(line=self._line(number, pick)))

    def _add_release(self, number: str, pick: int, value: int) -> None:
        line = self._line(number, pick)
        self._do(number, edits.AddRelease(line=line, quantity=_QUANTITIES[value % 5], due=_due(value)))

    def _delete_release(self, number: str, pick: int, value: int) -> None:
        found = self._release(number, pick)
        self._do(number, edits.DeleteRelease(line=found["lineItemNo"], release=found["releaseLineNumber"]))

    def _cancel_release(self, number: str, pick: int, value: int) -> None:
        found = self._release(number, pick)
        self._do(number, edits.CancelRelease(line=found["lineItemNo"], release=found["releaseLineNumber"]))

    def _quantity(self, number: str, pick: int, value: int) -> None:
        found = self._release(number, pick)
        line, release = found["lineItemNo"], found["releaseLineNumber"]
        old = str(found["quantity"])
        self._do(
            number,
            edits.SetQuantity(line=line, release=release, quantity=_QUANTITIES[value % 5]),
            edits.SetQuantity(line=line, release=release, quantity=old),
        )

    def _due_date(self, number: str, pick: int, value: int) -> None:
        found = self._release(number, pick)
        line, release = found["lineItemNo"], found["releaseLineNumber"]
        old = found["dueDateTime"][:10]
        self._do(
            number,
            edits.SetDueDate(line=line, release=release, due=_due(value)),
            edits.SetDueDate(line=line, release=release, due=old),
        )

    def _price(self, number: str, pick: int, value: int) -> None:
        place = self._line(number, pick)
        old = self._field(number, place, "unitPrice")
        back = edits.SetPrice(line=place, price=None if old is None else str(old))
        self._do(number, edits.SetPrice(line=place, price=_PRICES[value % 5]), back)

    def _note(self, number: str, pick: int, value: int) -> None:
        line = self._line(number, pick) if pick % 2 else None
        old = self.erp.order(number)["note"] if line is None else self._field(number, line, "note")
        note = _NOTES[value % 4]
        self._do(number, edits.SetNote(note=note, line=line), edits.SetNote(note=old, line=line))

    def _words(self, number: str, pick: int, value: int) -> None:
        """The description of a line, or the supplier's number of its part."""
        name = ("description", "supplierPartNumber")[pick % 2]
        words: dict[str, Any] = {name: (None, "wheel bearing", "B-2207", "b.2207")[value % 4]}
        self.erp.edit_line(number, self._line(number, pick // 2), **words)

    def _place(self, number: str, pick: int, value: int) -> None:
        """Where the goods go."""
        self.erp.edit_order(number, shipTo=(None, "DOCK-1", "DOCK-2")[value % 3])

    def _supplier(self, number: str, pick: int, value: int) -> None:
        old = self.wanted(number).supplier
        self._do(
            number,
            edits.SetSupplier(supplier=_SELLERS[value % len(_SELLERS)]),
            edits.SetSupplier(supplier=old),
        )

    def _cancel(self, number: str, pick: int, value: int) -> None:
        self._do(number, edits.CancelOrder(), edits.ReopenOrder())

    def _close(self, number: str, pick: int, value: int) -> None:
        self._do(number, edits.CloseOrder(), edits.ReopenOrder())

    def _reopen(self, number: str, pick: int, value: int) -> None:
        self._do(number, edits.ReopenOrder())

    def _back(self, number: str, pick: int, value: int) -> None:
        """Take the last edit back that can be taken back."""
        if self._undo[number]:
            self._undo[number].pop()()

    def _field(self, number: str, line: int, name: str) -> Any:
        found = [each for each in self.erp.order(number)["lineItems"] if each["lineItemNumber"] == line]
        return found[0][name]


_EDITS: Mapping[str, Callable[[Company, str, int, int], None]] = {
    "quantity": Company._quantity,
    "price": Company._price,
    "due date": Company._due_date,
    "add line": Company._add_line,
    "delete line": Company._delete_line,
    "cancel line": Company._cancel_line,
    "add release": Company._add_release,
    "delete release": Company._delete_release,
    "cancel release": Company._cancel_release,
    "note": Company._note,
    "words": Company._words,
    "place": Company._place,
    "supplier": Company._supplier,
    "cancel": Company._cancel,
    "close": Company._close,
    "reopen": Company._reopen,
    "back": Company._back,
}

_USUAL = ("quantity", "price", "due date", "add line", "supplier", "back", "note")
KINDS = (*_USUAL, *_USUAL, *_EDITS)
"""What an edit may be, the usual ones more often."""


class Purchases:
    """The company's orders as states: a `mlconnector_sdk.flow.Source` of all orders, each read whole."""

    name = "plex.purchase_orders"
    feed = Feed.STATE
    baseline_reach = None

    def __init__(self, company: Company) -> None:
        self.company = company
        self.fails = False
        self.seen: dict[bytes, tuple[WantedOrder, PlainOrder]] = {}
        """What the company wanted when a record was read."""

    def walk(self, window: Window) -> Walk:
        """All orders as they are now."""
        if self.fails:
            raise VendorUnavailable("Plex does not answer")
        return _AllOrders([self.observation(number) for number in self.company.numbers])

    def observation(self, number: str) -> Observation:
        """One order, as the Plex source makes it."""
        whole = self.company.erp.order(number)
        lines, releases = whole.pop("lineItems"), whole.pop("releases")
        supplier = self.company.wanted(number).supplier
        record = convert.record(whole, lines, releases, supplier)
        self.seen[record] = (self.company.wanted(number), self.company.wish(number))
        return Observation(
            number=number, partner=supplier, record=record, fingerprint=convert.fingerprint(record)
        )

    async def observe(self, event: Event) -> Sequence[Observation]:
        """Plex sends no webhooks."""
        return ()


class _AllOrders:
    def __init__(self, observations: list[Observation]) -> None:
        self._batches = [observations]

    @property
    def cursors(self) -> Mapping[str, str]:
        return {"orders": "all"}

    async def batch(self) -> Sequence[Observation] | None:
        return self._batches.pop() if self._batches else None

    async def close(self) -> None:
        self._batches = []


def _due(value: int) -> date:
    return _DAY + timedelta(days=(0, 3, 14, 30, 60)[value % 5])


def _untimed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _untimed(item) for key, item in value.items() if not key.startswith("modified")}
    return [_untimed(item) for item in value] if isinstance(value, list) else value
