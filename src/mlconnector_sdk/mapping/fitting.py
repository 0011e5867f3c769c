"""Which line of the order an answer means: only the order can say.

Suppliers name lines by the buyer's number, with or without leading zeros, or by a part alone; some answer
the order as a whole. Before answers are folded, each is given the number that its line has in the order.
What does not fit is never guessed at: it becomes a `Misfit`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from attrs import evolve, frozen

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.documents import AcknowledgedLine, Answer, OrderAcknowledgment

__all__ = ["Fitted", "Misfit", "OrderedLine", "fit"]


@frozen(kw_only=True)
class OrderedLine:
    """A line of the order as the buyer's system has it now.

    Args:
        number: The line's number, without leading zeros.
        quantity: What is ordered, in ``unit``; None where the buyer's system does not say.
        unit: The unit in which it was ordered, or the empty string.
        buyer_part: The number of the part under which it was ordered, or the empty string.
        vendor_part: The supplier's number of the part, or the empty string.
        wanted: False for a line that was cancelled: an answer to the whole order does not speak of it.
    """

    number: str
    quantity: Decimal | None
    unit: str = ""
    buyer_part: str = ""
    vendor_part: str = ""
    wanted: bool = True


@frozen(kw_only=True)
class Misfit:
    """Why an answer does not fit the order.

    Args:
        problem: One sentence, with the document that the answer stands in.
        path: Where in that document.
        remedy: What a person should do.
    """

    problem: str
    path: str
    remedy: str

    def error(self) -> InvalidDocument:
        """The same as an error."""
        return InvalidDocument(self.problem, path=self.path, remedy=self.remedy)


@frozen(kw_only=True)
class Fitted:
    """An acknowledgment in the order's own terms.

    Args:
        acknowledgment: Its lines are those that fit, each with the order's number and with a quantity where
            one is known.
        misfits: What does not fit, in the order of the document.
    """

    acknowledgment: OrderAcknowledgment
    misfits: tuple[Misfit, ...] = ()


def fit(acknowledgment: OrderAcknowledgment, lines: Sequence[OrderedLine], *, reference: str) -> Fitted:
    """Give every answer the number of its line in the order.

    An acknowledgment without lines speaks for every line that is still wanted. A line that repeats no
    quantity is taken to repeat the ordered one.

    Args:
        acknowledgment: Its units are those of the buyer's system.
        lines: All lines of the order.
        reference: Names the document in a `Misfit`.
    """
    if not acknowledgment.lines:
        wanted = (
            AcknowledgedLine(number=line.number, quantity=line.quantity) for line in lines if line.wanted
        )
        return Fitted(acknowledgment=evolve(acknowledgment, lines=tuple(wanted)))
    fitted = [
        _fitted(
            answered,
            lines,
            _Place(path=f"lines[{index}]", reference=reference, order=acknowledgment.number.strip()),
        )
        for index, answered in enumerate(acknowledgment.lines)
    ]
    return Fitted(
        acknowledgment=evolve(
            acknowledgment, lines=tuple(each for each in fitted if isinstance(each, AcknowledgedLine))
        ),
        misfits=tuple(each for each in fitted if isinstance(each, Misfit)),
    )


@frozen(kw_only=True)
class _Place:
    path: str
    reference: str
    order: str

    def misfit(self, problem: str, path: str, remedy: str) -> Misfit:
        return Misfit(
            problem=f"acknowledgment {self.reference} of order {self.order} {problem}",
            path=f"{self.path}{path}",
            remedy=remedy,
        )


def _fitted(
    answered: AcknowledgedLine, lines: Sequence[OrderedLine], place: _Place
) -> AcknowledgedLine | Misfit:
    number = answered.number.strip().lstrip("0")
    if number:
        meant = [line for line in lines if line.number == number]
    else:
        meant = [line for line in lines if _is_part(answered, line)]
    if len(meant) != 1:
        return _no_such_line(answered, meant, lines, place)
    [line] = meant
    if (unit := _other_unit(answered, line)) is not None:
        return place.misfit(
            f"answers line {line.number} in {unit}, but it was ordered in {line.unit}",
            path=".unit",
            remedy="add the unit to the table of units and map it again (remap), or have the supplier answer "
            "in the unit ordered",
        )
    for index, each in enumerate(answered.answers):
        if len(answered.answers) > 1 and each.quantity is None and each.answer in _NEED_QUANTITIES:
            return place.misfit(
                f"splits line {line.number} and gives no quantity for {each.code or each.answer.value}",
                path=f".answers[{index}]",
                remedy="have the supplier send it again with quantities, or enter the answer in the order by "
                "hand and dismiss this one",
            )
    quantity = line.quantity if answered.quantity is None else answered.quantity
    return evolve(answered, number=line.number, quantity=quantity)


_NEED_QUANTITIES = (Answer.CONFIRMED, Answer.BACKORDERED, Answer.REJECTED, Answer.DELETED)


def _is_part(answered: AcknowledgedLine, line: OrderedLine) -> bool:
    return bool(
        (answered.buyer_part and answered.buyer_part == line.buyer_part)
        or (answered.vendor_part and answered.vendor_part == line.vendor_part)
    )


def _no_such_line(
    answered: AcknowledgedLine, meant: Sequence[OrderedLine], lines: Sequence[OrderedLine], place: _Place
) -> Misfit:
    number = answered.number.strip()
    part = answered.buyer_part or answered.vendor_part or "(not named)"
    named = f"line {number}" if number.lstrip("0") else f"part {part}"
    has = f"has {len(meant)} times" if meant else "does not have"
    known = ", ".join(line.number for line in lines) or "none"
    return place.misfit(
        f"answers {named}, which the order {has} (its lines: {known})",
        path="",
        remedy="ask the supplier which line is meant; then mend the order and map the acknowledgment again "
        "(remap), or enter the answer in the order by hand and dismiss this one",
    )


def _other_unit(answered: AcknowledgedLine, line: OrderedLine) -> str | None:
    """A unit of the answer that is not the one ordered."""
    units = (answered.unit, *(each.unit for each in answered.answers))
    return next(
        (unit for unit in units if unit and line.unit and unit.casefold() != line.unit.casefold()), None
    )
