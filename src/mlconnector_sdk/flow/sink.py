"""Where documents go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from typing import Protocol

from attrs import field, frozen

from mlconnector_sdk.records import Entry, NewEntry, SendResult

__all__ = ["Absent", "Found", "IfAbsent", "NotYet", "OnUnknown", "Outcome", "Sink"]


class IfAbsent(Enum):
    """What to do with an uncertain send whose effect is not there."""

    SEND = "send"
    """Send the same bytes again: looking is reliable."""
    ASK = "ask"
    """Put it before a person: not being there proves nothing."""


@frozen(kw_only=True)
class OnUnknown:
    """What a sink's vendor lets us do when nobody knows whether a send arrived.

    Args:
        same_key_for: How long the vendor remembers an idempotency key: so long the same bytes are sent
            again with the same key. Zero: it knows no keys.
        settle: How long to wait before looking for the effect, because the vendor shows it late.
        if_absent: What to do when it is not there. The default asks a person.
    """

    same_key_for: timedelta = timedelta(0)
    settle: timedelta = timedelta(0)
    if_absent: IfAbsent = IfAbsent.ASK


@frozen(kw_only=True)
class Found:
    """The effect is there: the send arrived. The rest is what `SendResult` would have said.

    Its references are of this effect alone. One that another entry of the flow bears already tells that the
    effect is that one's, and a person is asked.
    """

    references: Mapping[str, str] = field(factory=dict)
    follow_ons: tuple[NewEntry, ...] = ()
    summary: str = ""


@frozen
class Absent:
    """The effect is not there, and would be by now."""


@frozen
class NotYet:
    """Too early to tell: ask again later."""


Outcome = Found | Absent | NotYet
"""What looking for an effect comes to."""


class Sink(Protocol):
    """One way to hand a document to a vendor."""

    @property
    def name(self) -> str:
        """E.g. ``stedi.transactions``."""
        ...

    @property
    def on_unknown(self) -> OnUnknown:
        """The policy for uncertain sends."""
        ...

    @property
    def timeout(self) -> timedelta:
        """The longest that one send can take; a lease must outlive it."""
        ...

    async def ready(self) -> None:
        """Make sure that a send could leave at once: a valid token, a free slot. Sends nothing.

        Raises:
            AccessError: The credentials are refused.
            Throttled: Not before the instant it names.
        """
        ...

    async def send(self, entry: Entry) -> SendResult:
        """Send ``entry.payload`` under ``entry.idempotency_key``.

        Raises:
            ConnectorError: ``reached`` says whether the outcome is certain, ``scope`` what it affects.
        """
        ...

    async def find(self, entry: Entry) -> Outcome:
        """Look for the effect of an uncertain send. A sink that cannot look answers `Absent`."""
        ...
