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
    """

    payload: bytes = field(repr=False)
    summary: str = ""


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
    """

    reason: str
    remedy: str


Mapped = Send | Unchanged | Hold
"""What a mapping returns."""
