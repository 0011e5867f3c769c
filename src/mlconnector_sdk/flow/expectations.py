"""What should still happen to a document that the vendor took, and by when. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from mlconnector_sdk.flow.limits import Limits
from mlconnector_sdk.records import Entry, State

__all__ = ["expectations", "next_expected"]

_RANK = {State.ACCEPTED: 0, State.DELIVERED: 1, State.ACKNOWLEDGED: 2}


def expectations(entry: Entry, limits: Limits, *, answered: bool = False) -> dict[str, datetime]:
    """The steps that are still to come, each with the instant by which it should be there.

    Args:
        entry: As it is stored; ``changed_at`` is when its last step was.
        limits: Of its partner.
        answered: Whether the document that answers it is there.

    Returns:
        ``delivered``, ``acknowledged``, ``answered``; empty where nothing is expected. No report can be told
        to belong to a document without references, so none is expected of it.
    """
    if entry.accepted_at is None or entry.state not in _RANK:
        return {}
    rank = _RANK[entry.state]
    due: dict[str, datetime] = {}

    def expect(step: str, since: datetime, limit: timedelta | None) -> None:
        if limit is not None:
            due[step] = since + limit

    if entry.references and rank < _RANK[State.DELIVERED]:
        expect("delivered", entry.accepted_at, limits.delivered)
    # A partner confirms only what has reached it.
    if entry.references and rank < _RANK[State.ACKNOWLEDGED] and not due:
        since = entry.changed_at if rank else entry.accepted_at
        expect("acknowledged", since, limits.acknowledged)
    if not answered:
        expect("answered", entry.accepted_at, limits.answered)
    return due


def next_expected(entry: Entry, limits: Limits, *, answered: bool = False) -> datetime | None:
    """The earliest of them, or None."""
    return min(expectations(entry, limits, answered=answered).values(), default=None)
