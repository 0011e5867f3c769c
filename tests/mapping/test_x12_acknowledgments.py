from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping import x12
from mlconnector_sdk.mapping.documents import (
    AcknowledgedLine,
    Answer,
    Decision,
    LineAnswer,
    OrderAcknowledgment,
)
from mlconnector_sdk.mapping.x12.segment import Segment
from tests.mapping import strategies
from tests.mapping.strategies import ENVELOPE, only, sample


def answer_to(*lines: str, code: str = "AC", group: Any = None) -> OrderAcknowledgment:
    """The acknowledgment that these segments make, behind a heading of that code."""
    texts = [f"BAK*00*{code}*7731*20260302****S-5501*20260303", *lines]
    segments = [Segment(text.split("*")[0], tuple(text.split("*")[1:])) for text in texts]
    transaction = x12.Transaction(set_id="855", release="004010", segments=tuple(segments), group=group)
    return x12.order_acknowledgment(transaction)


def brief(acknowledgment: OrderAcknowledgment) -> list[tuple[str, str, Decimal | None, str, str]]:
    """Answer, code, quantity, ship, delivery of every answer of the first line."""
    return [
        (a.answer.name, a.code, a.quantity, a.ship.isoformat() if a.ship else "", str(a.delivery or ""))
        for a in acknowledgment.lines[0].answers
    ]


@settings(max_examples=100, deadline=None)
@given(strategies.acknowledgments(), st.sampled_from(["004010", "005010"]))
def test_an_acknowledgment_survives_its_text(acknowledgment: OrderAcknowledgment, release: str) -> None:
    text = x12.write_855(acknowledgment, evolve(ENVELOPE, version=release))
    [transaction] = x12.read(text, strict=True).transactions
    assert x12.order_acknowledgment(transaction) == acknowledgment


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["AD", "AT", "AC", "RD", "AK", "ZZ"]),
    st.lists(st.sampled_from(["DTM*068*20260320", "DTM*069*20260324", "DTM*999*20260101"]), max_size=2),
    st.lists(
        st.sampled_from(
            [
                "PO1*1*24*EA*3.15**BP*A",
                "DTM*068*20260321",
                "DTM*002*20260325",
                "ACK*IA*24*EA",
                "ACK*IA",
                "ACK*IA*18*EA*068*20260320",
                "ACK*IB*6*EA",
                "ACK*IR*6*EA",
                "ACK*XY*6*EA*999*20260320",
                "SCH*18*EA***068*20260320***069*20260322",
                "SCH*6*EA***068*20260410",
                "SCH*24*EA***079*20260320",
            ]
        ),
        max_size=7,
    ),
)
def test_what_was_read_once_reads_the_same_again(code: str, dates: list[str], lines: list[str]) -> None:
    """Whatever way a supplier chose: written in ours, it says the same."""
    try:
        first = answer_to(*dates, "PO1*0*24*EA", *lines, code=code)
        again = x12.build_855(first)
    except InvalidDocument:
        return
    assert x12.order_acknowledgment(again) == first


def test_an_acknowledgment_as_text() -> None:
    acknowledgment = evolve(
        x12.order_acknowledgment(only(sample("855_changed.edi"))), delivery=date(2026, 4, 30)
    )
    text = x12.write_855(acknowledgment, evolve(ENVELOPE, delimiters=x12.Delimiters(line_break="\n")))
    assert text.splitlines()[2:-2] == [
        "ST*855*0001~",
        "BAK*00*AC*PO-10017*20260302****S-5501*20260304~",
        "DTM*067*20260430~",
        "N9*L1*1~",
        "MSG*Price of line 20 follows our list of March.~",
        "PO1*10*24*EA*3.15*PE*BP*WB-100*VP*ACM-88-A~",
        "ACK*IA*18*EA*068*20260320~",
        "DTM*067*20260324~",
        "ACK*IB*6*EA*068*20260410~",
        "PO1*20*0.5*LB*43.9**BP*AD-7~",
        "ACK*IP*0.5*LB*068*20260318~",
        "PO1*30*100*EA*0.02**BP*WS-3~",
        "ACK*IR*100*EA~",
        "PO1*40*12*EA*7**BP*HG-9~",
        "ACK*Q9*12*EA~",
        "PO1*50*40*EA*1.1**BP*PN-2~",
        "SCH*30*EA***068*20260320**067*20260323~",
        "SCH*10*EA***068*20260327~",
        "CTT*5~",
        "SE*20*0001~",
    ]


def test_a_split_line() -> None:
    acknowledgment = x12.order_acknowledgment(only(sample("855_changed.edi")))
    assert acknowledgment.decision is Decision.CHANGED
    assert acknowledgment.supplier_reference == "S-5501"
    assert brief(acknowledgment) == [
        ("CONFIRMED", "IA", Decimal(18), "2026-03-20", "2026-03-24"),
        ("BACKORDERED", "IB", Decimal(6), "2026-04-10", ""),
    ]
    assert {answer.unit_price for answer in acknowledgment.lines[0].answers} == {Decimal("3.15")}


