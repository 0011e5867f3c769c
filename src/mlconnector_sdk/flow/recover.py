"""What to do with a send whose outcome nobody knows.

Same bytes with the same key while the vendor remembers the key; else look for the effect; else ask.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from mlconnector_sdk.errors import ConnectorError, Scope
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.journal import told
from mlconnector_sdk.flow.outcomes import Outcomes
from mlconnector_sdk.flow.sink import Found, IfAbsent, NotYet
from mlconnector_sdk.ports import Clock
from mlconnector_sdk.records import Entry

__all__ = ["Recovery"]


@frozen(kw_only=True)
class Recovery:
    """Decides about entries that were found in flight after their lease had run out."""

    flow: Flow = field(repr=False)
    outcomes: Outcomes = field(repr=False)
    clock: Clock = field(repr=False)

    async def look(self, entries: Iterable[Entry]) -> list[Entry]:
        """Settle what can be settled; return what may be sent again.

        Raises:
            ConnectorError: Of scope FLOW or VENDOR: nobody can look now.
        """
        again = []
        for entry in entries:
            if self._key_is_remembered(entry):
                again.append(entry)
            elif await self._is_absent(entry):
                if self.flow.sink.on_unknown.if_absent is IfAbsent.SEND:
                    again.append(entry)
                else:
                    self._ask(entry)
        return again

    def _key_is_remembered(self, entry: Entry) -> bool:
        policy = self.flow.sink.on_unknown
        if entry.first_sent_at is None:
            return False
        # The repeat must arrive while the key is remembered, however slow it is.
        return self.clock.now() + self.flow.sink.timeout < entry.first_sent_at + policy.same_key_for

    async def _is_absent(self, entry: Entry) -> bool:
        try:
            outcome = await self.flow.sink.find(entry)
        except ConnectorError as error:
            if error.scope is Scope.DOCUMENT:
                self._ask(entry, because=f" Looking for it failed: {told(error)[0]}.")
                return False
            self.outcomes.wait(entry, told(error)[0], look_at=self.flow.sink.on_unknown.settle)
            raise
        if isinstance(outcome, Found):
            self.outcomes.found(entry, outcome)
            return False
        if isinstance(outcome, NotYet):
            self.outcomes.wait(
                entry, "too early to see whether it arrived", look_at=self.flow.sink.on_unknown.settle
            )
            return False
        return True

    def _ask(self, entry: Entry, *, because: str = "") -> None:
        sent = entry.first_sent_at.isoformat(timespec="seconds") if entry.first_sent_at else "once"
        self.outcomes.dead(
            entry,
            f"sent at {sent} to {self.flow.sink.name} without an answer: nobody can say whether it arrived."
            + because,
            f"look for {entry.kind} {entry.number} at the vendor, then settle('{entry.id}', arrived=...)",
            outcome_unknown=True,
        )
