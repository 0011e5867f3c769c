"""The names under which Stedi and a partner speak later of what was sent. Pure.

An execution id is Stedi's. A functional acknowledgment (997) names control numbers, which are counted per
partnership: so a group is told apart as ``PARTNERSHIP/GROUP``, a transaction as ``PARTNERSHIP/GROUP/SET``.
"""

from __future__ import annotations

from collections.abc import Mapping

from mlconnector_sdk.adapters.stedi.models import Transaction

__all__ = ["control_references", "group_reference", "set_reference"]


def control_references(transaction: Transaction) -> Mapping[str, str]:
    """What a transaction that was sent is called: ``transaction`` (Stedi's id), ``group`` and ``control``.

    The last two are left out where Stedi does not say the numbers.
    """
    references = {"transaction": transaction.id}
    partnership = transaction.partnership_id
    metadata = transaction.x12.metadata if transaction.x12 else None
    group = metadata.group.control_number if metadata and metadata.group else None
    header = metadata.header.control_number if metadata and metadata.header else None
    if partnership and group is not None:
        references["group"] = group_reference(partnership, group)
        if header is not None:
            references["control"] = set_reference(partnership, group, header)
    return references


def group_reference(partnership: str, group: int | str) -> str:
    """``PARTNERSHIP/GROUP``: how a group that went to a partner is told apart."""
    return f"{partnership}/{_plain(group)}"


def set_reference(partnership: str, group: int | str, control_number: int | str) -> str:
    """``PARTNERSHIP/GROUP/SET``: how a transaction that went to a partner is told apart."""
    return f"{partnership}/{_plain(group)}/{_plain(control_number)}"


def _plain(number: int | str) -> str:
    """A control number as it is compared: 12, "12" and "0012" are one."""
    text = str(number).strip()
    return text.lstrip("0") or "0"
