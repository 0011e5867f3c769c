"""`PlexSimulator`: what a test sees of the simulated Plex."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from starlette.types import ASGIApp

from mlconnector_sdk.mapping.documents import PurchaseOrder, Schedule
from mlconnector_sdk.simulators import wire
from mlconnector_sdk.simulators.clock import VirtualTime
from mlconnector_sdk.simulators.plex import fields, instants, orders, seeds
from mlconnector_sdk.simulators.plex.access import Access, Profile
from mlconnector_sdk.simulators.plex.app import endpoints
from mlconnector_sdk.simulators.plex.data import PlexData, Write
from mlconnector_sdk.simulators.plex.rules import PlexRules
from mlconnector_sdk.simulators.plex.seeds import LineSeed
from mlconnector_sdk.simulators.simulator import Simulator
from mlconnector_sdk.simulators.tokens import TokenEndpoint, TokenRules

__all__ = ["PlexSimulator"]


class PlexSimulator(Simulator):
    """A Plex with one tenant.

    Args:
        profile: ``cloud``: OAuth2 below ``/api``, as the product pages say. ``connect``: the developer
            portal's API with its static key.
        rules: How it behaves; may be changed while it runs.
        token_rules: How its token endpoint behaves.
        time, port, admin: See `Simulator`.

    Attributes:
        client_id, client_secret, api_key, pcn: What a client needs.
        tokens: The token endpoint, which counts its requests.

    Example:
        >>> with PlexSimulator() as plex:
        ...     order = plex.add_purchase_order(
        ...         "PO-1", supplier="ACME", lines=[{"part": "WB-100", "quantity": 24, "price": "3.15"}]
        ...     )
        ...     plex.edit_release("PO-1", 1, quantity=30)
        ...     plex.order("PO-1")["lineItemTotal"]
        Decimal('94.50')
    """

    def __init__(
        self,
        *,
        profile: Profile = "cloud",
        rules: PlexRules | None = None,
        token_rules: TokenRules | None = None,
        time: VirtualTime | None = None,
        port: int = 0,
        admin: bool = False,
    ) -> None:
        super().__init__(time=time, port=port, admin=admin)
        self.profile: Profile = profile
        self.client_id = "plex-client"
        self.client_secret = "plex-secret"
        self.api_key = "plex-consumer-key"
        self.pcn = "100200"
        self.rules = PlexRules() if rules is None else rules
        self.tokens = TokenEndpoint(self.client_id, self.client_secret, time=self.time, rules=token_rules)
        self._data = PlexData(self.pcn, time=self.time, rules=self.rules)

    @property
    def url(self) -> str:
        """The base URL of the API."""
        return self.origin + self._prefix

    @property
    def token_url(self) -> str:
        """Where tokens are asked for (``cloud``)."""
        return f"{self.origin}/oauth2/token"

    @property
    def connection(self) -> Mapping[str, str]:
        """URLs and credentials: what a client has to be told."""
        shared = {"url": self.url, "pcn": self.pcn}
        if self.profile == "connect":
            return {**shared, "api_key": self.api_key}
        return {
            **shared,
            "token_url": self.token_url,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }

    @property
    def writes(self) -> list[Write]:
        """What clients changed, in order."""
        return self._data.writes

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
            record = self._data.line(number, line)
            fields.check(fields.LINE, values)
            self._data.touch(self._data.lines, record, **values)
            self._changed(number, touch_order)

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
            self._data.touch(self._data.releases, self._data.release(number, line, release), **values)
            self._changed(number, touch_order)

    def add_release(
        self, number: str, line: int, *, quantity: Decimal | int | str, due: date | str
    ) -> dict[str, Any]:
        """Enter a further release of a line; the order's modified date stays."""
        schedule = Schedule(quantity=seeds.number(quantity), due=seeds.day(due))
        with self.lock:
            order, record = self._data.order(number), self._data.line(number, line)
            there = [
                known.data["releaseLineNumber"]
                for known in self._data.releases.find("poLineItemId", (record.data["id"],))
            ]
            added = orders.release(self._data, order, record, schedule, max(there, default=0) + 1)
            self._changed(number, touch_order=False)
            return dict(added.data)

    def cancel(self, number: str) -> None:
        """Cancel an order with its lines and releases."""
        with self.lock:
            orders.end(self._data, number, "Cancelled")

    def close(self, number: str) -> None:
        """Close an order with its lines and releases, as when everything was received."""
        with self.lock:
            orders.end(self._data, number, "Closed")

    def app(self) -> ASGIApp:
        """The vendor's endpoints."""
        access = Access(
            self.profile,
            tokens=self.tokens,
            api_key=self.api_key,
            pcn=self.pcn,
            rules=self.rules,
            time=self.time,
        )
        return endpoints(self._data, access=access, tokens=self.tokens, prefix=self._prefix, lock=self.lock)

    def commands(self) -> Mapping[str, Callable[..., Any]]:
        """What ``POST /_sim/{command}`` may call."""
        return {
            **super().commands(),
            "add_supplier": self.add_supplier,
            "add_part": self.add_part,
            "add_purchase_order": self.add_purchase_order,
            "edit_order": self.edit_order,
            "edit_line": self.edit_line,
            "edit_release": self.edit_release,
            "add_release": self.add_release,
            "cancel": self.cancel,
            "close": self.close,
            "load": self.load,
            "order": self.order,
            "writes": lambda: self.writes,
        }

    @property
    def _prefix(self) -> str:
        return "/api" if self.profile == "cloud" else ""

    def _changed(self, number: str, touch_order: bool) -> None:
        record = self._data.order(number)
        orders.recount(self._data, record)
        if touch_order:
            self._data.touch(self._data.orders, record)
