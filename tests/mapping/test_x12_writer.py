from __future__ import annotations

import io
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from pyx12.x12file import X12Reader

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping import x12
from mlconnector_sdk.mapping.x12 import Segment, Transaction
from tests.mapping import strategies
from tests.mapping.strategies import ENVELOPE, SAMPLES, sample


def accepted_by_pyx12(text: str) -> list[str]:
    """The segment ids that pyx12's reader, a second opinion on envelopes, sees; it must find no fault."""
    ids = []
    with X12Reader(io.StringIO(text)) as reader:
        for segment in reader:
            ids.append(segment.get_seg_id())
            assert reader.pop_errors() == []
        reader.cleanup()
        assert reader.pop_errors() == []
    return ids


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        strategies.orders.map(x12.build_850)
        | strategies.acknowledgments().map(x12.build_855)
        | strategies.changes.map(x12.build_860)
        | strategies.invoices().map(x12.build_810)
        | strategies.functional_acknowledgments.map(x12.build_997),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from(["", "\n", "\r\n"]),
)
def test_pyx12_accepts_what_we_write(transactions: list[Transaction], line_break: str) -> None:
    text = x12.write(transactions, evolve(ENVELOPE, delimiters=x12.Delimiters(line_break=line_break)))
    ids = accepted_by_pyx12(text)
    assert ids.count("ST") == len(transactions)
    reading = x12.read(text, strict=True)
    assert [t.segments for t in reading.transactions] == [t.segments for t in transactions]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_set_that_was_read_is_written_alike(path: Any) -> None:
    text = path.read_text()
    reading = x12.read(text)
    [interchange] = reading.interchanges
    transactions = reading.transactions
    group = transactions[0].group
    assert group is not None
    envelope = evolve(
        ENVELOPE,
        sender=interchange.sender,
        receiver=interchange.receiver,
        control_number=int(interchange.control_number),
        usage=interchange.usage,
        version=group.version,
        delimiters=evolve(
            interchange.delimiters, line_break="" if interchange.delimiters.segment == "\n" else "\n"
        ),
    )
    written = x12.write(transactions, envelope)
    assert written.splitlines()[2:-2] == text.splitlines()[2:-2]
    accepted_by_pyx12(written)


def test_the_envelope() -> None:
    envelope = evolve(
        ENVELOPE,
        sender=x12.Identity(qualifier="01", id="007941234", application="PLEX"),
        usage="P",
        acknowledgment_requested=True,
        group_control_number=7,
        first_set_control_number=31,
        delimiters=x12.Delimiters(line_break="\n"),
    )
    acknowledgment = Transaction(
        set_id="855", release="005010", segments=(Segment("BAK", ("00", "AK", "1", "20260302")),)
    )
    text = x12.write([acknowledgment, acknowledgment], envelope)
    assert text.splitlines() == [
        "ISA*00*"
        + " " * 10
        + "*00*"
        + " " * 10
        + "*01*007941234      *ZZ*ACMESUPPLY     "
        + "*260302*0958*^*00501*000000012*1*P*>~",
        "GS*PR*PLEX*ACMESUPPLY*20260302*0958*7*X*005010~",
        "ST*855*0031~",
        "BAK*00*AK*1*20260302~",
        "SE*3*0031~",
        "ST*855*0032~",
        "BAK*00*AK*1*20260302~",
        "SE*3*0032~",
        "GE*2*7~",
        "IEA*1*000000012~",
    ]
    assert len(text.splitlines()[0]) == 106


def test_groups_by_kind() -> None:
    [order] = x12.read(sample("850.edi")).transactions
    [answer] = x12.read(sample("855_accepted.edi")).transactions
    reading = x12.read(x12.write([order, answer], ENVELOPE), strict=True)
    assert [t.group.functional_id for t in reading.transactions if t.group] == ["PO", "PR"]
    assert [t.group.control_number for t in reading.transactions if t.group] == ["12", "13"]


