"""The simulator's own X12: its check of Guide JSON, the files it writes, and the files it reads."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import pyx12.x12file
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mlconnector_sdk.errors import InvalidDocument, RequestRefused
from mlconnector_sdk.simulators import wire
from mlconnector_sdk.simulators.stedi import envelope
from mlconnector_sdk.simulators.stedi.elements import broken_notes
from mlconnector_sdk.simulators.stedi.guide_in import to_segments
from mlconnector_sdk.simulators.stedi.guide_out import to_guide
from mlconnector_sdk.simulators.stedi.segments import RELEASES, Element, Segment, segments
from mlconnector_sdk.simulators.stedi.sets import OUTBOUND, SETS, Node, transaction_set
from tests.simulators.conftest import guide

SIDE = envelope.Address(qualifier="ZZ", id="PLEXBUYER", application="PLEXBUYER")


def written(content: Any, set_id: str = "850", release: str = "004010") -> str:
    spec = transaction_set(set_id, release)
    file = envelope.File(
        sender=SIDE,
        receiver=SIDE,
        at=datetime(2026, 3, 2, 9, 58, 7, tzinfo=UTC),
        control_number=12,
        functional_id=spec.functional_id,
        set_id=set_id,
        release=release,
        usage="T",
    )
    content = wire.loads(wire.dumps(content))  # as it arrives over HTTP
    return envelope.write(file, to_segments(content, spec, reserved=str(file.delimiters)))


def read(text: str, set_id: str = "850", release: str = "004010") -> dict[str, Any]:
    (interchange,) = envelope.read(text)
    return to_guide(interchange.groups[0].transactions[0].rows, transaction_set(set_id, release))


def refusal(content: Any, **where: str) -> str:
    with pytest.raises(RequestRefused) as caught:
        written(content, **where)
    assert caught.value.status == 400
    return caught.value.message


def test_a_file_as_documented() -> None:
    assert written(guide("7731")) == (
        "ISA*00*          *00*          *ZZ*PLEXBUYER      *ZZ*PLEXBUYER      "
        "*260302*0958*U*00401*000000012*0*T*>~"
        "GS*PO*PLEXBUYER*PLEXBUYER*20260302*095807*12*X*004010~"
        "ST*850*0001~BEG*00*SA*7731**20260302~PO1*10*24*EA*3.15**BP*WB-100~CTT*1~SE*5*0001~"
        "GE*1*12~IEA*1*000000012~"
    )


def test_names_differ_by_release() -> None:
    content = guide()
    assert "PO1*10*24*EA" in written(content)
    assert "quantity_ordered_02 is not a property" in refusal(content, release="005010")
    line = content["detail"]["baseline_item_data_PO1_loop"][0]["baseline_item_data_PO1"]
    line["quantity_02"] = line.pop("quantity_ordered_02")
    text = written(content, release="005010")
    assert "*^*00501*" in text
    assert "X*005010~" in text
    table_4, table_5 = (segments(release) for release in RELEASES)
    assert table_4["REF"].key == "reference_identification_REF"
    assert table_5["REF"].key == "reference_information_REF"
    assert (table_4["N1"].key, table_5["N1"].key) == ("name_N1", "party_identification_N1")
    assert (table_4["BAK"].elements[7].most, table_5["BAK"].elements[7].most) == (30, 50)


Change = Callable[[dict[str, Any]], None]


def beginning(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content["heading"]["beginning_segment_for_purchase_order_BEG"]
    return found


def line(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content["detail"]["baseline_item_data_PO1_loop"][0]["baseline_item_data_PO1"]
    return found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda g: g.update(trailer={}), "trailer is not a property"),
        (lambda g: g["heading"].update(name_XX=[]), "heading.name_XX is not a property"),
        (lambda g: line(g).update(colour="red"), "baseline_item_data_PO1.colour is not a property"),
        (lambda g: g.pop("heading"), "BEG is required"),
        (lambda g: g.pop("detail"), "PO1_loop is required"),
        (lambda g: beginning(g).pop("date_05"), "date_05 is required"),
        (lambda g: beginning(g).update(date_05="20260302"), "a date was expected"),
        (lambda g: beginning(g).update(date_05="2026-02-30"), "not a day of the calendar"),
        (
            lambda g: beginning(g).update(purchase_order_number_03="x" * 23),
            "23 characters, allowed are 1 to 22",
        ),
        (lambda g: beginning(g).update(purchase_order_number_03=""), "0 characters"),
        (lambda g: beginning(g).update(purchase_order_number_03=7731), "text was expected"),
        (lambda g: beginning(g).update(purchase_order_number_03=None), "text was expected"),
        (lambda g: beginning(g).update(purchase_order_number_03="77*31"), "delimiter"),
        (lambda g: beginning(g).update(purchase_order_number_03="77\n31"), "control character"),
        (lambda g: beginning(g).update(transaction_set_purpose_code_01="99"), "not one of the codes"),
        (lambda g: line(g).update(quantity_ordered_02="24"), "a number was expected"),
        (lambda g: line(g).update(quantity_ordered_02=True), "a number was expected"),
        (lambda g: line(g).update(quantity_ordered_02=10**15), "16 characters"),
        (
            lambda g: line(g).pop("unit_price_04") and line(g).update(basis_of_unit_price_code_05="PE"),
            "C0504",
        ),
        (lambda g: line(g).pop("product_service_id_07"), "P0607"),
        (lambda g: g["heading"].update(currency_CUR=[{}]), "currency_CUR must be an object"),
        (lambda g: g["heading"].update(reference_identification_REF={}), "must be an array"),
        (lambda g: g["heading"].update(reference_identification_REF=[]), "must not be empty"),
        (lambda g: g["heading"].update(sales_requirements_CSH=[{}]), "has no elements"),
        (lambda g: g["summary"].update(transaction_totals_CTT_loop={}), "must be an array"),
        (
            lambda g: g["summary"]["transaction_totals_CTT_loop"][0]["transaction_totals_CTT"].update(
                number_of_line_items_01=2
            ),
            "CTT01 says 2",
        ),
        (
            lambda g: g["heading"].update(
                transaction_set_header_ST={
                    "transaction_set_identifier_code_01": "860",
                    "transaction_set_control_number_02": 1,
                }
            ),
            "this setting is for 850",
        ),
        (
            lambda g: g["heading"].update(date_time_reference_DTM=[{"date_time_qualifier_01": "002"}] * 11),
            "occurs 11 times, at most 10",
        ),
    ],
)
def test_guide_json_is_checked_strictly(change: Change, message: str) -> None:
    content = guide()
    written(content)
    change(content)
    assert message in refusal(content)


def test_every_problem_is_told_with_its_path() -> None:
    content = guide()
    beginning(content).pop("date_05")
    line(content).update(quantity_ordered_02="x", colour="red")
    message = refusal(content)
    assert message.count(";") == 2
    assert "detail.baseline_item_data_PO1_loop[0].baseline_item_data_PO1.quantity_ordered_02: " in message


@pytest.mark.parametrize("content", [None, [], "x", {"heading": []}, {"heading": None}])
def test_what_is_no_transaction_at_all(content: Any) -> None:
    assert "must be an object" in refusal(content)


def test_numbers_on_the_wire() -> None:
    content = guide(quantity=Decimal("24.500"), unit_price_04=Decimal("0.50"))
    content["heading"]["service_promotion_allowance_or_charge_information_SAC_loop"] = [
        {
            "service_promotion_allowance_or_charge_information_SAC": {
                "allowance_or_charge_indicator_01": "C",
                "service_promotion_allowance_or_charge_code_02": "D240",
                "amount_05": Decimal("43.48"),
            }
        }
    ]
    text = written(content)
    assert "PO1*10*24.5*EA*0.5*" in text
    assert "SAC*C*D240***4348~" in text
    sac = read(text)["heading"]["service_promotion_allowance_or_charge_information_SAC_loop"][0]
    assert sac["service_promotion_allowance_or_charge_information_SAC"]["amount_05"] == Decimal("43.48")
    amount = content["heading"]["service_promotion_allowance_or_charge_information_SAC_loop"][0]
    amount["service_promotion_allowance_or_charge_information_SAC"]["amount_05"] = Decimal("1.005")
    assert "more than two decimals" in refusal(content)


def test_syntax_notes() -> None:
    assert broken_notes(("P0203",), {2, 3}) == broken_notes(("P0203",), set()) == []
    assert broken_notes(("P0203", "R0203", "E0203", "C0203", "L020304"), {2}) == ["P0203", "C0203", "L020304"]
    assert broken_notes(("R0203", "E0203", "L020304"), {2, 3}) == ["E0203"]
    assert broken_notes(("R0203",), {4}) == ["R0203"]


def element_values(element: Element) -> st.SearchStrategy[Any]:
    """Everything that the table allows for an element."""
    if element.parts:
        return st.fixed_dictionaries(
            {part.key: element_values(part) for part in element.parts if part.mandatory},
            optional={part.key: element_values(part) for part in element.parts if not part.mandatory},
        )
    most = min(element.most, 9)
    match element.type:
        case "R":
            largest = 10 ** (most - 1) - 1
            return st.integers(10 ** (element.least - 1), largest).map(Decimal)
        case "N0":
            return st.integers(0, 10**most - 1)
        case "N2":
            return st.integers(0, 10**most - 1).map(lambda cents: Decimal(cents).scaleb(-2))
        case "DT":
            return st.dates().map(lambda day: day.isoformat())
        case "TM":
            return st.times().map(lambda clock: clock.strftime("%H:%M:%S"))
    if element.codes is not None:
        return st.sampled_from(sorted(element.codes))
    alphabet = "ABCXYZ0189 .-/é"
    text = st.text(alphabet, min_size=element.least, max_size=most)
    return text.filter(lambda value: value == value.strip())


def segment_values(segment: Segment) -> st.SearchStrategy[dict[str, Any]]:
    """A segment whose elements keep the syntax notes: what a note asks for is added."""
    mandatory = {element.position for element in segment.elements if element.mandatory}
    every = [element.position for element in segment.elements]

    def closed(chosen: set[int]) -> set[int]:
        chosen = chosen | mandatory or {every[0]}
        while broken := broken_notes(segment.notes, chosen):
            asked = [int(broken[0][at : at + 2]) for at in range(1, len(broken[0]), 2)]
            chosen |= {asked[0]} if broken[0][0] == "R" else set(asked)
        return chosen

    def drawn(chosen: set[int]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries(
            {e.key: element_values(e) for e in segment.elements if e.position in chosen}
        )

    return st.sets(st.sampled_from(every), max_size=3).map(closed).flatmap(drawn)


def level_values(nodes: tuple[Node, ...], depth: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    required: dict[str, Any] = {}
    optional: dict[str, Any] = {}
    for node in nodes:
        if node.first.id in ("ST", "SE", "CTT"):
            continue
        one = level_values(node.children, depth + 1) if node.children else segment_values(node.first)
        value = st.lists(one, min_size=1, max_size=min(node.most or 2, 2)) if node.array else one
        (required if node.required else optional)[node.key] = value
    if not optional:
        return st.fixed_dictionaries(required)
    return st.sets(st.sampled_from(sorted(optional)), max_size=2 if depth else 4).flatmap(
        lambda names: st.fixed_dictionaries({**required, **{name: optional[name] for name in names}})
    )


def mixed_levels(content: object) -> bool:
    """Whether an HL has levels of two kinds below it: without parents the text cannot tell whose they are."""
    if isinstance(content, list):
        return any(map(mixed_levels, content))
    if not isinstance(content, dict):
        return False
    below = [name for name in content if name.startswith("hierarchical_level_HL_loop")]
    return len(below) > 1 or any(map(mixed_levels, content.values()))


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("set_id", SETS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data())
def test_what_is_written_is_read_as_it_was(set_id: str, release: str, data: st.DataObject) -> None:
    spec = transaction_set(set_id, release)
    content = {name: data.draw(level_values(nodes)) for name, nodes in spec.tables}
    assume(not mixed_levels(content))
    again = read(written(content, set_id, release), set_id, release)
    header = again["heading"].pop("transaction_set_header_ST")
    assert header == {
        "transaction_set_identifier_code_01": set_id,
        "transaction_set_control_number_02": 1,
    }
    trailer = again[spec.tables[-1][0]].pop("transaction_set_trailer_SE")
    assert trailer["transaction_set_control_number_02"] == "0001"
    assert again == content


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("set_id", OUTBOUND)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_another_reader_takes_the_files(set_id: str, release: str, data: st.DataObject) -> None:
    spec = transaction_set(set_id, release)
    content = {name: data.draw(level_values(nodes)) for name, nodes in spec.tables}
    text = written(content, set_id, release)
    reader = pyx12.x12file.X12Reader(io.StringIO(text))
    problems = [problem for _ in reader for problem in reader.pop_errors()]
    reader.cleanup()
    assert problems + reader.pop_errors() == []


@pytest.mark.parametrize(
    ("old", "new", "code", "message"),
    [
        ("BEG*00*SA*7731**20260302~", "", "required_segment_missing", "BEG is missing at position 2"),
        ("CTT*1~", "XYZ*1~CTT*1~", "unexpected_segment", "XYZ at position 4"),
        ("*7731**", f"*{'7' * 23}**", "data_element_too_long", "purchase_order_number_03"),
        ("*20260302~PO1", "*20260231~PO1", "invalid_date", "date_05"),
        ("*24*EA", "*2A*EA", "invalid_number", "quantity_ordered_02"),
        ("*BP*WB-100~", "*BP~", "syntax_note_broken", "P0607"),
        ("BEG*00*", "BEG*98*", "invalid_code", "transaction_set_purpose_code_01"),
        ("CTT*1~", "CTT*1*2*3*4*5*6*7*8~", "too_many_elements", "8 elements"),
        ("BEG*00*SA*", "BEG*00**", "required_element_missing", "purchase_order_type_code_02"),
    ],
)
def test_a_malformed_transaction_says_what_and_where(old: str, new: str, code: str, message: str) -> None:
    text = written(guide("7731"))
    assert old in text
    broken = text.replace(old, new)
    with pytest.raises(RequestRefused, match=message) as refusal:
        read(broken)
    assert refusal.value.code == code


def test_the_reader_finds_line_ends_and_other_delimiters() -> None:
    text = written(guide("7731"))
    assert read(text.replace("~", "~\r\n")) == read(text)
    assert read("\ufeff\n" + text.replace("~", "\n").replace("*", "|")) == read(text)
    two = envelope.read(text + "\n" + text.replace("000000012", "000000013"))
    assert [interchange.control_number for interchange in two] == [12, 13]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ISA*00", "ISB*00"),
        ("GE*1*12", "GE*2*12"),
        ("GE*1*12", "GE*1*13"),
        ("GE*1*12~", ""),
        ("SE*5*0001~", ""),
        ("IEA*1*000000012~", ""),
        ("IEA*1*", "IEA*x*"),
        ("*X*004010", "*X"),
        ("*PLEXBUYER      *260302", "*PLEXBUYER *260302"),
        ("ST*850*0001", "ST*850"),
    ],
)
def test_a_broken_envelope_is_refused(old: str, new: str) -> None:
    text = written(guide())
    assert old in text
    with pytest.raises(InvalidDocument):
        envelope.read(text.replace(old, new))


def test_a_composite_goes_both_ways() -> None:
    content = copy.deepcopy(guide())
    content["detail"]["baseline_item_data_PO1_loop"][0]["subline_item_detail_SLN_loop"] = [
        {
            "subline_item_detail_SLN": {
                "assigned_identification_01": "1",
                "relationship_code_03": "I",
                "quantity_04": 2,
                "composite_unit_of_measure_05": {
                    "unit_or_basis_for_measurement_code_01": "CA",
                    "multiplier_03": 12,
                },
            }
        }
    ]
    text = written(content)
    assert "SLN*1**I*2*CA>>12~" in text
    sln = read(text)["detail"]["baseline_item_data_PO1_loop"][0]["subline_item_detail_SLN_loop"][0]
    assert sln["subline_item_detail_SLN"]["composite_unit_of_measure_05"]["multiplier_03"] == 12
