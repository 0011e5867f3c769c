"""Where documents go at Stedi: out to a partner, as one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from mlconnector_sdk.adapters.stedi.client import StediFace
from mlconnector_sdk.adapters.stedi.convert import business_number, business_number_element
from mlconnector_sdk.adapters.stedi.events import has_mode
from mlconnector_sdk.adapters.stedi.models import Transaction
from mlconnector_sdk.adapters.stedi.outbound import OutboundTransaction, read_payload, renamed
from mlconnector_sdk.adapters.stedi.references import control_references
from mlconnector_sdk.adapters.stedi.transactions import Transactions
from mlconnector_sdk.codec import decode
from mlconnector_sdk.errors import InvalidDocument, NotFound, UnreadableAnswer
from mlconnector_sdk.flow.sink import Absent, Found, IfAbsent, NotYet, OnUnknown, Outcome
from mlconnector_sdk.records import Entry, SendResult

__all__ = ["TransactionSink"]

_MARGIN = timedelta(hours=1)
"""How much earlier than Stedi we stop to trust that a key is remembered."""

_SKEW = timedelta(minutes=1)
"""How far our clock may be ahead of Stedi's."""

_RUNNING = ("STARTED", "IN_PROGRESS", "RETRYING")


class TransactionSink:
    """Sends one document as one transaction: a `mlconnector_sdk.flow.Sink`.

    The payload is what `outbound.write_payload` makes; its body is posted byte for byte under the entry's
    idempotency key: an order, its changes, an invoice. Within 24 hours an uncertain send is repeated with
    the same key. Later it is looked for among what went to the partnership, by the document itself, which
    Stedi keeps as it was posted: an order and its changes go under one number.

    Args:
        stedi: The client.
        kinds: The transaction sets that are sent through it: `numbers` counts no others.
        mode: And only transactions of this mode: ``production``, ``test``; empty: of any.
    """

    name = "stedi.transactions"

    def __init__(
        self,
        stedi: StediFace[Any],
        *,
        kinds: Collection[str] = ("810", "850", "860"),
        mode: str = "",
    ) -> None:
        self._stedi = stedi
        self._kinds = frozenset(kinds)
        self._mode = mode
        profile = stedi.profile
        self.timeout = timedelta(seconds=profile.deadline)
        self.on_unknown = OnUnknown(
            same_key_for=profile.key_life - _MARGIN, settle=profile.settle, if_absent=IfAbsent.SEND
        )

    async def ready(self) -> None:
        """A request may leave now."""
        await self._stedi.client.ready()

    async def send(self, entry: Entry) -> SendResult:
        """Create the transaction.

        Raises:
            RequestRefused: It breaks a rule of the guide, or the key was used for another request.
            NotFound: There is no such partnership or setting.
            VendorError: As any call; ``reached`` says whether the outcome is certain.
        """
        outbound = _payload(entry)
        call = Transactions.submit(
            self._stedi.transactions,
            outbound.partnership,
            outbound.setting,
            outbound.body.raw,
            idempotency_key=entry.idempotency_key,
        )
        try:
            submission = await self._stedi.client.send(call)
        except NotFound as error:
            error.remedy = (
                f"check in the Stedi portal that partnership {outbound.partnership} has the transaction "
                f"setting {outbound.setting}; if it has not, correct the partner file, make the pipeline "
                f"anew, then remap('{entry.number}')"
            )
            raise
        return SendResult(
            references={"execution": submission.execution_id, "file": outbound.body.filename},
            summary=f"{entry.kind} {entry.number} went to {outbound.partnership} as {outbound.body.filename}",
        )

    async def find(self, entry: Entry) -> Outcome:
        """Look for the transaction among those that went to the partnership since the first attempt.

        Raises:
            InvalidDocument: A transaction that may be it cannot be compared: a person has to.
        """
        outbound = _payload(entry)
        sent_at = entry.first_sent_at or entry.observed_at
        since = sent_at - _SKEW
        candidates: list[Transaction] = []
        # Which numbers Stedi lists a document under is up to the guide: the number is no filter, only a hint.
        walk = self._stedi.transactions.list(
            partnership=outbound.partnership, direction="OUTBOUND", since=since
        )
        while (page := await walk.batch()) is not None:
            candidates += [each for each in page if _may_be_it(each, outbound, since)]
        for transaction in sorted(candidates, key=lambda each: not _is_listed_under(each, entry.number)):
            if await self._is_it(transaction, outbound, entry.number):
                return Found(references=_references(transaction, outbound))
        if self._stedi.clock.now() < sent_at + self.on_unknown.settle:
            return NotYet()
        return NotYet() if await self._is_running(outbound.partnership, since) else Absent()

    async def numbers(self, since: datetime) -> Collection[str]:
        """The numbers of the documents that went out since: a `mlconnector_sdk.flow.Census`.

        Every partnership of the account counts. A document whose number cannot be found out is named by
        Stedi's id, ``transaction ...``, so that it is not overlooked.

        Raises:
            VendorError: They cannot be listed now.
        """
        found: set[str] = set()
        walk = self._stedi.transactions.list(direction="OUTBOUND", since=since)
        while (page := await walk.batch()) is not None:
            found |= {await self._number(each) for each in page if self._went_out(each, since)}
        return found

    def _went_out(self, transaction: Transaction, since: datetime) -> bool:
        """The filters of the listing once more: those that Stedi has not applied."""
        at = transaction.processed_at
        return (
            transaction.transaction_set in self._kinds
            and has_mode(transaction, "OUTBOUND", self._mode)
            and transaction.status != "failed"
            and (at is None or at >= since)
        )

    async def _number(self, transaction: Transaction) -> str:
        """As Stedi lists it; where the guide names no such number, as it stands in the document."""
        kind = transaction.transaction_set
        for each in transaction.business_identifiers or ():
            if each.value and each.element == business_number_element(kind):
                return each.value
        try:
            posted = await Transactions.input(self._stedi.transactions, transaction.id)
            return business_number(kind, decode(posted, dict[str, Any]))
        except (NotFound, UnreadableAnswer, InvalidDocument):
            return f"transaction {transaction.id}"

    async def _is_it(self, transaction: Transaction, outbound: OutboundTransaction, number: str) -> bool:
        """Whether Stedi was posted our document under this transaction."""
        try:
            posted = decode(
                await Transactions.input(self._stedi.transactions, transaction.id), dict[str, Any]
            )
        except (NotFound, UnreadableAnswer) as error:
            if transaction.business_identifiers and not _is_listed_under(transaction, number):
                return False
            raise InvalidDocument(
                f"Stedi's transaction {transaction.id} may be this document, but it cannot be compared: "
                f"{error.message}",
                remedy="compare the two in the Stedi portal",
            ) from error
        return _holds(posted, outbound.body.transaction)

    async def _is_running(self, partnership: str, since: datetime) -> bool:
        """Whether a file to the partnership is still being worked on: its transactions are not listed yet."""
        walk = self._stedi.executions.list(partnership=partnership, direction="OUTBOUND", since=since)
        while (page := await walk.batch()) is not None:
            if any(execution.status in _RUNNING for execution in page):
                return True
        return False


