"""A file comes in: matched to a partnership, translated, stored and announced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from mlconnector_sdk.errors import InvalidDocument, RequestRefused
from mlconnector_sdk.simulators import wire
from mlconnector_sdk.simulators.stedi import envelope, metadata
from mlconnector_sdk.simulators.stedi.account import Account
from mlconnector_sdk.simulators.stedi.elements import flaw
from mlconnector_sdk.simulators.stedi.envelope import Group, Interchange
from mlconnector_sdk.simulators.stedi.guide_out import to_guide
from mlconnector_sdk.simulators.stedi.partnerships import Partnership
from mlconnector_sdk.simulators.stedi.records import Execution, Identifier, Transaction
from mlconnector_sdk.simulators.stedi.sets import INBOUND, transaction_set

__all__ = ["inject", "receive"]


def receive(account: Account, content: bytes, filename: str, *, parent_id: str | None = None) -> Execution:
    """Process a file that a supplier dropped.

    What cannot be processed becomes a fault of the execution: of the whole file where its envelope is
    broken or nobody knows the partners, of one transaction where that one is bad.

    Args:
        parent_id: The execution that is retried.
    """
    execution = _execution(account, content, filename)
    execution.parent_id = parent_id
    try:
        interchanges = envelope.read(content.decode())
    except (InvalidDocument, UnicodeDecodeError) as problem:
        account.fault(execution, "FAILED_TO_PARSE", str(problem))
        interchanges = ()
    for interchange in interchanges:
        partnership = _partnership(account, interchange)
        if partnership is None:
            sides = f"{'/'.join(interchange.sender)} to {'/'.join(interchange.receiver)}"
            account.fault(execution, "FAILED_TO_FIND_PARTNERSHIP", f"no partnership for {sides}")
            continue
        execution.partnership_id = partnership.id
        execution.mode = metadata.mode(interchange.usage)
        for group in interchange.groups:
            for transaction in group.transactions:
                _translate(account, execution, partnership, interchange, group, transaction)
    _conclude(account, execution)
    return execution


def inject(
    account: Account, partnership: Partnership, guide: Mapping[str, Any], *, set_id: str, number: str
) -> Transaction:
    """Store and announce an inbound transaction as it is, unchecked: any guide of any shape."""
    execution = _execution(account, b"", f"{uuid4()}.edi")
    execution.partnership_id = partnership.id
    execution.mode = metadata.mode("P")
    file = envelope.File(
        sender=partnership.partner.address,
        receiver=partnership.local.address,
        at=account.time.now(),
        control_number=partnership.next_partner_control_number(),
        functional_id=transaction_set(set_id, partnership.release).functional_id,
        set_id=set_id,
        release=partnership.release,
        usage="P",
    )
    spec = transaction_set(set_id, partnership.release)
    known = spec.numbers[:1] if number else ()
    transaction = _transaction(
        account,
        execution,
        partnership,
        set_id,
        metadata.of_file(file),
        usage=file.usage,
        identifiers=tuple(
            Identifier(
                element=f"{it.segment}{it.position:02}",
                element_id=it.element_id,
                name=it.name,
                value=number,
            )
            for it in known
        ),
    )
    transaction.guide, transaction.output = guide, wire.dumps(guide)
    execution.transactions.append(transaction)
    _conclude(account, execution)
    return transaction


def _execution(account: Account, content: bytes, filename: str) -> Execution:
    return Execution(
        id=str(uuid4()),
        position=account.next_position(),
        direction="INBOUND",
        status="IN_PROGRESS",
        created_at=account.time.now(),
        partnership_id=None,
        filename=filename,
        content=content,
    )


def _partnership(account: Account, interchange: Interchange) -> Partnership | None:
    for partnership in account.partnerships.values():
        sides = partnership.partner.isa, partnership.local.isa
        if sides == (interchange.sender, interchange.receiver):
            return partnership
    return None


def _translate(
    account: Account,
    execution: Execution,
    partnership: Partnership,
    interchange: Interchange,
    group: Group,
    received: envelope.Transaction,
) -> None:
    settings = sorted(set(partnership.settings) & set(INBOUND))
    if received.set_id not in settings or group.release[:6] != partnership.release:
        known = f"{settings} of {partnership.release}"
        asked = f"{received.set_id} of {group.release}"
        account.fault(
            execution, "FAILED_TO_FIND_GUIDE", f"no guide for {asked}: {partnership.id} has {known}"
        )
        return
    spec = transaction_set(received.set_id, partnership.release)
    transaction = _transaction(
        account,
        execution,
        partnership,
        received.set_id,
        metadata.of_received(interchange, group, received),
        usage=interchange.usage,
        identifiers=metadata.identifiers(received.rows, spec),
    )
    try:
        _check_trailer(received)
        transaction.guide = to_guide(received.rows, spec)
        transaction.output = wire.dumps(transaction.guide)
    except RequestRefused as problem:
        position = {"segment_index": int(problem.path)} if problem.path else {}
        context = {"code": problem.code, **position}
        transaction.errors = ({"message": problem.message, "context": context},)
        account.fault(execution, "TRANSLATION_ERROR", problem.message)
    execution.transactions.append(transaction)


def _transaction(
    account: Account,
    execution: Execution,
    partnership: Partnership,
    set_id: str,
    described: Mapping[str, Any],
    *,
    usage: str,
    identifiers: tuple[Identifier, ...],
) -> Transaction:
    return Transaction(
        id=str(uuid4()),
        execution_id=execution.id,
        position=account.next_position(),
        direction="INBOUND",
        mode=metadata.mode(usage),
        processed_at=account.time.now(),
        partnership_id=partnership.id,
        sender=partnership.partner.id,
        receiver=partnership.local.id,
        set_id=set_id,
        setting_id=partnership.settings.get(set_id),
        metadata=described,
        identifiers=identifiers,
        input=execution.content,
    )


def _check_trailer(received: envelope.Transaction) -> None:
    trailer = [str(value) for value in received.rows[-1]]
    if trailer[1:] and trailer[1] != str(len(received.rows)):
        count = len(received.rows)
        raise flaw("segment_count_mismatch", f"SE01 says {trailer[1]}, there are {count} segments")
    if trailer[2:] and trailer[2] != received.control_number:
        raise flaw("control_number_mismatch", f"SE02 is {trailer[2]}, ST02 is {received.control_number}")


def _conclude(account: Account, execution: Execution) -> None:
    if execution.faults and account.rules.all_or_nothing:
        execution.transactions.clear()
    good = [transaction for transaction in execution.transactions if not transaction.errors]
    if not good and not execution.faults:
        account.fault(execution, "NO_TRANSACTION_SETS", "the file holds no transaction")
    status = "COMPLETED"
    if execution.faults:
        status = "PARTIALLY_COMPLETED" if good else "FAILED"
    account.conclude(execution, status)
    account.keep(execution)
    for transaction in good:
        account.announce_transaction(transaction)
    account.announce_file("file.failed.v2" if execution.faults else "file.processed.v2", execution)
