"""A vendor that keeps the truth, a store that fails, and a witness who compares store and trail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from mlconnector_sdk.errors import StoreError
from mlconnector_sdk.flow import Absent, Found, IfAbsent, OnUnknown, Outcome
from mlconnector_sdk.ports import AuditLog, Store
from mlconnector_sdk.records import AuditEvent, Change, Collected, Collection, Entry, SendResult, State
from mlconnector_sdk.storage.memory import MemoryStore
from mlconnector_sdk.testing.clock import VirtualClock

KEY_LIFE = timedelta(hours=24)
TOLD = {
    State.ACCEPTED: {"accepted", "found", "settled"},
    State.UNCHANGED: {"unchanged"},
    State.SUPERSEDED: {"superseded"},
    State.HELD: {"held"},
    State.IN_FLIGHT: {"sending"},
}
"""Which line says that an entry came into a state. (Dead: see `Witness`.)"""


class Violation(BaseException):
    """A promise was broken; no `except Exception` can swallow it."""


class Killed(BaseException):
    """The process is gone."""


class Vendor:
    """A sink whose vendor remembers keys for a day and shows everything it ever took."""

    name = "edi.vendor"
    timeout = timedelta(seconds=60)

    def __init__(self, clock: VirtualClock, *, keys: bool) -> None:
        self.clock = clock
        self.keys = keys
        self.on_unknown = (
            OnUnknown(same_key_for=KEY_LIFE - timedelta(hours=1), if_absent=IfAbsent.SEND)
            if keys
            else OnUnknown()
        )
        self.taken: list[tuple[str, bytes]] = []
        self.bodies: dict[str, bytes] = {}
        self.remembered: dict[str, datetime] = {}
        self.ready_fails: BaseException | None = None
        self.before: Callable[[Entry], BaseException | None] = lambda entry: None
        self.after: Callable[[Entry], BaseException | None] = lambda entry: None
        self.find_fails: BaseException | None = None

    def has(self, entry: Entry) -> bool:
        return (entry.number, entry.payload) in self.taken

    async def ready(self) -> None:
        if self.ready_fails is not None:
            raise self.ready_fails

    async def send(self, entry: Entry) -> SendResult:
        if entry.payload is None or entry.state is not State.IN_FLIGHT:
            raise Violation(f"sent without a frozen payload or a mark: {entry}")
        if self.bodies.setdefault(entry.idempotency_key, entry.payload) != entry.payload:
            raise Violation("one key has carried two bodies")
        self.clock.advance(0.001)
        if (error := self.before(entry)) is not None:
            raise error
        since = self.remembered.get(entry.idempotency_key)
        if not self.keys or since is None or self.clock.now() - since >= KEY_LIFE:
            self.remembered[entry.idempotency_key] = self.clock.now()
            self.taken.append((entry.number, entry.payload))
        if (error := self.after(entry)) is not None:
            raise error
        return SendResult(references={"execution": str(len(self.taken))})

    async def find(self, entry: Entry) -> Outcome:
        if self.find_fails is not None:
            raise self.find_fails
        if not self.keys:
            return Absent()  # it cannot look
        return Found() if self.has(entry) else Absent()


class Frail:
    """Counts effects (commits, audit writes, leases); the chosen one goes wrong.

    Args:
        how: ``error before``, ``error after`` (it was done, and the answer got lost), ``kill before``,
            ``kill after``. After a kill nothing is done any more, as by a process that is gone.
    """

    def __init__(self) -> None:
        self.count = 0
        self.names: list[str] = []
        self.at = -1
        self.how = ""
        self.gone = False

    def break_at(self, at: int, how: str) -> None:
        self.count, self.at, self.how, self.gone = 0, at, how, False

    def heal(self) -> None:
        self.at, self.gone = -1, False

    def effect(self, name: str, do: Callable[[], Any]) -> Any:
        if self.gone:
            raise Killed
        self.count += 1
        self.names.append(name)
        if self.count - 1 != self.at:
            return do()
        if self.how.endswith("after"):
            do()
        if self.how.startswith("kill"):
            self.gone = True
            raise Killed
        raise StoreError(f"the disk failed at {name}")


class FrailLog:
    def __init__(self, log: AuditLog, frail: Frail) -> None:
        self._log = log
        self._frail = frail

    def write(self, events: Sequence[AuditEvent]) -> None:
        self._frail.effect("audit.write", lambda: self._log.write(events))

    def read(self, *, number: str = "", entry_id: str = "") -> Sequence[AuditEvent]:
        return cast("Sequence[AuditEvent]", self._log.read(number=number, entry_id=entry_id))


class Witness:
    """A store that compares itself with the trail after each commit: the trail may never know less.

    Each time an entry comes into a state there has to be a line of its own that says so. The one exception:
    of an entry that waits, ``observed`` is owed only once something happens to it.
    """

    def __init__(self, frail: Frail | None = None) -> None:
        self._inner = MemoryStore()
        self._frail = frail or Frail()
        self._entered: Counter[tuple[str, State]] = Counter()
        self._states: dict[str, State] = {}
        self._audit = FrailLog(self._inner.audit, self._frail)

    @property
    def audit(self) -> FrailLog:
        return self._audit

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if name in ("close", "due"):
            return value
        return lambda *args, **kwargs: self._frail.effect(f"store.{name}", lambda: value(*args, **kwargs))

    def collect(self, collection: Collection) -> Collected:
        def do() -> Collected:
            collected = self._inner.collect(collection)
            self._compare()
            return collected

        return cast("Collected", self._frail.effect("store.collect", do))

    def save(self, changes: Sequence[Change]) -> Sequence[str]:
        def do() -> Sequence[str]:
            refused = self._inner.save(changes)
            self._compare({change.entry.id for change in changes} - set(refused))
            return refused

        return cast("Sequence[str]", self._frail.effect("store.save", do))

    def _compare(self, saved: set[str] | frozenset[str] = frozenset()) -> None:
        for entry in self._inner.find(limit=10_000):
            before = self._states.get(entry.id)
            if entry.state is not before:
                self._entered[entry.id, entry.state] += 1
            self._states[entry.id] = entry.state
            kinds = Counter(line.kind for line in self._inner.audit.read(entry_id=entry.id))
            born_at_its_end = before is None and entry.state is not State.PENDING
            if entry.state is not State.PENDING and kinds["observed"] != 1:
                raise Violation(f"{kinds['observed']} lines tell that {entry} was observed")
            if entry.state is State.DEAD:
                told = kinds["dead letter"] + (1 if born_at_its_end or not entry.attempts else 0)
            elif entry.state in TOLD:
                told = sum(kinds[kind] for kind in TOLD[entry.state])
            else:
                continue
            if told < self._entered[entry.id, entry.state]:
                raise Violation(f"the trail does not tell that {entry} is {entry.state}: {dict(kinds)}")
            if max(kinds["accepted"], kinds["unchanged"], kinds["held"]) > 9:
                raise Violation(f"lines are told again and again: {dict(kinds)}")


def as_store(witness: Witness) -> Store:
    return cast("Store", witness)
