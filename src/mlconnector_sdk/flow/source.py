"""Where records come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from attrs import field, frozen

from mlconnector_sdk.records import Event, Feed

__all__ = ["Observation", "Source", "Walk", "Window"]


@frozen(kw_only=True)
class Observation:
    """One record as a source saw it.

    Args:
        number: The business number, e.g. the purchase order number.
        partner: The partner as the source names it (a supplier code, a partnership id), or empty.
        record: What mapping will read: the vendor's JSON, or an aggregate of several records.
        event_id: On event feeds, the vendor's immutable id of what happened; else empty.
        fingerprint: On state feeds, a hash of the content *without* the fields that we write back
            ourselves, so that our own write is not taken for an edit; else empty.
        reason: Not empty when the record cannot even be read: it goes before a person as it is.
        remedy: What that person should do.
    """

    number: str
    partner: str = ""
    record: bytes = field(repr=False)
    event_id: str = ""
    fingerprint: str = ""
    reason: str = ""
    remedy: str = ""


@frozen(kw_only=True)
class Window:
    """What to read: from where each change feed was left, or from an instant.

    Args:
        cursors: As the source's last complete walk left them; empty where there is none.
        since: Overrides the cursors; with neither, everything the source can give is read.
    """

    cursors: Mapping[str, str] = field(factory=dict)
    since: datetime | None = None


class Walk(Protocol):
    """One pass over a window.

    A walk may have one more property, ``rest``: a timedelta for which the source asks to be left alone after
    this pass, because it was costly, e.g. where the vendor ignores filters and lists everything. `run_every`
    grants it.
    """

    async def batch(self) -> Sequence[Observation] | None:
        """The next records; None when the window was read completely."""
        ...

    async def close(self) -> None:
        """Give up what is open; safe at any time, also twice."""
        ...

    @property
    def cursors(self) -> Mapping[str, str]:
        """Where the next walk starts. Right only after ``batch()`` has returned None.

        The high-water mark comes from the data, never from our clock, and the next window overlaps this
        one (its lower bound is inclusive), because records with equal or late times are no exception.
        """
        ...


class Source(Protocol):
    """One kind of record of one vendor, found by polling and, where the vendor has them, by webhooks."""

    @property
    def name(self) -> str:
        """E.g. ``plex.purchase_orders``; inbox rows carry it, and each is read by one flow."""
        ...

    @property
    def feed(self) -> Feed:
        """Whether records are states or events."""
        ...

    @property
    def baseline_reach(self) -> timedelta | None:
        """How far back a baseline looks; None: everything there is. States need None."""
        ...

    def walk(self, window: Window) -> Walk:
        """Read a window."""
        ...

    async def observe(self, event: Event) -> Sequence[Observation]:
        """The records that a stored webhook speaks of, every page of them; none if it is not for us.

        Raises:
            DocumentError: The event can never be read; it becomes a dead letter.
            VendorError: The records behind it cannot be fetched now; the event stays in the inbox.
        """
        ...