def test_the_other_lines_of_the_sample() -> None:
    lines = x12.order_acknowledgment(only(sample("855_changed.edi"))).lines
    price = lines[1].answers[0]
    assert (price.code, price.unit_price, price.ship) == ("IP", Decimal("43.9"), date(2026, 3, 18))  # by SCH
    rejected = lines[2].answers[0]
    assert (rejected.answer, rejected.unit_price) == (Answer.REJECTED, None)
    unknown = lines[3].answers[0]
    assert (unknown.answer, unknown.code, unknown.ship) == (Answer.UNKNOWN, "Q9", None)
    assert [(a.quantity, a.ship, a.delivery) for a in lines[4].answers] == [
        (Decimal(30), date(2026, 3, 20), date(2026, 3, 23)),
        (Decimal(10), date(2026, 3, 27), None),
    ]


def test_an_acceptance_takes_its_dates_from_line_and_heading() -> None:
    acknowledgment = x12.order_acknowledgment(only(sample("855_accepted.edi")))
    assert acknowledgment.decision is Decision.ACCEPTED
    assert acknowledgment.ship == date(2026, 3, 20)
    assert [(a.code, a.quantity, a.ship) for line in acknowledgment.lines for a in line.answers] == [
        ("", Decimal(24), date(2026, 3, 20)),
        ("", Decimal("0.5"), date(2026, 3, 18)),
    ]


def test_the_heading_alone() -> None:
    acknowledgment = x12.order_acknowledgment(only(sample("855_header_only.edi")))
    assert acknowledgment.decision is Decision.ACCEPTED
    assert acknowledgment.lines == ()
    assert acknowledgment.dated == date(2026, 3, 3)  # of the group: BAK09 is absent


def test_the_newer_release() -> None:
    accepted, rejected = map(x12.order_acknowledgment, x12.read(sample("855_lf.edi")).transactions)
    assert accepted.lines[0].answers[0].ship == date(2026, 3, 12)
    assert rejected.decision is Decision.REJECTED
    assert rejected.notes == ("Discontinued, see catalogue of 2026.",)


def test_a_line_may_say_nothing() -> None:
    assert answer_to("PO1*10*24*EA", code="AD").lines[0].answers == ()
    assert answer_to("PO1*10*24*EA", code="AC").lines[0].answers == ()


@pytest.mark.parametrize(
    ("lines", "code", "answers"),
    [
        (
            ["ACK*IA*24*EA", "SCH*18*EA***068*20260320", "SCH*6*EA***068*20260410"],
            "AC",
            [("CONFIRMED", "IA", 18, "2026-03-20", ""), ("CONFIRMED", "IA", 6, "2026-04-10", "")],
        ),
        (
            ["ACK*IA*18*EA", "ACK*IB*6*EA", "SCH*18*EA***068*20260320", "SCH*6*EA***068*20260410"],
            "AC",
            [("CONFIRMED", "IA", 18, "2026-03-20", ""), ("BACKORDERED", "IB", 6, "2026-04-10", "")],
        ),
        (  # which of two equal schedules is meant, nobody can say
            ["ACK*IA*6*EA", "ACK*IQ*18*EA", "SCH*6*EA***068*20260320", "SCH*6*EA***068*20260410"],
            "AC",
            [("CONFIRMED", "IA", 6, "", ""), ("CONFIRMED", "IQ", 18, "", "")],
        ),
        (  # another unit is another quantity
            ["ACK*IA*24*EA", "SCH*24*CA***068*20260320"],
            "AC",
            [("CONFIRMED", "IA", 24, "", "")],
        ),
        (
            ["DTM*069*20260330", "ACK*IA*18*EA*068*20260320", "ACK*IB*6*EA"],
            "AC",
            [("CONFIRMED", "IA", 18, "2026-03-20", "2026-03-30"), ("BACKORDERED", "IB", 6, "", "")],
        ),
        (["ACK*IA"], "AC", [("CONFIRMED", "IA", None, "", "")]),
        (["DTM*068*20260320"], "AT", [("CONFIRMED", "", 24, "2026-03-20", "")]),
        (["DTM*068*20260320"], "AC", [("UNKNOWN", "", None, "2026-03-20", "")]),
        (["SCH*24*EA***068*20260320"], "RD", [("UNKNOWN", "", 24, "2026-03-20", "")]),
        (["ACK*ID*24*EA", "DTM*068*20260320"], "AC", [("DELETED", "ID", 24, "2026-03-20", "")]),
        (["ACK*IH*24*EA"], "AC", [("PENDING", "IH", 24, "", "")]),
    ],
)
def test_suppliers_say_it_in_many_ways(
    lines: list[str], code: str, answers: list[tuple[str, str, int | None, str, str]]
) -> None:
    assert brief(answer_to("PO1*10*24*EA*3.15", *lines, code=code)) == answers


