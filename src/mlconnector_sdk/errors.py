"""One tree of errors, for every vendor and every layer.

Each error answers the questions that a program and a person ask:

* ``scope``: how much is affected? One *document*, one *flow* (a password, a role, a setting), or the
  whole *vendor* (an outage, a quota).
* ``reached``: did the request reach the vendor? A write may be repeated only where the answer is ``NO``.
* ``path``: where in the document or the settings is it?
* ``remedy``: what should a person do now?
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

__all__ = [
    "AccessError",
    "AnswerTooLarge",
    "AuthenticationFailed",
    "ConfigurationError",
    "ConnectorError",
    "DocumentError",
    "InvalidDocument",
    "LeaseLost",
    "MissingSetting",
    "NoStartingPoint",
    "NotFound",
    "OutcomeUnknown",
    "PermissionDenied",
    "Premature",
    "Reached",
    "RepeatedPointer",
    "RequestRefused",
    "Scope",
    "SecretUnreadable",
    "StoreError",
    "Throttled",
    "UnmappedValue",
    "UnreadableAnswer",
    "VendorError",
    "VendorUnavailable",
    "WebhookRefused",
]


class Scope(Enum):
    """How much an error affects."""

    DOCUMENT = "document"
    """This document alone: it becomes a dead letter, everything else goes on."""
    FLOW = "flow"
    """Credentials, a role or a setting: the flow pauses, its documents stay pending."""
    VENDOR = "vendor"
    """An outage or a quota: wait and try again; no document is to blame."""


class Reached(Enum):
    """Whether a request reached the vendor."""

    NO = "no"
    """Certainly not, or it was certainly refused: repeating it is safe."""
    MAYBE = "maybe"
    """It may have been carried out: never repeat it without a key or a look."""
    YES = "yes"
    """The vendor has seen it and answered."""


class ConnectorError(Exception):
    """The root: catching it catches everything this package raises on purpose.

    Args:
        message: The thing and the reason, one sentence.
        remedy: What a person should do, one sentence.
        path: Where: ``lines[2].unit``, ``PLEX_CLIENT_ID``, ``PO1-02``.
        scope: Overrides the class's own scope.
        reached: Overrides the class's own answer to "did it reach the vendor?".
    """

    scope: Scope = Scope.DOCUMENT
    reached: Reached = Reached.NO
    default_remedy: ClassVar[str] = ""

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        path: str = "",
        scope: Scope | None = None,
        reached: Reached | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy or self.default_remedy
        self.path = path
        if scope is not None:
            self.scope = scope
        if reached is not None:
            self.reached = reached

    def __str__(self) -> str:
        where = f" [at {self.path}]" if self.path else ""
        remedy = f" Remedy: {self.remedy}" if self.remedy else ""
        return f"{self.message}{where}{remedy}"

    def __reduce__(self) -> tuple[Any, ...]:
        # Keyword-only arguments do not survive the default pickling, and errors cross process borders.
        return (_rebuild, (type(self), self.message, self.__dict__.copy()))


def _rebuild(kind: type[ConnectorError], message: str, state: dict[str, Any]) -> ConnectorError:
    error = kind.__new__(kind, message)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


class ConfigurationError(ConnectorError):
    """A setting, a file or a combination of them cannot work."""

    scope = Scope.FLOW


class MissingSetting(ConfigurationError):
    """A setting that has no sensible default was not given; ``path`` names it."""


class NoStartingPoint(ConfigurationError):
    """A flow without a checkpoint was asked to run: it would send everything that ever existed."""

    default_remedy = "call baseline() once at go-live, or run(since=...) to send what changed since then"


class SecretUnreadable(ConfigurationError):
    """A stored secret cannot be decrypted with the keys at hand, or was tampered with."""


class StoreError(ConnectorError):
    """The store cannot be read or written; nothing was sent because of it."""

    scope = Scope.FLOW


class LeaseLost(StoreError):
    """Another worker took the entry over; this worker's result must not be recorded."""

    scope = Scope.DOCUMENT


class DocumentError(ConnectorError):
    """One document cannot go on as it is."""


class InvalidDocument(DocumentError):
    """A document breaks a rule of its format; ``path`` names the field."""


class Premature(DocumentError):
    """What a document refers to is not there yet: it waits, and no attempt is counted.

    Args:
        not_before: The instant (aware, UTC) before which trying again is pointless.
    """

    def __init__(self, message: str, *, not_before: datetime, remedy: str = "", path: str = "") -> None:
        super().__init__(message, remedy=remedy, path=path)
        self.not_before = not_before


class UnmappedValue(DocumentError):
    """A cross-reference table has no row for a value.

    Args:
        table: The table's name, e.g. ``suppliers``.
        key: The value that was looked up.
    """

    def __init__(self, message: str, *, table: str, key: str, remedy: str = "", path: str = "") -> None:
        super().__init__(message, remedy=remedy, path=path)
        self.table = table
        self.key = key


class WebhookRefused(ConnectorError):
    """A webhook is forged, stale or too large; ``status`` is the HTTP answer it deserves."""

    def __init__(self, message: str, *, status: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.status = status


class VendorError(ConnectorError):
    """Something between the request and a usable answer went wrong.

    Args:
        vendor: The vendor's name as the profile spells it.
        request: Method and path, e.g. ``GET /purchasing/v1/purchase-orders``; never a query or a body.
        status: The HTTP status, or None where there was no answer.
        code: The vendor's own error code, or the empty string.
    """

    scope = Scope.VENDOR
    reached = Reached.MAYBE

    def __init__(
        self,
        message: str,
        *,
        vendor: str = "",
        request: str = "",
        status: int | None = None,
        code: str = "",
        remedy: str = "",
        path: str = "",
        scope: Scope | None = None,
        reached: Reached | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy, path=path, scope=scope, reached=reached)
        self.vendor = vendor
        self.request = request
        self.status = status
        self.code = code


class AccessError(VendorError):
    """The vendor knows us not, or does not let us in."""

    scope = Scope.FLOW
    reached = Reached.NO


class AuthenticationFailed(AccessError):
    """The credentials were refused."""


class PermissionDenied(AccessError):
    """The credentials are good, but lack a role or a subscription."""


class RequestRefused(VendorError):
    """The vendor refused this request for certain; the same request will be refused again."""

    scope = Scope.DOCUMENT
    reached = Reached.NO


class NotFound(RequestRefused):
    """There is no such record."""


class Throttled(VendorError):
    """Too many requests, or no time left to wait for a free slot.

    Args:
        not_before: The instant (aware, UTC) before which trying again is pointless.
    """

    reached = Reached.NO

    def __init__(self, message: str, *, not_before: datetime, **details: Any) -> None:
        super().__init__(message, **details)
        self.not_before = not_before


class VendorUnavailable(VendorError):
    """An outage, a time-out or a broken connection."""


class UnreadableAnswer(VendorError):
    """The answer is HTML, empty, cut short, not what was promised, or against the rules of JSON."""


class AnswerTooLarge(UnreadableAnswer):
    """The answer is larger, or nested deeper, than the configured cap."""


class RepeatedPointer(VendorError):
    """A listing gave the same next-page pointer twice and would never end."""


class OutcomeUnknown(VendorError):
    """A write has left and nobody can say whether it was carried out; ``__cause__`` is the failure.

    Never repeat such a write blindly: repeat it with the same idempotency key while that is valid, look
    for its effect, or ask a person.
    """

    scope = Scope.DOCUMENT
    reached = Reached.MAYBE
    default_remedy = "look for the effect at the vendor before anything is sent again"
