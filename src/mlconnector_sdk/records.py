"""The small values that cross a port.

All are frozen: a change is a new value (`attrs.evolve`). All times are aware and in UTC. What a vendor's
payload says travels as bytes, exactly as it was read or will be sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from attrs import field, frozen

from mlconnector_sdk.secret import Secret

__all__ = [
    "AuditEvent",
    "Change",
    "Checkpoint",
    "Collected",
    "Collection",
    "Entry",
    "Event",
    "Feed",
    "FlowStatus",
    "NewEntry",
    "Purged",
    "RawExchange",
    "SendResult",
    "State",
    "Token",
    "digest",
]


def digest(*parts: str | bytes) -> str:
    """A stable, unambiguous hash of several parts: 32 hexadecimal characters (128 bits of SHA-256)."""
    hasher = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hasher.update(len(data).to_bytes(8, "big") + data)
    return hasher.hexdigest()[:32]


class Feed(Enum):
    """How repeated observations of the same thing are understood."""

    STATE = "state"
    """Each record is the present state of something that changes, as an ERP order: an observation counts
    only when it differs from the latest one under the same ordering key."""
    EVENT = "event"
    """Each record is something that happened, as an acknowledgment or a scan: deduplicated by the vendor's
    own immutable id, and never collapsed."""


class State(Enum):
    """Where an outbox entry is in its life (docs: the life of a record)."""

    KNOWN = "known"
    """Existed before go-live (baseline): never sent, but later edits are compared with it."""
    PENDING = "pending"
    """Waits for delivery."""
    IN_FLIGHT = "in flight"
    """Payload frozen; the request may have left. Without an answer the outcome is unknown."""
    ACCEPTED = "accepted"
    """The vendor took it (an HTTP 200 says no more than that)."""
    DELIVERED = "delivered"
    """The vendor says that it reached the partner."""
    ACKNOWLEDGED = "acknowledged"
    """The partner confirmed it."""
    REJECTED = "rejected"
    """The partner, or the transport, refused it after it was accepted."""
    UNCHANGED = "unchanged"
    """Mapping found no difference to what the partner already has; nothing was sent."""
    SUPERSEDED = "superseded"
    """A newer observation went instead, before this one was ever in flight."""
    HELD = "held"
    """A rule put it before a person; ``reason`` and ``remedy`` say why and what next."""
    DISMISSED = "dismissed"
    """A person closed it: nothing is sent, and nobody is asked any more."""
    DEAD = "dead"
    """A dead letter: it cannot go on; ``reason`` and ``remedy`` say why and what next."""

    @property
    def taken(self) -> bool:
        """Whether the vendor has taken the document and has not given it back."""
        return self in (State.ACCEPTED, State.DELIVERED, State.ACKNOWLEDGED)

    @property
    def waits_for_person(self) -> bool:
        """Whether nothing more happens until somebody decides."""
        return self in (State.HELD, State.DEAD, State.REJECTED)


@frozen(kw_only=True)
class Event:
    """One verified webhook as it arrived: a row of the inbox.

    Args:
        source: Which source reads it, e.g. ``stedi.transactions``.
        event_id: The vendor's id of this event; the same id is stored once.
        body: The raw body that was verified.
        received_at: When we took it.
    """

    source: str
    event_id: str
    body: bytes = field(repr=False)
    received_at: datetime


@frozen(kw_only=True)
class NewEntry:
    """An observation that asks to become an outbox entry.

    Args:
        flow: The flow's name, e.g. ``purchase_orders``.
        kind: What is to be sent, in the field's words, e.g. ``850``.
        feed: How repeats are understood; it decides which of the keys below admits the entry.
        number: The business number a person asks for, e.g. the purchase order number.
        partner: The partner as the source names it, or the empty string.
        ordering_key: Entries with the same key are delivered one after the other.
        event_id: On event feeds, the vendor's immutable id; empty on state feeds.
        fingerprint: On state feeds, the hash of the content without the fields we write back; else empty.
        record: The record as the source gave it.
        observed_at: When we saw it.
        state: ``PENDING``, ``KNOWN`` (baseline) or ``DEAD`` (it cannot even be read).
        reason: For a dead one: why.
        remedy: For a dead one: what a person should do.
        parent: The entry whose effect asked for this one (a follow-on), or the one that is sent again.
        deliberate: A person asked for it knowingly: it is new, whatever was observed before. It needs
            neither an event id nor a fingerprint of its own.
        payload: For a deliberate one: the bytes to send; None has them mapped.
        document: For a deliberate one: what the partner has once it has taken the payload.
    """

    flow: str
    kind: str
    feed: Feed
    number: str
    partner: str = ""
    ordering_key: str
    event_id: str = ""
    fingerprint: str = ""
    record: bytes = field(repr=False)
    observed_at: datetime
    state: State = State.PENDING
    reason: str = ""
    remedy: str = ""
    parent: str = ""
    deliberate: bool = False
    payload: bytes | None = field(default=None, repr=False)
    document: bytes | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Entry:
    """One row of the outbox: one business document on its way to one place.

    Args:
        id: Derived from ``dedupe_key``, so the same observation has the same id on every run.
        position: The order in which the store admitted entries; strictly increasing.
        sequence: 1, 2, 3 ... under the same ordering key.
        dedupe_key: What admitted the entry; unique in the store.
        attempts: How often its bytes may have left.
        not_before: Not to be leased earlier than this.
        fence: Grows with every lease and every save; a save with an old fence is refused.
        leased_until: Until when a worker holds it, or None.
        payload: The frozen bytes that are (to be) sent; None until mapped.
        document: What the partner has once it has taken the payload, as the mapping wrote it; frozen with the
            payload. Later edits are compared with it. None where the mapping keeps none.
        idempotency_key: What the vendor sees; hash of ordering key, kind, sequence and payload.
        first_sent_at: When its bytes may have left for the first time: the key's age counts from here.
        references: What the vendor called it: execution id, control numbers, file name, tracking number.
        outcome_unknown: True for a dead letter that may have arrived: only ``settle`` resolves it.
        changed_at: When this row was last changed.
        accepted_at: When the vendor took it, or None.
        expected_by: When the next confirmation of it (delivered, acknowledged ...) should be there; None
            where none is expected.
        deliberate: A person asked for it knowingly (see `NewEntry`).
        purged_at: When record, payload and document were removed because their time was over, or None.
    """

    id: str
    position: int
    flow: str
    kind: str
    feed: Feed
    number: str
    partner: str
    ordering_key: str
    sequence: int
    dedupe_key: str
    event_id: str = ""
    fingerprint: str = ""
    record: bytes = field(repr=False)
    state: State = State.PENDING
    observed_at: datetime
    changed_at: datetime
    attempts: int = 0
    not_before: datetime | None = None
    fence: int = 0
    leased_until: datetime | None = None
    payload: bytes | None = field(default=None, repr=False)
    idempotency_key: str = ""
    first_sent_at: datetime | None = None
    references: Mapping[str, str] = field(factory=dict)
    reason: str = ""
    remedy: str = ""
    outcome_unknown: bool = False
    parent: str = ""
    deliberate: bool = False
    document: bytes | None = field(default=None, repr=False)
    accepted_at: datetime | None = None
    expected_by: datetime | None = None
    purged_at: datetime | None = None

    @property
    def blocks(self) -> bool:
        """Whether later entries under the same ordering key have to wait for this one.

        Unfinished work blocks. A dead letter blocks where order matters or where nobody knows whether it
        arrived; a dead observation of a *state* does not, because a corrected state makes up for it.
        """
        if self.state in (State.PENDING, State.IN_FLIGHT):
            return True
        return self.state is State.DEAD and (self.feed is Feed.EVENT or self.outcome_unknown)


@frozen(kw_only=True)
class SendResult:
    """What a sink says after the vendor took a document.

    Args:
        references: Names under which the vendor will speak of it later.
        follow_ons: New entries that this effect asks for; they appear in the same commit.
        summary: One sentence for the audit trail.
    """

    references: Mapping[str, str] = field(factory=dict)
    follow_ons: tuple[NewEntry, ...] = ()
    summary: str = ""


@frozen(kw_only=True)
class Checkpoint:
    """How far a flow has read its source.

    Args:
        cursors: One position per change feed of the source, e.g. ``{"orders": "2026-03-01T00:00:00Z"}``.
        revision: 0 for a first checkpoint; a commit moves it from n to n + 1 and only from n.
    """

    flow: str
    cursors: Mapping[str, str]
    revision: int = 0


@frozen(kw_only=True)
class Collection:
    """What one commit of *collect* carries.

    Args:
        entries: Observations that ask to become entries.
        closes: ``(source, event_id)`` of the inbox rows that these entries answer.
        checkpoint: The new checkpoint with the revision it was read at; None leaves it where it is.
    """

    entries: tuple[NewEntry, ...] = ()
    closes: tuple[tuple[str, str], ...] = ()
    checkpoint: Checkpoint | None = None


@frozen(kw_only=True)
class Collected:
    """What became of a `Collection`.

    Args:
        added: The entries that are new, in the order given.
        known: How many observations said nothing new.
        checkpoint_moved: False when another poller had moved the checkpoint first; the entries stand.
    """

    added: tuple[Entry, ...] = ()
    known: int = 0
    checkpoint_moved: bool = False


@frozen(kw_only=True)
class Change:
    """An entry as it should now be, and the entries that its effect asks for: saved in one commit."""

    entry: Entry
    follow_ons: tuple[NewEntry, ...] = ()


@frozen(kw_only=True)
class Purged:
    """What a purge has removed.

    Args:
        entries: Outbox entries whose record, payload and document are gone.
        events: Inbox rows whose body is gone.
    """

    entries: int = 0
    events: int = 0


@frozen(kw_only=True)
class FlowStatus:
    """Whether a flow, or what it sends to one partner, may run, and why not.

    Args:
        partner: Whose documents wait, as the source names it; empty: the whole flow.
        paused_until: Not before this instant; None when it runs.
        reason: Why it is paused.
        remedy: What a person should do.
    """

    flow: str
    partner: str = ""
    paused_until: datetime | None = None
    reason: str = ""
    remedy: str = ""


@frozen(kw_only=True)
class AuditEvent:
    """One line of the audit trail. The same id is written once, however often it is handed over.

    Args:
        id: Derived from what it tells (entry, attempt, kind), so a repeat after a crash adds nothing.
        at: When it happened.
        flow: The flow's name.
        kind: One word or two, e.g. ``observed``, ``sent``, ``accepted``, ``dead letter``.
        text: One sentence for a person. Never a secret, never a payload.
        entry_id: The outbox entry, or the empty string for a line about the whole flow.
        number: The business number, or the empty string.
        partner: The partner, or the empty string.
        data: Further facts as text.
    """

    id: str
    at: datetime
    flow: str
    kind: str
    text: str
    entry_id: str = ""
    number: str = ""
    partner: str = ""
    data: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class RawExchange:
    """One request and its answer, as they went over the wire, with nothing secret in them (see `recording`).

    As text it is a transcript in the manner of ``curl -v``: ``>`` before what was sent, ``<`` before what was
    received, ``!`` before what went wrong.

    Args:
        vendor: The vendor's name as its profile spells it.
        request: Method and path; of a query only the names.
        attempt: 1 for the first time.
        at: When it left.
        sent_headers: Names and values, in order; a value that may be secret is ``(hidden)``.
        sent: The request's body, cut where it is long.
        status: The HTTP status; None where no whole answer came.
        received_headers: As ``sent_headers``.
        received: The answer's body, inflated, cut where it is long.
        problem: What kept a whole answer from coming, or the empty string.
        seconds: How long it took.
    """

    vendor: str
    request: str
    attempt: int
    at: datetime
    sent_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    sent: bytes = field(default=b"", repr=False)
    status: int | None = None
    received_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    received: bytes = field(default=b"", repr=False)
    problem: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        when = self.at.isoformat(sep=" ", timespec="milliseconds").replace("+00:00", "Z")
        lines = [f"{when}  {self.vendor}, attempt {self.attempt}, {self.seconds:.3f} s"]
        lines += _quoted(">", self.request, self.sent_headers, self.sent)
        if self.status is not None:
            lines += _quoted("<", f"status {self.status}", self.received_headers, self.received)
        if self.problem:
            lines.append(f"! {_printable(self.problem)}")
        return "\n".join(lines)


def _quoted(mark: str, first: str, headers: tuple[tuple[str, str], ...], body: bytes) -> list[str]:
    """The lines of a message, each with a mark that no body can imitate."""
    lines = [first, *(f"{name}: {value}" for name, value in headers)]
    if body:
        text = body.decode("utf-8", "backslashreplace")
        lines += ["", *text.replace("\r\n", "\n").split("\n")]
    return [f"{mark} {_printable(line)}".rstrip() for line in lines]


def _printable(line: str) -> str:
    """A line that commands no terminal: what cannot be printed is spelled out."""
    if line.isprintable():
        return line
    spelled = (each if each.isprintable() or each == "\t" else ascii(each)[1:-1] for each in line)
    return "".join(spelled)


@frozen(kw_only=True)
class Token:
    """An access token with its life.

    Args:
        issued_at: When it was asked for.
        expires_at: When the vendor stops taking it.
        refresh_token: What the next one is asked with, where the grant has one.
        refresh_expires_at: When that one is spent.
    """

    access_token: Secret
    issued_at: datetime
    expires_at: datetime
    refresh_token: Secret | None = None
    refresh_expires_at: datetime | None = None
