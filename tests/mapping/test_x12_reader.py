from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlconnector_sdk.errors import ConnectorError, InvalidDocument
from mlconnector_sdk.mapping import x12
from mlconnector_sdk.mapping.x12 import Severity
from tests.mapping.strategies import SAMPLES, only, sample

ACCEPTED = sample("855_accepted.edi")
CHANGED = sample("855_changed.edi")


def found(reading: x12.Reading) -> list[tuple[str, str]]:
    everything = [*reading.diagnostics, *(d for t in reading.transactions for d in t.diagnostics)]
    return [(d.code, d.severity.value) for d in everything]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_the_samples_are_clean(path: Path) -> None:
    assert x12.read(path.read_bytes(), strict=True) == x12.read(path.read_text())
    for transaction in x12.read(path.read_text()).transactions:
        assert not x12.check(transaction)


def test_what_a_file_tells() -> None:
    reading = x12.read(sample("855_header_only.edi"))
    [interchange] = reading.interchanges
    assert interchange.sender == x12.Identity(qualifier="01", id="007941234")
    assert interchange.control_number == "000000009"
    assert interchange.usage == "P"
    assert interchange.delimiters == x12.Delimiters(component=":")
    [transaction] = reading.transactions
    assert transaction.interchange is interchange
    assert transaction.group is not None
    assert transaction.group.version == "004010VICS"
    assert transaction.release == "004010"
    assert transaction.control_number == "000000001"
    assert transaction.segments == (x12.Segment("BAK", ("00", "AK", "PO-10017", "20260302")),)


def test_positions_count_what_was_read() -> None:
    text = "\ufeff" + ACCEPTED
    segment = only(text).segments[0]
    assert segment.number == 4
    assert text[segment.offset :].startswith("BAK*00")
    data = text.encode()
    segment = only(data).segments[0]
    assert data[segment.offset :].startswith(b"BAK*00")


def test_offsets_into_bytes_are_bytes() -> None:
    data = ACCEPTED.replace("Acme Supply", "Acmé Supply").encode()
    transaction = only(data)
    line = transaction.segments[4]
    assert line.id == "PO1"
    assert data[line.offset :].startswith(b"PO1*10")
    assert transaction.segments[3].text(2) == "Acmé Supply"


def test_windows_1252_is_read_and_said() -> None:
    data = ACCEPTED.replace("Acme Supply", "Acmé Supply").encode("cp1252")
    transaction = only(data)
    assert transaction.segments[3].text(2) == "Acmé Supply"
    assert [(d.code, d.severity) for d in transaction.diagnostics] == [("encoding", Severity.INFO)]


@pytest.mark.parametrize(
    "delimiters",
    ["|:\n", "*>\r", "*>\r\n", "\x07\x1f\x1c", "\x1d\x1f!", "*>\x85", "|}{", "$\\'", "*]^"],
    ids=json.dumps,
)
def test_any_delimiters(delimiters: str) -> None:
    element, component, terminator = delimiters[0], delimiters[1], delimiters[2:]
    if terminator not in ("\n", "\r", "\r\n"):
        terminator += "\r\n"
    text = (
        ACCEPTED.replace("~\n", "\0").replace("*", element).replace(">", component).replace("\0", terminator)
    )
    transaction = only(text.encode("latin-1"))
    assert not transaction.diagnostics
    assert transaction.segments == only(ACCEPTED).segments
    assert transaction.group == only(ACCEPTED).group


def test_the_repetition_separator_only_where_there_is_one() -> None:
    assert x12.read(sample("855_lf.edi")).interchanges[0].delimiters.repetition == "^"
    with_u = sample("855_lf.edi").replace("|^|00501|", "|U|00501|")
    assert x12.read(with_u).interchanges[0].delimiters.repetition == ""
    with_caret = ACCEPTED.replace("*U*00401*", "*^*00401*")
    assert x12.read(with_caret).interchanges[0].delimiters.repetition == ""


def test_components_and_repetitions() -> None:
    text = sample("855_lf.edi").replace("BP|HR-SHEET-48", "BP|A>B^C>D>")
    line = x12.read(text).transactions[0].segments[1]
    assert line[7] == x12.Repeated((("A", "B"), ("C", "D")))
    line = only(ACCEPTED.replace("WB-100", "A>>B>")).segments[4]
    assert line[7] == ("A", "", "B")


