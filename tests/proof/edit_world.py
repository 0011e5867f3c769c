"""A company, its pipeline, Stedi and the suppliers, in one process, and what can be done to them."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias, cast
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from mlconnector_sdk.adapters.plex.profile import Statuses
from mlconnector_sdk.codec import decode
from mlconnector_sdk.errors import DocumentError, StoreError
from mlconnector_sdk.flow import ConfirmationSink, Flow, Mapped, Pipeline, Send, Standing
from mlconnector_sdk.flow.confirmation import Confirmation, write_confirmations
from mlconnector_sdk.mapping.crossref import CrossReference
from mlconnector_sdk.mapping.edits import SentOrder
from mlconnector_sdk.mapping.partners import Partners
from mlconnector_sdk.pipelines.partner_files import PartnerFiles
from mlconnector_sdk.pipelines.plex_stedi.orders import OrderMapping
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Entry, State
from mlconnector_sdk.simulators import wire
from mlconnector_sdk.storage.memory import MemoryStore
from mlconnector_sdk.storage.sqlite import SQLiteStore
from mlconnector_sdk.testing.clock import VirtualClock
from tests.flow.world import Frail, FrailLog, Killed, Violation
from tests.proof.edit_company import NUMBERS, SUPPLIERS, Company, PlainOrder, Purchases
from tests.proof.edit_network import Network

__all__ = [
    "Act",
    "Edit",
    "Fate",
    "Leap",
    "Report",
    "Run",
    "Step",
    "Tally",
    "Terms",
    "Wait",
    "World",
]

_FLOW = "purchase_orders"
_ROUNDS = 25


@frozen(kw_only=True)
class Terms:
    """What was agreed with both suppliers, and how the company runs its pipeline."""

    changes: str = "860"
    known_orders: str = "hold"
    after_rejection: str = "original"
    closed_orders: str = "ignore"
    frozen_days: int = 0
    batch: int = 20
    known: int = 0
    """Orders from before go-live."""
    sqlite: bool = False

    def partners(self) -> PartnerFiles:
        """The partner file."""
        suppliers = "".join(
            f"""
[partners.{code}]
supplier = "{code}"
buyer = {{ id = "US", qualifier = "92" }}
account = {{ id = "47{place}", qualifier = "92" }}
[partners.{code}.stedi]
partnership = "us_{code.lower()}"
settings = {{ 850 = "us_{code.lower()}-850", 860 = "us_{code.lower()}-860" }}
"""
            for place, code in enumerate(SUPPLIERS)
        )
        text = f"""
units = "as_is"
parts = "as_is"
[policies]
changes = "{self.changes}"
known_orders = "{self.known_orders}"
after_rejection = "{self.after_rejection}"
closed_orders = "{self.closed_orders}"
frozen_days = {self.frozen_days}
{suppliers}"""
        return PartnerFiles(partners=Partners.from_toml(text), tables=CrossReference({}))


@frozen
class Edit:
    """A buyer edits an order."""

    order: int
    kind: str
    pick: int = 0
    value: int = 0


@frozen
class Run:
    """The pipeline runs once.

    Args:
        faults: Which send goes wrong how: place, ``before`` or ``after``, and what.
        down: Nothing may leave: ``outage`` or ``password``.
        blind: Plex does not answer.
        broken: The place of the effect on the store or the log that goes wrong; -1: none.
        how: How it goes wrong (see `Frail`).
        most: The most sends; 0: as many as are due.
    """

    faults: tuple[tuple[int, str, str], ...] = ()
    down: str = ""
    blind: bool = False
    broken: int = -1
    how: str = "error before"
    most: int = 0


@frozen
class Wait:
    """Time passes."""

    seconds: float


@frozen
class Leap:
    """The clock of the pipeline's machine is set, so that it is so many seconds off."""

    off: float


@frozen
class Fate:
    """What becomes of the next document at the supplier; see `FATES`."""

    what: str


@frozen
class Report:
    """What is to be said about documents is said now."""


@frozen
class Act:
    """A person does something, truthfully: retry, remap, settle, resend, dismiss, pause, resume, lost."""

    what: str
    pick: int = 0


Step: TypeAlias = Edit | Run | Wait | Leap | Fate | Report | Act


