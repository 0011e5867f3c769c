"""What mapping a record comes to."""

from __future__ import annotations

from attrs import field, frozen

__all__ = ["Hold", "Mapped", "Send", "Unchanged"]


@frozen(kw_only=True)
class Send:
    """Send these bytes; once in flight they are frozen.

    Args:
        payload: Everything the sink needs, in the sink's own JSON.
        summary: One sentence for the audit trail, e.g. ``850 for ACME: 3 lines``.
        kind: What it is sent as, e.g. ``860``; empty: the flow's own kind.
        document: What the partner has once it has taken this, in the mapping's own form: the next edit is
            compared with it. None where edits are not compared.
    """

    payload: bytes = field(repr=False)
    summary: str = ""
    kind: str = ""
    document: bytes | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Unchanged:
    """The partner already has exactly this: nothing is sent."""

    summary: str = ""


@frozen(kw_only=True)
class Hold:
    """A rule puts this document before a person.

    Args:
        reason: Why, one sentence.
        remedy: What to do, one sentence.
        document: What the partner has if it is told by other means; kept for `Pipeline.settle`.
    """

    reason: str
    remedy: str
    document: bytes | None = field(default=None, repr=False)


Mapped = Send | Unchanged | Hold
"""What a mapping returns."""
