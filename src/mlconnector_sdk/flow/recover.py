"""What to do with a send whose outcome nobody knows.

Same bytes with the same key while the vendor remembers the key; else look for the effect; else ask.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from attrs import define, field

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import ConnectorError, Scope
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.journal import told
from mlconnector_sdk.flow.outcomes import Outcomes
from mlconnector_sdk.flow.sink import Found, IfAbsent, NotYet
from mlconnector_sdk.ports import Clock
from mlconnector_sdk.records import Entry

__all__ = ["Recovery"]


_LOG = logging.getLogger("mlconnector_sdk.flow")


@define(kw_only=True)
class Recovery:
    """Decides about entries that were found in flight after their lease had run out.

    Args:
        problem: What kept the first look from succeeding: nobody looks again in this delivery.
    """

    flow: Flow = field(repr=False)
    outcomes: Outcomes = field(repr=False)
    clock: Clock = field(repr=False)
    problem: ConnectorError | None = field(default=None, init=False)
    _by_key: set[str] = field(factory=set, init=False)

    async def look(self, entries: Iterable[Entry]) -> list[Entry]:
        """Settle what can be settled; return what may be sent again.

        When nobody can look now, the uncertain ones wait and `problem` says why: documents that need no
        look are not held up by them.
        """
        again = []
        for entry in entries:
            if self._key_is_remembered(entry):
                self._by_key.add(entry.id)
                again.append(entry)
            elif self.problem is not None:
                self._wait(entry, told(self.problem)[0])
            elif self._has_time(entry) and await self._is_absent(entry):
                if self.flow.sink.on_unknown.if_absent is IfAbsent.SEND:
                    again.append(entry)
                else:
                    self._ask(entry)
        return again

    def may_repeat(self, entry: Entry) -> bool:
        """Whether what let the entry go again still holds at the moment of sending."""
        return entry.id not in self._by_key or self._key_is_remembered(entry)

    def _has_time(self, entry: Entry) -> bool:
        """Whether the lease lasts for another look; if not, the entry is given back and leased again."""
        return entry.leased_until is None or entry.leased_until - self.clock.now() >= self.flow.sink.timeout

    def _key_is_remembered(self, entry: Entry) -> bool:
        policy = self.flow.sink.on_unknown
        if entry.first_sent_at is None or entry.first_sent_at > self.clock.now():
            return False  # never sent, or by a clock that was ahead: nobody knows how old the key is
        # The repeat must arrive while the key is remembered, however slow it is.
        return self.clock.now() + self.flow.sink.timeout < entry.first_sent_at + policy.same_key_for

    async def _is_absent(self, entry: Entry) -> bool:
        try:
            outcome = await self.flow.sink.find(entry)
        except ConnectorError as error:
            if error.scope is Scope.DOCUMENT:
                self._ask(entry, because=f" Looking for it failed: {told(error)[0]}.")
            else:
                self.problem = error
                self._wait(entry, told(error)[0])
            return False
        except Exception as error:  # noqa: BLE001 - a host's sink must not take the queue down
            _LOG.error("looking for %s %s failed", entry.kind, entry.number, exc_info=error)
            self._ask(entry, because=f" Looking for it failed: {type(error).__name__}: {error}.")
            return False
        if isinstance(outcome, Found):
            if (other := await self._owner(entry, outcome)) is not None:
                self._ask(
                    entry, because=f" What was found there belongs to observation {other.sequence} of it."
                )
                return False
            self.outcomes.found(self.flow, entry, outcome)
            if self.flow.reported:
                await self.outcomes.wake_reports(outcome.references)
            return False
        if isinstance(outcome, NotYet):
            self._wait(entry, "too early to see whether it arrived")
            return False
        return True

    async def _owner(self, entry: Entry, found: Found) -> Entry | None:
        """Another entry that bears what was found: documents may be alike, an effect is of one of them."""
        for reference in found.references.items():
            for other in await arrived(self.outcomes.store.find(flow=entry.flow, reference=reference)):
                if other.id != entry.id:
                    return other
        return None

    def _wait(self, entry: Entry, reason: str) -> None:
        self.outcomes.wait(entry, reason, look_at=self.flow.sink.on_unknown.settle)

    def _ask(self, entry: Entry, *, because: str = "") -> None:
        sent = entry.first_sent_at.isoformat(timespec="seconds") if entry.first_sent_at else "once"
        self.outcomes.dead(
            entry,
            f"sent at {sent} to {self.flow.sink.name} without an answer: nobody can say whether it arrived."
            + because,
            f"look for {entry.kind} {entry.number} at the vendor, then settle('{entry.id}', arrived=...)",
            outcome_unknown=True,
        )
