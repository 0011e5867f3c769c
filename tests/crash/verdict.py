"""What must be true at the end of a story, whatever happened in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from mlconnector_sdk import SQLiteStore
from mlconnector_sdk.pipelines import plex_stedi
from mlconnector_sdk.records import AuditEvent, Entry, State
from mlconnector_sdk.simulators.plex.data import Write
from mlconnector_sdk.simulators.stedi.records import Sent
from tests.crash.world import Order

__all__ = ["Violation", "finished", "judge", "judge_by_file", "uncertain"]

_SOURCES = (
    "stedi.transactions",
    "stedi.functional_acknowledgments",
    "stedi.outbound",
    "stedi.files",
)


class Violation(AssertionError):
    """A promise was broken."""


def uncertain(order: Order, store: SQLiteStore, letters: Sequence[str]) -> list[tuple[str, bool]]:
    """What a person answers to the questions of the pipeline, who looks for each send at the network.

    Raises:
        Violation: Something is put before a person that need not be, or is not although it has to be.
    """
    answers = []
    for entry in _entries(store):
        sent = [each for each in _sent(order) if each.set_id == entry.kind]
        if entry.id not in letters:
            continue
        if not (order.keyless and entry.flow == plex_stedi.PURCHASE_ORDERS and entry.outcome_unknown):
            raise Violation(f"a person is asked in vain: {entry.kind} {entry.state}: {entry.reason}")
        answers.append((entry.id, bool(sent)))
    taken = Counter(entry.kind for entry in _orders(store) if entry.state.taken)
    asked = Counter(entry.kind for entry in _orders(store) if entry.id in letters)
    for set_id, count in Counter(each.set_id for each in _sent(order)).items():
        if count > 1:
            raise Violation(f"the supplier was sent {count} times {set_id}")
        if not taken[set_id] and not asked[set_id] and not _unfinished(store):
            raise Violation(f"the supplier has {set_id}, and neither the store nor a person knows")
    return answers


def finished(order: Order, store: SQLiteStore) -> list[str]:
    """What is left to do, inside and outside."""
    left = [
        f"{entry.flow} {entry.kind} is {entry.state.value}: {entry.reason}" for entry in _unfinished(store)
    ]
    left += [f"an event of {source} is in the inbox" for source in _SOURCES if store.pending_events(source)]
    since = [each for each in order.world.supplier.received if each.at >= order.began]
    for set_id in ("997", "855"):
        if len(_inbound(order, set_id)) < len(since):
            left.append(f"the supplier owes {len(since) - len(_inbound(order, set_id))} {set_id}")
    return left + list(_not_arrived(order, store))


def judge(order: Order, store: SQLiteStore) -> None:
    """All promises.

    Raises:
        Violation: Names every one that was broken.
    """
    entries = _entries(store)
    problems = [
        *_at_the_supplier(order),
        *_in_plex(order),
        *_in_the_store(order, entries),
        *(
            problem
            for entry in entries
            for problem in _in_the_trail(entry, store.audit.read(entry_id=entry.id))
        ),
    ]
    if problems:
        raise Violation("\n".join(problems))


def judge_by_file(order: Order) -> None:
    """All promises, of an order whose store nobody has open."""
    with SQLiteStore(order.database) as store:
        judge(order, store)


def _at_the_supplier(order: Order) -> Iterator[str]:
    sets = [each.set_id for each in _sent(order)]
    # An order that could not leave before it was edited leaves once, as it is then.
    if sets not in (["850", "860"], ["850"]):
        yield f"the supplier was sent {sets}"
    supplier = order.world.supplier
    yield from (each.sentence for each in supplier.objections if each.number == order.number)
    wanted = order.world.plex.wanted(order.number)
    believed = supplier.orders.get(order.number)
    has = (
        {}
        if believed is None
        else {number: (line.quantity, line.unit_price) for number, line in believed.lines.items()}
    )
    wants = {number: (line.quantity, line.price) for number, line in wanted.lines.items()}
    if has != wants:
        yield f"the supplier believes {has}, Plex wants {wants}"


def _in_plex(order: Order) -> Iterator[str]:
    fields = order.world.plex.order(order.number)["customFields"]
    wanted = order.world.plex.wanted(order.number).lines["1"].quantity
    if fields.get("Acknowledgment_Status") != "accepted":
        yield f"Plex does not have the acknowledgment: {fields}"
    elif Decimal(fields["Line_1_Confirmed_Quantity"]) != wanted:
        yield f"Plex shows {fields['Line_1_Confirmed_Quantity']} confirmed, not {wanted}"
    writes = [write for write in order.world.plex.writes if write.number == order.number]
    said = [_custom(write.body) for write in writes if _changes(write)]
    if len(said) > len(_inbound(order, "855")):
        yield f"Plex was changed {len(said)} times by {len(_inbound(order, '855'))} acknowledgments"


def _in_the_store(order: Order, entries: Sequence[Entry]) -> Iterator[str]:
    for entry in entries:
        if entry.leased_until is not None:
            yield f"{entry.flow} {entry.kind} is still leased"
        if entry.state.waits_for_person:
            yield f"{entry.flow} {entry.kind} is {entry.state.value}: {entry.reason}"
    taken = [
        entry.kind for entry in entries if entry.flow == plex_stedi.PURCHASE_ORDERS and entry.state.taken
    ]
    if taken != [each.set_id for each in _sent(order)]:
        yield f"the store has {taken} as taken"
    for entry in entries:
        # Where a person said that it arrived, nobody knows under which execution it is reported.
        known = entry.flow == plex_stedi.PURCHASE_ORDERS and "execution" in entry.references
        if known and entry.state is not State.ACKNOWLEDGED:
            yield f"{entry.kind} was delivered and acknowledged, and is {entry.state.value}"


def _in_the_trail(entry: Entry, lines: Sequence[AuditEvent]) -> Iterator[str]:
    kinds = [line.kind for line in lines]
    name = f"the trail of {entry.flow} {entry.kind} {entry.number}: {kinds}"
    if kinds.count("observed") != 1 or kinds[0] != "observed":
        yield f"{name}: observed once, at the beginning"
    if entry.state.taken:
        story = [kind for kind in dict.fromkeys(kinds) if kind in ("observed", "mapped", "sending")]
        if story != ["observed", "mapped", "sending"]:
            yield f"{name}: a step is missing"
        if not {"accepted", "found", "settled"} & set(kinds):
            yield f"{name}: nothing says that it was taken"
        if kinds.count("accepted") > kinds.count("sending"):
            yield f"{name}: accepted more often than sent"
        if entry.state is State.ACKNOWLEDGED and kinds.count("acknowledged") != 1:
            yield f"{name}: acknowledged once"
    elif entry.state.value not in kinds:
        yield f"{name}: how it ended is missing"


def _not_arrived(order: Order, store: SQLiteStore) -> Iterator[str]:
    """What Stedi has, and no entry knows."""
    entries = _entries(store)
    network = order.world.stedi
    outbound = [
        each
        for each in network.transactions
        if each.processed_at >= order.began and each.direction == "OUTBOUND"
    ]
    told = {
        plex_stedi.ACKNOWLEDGMENTS: {each.id for each in _inbound(order, "855")},
        plex_stedi.FUNCTIONAL_ACKNOWLEDGMENTS: {each.id for each in _inbound(order, "997")},
        plex_stedi.CONTROL_NUMBERS: {each.id for each in outbound},
        plex_stedi.DELIVERIES: {each.execution_id for each in outbound},
    }
    for flow, ids in told.items():
        known = [entry.event_id.partition("/")[0] for entry in entries if entry.flow == flow]
        if sorted(known) != sorted(ids):
            yield f"{flow}: the network has {len(ids)}, the store {len(known)}"


def _entries(store: SQLiteStore) -> list[Entry]:
    return store.find(limit=1_000)


def _orders(store: SQLiteStore) -> list[Entry]:
    return store.find(flow=plex_stedi.PURCHASE_ORDERS)


def _unfinished(store: SQLiteStore) -> list[Entry]:
    return store.find(states=[State.PENDING, State.IN_FLIGHT])


def _sent(order: Order) -> list[Sent]:
    return [each for each in order.world.stedi.sent if each.number == order.number]


def _inbound(order: Order, set_id: str) -> list[Any]:
    return [
        each
        for each in order.world.stedi.transactions
        if each.processed_at >= order.began and each.direction == "INBOUND" and each.set_id == set_id
    ]


def _custom(body: Any) -> dict[str, Any]:
    return dict(body["customFields"])


def _changes(write: Write) -> bool:
    before = write.before["customFields"] or {}
    return any(before.get(name) != value for name, value in _custom(write.body).items())