def _payload(entry: Entry) -> OutboundTransaction:
    if entry.payload is None:
        raise InvalidDocument(
            f"{entry.kind} {entry.number} was not mapped", remedy=f"remap('{entry.number}')"
        )
    if entry.deliberate:  # the same bytes as before, and the file must not replace the first one
        return read_payload(renamed(entry.payload, f"again-{entry.sequence}"))
    return read_payload(entry.payload)


def _may_be_it(transaction: Transaction, outbound: OutboundTransaction, since: datetime) -> bool:
    """The filters of the listing once more: one that was ignored must not lead to another document."""
    at = transaction.processed_at
    return (
        transaction.direction == "OUTBOUND"
        and transaction.partnership_id == outbound.partnership
        and transaction.setting_id in ("", outbound.setting)
        and (at is None or at >= since)
    )


def _is_listed_under(transaction: Transaction, number: str) -> bool:
    return any(each.value == number for each in transaction.business_identifiers or ())


def _holds(theirs: Any, ours: Any) -> bool:
    """Whether a document is ours; Stedi may have added what we left out, e.g. the trailer."""
    if isinstance(ours, Mapping):
        return isinstance(theirs, Mapping) and all(
            key in theirs and _holds(theirs[key], value) for key, value in ours.items()
        )
    if isinstance(ours, list):
        return (
            isinstance(theirs, list)
            and len(theirs) == len(ours)
            and all(_holds(their, our) for their, our in zip(theirs, ours, strict=True))
        )
    return bool(theirs == ours)


def _references(transaction: Transaction, outbound: OutboundTransaction) -> Mapping[str, str]:
    """What the answer to the send would have told, and what is learned later otherwise."""
    found = {"file": outbound.body.filename, **control_references(transaction)}
    if transaction.execution_id:
        found["execution"] = transaction.execution_id
    return found