BAK = Transaction(set_id="855", release="004010", segments=(Segment("BAK", ("00", "AK", "1", "20260302")),))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"sender": x12.Identity(id="x" * 16)}, "ISA-06"),
        ({"sender": x12.Identity(id="")}, "ISA-06"),
        ({"sender": x12.Identity(id="A*B")}, "ISA-06"),
        ({"sender": x12.Identity(id="A\nB")}, "ISA-06"),
        ({"receiver": x12.Identity(id="AB", qualifier="zz")}, "ISA-07"),
        ({"control_number": -1}, "ISA-13"),
        ({"control_number": 10**9}, "ISA-13"),
        ({"usage": "PP"}, "ISA-15"),
        ({"sender": x12.Identity(id="AB", application="A>B")}, "GS-02"),
        ({"receiver": x12.Identity(id="AB", application="A")}, "GS-03"),
        ({"version": "005010"}, "GS-08"),
        ({"version": "004010*"}, "GS-08"),
        ({"group_control_number": 10**9}, "GS-06"),
        ({"group_control_number": 0}, "GS-06"),
        ({"first_set_control_number": 10**9}, "ST-02"),
    ],
)
def test_an_envelope_that_cannot_be_written(change: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        x12.write([BAK], evolve(ENVELOPE, **change))
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("segment", "path"),
    [
        (Segment("BAK", ("00", "A~K")), "BAK-02"),
        (Segment("BAK", ("00", ("A", "B>C"))), "BAK-02"),
        (Segment("BAK", ("a\n",)), "BAK-01"),
        (Segment("BAK", ("é",)), "BAK-01"),
        (Segment("BAK", (x12.Repeated(("A", "B")),)), "BAK-01"),
        (Segment("bak", ("00",)), "bak"),
        (Segment("SE", ("3", "0001")), "SE"),
        (Segment("A*B~SE", ()), "A*B~SE"),
    ],
)
def test_a_segment_that_cannot_be_written(segment: Segment, path: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        x12.write([evolve(BAK, segments=(segment,))], ENVELOPE)
    assert caught.value.path == path


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.builds(
            Segment,
            st.sampled_from(["BAK", "PO1", "ZZ9", "MSG"]),
            st.lists(
                st.text(max_size=6)
                | st.text(st.sampled_from("AB*~>^\n "), max_size=4)
                | st.lists(st.text(st.sampled_from("AB~>"), max_size=3), min_size=2, max_size=3).map(tuple),
                max_size=4,
            ).map(tuple),
        ),
        max_size=4,
    ),
    st.sampled_from(["004010", "005010"]),
)
def test_segments_survive_or_are_refused(segments: list[Segment], release: str) -> None:
    transaction = Transaction(set_id="855", release=release, segments=tuple(segments))
    try:
        text = x12.write([transaction], ENVELOPE)
    except InvalidDocument:
        return
    [read] = x12.read(text).transactions
    assert [segment.id for segment in read.segments] == [segment.id for segment in segments]
    again = x12.write([evolve(read, control_number="")], ENVELOPE)
    assert again == text


def test_sets_of_two_releases_or_none_have_no_interchange() -> None:
    with pytest.raises(InvalidDocument, match="004010, 005010"):
        x12.write([BAK, evolve(BAK, release="005010")], ENVELOPE)
    with pytest.raises(InvalidDocument, match="none"):
        x12.write([], ENVELOPE)


def test_a_control_number_is_used_once() -> None:
    with pytest.raises(InvalidDocument, match="twice") as caught:
        x12.write([evolve(BAK, control_number="0002"), evolve(BAK, control_number="0002")], ENVELOPE)
    assert caught.value.path == "ST-02"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"element": "A"}, "delimiters.element"),
        ({"component": "*"}, "delimiters.component"),
        ({"segment": "~~"}, "delimiters.segment"),
        ({"repetition": ">"}, "delimiters.repetition"),
        ({"line_break": "x"}, "delimiters.line_break"),
    ],
)
def test_impossible_delimiters(change: dict[str, str], path: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        x12.Delimiters(**change)
    assert caught.value.path == path