@pytest.mark.parametrize(
    ("change", "element"),
    [
        (lambda text: text.replace("*ACMESUPPLY     *", "*ACMESUPPLY*"), 6),
        (lambda text: text.replace("*ACMESUPPLY     *", "*ACMESUPPLY      *"), 6),
        (lambda text: text.replace("*00*          *00*          *", "*00**00**"), 2),
    ],
)
def test_an_isa_of_the_wrong_width(change: object, element: int) -> None:
    assert callable(change)
    reading = x12.read(change(ACCEPTED))
    assert reading.transactions[0].segments == only(ACCEPTED).segments
    first = reading.diagnostics[0]
    assert (first.code, first.severity, first.element) == ("isa_width", Severity.WARNING, element)
    assert x12.order_acknowledgment(reading.transactions[0]) == x12.order_acknowledgment(only(ACCEPTED))
    with pytest.raises(InvalidDocument) as caught:
        x12.read(change(ACCEPTED), strict=True)
    assert caught.value.path == f"ISA-{element:02d}"


def test_a_padded_isa_is_read_by_its_widths() -> None:
    text = ACCEPTED.replace("*ACMESUPPLY     *", "*ACME*SUPPLY    *").replace(
        "*00*" + " " * 10, "*00*a*b*c*d*e ", 1
    )
    [interchange] = x12.read(text, strict=True).interchanges
    assert interchange.sender.id == "ACME*SUPPLY"
    assert interchange.authorization == ("00", "a*b*c*d*e", "00", "")


def test_several_interchanges_groups_and_sets() -> None:
    lf, accepted = sample("855_lf.edi"), ACCEPTED
    group = accepted[accepted.index("GS*") : accepted.index("IEA")]
    twice = accepted.replace(group, group + group.replace("*44", "*45")).replace("IEA*1", "IEA*2")
    reading = x12.read(f"\n\n{lf}\n \t\n{twice}\n\n", strict=True)
    assert [t.control_number for t in reading.transactions] == ["0001", "0002", "0001", "0001"]
    assert [i.sender.id for i in reading.interchanges] == ["NORTHSTEEL", "ACMESUPPLY"]
    assert [t.group.control_number for t in reading.transactions if t.group] == ["311", "311", "44", "45"]


@pytest.mark.parametrize(
    ("change", "code", "severity", "strict_path"),
    [
        (lambda t: t.replace("SE*10*", "SE*11*"), "count", "warning", "SE-01"),
        (lambda t: t.replace("GE*1*", "GE*2*"), "count", "warning", "GE-01"),
        (lambda t: t.replace("IEA*1*", "IEA**"), "count", "warning", "IEA-01"),
        (lambda t: t.replace("SE*10*0001", "SE*10*0002"), "control_number", "error", "SE-02"),
        (lambda t: t.replace("GE*1*44", "GE*1*45"), "control_number", "error", "GE-02"),
        (lambda t: t.replace("IEA*1*000000044", "IEA*1*000000054"), "control_number", "error", "IEA-02"),
        (lambda t: t.replace("SE*10*0001~\n", ""), "se_missing", "error", "ST"),
        (lambda t: t.replace("CTT*2~", "ST*855*0002~CTT*2~"), "se_missing", "error", "ST"),
        (lambda t: t.replace("GE*1*", "SE*2*0002~GE*1*"), "st_missing", "error", "SE"),
        (lambda t: t.replace("IEA*1*", "GE*0*45~IEA*1*"), "gs_missing", "error", "GE"),
        (lambda t: t.replace("GE*1*44~\n", ""), "ge_missing", "error", ""),
        (lambda t: t.replace("IEA*1*000000044~\n", ""), "iea_missing", "error", ""),
        (lambda t: t.replace("ST*855*0001~\n", ""), "segment_outside_set", "error", "BAK"),
        (lambda t: t.replace("GS*PR", "XX*PR"), "segment_outside_set", "error", "XX"),
        (lambda t: t.replace("*004010~", "*4010~"), "release", "error", "ST"),
        (lambda t: t.replace("GS*PR", "GS*PO"), "functional_id", "warning", "ST"),
        (lambda t: t.replace("CTT*2~", "CTT*2~~"), "segment_empty", "warning", ""),
        (lambda t: t.replace("CTT*2~", "ctt*2~"), "segment_id", "error", "ctt"),
        (lambda t: t.replace("CTT*2~", "CTT*2"), "control_character", "error", "CTT"),
        (lambda t: t + "trailing words", "text_outside_interchange", "warning", ""),
        (lambda t: t + t, "control_number_repeated", "warning", "ISA"),
        (lambda t: t.rstrip("~\n"), "terminator_missing", "warning", ""),
        (lambda t: t + "ISA*00*", "isa_unusable", "error", "ISA"),
        (lambda t: t.replace("GS*PR", "TA1*000000001*260303*0958*A*000~GS*PR"), "ta1", "info", None),
    ],
)
def test_every_fault_of_an_envelope_is_found(
    change: object, code: str, severity: str, strict_path: str | None
) -> None:
    assert callable(change)
    assert (code, severity) in found(x12.read(change(ACCEPTED)))
    if strict_path is None:
        x12.read(change(ACCEPTED), strict=True)
        return
    with pytest.raises(InvalidDocument) as caught:
        x12.read(change(ACCEPTED), strict=True)
    assert caught.value.path.startswith(strict_path)


