"""What an acknowledgment comes to, line by line: one set of quantities and dates to write back.

A line may have several answers, and the heading may speak for all of them; here they are summed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from attrs import frozen

from mlconnector_sdk.mapping.documents import (
    AcknowledgedLine,
    Answer,
    Decision,
    LineAnswer,
    OrderAcknowledgment,
)
from mlconnector_sdk.mapping.quantities import total

__all__ = ["LineOutcome", "combined", "resolve"]

_DECIDED = (Answer.CONFIRMED, Answer.BACKORDERED, Answer.REJECTED, Answer.DELETED)


@frozen(kw_only=True)
class LineOutcome:
    """What a supplier says about a line, summed over its answers.

    Args:
        number: The buyer's line number; empty where the supplier left it out.
        quantities: How much is confirmed, backordered, rejected ...; an answer that nobody gave is absent.
        unit: The unit of the quantities.
        codes: The supplier's own codes (X12 element 668), each once, in the order of the answers.
        ship: When everything confirmed will have been shipped: the latest date; or None.
        delivery: When everything confirmed will have arrived: the latest date; or None.
        unit_price: The supplier's price, or None.
        complete: False where an answer's quantity or unit is not known, so that the sums say too little.
    """

    number: str
    quantities: Mapping[Answer, Decimal]
    unit: str = ""
    codes: tuple[str, ...] = ()
    ship: date | None = None
    delivery: date | None = None
    unit_price: Decimal | None = None
    complete: bool = True

    @property
    def confirmed(self) -> Decimal:
        """The confirmed quantity; zero where none is."""
        return self.quantities.get(Answer.CONFIRMED, Decimal(0))

    @property
    def backordered(self) -> Decimal:
        """The backordered quantity; zero where none is."""
        return self.quantities.get(Answer.BACKORDERED, Decimal(0))

    @property
    def refused(self) -> Decimal:
        """The rejected and the deleted quantity together; zero where none is."""
        return total(self.quantities.get(answer, Decimal(0)) for answer in (Answer.REJECTED, Answer.DELETED))

    @property
    def decided(self) -> bool:
        """Whether the supplier has decided about any quantity at all."""
        return any(answer in _DECIDED for answer in self.quantities)


def resolve(acknowledgment: OrderAcknowledgment) -> tuple[LineOutcome, ...]:
    """The outcome of every line that the supplier repeats.

    A line without an answer follows the heading: accepted or rejected as a whole. An answer without a
    quantity counts for the whole line where it is the line's only one.

    An acknowledgment without lines has no outcomes: its ``decision`` says everything.
    """
    return tuple(_outcome(line, acknowledgment) for line in acknowledgment.lines)


def combined(outcomes: Sequence[LineOutcome]) -> LineOutcome:
    """Several outcomes of one line as one: quantities summed, the latest dates, the last price that is known.

    Args:
        outcomes: At least one, oldest first.
    """
    if len(outcomes) == 1:
        return outcomes[0]
    units = {outcome.unit for outcome in outcomes if outcome.unit}
    answers = dict.fromkeys(answer for outcome in outcomes for answer in outcome.quantities)
    prices = [outcome.unit_price for outcome in outcomes if outcome.unit_price is not None]
    return LineOutcome(
        number=outcomes[-1].number,
        quantities=MappingProxyType(
            {
                answer: total(outcome.quantities.get(answer, Decimal(0)) for outcome in outcomes)
                for answer in answers
            }
        ),
        unit=next((outcome.unit for outcome in outcomes if outcome.unit), ""),
        codes=tuple(dict.fromkeys(code for outcome in outcomes for code in outcome.codes)),
        ship=max((outcome.ship for outcome in outcomes if outcome.ship), default=None),
        delivery=max((outcome.delivery for outcome in outcomes if outcome.delivery), default=None),
        unit_price=prices[-1] if prices else None,
        complete=all(outcome.complete for outcome in outcomes) and len(units) <= 1,
    )


_WHOLE = {Decision.ACCEPTED: Answer.CONFIRMED, Decision.REJECTED: Answer.REJECTED}


def _outcome(line: AcknowledgedLine, whole: OrderAcknowledgment) -> LineOutcome:
    answers = line.answers or (
        LineAnswer(
            answer=_WHOLE.get(whole.decision, Answer.UNKNOWN),
            code="",
            ship=whole.ship,
            delivery=whole.delivery,
            unit_price=line.unit_price,
        ),
    )
    given: dict[Answer, list[Decimal]] = {}
    units = {answer.unit for answer in answers if answer.unit} | ({line.unit} if line.unit else set())
    complete = len(units) <= 1
    for answer in answers:
        quantity = answer.quantity
        if quantity is None and len(answers) == 1:
            quantity = line.quantity
        if quantity is None:
            complete = False
        else:
            given.setdefault(answer.answer, []).append(quantity)
    confirmed = [answer for answer in answers if answer.answer is Answer.CONFIRMED]
    return LineOutcome(
        number=line.number,
        quantities=MappingProxyType({answer: total(parts) for answer, parts in given.items()}),
        unit=line.unit or next(iter(units), ""),
        codes=tuple(dict.fromkeys(answer.code for answer in answers if answer.code)),
        ship=max((answer.ship for answer in confirmed if answer.ship), default=None),
        delivery=max((answer.delivery for answer in confirmed if answer.delivery), default=None),
        unit_price=line.unit_price,
        complete=complete,
    )
