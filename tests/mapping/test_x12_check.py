from __future__ import annotations

import pytest

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping import x12
from mlconnector_sdk.mapping.x12.dictionary import define
from mlconnector_sdk.mapping.x12.placement import Branch, place
from mlconnector_sdk.mapping.x12.segment import Segment
from mlconnector_sdk.mapping.x12.validation import broken_notes


def a_set(set_id: str, lines: str, release: str = "004010") -> x12.Transaction:
    split = [line.split("*") for line in lines.split("~")]
    return x12.Transaction(
        set_id=set_id,
        release=release,
        segments=tuple(
            Segment(name, tuple(elements), number) for number, (name, *elements) in enumerate(split, 4)
        ),
    )


def shape(branch: Branch) -> str:
    """A tree in brackets."""
    return " ".join(item.id if isinstance(item, Segment) else f"[{shape(item)}]" for item in branch.items)


@pytest.mark.parametrize(
    ("set_id", "lines", "tree"),
    [
        (
            "850",
            "BEG~CUR~N9~MSG~MSG~N1~N3~N4~N1~PO1~CTT~AMT",
            "BEG CUR [N9 MSG MSG] [N1 N3 N4] [N1] [PO1] [CTT AMT]",
        ),
        (
            "850",
            "BEG~PO1~PID~PID~REF~SCH~SCH~N1~N4~PO1~PID",
            "BEG [PO1 [PID] [PID] REF [SCH] [SCH] [N1 N4]] [PO1 [PID]]",
        ),
        ("850", "BEG~SAC~CUR~PO1~SAC~CUR~CTP", "BEG [SAC CUR] [PO1 [SAC CUR CTP]]"),
        ("850", "BEG~AMT~REF~FA1~FA2~FA2~FA1~FA2~PO1", "BEG [AMT REF [FA1 FA2 FA2] [FA1 FA2]] [PO1]"),
        ("850", "BEG~PO1~LS~LDT~QTY~LM~LQ~LDT~LE~N1", "BEG [PO1 [LS [LDT QTY [LM LQ]] [LDT] LE] [N1]]"),
        ("850", "BEG~PO1~SLN~N1~N3~PO1~N1~SLN", "BEG [PO1 [SLN [N1 N3]]] [PO1 [N1] [SLN]]"),
        (
            "855",
            "BAK~PO1~ACK~DTM~ACK~SCH~TD5~PO1~ACK~CTT",
            "BAK [PO1 [ACK DTM] [ACK] [SCH TD5]] [PO1 [ACK]] [CTT]",
        ),
        ("855", "BAK", "BAK"),
        (
            "860",
            "BCH~CUR~N9~MSG~N1~POC~PID~SCH~POC~SCH~CTT",
            "BCH CUR [N9 MSG] [N1] [POC [PID] [SCH]] [POC [SCH]] [CTT]",
        ),
        ("860", "BCH", "BCH"),
        # SAC and TXI belong to the line until TDS is seen, to the invoice after it.
        (
            "810",
            "BIG~NTE~N1~N4~ITD~IT1~TXI~PID~SAC~TXI~IT1~SAC~TDS~TXI~CAD~SAC~TXI~ISS~CTT",
            "BIG NTE [N1 N4] ITD [IT1 TXI [PID] [SAC TXI]] [IT1 [SAC]] TDS TXI CAD [SAC TXI] [ISS] CTT",
        ),
        ("997", "AK1~AK2~AK5~AK2~AK3~AK4~AK4~AK3~AK5~AK9", "AK1 [AK2 AK5] [AK2 [AK3 AK4 AK4] [AK3] AK5] AK9"),
        ("997", "AK1~AK9", "AK1 AK9"),
    ],
)
def test_segments_find_their_loops(set_id: str, lines: str, tree: str) -> None:
    placed = place(a_set(set_id, lines))
    assert shape(placed.root) == tree
    assert not placed.diagnostics


