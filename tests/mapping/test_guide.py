from __future__ import annotations

import contextlib
import copy
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from mlconnector_sdk.errors import ConnectorError, InvalidDocument
from mlconnector_sdk.mapping import x12
from mlconnector_sdk.mapping.documents import PurchaseOrder
from mlconnector_sdk.mapping.x12 import Segment, guide
from mlconnector_sdk.mapping.x12.dictionary import RELEASES, SegmentDefinition, dictionary
from mlconnector_sdk.mapping.x12.elements import render
from mlconnector_sdk.mapping.x12.set_tables import SETS
from mlconnector_sdk.mapping.x12.structure import Loop, Use, set_structure
from tests.mapping import strategies
from tests.mapping.strategies import SAMPLES, only, places, sample

READERS: dict[str, Callable[[x12.Transaction], Any]] = {
    "810": x12.invoice,
    "850": x12.purchase_order,
    "855": x12.order_acknowledgment,
    "860": x12.purchase_order_change,
    "997": x12.functional_acknowledgment,
}


def codes(transaction: x12.Transaction) -> list[tuple[str, str, str]]:
    return [(d.code, d.severity.value, d.path) for d in transaction.diagnostics]


def changed(**heading: Any) -> dict[str, Any]:
    """The accepted sample as Guide JSON, with other keys in the heading."""
    body = guide.write(only(sample("855_accepted.edi")), trailer=True)
    body["heading"].update(heading)
    return body


def test_an_order_as_guide_json() -> None:
    order = x12.purchase_order(only(sample("850.edi")))
    body = guide.write(x12.build_850(order))
    assert list(body) == ["heading", "detail", "summary"]
    heading, line = body["heading"], body["detail"]["baseline_item_data_PO1_loop"][0]
    assert heading["transaction_set_header_ST"] == {
        "transaction_set_identifier_code_01": "850",
        "transaction_set_control_number_02": 1,
    }
    assert heading["beginning_segment_for_purchase_order_BEG"] == {
        "transaction_set_purpose_code_01": "00",
        "purchase_order_type_code_02": "SA",
        "purchase_order_number_03": "PO-10017",
        "date_05": "2026-03-02",
    }
    assert heading["currency_CUR"] == {"entity_identifier_code_01": "BY", "currency_code_02": "USD"}
    assert heading["reference_identification_REF"][0]["reference_identification_02"] == "C-2026-114"
    assert [loop["name_N1"]["entity_identifier_code_01"] for loop in heading["name_N1_loop"]] == [
        "BY",
        "ST",
        "SU",
    ]
    assert heading["name_N1_loop"][1]["geographic_location_N4"][0]["postal_code_03"] == "48084-1234"
    assert line["baseline_item_data_PO1"] == {
        "assigned_identification_01": "10",
        "quantity_ordered_02": Decimal(24),
        "unit_or_basis_for_measurement_code_03": "EA",
        "unit_price_04": Decimal("3.15"),
        "basis_of_unit_price_code_05": "PE",
        "product_service_id_qualifier_06": "BP",
        "product_service_id_07": "WB-100",
        "product_service_id_qualifier_08": "VP",
        "product_service_id_09": "ACM-88-A",
    }
    assert line["line_item_schedule_SCH_loop"][0]["line_item_schedule_SCH"]["date_06"] == "2026-03-20"
    assert body["summary"] == {
        "transaction_totals_CTT_loop": [{"transaction_totals_CTT": {"number_of_line_items_01": 2}}]
    }
    newer = guide.write(x12.build_850(order, release="005010"))
    assert newer["heading"]["party_identification_N1_loop"][1]["party_location_N3"][0] == {
        "address_information_01": "1400 Maple Road",
        "address_information_02": "Dock 4",
    }
    assert "quantity_02" in newer["detail"]["baseline_item_data_PO1_loop"][0]["baseline_item_data_PO1"]


