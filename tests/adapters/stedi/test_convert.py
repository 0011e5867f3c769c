"""Orders to what Stedi is sent, and acknowledgments from what arrives."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.adapters.stedi import Route
from mlconnector_sdk.adapters.stedi.convert import (
    business_number,
    change_payload,
    invoice_payload,
    order_payload,
    received_acknowledgment,
    record,
)
from mlconnector_sdk.adapters.stedi.models import Transaction
from mlconnector_sdk.adapters.stedi.outbound import read_payload, request_body, write_payload
from mlconnector_sdk.codec import decode, encode
from mlconnector_sdk.errors import ConfigurationError, InvalidDocument, UnmappedValue
from mlconnector_sdk.mapping import x12
from mlconnector_sdk.mapping.documents import Answer, Decision
from mlconnector_sdk.mapping.partners import Partners
from mlconnector_sdk.mapping.x12 import guide
from tests.adapters.stedi.orders import CHANGE, INVOICE, ORDER, ROUTE, payload

SUMMARY: dict[str, Any] = {
    "transactionId": "t-1",
    "fileExecutionId": "e-1",
    "direction": "INBOUND",
    "mode": "production",
    "processedAt": "2026-03-03T10:00:00.500Z",
    "partnership": {"partnershipId": "us_acme"},
    "x12": {
        "metadata": {
            "functionalGroup": {
                "controlNumber": 12,
                "release": "004010VICS",
                "date": "2026-03-03",
                "time": "09:58",
            },
            "transaction": {"controlNumber": "0001", "transactionSetIdentifier": "855"},
        }
    },
}

GUIDE_855: dict[str, Any] = {
    "heading": {
        "transaction_set_header_ST": {
            "transaction_set_identifier_code_01": "855",
            "transaction_set_control_number_02": 1,
        },
        "beginning_segment_for_purchase_order_acknowledgment_BAK": {
            "transaction_set_purpose_code_01": "00",
            "acknowledgment_type_02": "AC",
            "purchase_order_number_03": "PO-7731",
            "date_04": "2026-03-02",
            "reference_identification_08": "S-1",
        },
    },
    "detail": {
        "baseline_item_data_PO1_loop": [
            {
                "baseline_item_data_PO1": {
                    "assigned_identification_01": "1",
                    "quantity_ordered_02": 24,
                    "unit_or_basis_for_measurement_code_03": "EA",
                },
                "line_item_acknowledgment_ACK_loop": [
                    {
                        "line_item_acknowledgment_ACK": {
                            "line_item_status_code_01": "IQ",
                            "quantity_02": 18.5,
                            "unit_or_basis_for_measurement_code_03": "EA",
                            "date_time_qualifier_04": "068",
                            "date_05": "2026-03-20",
                        }
                    }
                ],
            }
        ]
    },
}


def a_record(guide_json: Any = GUIDE_855, **summary: Any) -> bytes:
    return json.dumps({"summary": {**SUMMARY, **summary}, "transaction": guide_json}).encode()


def test_an_order_becomes_a_request() -> None:
    outbound = read_payload(payload())
    assert (outbound.partnership, outbound.setting) == ("us_acme", "us_acme-850")
    body = json.loads(outbound.body.raw)
    assert body["interchangeOverrides"] == {"interchangeUsageIndicator": "P"}
    assert body["filename"].startswith("850-PO-7731-1-")
    assert body["filename"].endswith(".edi")
    heading = body["transaction"]["heading"]
    assert heading["beginning_segment_for_purchase_order_BEG"] == {
        "transaction_set_purpose_code_01": "00",
        "purchase_order_type_code_02": "SA",
        "purchase_order_number_03": "PO-7731",
        "date_05": "2026-03-02",
    }
    line = body["transaction"]["detail"]["baseline_item_data_PO1_loop"][0]["baseline_item_data_PO1"]
    assert line["product_service_id_07"] == "WB-100"
    assert x12.purchase_order(guide.read(outbound.body.transaction)) == ORDER


def test_the_same_order_makes_the_same_bytes_and_another_sequence_another_file() -> None:
    assert payload() == payload()
    names = {
        read_payload(each).body.filename
        for each in (payload(), payload(sequence=2), payload(evolve(ORDER, currency="EUR")))
    }
    assert len(names) == 3


@given(st.text(min_size=1, max_size=30))
def test_any_order_number_makes_a_file_name_that_stedi_takes(number: str) -> None:
    try:
        made = payload(evolve(ORDER, number=number))
    except InvalidDocument:
        return  # X12 cannot carry it either
    request_body({}, filename=read_payload(made).body.filename)


@pytest.mark.parametrize(
    ("order", "path"),
    [
        (evolve(ORDER, number="N" * 23), "BEG"),
        (evolve(ORDER, lines=(evolve(ORDER.lines[0], unit=""),)), "PO1"),
        (evolve(ORDER, lines=()), ""),
    ],
)
def test_what_x12_cannot_carry_is_refused(order: Any, path: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        payload(order)
    assert caught.value.path.startswith(path)
    assert caught.value.remedy


def test_a_change_and_an_invoice_become_requests_of_their_own() -> None:
    change = read_payload(change_payload(CHANGE, ROUTE, sequence=2, usage="T"))
    assert (change.partnership, change.setting) == ("us_acme", "us_acme-860")
    assert change.body.filename.startswith("860-PO-7731-2-")
    body = json.loads(change.body.raw)
    assert body["interchangeOverrides"] == {"interchangeUsageIndicator": "T"}
    begin = body["transaction"]["heading"]["beginning_segment_for_purchase_order_change_BCH"]
    assert begin["change_order_sequence_number_05"] == "1"
    invoice = read_payload(invoice_payload(INVOICE, ROUTE, sequence=1, release="005010"))
    assert invoice.setting == "us_acme-810"
    assert invoice.body.filename.startswith("810-INV-1-1-")
    assert x12.invoice(guide.read(invoice.body.transaction, release="005010")) == INVOICE


def test_no_two_sends_share_a_file_name() -> None:
    names = {
        read_payload(each).body.filename
        for each in (
            payload(),
            payload(sequence=2),
            change_payload(CHANGE, ROUTE, sequence=2),
            change_payload(CHANGE, ROUTE, sequence=3),
            change_payload(evolve(CHANGE, change_sequence=2), ROUTE, sequence=3),
            change_payload(CHANGE, evolve(ROUTE, partnership="other"), sequence=3),
        )
    }
    assert len(names) == 6


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("860", lambda way: change_payload(CHANGE, way, sequence=1)),
        ("810", lambda way: invoice_payload(INVOICE, way, sequence=1)),
    ],
)
def test_a_setting_that_is_missing_is_named_with_its_key(kind: str, make: Any) -> None:
    with pytest.raises(UnmappedValue) as caught:
        make(evolve(ROUTE, settings={"850": "us_acme-850"}))
    assert caught.value.key == kind
    assert f'add {kind} = "..." to partners.ACME.stedi.settings' in caught.value.remedy


def test_a_partner_without_a_setting_for_orders_names_the_place() -> None:
    with pytest.raises(UnmappedValue, match="no transaction setting for 850") as caught:
        order_payload(ORDER, evolve(ROUTE, settings={"855": "x"}), sequence=1)
    assert caught.value.table == "partners.ACME.stedi.settings"


PARTNERS = """
units = "as_is"
parts = "as_is"
[partners.ACME]
supplier = "ACME-01"
buyer = {{ id = "B", qualifier = "92" }}
account = {{ id = "4711", qualifier = "92" }}
[partners.ACME.stedi]
{section}
"""


def route(section: str) -> Route:
    return Route.of(Partners.from_toml(PARTNERS.format(section=section))["ACME"])


def test_a_route_is_read_from_the_partner_file() -> None:
    settings = 'settings = { 850 = "us_acme-850", 860 = "us_acme-860", 810 = "us_acme-810" }'
    assert route(f'partnership = "us_acme"\n{settings}') == ROUTE


@pytest.mark.parametrize(
    ("section", "path", "line"),
    [
        ("settings = {}", "partners.ACME.stedi.partnership", 8),
        ('partnership = ""\nsettings = {}', "partners.ACME.stedi.partnership", 9),
        ('partnership = "a"', "partners.ACME.stedi.settings", 8),
        ('partnership = "a"\nsettings = { 850 = 1 }', "partners.ACME.stedi.settings", 10),
        ('partnership = "a"\nsettings = {}\nsetings = {}', "partners.ACME.stedi.setings", 11),
    ],
)
def test_a_wrong_section_is_named_with_file_and_line(section: str, path: str, line: int) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"^partners\.toml line {line}: partners\.ACME\.stedi"
    ) as caught:
        route(section)
    assert caught.value.path == path
    assert caught.value.remedy


@pytest.mark.parametrize("options", [{"filename": "a b"}, {"filename": "x" * 301}, {"usage": "Q"}])
def test_a_request_that_stedi_would_refuse_is_not_made(options: dict[str, str]) -> None:
    with pytest.raises(InvalidDocument) as caught:
        request_body({}, **options)
    assert caught.value.path in ("filename", "usage")


@pytest.mark.parametrize("text", [b"", b"{}", b'{"partnership":"a","setting":"b","body":{"transaction":[]}}'])
def test_a_payload_that_is_none(text: bytes) -> None:
    with pytest.raises(InvalidDocument) as caught:
        read_payload(text)
    assert "remap" in caught.value.remedy


def test_a_payload_keeps_the_digits() -> None:
    body = request_body({"detail": {"price": Decimal("3.1500")}})
    assert b"3.1500" in read_payload(write_payload("a", "b", body)).body.raw


def test_an_acknowledgment_is_read_with_what_its_envelope_says() -> None:
    received = received_acknowledgment(a_record())
    assert received.partnership == "us_acme"
    assert received.reference == "t-1"
    assert received.as_of == datetime(2026, 3, 3, 9, 58, tzinfo=UTC)
    assert received.control_number == 12
    said = received.acknowledgment
    assert (said.number, said.decision, said.code) == ("PO-7731", Decision.CHANGED, "AC")
    assert said.supplier_reference == "S-1"
    assert said.dated == date(2026, 3, 3)
    answer = said.lines[0].answers[0]
    assert (answer.answer, answer.quantity) == (Answer.CONFIRMED, Decimal("18.5"))
    assert answer.ship == date(2026, 3, 20)


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (None, datetime(2026, 3, 3, 10, 0, 0, 500000, tzinfo=UTC)),
        ({"date": "03/03/2026"}, datetime(2026, 3, 3, 10, 0, 0, 500000, tzinfo=UTC)),
        ({"date": "2026-03-02"}, datetime(2026, 3, 2, 0, 0, tzinfo=UTC)),
        ({"date": "2026-03-02", "time": "23:59:58"}, datetime(2026, 3, 2, 23, 59, 58, tzinfo=UTC)),
        ({"controlNumber": "x", "release": "009999"}, datetime(2026, 3, 3, 10, 0, 0, 500000, tzinfo=UTC)),
    ],
)
def test_when_it_was_made(group: Any, expected: datetime) -> None:
    received = received_acknowledgment(a_record(x12={"metadata": {"functionalGroup": group}}))
    assert received.as_of == expected
    assert received.control_number == 0


@pytest.mark.parametrize(
    "text",
    [
        a_record(None),
        a_record([]),
        a_record({}),
        a_record({"interchanges": []}),
        a_record({"heading": {"transaction_set_header_ST": {"transaction_set_identifier_code_01": "850"}}}),
        a_record({"heading": {}, "detail": {}}),
        a_record(x12=None, processedAt=None),
        b'{"summary":{},"transaction":{}}',
        b"not json",
        b'{"summary":1,"summary":2}',
    ],
)
def test_what_is_no_855_is_a_document_error(text: bytes) -> None:
    with pytest.raises(InvalidDocument):
        received_acknowledgment(text)


def test_a_missing_order_number_is_named() -> None:
    broken = json.loads(json.dumps(GUIDE_855))
    del broken["heading"]["beginning_segment_for_purchase_order_acknowledgment_BAK"][
        "purchase_order_number_03"
    ]
    with pytest.raises(InvalidDocument) as caught:
        received_acknowledgment(a_record(broken))
    assert caught.value.path == "BAK-03"


def test_a_record_holds_both_parts() -> None:
    transaction = decode(encode(SUMMARY), Transaction)
    document = {"heading": {"price": Decimal("1.50")}}
    assert record(
        transaction, document
    ) == b'{"summary":%s,"transaction":{"heading":{"price":1.50}}}' % encode(SUMMARY)
    assert record(transaction, None).endswith(b'"transaction":null}')


@pytest.mark.parametrize(
    ("kind", "heading", "number"),
    [
        ("855", GUIDE_855["heading"], "PO-7731"),
        ("855", {"any_name_BAK": {"whatever_03": 7731}}, "7731"),
        ("810", {"beginning_segment_for_invoice_BIG": {"invoice_number_02": " INV-1 "}}, "INV-1"),
        ("997", {"functional_group_response_header_AK1": {"group_control_number_02": 12}}, "12"),
    ],
)
def test_the_number_people_speak_of(kind: str, heading: Any, number: str) -> None:
    assert business_number(kind, {"heading": heading}) == number


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        ("855", {}),
        ("855", {"heading": []}),
        ("855", {"heading": {"x_BAK": []}}),
        ("855", {"heading": {"x_BAK": {"x_03": ""}}}),
        ("855", {"heading": {"x_BAK": {"x_03": None, "nonsense": 1}, "more": 2}}),
        ("999", {"heading": {}}),
    ],
)
def test_a_document_without_a_number(kind: str, document: Any) -> None:
    with pytest.raises(InvalidDocument, match=f"the {kind} has no number") as caught:
        business_number(kind, document)
    assert caught.value.remedy
