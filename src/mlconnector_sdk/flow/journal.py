"""The audit lines of the loops.

The id of a line is derived from what it tells, so that the same step told twice, because a crash came
between telling and recording it, appears once. Lines are written *before* the store records the step: the
trail may know more than the store, never less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from attrs import field, frozen

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import ConnectorError
from mlconnector_sdk.ports import AuditLog, Clock
from mlconnector_sdk.records import AuditEvent, Entry, State, digest

__all__ = ["Journal", "told"]


@frozen(kw_only=True)
class Journal:
    """Builds and writes audit lines."""

    log: AuditLog = field(repr=False)
    clock: Clock = field(repr=False)

    async def write(self, lines: Sequence[AuditEvent]) -> None:
        """Write lines durably; none is fine."""
        if lines:
            await arrived(self.log.write(lines))

    def observed(self, entry: Entry) -> AuditEvent:
        """The first line of every story: what was seen, and when."""
        text = {
            State.KNOWN: f"{entry.kind} {entry.number} existed before go-live; nothing is sent",
            State.DEAD: f"{entry.kind} {entry.number} was seen and cannot be read: {entry.reason}",
        }.get(entry.state, f"{entry.kind} {entry.number} was seen (observation {entry.sequence})")
        if entry.deliberate:
            text = (
                f"{entry.kind} {entry.number} is to go again (number {entry.sequence}): a person asked for it"
            )
        return self._line(entry, "observed", text, str(entry.sequence), at_observation=True)

    def step(self, entry: Entry, kind: str, text: str, data: Mapping[str, str] | None = None) -> AuditEvent:
        """One step in the life of an entry.

        A step departs from what the store says: ``entry`` is the entry as it is stored before the step. A
        lease changes nothing about that, so a step that is told again after a crash is the same line; a step
        that is taken again after a person's retry, even with the same words, is another one.
        """
        return self._line(entry, kind, text, f"{entry.changed_at.isoformat()}|{text}", data)

    def reported(
        self, entry: Entry, kind: str, text: str, *, report: str, data: Mapping[str, str] | None = None
    ) -> AuditEvent:
        """What somebody else reports of an entry: one line for a report, whatever happened since it was told.

        Args:
            entry: The entry that it speaks of.
            kind: As of `step`.
            text: As of `step`.
            report: What tells this report from others.
            data: As of `step`.
        """
        return self._line(entry, kind, text, f"{report}|{text}", data)

    def moment(self, entry: Entry) -> datetime:
        """When the next step of an entry happens: later than its last one, even if the clock was set back.

        So ``changed_at`` tells each step from the next, which is what `step` relies on.
        """
        return max(self.clock.now(), entry.changed_at + timedelta.resolution)

    def by_hand(
        self, entry: Entry, kind: str, text: str, data: Mapping[str, str] | None = None
    ) -> AuditEvent:
        """Something a person did: every time is a line of its own."""
        return self._line(entry, kind, text, f"fence {entry.fence}", data)

    def flow_line(self, flow: str, kind: str, text: str, data: Mapping[str, str] | None = None) -> AuditEvent:
        """A line about a whole flow, e.g. what a poll has read."""
        now = self.clock.now()
        return AuditEvent(
            id=digest(flow, kind, now.isoformat(), text),
            at=now,
            flow=flow,
            kind=kind,
            text=text,
            data=data or {},
        )

    def _line(
        self,
        entry: Entry,
        kind: str,
        text: str,
        tells: str,
        data: Mapping[str, str] | None = None,
        *,
        at_observation: bool = False,
    ) -> AuditEvent:
        return AuditEvent(
            id=digest(entry.id, kind, tells),
            at=entry.observed_at if at_observation else self.clock.now(),
            flow=entry.flow,
            kind=kind,
            text=text,
            entry_id=entry.id,
            number=entry.number,
            partner=entry.partner,
            data=data or {},
        )


def told(error: ConnectorError) -> tuple[str, str]:
    """An error as reason and remedy, the way entries and flows keep it."""
    where = f" [at {error.path}]" if error.path else ""
    return f"{error.message}{where}", error.remedy
