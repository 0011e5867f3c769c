from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping import x12
from mlconnector_sdk.mapping.documents import (
    AcknowledgedSet,
    FunctionalAcknowledgment,
    SetVerdict,
    SyntaxFault,
)
from mlconnector_sdk.mapping.x12.syntax_codes import (
    ELEMENT_FAULTS,
    GROUP_FAULTS,
    SEGMENT_FAULTS,
    SET_FAULTS,
    verdict_of,
)
from tests.mapping import strategies
from tests.mapping.strategies import ENVELOPE, only, sample

ACCEPTED = FunctionalAcknowledgment(
    functional_id="PO", group_control_number=12, verdict=SetVerdict.ACCEPTED, code="A"
)
SET = AcknowledgedSet(set_id="850", control_number="0001", verdict=SetVerdict.REJECTED, code="R")


@settings(max_examples=40, deadline=None)
@given(strategies.functional_acknowledgments, st.sampled_from(["004010", "005010"]))
def test_an_acknowledgment_survives_its_text(acknowledgment: FunctionalAcknowledgment, release: str) -> None:
    text = x12.write_997(acknowledgment, evolve(ENVELOPE, version=release))
    [transaction] = x12.read(text, strict=True).transactions
    assert not x12.check(transaction)
    assert x12.functional_acknowledgment(transaction) == acknowledgment


def test_the_sample_acknowledgment() -> None:
    acknowledgment = x12.functional_acknowledgment(only(sample("997.edi")))
    assert (acknowledgment.functional_id, acknowledgment.group_control_number) == ("PO", 12)
    assert acknowledgment.verdict is SetVerdict.PARTLY_ACCEPTED
    assert [(fault.code, fault.sentence) for fault in acknowledgment.faults] == [
        ("5", "the number of transaction sets in GE is wrong")
    ]
    assert [(s.control_number, s.verdict.name, s.code) for s in acknowledgment.sets] == [
        ("0001", "ACCEPTED", "A"),
        ("0002", "REJECTED", "R"),
        ("0003", "UNKNOWN", "Q"),
    ]
    _, rejected, odd = acknowledgment.sets
    assert rejected.faults == (
        SyntaxFault(path="segment 14 PO1-03", code="7", sentence='invalid code value: "EACHES"'),
        SyntaxFault(path="segment 14 PO1-05-01", code="13", sentence="too many components"),
        SyntaxFault(path="segment 9 N1", code="3", sentence="mandatory segment is missing"),
        SyntaxFault(path="segment 15 SCH", code="", sentence="no reason is given"),
        SyntaxFault(path="", code="5", sentence="one or more segments are in error"),
        SyntaxFault(path="", code="4", sentence="the number of segments in SE is wrong"),
    )
    assert odd.faults == (SyntaxFault(path="", code="99", sentence="code 99, which is not known"),)


def test_an_acknowledgment_as_text() -> None:
    acknowledgment = x12.functional_acknowledgment(only(sample("997.edi")))
    text = x12.write_997(acknowledgment, evolve(ENVELOPE, delimiters=x12.Delimiters(line_break="\n")))
    assert text.splitlines()[1:-2] == [
        "GS*FA*PLEXBUYER*ACMESUPPLY*20260302*0958*12*X*004010~",
        "ST*997*0001~",
        "AK1*PO*12~",
        "AK2*850*0001~",
        "AK5*A~",
        "AK2*850*0002~",
        "AK3*PO1*14**8~",
        "AK4*3**7*EACHES~",
        "AK4*5>1**13~",
        "AK3*N1*9**3~",
        "AK3*SCH*15~",
        "AK5*R*5*4~",
        "AK2*850*0003~",
        "AK5*Q*99~",
        "AK9*P*3*3*1*5~",
        "SE*15*0001~",
    ]


def test_the_short_form_speaks_for_the_whole_group() -> None:
    transaction = x12.build_997(ACCEPTED, included=7)
    assert [s.elements for s in transaction.segments] == [("PO", "12"), ("A", "7", "7", "7")]
    assert x12.functional_acknowledgment(transaction) == ACCEPTED
    rejected = evolve(ACCEPTED, verdict=SetVerdict.REJECTED, code="R")
    assert x12.build_997(rejected, included=7).segments[-1].elements == ("R", "7", "7", "0")


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("A", "ACCEPTED"),
        ("E", "ACCEPTED_WITH_ERRORS"),
        ("P", "PARTLY_ACCEPTED"),
        ("R", "REJECTED"),
        ("M", "REJECTED"),
        ("W", "REJECTED"),
        ("X", "REJECTED"),
        ("Z", "UNKNOWN"),
        ("", "UNKNOWN"),
    ],
)
def test_what_a_code_comes_to(code: str, verdict: str) -> None:
    assert verdict_of(code) is SetVerdict[verdict]


