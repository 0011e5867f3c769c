"""855, the purchase order acknowledgment: document to segments and back.

Suppliers say the same thing in many ways: an ACK per quantity, a schedule instead of it, a date at the
line or in the heading, or only a code for the whole order. The reader resolves all of them onto
`LineAnswer`, in this order: ACK, its own DTM, SCH, DTM of the line, DTM of the heading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from attrs import evolve, frozen

from mlconnector_sdk.mapping.documents import (
    AcknowledgedLine,
    Answer,
    Decision,
    LineAnswer,
    OrderAcknowledgment,
)
from mlconnector_sdk.mapping.quantities import total
from mlconnector_sdk.mapping.x12 import heading, lines
from mlconnector_sdk.mapping.x12.conventions import Conventions
from mlconnector_sdk.mapping.x12.envelope import Envelope, Transaction
from mlconnector_sdk.mapping.x12.fields import Composer, Fields
from mlconnector_sdk.mapping.x12.placement import Branch, tree
from mlconnector_sdk.mapping.x12.writer import write

__all__ = ["answer_of", "build_855", "decision_of", "order_acknowledgment", "write_855"]

_DECISIONS = {
    Decision.ACCEPTED: ("AD", "AK", "AT"),
    Decision.CHANGED: ("AC", "AE"),
    Decision.REJECTED: ("RD", "RF", "RJ", "RN", "RO", "RV"),
    Decision.HELD: ("AH",),
}
_ANSWERS = {
    Answer.CONFIRMED: ("AC", "AR", "BP", "DR", "IA", "IC", "IP", "IQ", "IS", "SP"),
    Answer.BACKORDERED: ("IB",),
    Answer.REJECTED: ("IR", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9"),
    Answer.DELETED: ("ID",),
    Answer.PENDING: ("IE", "IF", "IH", "IW"),
}
_ACCEPTED_IN_DETAIL = ("AD", "AT")
"""Header codes under which a line without an answer of its own is accepted as it stands."""


def decision_of(code: str) -> Decision:
    """What a header code (element 587) comes to; ``RO``, a counter offer, is a rejection of the order."""
    return next((decision for decision, codes in _DECISIONS.items() if code in codes), Decision.UNKNOWN)


def answer_of(code: str) -> Answer:
    """What a line code (element 668) comes to."""
    return next((answer for answer, codes in _ANSWERS.items() if code in codes), Answer.UNKNOWN)


def order_acknowledgment(
    transaction: Transaction, *, conventions: Conventions | None = None, dated: date | None = None
) -> OrderAcknowledgment:
    """The supplier's answer that an 855 says.

    * A line may have several answers (a split). Unknown codes are kept, as `Answer.UNKNOWN`.
    * A date goes by its qualifier to ``ship`` or ``delivery``. What an answer does not say itself is taken
      from a schedule of the same quantity, and for confirmed quantities from the line, then the heading.
    * A schedule without ACK, or a date under an accepting header, makes an answer with an empty code.
    * PO104 is the supplier's price: it stands on the line and on all answers but refusals.

    Args:
        dated: The date of the document where BAK09 is absent; None takes the date of the group (GS04).

    Raises:
        InvalidDocument: It is no 855, it was read with an error, a segment that it must have is missing or
            misplaced, or an element that is needed does not hold what it should.
    """
    agreed = conventions or Conventions()
    root = tree(transaction, "855")
    begin = Fields(transaction, root.all("BAK")[0])
    code = begin.needed_text(2)
    whole = _dates(transaction, root, agreed)
    day = begin.day(9) or dated or (transaction.group.day if transaction.group else None)
    return OrderAcknowledgment(
        purpose=begin.needed_text(1),
        decision=decision_of(code),
        code=code,
        number=begin.needed_text(3),
        ordered_on=begin.day(4),
        supplier_reference=begin.text(8),
        dated=day if day is not None else begin.needed_day(9),
        ship=whole.ship,
        delivery=whole.delivery,
        parties=heading.parties(transaction, root),
        references=heading.references(transaction, root),
        notes=heading.notes(transaction, root),
        lines=tuple(_line(transaction, loop, code, whole, agreed) for loop in root.loops("PO1")),
    )


def build_855(
    acknowledgment: OrderAcknowledgment, *, release: str = "004010", conventions: Conventions | None = None
) -> Transaction:
    """The segments of a supplier's answer, ready for `write` or for Guide JSON.

    Answers with a code become ACK; those without become SCH, or a DTM of the line where they have no
    quantity.

    Raises:
        InvalidDocument: A field cannot be carried by X12, or a code contradicts its decision or answer;
            ``path`` names segment and element.
    """
    agreed = conventions or Conventions()
    out = Composer("855", release)
    answer = acknowledgment
    reference = (None, None, None, answer.supplier_reference)
    out.add("BAK", answer.purpose, answer.code, answer.number, answer.ordered_on, *reference, answer.dated)
    if decision_of(answer.code) is not answer.decision:
        raise out.refuse("BAK", 2, f"the code {answer.code} does not mean {answer.decision.value!r}")
    heading.add_references(out, answer)
    _add_dates(out, answer.ship, answer.delivery, agreed)
    heading.add_notes(out, answer)
    heading.add_parties(out, answer)
    for line in answer.lines:
        _add_line(out, line, agreed)
    if answer.lines:
        out.add("CTT", len(answer.lines))
    return out.transaction()


def write_855(
    acknowledgment: OrderAcknowledgment, envelope: Envelope, *, conventions: Conventions | None = None
) -> str:
    """A supplier's answer as a complete X12 file, release 004010 (or that of ``envelope.version``).

    Raises:
        InvalidDocument: A field cannot be carried by X12, or holds a delimiter.
    """
    release = envelope.version[:6] or "004010"
    return write([build_855(acknowledgment, release=release, conventions=conventions)], envelope)


@frozen(kw_only=True)
class _Dates:
    ship: date | None = None
    delivery: date | None = None

    def __bool__(self) -> bool:
        return self.ship is not None or self.delivery is not None

    def over(self, general: _Dates) -> _Dates:
        """These dates, and the general ones where these say nothing."""
        return _Dates(ship=self.ship or general.ship, delivery=self.delivery or general.delivery)


@frozen(kw_only=True)
class _Scheduled:
    quantity: Decimal
    unit: str
    dates: _Dates


def _line(
    transaction: Transaction, loop: Branch, code: str, whole: _Dates, agreed: Conventions
) -> AcknowledgedLine:
    item = Fields(transaction, loop.start)
    quantity, unit, price = item.number(2), item.text(3), item.number(4)
    general = _dates(transaction, loop, agreed).over(whole)
    schedules = [_scheduled(transaction, inner, agreed) for inner in loop.loops("SCH")]
    if loop.loops("ACK"):
        answers = [_answer(transaction, inner, unit, agreed) for inner in loop.loops("ACK")]
        answers = list(_with_schedules(answers, schedules))
    elif schedules:
        answers = [_from_schedule(schedule, code) for schedule in schedules]
    elif general and code in _ACCEPTED_IN_DETAIL:
        answers = [LineAnswer(answer=Answer.CONFIRMED, code="", quantity=quantity, unit=unit)]
    elif general:
        answers = [LineAnswer(answer=Answer.UNKNOWN, code="", ship=general.ship, delivery=general.delivery)]
    else:
        answers = []
    return AcknowledgedLine(
        number=item.text(1),
        quantity=quantity,
        unit=unit,
        unit_price=price,
        price_basis=item.text(5),
        buyer_part=lines.part_number(item, agreed.buyer_part),
        vendor_part=lines.part_number(item, agreed.vendor_part),
        answers=tuple(_finished(answer, price, general) for answer in answers),
    )


def _answer(transaction: Transaction, loop: Branch, unit: str, agreed: Conventions) -> LineAnswer:
    fields = Fields(transaction, loop.start)
    code, quantity = fields.needed_text(1), fields.number(2)
    own = _by_qualifier({fields.text(4): fields.day(5)}, agreed)
    dates = own.over(_dates(transaction, loop, agreed))
    return LineAnswer(
        answer=answer_of(code),
        code=code,
        quantity=quantity,
        unit=fields.text(3) or (unit if quantity is not None else ""),
        ship=dates.ship,
        delivery=dates.delivery,
    )


def _scheduled(transaction: Transaction, loop: Branch, agreed: Conventions) -> _Scheduled:
    fields = Fields(transaction, loop.start)
    dates = {fields.text(8): fields.day(9), fields.needed_text(5): fields.needed_day(6)}
    return _Scheduled(
        quantity=fields.needed_number(1), unit=fields.needed_text(2), dates=_by_qualifier(dates, agreed)
    )


def _from_schedule(schedule: _Scheduled, code: str) -> LineAnswer:
    agreed_to = decision_of(code) in (Decision.ACCEPTED, Decision.CHANGED)
    return LineAnswer(
        answer=Answer.CONFIRMED if agreed_to else Answer.UNKNOWN,
        code="",
        quantity=schedule.quantity,
        unit=schedule.unit,
        ship=schedule.dates.ship,
        delivery=schedule.dates.delivery,
    )


def _with_schedules(answers: list[LineAnswer], schedules: list[_Scheduled]) -> Iterator[LineAnswer]:
    """Dates from schedules for the answers without: one answer may be spread over several schedules."""
    undated = [answer for answer in answers if answer.ship is None and answer.delivery is None]
    confirmed = [answer for answer in undated if answer.answer is Answer.CONFIRMED]
    for answer in answers:
        fitting = [s for s in schedules if answer in undated and answer.unit in ("", s.unit)]
        scheduled = total(schedule.quantity for schedule in fitting)
        if [answer] != confirmed or answer.quantity not in (None, scheduled):
            fitting = [schedule for schedule in fitting if schedule.quantity == answer.quantity]
            fitting = fitting if len(fitting) == 1 else []
        if not fitting:
            yield answer
        for schedule in fitting:
            yield evolve(
                answer,
                quantity=schedule.quantity,
                unit=schedule.unit,
                ship=schedule.dates.ship,
                delivery=schedule.dates.delivery,
            )


def _finished(answer: LineAnswer, price: Decimal | None, general: _Dates) -> LineAnswer:
    """With the general dates where the quantity is confirmed, and with the price unless it is refused."""
    if answer.answer is Answer.CONFIRMED:
        dates = _Dates(ship=answer.ship, delivery=answer.delivery).over(general)
        answer = evolve(answer, ship=dates.ship, delivery=dates.delivery)
    refused = answer.answer in (Answer.REJECTED, Answer.DELETED)
    return evolve(answer, unit_price=None if refused else price)


def _dates(transaction: Transaction, branch: Branch, agreed: Conventions) -> _Dates:
    """What the DTM segments of a loop say."""
    found: dict[str, date | None] = {}
    for segment in branch.all("DTM"):
        fields = Fields(transaction, segment)
        found.setdefault(fields.text(1), fields.day(2))
    return _by_qualifier(found, agreed)


def _by_qualifier(found: Mapping[str, date | None], agreed: Conventions) -> _Dates:
    return _Dates(
        ship=next((found[code] for code in agreed.ship if found.get(code)), None),
        delivery=next((found[code] for code in agreed.delivery if found.get(code)), None),
    )


def _add_line(out: Composer, line: AcknowledgedLine, agreed: Conventions) -> None:
    parts = lines.part_numbers(line.buyer_part, line.vendor_part, agreed)
    out.add("PO1", line.number, line.quantity, line.unit, line.unit_price, line.price_basis, *parts)
    for answer in line.answers:
        if answer.unit_price not in (None, line.unit_price):
            raise out.refuse("PO1", 4, "an answer has another price than its line: an 855 has one for both")
    uncoded = [answer for answer in line.answers if not answer.code]
    if uncoded and len(uncoded) < len(line.answers):
        raise out.refuse("ACK", 1, "either all answers of a line have a code, or none has", ahead=True)
    for answer in line.answers:
        if answer.code:
            _add_coded(out, answer, agreed)
        elif answer.quantity is not None:
            _add_schedule(out, answer, agreed)
        elif len(line.answers) == 1 and (answer.ship or answer.delivery):
            _add_dates(out, answer.ship, answer.delivery, agreed)
        else:
            sentence = "an answer without code and quantity must be alone and have a date"
            raise out.refuse("ACK", 1, sentence, ahead=True)


def _add_coded(out: Composer, answer: LineAnswer, agreed: Conventions) -> None:
    first, second = _qualified(answer.ship, answer.delivery, agreed)
    out.add("ACK", answer.code, answer.quantity, answer.unit, *first)
    if answer_of(answer.code) is not answer.answer:
        raise out.refuse("ACK", 1, f"the code {answer.code} does not mean {answer.answer.value!r}")
    if second:
        out.add("DTM", *second)


def _add_schedule(out: Composer, answer: LineAnswer, agreed: Conventions) -> None:
    first, second = _qualified(answer.ship, answer.delivery, agreed)
    if not first:
        raise out.refuse("SCH", 6, "an answer without code needs a date", ahead=True)
    out.add("SCH", answer.quantity, answer.unit, None, None, *first, None, *second)


def _add_dates(out: Composer, ship: date | None, delivery: date | None, agreed: Conventions) -> None:
    for qualified in _qualified(ship, delivery, agreed):
        if qualified:
            out.add("DTM", *qualified)


def _qualified(
    ship: date | None, delivery: date | None, agreed: Conventions
) -> tuple[tuple[str, date] | tuple[()], tuple[str, date] | tuple[()]]:
    """The dates with their qualifiers, the first place filled first."""
    dates = [(agreed.ship[0], ship)] if ship else []
    dates += [(agreed.delivery[0], delivery)] if delivery else []
    first, second, *_ = [*dates, (), ()]
    return first, second
