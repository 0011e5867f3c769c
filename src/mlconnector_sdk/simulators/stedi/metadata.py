"""What is known of a transaction without its guide: what its envelope said, and its business numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlconnector_sdk.simulators.stedi.envelope import File, Group, Interchange, Transaction
from mlconnector_sdk.simulators.stedi.guide_in import Row
from mlconnector_sdk.simulators.stedi.records import Identifier
from mlconnector_sdk.simulators.stedi.sets import TransactionSet

__all__ = ["identifiers", "mode", "of_file", "of_received"]


def mode(usage: str) -> str:
    """What ISA15 comes to."""
    return {"T": "test", "P": "production"}.get(usage, "other")


def of_file(file: File) -> dict[str, Any]:
    """Of a file that goes out."""
    sides = {
        side: {"applicationCode": who.application, "isa": {"qualifier": who.qualifier, "id": who.id}}
        for side, who in (("sender", file.sender), ("receiver", file.receiver))
    }
    return {
        "interchange": {
            "acknowledgmentRequestedCode": file.acknowledgment,
            "controlNumber": file.control_number,
        },
        "functionalGroup": {
            "controlNumber": file.control_number,
            "release": file.release,
            "date": file.at.strftime("%Y-%m-%d"),
            "time": file.at.strftime("%H:%M:%S"),
            "functionalIdentifierCode": file.functional_id,
        },
        "transaction": {"controlNumber": "0001", "transactionSetIdentifier": file.set_id},
        **sides,
    }


def of_received(interchange: Interchange, group: Group, transaction: Transaction) -> dict[str, Any]:
    """Of a transaction that came in."""
    sides = {
        side: {"applicationCode": application, "isa": {"qualifier": qualifier, "id": isa_id}}
        for side, application, (qualifier, isa_id) in (
            ("sender", group.sender, interchange.sender),
            ("receiver", group.receiver, interchange.receiver),
        )
    }
    return {
        "interchange": {
            "acknowledgmentRequestedCode": interchange.acknowledgment,
            "controlNumber": interchange.control_number,
        },
        "functionalGroup": {
            "controlNumber": group.control_number,
            "release": group.release,
            "date": group.day,
            "time": group.clock,
            "functionalIdentifierCode": group.functional_id,
        },
        "transaction": {
            "controlNumber": transaction.control_number,
            "transactionSetIdentifier": transaction.set_id,
        },
        **sides,
    }


def identifiers(rows: Sequence[Row], spec: TransactionSet) -> tuple[Identifier, ...]:
    """The business numbers of a transaction, as far as they are there."""
    return tuple(
        Identifier(
            element=f"{number.segment}{number.position:02}",
            element_id=number.element_id,
            name=number.name,
            value=str(row[number.position]),
        )
        for number in spec.numbers
        for row in rows
        if row[0] == number.segment and row[number.position : number.position + 1] not in ([], [""])
    )
