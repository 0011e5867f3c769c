"""Where Plex's invoices come from: a change feed that leads to invoices, each read by itself.

The listing only says which invoices to look at. What counts is the invoice as Plex answers for it alone, so
that a listing which names one twice, or lags behind, makes no state of its own. What the feed cannot show,
because it was saved long after the time it is dated with, is found by a second look, once a day (`sweep`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mlconnector_sdk.adapters.plex.client import PlexFace
from mlconnector_sdk.adapters.plex.feeds import ChangeFeed, cursor_instant
from mlconnector_sdk.adapters.plex.invoice_convert import fingerprint
from mlconnector_sdk.adapters.plex.invoices import ArInvoices
from mlconnector_sdk.adapters.plex.sweep import Sweep, SweepRound
from mlconnector_sdk.codec import decode, encode
from mlconnector_sdk.codec.scalars import instant_text
from mlconnector_sdk.errors import NotFound
from mlconnector_sdk.flow.source import Observation, Window
from mlconnector_sdk.records import Event, Feed, digest

__all__ = ["InvoiceSource", "InvoiceWalk"]

_BATCH = 20
"""Invoices that are read before they are handed over: each takes one request."""


class InvoiceSource:
    """Invoices to customers as states: a `mlconnector_sdk.flow.Source`.

    A record is one invoice's JSON text; ``partner`` is the customer's code. Drafts and invoices that are not
    booked are not observed (``PlexProfile.invoices``); void ones are, because a customer who has the invoice
    must be told. A payment is no edit.

    Args:
        plex: The client.
        overlap: How far each walk reaches back behind the newest change of the last one.
        sweep: When all invoices that are still open are read again; None: never.
    """

    name = "plex.ar_invoices"
    feed = Feed.STATE
    baseline_reach = None

    def __init__(
        self,
        plex: PlexFace[Any],
        *,
        overlap: timedelta = timedelta(minutes=2),
        sweep: Sweep | None = Sweep(),  # noqa: B008 - a frozen value
    ) -> None:
        self._plex = plex
        self._overlap = overlap
        self._sweep = sweep

    def walk(self, window: Window) -> InvoiceWalk:
        """Read a window."""
        return InvoiceWalk(self._plex, window, overlap=self._overlap, sweep=self._sweep)

    async def observe(self, event: Event) -> Sequence[Observation]:
        """None: Plex sends no webhooks."""
        return ()


class InvoiceWalk:
    """One pass over the feed, and over a slice of all open invoices where a sweep is due."""

    def __init__(
        self, plex: PlexFace[Any], window: Window, *, overlap: timedelta, sweep: Sweep | None
    ) -> None:
        profile = plex.profile
        self._plex = plex
        self._floor = _beginning(window)
        self._feed = ChangeFeed(
            plex, profile.ar_invoices, window, name="invoices", overlap=overlap, floor=self._floor
        )
        self._round = sweep and SweepRound(
            sweep,
            window.cursors.get("sweep", "") if window.since is None else "",
            now=plex.clock.now(),
            floor=self._floor,
            finished=profile.invoices.draft | profile.invoices.void | profile.invoices.settled,
        )
        self._left: deque[tuple[str, str]] | None = None
        self._strays: list[Observation] = []

    @property
    def cursors(self) -> Mapping[str, str]:
        """The newest change of the feed, where a person had it begin, and how far the sweep has come."""
        return {
            **self._feed.cursor,
            **({"start": instant_text(self._floor)} if self._floor else {}),
            **({"sweep": self._round.cursor} if self._round else {}),
        }

    @property
    def rest(self) -> timedelta:
        """For how long Plex should not be walked again; zero, unless it ignores our filters."""
        return self._feed.rest

    async def batch(self) -> Sequence[Observation] | None:
        """The next few invoices; None when the feed was read, and every invoice that it leads to.

        Raises:
            PermissionDenied: The feed had records, and shows none at all any more.
        """
        if self._left is None:
            self._left = deque((await self._changed()).items())
        if not self._left and not self._strays:
            return None
        seen, self._strays = self._strays, []
        while self._left and len(seen) < _BATCH:
            seen += await self._observed(*self._left.popleft())
        return seen

    async def close(self) -> None:
        """Forget what is left."""
        self._left, self._strays = deque(), []

    async def _changed(self) -> Mapping[str, str]:
        """The number of every invoice to read, by id."""
        numbers: dict[str, str] = {}
        for record in await self._feed.records():
            root = record.get("id")
            if isinstance(root, str) and root:
                numbers.setdefault(root, str(record.get("invoiceNumber") or root))
            else:
                number = str(record.get("invoiceNumber") or "(no number)")
                self._strays.append(_unreadable(record, number, "it has no id"))
        if self._round and self._round.due:
            for root, record in self._round.take(await self._feed.everything()).items():
                numbers.setdefault(root, str(record.get("invoiceNumber") or root))
        return numbers

    async def _observed(self, invoice_id: str, number: str) -> list[Observation]:
        profile = self._plex.profile
        try:
            record = await ArInvoices.record(self._plex.ar_invoices, invoice_id)
        except NotFound:
            gone = {"id": invoice_id, "invoiceNumber": number}
            return [_unreadable(gone, number, "Plex listed it and does not have it any more")]
        content = decode(record, dict[str, Any])
        status = str(content.get("status") or "")
        void = profile.invoices.is_void(status, content.get("void"))
        if not void and profile.invoices.is_draft(status, content.get("booked")):
            return []
        if not isinstance(content.get("invoiceNumber"), str) or not content["invoiceNumber"]:
            return [_unreadable(content, invoice_id, "it has no number")]
        return [
            Observation(
                number=content["invoiceNumber"],
                partner=str(content.get("customerCode") or ""),
                record=record,
                fingerprint=fingerprint(
                    record, profile=profile.invoices, custom_fields=profile.custom_fields
                ),
            )
        ]


def _beginning(window: Window) -> datetime | None:
    """Where a person had the flow begin; None: with a baseline, so that everything before is known."""
    if window.since is not None:
        return window.since
    return cursor_instant("start", window.cursors["start"]) if "start" in window.cursors else None


def _unreadable(record: Mapping[str, Any], number: str, problem: str) -> Observation:
    """A record that can only be shown to a person."""
    text = encode(record)
    return Observation(
        number=number,
        record=text,
        fingerprint=digest(problem, text),
        reason=f"invoice {number} cannot be read: {problem}",
        remedy="look at the invoice in Plex; once it is mended, the next poll picks it up",
    )
