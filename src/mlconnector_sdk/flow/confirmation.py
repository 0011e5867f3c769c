"""What a vendor or a partner says later about a document that the vendor took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import field, frozen

from mlconnector_sdk.codec import decode, encode
from mlconnector_sdk.records import State

__all__ = ["Confirmation", "read_confirmations", "write_confirmations"]


@frozen(kw_only=True)
class Confirmation:
    """One step of one document, found by a reference that its send returned.

    Args:
        reference: Name and value among the ``references`` of the entry, e.g. ``("execution", "0d4c...")``.
        state: ``DELIVERED``, ``ACKNOWLEDGED`` or ``REJECTED``; None: only further references are learned.
        at: When it happened, as the vendor says.
        text: One sentence for the trail; of a rejection, the reasons.
        remedy: Of a rejection: what a person should do.
        learned: Further references under which the vendor or the partner will speak of it.
        ours: Whether the reference is certainly one of ours: if no entry has it, a person is told. False: it
            may belong to a document that was sent by other means, and then only the trail says so.
    """

    reference: tuple[str, str]
    state: State | None = None
    at: datetime
    text: str
    remedy: str = ""
    learned: Mapping[str, str] = field(factory=dict)
    ours: bool = False


@frozen(kw_only=True)
class _Confirmations:
    confirmations: tuple[Confirmation, ...]


def write_confirmations(confirmations: Sequence[Confirmation]) -> bytes:
    """The payload of a `ConfirmationSink`."""
    return encode(_Confirmations(confirmations=tuple(confirmations)))


def read_confirmations(payload: bytes) -> tuple[Confirmation, ...]:
    """Read what `write_confirmations` wrote.

    Raises:
        UnreadableAnswer: It is no such text.
    """
    return decode(payload, _Confirmations, strict=True).confirmations