@define
class Tally:
    """What all sequences came to."""

    sequences: int = 0
    edits: int = 0
    runs: int = 0
    requests: int = 0
    documents: Counter[str] = field(factory=Counter)
    failures: Counter[str] = field(factory=Counter)
    compared: int = 0
    left_out: Counter[str] = field(factory=Counter)

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.documents.items()))
        failures = ", ".join(f"{count} {what}" for what, count in sorted(self.failures.items()))
        left_out = ", ".join(f"{count} {why}" for why, count in sorted(self.left_out.items()))
        return (
            f"{self.sequences} sequences, {self.edits} edits, {self.runs} runs, {self.requests} requests, "
            f"{sum(self.documents.values())} documents taken ({kinds}), "
            f"{sum(self.failures.values())} failures injected ({failures}), "
            f"{self.compared} views compared and equal; not compared: {left_out or 'none'}"
        )


class _SkewedClock(VirtualClock):
    """The clock of the pipeline's machine: the true time, and how far it is off."""

    def __init__(self, time: VirtualClock) -> None:
        super().__init__()
        self.time, self.off = time, 0.0

    def now(self) -> datetime:
        return self.time.now() + timedelta(seconds=self.off)

    def monotonic(self) -> float:
        return self.time.monotonic()

    def sleep(self, seconds: float) -> None:
        self.time.sleep(seconds)


class _FrailStore:
    """A store whose chosen effect goes wrong."""

    def __init__(self, inner: Store, frail: Frail) -> None:
        self._inner, self._frail = inner, frail
        self.audit = FrailLog(inner.audit, frail)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        return lambda *args, **kwargs: self._frail.effect(name, lambda: value(*args, **kwargs))


