"""Which line of the order a supplier means."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.documents import (
    AcknowledgedLine,
    Answer,
    Decision,
    LineAnswer,
    OrderAcknowledgment,
)
from mlconnector_sdk.mapping.fitting import OrderedLine, fit

LINES = (
    OrderedLine(number="1", quantity=Decimal(24), unit="EA", buyer_part="WB-100"),
    OrderedLine(number="2", quantity=Decimal(6), unit="EA", vendor_part="V-9"),
    OrderedLine(number="3", quantity=Decimal(7), unit="EA", buyer_part="C", wanted=False),
    OrderedLine(number="4", quantity=None, buyer_part="D"),
    OrderedLine(number="10", quantity=Decimal(1), buyer_part="D"),
)
WHOLE = OrderAcknowledgment(number=" PO-1", dated=date(2026, 3, 3), decision=Decision.ACCEPTED, code="AD")


def line(number: str = "", *answers: LineAnswer, **known: Any) -> AcknowledgedLine:
    return AcknowledgedLine(number=number, answers=answers, **known)


def answer(quantity: str | None = "1", unit: str = "", answer: Answer = Answer.CONFIRMED) -> LineAnswer:
    known = None if quantity is None else Decimal(quantity)
    return LineAnswer(answer=answer, code="IA", quantity=known, unit=unit)


@pytest.mark.parametrize(
    ("answered", "number", "quantity"),
    [
        (line("1"), "1", 24),
        (line("0001"), "1", 24),
        (line(" 10 "), "10", 1),
        (line("1", quantity=Decimal(20)), "1", 20),
        (line("3"), "3", 7),  # cancelled, but named
        (line("4"), "4", None),
        (line(buyer_part="WB-100"), "1", 24),
        (line(vendor_part="V-9"), "2", 6),
        (line("2", buyer_part="WB-100"), "2", 6),  # the number decides
        (line("1", answer(unit="ea"), unit="Ea"), "1", 24),
        (line("4", answer(unit="CA")), "4", None),  # Plex names no unit: nothing to contradict
        (line("1", answer(None, answer=Answer.PENDING), answer()), "1", 24),
        (line("1", answer(None)), "1", 24),
    ],
)
def test_a_line_gets_the_number_and_quantity_of_the_order(
    answered: AcknowledgedLine, number: str, quantity: int | None
) -> None:
    fitted = fit(evolve(WHOLE, lines=(answered,)), LINES, reference="t-1")
    assert fitted.misfits == ()
    assert fitted.acknowledgment.lines == (
        evolve(answered, number=number, quantity=None if quantity is None else Decimal(quantity)),
    )


@pytest.mark.parametrize(
    ("answered", "path", "words"),
    [
        (line("5"), "", r"line 5, which the order does not have \(its lines: 1, 2, 3, 4, 10\)"),
        (line("A1"), "", "line A1"),
        (line("000"), "", r"part \(not named\)"),
        (line(buyer_part="ELSE"), "", "part ELSE"),
        (line(vendor_part="WB-100"), "", "part WB-100"),  # the buyer's number is not the vendor's
        (line(buyer_part="D"), "", "part D, which the order has 2 times"),
        (line("1", unit="CA"), ".unit", "line 1 in CA, but it was ordered in EA"),
        (line("1", answer(), answer(unit="DZ")), ".unit", "in DZ"),
        (line("1", answer(), answer(None, answer=Answer.REJECTED)), ".answers[1]", "no quantity for IA"),
    ],
)
def test_what_does_not_fit_is_named(answered: AcknowledgedLine, path: str, words: str) -> None:
    good = line("2", answer())
    fitted = fit(evolve(WHOLE, lines=(good, answered)), LINES, reference="t-1")
    assert [each.number for each in fitted.acknowledgment.lines] == ["2"]
    [misfit] = fitted.misfits
    with pytest.raises(InvalidDocument, match=f"acknowledgment t-1 of order PO-1 .*{words}") as caught:
        raise misfit.error()
    assert caught.value.path == f"lines[1]{path}"
    assert caught.value.remedy


def test_an_answer_without_lines_speaks_for_all_that_are_wanted() -> None:
    fitted = fit(WHOLE, LINES, reference="t-1")
    assert [(each.number, each.quantity) for each in fitted.acknowledgment.lines] == [
        ("1", 24),
        ("2", 6),
        ("4", None),
        ("10", 1),
    ]


def test_an_order_without_lines() -> None:
    [misfit] = fit(evolve(WHOLE, lines=(line("1"),)), (), reference="t-1").misfits
    assert "its lines: none" in misfit.problem
