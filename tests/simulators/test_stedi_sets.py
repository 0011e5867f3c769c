"""860, 810, 997 and 856 at the simulated Stedi: strict on the way out, translated on the way in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mlconnector_sdk.simulators import StediSimulator, wire
from tests.simulators.conftest import guide, send


def poc(code: str, line: str = "10", **more: Any) -> dict[str, Any]:
    """A POC loop of release 004010; ``more`` are its elements, ``schedules`` its SCH loops."""
    schedules = more.pop("schedules", [])
    quantity = {}
    if "quantity" in more:
        quantity = {
            "quantity_ordered_03": more.pop("quantity"),
            "composite_unit_of_measure_05": {"unit_or_basis_for_measurement_code_01": more.pop("unit", "EA")},
        }
    if "part" in more:
        more |= {"product_service_id_qualifier_08": "BP", "product_service_id_09": more.pop("part")}
    if "price" in more:
        more["unit_price_06"] = more.pop("price")
    loop: dict[str, Any] = {
        "line_item_change_POC": {
            "assigned_identification_01": line,
            "change_or_response_type_code_02": code,
            **quantity,
            **more,
        }
    }
    if schedules:
        loop["line_item_schedule_SCH_loop"] = [schedule(*it) for it in schedules]
    return loop


def schedule(quantity: Any, day: str) -> dict[str, Any]:
    return {
        "line_item_schedule_SCH": {
            "quantity_01": quantity,
            "unit_or_basis_for_measurement_code_02": "EA",
            "date_time_qualifier_05": "002",
            "date_06": day,
        }
    }


def change(
    *lines: dict[str, Any], number: str = "PO-1", sequence: int | None = 1, purpose: str = "04"
) -> dict[str, Any]:
    """A small 860 of release 004010."""
    content: dict[str, Any] = {
        "heading": {
            "beginning_segment_for_purchase_order_change_BCH": {
                "transaction_set_purpose_code_01": purpose,
                "purchase_order_type_code_02": "SA",
                "purchase_order_number_03": number,
                **({} if sequence is None else {"change_order_sequence_number_05": str(sequence)}),
                "date_06": "2026-03-02",
                "date_11": "2026-03-03",
            }
        },
        "summary": {
            "transaction_totals_CTT_loop": [
                {"transaction_totals_CTT": {"number_of_line_items_01": len(lines)}}
            ]
        },
    }
    if lines:
        content["detail"] = {"line_item_change_POC_loop": list(lines)}
    return content


def send_change(stedi: httpx.Client, content: dict[str, Any], *, key: str) -> httpx.Response:
    return send(stedi, content, key=key, path="/partnerships/me_acme/transactions/me_acme-860")


def invoice() -> dict[str, Any]:
    line = {
        "assigned_identification_01": "1",
        "quantity_invoiced_02": 2,
        "unit_or_basis_for_measurement_code_03": "EA",
        "unit_price_04": 99.67,
        "product_service_id_qualifier_06": "BP",
        "product_service_id_07": "WB-100",
    }
    return {
        "heading": {
            "beginning_segment_for_invoice_BIG": {
                "date_01": "2026-03-02",
                "invoice_number_02": "INV-9",
                "purchase_order_number_04": "7731",
                "transaction_type_code_07": "DI",
            }
        },
        "detail": {"baseline_item_data_invoice_IT1_loop": [{"baseline_item_data_invoice_IT1": line}]},
        "summary": {
            "total_monetary_value_summary_TDS": {"amount_01": 199.34},
            "transaction_totals_CTT": {"number_of_line_items_01": 1},
        },
    }


def send_invoice(stedi: httpx.Client, content: dict[str, Any], *, key: str = "i-1") -> httpx.Response:
    return send(stedi, content, key=key, path="/partnerships/me_acme/transactions/me_acme-810")


def test_a_change_is_written(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    lines = (
        poc("QI", quantity=30, price=3.15, part="WB-100", schedules=[(24, "2026-04-01"), (6, "2026-05-01")]),
        poc("DI", "20"),
    )
    assert send_change(stedi, change(*lines), key="c-1").status_code == 200
    (sent,) = stedi_simulator.sent
    assert (sent.set_id, sent.number) == ("860", "PO-1")
    assert "GS*PC*" in sent.x12
    assert (
        "ST*860*0001~BCH*04*SA*PO-1**1*20260302*****20260303~"
        "POC*10*QI*30**EA*3.15**BP*WB-100~SCH*24*EA***002*20260401~SCH*6*EA***002*20260501~"
        "POC*20*DI~CTT*2~SE*8*0001~"
    ) in sent.x12


Edit = Callable[[dict[str, Any]], Any]


def begin(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content["heading"]["beginning_segment_for_purchase_order_change_BCH"]
    return found


def first(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content["detail"]["line_item_change_POC_loop"][0]["line_item_change_POC"]
    return found


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: first(c).update(composite_unit_of_measure_05="EA"), "must be an object"),
        (lambda c: first(c).update(unit_or_basis_for_measurement_code_05="EA"), "is not a property"),
        (lambda c: first(c).pop("composite_unit_of_measure_05"), "P0305"),
        (lambda c: first(c).update(composite_unit_of_measure_05={}), "measurement_code_01 is required"),
        (lambda c: first(c)["composite_unit_of_measure_05"].update(unit="EA"), "unit is not a property"),
        (lambda c: first(c).update(change_or_response_type_code_02="XX"), "not one of the codes"),
        (lambda c: first(c).pop("change_or_response_type_code_02"), "is required"),
        (lambda c: first(c).update(quantity_03=1), "quantity_03 is not a property"),
        (lambda c: begin(c).update(change_order_sequence_number_05=1), "text was expected"),
        (lambda c: begin(c).update(change_order_sequence_number_05="1" * 9), "9 characters"),
        (lambda c: begin(c).pop("date_06"), "date_06 is required"),
        (lambda c: c["detail"]["line_item_change_POC_loop"].append(poc("DI")), "CTT01 says 1"),
    ],
)
def test_a_change_is_checked_strictly(
    stedi_simulator: StediSimulator, stedi: httpx.Client, edit: Edit, message: str
) -> None:
    content = change(poc("QI", quantity=30))
    assert send_change(stedi, content, key="good").status_code == 200
    edit(content)
    answer = send_change(stedi, content, key="bad")
    assert answer.status_code == 400
    assert message in answer.json()["message"]
    assert len(stedi_simulator.sent) == 1


def test_a_change_of_release_005010(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    stedi_simulator.add_partnership("me_five", sender="me", receiver="five", release="005010")
    path = "/partnerships/me_five/transactions/me_five-860"
    content = change(poc("QD", quantity=3))
    assert "quantity_ordered_03 is not a property" in send(stedi, content, path=path).json()["message"]
    line = first(content)
    line["quantity_03"] = line.pop("quantity_ordered_03")
    assert send(stedi, content, path=path).status_code == 200


def test_a_setting_is_for_one_set(stedi: httpx.Client) -> None:
    assert send_change(stedi, guide(), key="k").status_code == 400
    assert send(stedi, change(), path="/partnerships/me_acme/transactions/me_acme-997").status_code == 404


def test_an_invoice_is_written_and_listed(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    assert send_invoice(stedi, invoice()).status_code == 200
    (sent,) = stedi_simulator.sent
    assert "GS*IN*" in sent.x12
    assert (
        "ST*810*0001~BIG*20260302*INV-9**7731***DI~IT1*1*2*EA*99.67**BP*WB-100~TDS*19934~CTT*1~SE*6*0001~"
        in sent.x12
    )
    (listed,) = stedi.get("/transactions", params={"businessIdentifier": "INV-9"}).json()["items"]
    assert [(it["elementId"], it["value"]) for it in listed["businessIdentifiers"]] == [
        ("76", "INV-9"),
        ("324", "7731"),
    ]
    by_order = {"businessIdentifier": "7731", "elementId": "324"}
    assert len(stedi.get("/transactions", params=by_order).json()["items"]) == 1
    assert stedi.get("/transactions", params={**by_order, "elementId": "76"}).json()["items"] == []


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: c["summary"].pop("total_monetary_value_summary_TDS"), "TDS is required"),
        (lambda c: c["summary"]["total_monetary_value_summary_TDS"].update(amount_01=1.005), "two decimals"),
        (lambda c: c["summary"]["transaction_totals_CTT"].update(number_of_line_items_01=2), "CTT01 says 2"),
        (
            lambda c: c["summary"].update(
                transaction_totals_CTT_loop=[{"transaction_totals_CTT": {"number_of_line_items_01": 1}}]
            ),
            "transaction_totals_CTT_loop is not a property",
        ),
        (lambda c: c["heading"]["beginning_segment_for_invoice_BIG"].pop("invoice_number_02"), "is required"),
    ],
)
def test_an_invoice_is_checked_strictly(
    stedi_simulator: StediSimulator, stedi: httpx.Client, edit: Edit, message: str
) -> None:
    content = invoice()
    edit(content)
    answer = send_invoice(stedi, content)
    assert answer.status_code == 400
    assert message in answer.json()["message"]
    assert stedi_simulator.sent == []


def dropped(set_id: str, functional_id: str, body: str) -> str:
    count = body.count("~") + 2
    return (
        "ISA*00*          *00*          *ZZ*ACME           *ZZ*ME             "
        "*260303*0958*U*00401*000000012*0*T*>~"
        f"GS*{functional_id}*ACME*ME*20260303*0958*12*X*004010~ST*{set_id}*0001~{body}SE*{count}*0001~"
        "GE*1*12~IEA*1*000000012~"
    )


def test_a_functional_acknowledgment_is_translated(
    stedi_simulator: StediSimulator, stedi: httpx.Client
) -> None:
    body = "AK1*PO*17~AK2*850*0001~AK3*PO1*3**8~AK4*3*355*7*XX~AK5*R*5~AK9*R*1*1*0~"
    execution = stedi_simulator.drop(dropped("997", "FA", body))
    assert execution.status == "COMPLETED"
    (transaction,) = execution.transactions
    assert (transaction.number, transaction.setting_id) == ("", "me_acme-997")
    assert wire.loads(transaction.output) == {
        "heading": {
            "transaction_set_header_ST": {
                "transaction_set_identifier_code_01": "997",
                "transaction_set_control_number_02": 1,
            },
            "functional_group_response_header_AK1": {
                "functional_identifier_code_01": "PO",
                "group_control_number_02": 17,
            },
            "transaction_set_response_header_AK2_loop": [
                {
                    "transaction_set_response_header_AK2": {
                        "transaction_set_identifier_code_01": "850",
                        "transaction_set_control_number_02": "0001",
                    },
                    "data_segment_note_AK3_loop": [
                        {
                            "data_segment_note_AK3": {
                                "segment_id_code_01": "PO1",
                                "segment_position_in_transaction_set_02": 3,
                                "segment_syntax_error_code_04": "8",
                            },
                            "data_element_note_AK4": [
                                {
                                    "position_in_segment_01": {"element_position_in_segment_01": 3},
                                    "data_element_reference_number_02": 355,
                                    "data_element_syntax_error_code_03": "7",
                                    "copy_of_bad_data_element_04": "XX",
                                }
                            ],
                        }
                    ],
                    "transaction_set_response_trailer_AK5": {
                        "transaction_set_acknowledgment_code_01": "R",
                        "transaction_set_syntax_error_code_02": "5",
                    },
                }
            ],
            "functional_group_response_trailer_AK9": {
                "functional_group_acknowledge_code_01": "R",
                "number_of_transaction_sets_included_02": 1,
                "number_of_received_transaction_sets_03": 1,
                "number_of_accepted_transaction_sets_04": 0,
            },
            "transaction_set_trailer_SE": {
                "number_of_included_segments_01": 8,
                "transaction_set_control_number_02": "0001",
            },
        }
    }


def test_levels_of_a_shipment_stand_inside_each_other(
    stedi_simulator: StediSimulator, stedi: httpx.Client
) -> None:
    body = (
        "BSN*00*SHP-1*20260303*0958*0001~HL*1**S~TD5**2*UPSN~HL*2*1*O~PRF*7731~"
        "HL*3*2*P~MAN*GM*00001~HL*4*3*I~LIN*10*BP*WB-100~SN1**18*EA~HL*5*2*P~HL*6*5*I~SN1**6*EA~"
        "HL*7*1*O~PRF*7732~HL*8*7*I~SN1**1*EA~CTT*8~"
    )
    stedi_simulator.partnership("me_acme").settings["856"] = "ship"
    execution = stedi_simulator.drop(dropped("856", "SH", body))
    assert execution.faults == []
    (transaction,) = execution.transactions
    assert [it.value for it in transaction.identifiers] == ["SHP-1", "7731", "7732"]
    assert transaction.guide is not None
    (shipment,) = transaction.guide["detail"]["hierarchical_level_HL_loop"]
    orders = shipment["hierarchical_level_HL_loop"]
    assert [len(order.get("hierarchical_level_HL_loop_pack", [])) for order in orders] == [2, 0]
    (item,) = orders[0]["hierarchical_level_HL_loop_pack"][0]["hierarchical_level_HL_loop_item"]
    assert item["item_detail_shipment_SN1"]["number_of_units_shipped_02"] == 18
    assert len(orders[1]["hierarchical_level_HL_loop_item"]) == 1
    broken = stedi_simulator.drop(dropped("856", "SH", body.replace("HL*3*2*P", "HL*3*2*Q")))
    assert broken.faults[0]["faultCode"] == "TRANSLATION_ERROR"


def test_other_sets_come_in_where_there_is_a_setting(
    stedi_simulator: StediSimulator, stedi: httpx.Client
) -> None:
    body = "BCA*00*AC*7731**1*20260302~POC*10*QI*18**EA~ACK*IA*18*EA*068*20260320~CTT*1~"
    assert stedi_simulator.drop(dropped("865", "CA", body)).faults[0]["faultCode"] == "FAILED_TO_FIND_GUIDE"
    stedi_simulator.partnership("me_acme").settings["865"] = "changed"
    assert stedi_simulator.drop(dropped("865", "CA", body)).status == "COMPLETED"
    theirs = "BIG*20260303*A-1**7731~TDS*100~"
    assert stedi_simulator.drop(dropped("810", "IN", theirs)).status == "COMPLETED"
    order = "BEG*00*SA*1**20260302~PO1*1~"
    ours = stedi_simulator.drop(dropped("850", "PO", order))
    assert ours.faults[0]["faultCode"] == "FAILED_TO_FIND_GUIDE", "an 850 only goes out"


def test_any_set_can_be_injected(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    transaction = stedi_simulator.inject("me_acme", {"heading": {}}, set_id="997")
    listed = stedi.get(f"/transactions/{transaction.id}").json()
    assert listed["x12"]["metadata"]["functionalGroup"]["functionalIdentifierCode"] == "FA"
    assert listed["businessIdentifiers"] == []
