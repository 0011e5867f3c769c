"""The purchasing screens of the simulated Plex: entering, editing and looking at purchase orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mlconnector_sdk.mapping.documents import PurchaseOrder
from mlconnector_sdk.simulators import wire
from mlconnector_sdk.simulators.plex import editing, edits, fields, instants, orders, seeds
from mlconnector_sdk.simulators.plex.data import PlexData
from mlconnector_sdk.simulators.plex.edits import Edit
from mlconnector_sdk.simulators.plex.rules import PlexRules
from mlconnector_sdk.simulators.plex.seeds import LineSeed
from mlconnector_sdk.simulators.plex.wanted import WantedOrder, wanted
from mlconnector_sdk.simulators.simulator import Simulator

__all__ = ["Purchasing"]


class Purchasing(Simulator):
    """What a buyer does; a part of `PlexSimulator`."""

    rules: PlexRules
    _data: PlexData

    def add_supplier(self, code: str, name: str = "", **known: Any) -> dict[str, Any]:
        """Enter a supplier; further fields by their wire names. One with this code stays as it is."""
        with self.lock:
            return dict(orders.supplier(self._data, code, name=name or code, **known).data)

    def add_part(self, number: str, *, revision: str = "", name: str = "", **known: Any) -> dict[str, Any]:
        """Enter a part; further fields by their wire names. One with this number and revision stays."""
        known = {"name": name or number, "revision": revision or None, **known}
        with self.lock:
            return dict(orders.part(self._data, number, **known).data)

    def add_purchase_order(
        self,
        order: str | PurchaseOrder,
        *,
        supplier: str = "",
        lines: Sequence[LineSeed] = (),
        dated: date | str | None = None,
        currency: str = "USD",
        status: str = "On Order",
        **known: Any,
    ) -> dict[str, Any]:
        """Enter a purchase order with its supplier, parts, lines and releases.

        Args:
            order: The number, or a whole document.
            supplier: The supplier's code; with a document, by default the id of its party ``SU``.
            lines: `OrderLine` documents, or mappings in short: see `seeds.LineSeed`.
            dated: The order's date; today by default.
            currency: ISO 4217.
            status: In the plant's own words.
            known: Further fields of the order by their wire names.

        Raises:
            InvalidDocument: The number is taken, or a field does not fit.
            ConfigurationError: A line is not understood.

        Returns:
            The order as `order` returns it.
        """
        today = self.time.now().astimezone(ZoneInfo(self.rules.time_zone)).date()
        if isinstance(order, PurchaseOrder):
            document = order
            supplier = supplier or next((party.id for party in order.parties if party.role == "SU"), "")
        else:
            when = today if dated is None else seeds.day(dated)
            document = seeds.purchase_order(order, supplier, lines, dated=when, currency=currency)
        with self.lock:
            record = orders.place(self._data, document, supplier_code=supplier or "UNKNOWN", status=status)
            if known:
                self._data.orders.change(record, known)
            return self._data.whole(document.number)

    def load(self, content: str | bytes | Path | Sequence[Mapping[str, Any]]) -> list[str]:
        """Take purchase orders as Plex returned them: JSON text, a file of it, or Python values.

        Raises:
            InvalidDocument: It is not a list of purchase orders; ``path`` says where.

        Returns:
            The order numbers.
        """
        if isinstance(content, Path):
            content = content.read_bytes()
        value = wire.loads(content) if isinstance(content, str | bytes) else list(content)
        with self.lock:
            return orders.load(self._data, value)

    def order(self, number: str) -> dict[str, Any]:
        """A purchase order as Plex returns it, with ``lineItems`` and ``releases`` inside.

        Raises:
            NotFound: There is none with this number.
        """
        with self.lock:
            return self._data.whole(number)

    def wanted(self, number: str, *, time_zone: str = "") -> WantedOrder:
        """What the company wants of an order now, worked out from the tables alone.

        Args:
            number: The order's number.
            time_zone: IANA name of the plant's, for calendar dates; empty: the rules' own.

        Raises:
            NotFound: There is no such order.
        """
        with self.lock:
            return wanted(self._data, number, time_zone or self.rules.time_zone)

    def change_order(self, number: str, *changes: Edit) -> None:
        """Edit an order, one step after the other; each moves the times of change that it would in Plex.

        Args:
            number: The order's number.
            changes: See `mlconnector_sdk.simulators.plex.edits`.

        Raises:
            NotFound: There is no such order, line or release.
            InvalidDocument: The number of a new line is taken.
            ConfigurationError: A quantity or a price is no number, a due date no date.
        """
        with self.lock:
            for change in changes:
                editing.carry_out(self._data, number, change)

    def edit_order(self, number: str, **values: Any) -> None:
        """Change fields of an order by their wire names, as a buyer does at the screen."""
        with self.lock:
            self._data.touch(self._data.orders, self._data.order(number), **values)

    def edit_line(self, number: str, line: int, *, touch_order: bool = True, **values: Any) -> None:
        """Change fields of a line by their wire names, e.g. ``unitPrice``.

        Args:
            touch_order: Whether the order's modified date moves too; a listing of orders cannot show the
                change otherwise.
        """
        with self.lock:
            fields.check(fields.LINE, values)
            editing.edit_line(self._data, number, line, touch_order=touch_order, **values)

    def edit_release(
        self,
        number: str,
        line: int,
        release: int = 1,
        *,
        quantity: Decimal | int | str | None = None,
        due: date | str | None = None,
        touch_order: bool = False,
        **values: Any,
    ) -> None:
        """Change a release; by default only the release's own modified date moves.

        Args:
            number, line, release: Which one, by the numbers on the order.
            quantity: In the line's unit.
            due: A calendar day of the plant.
            touch_order: Whether the order's modified date moves too.
            values: Further fields by their wire names.
        """
        if quantity is not None:
            values["quantity"] = seeds.number(quantity)
        if due is not None:
            midnight = instants.start_of_day(seeds.day(due), self.rules.time_zone)
            values["dueDateTime"] = instants.write(midnight)
        with self.lock:
            editing.edit_release(self._data, number, line, release, touch_order=touch_order, **values)

    def add_release(
        self, number: str, line: int, *, quantity: Decimal | int | str, due: date | str
    ) -> dict[str, Any]:
        """Enter a further release of a line; the order's modified date stays."""
        with self.lock:
            return dict(editing.add_release(self._data, number, line, quantity=quantity, due=due).data)

    def cancel(self, number: str) -> None:
        """Cancel an order with its lines and releases."""
        self.change_order(number, edits.CancelOrder())

    def close(self, number: str) -> None:
        """Close an order with its lines and releases, as when everything was received."""
        self.change_order(number, edits.CloseOrder())
