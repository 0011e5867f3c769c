"""Stedi and two suppliers as the sink of an order flow: it checks, remembers keys, loses answers, delivers.

What is delivered is read and applied by the simulator's own reader and order book, which share no code with
the pipeline.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from attrs import define, evolve

from mlconnector_sdk.adapters.stedi.outbound import read_payload
from mlconnector_sdk.adapters.stedi.profile import stedi_profile
from mlconnector_sdk.errors import (
    AuthenticationFailed,
    OutcomeUnknown,
    Reached,
    RequestRefused,
    Throttled,
    VendorUnavailable,
)
from mlconnector_sdk.flow import (
    Absent,
    Found,
    IfAbsent,
    NotYet,
    Observation,
    OnUnknown,
    Outcome,
    Walk,
    Window,
)
from mlconnector_sdk.records import Entry, Event, Feed, SendResult, State
from mlconnector_sdk.simulators import wire
from mlconnector_sdk.simulators.stedi import envelope, outbound, reading
from mlconnector_sdk.simulators.stedi.guide_out import to_guide
from mlconnector_sdk.simulators.stedi.orderbook import OrderBook
from mlconnector_sdk.simulators.stedi.orders import (
    SupplierLine,
    SupplierOrder,
    SupplierParty,
    SupplierSchedule,
)
from mlconnector_sdk.simulators.stedi.partnerships import Partnership, Profile
from mlconnector_sdk.simulators.stedi.sets import transaction_set
from mlconnector_sdk.testing.clock import VirtualClock
from tests.flow.world import Killed, Violation
from tests.proof.edit_company import PlainLine, PlainOrder

__all__ = ["AFTER", "BEFORE", "FATES", "Network", "Reports", "Sent"]

BEFORE = ("refused", "throttled", "outage", "password", "reset", "crash", "killed")
"""What goes wrong before Stedi has taken a document."""
AFTER = ("lost", "bad gateway", "crash", "killed")
"""What goes wrong after that."""
FATES = ("applied", "rejected", "undelivered")
"""What becomes of a document at the supplier."""

_KEY_LIFE = timedelta(hours=24)
_SKEW = timedelta(minutes=1)


@define
class Sent:
    """A document that Stedi has taken."""

    entry: str
    partner: str
    number: str
    set_id: str
    body: Mapping[str, Any]
    at: datetime
    execution: str
    fate: str


class Network:
    """A `mlconnector_sdk.flow.Sink`.

    Args:
        time: The true time; the pipeline's own clock may differ a little.
        suppliers: By their code in the ERP; each has a partnership ``us_`` with the code.
    """

    name = "stedi.transactions"

    def __init__(self, time: VirtualClock, suppliers: Sequence[str]) -> None:
        profile = stedi_profile()
        self.timeout = timedelta(seconds=profile.deadline)
        self.on_unknown = OnUnknown(
            same_key_for=profile.key_life - timedelta(hours=1),
            settle=profile.settle,
            if_absent=IfAbsent.SEND,
        )
        self.time = time
        self.books = {code: OrderBook() for code in suppliers}
        self.partnerships = {code: _partnership(code) for code in suppliers}
        self.sent: list[Sent] = []
        self.reports = Reports()
        self.fates: deque[str] = deque()
        self.faults: dict[int, tuple[str, str]] = {}
        """What goes wrong with the nth send of a run: before or after, and what."""
        self.down = ""
        self.injected: Counter[str] = Counter()
        self.requests = 0
        self.now: Callable[[], datetime] = time.now
        """The pipeline's clock: what a Retry-After comes to."""
        self.state_of: Callable[[str], State] = lambda entry: State.PENDING
        """What the pipeline knows of an entry."""
        self.takes_any_replacement = False
        """Whether the suppliers want a refused order again as a replacement, though they have none."""
        self._bodies: dict[str, bytes] = {}
        self._remembered: dict[str, Sent] = {}
        self._count = 0

    def begin_run(self, faults: Mapping[int, tuple[str, str]], down: str) -> None:
        """What shall go wrong from now on."""
        self.faults, self.down, self._count = dict(faults), down, 0

    async def ready(self) -> None:
        """Nothing may leave while Stedi is down."""
        if self.down:
            self.injected[self.down] += 1
            raise self._error(self.down, Reached.NO)

    async def send(self, entry: Entry) -> SendResult:
        """Take a document, or fail."""
        if entry.payload is None or entry.state is not State.IN_FLIGHT:
            raise Violation(f"sent without a frozen payload or a mark: {entry}")
        self.requests += 1
        if self._bodies.setdefault(entry.idempotency_key, entry.payload) != entry.payload:
            raise Violation(f"one key has carried two bodies: {entry.idempotency_key}")
        self.time.advance(0.2)
        when, what = self.faults.get(self._count, ("", ""))
        self._count += 1
        if when:
            self.injected[f"{what} {when}"] += 1
        if when == "before":
            raise self._error(what, Reached.NO)
        sent = self._taken(entry)
        if when == "after":
            raise self._error(what, Reached.MAYBE)
        return SendResult(references={"execution": sent.execution})

    async def find(self, entry: Entry) -> Outcome:
        """Look a document up by what it says, as the real sink does."""
        if self.down:
            raise self._error("outage", Reached.NO)
        body = read_payload(entry.payload or b"").body.transaction
        begun = entry.first_sent_at or entry.observed_at
        for sent in self.sent:
            if (sent.partner, sent.body) == (entry.partner, body) and sent.at >= begun - _SKEW:
                return Found(references={"execution": sent.execution})
        return NotYet() if self.now() < begun + self.on_unknown.settle else Absent()

    def taken(self, entry: Entry) -> Sent | None:
        """The truth about an entry: the newest document that Stedi took for it."""
        return next((sent for sent in reversed(self.sent) if sent.entry == entry.id), None)

    def view(self, partner: str, number: str) -> PlainOrder | None:
        """What a supplier believes of an order; None where he has none that is to be delivered."""
        order = self.books[partner].orders.get(number) if partner in self.books else None
        return None if order is None or order.cancelled else _plain(order)

    def telephone(self, partner: str, number: str, wish: PlainOrder | None) -> None:
        """The supplier is told by telephone how an order shall be; None: that it is not wanted."""
        book = self.books[partner]
        known = book.orders.get(number)
        if wish is not None:
            book.orders[number] = _written_down(number, wish, known)
        elif known is not None:
            book.orders[number] = evolve(known, cancelled=True)

    # -- inside ---------------------------------------------------------------------------------------

    def _taken(self, entry: Entry) -> Sent:
        known = self._remembered.get(entry.idempotency_key)
        if known is not None and self.time.now() - known.at < _KEY_LIFE:
            return known
        told = read_payload(entry.payload or b"")
        partnership = self.partnerships.get(entry.partner)
        if partnership is None or told.partnership != partnership.id:
            raise Violation(f"a document for {entry.partner} went to {told.partnership}")
        if partnership.set_of(told.setting) != entry.kind:
            raise Violation(f"an {entry.kind} went under the setting {told.setting}")
        outgoing = outbound.check(partnership, entry.kind, wire.loads(told.body.raw))
        sent = Sent(
            entry=entry.id,
            partner=entry.partner,
            number=entry.number,
            set_id=entry.kind,
            body=told.body.transaction,
            at=self.time.now(),
            execution=f"x-{len(self.sent)}",
            fate=self.fates.popleft() if self.fates else "applied",
        )
        if sent.fate == "applied":
            self._deliver(entry, self._read(partnership, outgoing))
        self._remembered[entry.idempotency_key] = sent
        self.sent.append(sent)
        self.reports.add(sent)
        return sent

    def _read(self, partnership: Partnership, outgoing: outbound.Outgoing) -> Mapping[str, Any]:
        """What the supplier's translator makes of the X12 file."""
        spec = transaction_set(outgoing.set_id, partnership.release)
        file = envelope.File(
            sender=partnership.local.address,
            receiver=partnership.partner.address,
            at=self.time.now(),
            control_number=partnership.next_control_number(),
            functional_id=spec.functional_id,
            set_id=spec.id,
            release=spec.release,
        )
        [interchange] = envelope.read(envelope.write(file, outgoing.rows))
        return to_guide(interchange.groups[0].transactions[0].rows, spec)

    def _deliver(self, entry: Entry, guide: Mapping[str, Any]) -> None:
        book = self.books[entry.partner]
        before, objections = book.orders.get(entry.number), len(book.objections)
        begin = reading.segment(guide["heading"], "BEG") if entry.kind == "850" else {}
        if reading.element(begin, 3) not in ("", entry.number):
            raise Violation(f"order {entry.number} went under another number")
        if reading.element(begin, 1) == "01" and before is not None:
            # A supplier without 860 was told before that an 850 with purpose 01 takes the order back.
            book.orders[entry.number] = evolve(before, cancelled=True)
            return
        book.take(entry.kind, guide, at=self.time.now(), filename=entry.id)
        found = [each.sentence for each in book.objections[objections:]]
        if reading.element(begin, 1) == "05" and before is None and not self.takes_any_replacement:
            found.append("a replacement of nothing")
        if found and not self._is_excused(entry):
            raise Violation(f"{entry.partner} objects to {entry.kind} {entry.number}: {'; '.join(found)}")

    def _is_excused(self, entry: Entry) -> bool:
        """Whether a person had it sent once more, or an earlier one was refused, and nobody could know.

        After a refusal a cancellation may be one too many: it does no harm, and what he has is in doubt.
        """
        line = [sent for sent in self.sent if (sent.partner, sent.number) == (entry.partner, entry.number)]
        body = read_payload(entry.payload or b"").body.transaction
        if entry.deliberate and any(sent.body == body for sent in line):
            return True
        refused = [sent for sent in line if sent.fate != "applied"]
        begin = reading.segment(body["heading"], "BCH")
        if refused and reading.element(begin, 1) == "01":
            return True
        if len(refused) > 1 and entry.kind == "850":
            return True  # what went whole the last time may have replaced something, or nothing
        return any(entry.attempts > 1 or self.state_of(sent.entry).taken for sent in refused)

    def _error(self, what: str, reached: Reached) -> BaseException:
        return {
            "refused": RequestRefused("no such setting"),
            "throttled": Throttled("quota", not_before=self.now() + timedelta(minutes=10)),
            "outage": VendorUnavailable("503", reached=Reached.NO),
            "bad gateway": VendorUnavailable("502", reached=reached),
            "password": AuthenticationFailed("refused"),
            "reset": OutcomeUnknown("the connection broke before the request was read"),
            "lost": OutcomeUnknown("the connection broke before the answer came"),
            "crash": KeyError("a bug of the sink"),
            "killed": Killed(),
        }[what]