@pytest.mark.parametrize("table", [SET_FAULTS, GROUP_FAULTS, SEGMENT_FAULTS, ELEMENT_FAULTS])
def test_every_code_has_a_sentence_of_its_own(table: dict[str, str]) -> None:
    assert len(set(table.values())) == len(table)
    assert all(code.isdigit() for code in table)


def acknowledgment_with(*lines: str) -> x12.Transaction:
    segments = [x12.Segment(line.split("*")[0], tuple(line.split("*")[1:])) for line in lines]
    return x12.Transaction(set_id="997", release="004010", segments=tuple(segments))


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        (("AK1*PO*12",), "AK9"),
        (("AK9*A*1*1*1",), "AK1"),
        (("AK1*PO", "AK9*A*1*1*1"), "AK1-02"),
        (("AK1*PO*x", "AK9*A*1*1*1"), "AK1-02"),
        (("AK1*PO*12", "AK9"), "AK9-01"),
        (("AK1*PO*12", "AK2*850*0001", "AK9*A*1*1*1"), "AK2/AK5"),
        (("AK1*PO*12", "AK2*850", "AK5*A", "AK9*A*1*1*1"), "AK2-02"),
        (("AK1*PO*12", "AK2*850*0001", "AK3*PO1", "AK5*R", "AK9*R*1*1*0"), "AK3-02"),
        (("AK1*PO*12", "AK2*850*0001", "AK3*PO1*3*8", "AK4*x**7", "AK5*R", "AK9*R*1*1*0"), "AK4-01"),
        (("AK1*PO*12", "AK2*850*0001", "AK3*PO1*3*8", "AK4***7", "AK5*R", "AK9*R*1*1*0"), "AK4-01"),
        (("AK1*PO*12", "AK2*850*0001", "AK3*PO1*3*8", "AK4*3", "AK5*R", "AK9*R*1*1*0"), "AK4-03"),
    ],
)
def test_a_malformed_acknowledgment_is_refused_with_its_place(lines: tuple[str, ...], path: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        x12.functional_acknowledgment(acknowledgment_with(*lines))
    assert caught.value.path == path


def fault(path: str, code: str, sentence: str) -> dict[str, Any]:
    return {"sets": (evolve(SET, faults=(SyntaxFault(path=path, code=code, sentence=sentence),)),)}


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        ({"functional_id": ""}, "AK1-01"),
        ({"group_control_number": 10**9}, "AK1-02"),
        ({"code": "R", "sets": (SET,)}, "AK9-01"),
        ({"sets": ()}, "AK9-02"),
        ({"sets": (evolve(SET, code="A"),)}, "AK5-01"),
        ({"sets": (evolve(SET, control_number="1"),)}, "AK2-02"),
        (fault("PO1-02", "7", "invalid code value"), "AK3-02"),
        (fault("segment 7 PO1", "7", "it is wrong"), "AK3-04"),
        (fault("segment 7 PO1-02", "7", "it is wrong"), "AK4-03"),
        (fault("segment 7 PO1-02", "7", 'invalid code value: ""'), "AK4-03"),
        (fault("segment 7 PO1-02", "7", f'invalid code value: "{"x" * 100}"'), "AK4-04"),
        (fault("", "5", 'one or more segments are in error: "PO1"'), "AK5-02"),
        (
            {"sets": (evolve(SET, faults=(SyntaxFault(path="", code="1", sentence=SET_FAULTS["1"]),) * 6),)},
            "AK5-02",
        ),
        (
            {
                "sets": (
                    evolve(
                        SET,
                        faults=(
                            SyntaxFault(path="", code="5", sentence=SET_FAULTS["5"]),
                            SyntaxFault(path="segment 7 PO1", code="1", sentence=SEGMENT_FAULTS["1"]),
                        ),
                    ),
                )
            },
            "AK5-02",
        ),
    ],
)
def test_what_a_997_cannot_carry_is_refused_by_name(edit: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        x12.write_997(evolve(ACCEPTED, **{"sets": (SET,), **edit}), ENVELOPE)
    assert caught.value.path == path
    assert caught.value.remedy
