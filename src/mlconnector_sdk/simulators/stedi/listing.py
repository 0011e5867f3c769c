"""Listings: filters, pages, and page tokens that remember the question."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeAlias, TypeVar

from mlconnector_sdk.errors import InvalidDocument, RequestRefused
from mlconnector_sdk.simulators import wire
from mlconnector_sdk.simulators.stedi.records import Execution, Transaction

__all__ = [
    "Query",
    "execution_filter",
    "page",
    "poll_start",
    "read_query",
    "retry_filter",
    "transaction_filter",
]

_LARGEST_PAGE = 500
_DEFAULT_PAGE = 100
_LONGEST_TOKEN = 1024
_CHOICES = {
    "direction": {"INBOUND", "OUTBOUND", "UNKNOWN"},
    "mode": {"test", "production", "other"},
}
_CONDITION = {"executionIds", "direction", "faultCode", "partnershipId", "status", "from", "to"}
_MOST_IDS = 1000
_TRANSACTION_STATUS = {"succeeded", "failed"}
_EXECUTION_STATUS = {
    "STARTED",
    "IN_PROGRESS",
    "COMPLETED",
    "PARTIALLY_COMPLETED",
    "FAILED",
    "IGNORED",
    "RETRYING",
    "RETRIED",
}


class _Placed(Protocol):
    position: int

    def summary(self, base: str) -> dict[str, Any]: ...


P = TypeVar("P", bound=_Placed)
Query: TypeAlias = Mapping[str, str]


def read_query(parameters: Mapping[str, str]) -> tuple[dict[str, str], int, int | None]:
    """Filters, page size, and the position after which the page starts (None: at the beginning).

    A token carries the filters of its first page; given again, they have to be the same.

    Raises:
        RequestRefused: 400.
    """
    filters = {name: value for name, value in parameters.items() if name not in ("pageSize", "pageToken")}
    size_text = parameters.get("pageSize", str(_DEFAULT_PAGE))
    if not size_text.isdecimal() or not 1 <= int(size_text) <= _LARGEST_PAGE:
        raise _refuse(f"pageSize takes 1 to {_LARGEST_PAGE}")
    for name, choices in _CHOICES.items():
        if name in filters and filters[name] not in choices:
            raise _refuse(f"{name} takes one of {sorted(choices)}")
    token = parameters.get("pageToken")
    if token is None:
        return filters, int(size_text), None
    remembered, position = _read_token(token)
    if filters and filters != remembered:
        raise _refuse("pageToken belongs to another query")
    return remembered, int(size_text), position


def page(
    items: Iterable[P],
    filters: Mapping[str, str],
    size: int,
    *,
    base: str,
    place: Callable[[P], int] = lambda item: item.position,
    always_token: int | None = None,
) -> bytes:
    """One page as JSON.

    Args:
        items: What follows, filtered and in order; only as many are taken as needed.
        filters: For the token.
        size: Most items of the page.
        base: The URL of the API.
        place: The position of an item in this list, for the token.
        always_token: Give a token also with the last page, with this position where the page is empty.
    """
    chosen: list[P] = []
    more = False
    for item in items:
        if len(chosen) == size:
            more = True
            break
        chosen.append(item)
    answer: dict[str, Any] = {"items": [item.summary(base) for item in chosen]}
    if more or always_token is not None:
        answer["nextPageToken"] = _token(filters, place(chosen[-1]) if chosen else always_token or 0)
    return wire.dumps(answer)


def transaction_filter(filters: Query) -> Callable[[Transaction], bool]:
    """Whether a transaction is asked for.

    Raises:
        RequestRefused: 400.
    """
    if "elementId" in filters and "businessIdentifier" not in filters:
        raise _refuse("elementId needs businessIdentifier")
    _check_status(filters, _TRANSACTION_STATUS)
    since, until = _bounds(filters)
    fields: dict[str, Callable[[Transaction], str]] = {
        "transactionSetId": lambda item: item.set_id,
        "sender": lambda item: item.sender,
        "receiver": lambda item: item.receiver,
        "direction": lambda item: item.direction,
        "mode": lambda item: item.mode,
        "status": lambda item: item.status,
        "partnershipId": lambda item: item.partnership_id,
    }
    wanted = [(read, filters[name]) for name, read in fields.items() if name in filters]

    def matches(item: Transaction) -> bool:
        if "businessIdentifier" in filters and not any(
            it.value == filters["businessIdentifier"]
            and it.element_id == filters.get("elementId", it.element_id)
            for it in item.identifiers
        ):
            return False
        return since <= item.processed_at <= until and all(read(item) == value for read, value in wanted)

    return matches


def execution_filter(filters: Query) -> Callable[[Execution], bool]:
    """Whether an execution is asked for.

    Raises:
        RequestRefused: 400.
    """
    name_part = filters.get("displayName", "")
    if "displayName" in filters and len(name_part) < 3:
        raise _refuse("displayName takes at least 3 characters")
    _check_status(filters, _EXECUTION_STATUS)
    since, until = _bounds(filters)
    fields: dict[str, Callable[[Execution], object]] = {
        "direction": lambda item: item.direction,
        "status": lambda item: item.status,
        "partnershipId": lambda item: item.partnership_id,
    }
    wanted = [(read, filters[name]) for name, read in fields.items() if name in filters]

    def matches(item: Execution) -> bool:
        if "faultCode" in filters and filters["faultCode"] not in {
            fault["faultCode"] for fault in item.faults
        }:
            return False
        return (
            since <= item.created_at <= until
            and name_part in item.filename
            and all(read(item) == value for read, value in wanted)
        )

    return matches


def retry_filter(body: Any) -> Callable[[Execution], bool]:
    """Whether an execution is one of those that a request for retries asks for.

    Raises:
        RequestRefused: 400, also where nothing is asked for: nobody means all that ever failed.
    """
    condition = body.get("condition") if isinstance(body, Mapping) else None
    if not isinstance(condition, Mapping) or not condition or set(body) != {"condition"}:
        raise _refuse("condition is required, an object with at least one property")
    if unknown := set(condition) - _CONDITION:
        raise _refuse(f"condition takes {sorted(_CONDITION)}, not {sorted(unknown)}")
    ids = condition.get("executionIds")
    if ids is not None and not (
        isinstance(ids, list) and len(ids) <= _MOST_IDS and all(isinstance(it, str) for it in ids)
    ):
        raise _refuse(f"executionIds takes at most {_MOST_IDS} texts")
    rest = {name: value for name, value in condition.items() if name != "executionIds"}
    if not all(isinstance(value, str) for value in rest.values()):
        raise _refuse("the properties of condition are texts")
    matches = execution_filter(rest)
    return lambda item: (ids is None or item.id in ids) and matches(item)


def poll_start(filters: Query, now: datetime) -> datetime:
    """The instant after which polled items were processed.

    Raises:
        RequestRefused: 400, it is missing, unreadable, or less than a minute in the past.
    """
    if "startDateTime" not in filters:
        raise _refuse("startDateTime or pageToken is required")
    start = _instant(filters, "startDateTime")
    if start > now - timedelta(minutes=1):
        raise _refuse("startDateTime must be at least one minute in the past")
    return start


def _check_status(filters: Query, choices: set[str]) -> None:
    if "status" in filters and filters["status"] not in choices:
        raise _refuse(f"status takes one of {sorted(choices)}")


def _bounds(filters: Query) -> tuple[datetime, datetime]:
    since = _instant(filters, "from") if "from" in filters else datetime.min.replace(tzinfo=UTC)
    until = _instant(filters, "to") if "to" in filters else datetime.max.replace(tzinfo=UTC)
    return since, until


def _instant(filters: Query, name: str) -> datetime:
    try:
        value = datetime.fromisoformat(filters[name])
    except ValueError as problem:
        raise _refuse(f"{name} takes a date and time in ISO 8601") from problem
    if value.tzinfo is None:
        raise _refuse(f"{name} takes a date and time with a zone")
    return value


def _token(filters: Query, position: int) -> str:
    return base64.urlsafe_b64encode(wire.dumps({"filters": filters, "position": position})).decode()


def _read_token(token: str) -> tuple[dict[str, str], int]:
    if not 1 <= len(token) <= _LONGEST_TOKEN:
        raise _refuse("pageToken is not valid")
    try:
        content = wire.loads(base64.urlsafe_b64decode(token))
        return dict(content["filters"]), int(content["position"])
    except (binascii.Error, InvalidDocument, KeyError, TypeError, ValueError) as problem:
        raise _refuse("pageToken is not valid") from problem


def _refuse(message: str) -> RequestRefused:
    return RequestRefused(message, status=400, code="BAD_REQUEST")