def test_dates_go_by_their_qualifier() -> None:
    agreed = x12.Conventions(ship=("010",), delivery=("371",))
    texts = [
        "BAK*00*AC*1*20260302*****20260303",
        "PO1*1*5*EA",
        "ACK*IA*5*EA*010*20260320",
        "DTM*371*20260322",
    ]
    segments = tuple(Segment(text.split("*")[0], tuple(text.split("*")[1:])) for text in texts)
    transaction = x12.Transaction(set_id="855", release="004010", segments=segments)
    assert brief(x12.order_acknowledgment(transaction)) == [("CONFIRMED", "IA", 5, "", "")]
    read = x12.order_acknowledgment(transaction, conventions=agreed)
    assert brief(read) == [("CONFIRMED", "IA", 5, "2026-03-20", "2026-03-22")]
    assert x12.build_855(read, conventions=agreed).segments[2:4] == segments[2:4]


def test_a_document_needs_a_date_of_its_own() -> None:
    bak = Segment("BAK", ("00", "AK", "7731", "20260302"))
    transaction = x12.Transaction(set_id="855", release="004010", segments=(bak,))
    with pytest.raises(InvalidDocument) as caught:
        x12.order_acknowledgment(transaction)
    assert caught.value.path == "BAK-09"
    assert x12.order_acknowledgment(transaction, dated=date(2026, 3, 4)).dated == date(2026, 3, 4)


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        (["PO1*10*24*EA", "ACK**24*EA"], "ACK-01"),
        (["PO1*10*24*EA", "ACK*IA*many*EA"], "ACK-02"),
        (["PO1*10*24*EA", "ACK*IA*24*EA*068*20261320"], "ACK-05"),
        (["PO1*10*24*EA", "PO1*20*x*EA"], "PO1[2]-02"),
        (["PO1*10*24*EA", "SCH**EA***068*20260320"], "SCH-01"),
        (["PO1*10*24*EA", "SCH*1*EA***068"], "SCH-06"),
        (["PO1*10*24*EA***BP*A*BP*B"], "PO1-09"),
        (["DTM*068*soon"], "DTM-02"),
        (["ACK*IA"], "ACK"),
        (["BAK*00*AD*7732*20260302"], "BAK[2]"),
    ],
)
def test_a_malformed_acknowledgment_is_refused_with_its_place(lines: list[str], path: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        answer_to(*lines)
    assert caught.value.path == path
    assert caught.value.remedy


def test_the_error_says_where_in_the_file() -> None:
    text = sample("855_changed.edi").replace("ACK*IB*6*", "ACK*IB*six*")
    with pytest.raises(InvalidDocument) as caught:
        x12.order_acknowledgment(only(text))
    assert caught.value.path == "ACK[2]-02"
    assert f"segment 10, offset {text.index('ACK*IB')}" in caught.value.message


LINE = AcknowledgedLine(
    number="10",
    quantity=Decimal(24),
    unit="EA",
    unit_price=Decimal(3),
    answers=(LineAnswer(answer=Answer.CONFIRMED, code="IA", quantity=Decimal(24), unit="EA"),),
)
ANSWER = OrderAcknowledgment(
    number="7731",
    dated=date(2026, 3, 3),
    ordered_on=date(2026, 3, 2),
    decision=Decision.CHANGED,
    code="AC",
    lines=(LINE,),
)


def with_answers(*answers: LineAnswer) -> dict[str, Any]:
    return {"lines": (evolve(LINE, answers=answers),)}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"ordered_on": None}, "BAK-04"),
        ({"code": "AD"}, "BAK-02"),
        ({"code": "A~"}, "BAK-02"),
        (with_answers(LineAnswer(answer=Answer.REJECTED, code="IA")), "ACK-01"),
        (with_answers(LineAnswer(answer=Answer.CONFIRMED, code="IA", quantity=Decimal(1))), "ACK-03"),
        (with_answers(LineAnswer(answer=Answer.CONFIRMED, code="IA", unit_price=Decimal(4))), "PO1-04"),
        (with_answers(*LINE.answers, LineAnswer(answer=Answer.UNKNOWN, code="")), "ACK-01"),
        (with_answers(LineAnswer(answer=Answer.UNKNOWN, code="")), "ACK-01"),
        (
            with_answers(LineAnswer(answer=Answer.CONFIRMED, code="", quantity=Decimal(1), unit="EA")),
            "SCH-06",
        ),
    ],
)
def test_what_an_855_cannot_say_is_refused_by_name(change: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        x12.build_855(evolve(ANSWER, **change))
    assert caught.value.path == path


def test_a_set_that_was_cut_off_is_no_acknowledgment() -> None:
    text = sample("855_accepted.edi").replace("SE*10*0001~\n", "")
    with pytest.raises(InvalidDocument, match="SE is missing"):
        x12.order_acknowledgment(only(text))
