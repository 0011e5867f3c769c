"""One webhook request, from raw bytes to a stored event. Knows no web framework.

The receiver does three things and nothing else: check, store, answer. Whatever the event asks for is done
later by *collect*, so that the answer is quick enough for the strictest sender (five seconds at Stedi).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from mlconnector_sdk.errors import StoreError, WebhookRefused
from mlconnector_sdk.ports import Clock
from mlconnector_sdk.records import Event

__all__ = ["Admit", "Receiver", "Reply", "WebhookParser"]

_LOG = logging.getLogger("mlconnector_sdk.webhooks")

Admit = Callable[[Event], "bool | Awaitable[bool]"]
"""What stores an event: the ``receive`` method of a pipeline, blocking or async."""


class WebhookParser(Protocol):
    """What an adapter knows about its vendor's webhooks. Pure: headers and bytes in, events out."""

    @property
    def max_bytes(self) -> int:
        """The largest body that is read at all."""
        ...

    def parse(self, headers: Mapping[str, str], body: bytes, *, received_at: datetime) -> Sequence[Event]:
        """The events in a request; none when it is genuine and of no interest.

        Args:
            headers: Names in lower case.
            body: As it arrived, before any decoding: signatures are made over these bytes.

        Raises:
            WebhookRefused: It is forged, stale or unreadable.
        """
        ...


@frozen(kw_only=True)
class Reply:
    """What the sender is told: a status and one line of text."""

    status: int
    text: str


@frozen(kw_only=True)
class Receiver:
    """Checks with a parser, stores with a pipeline.

    Args:
        parser: The vendor's, with its secret.
        admit: Usually ``pipeline.receive``.
        clock: Stamps the time of receipt.
    """

    parser: WebhookParser
    admit: Admit
    clock: Clock

    @property
    def max_bytes(self) -> int:
        """A mount stops reading a body at this size and answers `too_large`."""
        return self.parser.max_bytes

    def check(self, method: str, headers: Mapping[str, str], body: bytes) -> Sequence[Event] | Reply:
        """The events of a genuine request, or the reply to one that ends here."""
        if method != "POST":
            return Reply(status=405, text="webhooks are posted")
        if len(body) > self.max_bytes:
            return self.too_large()
        try:
            events = self.parser.parse(headers, body, received_at=self.clock.now())
        except WebhookRefused as error:
            _LOG.warning("a webhook was refused: %s", error.message)
            return Reply(status=error.status, text="refused")  # the sender learns no more than that
        return events if events else Reply(status=200, text="of no interest")

    def too_large(self) -> Reply:
        """The reply to a body beyond `max_bytes`."""
        _LOG.warning("a webhook was refused: its body has more than %d bytes", self.max_bytes)
        return Reply(status=413, text="too large")

    def stored(self, new: int) -> Reply:
        """The reply once every event is durable."""
        return Reply(status=200, text="stored" if new else "known")

    def not_stored(self, error: StoreError) -> Reply:
        """The reply when the inbox cannot be written: the sender will try again."""
        _LOG.error("a webhook could not be stored: %s", error)
        return Reply(status=503, text="not stored, try again")
