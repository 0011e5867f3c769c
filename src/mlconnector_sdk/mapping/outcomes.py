"""What an acknowledgment comes to, line by line: one set of quantities and dates to write back.

A line may have several answers, and the heading may speak for all of them; here they are summed.
"""

from __future__ import annotations

from collections.abc import Mapping
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

__all__ = ["LineOutcome", "resolve"]


@frozen(kw_only=True)
class LineOutcome:
    """What a supplier says about a line, summed over its answers.

    Args:
        number: The buyer's line number; empty where the supplier left it out.
        quantities: How much is confirmed, backordered, rejected ...; an answer that nobody gave is absent.
        unit: The unit of the quantities.
        ship: When everything confirmed will have been shipped: the latest date; or None.
        delivery: When everything confirmed will have arrived: the latest date; or None.
        unit_price: The supplier's price, or None.
        complete: False where an answer's quantity or unit is not known, so that the sums say too little.
    """

    number: str
    quantities: Mapping[Answer, Decimal]
    unit: str = ""
    ship: date | None = None
    delivery: date | None = None
    unit_price: Decimal | None = None
    complete: bool = True

    @property
    def confirmed(self) -> Decimal:
        """The confirmed quantity; zero where none is."""
        return self.quantities.get(Answer.CONFIRMED, Decimal(0))


def resolve(acknowledgment: OrderAcknowledgment) -> tuple[LineOutcome, ...]:
    """The outcome of every line that the supplier repeats.

    A line without an answer follows the heading: accepted or rejected as a whole. An answer without a
    quantity counts for the whole line where it is the line's only one.

    An acknowledgment without lines has no outcomes: its ``decision`` says everything.
    """
    return tuple(_outcome(line, acknowledgment) for line in acknowledgment.lines)


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
        ship=max((answer.ship for answer in confirmed if answer.ship), default=None),
        delivery=max((answer.delivery for answer in confirmed if answer.delivery), default=None),
        unit_price=line.unit_price,
        complete=complete,
    )