def test_values_are_typed() -> None:
    segments = (
        Segment("BEG", ("00", "SA", "1", "", "20260302")),
        Segment("ITD", ("01", "3", "2", "", "10", "", "30", "387530")),
        Segment("DTM", ("002", "20260320", "0958")),
        Segment("DTM", ("010", "20260320", "095807")),
        Segment("DTM", ("037", "20260320", "09580712")),
        Segment("PO1", ("1", "24", "EA")),
        Segment("CTP", ("", "", "1.50", "24", "EA")),
        Segment("CTP", ("", "", "1.5", "24", ("EA", "2"))),
    )
    transaction = x12.Transaction(set_id="850", release="004010", segments=segments)
    body = guide.write(transaction)
    terms = body["heading"]["terms_of_sale_deferred_terms_of_sale_ITD"][0]
    assert terms["terms_net_days_07"] == 30
    assert isinstance(terms["terms_net_days_07"], int)
    assert str(terms["terms_discount_amount_08"]) == "3875.30"
    assert [d["time_03"] for d in body["heading"]["date_time_reference_DTM"]] == [
        "09:58",
        "09:58:07",
        "09:58:07.12",
    ]
    prices = body["detail"]["baseline_item_data_PO1_loop"][0]["pricing_information_CTP_loop"]
    assert [p["pricing_information_CTP"]["composite_unit_of_measure_05"] for p in prices] == [
        {"unit_or_basis_for_measurement_code_01": "EA"},
        {"unit_or_basis_for_measurement_code_01": "EA", "exponent_02": Decimal(2)},
    ]
    again = guide.read(body)
    assert not again.diagnostics
    assert again.segments[:6] == segments[:6]
    assert again.segments[6] == Segment("CTP", ("", "", "1.5", "24", "EA"))  # 1.50 is 1.5 on the wire


@settings(max_examples=40, deadline=None)
@given(strategies.orders, st.sampled_from(RELEASES))
def test_an_order_survives_guide_json(order: PurchaseOrder, release: str) -> None:
    transaction = x12.build_850(order, release=release)
    body = guide.write(transaction)
    read = guide.read(through_json(body), release=release)
    assert not read.diagnostics
    assert read.segments == transaction.segments
    assert x12.purchase_order(read) == order


@settings(max_examples=40, deadline=None)
@given(strategies.acknowledgments(), st.sampled_from(RELEASES))
def test_an_acknowledgment_survives_guide_json(acknowledgment: Any, release: str) -> None:
    transaction = x12.build_855(acknowledgment, release=release)
    read = guide.read(through_json(guide.write(transaction, trailer=True)), release=release)
    assert not read.diagnostics
    assert read.segments == transaction.segments
    assert x12.order_acknowledgment(read) == acknowledgment


@settings(max_examples=40, deadline=None)
@given(strategies.changes, st.sampled_from(RELEASES))
def test_a_change_survives_guide_json(change: Any, release: str) -> None:
    transaction = x12.build_860(change, release=release)
    read = guide.read(through_json(guide.write(transaction)), release=release)
    assert not read.diagnostics
    assert read.segments == transaction.segments
    assert x12.purchase_order_change(read) == change


@settings(max_examples=40, deadline=None)
@given(strategies.invoices(), st.sampled_from(RELEASES))
def test_an_invoice_survives_guide_json(invoice: Any, release: str) -> None:
    transaction = x12.build_810(invoice, release=release)
    read = guide.read(through_json(guide.write(transaction, trailer=True)), release=release)
    assert not read.diagnostics
    assert read.segments == transaction.segments
    assert x12.invoice(read) == invoice


@settings(max_examples=40, deadline=None)
@given(strategies.functional_acknowledgments, st.sampled_from(RELEASES))
def test_a_functional_acknowledgment_survives_guide_json(acknowledgment: Any, release: str) -> None:
    transaction = x12.build_997(acknowledgment, release=release)
    read = guide.read(through_json(guide.write(transaction, trailer=True)), release=release)
    assert not read.diagnostics
    assert read.segments == transaction.segments
    assert x12.functional_acknowledgment(read) == acknowledgment