class World:
    """Everything, from go-live on."""

    def __init__(self, terms: Terms, tally: Tally) -> None:
        self.terms, self.tally = terms, tally
        self.time = VirtualClock()
        self.clock = _SkewedClock(self.time)
        self.company = Company()
        self.purchases = Purchases(self.company)
        self.network = Network(self.time, SUPPLIERS)
        self.network.now = self.clock.now
        self.network.takes_any_replacement = terms.after_rejection == "replace"
        self.frail = Frail()
        self.folder: Path | None = None
        self.store = self._open()
        self.network.state_of = lambda entry: self.inner.find(entry_id=entry)[0].state
        for place, number in enumerate(NUMBERS[: terms.known]):
            self.company.enter(number, place, place)
            supplier = self.company.wanted(number).supplier
            if supplier in SUPPLIERS:
                self.network.telephone(supplier, number, self.company.wish(number))
        self.sync = self._pipeline()
        self.sync.baseline()

    def close(self) -> None:
        """Leave nothing behind."""
        cast("Any", self.inner).close()
        if self.folder is not None:
            shutil.rmtree(self.folder)

    # -- steps ----------------------------------------------------------------------------------------

    def do(self, step: Step) -> None:
        """One step."""
        self.time.advance(1)
        match step:
            case Edit(order=order, kind=kind, pick=pick, value=value):
                self.tally.edits += self.company.edit(NUMBERS[order], kind, pick, value)
            case Run():
                self._run(step)
            case Wait(seconds=seconds):
                self.time.advance(seconds)
            case Leap(off=off):
                self.tally.failures["clock set"] += self.clock.off != off
                self.clock.off = off
            case Fate(what=what):
                self.network.fates.append(what)
            case Report():
                self.network.reports.release()
            case Act(what=what, pick=pick):
                with suppress(DocumentError):
                    self._act(what, pick)

    def _run(self, run: Run) -> None:
        self.tally.runs += 1
        self.network.begin_run({place: (when, what) for place, when, what in run.faults}, run.down)
        self.purchases.fails = run.blind
        if run.broken >= 0:
            self.frail.break_at(run.broken, run.how)
        try:
            self.sync.run(max_sends=run.most or None)
        except StoreError:
            self.tally.failures["store error"] += 1
        except Killed:
            self.tally.failures["killed at the store"] += self.frail.gone
            self.sync = self._pipeline()  # the program is started again
        finally:
            self.frail.heal()
            self.network.begin_run({}, "")
            self.purchases.fails = False

    def _act(self, what: str, pick: int) -> None:
        letters = self.sync.dead_letters()
        letter = letters[pick % len(letters)] if letters else None
        match what:
            case "retry" if letter:
                self.sync.retry(letter.id)
            case "remap" if letter:
                self.sync.remap(letter.id)
            case "settle" if letter:
                self._decide(letter)
            case "dismiss" if letter and letter.state is not State.REJECTED and letter.flow == _FLOW:
                self.sync.dismiss(letter.id, by="Kim", reason="not needed")
            case "resend":
                taken = [each for each in self._entries() if each.state.taken and each.payload]
                if taken:
                    self.sync.resend(taken[pick % len(taken)].id, by="Kim", reason="they have lost it")
            case "pause":
                self.sync.pause(SUPPLIERS[pick % 2], by="Kim", reason="stock taking", flows=[_FLOW])
            case "resume":
                self.sync.resume(SUPPLIERS[pick % 2], by="Kim", flows=[_FLOW])

    # -- the end --------------------------------------------------------------------------------------

    def rest(self) -> None:
        """All is well again, and a truthful person decides what is left, until nothing is."""
        self.clock.off = 0.0
        self.network.fates.clear()
        for supplier in SUPPLIERS:
            self.sync.resume(supplier, by="Kim", flows=[_FLOW])
        for _ in range(_ROUNDS):
            self.company.complete()
            self.time.advance(7_500)
            self.network.reports.release()
            report = self.sync.run()
            letters = [letter for letter in self.sync.dead_letters() if not self._is_hopeless(letter)]
            for letter in letters:
                [fresh] = self.inner.find(entry_id=letter.id)
                if fresh.state is letter.state:
                    with suppress(DocumentError):
                        self._decide(fresh)
            quiet = not any(flow.added or flow.outcomes for flow in report.flows)
            if quiet and not letters and not self.network.reports.kept:
                return
        left = [f"{each.kind} {each.number} {each.state.value}: {each.reason}" for each in letters]
        raise Violation(f"it does not come to rest; before a person: {left}")

    def _is_hopeless(self, letter: Entry) -> bool:
        """Whether nobody can do anything about it: the partner file does not list the supplier."""
        return letter.flow == _FLOW and letter.partner not in SUPPLIERS

    def _decide(self, letter: Entry) -> None:
        """What a person who looks everything up does with a document that waits for one."""
        if letter.flow != _FLOW:
            self._decide_report(letter)
        elif letter.outcome_unknown:
            sent = self.network.taken(letter)
            self.sync.settle(letter.id, arrived=sent is not None, by="Kim", reason="asked Stedi")
            if sent is not None and sent.fate != "applied":
                self.sync.settle(letter.id, arrived=False, by="Kim", reason="the supplier has not got it")
        elif letter.state is State.HELD:
            wanted, wish = self.purchases.seen[letter.record]
            mine = wanted.supplier == letter.partner and bool(wish.lines) and not wanted.closed
            self.network.telephone(letter.partner, letter.number, wish if mine else None)
            self.sync.settle(letter.id, arrived=True, by="Kim", reason="told them by telephone")
        else:
            self.sync.remap(letter.id)

    def _decide_report(self, letter: Entry) -> None:
        if letter.outcome_unknown:  # our own store was not told: it is told again
            self.sync.settle(letter.id, arrived=False, by="Kim", reason="looked")
            return
        told = wire.loads(letter.record)
        sent = self.network.reports.about(told["execution"])
        [entry] = self.inner.find(entry_id=sent.entry)
        if entry.state in (State.PENDING, State.IN_FLIGHT):
            return  # what it speaks of is not known yet: it is looked at again
        if entry.state.taken and self.network.taken(entry) is sent:
            self.sync.settle(entry.id, arrived=False, by="Kim", reason="the supplier has not got it")
        self.sync.dismiss(letter.id, by="Kim", reason="done")

    def compare(self) -> None:
        """Each supplier's view of each order is what the company wants of him."""
        for number in self.company.numbers:
            wanted = self.company.wanted(number)
            for supplier in SUPPLIERS:
                view = self.network.view(supplier, number)
                line = [each for each in self._entries() if (each.partner, each.number) == (supplier, number)]
                self._compare_taken(line)
                self._compare_belief(line, view, f"{supplier} {number}")
                if (why := self._left_out(line, wanted.closed)) is not None:
                    self.tally.left_out[why] += 1
                    continue
                mine = wanted.supplier == supplier and not wanted.cancelled and not wanted.closed
                wish = self.company.wish(number)
                expected = wish if mine and wish.lines else None
                if view != expected:
                    raise Violation(
                        f"{supplier}'s view of {number} is not the company's wish\nview: {view}\n"
                        f"wish: {expected}\nline: {_told(line)}"
                    )
                self.tally.compared += 1

    def _left_out(self, line: list[Entry], closed: bool) -> str | None:
        """Why the view may differ from the wish."""
        known = line and line[0].state is State.KNOWN and not any(each.state.taken for each in line)
        if known and self.terms.known_orders == "ignore":
            return "known before go-live, and ignored"
        seen = [each for each in line if each.state is not State.SUPERSEDED and not each.deliberate]
        if seen and seen[-1].state is State.DISMISSED:
            return "dismissed by a person"
        if closed and self.terms.closed_orders == "ignore":
            return "closed, and left alone"
        return None

    def _compare_taken(self, line: list[Entry]) -> None:
        """What is said to be taken is there, each as a document of its own."""
        for entry in line:
            if entry.state.taken and entry.attempts and self.network.taken(entry) is None:
                raise Violation(f"{entry.kind} {entry.number} is {entry.state.value} and was never taken")

    def _compare_belief(self, line: list[Entry], view: PlainOrder | None, what: str) -> None:
        """What the pipeline believes the supplier to have is what he has."""
        taken = [each for each in line if each.state.taken]
        if not taken or taken[-1].document is None:
            return
        sent = decode(taken[-1].document, SentOrder, strict=True)
        if any(each.id in sent.builds_on and not each.state.taken for each in line):
            return  # in doubt, and known to be
        believed = None if sent.cancelled else {each.number: each.quantity for each in sent.order.lines}
        found = None if view is None else {place: each.quantity for place, each in view.lines.items()}
        if believed != found:
            raise Violation(f"{what}: believed to have {believed}, has {found}\nline: {_told(line)}")

    # -- inside ---------------------------------------------------------------------------------------

    def _entries(self) -> list[Entry]:
        return list(self.inner.find(flow=_FLOW, limit=1_000))

    def _open(self) -> Store:
        if self.terms.sqlite:
            self.folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
            self.inner: Any = SQLiteStore(self.folder / "sync.db")
        else:
            self.inner = MemoryStore()
        return cast("Store", _FrailStore(self.inner, self.frail))

    def _pipeline(self) -> Pipeline:
        mapping = OrderMapping(
            book=self.terms.partners(), time_zone=ZoneInfo("UTC"), usage="P", statuses=Statuses()
        )
        orders = Flow(
            name=_FLOW,
            kind="850",
            source=self.purchases,
            map=mapping,
            sink=self.network,
            tenant="1",
            batch=self.terms.batch,
            reported=True,
        )
        reports = Flow(
            name="reports",
            kind="997",
            source=self.network.reports,
            map=_confirmation,
            sink=ConfirmationSink(self.store, clock=self.clock),
            tenant="1",
        )
        return Pipeline("edits", [orders, reports], store=self.store, clock=self.clock)


def _confirmation(entry: Entry, standing: Standing) -> Mapped:
    told: Mapping[str, str] = wire.loads(entry.record)
    applied = told["fate"] == "applied"
    said = Confirmation(
        reference=("execution", told["execution"]),
        state=State.ACKNOWLEDGED if applied else State.REJECTED,
        at=datetime.fromisoformat(told["at"]),
        text=f"the document was {told['fate']}",
        remedy="" if applied else "mend it",
        ours=not applied,
    )
    return Send(payload=write_confirmations([said]))


def _told(line: list[Entry]) -> str:
    return "; ".join(
        f"{each.sequence} {each.kind} {each.state.value}{' (again)' if each.deliberate else ''}"
        f"{f' [{each.reason}]' if each.reason else ''}"
        for each in line
    )
