"""What partners sent: inbound transactions, from webhooks and from the poll.

Both lead to the same transaction ids, so that whichever comes second says nothing new. Webhooks are quick;
the poll finds those that were lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mlconnector_sdk.adapters.stedi.client import StediFace
from mlconnector_sdk.adapters.stedi.convert import business_number, record
from mlconnector_sdk.adapters.stedi.models import Transaction
from mlconnector_sdk.adapters.stedi.transactions import Transactions
from mlconnector_sdk.adapters.stedi.webhooks import SOURCE, is_inbound, read_event
from mlconnector_sdk.codec import decode, encode
from mlconnector_sdk.codec.scalars import instant, instant_text
from mlconnector_sdk.errors import (
    AnswerTooLarge,
    ConfigurationError,
    DocumentError,
    InvalidDocument,
    NotFound,
    UnreadableAnswer,
)
from mlconnector_sdk.flow.source import Observation, Window
from mlconnector_sdk.records import Event, Feed

__all__ = ["TransactionSource", "TransactionWalk"]

_CURSOR = "transactions"
_BATCH = 20
"""Transactions whose documents are fetched before they are handed over: each takes two requests."""

_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
"""Before anything that this API can know."""

_PORTAL = "look at the transaction in the Stedi portal, and have the partner send it again"


class TransactionSource:
    """Inbound transactions as events: a `mlconnector_sdk.flow.Source`.

    A record holds the transaction as Stedi describes it and its Guide JSON (`convert.record`); the event id
    is the transaction's id, ``partner`` the partnership's.

    Args:
        stedi: The client.
        kinds: The transaction sets that are wanted.
        mode: Only transactions of this mode: ``production``, ``test``; empty: of any. A test document must
            not change a real order.
        name: Also the name under which webhooks are stored for this source.
    """

    feed = Feed.EVENT

    def __init__(
        self,
        stedi: StediFace[Any],
        *,
        kinds: Collection[str] = ("855",),
        mode: str = "production",
        name: str = SOURCE,
    ) -> None:
        self.name = name
        self.baseline_reach = stedi.profile.webhook_retention
        self._stedi = stedi
        self._kinds = frozenset(kinds)
        self._mode = mode

    def walk(self, window: Window) -> TransactionWalk:
        """Read a window by polling."""
        return TransactionWalk(self, self._stedi, window)

    async def observe(self, event: Event) -> Sequence[Observation]:
        """The transaction that a webhook speaks of; its document is fetched where it did not come along.

        Raises:
            InvalidDocument: The body can never be read.
            VendorError: The document cannot be fetched now.
        """
        try:
            found = read_event(event.body)
        except UnreadableAnswer as error:
            raise InvalidDocument(
                f"the webhook cannot be read: {error.message}",
                path=error.path,
                remedy="the poll finds the transaction behind it; compare the event in the Stedi portal",
            ) from error
        if found is None or not self.wants(found.transaction):
            return ()
        return (await self.observation(found.transaction, found.document),)

    def wants(self, transaction: Transaction) -> bool:
        """Whether it is inbound, of a wanted set and of the right mode."""
        return is_inbound(transaction, mode=self._mode) and transaction.transaction_set in self._kinds

    async def observation(self, transaction: Transaction, document: bytes | None = None) -> Observation:
        """What is known about a transaction; one that cannot be read goes before a person as it is.

        Args:
            transaction: As Stedi describes it.
            document: Its Guide JSON, where it is at hand.
        """
        content: Mapping[str, Any] | None = None
        try:
            _require_whole(transaction)
            content = await self._document(transaction.id, document)
            number = business_number(transaction.transaction_set, content)
        except DocumentError as error:
            return Observation(
                number=transaction.id,
                partner=transaction.partnership_id,
                record=record(transaction, content),
                event_id=transaction.id,
                reason=f"the {transaction.transaction_set} cannot be read: {error.message}",
                remedy=error.remedy or _PORTAL,
            )
        return Observation(
            number=number,
            partner=transaction.partnership_id,
            record=record(transaction, content),
            event_id=transaction.id,
        )

    async def _document(self, transaction_id: str, document: bytes | None) -> Mapping[str, Any]:
        try:
            text = document or await Transactions.output(self._stedi.transactions, transaction_id)
        except NotFound as error:
            raise InvalidDocument("Stedi has no document of it", remedy=_PORTAL) from error
        except AnswerTooLarge as error:  # it will be too large next time, too
            raise InvalidDocument(error.message, remedy=_PORTAL) from error
        try:
            return decode(text, dict[str, Any], strict=True)
        except UnreadableAnswer as error:
            raise InvalidDocument(error.message, path=error.path, remedy=_PORTAL) from error


class TransactionWalk:
    """One poll: the list first, to its end, then the documents, the oldest first."""

    def __init__(self, source: TransactionSource, stedi: StediFace[Any], window: Window) -> None:
        self._source = source
        self._stedi = stedi
        self._newest = window.since or _read(window.cursors.get(_CURSOR, ""))
        overlap = stedi.profile.overlap
        self._since = window.since or (self._newest and self._newest - overlap) or _BEGINNING
        self._waiting: deque[Transaction] | None = None

    @property
    def cursors(self) -> Mapping[str, str]:
        """When the newest transaction seen was processed."""
        return {_CURSOR: instant_text(self._newest)} if self._newest else {}

    async def batch(self) -> Sequence[Observation] | None:
        """The next few transactions; None when the poll was read to its end."""
        if self._waiting is None:
            self._waiting = deque(await self._polled())
        if not self._waiting:
            return None
        taken = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
        return [await self._source.observation(transaction) for transaction in taken]

    async def close(self) -> None:
        """Forget what is left."""
        self._waiting = deque()

    async def _polled(self) -> list[Transaction]:
        wanted: dict[str, Transaction] = {}
        walk = self._stedi.polling.transactions(self._since)
        while (page := await walk.batch()) is not None:
            for transaction in page:
                at = transaction.processed_at
                if at is not None and (self._newest is None or at > self._newest):
                    self._newest = at
                if self._source.wants(transaction):
                    wanted[transaction.id] = transaction
        return sorted(wanted.values(), key=lambda each: each.processed_at or _BEGINNING)


def _require_whole(transaction: Transaction) -> None:
    """Refuse what has no complete document.

    Raises:
        InvalidDocument: Stedi could not translate it, or took it apart.
    """
    if transaction.status == "failed":
        errors = encode(transaction.translation_errors or []).decode()
        raise InvalidDocument(f"Stedi could not translate it: {errors[:500]}", remedy=_PORTAL)
    if transaction.fragments is not None:
        raise InvalidDocument(
            "Stedi took it apart into fragments, of which the document holds none",
            remedy="turn fragments off in its transaction setting (Stedi portal), then have it sent again",
        )


def _read(cursor: str) -> datetime | None:
    if not cursor:
        return None
    try:
        return instant(cursor)
    except ValueError as problem:
        raise ConfigurationError(
            f"the cursor {_CURSOR!r} is not readable: {problem}",
            remedy="run once with since=... to start from a known place",
            path=_CURSOR,
        ) from None