def test_a_change_as_guide_json() -> None:
    transaction = only(sample("860.edi"))
    body = guide.write(transaction)
    assert body["heading"]["beginning_segment_for_purchase_order_change_BCH"] == {
        "transaction_set_purpose_code_01": "04",
        "purchase_order_type_code_02": "SA",
        "purchase_order_number_03": "PO-10017",
        "change_order_sequence_number_05": "2",
        "date_06": "2026-03-02",
        "date_11": "2026-03-09",
    }
    line = body["detail"]["line_item_change_POC_loop"][0]
    assert line["line_item_change_POC"] == {
        "assigned_identification_01": "10",
        "change_or_response_type_code_02": "QI",
        "quantity_ordered_03": Decimal(30),
        "composite_unit_of_measure_05": {"unit_or_basis_for_measurement_code_01": "EA"},
        "unit_price_06": Decimal("3.15"),
        "basis_of_unit_price_code_07": "PE",
        "product_service_id_qualifier_08": "BP",
        "product_service_id_09": "WB-100",
        "product_service_id_qualifier_10": "VP",
        "product_service_id_11": "ACM-88-A",
    }
    assert line["product_item_description_PID_loop"][0]["product_item_description_PID"]["description_05"]
    assert line["line_item_schedule_SCH_loop"][1]["line_item_schedule_SCH"]["date_06"] == "2026-04-10"
    assert body["summary"] == {
        "transaction_totals_CTT_loop": [{"transaction_totals_CTT": {"number_of_line_items_01": 5}}]
    }
    newer = guide.write(evolve(transaction, release="005010"))
    assert "quantity_03" in newer["detail"]["line_item_change_POC_loop"][0]["line_item_change_POC"]


def test_an_invoice_as_guide_json() -> None:
    body = guide.write(only(sample("810.edi")))
    heading, summary = body["heading"], body["summary"]
    line = body["detail"]["baseline_item_data_invoice_IT1_loop"][1]
    assert heading["beginning_segment_for_invoice_BIG"] == {
        "date_01": "2026-03-27",
        "invoice_number_02": "INV-9001",
        "date_03": "2026-03-02",
        "purchase_order_number_04": "PO-10017",
        "transaction_type_code_07": "DI",
    }
    assert heading["note_special_instruction_NTE"] == [{"description_02": "Thank you for your order."}]
    assert heading["terms_of_sale_deferred_terms_of_sale_ITD"][0]["terms_net_days_07"] == 30
    assert line["baseline_item_data_invoice_IT1"] == {
        "assigned_identification_01": "20",
        "quantity_invoiced_02": Decimal("0.5"),
        "unit_or_basis_for_measurement_code_03": "LB",
        "unit_price_04": Decimal("41.25"),
        "product_service_id_qualifier_06": "BP",
        "product_service_id_07": "AD-7",
    }
    assert line["tax_information_TXI"][0]["monetary_amount_02"] == Decimal("1.24")
    assert list(summary) == [
        "total_monetary_value_summary_TDS",
        "tax_information_TXI",
        "carrier_detail_CAD",
        "service_promotion_allowance_or_charge_information_SAC_loop",
        "invoice_shipment_summary_ISS_loop",
        "transaction_totals_CTT",
    ]
    assert str(summary["total_monetary_value_summary_TDS"]["amount_01"]) == "88.97"
    assert summary["tax_information_TXI"] == [
        {"tax_type_code_01": "ST", "monetary_amount_02": Decimal("3.4")}
    ]
    charge = summary["service_promotion_allowance_or_charge_information_SAC_loop"][1]
    assert charge["service_promotion_allowance_or_charge_information_SAC"] == {
        "allowance_or_charge_indicator_01": "C",
        "service_promotion_allowance_or_charge_code_02": "D240",
        "amount_05": Decimal("7.25"),
        "description_15": "Freight",
    }
    assert summary["transaction_totals_CTT"] == {"number_of_line_items_01": 2}


