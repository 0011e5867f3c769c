"""What is posted to create an outbound transaction, and how it is kept until it is sent. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from mlconnector_sdk.codec import Record, decode, encode, wire
from mlconnector_sdk.errors import InvalidDocument, UnreadableAnswer

__all__ = ["OutboundTransaction", "RequestBody", "read_payload", "renamed", "request_body", "write_payload"]

_FILENAME = re.compile(r"[a-zA-Z0-9.*'()!_-]{1,300}", re.ASCII)
_USAGES = ("P", "T", "I")


def request_body(transaction: Mapping[str, Any], *, filename: str = "", usage: str = "P") -> dict[str, Any]:
    """What is posted.

    Args:
        transaction: Guide JSON; numbers as `int` or `Decimal`.
        filename: The name of the file that the partner gets. A name that was used before is overwritten
            without a word. Empty: Stedi takes the execution's id.
        usage: Of the interchange (ISA15): ``P`` production, ``T`` test, ``I`` information.

    Raises:
        InvalidDocument: The file name or the usage is none that Stedi takes.
    """
    if filename and not _FILENAME.fullmatch(filename):
        raise InvalidDocument(
            f"{filename!r} cannot be a file name at Stedi",
            path="filename",
            remedy="use up to 300 of the characters a-z A-Z 0-9 . * ' ( ) ! _ -",
        )
    if usage not in _USAGES:
        raise InvalidDocument(
            f"{usage!r} is no usage indicator", path="usage", remedy=f"one of {', '.join(_USAGES)}"
        )
    named = {"filename": filename} if filename else {}
    return {
        **named,
        "interchangeOverrides": {"interchangeUsageIndicator": usage},
        "transaction": dict(transaction),
    }


@frozen(kw_only=True)
class RequestBody(Record):
    """A `request_body` that was frozen; ``raw`` is what will be posted, byte for byte."""

    transaction: dict[str, Any] = wire("transaction")
    filename: str = wire("filename", default="")


@frozen(kw_only=True)
class OutboundTransaction(Record):
    """The payload of a `TransactionSink`.

    Args:
        partnership: Its id at Stedi.
        setting: The id of the transaction setting.
        body: What is posted.
    """

    partnership: str = wire("partnership")
    setting: str = wire("setting")
    body: RequestBody = wire("body")


def write_payload(partnership: str, setting: str, body: Mapping[str, Any]) -> bytes:
    """The payload for a `request_body`."""
    return encode({"partnership": partnership, "setting": setting, "body": body})


def renamed(payload: bytes, mark: str) -> bytes:
    """The same payload with another file name: at Stedi a file replaces one of the same name without a word.

    Args:
        payload: As `write_payload` wrote it.
        mark: Stands before the name's ending.
    """
    content = decode(payload, dict[str, Any], strict=True)
    stem, dot, ending = str(content["body"].get("filename", "")).rpartition(".")
    if not stem:
        return payload  # Stedi names it after the execution
    content["body"] = {**content["body"], "filename": f"{stem}-{mark}{dot}{ending}"}
    return encode(content)


def read_payload(payload: bytes) -> OutboundTransaction:
    """Read what `write_payload` wrote.

    Raises:
        InvalidDocument: It is no such text; ``path`` says where.
    """
    try:
        return decode(payload, OutboundTransaction, strict=True)
    except UnreadableAnswer as error:
        raise InvalidDocument(
            f"the transaction to send cannot be read: {error.message}",
            path=error.path,
            remedy="map the document again: remap(number)",
        ) from error
