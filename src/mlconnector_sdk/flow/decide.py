"""What an observation of a changing thing means, given everything that happened under its number.

Pure: the history in, the decision out. The table that this follows is in docs: the life of a record.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from mlconnector_sdk.records import Entry, Feed, State

__all__ = ["Deliver", "Supersede", "decide", "made_moot", "newest_taken", "rests_on_refused", "uncertain"]


@frozen
class Deliver:
    """Map it, or send the bytes that a person chose.

    Args:
        rejected: The newest entry that was taken and then refused, if nothing was taken since.
    """

    rejected: Entry | None = None


@frozen
class Supersede:
    """Another one goes, or went, instead: this one never left."""

    by: Entry


def decide(entry: Entry, history: Sequence[Entry]) -> Deliver | Supersede:
    """Decide about a pending entry; ``history`` is everything under its ordering key, by sequence.

    An event happened and is delivered for what it is. A state that was never in flight gives way to a
    newer one that waits or went: it would set the partner back. So does a deliberate repeat of a document
    after which another one was taken.
    """
    if entry.feed is Feed.EVENT:
        return Deliver()
    newer = [other for other in history if other.sequence > entry.sequence and _stands(other)]
    if newer and entry.attempts == 0:
        return Supersede(newer[-1])
    if entry.deliberate:
        original = next((other.sequence for other in history if other.id == entry.parent), 0)
        between = [other for other in history if original < other.sequence < entry.sequence]
        if (taken := newest_taken(between)) is not None:
            return Supersede(taken)
    earlier = [other for other in history if other.sequence < entry.sequence]
    taken = newest_taken(earlier)
    refused = [
        other
        for other in earlier
        if _was_refused(other) and other.sequence > (taken.sequence if taken is not None else 0)
    ]
    return Deliver(refused[-1] if refused else None)


def rests_on_refused(entry: Entry, history: Sequence[Entry]) -> bool:
    """Whether frozen bytes may say too little, because something that went before them was refused since.

    They are mapped anew then, if they certainly have not arrived. A person who has a document sent once more
    knowingly wants these bytes.
    """
    if entry.feed is Feed.EVENT or entry.deliberate or entry.attempts:
        return False
    return any(other.sequence < entry.sequence and other.state is State.REJECTED for other in history)


def newest_taken(history: Sequence[Entry]) -> Entry | None:
    """The last entry that the vendor has taken and not given back."""
    return next((other for other in reversed(history) if other.state.taken), None)


def uncertain(history: Sequence[Entry]) -> Entry | None:
    """An entry of which nobody knows whether it arrived, if there is one."""
    return next((other for other in history if other.outcome_unknown or other.state is State.IN_FLIGHT), None)


def made_moot(entry: Entry, history: Sequence[Entry]) -> list[Entry]:
    """Older observations before a person that this newer one answers: they need no decision any more.

    A dead letter that may have arrived is never moot, and an event never answers another event.
    """
    if entry.feed is Feed.EVENT:
        return []
    return [
        other
        for other in history
        if other.sequence < entry.sequence and other.state.waits_for_person and not other.outcome_unknown
    ]


def _stands(newer: Entry) -> bool:
    """Whether a newer observation takes the place of an older one that a person made pending again."""
    if newer.deliberate:
        return False  # it repeats what stood before it
    if newer.state is State.DEAD:
        return newer.outcome_unknown
    return newer.state not in (State.SUPERSEDED, State.KNOWN, State.DISMISSED)


def _was_refused(entry: Entry) -> bool:
    """Whether it was taken and then refused; what went in its place may have superseded it since."""
    given_back = entry.state in (State.REJECTED, State.SUPERSEDED, State.DISMISSED)
    return given_back and entry.accepted_at is not None
