"""Purchase orders, their lines and their releases."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from datetime import datetime
from types import NoneType
from typing import Any, TypeVar

from mlconnector_sdk.adapters.plex import convert
from mlconnector_sdk.adapters.plex.listing import PlexResource, is_since, listing_call
from mlconnector_sdk.adapters.plex.models import (
    PurchaseOrder,
    PurchaseOrderAggregate,
    PurchaseOrderLine,
    PurchaseOrderRelease,
)
from mlconnector_sdk.core.call import Call, Json, endpoint, path
from mlconnector_sdk.core.paging import Pages
from mlconnector_sdk.dual import Colour, shared
from mlconnector_sdk.errors import NotFound

__all__ = ["PurchaseOrders", "Releases"]

T = TypeVar("T")


class PurchaseOrders(PlexResource[Colour]):
    """Purchase orders: ``plex.purchase_orders``."""

    def list(
        self,
        *,
        modified_since: datetime | None = None,
        created_since: datetime | None = None,
        number: str | None = None,
    ) -> Pages[PurchaseOrder]:
        """Orders that match everything given; without anything, all of them, which may be very many.

        Args:
            modified_since: Changed at or after this instant. Orders without a time of change match always.
            created_since: Created at or after this instant.
            number: The order's number, exactly.

        Raises (while walking):
            VendorError: As any call.

        Example:
            ``for order in plex.purchase_orders.list(modified_since=yesterday): ...``
        """
        call = listing_call(
            self.profile.purchase_orders,
            modified_since=modified_since,
            created_since=created_since,
            number=number,
        )
        return self.matching(
            call,
            PurchaseOrder,
            lambda order: (
                is_since(order.modified_at, modified_since)
                and is_since(order.created_at, created_since)
                and number in (None, order.number)
            ),
        )

    @endpoint
    def get(self, id: str) -> Call[PurchaseOrder]:  # noqa: A002 - the field's own name
        """The head of one order."""
        return self._head(id, PurchaseOrder)

    def lines(self, id: str) -> Pages[PurchaseOrderLine]:  # noqa: A002 - the field's own name
        """The lines of an order."""
        return self._lines(id, PurchaseOrderLine)

    def releases(self, id: str) -> Pages[PurchaseOrderRelease]:  # noqa: A002 - the field's own name
        """The releases of an order."""
        return Releases[Colour](self.client, self.profile).list(order_id=id)

    @shared
    async def find(self, number: str) -> PurchaseOrder:
        """The order with this number.

        Raises:
            NotFound: There is none, or none that the integration user may see.
            InvalidDocument: There are several.
        """
        walk = PurchaseOrders.list(self, number=number)
        return await self.only(walk, f"purchase order {number!r}", self.profile.purchase_orders)

    @shared
    async def aggregate(self, id: str) -> PurchaseOrderAggregate:  # noqa: A002 - the field's own name
        """An order read whole: its head, its lines, its releases and its supplier's code.

        Raises:
            NotFound: There is no such order.
            InvalidDocument: Plex gave a field a value that it cannot have; ``path`` says where.
        """
        return convert.aggregate(await PurchaseOrders.record(self, id))

    @shared
    async def record(
        self,
        id: str,  # noqa: A002 - the field's own name
        *,
        supplier_codes: MutableMapping[str, str] | None = None,
    ) -> bytes:
        """The same as one JSON text, as `convert.record` writes it, whatever the fields hold.

        Args:
            id: The order's id.
            supplier_codes: Codes by supplier id that are known already; new ones are added.

        Raises:
            NotFound: There is no such order.
        """
        order = await self.client.send(self._head(id, dict[str, Any]))
        lines = await self._lines(id, dict[str, Any]).batch()
        releases = await self.matching(
            listing_call(self.profile.releases, number=id),
            dict[str, Any],
            lambda release: release.get("poId") == id,
        ).batch()
        code = await self._supplier_code(
            order.get("supplierId"), {} if supplier_codes is None else supplier_codes
        )
        return convert.record(order, lines or [], releases or [], code)

    @endpoint
    def set_custom_fields(self, id: str, fields: Mapping[str, Any]) -> Call[None]:  # noqa: A002 - as above
        """Set custom fields to absolute values; those not named stay as they are, null empties one.

        The form of this write is inferred: no public source shows it.
        """
        return Call(
            method="PUT",
            path=path(self.profile.purchase_orders.path, id),
            answer=NoneType,
            body=Json({self.profile.custom_fields: dict(fields)}),
            converges=True,
        )

    def _head(self, id: str, answer: type[T]) -> Call[T]:  # noqa: A002 - the field's own name
        return Call(method="GET", path=path(self.profile.purchase_orders.path, id), answer=answer)

    def _lines(self, id: str, item: type[T]) -> Pages[T]:  # noqa: A002 - the field's own name
        where = path(self.profile.purchase_orders.path, id, "line-items")
        return self.matching(Call[Any](method="GET", path=where, answer=list), item)

    async def _supplier_code(self, id: object, known: MutableMapping[str, str]) -> str:  # noqa: A002 - as above
        """The code of a supplier; empty where the order names none, or Plex shows us none."""
        if not isinstance(id, str) or not id:
            return ""
        if id not in known:
            where = path(self.profile.suppliers.path, id)
            try:
                supplier = await self.client.send(Call(method="GET", path=where, answer=dict[str, Any]))
            except NotFound:
                return ""  # converting the order says so, with the remedy
            known[id] = str(supplier.get("code") or "")
        return known[id]


class Releases(PlexResource[Colour]):
    """Releases of purchase orders: ``plex.releases``."""

    def list(
        self, *, modified_since: datetime | None = None, order_id: str | None = None
    ) -> Pages[PurchaseOrderRelease]:
        """Releases that match everything given.

        Args:
            modified_since: Changed at or after this instant. Releases without a time of change match always.
            order_id: Of one order.

        Raises (while walking):
            VendorError: As any call.
        """
        call = listing_call(self.profile.releases, modified_since=modified_since, number=order_id)
        return self.matching(
            call,
            PurchaseOrderRelease,
            lambda release: (
                is_since(release.modified_at, modified_since) and order_id in (None, release.order_id)
            ),
        )
