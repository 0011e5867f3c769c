"""What went through Stedi: transactions in both directions, from webhooks and from the poll.

Both lead to the same transaction ids, so that whichever comes second says nothing new. Webhooks are quick;
the poll finds those that were lost.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mlconnector_sdk.adapters.stedi.client import StediFace
from mlconnector_sdk.adapters.stedi.convert import business_number, record
from mlconnector_sdk.adapters.stedi.events import ProcessedFile, ProcessedTransaction, has_mode, read_event
from mlconnector_sdk.adapters.stedi.models import Transaction
from mlconnector_sdk.adapters.stedi.transactions import Transactions
from mlconnector_sdk.adapters.stedi.walk import ListingWalk
from mlconnector_sdk.adapters.stedi.webhooks import OUTBOUND, TRANSACTIONS
from mlconnector_sdk.codec import decode, encode
from mlconnector_sdk.core.paging import Pages
from mlconnector_sdk.errors import (
    AnswerTooLarge,
    DocumentError,
    InvalidDocument,
    RequestRefused,
    UnreadableAnswer,
)
from mlconnector_sdk.flow.source import Observation, Window
from mlconnector_sdk.records import Event, Feed

__all__ = ["OutboundSource", "TransactionSource", "read_stored_event"]

_PORTAL = "look at the transaction in the Stedi portal, and have the partner send it again"


class _Polled:
    """What both sources share: how Stedi lists transactions.

    Attributes:
        cursor, overlap, hold: See `mlconnector_sdk.adapters.stedi.walk.Listed`.
    """

    feed = Feed.EVENT
    cursor = "transactions"
    hold = timedelta(0)

    def __init__(self, stedi: StediFace[Any], *, kinds: Collection[str], mode: str, name: str) -> None:
        self.name = name
        self.baseline_reach = stedi.profile.webhook_retention
        self.overlap = stedi.profile.overlap
        self._stedi = stedi
        self._kinds = frozenset(kinds)
        self._mode = mode

    def listed(self, since: datetime) -> Pages[Transaction]:
        """What Stedi processed since."""
        return self._stedi.polling.transactions(since)

    def at(self, item: Transaction) -> datetime | None:
        """When it was processed."""
        return item.processed_at

    def is_open(self, item: Transaction) -> bool:
        """No: it is listed when it is done."""
        return False


class TransactionSource(_Polled):
    """Inbound transactions as events: a `mlconnector_sdk.flow.Source`.

    A record holds the transaction as Stedi describes it and its Guide JSON (`convert.record`); the event id
    is the transaction's id, ``partner`` the partnership's.

    Args:
        stedi: The client.
        kinds: The transaction sets that are wanted.
        mode: Only transactions of this mode: ``production``, ``test``; empty: of any. A test document must
            not change a real order.
        name: Also the name under which webhooks are stored for this source. Functional acknowledgments are
            read with ``kinds=("997",), name=FUNCTIONAL_ACKNOWLEDGMENTS``.
    """

    def __init__(
        self,
        stedi: StediFace[Any],
        *,
        kinds: Collection[str] = ("855",),
        mode: str = "production",
        name: str = TRANSACTIONS,
    ) -> None:
        super().__init__(stedi, kinds=kinds, mode=mode, name=name)

    def walk(self, window: Window) -> ListingWalk[Transaction]:
        """Read a window by polling."""
        return ListingWalk(self, window)

    async def observe(self, event: Event) -> Sequence[Observation]:
        """The transaction that a webhook speaks of; its document is fetched where it did not come along.

        Raises:
            InvalidDocument: The body can never be read.
            VendorError: The document cannot be fetched now.
        """
        found = read_stored_event(event)
        if not isinstance(found, ProcessedTransaction) or not self.wants(found.transaction):
            return ()
        try:
            return (await self.observation(found.transaction, found.document),)
        except UnreadableAnswer as error:
            given_up = self._given_up(found.transaction, error, since=event.received_at)
            if given_up is None:
                raise
            return (given_up,)

    def wants(self, item: Transaction) -> bool:
        """Whether it is inbound, of a wanted set and of the right mode."""
        return has_mode(item, "INBOUND", self._mode) and item.transaction_set in self._kinds

    def event_id(self, item: Transaction) -> str:
        """The transaction's id, from webhook and poll alike."""
        return item.id

    async def observation(self, item: Transaction, document: bytes | None = None) -> Observation:
        """What is known about a transaction; one that cannot be read goes before a person as it is.

        Args:
            item: As Stedi describes it.
            document: Its Guide JSON, where it is at hand.

        Raises:
            UnreadableAnswer: Stedi gives its document in no form that can be read.
            VendorError: Its document cannot be fetched now.
        """
        content: Mapping[str, Any] | None = None
        try:
            _require_whole(item)
            content = await self._document(item.id, document)
            number = business_number(item.transaction_set, content)
        except DocumentError as error:
            return _dead(item, content, error.message, error.remedy)
        return Observation(
            number=number, partner=item.partnership_id, record=record(item, content), event_id=item.id
        )

    def given_up(self, item: Transaction, error: UnreadableAnswer) -> Observation | None:
        """The transaction without its document, once that was unreadable for long enough."""
        return self._given_up(item, error, since=item.processed_at)

    def _given_up(
        self, item: Transaction, error: UnreadableAnswer, *, since: datetime | None
    ) -> Observation | None:
        if since is not None and self._stedi.clock.now() < since + self._stedi.profile.patience:
            return None
        return _dead(item, None, f"its document is unreadable: {error.message}", "")

    async def _document(self, transaction_id: str, document: bytes | None) -> Mapping[str, Any]:
        try:
            text = document or await Transactions.output(self._stedi.transactions, transaction_id)
        except RequestRefused as error:  # not there, or refused: it will be next time, too
            problem = f"Stedi has no document of it: {error.message}"
            raise InvalidDocument(problem, remedy=_PORTAL) from error
        except AnswerTooLarge as error:  # it will be too large next time, too
            raise InvalidDocument(error.message, remedy=_PORTAL) from error
        try:
            return decode(text, dict[str, Any], strict=True)
        except UnreadableAnswer as error:
            raise InvalidDocument(error.message, path=error.path, remedy=_PORTAL) from error


