"""What needs a person now, as few lines as possible: for a dashboard, a pager, a morning mail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from attrs import define, field, frozen

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.overdue import Punctuality
from mlconnector_sdk.ports import Clock, Store
from mlconnector_sdk.records import Entry, State

__all__ = ["Alert", "Examiner", "Expiry", "Health", "NewAlerts"]

_SOON = timedelta(days=14)
_LETTERS = 10_000


@frozen(kw_only=True)
class Expiry:
    """A credential that will be refused from some instant on.

    Args:
        name: What it is, e.g. ``Stedi API key``. Never the credential itself.
        at: When it ends.
        remedy: How it is replaced.
    """

    name: str
    at: datetime
    remedy: str


@frozen(kw_only=True)
class Alert:
    """One thing that a person should look at.

    Args:
        key: The same as long as it is the same trouble.
        text: What is the matter, one sentence.
        remedy: What to do.
    """

    key: str
    text: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.text} Remedy: {self.remedy}"


@frozen(kw_only=True)
class Health:
    """How things stand.

    Args:
        at: When this was found.
        alerts: What needs a person; none: nothing does.
        dead_letters: How many documents wait for a person.
        overdue: How many documents wait longer than they should.
        oldest_pending: Since when the oldest document waits that is not sent yet, or None.
    """

    at: datetime
    alerts: tuple[Alert, ...]
    dead_letters: int
    overdue: int
    oldest_pending: datetime | None

    @property
    def ok(self) -> bool:
        """Whether nobody has to do anything."""
        return not self.alerts

    def __str__(self) -> str:
        oldest = f"{self.oldest_pending:%Y-%m-%d %H:%M}Z" if self.oldest_pending else "none"
        head = f"{self.dead_letters} dead letters, {self.overdue} overdue, oldest pending: {oldest}"
        return "\n".join([head, *(f"  {alert}" for alert in self.alerts)])


@frozen(kw_only=True)
class Examiner:
    """Finds out how things stand; changes nothing."""

    store: Store = field(repr=False)
    clock: Clock = field(repr=False)
    expiries: Callable[[], Iterable[Expiry]] = field(repr=False)

    async def examine(self, flows: Sequence[Flow]) -> Health:
        """Look at everything that could need a person."""
        now = self.clock.now()
        names = {flow.name for flow in flows}
        letters = [
            letter
            for letter in await arrived(
                self.store.find(states=[State.DEAD, State.HELD, State.REJECTED], limit=_LETTERS)
            )
            if letter.flow in names
        ]
        alerts = [_letter_alert(letter) for letter in letters]
        pending: list[datetime] = []
        late = 0
        punctuality = Punctuality(store=self.store, clock=self.clock)
        for flow in flows:
            for overdue in await punctuality.overdue(flow):
                late += 1
                key = f"overdue {overdue.entry.id} {overdue.waits_for}"
                entry = overdue.entry
                by = f"{overdue.due:%Y-%m-%d %H:%M}Z"
                text = f"{entry.kind} {entry.number} should have been {overdue.waits_for} by {by}."
                alerts.append(Alert(key=key, text=text, remedy=overdue.remedy))
            oldest = await arrived(self.store.find(flow=flow.name, states=[State.PENDING], limit=1))
            pending += [entry.observed_at for entry in oldest]
            alerts += await self._paused(flow)
        alerts += [
            Alert(
                key=f"expires {each.name}",
                text=f"{each.name} {'ends' if each.at > now else 'has ended'} on {each.at:%Y-%m-%d}.",
                remedy=each.remedy,
            )
            for each in self.expiries()
            if each.at <= now + _SOON
        ]
        return Health(
            at=now,
            alerts=tuple(alerts),
            dead_letters=len(letters),
            overdue=late,
            oldest_pending=min(pending, default=None),
        )

    async def _paused(self, flow: Flow) -> list[Alert]:
        status = await arrived(self.store.flow_status(flow.name))
        if status.paused_until is None:
            return []
        text = f"the flow '{flow.name}' rests: {status.reason}."
        return [Alert(key=f"paused {flow.name} {status.reason}", text=text, remedy=status.remedy)]


@define
class NewAlerts:
    """Tells each alert once while it lasts, and again when it comes back."""

    _told: frozenset[str] = frozenset()

    def among(self, health: Health) -> list[Alert]:
        """Those that were not there the last time."""
        news = [alert for alert in health.alerts if alert.key not in self._told]
        self._told = frozenset(alert.key for alert in health.alerts)
        return news


def _letter_alert(letter: Entry) -> Alert:
    partner = f" for {letter.partner}" if letter.partner else ""
    text = f"{letter.kind} {letter.number}{partner} is {letter.state.value}: {letter.reason}."
    # A letter that comes back after a retry is news.
    return Alert(key=f"letter {letter.id} {letter.changed_at.isoformat()}", text=text, remedy=letter.remedy)
