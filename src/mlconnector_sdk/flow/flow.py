"""One direction of an integration: a source, a mapping and a sink."""

from __future__ import annotations

from collections.abc import Callable, Collection

from attrs import field, frozen

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.flow.limits import Limits
from mlconnector_sdk.flow.mapped import Mapped
from mlconnector_sdk.flow.sink import Sink
from mlconnector_sdk.flow.source import Source
from mlconnector_sdk.flow.standing import Standing
from mlconnector_sdk.records import Entry

__all__ = ["Flow", "MapRecord"]

MapRecord = Callable[[Entry, Standing], Mapped]
"""A pure function: the entry to map, and what happened before under the same number. Raises `DocumentError`
for what cannot be mapped."""


def _no_partner() -> Collection[str]:
    return ()


def _usual_limits(partner: str) -> Limits:
    return Limits()


@frozen(kw_only=True)
class Flow:
    """Records of one source, mapped one by one, into one sink.

    Args:
        name: Unique within the store, e.g. ``purchase_orders``; it is part of every key.
        kind: What is sent, in the field's words: ``850``, ``acknowledgment``.
        source: Where records come from.
        map: Turns a record into what is sent.
        sink: Where it goes.
        tenant: The data set at the source, e.g. the Plex PCN; it is part of every key.
        environment: ``production``, ``test`` ...; it is part of every key.
        batch: How many documents are marked in flight together. A crash leaves so many outcomes unknown:
            more than one suits only sinks that can repeat a send safely.
        relates_to: The flow of the pipeline whose entries with the same number the mapping is shown.
        answered_by: The flow of the pipeline whose documents answer those of this one, by number.
        reported: Whether flows of the same store end in a `ConfirmationSink` and speak of these documents.
        limits: How long the steps of a document to this partner may take.
        paused: The partners whose documents wait, asked before each lease.

    Raises:
        ConfigurationError: The name is empty or holds ``|``.
    """

    name: str
    kind: str
    source: Source = field(repr=False)
    map: MapRecord = field(repr=False)
    sink: Sink = field(repr=False)
    tenant: str = ""
    environment: str = "production"
    batch: int = 1
    relates_to: str = ""
    answered_by: str = ""
    reported: bool = False
    limits: Callable[[str], Limits] = field(default=_usual_limits, repr=False)
    paused: Callable[[], Collection[str]] = field(default=_no_partner, repr=False)

    def __attrs_post_init__(self) -> None:
        if not self.name or "|" in self.name:  # the dedupe key of an event is "flow|event id"
            raise ConfigurationError(
                f"{self.name!r} cannot be the name of a flow: it is part of keys",
                path="name",
                remedy="give it a name without '|'",
            )
