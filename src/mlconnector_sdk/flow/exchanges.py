"""The raw exchanges of documents with their vendors: recorded while sending, shown to people."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

from attrs import define, evolve, field, frozen

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.sink import OnUnknown, Outcome, Sink
from mlconnector_sdk.ports import ExchangeLog
from mlconnector_sdk.recording import HIDDEN, recorded
from mlconnector_sdk.records import Entry, RawExchange, SendResult

__all__ = ["Exchanges", "Recorder"]

_HEAD = f"""\
The exchanges about {{}}, as they went over the wire.
{HIDDEN} stands for credentials, for what is named like one, for the values of all but well-known headers,
and for the queries of URLs. What the documents say is shown: read it before you pass it on."""

_LOG = logging.getLogger("mlconnector_sdk.flow")


@frozen(kw_only=True)
class Exchanges:
    """What was said to and by vendors about one document; its text is what to mail to a vendor's support.

    Args:
        asked_for: The business number or the entry id.
        entries: The outbox entries, by position, as they are now.
        by_entry: What is kept of each, by entry id, oldest first.
    """

    asked_for: str
    entries: tuple[Entry, ...]
    by_entry: Mapping[str, Sequence[RawExchange]]

    def __bool__(self) -> bool:
        return any(self.by_entry.values())

    def with_vendor(self, vendor: str) -> Exchanges:
        """Only those with one vendor, whose support need not see what was said to another.

        Args:
            vendor: As transcripts spell it, e.g. ``Stedi``.
        """
        theirs = {
            entry_id: tuple(each for each in exchanges if each.vendor == vendor)
            for entry_id, exchanges in self.by_entry.items()
        }
        concerned = tuple(entry for entry in self.entries if theirs.get(entry.id))
        return evolve(self, entries=concerned, by_entry=theirs)

    def __str__(self) -> str:
        if not self.entries:
            return f"{self.asked_for}: no exchange is known under this number or id"
        parts = [_HEAD.format(self.asked_for)]
        for entry in self.entries:
            partner = f", partner {entry.partner}" if entry.partner else ""
            parts.append(f"{entry.kind} {entry.number}{partner} is {entry.state.value} (entry {entry.id})")
            exchanges = self.by_entry.get(entry.id, ())
            nothing = "purged" if entry.purged_at else "nothing was exchanged, or nothing was kept"
            parts += [str(each) for each in exchanges] or [nothing]
        return "\n\n".join(parts)


@define
class Recorder:
    """Keeps what is exchanged about the documents of a batch.

    Args:
        log: Where it is kept; None: nothing is recorded.
    """

    log: ExchangeLog | None = None
    _batch: dict[str, list[RawExchange]] = field(factory=dict, init=False)

    def listening_to(self, flow: Flow) -> Flow:
        """The same flow, its sends and its looks recorded."""
        return flow if self.log is None else evolve(flow, sink=_Recorded(flow.sink, self._batch))

    async def keep(self) -> None:
        """Hand over what was recorded since the last time.

        A failure is logged and changes no outcome: a transcript is worth less than a delivery.
        """
        batch = dict(self._batch)
        self._batch.clear()
        if self.log is None or not batch:
            return
        try:
            await arrived(self.log.keep(batch))
        except Exception as error:  # noqa: BLE001 - see above; the log may be a host's own
            _LOG.error("the raw exchanges of %d documents were not kept", len(batch), exc_info=error)


class _Recorded:
    """A sink whose exchanges are recorded by entry."""

    def __init__(self, sink: Sink, batch: dict[str, list[RawExchange]]) -> None:
        self._sink = sink
        self._batch = batch

    @property
    def name(self) -> str:
        return self._sink.name

    @property
    def on_unknown(self) -> OnUnknown:
        return self._sink.on_unknown

    @property
    def timeout(self) -> timedelta:
        return self._sink.timeout

    async def ready(self) -> None:
        await self._sink.ready()

    async def send(self, entry: Entry) -> SendResult:
        with self._recording(entry):
            return await self._sink.send(entry)

    async def find(self, entry: Entry) -> Outcome:
        with self._recording(entry):
            return await self._sink.find(entry)

    @contextmanager
    def _recording(self, entry: Entry) -> Iterator[None]:
        with recorded() as exchanges:
            try:
                yield
            finally:
                if exchanges:
                    self._batch.setdefault(entry.id, []).extend(exchanges)