class OutboundSource(_Polled):
    """What Stedi made of the documents that were sent, as events: a `mlconnector_sdk.flow.Source`.

    Map it with `confirmations.map_outbound`: the documents learn their control numbers, under which partners
    acknowledge them. A record holds the transaction as Stedi describes it (`convert.record`, without a
    document); the event id is the transaction's, the number is the execution's id.

    Args:
        stedi: The client.
        kinds: The transaction sets that are sent; Stedi itself sends others, such as 997.
        mode: Only transactions of this mode: ``production``, ``test``; empty: of any.
        name: Also the name under which webhooks are stored for this source.
    """

    def __init__(
        self,
        stedi: StediFace[Any],
        *,
        kinds: Collection[str] = ("810", "850", "860"),
        mode: str = "production",
        name: str = OUTBOUND,
    ) -> None:
        super().__init__(stedi, kinds=kinds, mode=mode, name=name)

    def walk(self, window: Window) -> ListingWalk[Transaction]:
        """Read a window by polling."""
        return ListingWalk(self, window)

    async def observe(self, event: Event) -> Sequence[Observation]:
        """The transaction that a webhook speaks of.

        Raises:
            InvalidDocument: The body can never be read.
        """
        found = read_stored_event(event)
        if not isinstance(found, ProcessedTransaction) or not self.wants(found.transaction):
            return ()
        return (await self.observation(found.transaction),)

    def wants(self, item: Transaction) -> bool:
        """Whether it is outbound, of a wanted set and of the right mode."""
        return has_mode(item, "OUTBOUND", self._mode) and item.transaction_set in self._kinds

    def event_id(self, item: Transaction) -> str:
        """The transaction's id; that it failed, which webhooks do not say, is an event of its own."""
        return f"{item.id}/failed" if item.status == "failed" else item.id

    async def observation(self, item: Transaction) -> Observation:
        """The transaction as it is."""
        return Observation(
            number=item.execution_id or item.id,
            partner=item.partnership_id,
            record=record(item, None),
            event_id=self.event_id(item),
        )

    def given_up(self, item: Transaction, error: UnreadableAnswer) -> Observation | None:
        """None: nothing is fetched for it, so nothing is unreadable."""
        return None


def read_stored_event(event: Event) -> ProcessedTransaction | ProcessedFile | None:
    """What a stored webhook says: see `events.read_event`.

    Raises:
        InvalidDocument: It can never be read.
    """
    try:
        return read_event(event.body)
    except UnreadableAnswer as error:
        raise InvalidDocument(
            f"the webhook cannot be read: {error.message}",
            path=error.path,
            remedy="the poll finds what is behind it; compare the event in the Stedi portal",
        ) from error


def _dead(
    transaction: Transaction, content: Mapping[str, Any] | None, problem: str, remedy: str
) -> Observation:
    """A transaction that can only be shown to a person."""
    return Observation(
        number=transaction.id,
        partner=transaction.partnership_id,
        record=record(transaction, content),
        event_id=transaction.id,
        reason=f"the {transaction.transaction_set} of Stedi's transaction {transaction.id} cannot be read: "
        f"{problem}",
        remedy=remedy or _PORTAL,
    )


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