def test_a_functional_acknowledgment_as_guide_json() -> None:
    body = guide.write(only(sample("997.edi")), trailer=True)
    assert list(body) == ["heading"]
    heading = body["heading"]
    assert list(heading) == [
        "transaction_set_header_ST",
        "functional_group_response_header_AK1",
        "transaction_set_response_header_AK2_loop",
        "functional_group_response_trailer_AK9",
        "transaction_set_trailer_SE",
    ]
    assert heading["functional_group_response_header_AK1"]["group_control_number_02"] == 12
    first, second, _ = heading["transaction_set_response_header_AK2_loop"]
    assert first == {
        "transaction_set_response_header_AK2": {
            "transaction_set_identifier_code_01": "850",
            "transaction_set_control_number_02": "0001",
        },
        "transaction_set_response_trailer_AK5": {"transaction_set_acknowledgment_code_01": "A"},
    }
    assert second["data_segment_note_AK3_loop"][0] == {
        "data_segment_note_AK3": {
            "segment_id_code_01": "PO1",
            "segment_position_in_transaction_set_02": 14,
            "segment_syntax_error_code_04": "8",
        },
        "data_element_note_AK4": [
            {
                "position_in_segment_01": {"element_position_in_segment_01": 3},
                "data_element_reference_number_02": 355,
                "data_element_syntax_error_code_03": "7",
                "copy_of_bad_data_element_04": "EACHES",
            },
            {
                "position_in_segment_01": {
                    "element_position_in_segment_01": 5,
                    "component_data_element_position_in_composite_02": 1,
                },
                "data_element_syntax_error_code_03": "13",
            },
        ],
    }
    assert heading["functional_group_response_trailer_AK9"] == {
        "functional_group_acknowledge_code_01": "P",
        "number_of_transaction_sets_included_02": 3,
        "number_of_received_transaction_sets_03": 3,
        "number_of_accepted_transaction_sets_04": 1,
        "functional_group_syntax_error_code_05": "5",
    }


@pytest.mark.parametrize("group", [12, "12", "0012"])
@pytest.mark.parametrize("number", [1, "0001"])
def test_control_numbers_of_an_acknowledgment_may_be_numbers_or_text(group: Any, number: Any) -> None:
    body = guide.write(only(sample("997.edi")))
    body["heading"]["functional_group_response_header_AK1"]["group_control_number_02"] = group
    first = body["heading"]["transaction_set_response_header_AK2_loop"][0]
    first["transaction_set_response_header_AK2"]["transaction_set_control_number_02"] = number
    transaction = guide.read(body)
    assert not transaction.diagnostics
    acknowledgment = x12.functional_acknowledgment(transaction)
    assert acknowledgment.group_control_number == 12
    assert acknowledgment.sets[0].control_number == "0001"


def test_a_minimal_functional_acknowledgment() -> None:
    """As it was seen: no AK2, and a single object where others have an array."""
    transaction = guide.read(
        {
            "heading": {
                "transaction_set_header_ST": {
                    "transaction_set_identifier_code_01": "997",
                    "transaction_set_control_number_02": 1,
                },
                "functional_group_response_header_AK1": {
                    "functional_identifier_code_01": "PO",
                    "group_control_number_02": 12,
                },
                "functional_group_response_trailer_AK9": {
                    "functional_group_acknowledge_code_01": "A",
                    "number_of_transaction_sets_included_02": 1,
                    "number_of_received_transaction_sets_03": 1,
                    "number_of_accepted_transaction_sets_04": 1,
                },
                "transaction_set_trailer_SE": {
                    "number_of_included_segments_01": "4",
                    "transaction_set_control_number_02": "0001",
                },
            }
        }
    )
    assert not transaction.diagnostics
    assert x12.functional_acknowledgment(transaction).verdict.value == "accepted"


