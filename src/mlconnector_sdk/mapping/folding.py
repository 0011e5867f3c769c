"""Several acknowledgments of one order as one: what the supplier says now, all told.

Suppliers answer an order more than once: line by line, in parts, corrected, late, repeated, and the answers
arrive in any order. `fold` makes absolute values of all of them together, the same whichever came first and
however often one was repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from attrs import evolve, frozen

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.documents import Answer, Decision, OrderAcknowledgment
from mlconnector_sdk.mapping.fitting import Misfit, OrderedLine, fit
from mlconnector_sdk.mapping.gathering import Said, gather
from mlconnector_sdk.mapping.outcomes import LineOutcome, combined, resolve
from mlconnector_sdk.mapping.policies import PartialAcknowledgments
from mlconnector_sdk.mapping.quantities import total
from mlconnector_sdk.mapping.tolerance import Tolerance

__all__ = ["Folded", "FoldedLine", "fold"]


@frozen(kw_only=True)
class FoldedLine:
    """What the supplier says about one line, all told.

    Args:
        number: The line's number in the order.
        outcome: The absolute quantities and dates.
        newest: The newest acknowledgment that they come from.
        flag: One sentence where the confirmed quantity is out of tolerance, e.g. ``confirmed 90 of 100 EA``;
            else, and where nothing is decided or the ordered quantity is not known, the empty string.
    """

    number: str
    outcome: LineOutcome
    newest: Said
    flag: str = ""


@frozen(kw_only=True)
class Folded:
    """What the supplier says about an order, all told.

    Args:
        newest: The newest acknowledgment: its heading stands for the order.
        lines: The lines that somebody spoke of, in the order's own order.
        left_out: The references of the documents that do not fit the order, with the first reason of each.
    """

    newest: Said
    lines: tuple[FoldedLine, ...]
    left_out: tuple[tuple[str, Misfit], ...] = ()

    @property
    def flagged(self) -> tuple[str, ...]:
        """The numbers of the lines that are out of tolerance."""
        return tuple(line.number for line in self.lines if line.flag)


def fold(
    said: Iterable[Said],
    lines: Sequence[OrderedLine],
    *,
    own: str,
    partial: PartialAcknowledgments = PartialAcknowledgments.REPLACE,
    tolerance: Tolerance | None = None,
) -> Folded:
    """What several acknowledgments of an order come to; their order and repeats make no difference.

    The heading is that of the newest. A line follows the newest document that speaks of it. With
    `PartialAcknowledgments.ADD` the documents are summed, beginning with the last one that replaces the
    others (its purpose is ``05``). A document without lines, and one that rejects the order or all of the
    line, disposes of the whole line: it is not added to what was said before, nor the next one to it.

    Args:
        said: The acknowledgments.
        lines: All lines of the order as it is now.
        own: The reference of the document for whose sake this is done: it has to fit the order. Others that
            do not are left out.
        partial: How several answers to one line are understood.
        tolerance: What counts as confirmed in full; None: exactly what was ordered.

    Raises:
        InvalidDocument: The document ``own`` does not fit the order; ``path`` says where. Or it is not among
            them, or two that differ have the same reference.
    """
    told: list[_Told] = []
    left_out: list[tuple[str, Misfit]] = []
    for each in gather(said).said:
        fitted = fit(each.acknowledgment, lines, reference=each.reference)
        if not fitted.misfits or each.taken:
            told.append(_Told(said=each, outcomes=_spoken(fitted.acknowledgment)))
        elif own in each.references:
            raise fitted.misfits[0].error()
        else:
            left_out.append((each.reference, fitted.misfits[0]))
    if not any(own in each.said.references for each in told):
        raise InvalidDocument(
            f"the acknowledgment {own} is not among those to be written",
            path="reference",
            remedy="map it again (remap)",
        )
    accepts = Tolerance() if tolerance is None else tolerance
    folded = (_line(line, told, partial, accepts) for line in lines)
    return Folded(
        newest=told[-1].said,
        lines=tuple(line for line in folded if line is not None),
        left_out=tuple(left_out),
    )


_REPLACE = "05"  # X12 element 353


@frozen(kw_only=True)
class _Told:
    """An acknowledgment, and what it says by the order's own line numbers."""

    said: Said
    outcomes: Mapping[str, LineOutcome]

    @property
    def replaces(self) -> bool:
        """Whether it begins anew, and further parts may follow."""
        return self.said.acknowledgment.purpose == _REPLACE

    def is_summary(self, line: OrderedLine) -> bool:
        """Whether it disposes of the whole line: nothing is added to it, and it is added to nothing."""
        acknowledgment = self.said.acknowledgment
        if not acknowledgment.lines or acknowledgment.decision is Decision.REJECTED:
            return True
        return line.quantity is not None and self.outcomes[line.number].refused >= line.quantity > 0


def _spoken(fitted: OrderAcknowledgment) -> dict[str, LineOutcome]:
    """The outcomes by line number; a line without a word is absent, one that stands twice is summed."""
    found: dict[str, list[LineOutcome]] = {}
    for line, outcome in zip(fitted.lines, resolve(fitted), strict=True):
        if line.answers or outcome.decided:
            found.setdefault(line.number, []).append(outcome)
    return {number: combined(outcomes) for number, outcomes in found.items()}


def _line(
    line: OrderedLine, told: Sequence[_Told], partial: PartialAcknowledgments, tolerance: Tolerance
) -> FoldedLine | None:
    parts: list[LineOutcome] = []
    newest: Said | None = None
    after_summary = False
    for each in told:
        if line.number not in each.outcomes:
            continue
        summary = each.is_summary(line)
        if partial is PartialAcknowledgments.REPLACE or each.replaces or summary or after_summary:
            parts = []
        parts.append(each.outcomes[line.number])
        newest, after_summary = each.said, summary
    if newest is None:
        return None
    outcome = _summed(parts, line)
    flag = _flag(line, outcome, tolerance)
    return FoldedLine(number=line.number, outcome=outcome, newest=newest, flag=flag)


def _summed(parts: Sequence[LineOutcome], line: OrderedLine) -> LineOutcome:
    """The parts together; what was backordered and then confirmed or rejected is no longer backordered."""
    outcome = combined(parts)
    if len(parts) == 1 or line.quantity is None or Answer.BACKORDERED not in outcome.quantities:
        return outcome
    spoken_for = total((outcome.confirmed, outcome.refused))
    still_open = max(total((line.quantity, spoken_for.copy_negate())), Decimal(0))
    backordered = min(outcome.backordered, still_open)
    return evolve(
        outcome, quantities=MappingProxyType({**outcome.quantities, Answer.BACKORDERED: backordered})
    )


def _flag(line: OrderedLine, outcome: LineOutcome, tolerance: Tolerance) -> str:
    if not line.wanted or line.quantity is None or not outcome.decided:
        return ""
    if tolerance.accepts(line.quantity, outcome.confirmed):
        return ""
    unit = line.unit or outcome.unit
    sentence = f"confirmed {_plain(outcome.confirmed)} of {_plain(line.quantity)} {unit}".rstrip()
    rest = ((outcome.backordered, "backordered"), (outcome.refused, "rejected"))
    return sentence + "".join(f", {_plain(quantity)} {what}" for quantity, what in rest if quantity)


def _plain(quantity: Decimal) -> str:
    """A quantity for people: no exponent, no zeros at the end."""
    text = format(quantity, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