class Reports:
    """What is said later about documents, as events: a `mlconnector_sdk.flow.Source`."""

    name = "stedi.reports"
    feed = Feed.EVENT
    baseline_reach = timedelta(days=1)

    def __init__(self) -> None:
        self.kept: list[Sent] = []
        self.told: list[Sent] = []

    def add(self, sent: Sent) -> None:
        """Something is to be said about a document, sooner or later."""
        self.kept.append(sent)

    def release(self) -> None:
        """Everything that can be said is said now."""
        self.told += self.kept
        self.kept = []

    def about(self, execution: str) -> Sent:
        """The document that a report speaks of."""
        return next(sent for sent in self.told if sent.execution == execution)

    def walk(self, window: Window) -> Walk:
        """All reports that were made."""
        return _Said([self._observation(sent) for sent in self.told])

    async def observe(self, event: Event) -> Sequence[Observation]:
        """They are only polled here."""
        return ()

    def _observation(self, sent: Sent) -> Observation:
        record = wire.dumps({"execution": sent.execution, "fate": sent.fate, "at": sent.at.isoformat()})
        return Observation(
            number=sent.number, partner=sent.partner, record=record, event_id=f"e-{sent.execution}"
        )


class _Said:
    def __init__(self, observations: list[Observation]) -> None:
        self._batches = [observations]

    @property
    def cursors(self) -> Mapping[str, str]:
        return {"reports": "all"}

    async def batch(self) -> Sequence[Observation] | None:
        return self._batches.pop() if self._batches else None

    async def close(self) -> None:
        self._batches = []


