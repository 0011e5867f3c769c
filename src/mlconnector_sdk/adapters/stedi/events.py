"""What Stedi's webhooks say, in their three shapes. Pure.

One body holds one event, either ``{"event": ..., "artifact": ...}`` with the document inside,
``{"event": ...}``, or the bare event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import field, frozen

from mlconnector_sdk.adapters.stedi.models import FileResult, Transaction
from mlconnector_sdk.codec import decode, encode
from mlconnector_sdk.errors import UnreadableAnswer

__all__ = ["DELIVERED", "FAILED", "ProcessedFile", "ProcessedTransaction", "has_mode", "read_event"]

T = TypeVar("T")

DELIVERED = "COMPLETED"
"""The status of an execution whose file, where it is an outbound one, was delivered."""
FAILED = "FAILED"
"""The status of an execution that came to nothing."""

_TRANSACTION = "transaction.processed.v2"
_FILES: Mapping[str, str] = {"file.delivered.v2": DELIVERED, "file.failed.v2": FAILED}


@frozen(kw_only=True)
class ProcessedTransaction:
    """What one ``transaction.processed.v2`` says.

    Args:
        event_id: Stedi's id of the event; a manual retry has a new one.
        transaction: The transaction; its id is the same on every retry.
        document: The Guide JSON that came along, or None where it has to be fetched.
    """

    event_id: str
    transaction: Transaction
    document: bytes | None = field(repr=False)


@frozen(kw_only=True)
class ProcessedFile:
    """What one ``file.delivered.v2`` or ``file.failed.v2`` says.

    Args:
        event_id: Stedi's id of the event; a manual retry has a new one.
        status: `DELIVERED` or `FAILED`, as the execution has it.
        result: What became of the file.
    """

    event_id: str
    status: str
    result: FileResult


def has_mode(transaction: Transaction, direction: str, mode: str) -> bool:
    """Whether it went in a direction (``INBOUND``, ``OUTBOUND``), in this mode (empty: in any)."""
    same = (transaction.direction or "").upper() == direction
    return same and (not mode or transaction.mode == mode)


def read_event(body: bytes, *, max_depth: int = 64) -> ProcessedTransaction | ProcessedFile | None:
    """Read a webhook's body; None when it speaks of neither a processed transaction nor a file.

    Raises:
        UnreadableAnswer: It is no event of Stedi's; ``path`` says where.
        AnswerTooLarge: It nests too deep.
    """
    content = decode(body, dict[str, Any], max_depth=max_depth, strict=True)
    event = content.get("event", content)
    if not isinstance(event, dict) or not isinstance(event.get("detail-type"), str):
        raise UnreadableAnswer("there is no event in it", path="event.detail-type")
    kind = event["detail-type"]
    if kind != _TRANSACTION and kind not in _FILES:
        return None
    event_id = event.get("id")
    if not isinstance(event_id, str) or not event_id:
        raise UnreadableAnswer("the event has no id", path="event.id")
    if kind in _FILES:
        result = _detail(event, FileResult, max_depth)
        return ProcessedFile(event_id=event_id, status=_FILES[kind], result=result)
    return ProcessedTransaction(
        event_id=event_id,
        transaction=_detail(event, Transaction, max_depth),
        document=_attached(content.get("artifact")),
    )


def _detail(event: Mapping[str, Any], model: type[T], max_depth: int) -> T:
    try:
        return decode(encode(event.get("detail")), model, max_depth=max_depth)
    except UnreadableAnswer as error:
        raise UnreadableAnswer(error.message, path=f"event.detail.{error.path}".rstrip(".")) from None


def _attached(artifact: object) -> bytes | None:
    """The document that came along; older webhook destinations attach it up to 1 MB."""
    if not isinstance(artifact, dict) or artifact.get("usage", "output") != "output":
        return None
    document = artifact.get("detail")
    return encode(document) if isinstance(document, dict) else None
