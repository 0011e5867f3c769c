"""Where Plex's purchase orders come from: two change feeds that lead to orders, each read whole.

Quantities and due dates live on releases, and a changed release moves no date of its order. So orders and
releases are both polled, each from where it was left; what changed in either leads to an order, and every
order is read whole once per walk. Comparing the fingerprints then tells edits from noise. What the feeds
cannot show is found by a second look, once a day (`sweep`).
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mlconnector_sdk.adapters.plex.client import PlexFace
from mlconnector_sdk.adapters.plex.convert import fingerprint
from mlconnector_sdk.adapters.plex.feeds import LONGEST_REST, ChangeFeed, cursor_instant
from mlconnector_sdk.adapters.plex.purchase_orders import PurchaseOrders
from mlconnector_sdk.adapters.plex.sweep import Sweep, SweepRound
from mlconnector_sdk.codec import decode, encode
from mlconnector_sdk.codec.scalars import instant_text
from mlconnector_sdk.errors import NotFound
from mlconnector_sdk.flow.source import Observation, Window
from mlconnector_sdk.records import Event, Feed, digest

__all__ = ["PurchaseOrderSource", "PurchaseOrderWalk"]

_LOG = logging.getLogger("mlconnector_sdk.adapters.plex")

_BATCH = 10
"""Orders that are read before they are handed over: each takes three requests."""


class PurchaseOrderSource:
    """Purchase orders as states: a `mlconnector_sdk.flow.Source`.

    A record is one order read whole (`convert.record`); ``partner`` is the supplier's code.

    What Plex dates within the overlap is found by the next walk, in whatever order it was saved. An edit of
    an open order that Plex dates earlier, or not at all, is found by the next sweep. A flow that was begun
    with ``since`` instead of a baseline cannot tell such edits of older orders from what was there before
    it began, and leaves them alone.

    Args:
        plex: The client.
        skip: Statuses of orders that are not observed, in any case; None: the profile's drafts. Cancelled
            orders are observed, because a supplier who has the order must be told.
        overlap: How far each walk reaches back behind the newest change of the last one.
        sweep: When all open orders are read again; None: never.
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
        sweep: Sweep | None = Sweep(),  # noqa: B008 - a frozen value
    ) -> None:
        self.plex = plex
        self.skip = frozenset(plex.profile.statuses.draft if skip is None else map(str.casefold, skip))
        self.overlap = overlap
        self.sweep = sweep
        self._warned = False

    def walk(self, window: Window) -> PurchaseOrderWalk:
        """Read a window."""
        return PurchaseOrderWalk(self, window)

    def warn(self) -> None:
        """Say, once, that Plex ignores a filter."""
        if self._warned:
            return
        self._warned = True
        _LOG.warning(
            "Plex ignores a filter on the times of purchase orders or releases: nothing is missed, but each "
            "poll costs it the whole listing, and they come less often. If your Plex calls the filter "
            "otherwise, name it in the profile: `modified`, `created` of `purchase_orders`, `releases`"
        )

    async def observe(self, event: Event) -> Sequence[Observation]:
        """None: Plex sends no webhooks."""
        return ()


class PurchaseOrderWalk:
    """One pass over both feeds, and over a slice of all open orders where a sweep is due."""

    def __init__(self, source: PurchaseOrderSource, window: Window) -> None:
        plex, profile = source.plex, source.plex.profile
        self._source = source
        self._plex = plex
        self._floor = _beginning(window, source)
        self._orders = ChangeFeed(
            plex, profile.purchase_orders, window, name="orders", overlap=source.overlap, floor=self._floor
        )
        self._releases = ChangeFeed(
            plex, profile.releases, window, name="releases", overlap=source.overlap, floor=self._floor
        )
        self._round = source.sweep and SweepRound(
            source.sweep,
            window.cursors.get("sweep", "") if window.since is None else "",
            now=plex.clock.now(),
            floor=self._floor,
            finished=source.skip | profile.statuses.cancelled | profile.statuses.closed,
        )
        self._roots: deque[str] | None = None
        self._numbers: dict[str, str] = {}
        self._strays: list[Observation] = []
        self._supplier_codes: dict[str, str] = {}

    @property
    def cursors(self) -> Mapping[str, str]:
        """The newest change of each feed, where a person had them begin, and how far the sweep has come."""
        return {
            **self._orders.cursor,
            **self._releases.cursor,
            **({"start": instant_text(self._floor)} if self._floor else {}),
            **({"sweep": self._round.cursor} if self._round else {}),
        }

    @property
    def rest(self) -> timedelta:
        """For how long Plex should not be walked again; zero, unless it ignores our filters."""
        return min(self._orders.rest + self._releases.rest, LONGEST_REST)

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
        if self._orders.unfiltered or self._releases.unfiltered:
            self._source.warn()
        if self._round and self._round.due:
            for root, record in self._round.take(await self._orders.everything()).items():
                ids[root] = None
                self._numbers.setdefault(root, str(record.get("poNumber") or root))
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
        if str(order.get("status") or "").strip().casefold() in self._source.skip:
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


def _beginning(window: Window, source: PurchaseOrderSource) -> datetime | None:
    """What changed before was there before the flow began, and is not ours to send.

    None: the flow began with a baseline, so that all of it is known.
    """
    if window.since is not None:
        return window.since
    if "start" in window.cursors:
        return cursor_instant("start", window.cursors["start"])
    if source.sweep and window.cursors and "sweep" not in window.cursors:
        # It does not say how it began: no sweep may go further back than the feeds do.
        left = [cursor_instant(name, text) for name, text in window.cursors.items()]
        return min(left) - source.overlap
    return None


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