def through_json(body: dict[str, Any]) -> Any:
    """As it comes back from a wire that keeps decimals."""
    marked = json.dumps(body, default=lambda value: f"\0{value}")
    text = re.sub(r'"\\u0000([^"]*)"', lambda match: f"{Decimal(match[1]):f}", marked)
    return json.loads(text, parse_float=Decimal)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_the_samples_survive_guide_json(path: Any) -> None:
    for transaction in x12.read(path.read_text()).transactions:
        read = guide.read(guide.write(transaction, trailer=True), release=transaction.release)
        assert not read.diagnostics
        assert [s.id for s in read.segments] == [s.id for s in transaction.segments]
        assert int(read.control_number) == int(transaction.control_number)
        read = evolve(read, group=transaction.group)  # Guide JSON has no group, which dates an 855
        assert READERS[read.set_id](read) == READERS[read.set_id](transaction)


def full_segments(loop: Loop, release: str, draw: st.DrawFn) -> Iterator[Segment]:
    """One of everything that the release's dictionary defines, in the order of the standard."""
    for use in loop.uses:
        if use.id not in dictionary(release):
            continue
        if use.loop is not None:
            yield from full_segments(use.loop, release, draw)
        elif use.minimum or draw(st.booleans()):
            yield full_segment(use, dictionary(release)[use.id], draw)


def full_segment(use: Use, definition: SegmentDefinition, draw: st.DrawFn) -> Segment:
    elements: list[Any] = []
    for element in definition.elements:
        parts = [full_value(part.type, part.minimum, part.maximum, draw) for part in element.components]
        elements.append(
            tuple(parts) if parts else full_value(element.type, element.minimum, element.maximum, draw)
        )
    return Segment(use.id, tuple(elements))


def full_value(kind: str, minimum: int, maximum: int, draw: st.DrawFn) -> str:
    if kind == "DT":
        return draw(st.dates()).strftime("%Y%m%d").zfill(8)
    if kind == "TM":
        return draw(st.times()).strftime("%H%M%S%f")[: draw(st.sampled_from([4, 6, 7, 8]))]
    if kind[0] in "RN":
        digits = draw(st.integers(10 ** (minimum - 1), 10**minimum))
        definition = dictionary("004010")["PO1"].elements[1]
        number = Decimal(digits).scaleb(-int(kind[1])) if kind[0] == "N" else Decimal(digits)
        text = render(number, evolve(definition, type=kind, maximum=99))
        assert isinstance(text, str)
        return text
    return draw(strategies.code(max(minimum, 1), min(maximum, minimum + 5)))


@settings(max_examples=15, deadline=None)
@given(st.data(), st.sampled_from(list(SETS)), st.sampled_from(RELEASES))
def test_every_segment_we_define_survives_guide_json(data: st.DataObject, set_id: str, release: str) -> None:
    structure = set_structure(set_id)
    assert structure is not None

    @st.composite
    def sets(draw: st.DrawFn) -> tuple[Segment, ...]:
        return tuple(full_segments(structure.root, release, draw))

    transaction = x12.Transaction(set_id=set_id, release=release, segments=data.draw(sets()))
    read = guide.read(through_json(guide.write(transaction)), release=release)
    assert not read.diagnostics
    assert read.segments == transaction.segments