def test_leading_zeros_are_no_difference() -> None:
    text = ACCEPTED.replace("GE*1*44", "GE*01*0044").replace("SE*10*0001", "SE*0010*1")
    assert not found(x12.read(text))


def test_strict_reading_looks_inside_the_sets() -> None:
    with pytest.raises(InvalidDocument) as caught:
        x12.read(CHANGED.replace("*IB*6*", "*IB*six*"), strict=True)
    assert caught.value.path == "ACK[2]-02"
    with_tax = ACCEPTED.replace("DTM*068*20260318", "TAX*1~DTM*068*20260318").replace("SE*10", "SE*11")
    [transaction] = x12.read(with_tax, strict=True).transactions
    assert [(d.code, d.severity) for d in transaction.diagnostics] == [
        ("segment_not_described", Severity.INFO)
    ]


def test_a_cut_off_file_makes_no_document() -> None:
    whole = x12.order_acknowledgment(only(CHANGED))
    start = CHANGED.index("ST*")
    for end in range(start + 1, len(CHANGED)):
        for transaction in x12.read(CHANGED[:end]).transactions:
            try:
                assert x12.order_acknowledgment(transaction) == whole
            except InvalidDocument:
                assert any(d.severity is Severity.ERROR for d in transaction.diagnostics)


@pytest.mark.parametrize(
    "junk", ["", "junk", b"\x00\xff" * 50, "ISAAC Newton", "{}", b"PK\x03\x04", "GS*PR~ST*855~"]
)
def test_what_is_no_x12_is_refused(junk: str | bytes) -> None:
    with pytest.raises(InvalidDocument, match="no X12 interchange"):
        x12.read(junk)


@pytest.mark.parametrize("data", ["ISA*", "ISA*00*1", ACCEPTED[:105], b"\xff\xfeI\x00S\x00A\x00"])
def test_what_cannot_even_be_started_is_refused(data: str | bytes) -> None:
    with pytest.raises(InvalidDocument):
        x12.read(data)


@pytest.mark.parametrize("pair", ["**", "A~", ">>", "> "])
def test_impossible_delimiters_are_refused(pair: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        x12.read(ACCEPTED.replace(">~", pair, 1))
    assert caught.value.path.startswith("delimiters.")


def understood(data: str | bytes) -> None:
    """Whatever it is: a reading and documents, or an error of ours."""
    try:
        reading = x12.read(data)
    except ConnectorError:
        return
    for transaction in reading.transactions:
        for step in (x12.check, x12.purchase_order, x12.order_acknowledgment, x12.guide.write):
            with contextlib.suppress(ConnectorError):
                step(transaction)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=400))
def test_junk_never_raises_anything_else(data: str | bytes) -> None:
    understood(data)
    head = ACCEPTED[: ACCEPTED.index("BAK")]
    understood(head + data if isinstance(data, str) else head.encode() + data)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SAMPLES)).read_bytes())
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        piece = draw(
            st.binary(max_size=4) | st.sampled_from([b"~", b"*", b">", b"^", b"\n", b"PO1*", b"ST*855*1~"])
        )
        data[start:end] = piece
    return bytes(data)


@settings(max_examples=300, deadline=None)
@given(damaged())
@example(b"")
def test_damaged_files_never_raise_anything_else(data: bytes) -> None:
    understood(data)


@pytest.mark.parametrize(
    "junk",
    ["~" * 300_000, "A~" * 100_000, "ISA*" * 100_000, "*" * 300_000, "PO1*1~" * 50_000, "\n" * 300_000],
)
def test_junk_is_read_in_bounded_time_and_reported_in_bounded_number(junk: str) -> None:
    head = ACCEPTED[: ACCEPTED.index("PO1")]
    reading = x12.read(head + junk)
    assert len(reading.diagnostics) <= 1001
    for transaction in reading.transactions:
        assert len(transaction.diagnostics) <= 1001
        if junk.startswith("A~"):
            assert transaction.diagnostics[-1].code == "too_many_findings"
        assert len(x12.check(transaction)) <= 1001


def test_a_segment_without_end_is_left_out_and_said() -> None:
    reading = x12.read(ACCEPTED.replace("Acme Supply", "x" * 1_000_001))
    [finding] = [d for d in reading.transactions[0].diagnostics if d.code == "segment_too_long"]
    assert finding.severity is Severity.ERROR