def _partnership(code: str) -> Partnership:
    known = f"us_{code.lower()}"
    return Partnership(
        id=known,
        local=Profile.of("us"),
        partner=Profile.of(code),
        settings={"850": f"{known}-850", "860": f"{known}-860"},
        release="004010",
    )


def _plain(order: SupplierOrder) -> PlainOrder:
    lines = {
        number: PlainLine(
            quantity=line.quantity if line.quantity is not None else Decimal(0),
            unit=line.unit,
            price=line.unit_price,
            buyer_part=line.parts.get("BP", ""),
            supplier_part=line.parts.get("VP", ""),
            description=line.description,
            schedules=tuple(sorted((each.date, each.quantity) for each in line.schedules)),
        )
        for number, line in order.lines.items()
    }
    place = order.ship_to.id if order.ship_to else ""
    return PlainOrder(lines=lines, currency=order.currency, place=place, notes=order.notes)


def _written_down(number: str, wish: PlainOrder, known: SupplierOrder | None) -> SupplierOrder:
    """An order that a clerk was told of by telephone."""
    lines = {
        place: SupplierLine(
            number=place,
            quantity=line.quantity,
            unit=line.unit,
            unit_price=line.price,
            parts={
                qualifier: part
                for qualifier, part in (("BP", line.buyer_part), ("VP", line.supplier_part))
                if part
            },
            description=line.description,
            schedules=tuple(
                SupplierSchedule(quantity=quantity, date=day, qualifier="002")
                for day, quantity in line.schedules
            ),
        )
        for place, line in wish.lines.items()
    }
    parties = dict(known.parties) if known else {}
    parties.pop("ST", None)
    if wish.place:
        parties["ST"] = SupplierParty(role="ST", id=wish.place, id_qualifier="92")
    return SupplierOrder(
        number=number,
        purposes=("00",),
        order_type="SA",
        dated=known.dated if known else date(2026, 3, 2),
        currency=wish.currency,
        change_sequence=known.change_sequence if known else None,
        lines=lines,
        notes=wish.notes,
        parties=parties,
    )
