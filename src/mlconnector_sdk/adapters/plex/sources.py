"""Where Plex's purchase orders come from: two change feeds that lead to orders, each read whole.

Quantities and due dates live on releases, and a changed release moves no date of its order. So orders and
releases are both polled, each from where it was left; what changed in either leads to an order, and every
order is read whole once per walk. Comparing the fingerprints then tells edits from noise.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from mlconnector_sdk.adapters.plex.client import PlexFace
from mlconnector_sdk.adapters.plex.convert import fingerprint
from mlconnector_sdk.adapters.plex.feeds import ChangeFeed
from mlconnector_sdk.adapters.plex.purchase_orders import PurchaseOrders
from mlconnector_sdk.codec import decode, encode
from mlconnector_sdk.errors import NotFound
from mlconnector_sdk.flow.source import Observation, Window
from mlconnector_sdk.records import Event, Feed, digest

__all__ = ["PurchaseOrderSource", "PurchaseOrderWalk"]

_BATCH = 10
"""Orders that are read before they are handed over: each takes three requests."""


class PurchaseOrderSource:
    """Purchase orders as states: a `mlconnector_sdk.flow.Source`.

    A record is one order read whole (`convert.record`); ``partner`` is the supplier's code.

    Args:
        plex: The client.
        skip: Statuses of orders that are not observed, in any case; None: the profile's drafts. Cancelled
            orders are observed, because a supplier who has the order must be told.
        overlap: How far each walk reaches back behind the newest change of the last one.
    """

    name = "plex.purchase_orders"
    feed = Feed.STATE
    baseline_reach = None

    def __init__(
        self,
        plex: PlexFace[Any],
        *,
        skip: Collection[str] | None = None,
        overlap: timedelta = timedelta(minutes=2),
    ) -> None:
        self._plex = plex
        self._skip = frozenset(plex.profile.statuses.draft if skip is None else map(str.casefold, skip))
        self._overlap = overlap

    def walk(self, window: Window) -> PurchaseOrderWalk:
        """Read a window."""
        return PurchaseOrderWalk(self._plex, window, skip=self._skip, overlap=self._overlap)

    async def observe(self, event: Event) -> Sequence[Observation]:
        """None: Plex sends no webhooks."""
        return ()


class PurchaseOrderWalk:
    """One pass over both feeds."""

    def __init__(
        self, plex: PlexFace[Any], window: Window, *, skip: frozenset[str], overlap: timedelta
    ) -> None:
        self._plex = plex
        self._skip = skip
        profile = plex.profile
        self._orders = ChangeFeed(plex, profile.purchase_orders, window, name="orders", overlap=overlap)
        self._releases = ChangeFeed(plex, profile.releases, window, name="releases", overlap=overlap)
        self._roots: deque[str] | None = None
        self._numbers: dict[str, str] = {}
        self._strays: list[Observation] = []
        self._supplier_codes: dict[str, str] = {}

    @property
    def cursors(self) -> Mapping[str, str]:
        """The newest change of each feed."""
        return {**self._orders.cursor, **self._releases.cursor}

    async def batch(self) -> Sequence[Observation] | None:
        """The next few orders; None when both feeds were read, and every order that they lead to.

        Raises:
            PermissionDenied: A feed that had records shows none at all any more.
        """
        if self._roots is None:
            self._roots = deque(await self._changed_orders())
        if not self._roots and not self._strays:
            return None
        seen, self._strays = self._strays, []
        while self._roots and len(seen) < _BATCH:
            seen += await self._observed(self._roots.popleft())
        return seen

    async def close(self) -> None:
        """Forget what is left."""
        self._roots, self._strays = deque(), []

    async def _changed_orders(self) -> list[str]:
        """The ids of the orders to read, each once, in the order of the listings."""
        ids: dict[str, None] = {}
        orders = await self._orders.records()
        releases = await self._releases.records()
        if releases and not orders:
            await self._orders.require_some()  # else every release would lead to an order that nobody sees
        for record, key in [*((each, "id") for each in orders), *((each, "poId") for each in releases)]:
            root = record.get(key)
            if isinstance(root, str) and root:
                ids[root] = None
                self._numbers.setdefault(root, str(record.get("poNumber") or root))
            else:
                number = str(record.get("poNumber") or record.get("id") or "(no number)")
                self._strays.append(_unreadable(record, number, f"it has no {key}"))
        return list(ids)

    async def _observed(self, order_id: str) -> list[Observation]:
        number = self._numbers[order_id]
        try:
            record = await PurchaseOrders.record(
                self._plex.purchase_orders, order_id, supplier_codes=self._supplier_codes
            )
        except NotFound:
            gone = {"id": order_id, "poNumber": number}
            return [_unreadable(gone, number, "Plex listed it and does not have it any more")]
        content = decode(record, dict[str, Any])
        order = content["order"]
        if str(order.get("status") or "").strip().casefold() in self._skip:
            return []
        if not isinstance(order.get("poNumber"), str) or not order["poNumber"]:
            return [_unreadable(order, order_id, "it has no number")]
        return [
            Observation(
                number=order["poNumber"],
                partner=content["supplierCode"],
                record=record,
                fingerprint=fingerprint(record, custom_fields=self._plex.profile.custom_fields),
            )
        ]


def _unreadable(record: Mapping[str, Any], number: str, problem: str) -> Observation:
    """A record that can only be shown to a person."""
    text = encode(record)
    return Observation(
        number=number,
        record=text,
        fingerprint=digest(problem, text),
        reason=f"purchase order {number} cannot be read: {problem}",
        remedy="look at the order in Plex; once it is mended, the next poll picks it up",
    )
