"""The acknowledgments of one order, in the order in which the supplier made them, each once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeAlias

from attrs import evolve, frozen

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.documents import OrderAcknowledgment

__all__ = ["Gathered", "Said", "Stamp", "gather"]

Stamp: TypeAlias = tuple[datetime, int, str]
"""When something was said: an instant, a control number for ties, and a reference that makes it unique."""


@frozen(kw_only=True)
class Said:
    """One acknowledgment as it came.

    Args:
        acknowledgment: The document, its units already those of the buyer's system.
        reference: The network's id of the transaction that brought it.
        as_of: When the supplier made it; many papers give a time without a zone, so that it is good for
            telling which of the same supplier's answers is the newest, and for no more.
        control_number: Decides among those that were made at the same time.
        received_at: When it reached us or the network: a true instant.
        taken: It was written into the order before. Where the order has lost one of its lines since, the
            others still count; a document that never was written counts whole or not at all.
        repeats: Further references under which the same document came.
    """

    acknowledgment: OrderAcknowledgment
    reference: str
    as_of: datetime
    control_number: int = 0
    received_at: datetime
    taken: bool = False
    repeats: tuple[str, ...] = ()

    @property
    def stamp(self) -> Stamp:
        """What orders acknowledgments."""
        return self.as_of, self.control_number, self.reference

    @property
    def references(self) -> tuple[str, ...]:
        """All references under which it came."""
        return (self.reference, *self.repeats)


@frozen(kw_only=True)
class Gathered:
    """The acknowledgments of one order, oldest first, each once.

    Args:
        said: Those that count.
        left_out: Those that answer a state of the order which has been superseded.
    """

    said: tuple[Said, ...]
    left_out: tuple[Said, ...] = ()


def gather(said: Iterable[Said], *, since: datetime | None = None) -> Gathered:
    """Sort acknowledgments by when they were made, and count repeats once.

    A repeat has the same reference, or the same content, time and control number under another reference:
    the supplier, or the network, sent it twice.

    Args:
        said: In any order.
        since: Leaves out what was received before: it answers what the order was then.

    Raises:
        InvalidDocument: Two documents that differ have the same reference.
    """
    copies: dict[tuple[OrderAcknowledgment, datetime, int], list[Said]] = {}
    for each in said:
        copies.setdefault((each.acknowledgment, each.as_of, each.control_number), []).append(each)
    once = sorted(map(_once, copies.values()), key=lambda each: each.stamp)
    _require_distinct(once)
    return Gathered(
        said=tuple(each for each in once if since is None or each.received_at >= since),
        left_out=tuple(each for each in once if since is not None and each.received_at < since),
    )


def _once(copies: Sequence[Said]) -> Said:
    """The same document, which came under several references or several times under one."""
    references = sorted({reference for each in copies for reference in each.references})
    return evolve(
        min(copies, key=lambda each: each.reference),
        reference=references[-1],
        repeats=tuple(references[:-1]),
        received_at=min(each.received_at for each in copies),
        taken=any(each.taken for each in copies),
    )


def _require_distinct(said: Sequence[Said]) -> None:
    seen: set[str] = set()
    for each in said:
        for reference in each.references:
            if reference in seen:
                raise InvalidDocument(
                    f"two different acknowledgments of order {each.acknowledgment.number} have the reference "
                    f"{reference}",
                    path="reference",
                    remedy="look at both in the portal of the network, and dismiss the one that is wrong",
                )
            seen.add(reference)