def test_guides_vary_and_are_understood() -> None:
    body = {
        "heading": {
            "transaction_set_header_ST": {
                "transaction_set_identifier_code_01": "855",
                "transaction_set_control_number_02": "000002015",
            },
            "beginning_segment_for_purchase_order_acknowledgment_BAK": {
                "transaction_set_purpose_code_01": "00",
                "acknowledgment_type_02": "AC",
                "purchase_order_number_03": "7731",
                "date_04": "2026-03-02",
                "date_09": "2026-03-03",
            },
            "reference_information_REF_customer_order": {
                "reference_identification_qualifier_01": "CO",
                "reference_identification_02": "1",
            },
            "reference_information_REF": [
                {"reference_identification_qualifier_01": "VN", "reference_identification_02": "2"}
            ],
            "party_identification_N1_loop_ship_to": {
                "party_identification_N1": {"entity_identifier_code_01": "ST", "name_02": "Plant 1"},
                "geographic_location_N4": {"city_name_01": "Troy"},
            },
            "party_identification_N1_loop_selling_party": [
                {"party_identification_N1": {"entity_identifier_code_01": "SE", "name_02": "Acme"}}
            ],
        },
        "detail": {
            "baseline_item_data_PO1_loop": {
                "baseline_item_data_PO1": {"assigned_identification_01": "10", "quantity_02": "0024"},
                "line_item_acknowledgment_ACK_loop": {
                    "line_item_acknowledgment_ACK": {"line_item_status_code_01": "IA", "quantity_02": 24},
                    "date_time_reference_DTM": {"date_time_qualifier_01": "068", "date_02": "2026-03-20"},
                },
            }
        },
        "summary": {
            "transaction_totals_CTT": {"number_of_line_items_01": 1},
            "transaction_set_trailer_SE": {
                "number_of_included_segments_01": "12",
                "transaction_set_control_number_02": 2015,
            },
        },
    }
    transaction = guide.read(body)
    assert not [d for d in transaction.diagnostics if d.severity is not x12.Severity.INFO]
    assert transaction.control_number == "000002015"
    acknowledgment = x12.order_acknowledgment(transaction)
    assert [(r.qualifier, r.value) for r in acknowledgment.references] == [("CO", "1"), ("VN", "2")]
    assert [(p.role, p.city) for p in acknowledgment.parties] == [("ST", "Troy"), ("SE", "")]
    [line] = acknowledgment.lines
    assert line.quantity == Decimal(24)
    assert line.answers[0].quantity == Decimal(24)


def test_without_st_the_caller_names_the_set() -> None:
    body = changed()
    del body["heading"]["transaction_set_header_ST"]
    del body["summary"]["transaction_set_trailer_SE"]
    assert x12.order_acknowledgment(guide.read(body, set_id="855")).number == "PO-10017"
    with pytest.raises(InvalidDocument, match="no transaction set"):
        guide.read(body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "object, not list"),
        (None, "object, not NoneType"),
        ({"interchanges": []}, "JEDI"),
        ({}, "no transaction set"),
        ({"heading": {"transaction_set_header_ST": {"transaction_set_identifier_code_01": "867"}}}, "'867'"),
        (changed(), "855, not 850"),
    ],
)
def test_what_is_no_guide_json_is_refused(body: Any, message: str) -> None:
    with pytest.raises(InvalidDocument, match=message):
        guide.read(body, set_id="850" if "850" in message else "")


DTM = "heading.date_time_reference_DTM"


@pytest.mark.parametrize(
    ("date_time", "finding"),
    [
        ("2026-03-20", ("not_an_object", "error", DTM)),
        ({"date_time_qualifier_01": None}, ("null", "warning", f"{DTM}.date_time_qualifier_01")),
        ({"date_02": "soon"}, ("bad_value", "error", f"{DTM}.date_02")),
        ({"date_02": ["2026-03-20"]}, ("bad_value", "error", f"{DTM}.date_02")),
        ({"date_02": True}, ("bad_value", "error", f"{DTM}.date_02")),
        ({"date_02": 1.5}, ("bad_value", "error", f"{DTM}.date_02")),
        ({"date_02": 10**5000}, ("bad_value", "error", f"{DTM}.date_02")),
        ({"time_03": "25:00"}, ("bad_value", "error", f"{DTM}.time_03")),
        ({"date_time_qualifier_01": 68}, ("number_for_text", "warning", f"{DTM}.date_time_qualifier_01")),
        ({"datum_02": "2026-03-20"}, ("key_name", "info", f"{DTM}.datum_02")),
        ({"date_77": "2026-03-20"}, ("unknown_key", "warning", f"{DTM}.date_77")),
        ({"date": "2026-03-20"}, ("unknown_key", "warning", f"{DTM}.date")),
        ({7: "2026-03-20"}, ("unknown_key", "warning", f"{DTM}.7")),
        ({"date_02": "2026-03-20", "datum_02": "2026-03-20"}, ("repeated", "error", f"{DTM}.datum_02")),
    ],
)
def test_what_is_not_understood_is_said(date_time: Any, finding: tuple[str, str, str]) -> None:
    transaction = guide.read(changed(date_time_reference_DTM=date_time))
    assert finding in codes(transaction)
    if finding[1] == "error":
        with pytest.raises(InvalidDocument) as caught:
            x12.order_acknowledgment(transaction)
        assert caught.value.path == finding[2]


