"""What a host application may plug in.

Every method may return its value or an awaitable of it (`MaybeAwaitable`): a blocking backend serves both
the blocking and the async clients, an async backend serves the async ones. The contract tests in
`mlconnector_sdk.testing` say the rules below in code: a backend that passes them can be trusted with orders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from mlconnector_sdk.dual import MaybeAwaitable
from mlconnector_sdk.records import (
    AuditEvent,
    Change,
    Checkpoint,
    Collected,
    Collection,
    Entry,
    Event,
    FlowStatus,
    Purged,
    RawExchange,
    State,
    Token,
)
from mlconnector_sdk.secret import Secret

__all__ = [
    "MOST_EXCHANGES",
    "AuditLog",
    "Clock",
    "ExchangeLog",
    "SecretStore",
    "Store",
    "TokenStore",
]

MOST_EXCHANGES = 20
"""How many exchanges with its vendor are kept of one entry: the newest ones."""


class Clock(Protocol):
    """Time, so that tests and simulations can own it."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        ...

    def sleep(self, seconds: float) -> MaybeAwaitable[None]:
        """Wait."""
        ...


@runtime_checkable
class AuditLog(Protocol):
    """Where the audit trail goes: the embedded default, a table of the host's, a log service."""

    def write(self, events: Sequence[AuditEvent]) -> MaybeAwaitable[None]:
        """Keep these lines durably before returning; a line whose id is known already is left as it is."""
        ...

    def read(self, *, number: str = "", entry_id: str = "") -> MaybeAwaitable[Sequence[AuditEvent]]:
        """The lines about a business number or an entry, oldest first.

        Both given: the lines about both. Both empty: the lines that are about no document.
        """
        ...


@runtime_checkable
class ExchangeLog(Protocol):
    """Where the raw exchanges of documents with their vendors are kept, for the vendors' support.

    A store may offer one as its property ``exchanges``; it then removes them in `Store.purge` together with
    what their entries say.
    """

    def keep(self, exchanges: Mapping[str, Sequence[RawExchange]]) -> MaybeAwaitable[None]:
        """Add exchanges, by entry id, oldest first; in one commit where there are commits.

        Of each entry the newest `MOST_EXCHANGES` stay. The entry need not be known.
        """
        ...

    def read(self, entry_id: str) -> MaybeAwaitable[Sequence[RawExchange]]:
        """What is kept of an entry, in the order in which it was added."""
        ...


