"""What an observation of a changing thing means, given everything that happened under its number.

Pure: the history in, the decision out. The table that this follows is in docs: the life of a record.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from mlconnector_sdk.records import Entry, Feed, State

__all__ = ["Deliver", "Supersede", "decide", "made_moot"]


@frozen
class Deliver:
    """Map it, against what the partner last accepted (None: nothing yet)."""

    accepted: Entry | None


@frozen
class Supersede:
    """A newer observation goes instead: this one never left."""

    by: Entry


def decide(entry: Entry, history: Sequence[Entry]) -> Deliver | Supersede:
    """Decide about a pending entry; ``history`` is everything under its ordering key, by sequence.

    An event happened and is delivered for what it is. A state that was never in flight gives way to a
    newer one that waits or went: it would set the partner back. Else it is mapped against the last state
    that the partner took, or, where nothing was ever sent, against the one that was known at go-live.
    """
    if entry.feed is Feed.EVENT:
        return Deliver(None)
    newer = [other for other in history if other.sequence > entry.sequence and _stands(other)]
    if newer and entry.attempts == 0:
        return Supersede(newer[-1])
    earlier = [other for other in history if other.sequence < entry.sequence]
    taken = [other for other in earlier if other.state.taken]
    known = [other for other in earlier if other.state is State.KNOWN]
    compare_with = taken or known
    return Deliver(compare_with[-1] if compare_with else None)


def _stands(newer: Entry) -> bool:
    """Whether a newer observation takes the place of an older one that a person made pending again."""
    if newer.state is State.DEAD:
        return newer.outcome_unknown
    return newer.state not in (State.SUPERSEDED, State.KNOWN)


def made_moot(entry: Entry, history: Sequence[Entry]) -> list[Entry]:
    """Older observations before a person that this newer one answers: they need no decision any more.

    A dead letter that may have arrived is never moot, and an event never answers another event.
    """
    if entry.feed is Feed.EVENT:
        return []
    return [
        other
        for other in history
        if other.sequence < entry.sequence
        and other.state in (State.HELD, State.DEAD)
        and not other.outcome_unknown
    ]
