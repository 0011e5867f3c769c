"""A document goes out: checked, put into a file, and handed over for delivery."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from attrs import evolve, frozen

from mlconnector_sdk.errors import NotFound, RequestRefused
from mlconnector_sdk.simulators import wire
from mlconnector_sdk.simulators.stedi import delivery, envelope, metadata
from mlconnector_sdk.simulators.stedi.account import Account
from mlconnector_sdk.simulators.stedi.characters import repair
from mlconnector_sdk.simulators.stedi.envelope import Delimiters, File
from mlconnector_sdk.simulators.stedi.guide_in import Row, to_segments
from mlconnector_sdk.simulators.stedi.partnerships import Partnership
from mlconnector_sdk.simulators.stedi.records import Execution, Sent, Transaction
from mlconnector_sdk.simulators.stedi.sets import transaction_set

__all__ = ["Outgoing", "check", "dispatch"]

_BODY = {
    "transaction",
    "filename",
    "mappingId",
    "fragmentGroupIds",
    "characterSet",
    "repairOptions",
    "interchangeOverrides",
}
_OVERRIDES = {
    "interchangeUsageIndicator": re.compile("[IPT]"),
    "acknowledgmentRequestedCode": re.compile("[0-3]"),
    "interchangeControlVersionNumberCode": re.compile(".{5}"),
}
_DELIMITERS = ("element", "composite", "repetition", "segment")
_FILENAME = re.compile(r"[a-zA-Z0-9.*'()!_-]{1,300}", re.ASCII)


@frozen(kw_only=True)
class Outgoing:
    """A request that passed every check.

    Args:
        rows: The segments between ST and SE.
        guide: The transaction as it was posted.
        filename: Empty for the default, the execution's id.
        overrides: ISA12, 14, 15 by their API names.
    """

    set_id: str
    rows: list[Row]
    guide: Mapping[str, Any]
    filename: str
    overrides: Mapping[str, str]
    delimiters: Delimiters


def check(partnership: Partnership, set_id: str, body: Any) -> Outgoing:
    """Check a request body.

    Raises:
        RequestRefused: 400, with every problem found.
        NotFound: It names a mapping or fragments, of which this account has none.
    """
    if not isinstance(body, Mapping):
        raise _refuse("the body must be a JSON object")
    for name in body:
        if name not in _BODY:
            raise _refuse(f"{name} is not a property of this request")
    for name in ("mappingId", "fragmentGroupIds"):
        if name in body:
            raise NotFound(f"{name}: there is no such resource", status=404, code="RESOURCE_NOT_FOUND")
    if "transaction" not in body:
        raise _refuse("transaction is required")
    filename = body.get("filename", "")
    if "filename" in body and not (isinstance(filename, str) and _FILENAME.fullmatch(filename)):
        raise _refuse("filename takes 1 to 300 of the characters a-z A-Z 0-9 . * ' ( ) ! _ -")
    overrides = body.get("interchangeOverrides", {})
    delimiters = _check_overrides(overrides)
    guide = repair(body["transaction"], body.get("characterSet"), body.get("repairOptions", {}))
    spec = transaction_set(set_id, partnership.release)
    return Outgoing(
        set_id=set_id,
        rows=to_segments(guide, spec, reserved=str(delimiters)),
        guide=guide,
        filename=filename,
        overrides={name: value for name, value in overrides.items() if name != "delimiters"},
        delimiters=delimiters,
    )


def dispatch(account: Account, partnership: Partnership, outgoing: Outgoing, key: str | None) -> bytes:
    """Write the file, send it on its way, and return the answer to the request."""
    file = _file(account, partnership, outgoing)
    x12 = envelope.write(file, outgoing.rows)
    execution = _processed(account, partnership, outgoing, file, x12)
    (transaction,) = execution.transactions
    account.keep(execution)
    account.sent.append(
        Sent(
            at=file.at,
            partnership=partnership.id,
            set_id=file.set_id,
            number=transaction.number,
            key=key,
            filename=execution.filename,
            x12=x12,
            guide=outgoing.guide,
            control_number=file.control_number,
            execution_id=execution.id,
            transaction_id=transaction.id,
        )
    )
    account.announce_transaction(transaction)
    account.announce_file("file.processed.v2", execution)
    delivery.deliver(account, partnership, execution)
    # The vendor's reference calls this transactionId reserved and not supported: it leads nowhere here.
    return wire.dumps({"fileExecutionId": execution.id, "transactionId": str(uuid4())})


def _file(account: Account, partnership: Partnership, outgoing: Outgoing) -> File:
    return File(
        sender=partnership.local.address,
        receiver=partnership.partner.address,
        at=account.time.now(),
        control_number=partnership.next_control_number(),
        functional_id=transaction_set(outgoing.set_id, partnership.release).functional_id,
        set_id=outgoing.set_id,
        release=partnership.release,
        usage=outgoing.overrides.get("interchangeUsageIndicator", "P"),
        acknowledgment=outgoing.overrides.get("acknowledgmentRequestedCode", "0"),
        version=outgoing.overrides.get("interchangeControlVersionNumberCode", ""),
        delimiters=outgoing.delimiters,
    )


def _processed(
    account: Account, partnership: Partnership, outgoing: Outgoing, file: File, x12: str
) -> Execution:
    """The records about a file that goes out: its execution with the one transaction in it."""
    execution_id = str(uuid4())
    transaction = Transaction(
        id=str(uuid4()),
        execution_id=execution_id,
        position=account.next_position(),
        direction="OUTBOUND",
        mode=metadata.mode(file.usage),
        processed_at=file.at,
        partnership_id=partnership.id,
        sender=partnership.local.id,
        receiver=partnership.partner.id,
        set_id=file.set_id,
        setting_id=partnership.settings[file.set_id],
        metadata=metadata.of_file(file),
        identifiers=metadata.identifiers(outgoing.rows, transaction_set(file.set_id, file.release)),
        input=wire.dumps(outgoing.guide),
        output=x12.encode(),
        guide=outgoing.guide,
    )
    return Execution(
        id=execution_id,
        position=account.next_position(),
        direction="OUTBOUND",
        status="IN_PROGRESS",
        created_at=file.at,
        partnership_id=partnership.id,
        mode=transaction.mode,
        filename=outgoing.filename or execution_id,
        content=transaction.output,
        transactions=[transaction],
    )


def _check_overrides(overrides: Any) -> Delimiters:
    if not isinstance(overrides, Mapping):
        raise _refuse("interchangeOverrides must be an object")
    for name, value in overrides.items():
        if name == "delimiters":
            continue
        if name not in _OVERRIDES:
            raise _refuse(f"interchangeOverrides.{name} is not a property of this request")
        if not isinstance(value, str) or not _OVERRIDES[name].fullmatch(value):
            raise _refuse(f"interchangeOverrides.{name} does not take {value!r}")
    delimiters = overrides.get("delimiters")
    if delimiters is None:
        return Delimiters()
    if not isinstance(delimiters, Mapping) or sorted(delimiters) != sorted(_DELIMITERS):
        raise _refuse(f"interchangeOverrides.delimiters takes all of {', '.join(_DELIMITERS)}")
    characters = [delimiters[name] for name in _DELIMITERS]
    if len(set(characters)) != 4 or not all(
        isinstance(character, str) and re.fullmatch(r"[\W_]", character) for character in characters
    ):
        raise _refuse("delimiters must be four different characters that are no letters or digits")
    return evolve(Delimiters(), **delimiters)


def _refuse(message: str) -> RequestRefused:
    return RequestRefused(message, status=400, code="BAD_REQUEST")