@runtime_checkable
class Store(Protocol):
    """Inbox, outbox and checkpoints. Each method is one commit: all of it happens, or none of it.

    Raises (every method):
        StoreError: The store cannot be read or written.
    """

    @property
    def audit(self) -> AuditLog:
        """The audit log kept beside the documents: the default of a pipeline."""
        ...

    def admit(self, event: Event) -> MaybeAwaitable[bool]:
        """Put a verified webhook into the inbox. False when its id (per source) is there, open or closed."""
        ...

    def pending_events(self, source: str, *, limit: int = 100) -> MaybeAwaitable[Sequence[Event]]:
        """Inbox rows of a source that no commit has closed, oldest first."""
        ...

    def collect(self, collection: Collection) -> MaybeAwaitable[Collected]:
        """Add entries, close inbox rows and move the checkpoint, all in one commit.

        An entry of an *event* feed is new when no entry of its flow has its ``event_id``. An entry of a
        *state* feed is new when the latest entry under its ordering key has another fingerprint (or there
        is none). Within one collection the rules apply one after the other. The id of an entry is
        ``digest(dedupe_key)``; the dedupe key is ``flow|event_id`` or ``ordering_key|sequence``. An
        observation without what its feed is deduplicated by (``event_id``, or ``fingerprint`` unless it is
        dead) is a StoreError: it would swallow others. A *deliberate* entry is always new; its dedupe key is
        ``|again|ordering_key|sequence`` (no flow's name is empty, so no other key begins so).

        The checkpoint moves only if its stored revision is the given one (0: there is none yet).
        """
        ...

    def checkpoint(self, flow: str) -> MaybeAwaitable[Checkpoint | None]:
        """How far a flow has read, or None before its baseline."""
        ...

    def lease(
        self, flow: str, *, now: datetime, until: datetime, limit: int, without: Sequence[str] = ()
    ) -> MaybeAwaitable[Sequence[Entry]]:
        """Take entries for delivery until ``until``, oldest position first, each with a new fence.

        Leased are entries of the flow that are pending or in flight, are not leased (``leased_until`` is
        None or not after ``now``), are due (``not_before`` is None or not after ``now``), and have no
        earlier entry under the same ordering key that blocks (`Entry.blocks`). Left out are those of the
        partners in ``without`` that are pending: what may have left is looked after in any case. No two
        workers ever hold the same entry at once, nor two entries with one ordering key.
        """
        ...

    def due(self, flow: str, *, now: datetime, without: Sequence[str] = ()) -> MaybeAwaitable[bool]:
        """Whether `lease` would give at least one entry now. Changes nothing."""
        ...

    def save(self, changes: Sequence[Change]) -> MaybeAwaitable[Sequence[str]]:
        """Write entries back, with their follow-ons, in one commit; return the ids that were refused.

        An entry is refused, follow-ons included, when the stored fence is not the entry's: somebody else
        took it over. A saved entry's fence grows by one. Follow-ons obey the rules of `collect`. What was
        observed (`NewEntry`, but for its kind, state, reason and remedy) stays as it was admitted.
        """
        ...

    def history(self, ordering_key: str, *, content: bool = True) -> MaybeAwaitable[Sequence[Entry]]:
        """Every entry under an ordering key, by sequence.

        Args:
            ordering_key: Of the line.
            content: False: records are empty, payloads and documents None, so that a long history of large
                documents costs little.
        """
        ...

    def accepted(self, ordering_key: str) -> MaybeAwaitable[Entry | None]:
        """What the partner has: the newest entry under an ordering key whose state is `State.taken`.

        Where nothing was ever taken, the newest one known from before go-live (`State.KNOWN`); else None.
        """
        ...

    def find(
        self,
        *,
        flow: str = "",
        number: str = "",
        partner: str = "",
        entry_id: str = "",
        reference: tuple[str, str] | None = None,
        states: Sequence[State] = (),
        expected_before: datetime | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> MaybeAwaitable[Sequence[Entry]]:
        """Entries that match everything given, oldest position first.

        Args:
            reference: Name and value that are among the entry's ``references``.
            expected_before: Only entries whose ``expected_by`` is earlier.
            after: Only entries behind this position: the last one of the page before.
        """
        ...

    def purge(self, before: datetime, *, limit: int = 1_000) -> MaybeAwaitable[Purged]:
        """Remove what documents say, and keep that they were there.

        Of entries that were changed last before an instant, record, payload and document are emptied and
        ``purged_at`` is set to ``before``; so are the bodies of closed inbox rows received before it. Keys,
        states, references and the audit trail stay, so that nothing is taken for new. Left alone is
        whatever is pending, in flight or before a person (`State.waits_for_person`).

        Args:
            before: Aware, in UTC.
            limit: The most entries, and the most inbox rows, of one commit; call again until nothing is left.
        """
        ...

    def flow_status(self, flow: str, partner: str = "") -> MaybeAwaitable[FlowStatus]:
        """Whether a flow, or what it sends to one partner, may run; what nobody paused may."""
        ...

    def set_flow_status(self, status: FlowStatus) -> MaybeAwaitable[None]:
        """Pause a flow, or a partner in a flow, or let it run again."""
        ...

    def paused_partners(self, flow: str) -> MaybeAwaitable[Sequence[FlowStatus]]:
        """The partners of a flow that are paused (``paused_until`` is not None), by name."""
        ...

    def claim(self, name: str, owner: str, *, now: datetime, until: datetime) -> MaybeAwaitable[bool]:
        """Become the only owner of a name until then; again by the same owner extends. False: taken."""
        ...

    def release(self, name: str, owner: str) -> MaybeAwaitable[None]:
        """Give a claim back; not ours or not there: nothing happens."""
        ...

    def close(self) -> MaybeAwaitable[None]:
        """Release files and connections; the last call."""
        ...


class TokenStore(Protocol):
    """Access tokens shared by processes, and the claim that lets one of them refresh."""

    def get(self, key: str) -> MaybeAwaitable[Token | None]:
        """The token of a credential, or None."""
        ...

    def put(self, key: str, token: Token) -> MaybeAwaitable[None]:
        """Keep a token durably before returning."""
        ...

    def claim(self, key: str, owner: str, *, now: datetime, until: datetime) -> MaybeAwaitable[bool]:
        """Become the one who refreshes this credential until then. False: somebody else is."""
        ...

    def release(self, key: str, owner: str) -> MaybeAwaitable[None]:
        """Give the claim back; not ours or not there: nothing happens."""
        ...


class SecretStore(Protocol):
    """Where credentials are kept: the encrypted default, or the host's own vault."""

    def get(self, name: str) -> MaybeAwaitable[Secret]:
        """A secret by name.

        Raises:
            MissingSetting: There is none of that name.
            SecretUnreadable: It cannot be decrypted, or was tampered with.
        """
        ...

    def put(self, name: str, secret: Secret) -> MaybeAwaitable[None]:
        """Keep a secret, replacing an older one of that name."""
        ...

    def delete(self, name: str) -> MaybeAwaitable[None]:
        """Forget a secret; one that is not there is no error."""
        ...

    def names(self) -> MaybeAwaitable[Sequence[str]]:
        """The names that are kept, sorted."""
        ...
