"""What Stedi and partners say later about a document, as confirmations of it. Pure.

Three kinds of records speak of what was sent; a flow of each ends in a `ConfirmationSink`:

* `OutboundSource` with `map_outbound`: the documents learn their control numbers; a failed one is rejected.
* `FileSource` with `map_file`: the file was delivered, or could not be.
* `TransactionSource` of 997s with `map_functional_acknowledgment`: the partner's translator took it, or not.

Other programs may send through the same account, so what is said may concern none of our documents. Only of
a rejection that nobody can place is a person told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from attrs import frozen

from mlconnector_sdk.adapters.stedi.convert import received_functional_acknowledgment
from mlconnector_sdk.adapters.stedi.events import DELIVERED
from mlconnector_sdk.adapters.stedi.models import Execution, FileResult, Transaction
from mlconnector_sdk.adapters.stedi.references import control_references, group_reference, set_reference
from mlconnector_sdk.codec import Record, decode, encode, wire
from mlconnector_sdk.errors import InvalidDocument, UnreadableAnswer
from mlconnector_sdk.flow.confirmation import Confirmation, write_confirmations
from mlconnector_sdk.flow.mapped import Mapped, Send, Unchanged
from mlconnector_sdk.flow.standing import Standing
from mlconnector_sdk.mapping.documents import AcknowledgedSet, SetVerdict, SyntaxFault
from mlconnector_sdk.records import Entry, State

__all__ = [
    "file_confirmations",
    "functional_confirmations",
    "map_file",
    "map_functional_acknowledgment",
    "map_outbound",
    "outbound_confirmations",
    "shown",
]

T = TypeVar("T", bound=Record)

_LONGEST = 1_000  # characters of a text that others wrote
_CREDENTIALS = re.compile(r"://[^/@\s]*@")

_STATES: Mapping[SetVerdict, State] = {
    SetVerdict.ACCEPTED: State.ACKNOWLEDGED,
    SetVerdict.ACCEPTED_WITH_ERRORS: State.ACKNOWLEDGED,
    SetVerdict.REJECTED: State.REJECTED,
}

_UNDELIVERED = (
    "correct the connection in the Stedi portal and retry the execution there: once it is delivered, this is "
    "taken back; if it cannot be retried, send the document again with resend(...)"
)
_UNTRANSLATED = (
    "correct what the errors name, in the document at its source or in the guide (Stedi portal), then send "
    "it again: a corrected document goes by itself, an unchanged one with resend(...)"
)
_REFUSED = (
    "correct what the partner's translator names, in the document at its source or in the partner file: a "
    "corrected document goes by itself, an unchanged one with remap(...) or resend(...)"
)


def map_outbound(entry: Entry, standing: Standing) -> Mapped:
    """A `mlconnector_sdk.flow.Flow.map` for records of an `OutboundSource`."""
    return _mapped(entry, outbound_confirmations)


def map_file(entry: Entry, standing: Standing) -> Mapped:
    """A `mlconnector_sdk.flow.Flow.map` for records of a `FileSource`."""
    return _mapped(entry, file_confirmations)


def map_functional_acknowledgment(entry: Entry, standing: Standing) -> Mapped:
    """A `mlconnector_sdk.flow.Flow.map` for records of a `TransactionSource` of 997s."""
    return _mapped(entry, functional_confirmations)


def outbound_confirmations(record: bytes) -> tuple[Confirmation, ...]:
    """What Stedi's record of a transaction that was sent says about its document.

    Args:
        record: As `convert.record` writes it.

    Raises:
        InvalidDocument: It cannot be read, or says no time.
    """
    sent = _read(record, _Outbound).summary
    if not sent.execution_id:
        return ()
    failed = sent.status == "failed"
    learned = control_references(sent)
    what = f"{sent.transaction_set} to {sent.partnership_id}"
    if failed:
        text = f"Stedi could not translate the {what}: {_translation_errors(sent.translation_errors)}"
    elif "control" in learned:
        text = f"the {what} went as {learned['control']} (partnership/group/set)"
    else:
        text = f"the {what} went as Stedi's transaction {sent.id}"
    return (
        Confirmation(
            reference=("execution", sent.execution_id),
            state=State.REJECTED if failed else None,
            at=_required(sent.processed_at, "summary.processedAt"),
            text=shown(text),
            remedy=_UNTRANSLATED if failed else "",
            learned=learned,
            ours=failed,
        ),
    )


def file_confirmations(record: bytes) -> tuple[Confirmation, ...]:
    """What became of a file, said about the document in it.

    Args:
        record: As `files.file_record` writes it.

    Raises:
        InvalidDocument: It cannot be read, or says no time.
    """
    file = _read(record, _File)
    execution, result = file.execution, file.result
    told_at = result and result.processed_at
    at = _required(told_at or execution.updated_at or execution.created_at, "execution.updatedAt")
    name = (execution.source and execution.source.name) or execution.id
    what = f"the file {name}" + (
        f" to partnership {execution.partnership_id}" if execution.partnership_id else ""
    )
    if execution.id != file.root:
        what += f" (retried as execution {execution.id})"
    delivered = file.status == DELIVERED
    text = (
        f"{what} was delivered" if delivered else f"{what} could not be delivered: {_why(execution, result)}"
    )
    return (
        Confirmation(
            reference=("execution", file.root),
            state=State.DELIVERED if delivered else State.REJECTED,
            at=at,
            text=shown(text),
            remedy="" if delivered else _UNDELIVERED,
            ours=not delivered,
        ),
    )


def functional_confirmations(record: bytes) -> tuple[Confirmation, ...]:
    """What a 997 says about the documents in the group that it answers.

    First about the sets that it names; then about the group, whose verdict is that of every other set in it,
    unless the group was accepted in part.

    Args:
        record: As `convert.record` writes it.

    Raises:
        InvalidDocument: It cannot be understood, or a code says neither accepted nor rejected.
    """
    received = received_functional_acknowledgment(record)
    answer, partnership, at = received.acknowledgment, received.partnership, received.as_of
    group = group_reference(partnership, answer.group_control_number)

    def said(
        reference: tuple[str, str], what: str, verdict: SetVerdict, code: str, faults: Iterable[SyntaxFault]
    ) -> Confirmation:
        state = _STATES.get(verdict)
        if state is None:
            raise InvalidDocument(
                f"the 997 says of {what} neither accepted nor rejected: its code is {code!r}",
                path="AK5-01" if reference[0] == "control" else "AK9-01",
                remedy=f"ask the partner what it means (Stedi's transaction {received.reference})",
            )
        rejected = state is State.REJECTED
        return Confirmation(
            reference=reference,
            state=state,
            at=at,
            text=shown(f"{partnership} says of {what}: {verdict.value}{_reasons(faults)}"),
            remedy=_REFUSED if rejected else "",
            ours=rejected,
        )

    def of_set(each: AcknowledgedSet) -> Confirmation:
        number = set_reference(partnership, answer.group_control_number, each.control_number)
        what = f"{each.set_id} {number}"
        return said(("control", number), what, each.verdict, each.code, each.faults)

    named = [of_set(each) for each in answer.sets]
    if answer.sets and answer.verdict not in _STATES:
        return tuple(named)
    faults = [*answer.faults, *(fault for each in answer.sets for fault in each.faults)]
    whole = f"group {answer.functional_id} {group}"
    return (*named, said(("group", group), whole, answer.verdict, answer.code, faults))


@frozen(kw_only=True)
class _Outbound(Record):
    summary: Transaction = wire("summary")


@frozen(kw_only=True)
class _File(Record):
    root: str
    status: str
    execution: Execution
    result: FileResult | None = None


def _mapped(entry: Entry, read: Callable[[bytes], Sequence[Confirmation]]) -> Mapped:
    confirmations = read(entry.record)
    if not confirmations:
        return Unchanged(summary="it speaks of no document")
    return Send(
        payload=write_confirmations(confirmations),
        summary=shown("; ".join(each.text for each in confirmations)),
    )


def _read(record: bytes, model: type[T]) -> T:
    try:
        return decode(record, model)
    except UnreadableAnswer as error:
        raise InvalidDocument(
            f"the record cannot be read: {error.message}",
            path=error.path,
            remedy="look at the execution in the Stedi portal",
        ) from error


def _required(at: datetime | None, path: str) -> datetime:
    if at is None:
        raise InvalidDocument(
            "the record does not say when it happened",
            path=path,
            remedy="look at the execution in the Stedi portal",
        )
    return at


def _translation_errors(errors: Any) -> str:
    """Stedi's messages, or whatever else it says."""
    if isinstance(errors, list):
        messages = [each.get("message") for each in errors if isinstance(each, Mapping)]
        if messages and all(isinstance(message, str) for message in messages):
            return "; ".join(str(message) for message in messages)
    return encode(errors).decode() if errors else "it does not say why"


def _why(execution: Execution, result: FileResult | None) -> str:
    """Every reason that is given, each once."""
    faults = [(execution.fault_code, execution.fault_message)]
    faults += [(fault.code, fault.message) for fault in (result and result.errors) or ()]
    reasons = [": ".join(part for part in fault if part) for fault in faults]
    reasons += [
        f"attempt {report.attempt or '?'}: {report.message}"
        for report in execution.delivery_reports or ()
        if report.status == "FAILED" and report.message
    ]
    known = dict.fromkeys(reason for reason in reasons if reason)
    return "; ".join(known) or "Stedi does not say why"


def _reasons(faults: Iterable[SyntaxFault]) -> str:
    told = [f"{fault.path or 'the set'}: {fault.sentence} (code {fault.code})" for fault in faults]
    return f": {'; '.join(told)}" if told else ""


def shown(text: str) -> str:
    """A text that others wrote, for a trail: cut to a length, without the user or password of an address."""
    bare = _CREDENTIALS.sub("://***@", text)
    return bare if len(bare) <= _LONGEST else bare[: _LONGEST - 3] + "..."