def test_nothing_is_dropped_silently() -> None:
    body = changed(tax_reference_TAX=[{}], baseline_item_data_PO1_loop=[], something={}, yes_no_ZZ9={})
    body["footing"] = {}
    body["detail"]["baseline_item_data_PO1_loop"].append(
        {"date_time_reference_DTM": [{"date_02": "2026-01-01"}]}
    )
    assert codes(guide.read(body)) == [
        ("unknown_key", "warning", "footing"),
        ("unknown_key", "warning", "heading.baseline_item_data_PO1_loop"),
        ("unknown_key", "warning", "heading.something"),
        ("unknown_key", "warning", "heading.yes_no_ZZ9"),
        ("segment_not_described", "warning", "heading.tax_reference_TAX[0]"),
        ("segment_missing", "error", "detail.baseline_item_data_PO1_loop[2]"),
        ("count", "warning", "summary"),
    ]


def test_the_trailer_is_compared() -> None:
    body = changed()
    body["summary"]["transaction_set_trailer_SE"] = {
        "number_of_included_segments_01": 9,
        "transaction_set_control_number_02": "0002",
    }
    assert codes(guide.read(body)) == [
        ("count", "warning", "summary"),
        ("control_number", "error", "summary"),
    ]


@pytest.mark.parametrize(
    ("segment", "path"),
    [
        (Segment("TAX", ("1",)), "TAX"),
        (Segment("ZZ9", ("1",)), "ZZ9"),
        (Segment("DTM", ("002", "soon")), "DTM-02"),
        (Segment("DTM", ("002", ("20260302", "20260303"))), "DTM-02"),
        (Segment("DTM", ("002", "20260302", "", "", "", "", "x")), "DTM-07"),
    ],
)
def test_what_guide_json_has_no_key_for_is_refused(segment: Segment, path: str) -> None:
    bak = Segment("BAK", ("00", "AK", "1", "20260302"))
    transaction = x12.Transaction(set_id="855", release="004010", segments=(bak, segment))
    with pytest.raises(InvalidDocument) as caught:
        guide.write(transaction)
    assert caught.value.path == path


NAMES = ("850.edi", "855_changed.edi", "860.edi", "810.edi", "997.edi")
BODIES = [guide.write(only(sample(name)), trailer=True) for name in NAMES]


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(BODIES))
def test_damaged_guide_json_never_raises_anything_else(data: st.DataObject, body: dict[str, Any]) -> None:
    damaged: Any = copy.deepcopy(body)
    for _ in range(data.draw(st.integers(1, 3))):
        found = places(damaged)
        if not found:
            break
        *parents, key = data.draw(st.sampled_from(found))
        holder = damaged
        for parent in parents:
            holder = holder[parent]
        holder[key] = data.draw(strategies.json_values)
    with contextlib.suppress(ConnectorError):
        transaction = guide.read(damaged)
        for step in (READERS[transaction.set_id], guide.write, x12.check):
            with contextlib.suppress(ConnectorError):
                step(transaction)


@settings(max_examples=40, deadline=None)
@given(strategies.json_values)
def test_any_json_never_raises_anything_else(value: Any) -> None:
    for body in (value, {"heading": value, "detail": value, "summary": value}):
        with contextlib.suppress(ConnectorError):
            guide.read(body, set_id="855")
