from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from attrs import evolve

from mlconnector_sdk.mapping import x12
from mlconnector_sdk.mapping.documents import (
    AcknowledgedLine,
    Answer,
    Decision,
    LineAnswer,
    OrderAcknowledgment,
)
from mlconnector_sdk.mapping.outcomes import combined, resolve
from mlconnector_sdk.mapping.quantities import total
from tests.mapping.strategies import only, sample


def test_the_sample_comes_to() -> None:
    first, second, third, fourth, fifth = resolve(x12.order_acknowledgment(only(sample("855_changed.edi"))))
    assert first.quantities == {Answer.CONFIRMED: 18, Answer.BACKORDERED: 6}
    assert (first.ship, first.delivery) == (date(2026, 3, 20), date(2026, 3, 24))
    assert (second.confirmed, second.unit_price) == (Decimal("0.5"), Decimal("43.9"))
    assert (third.confirmed, third.quantities) == (0, {Answer.REJECTED: 100})
    assert fourth.quantities == {Answer.UNKNOWN: 12}
    assert (fifth.confirmed, fifth.ship) == (40, date(2026, 3, 27))  # the latest of two
    assert all(outcome.complete for outcome in (first, second, third, fourth, fifth))


LINE = AcknowledgedLine(number="10", quantity=Decimal(24), unit="EA")
WHOLE = OrderAcknowledgment(
    number="1", dated=date(2026, 3, 3), decision=Decision.ACCEPTED, code="AD", lines=(LINE,)
)


@pytest.mark.parametrize(
    ("decision", "answer"),
    [
        (Decision.ACCEPTED, Answer.CONFIRMED),
        (Decision.REJECTED, Answer.REJECTED),
        (Decision.CHANGED, Answer.UNKNOWN),
        (Decision.HELD, Answer.UNKNOWN),
    ],
)
def test_the_heading_speaks_for_a_silent_line(decision: Decision, answer: Answer) -> None:
    [outcome] = resolve(evolve(WHOLE, decision=decision, ship=date(2026, 3, 20)))
    assert outcome.quantities == {answer: 24}
    assert outcome.ship == (date(2026, 3, 20) if answer is Answer.CONFIRMED else None)


def test_an_only_answer_without_quantity_means_the_line() -> None:
    alone = LineAnswer(answer=Answer.CONFIRMED, code="IA")
    [outcome] = resolve(evolve(WHOLE, lines=(evolve(LINE, answers=(alone,)),)))
    assert (outcome.confirmed, outcome.complete) == (24, True)
    [outcome] = resolve(evolve(WHOLE, lines=(evolve(LINE, answers=(alone, alone)),)))
    assert (outcome.confirmed, outcome.complete) == (0, False)


def test_two_units_cannot_be_summed() -> None:
    cases = LineAnswer(answer=Answer.CONFIRMED, code="IA", quantity=Decimal(2), unit="CA")
    [outcome] = resolve(evolve(WHOLE, lines=(evolve(LINE, answers=(cases,)),)))
    assert not outcome.complete


def test_no_lines_no_outcomes() -> None:
    assert resolve(evolve(WHOLE, lines=())) == ()


def test_sums_are_exact() -> None:
    assert str(total([Decimal(10) ** 30, Decimal("1E-10")])) == "1" + "0" * 30 + ".0000000001"


def test_two_outcomes_of_a_line_as_one() -> None:
    line = AcknowledgedLine(number="10", quantity=Decimal(9), unit="EA", unit_price=Decimal("1.5"))
    ship = date(2026, 3, 20)
    answers = {
        "one": LineAnswer(answer=Answer.CONFIRMED, code="IA", quantity=Decimal(4), ship=ship),
        "two": LineAnswer(answer=Answer.BACKORDERED, code="IB", quantity=Decimal(5), ship=date(2026, 4, 1)),
        "three": LineAnswer(answer=Answer.CONFIRMED, code="IA", quantity=Decimal("0.5")),
        "four": LineAnswer(answer=Answer.DELETED, code="ID", quantity=Decimal("0.5")),
    }
    lines = [evolve(line, answers=(answer,)) for answer in answers.values()]
    outcomes = resolve(evolve(WHOLE, lines=(*lines[:3], evolve(lines[3], unit_price=None))))
    assert combined(outcomes[:1]) == outcomes[0]
    both = combined(outcomes)
    assert (both.confirmed, both.backordered, both.refused) == (Decimal("4.5"), Decimal(5), Decimal("0.5"))
    assert (both.codes, both.unit, both.unit_price) == (("IA", "IB", "ID"), "EA", Decimal("1.5"))
    assert (both.ship, both.delivery, both.complete) == (ship, None, True)  # only what is confirmed is dated
    assert not combined([outcomes[0], evolve(outcomes[1], unit="CA")]).complete
    assert not combined([outcomes[0], evolve(outcomes[1], complete=False)]).complete