@pytest.mark.parametrize(
    ("set_id", "lines", "tree", "findings"),
    [
        # A date after the parties: it belongs to the heading, which lists it earlier.
        ("850", "BEG~N1~N4~DTM~PO1", "BEG [N1 N4] DTM [PO1]", [("out_of_order", "warning", "DTM")]),
        ("850", "BEG~PO1~SCH~PID~SCH", "BEG [PO1 [SCH] [PID] [SCH]]", [("out_of_order", "warning", "PID")]),
        ("855", "BAK~PO1~SCH~ACK~DTM", "BAK [PO1 [SCH] [ACK DTM]]", [("out_of_order", "warning", "ACK")]),
        ("855", "BAK~PO1~ACK~DTM~DTM", "BAK [PO1 [ACK DTM DTM]]", [("over_maximum", "warning", "DTM[2]")]),
        ("850", "BEG~CUR~CUR~PO1", "BEG CUR CUR [PO1]", [("over_maximum", "warning", "CUR[2]")]),
        ("850", "BEG~BEG~PO1", "BEG BEG [PO1]", [("over_maximum", "error", "BEG[2]")]),
        ("850", "BEG~ZZ9~PO1", "BEG ZZ9 [PO1]", [("unknown", "warning", "ZZ9")]),
        ("850", "BEG~PO1~XX~SCH", "BEG [PO1 XX [SCH]]", [("unknown", "warning", "XX")]),
        ("855", "BAK~ACK~PO1", "BAK ACK [PO1]", [("misplaced", "error", "ACK")]),
        ("850", "BEG", "BEG", [("missing", "error", "PO1")]),
        ("810", "BIG~IT1~CTT", "BIG [IT1] CTT", [("missing", "error", "TDS")]),
        ("997", "AK1~AK2~AK9", "AK1 [AK2] AK9", [("missing", "error", "AK2/AK5")]),
        ("850", "PO1", "[PO1]", [("missing", "error", "BEG")]),
        ("850", "BEG~PO1~PO1~LM", "BEG [PO1] [PO1 [LM]]", [("missing", "error", "LM/LQ")]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_kept_and_said(
    set_id: str, lines: str, tree: str, findings: list[tuple[str, str, str]]
) -> None:
    placed = place(a_set(set_id, lines))
    assert shape(placed.root) == tree
    assert [
        (d.code.removeprefix("segment_"), d.severity.value, d.path) for d in placed.diagnostics
    ] == findings


@pytest.mark.parametrize(
    ("lines", "findings"),
    [
        ("PO1*1*24*EA", []),
        ("PO1*1*x*EA", [("not_a_number", "error", "PO1-02", 5)]),
        ("PO1*1*24*EACH", [("too_long", "warning", "PO1-03", 5)]),
        ("PO1*1*24*E", [("too_short", "warning", "PO1-03", 5)]),
        ("PO1*1*24*EA***BP", [("syntax_note", "warning", "PO1-07", 5)]),
        ("PO1*1*24*EA**PE", [("syntax_note", "warning", "PO1-04", 5)]),
        ("PO1~SCH*1*EA***002", [("element_missing", "warning", "SCH-06", 6)]),
        ("PO1~SCH*1*EA***002*20261301", [("not_a_date", "error", "SCH-06", 6)]),
        ("PO1~MSG*a*SS*1*x", [("too_many_elements", "warning", "MSG-04", 6)]),
        ("PO1~TAX*1", [("segment_not_described", "info", "TAX", 6)]),
        ("PO1~PO1*2*x~CTT*3", [("not_a_number", "error", "PO1[2]-02", 6), ("count", "warning", "CTT-01", 7)]),
    ],
)
def test_what_is_wrong_inside(lines: str, findings: list[tuple[str, str, str, int]]) -> None:
    transaction = a_set("850", "BEG*00*SA*1**20260302~" + lines)
    assert [(d.code, d.severity.value, d.path, d.segment_number) for d in x12.check(transaction)] == findings


@pytest.mark.parametrize(
    ("set_id", "lines"),
    [
        ("850", "BEG*00*SA*1**20260302~PO1*1*24*EA~CTT*2"),
        ("855", "BAK*00*AD*1*20260302~PO1*1*24*EA~CTT*2"),
        ("860", "BCH*04*SA*1**1*20260302~POC*1*QI*24**EA~CTT*2"),
        ("810", "BIG*20260302*1~IT1*1*24*EA*1~TDS*2400~CTT*2"),
    ],
)
def test_the_lines_are_counted(set_id: str, lines: str) -> None:
    assert [(d.code, d.path) for d in x12.check(a_set(set_id, lines))] == [("count", "CTT-01")]
    assert not x12.check(a_set(set_id, lines.replace("CTT*2", "CTT*1")))


def test_composites_are_checked_inside() -> None:
    begin = Segment("BEG", ("00", "SA", "1", "", "20260302"))
    price = Segment("CTP", ("", "", "1.5", "2", ("EA", "x", "3")))
    delimiter_in_text = Segment("PO1", (("1", "2"), "24", "EA"))
    transaction = x12.Transaction(set_id="850", release="004010", segments=(begin, delimiter_in_text, price))
    assert [(d.code, d.path, d.component) for d in x12.check(transaction)] == [
        ("not_simple", "PO1-01", 0),
        ("not_a_number", "CTP-05-02", 2),
    ]


@pytest.mark.parametrize(
    ("segment_id", "given", "broken"),
    [
        ("REF", {1}, [2]),
        ("REF", {1, 3}, []),
        ("ACK", {1, 2}, [3]),
        ("ACK", {1, 4}, [5]),
        ("ACK", {1, 5}, []),
        ("QTY", {1, 2, 4}, [4]),
        ("SCH", {1, 2, 5, 6, 8}, [9]),
        ("SCH", {1, 2, 5, 6, 8, 10}, []),
    ],
)
def test_syntax_notes(segment_id: str, given: set[int], broken: list[int]) -> None:
    definition = define("004010", segment_id)
    assert definition is not None
    assert [position for _, position in broken_notes(definition, given.__contains__)] == broken


def test_unknown_sets_and_releases_are_said() -> None:
    with pytest.raises(InvalidDocument, match="'999'"):
        x12.check(a_set("999", "BGN*1"))
    with pytest.raises(InvalidDocument, match="003060"):
        x12.check(a_set("850", "BEG", release="003060"))


def test_an_unknown_set_still_has_its_segments() -> None:
    text = (
        "ISA*00*          *00*          *ZZ*A              *ZZ*B              "
        "*260302*0958*U*00401*000000001*0*T*>~"
        "GS*ZA*AA*BB*20260302*0958*1*X*003060~ST*867*0001~BPT*00*1*960302~SE*3*0001~GE*1*1~IEA*1*000000001~"
    )
    [transaction] = x12.read(text, strict=True).transactions
    assert (transaction.set_id, transaction.release) == ("867", "003060")
    assert transaction.segments == (Segment("BPT", ("00", "1", "960302")),)
    assert not transaction.diagnostics
