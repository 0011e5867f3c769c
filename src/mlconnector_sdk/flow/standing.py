"""What a mapping may know beside the record: what became of earlier ones under the same number."""

from __future__ import annotations

from attrs import frozen

from mlconnector_sdk.records import Entry

__all__ = ["Standing"]


@frozen(kw_only=True)
class Standing:
    """What happened before, under the same number.

    Args:
        accepted: What the partner has: the last entry that was taken, or `State.KNOWN` for what existed
            before go-live; None: nothing yet. States only: an event is compared with nothing.
        rejected: The newest entry that was taken and then refused, by the partner or on the way to it, if
            nothing was taken since; else None. States only.
        line: Everything observed under the same ordering key, by sequence, this entry included. Several
            answers to one order are read together; states come without their content, and only say what
            became of them.
        related: The entries with the same number in the flow that `Flow.relates_to` names, oldest first.
    """

    accepted: Entry | None = None
    rejected: Entry | None = None
    line: tuple[Entry, ...] = ()
    related: tuple[Entry, ...] = ()
