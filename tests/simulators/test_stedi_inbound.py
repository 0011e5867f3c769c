"""Played suppliers, dropped files, listings, polling and documents of the simulated Stedi."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from mlconnector_sdk.errors import NotFound
from mlconnector_sdk.simulators import StediSimulator, wire
from mlconnector_sdk.simulators.stedi.answers import Behaviour
from mlconnector_sdk.simulators.stedi.records import instant
from tests.simulators.conftest import guide, send

ANSWER = (
    "ISA*00*          *00*          *ZZ*ACME           *ZZ*ME             "
    "*260303*0958*U*00401*000000012*0*T*>~"
    "GS*PR*ACME*ME*20260303*0958*12*X*004010~"
    "ST*855*0001~BAK*00*AC*7731*20260302****S-5501*20260303~"
    "PO1*10*24*EA*3.15*PE*BP*WB-100~ACK*IA*18*EA*068*20260320~ACK*IB*6*EA*068*20260410~"
    "CTT*1~SE*7*0001~GE*1*12~IEA*1*000000012~"
)


def inbound(stedi_simulator: StediSimulator) -> list[dict[str, Any]]:
    found = (t for t in stedi_simulator.transactions if t.direction == "INBOUND" and t.guide)
    return [wire.loads(transaction.output) for transaction in found]


def acknowledged(answer: dict[str, Any]) -> list[list[tuple[Any, ...]]]:
    return [
        [
            (ack["line_item_status_code_01"], ack["quantity_02"], ack["date_05"])
            for ack in (
                loop["line_item_acknowledgment_ACK"] for loop in line["line_item_acknowledgment_ACK_loop"]
            )
        ]
        for line in answer["detail"]["baseline_item_data_PO1_loop"]
    ]


def two_lines() -> dict[str, Any]:
    content = guide()
    second = guide(quantity=1)["detail"]["baseline_item_data_PO1_loop"][0]
    second["baseline_item_data_PO1"]["assigned_identification_01"] = "20"
    second["line_item_schedule_SCH_loop"] = [
        {
            "line_item_schedule_SCH": {
                "quantity_01": 1,
                "unit_or_basis_for_measurement_code_02": "EA",
                "date_time_qualifier_05": "002",
                "date_06": "2026-05-01",
            }
        }
    ]
    content["detail"]["baseline_item_data_PO1_loop"].append(second)
    content["heading"]["date_time_reference_DTM"] = [
        {"date_time_qualifier_01": "002", "date_02": "2026-03-20"}
    ]
    total = content["summary"]["transaction_totals_CTT_loop"][0]["transaction_totals_CTT"]
    total["number_of_line_items_01"] = 2
    return content


@pytest.mark.parametrize(
    ("behaviour", "code", "lines"),
    [
        ("accept", "AD", [[("IA", 24, "2026-03-20")], [("IA", 1, "2026-05-01")]]),
        ("change", "AC", [[("IQ", 18, "2026-03-20")], [("DR", 1, "2026-05-08")]]),
        ("reject", "RD", [[("IR", 24, "2026-03-20")], [("IR", 1, "2026-05-01")]]),
        ("split", "AC", [[("IA", 18, "2026-03-20"), ("IB", 6, "2026-03-27")], [("IA", 1, "2026-05-01")]]),
    ],
)
def test_a_supplier_answers(
    stedi_simulator: StediSimulator, stedi: httpx.Client, behaviour: Behaviour, code: str, lines: Any
) -> None:
    stedi_simulator.supplier("me_acme").answers(behaviour)
    assert send(stedi, two_lines()).status_code == 200
    (answer,) = inbound(stedi_simulator)
    head = answer["heading"]["beginning_segment_for_purchase_order_acknowledgment_BAK"]
    assert (head["acknowledgment_type_02"], head["purchase_order_number_03"]) == (code, "PO-1")
    assert acknowledged(answer) == lines
    incoming = stedi_simulator.transactions[-1]
    assert (incoming.sender, incoming.receiver, incoming.number) == ("acme", "me", "PO-1")


def test_a_supplier_of_release_005010(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    stedi_simulator.add_partnership("me_five", sender="me", receiver="five", release="005010")
    stedi_simulator.supplier("me_five").answers("split")
    content = guide(quantity_02=24)
    content["detail"]["baseline_item_data_PO1_loop"][0]["baseline_item_data_PO1"].pop("quantity_ordered_02")
    assert send(stedi, content, path="/partnerships/me_five/transactions/me_five-850").status_code == 200
    assert acknowledged(inbound(stedi_simulator)[0])[0][0][:2] == ("IA", 18)


def test_silence_and_exceptions_to_it(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    supplier = stedi_simulator.supplier("me_acme")
    send(stedi)
    assert inbound(stedi_simulator) == []
    supplier.answers("accept", number="PO-2")
    send(stedi, guide("PO-2"), key="k-2")
    send(stedi, guide("PO-3"), key="k-3")
    assert len(inbound(stedi_simulator)) == 1
    with pytest.raises(NotFound, match="nobody"):
        stedi_simulator.supplier("nobody")


def test_late_and_twice(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    stedi_simulator.supplier("me_acme").answers("accept", delay=3600, times=2)
    send(stedi)
    stedi_simulator.advance(3599)
    assert inbound(stedi_simulator) == []
    stedi_simulator.advance(1)
    assert len(inbound(stedi_simulator)) == 2
    answers = [t for t in stedi_simulator.transactions if t.direction == "INBOUND"]
    assert len({t.id for t in answers}) == 2
    assert [t.metadata["interchange"]["controlNumber"] for t in answers] == [1, 2]
    assert {t.processed_at for t in answers} == {stedi_simulator.time.now()}


def test_an_order_without_quantities_is_answered_too(
    stedi_simulator: StediSimulator, stedi: httpx.Client
) -> None:
    stedi_simulator.supplier("me_acme").answers("change")
    content = guide()
    line = content["detail"]["baseline_item_data_PO1_loop"][0]["baseline_item_data_PO1"]
    for key in ("quantity_ordered_02", "unit_or_basis_for_measurement_code_03", "unit_price_04"):
        del line[key]
    assert send(stedi, content).status_code == 200
    assert len(inbound(stedi_simulator)) == 1


def test_a_dropped_file_is_translated(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    execution = stedi_simulator.drop(ANSWER, filename="answer.edi")
    assert execution.status == "COMPLETED"
    listed = stedi.get(f"/executions/{execution.id}/transactions").json()["items"]
    assert len(listed) == 1
    assert listed[0] == stedi.get(f"/transactions/{listed[0]['transactionId']}").json()
    assert listed[0]["businessIdentifiers"] == [
        {"elementId": "324", "element": "BAK03", "name": "Purchase Order Number", "value": "7731"}
    ]
    metadata = listed[0]["x12"]["metadata"]
    assert metadata["interchange"] == {"acknowledgmentRequestedCode": "0", "controlNumber": 12}
    assert metadata["functionalGroup"]["time"] == "09:58"
    assert metadata["functionalGroup"]["date"] == "2026-03-03"
    assert metadata["transaction"] == {"controlNumber": "0001", "transactionSetIdentifier": "855"}
    assert listed[0]["mode"] == "test"
    (answer,) = inbound(stedi_simulator)
    assert acknowledged(answer) == [[("IA", 18, "2026-03-20"), ("IB", 6, "2026-04-10")]]
    assert answer["summary"]["transaction_set_trailer_SE"]["transaction_set_control_number_02"] == "0001"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("ISA*00", "<html>", "FAILED_TO_PARSE"),
        ("IEA*1*", "IEA*2*", "FAILED_TO_PARSE"),
        ("*ZZ*ACME  ", "*ZZ*ACMF  ", "FAILED_TO_FIND_PARTNERSHIP"),
        ("*X*004010", "*X*005010", "FAILED_TO_FIND_GUIDE"),
        ("ST*855", "ST*865", "FAILED_TO_FIND_GUIDE"),
        ("BAK*00*AC*", "BAK*00*QQ*", "TRANSLATION_ERROR"),
        ("SE*7*", "SE*8*", "TRANSLATION_ERROR"),
        ("SE*7*0001", "SE*7*0002", "TRANSLATION_ERROR"),
        ("PO1*10*", "XX1*10*", "TRANSLATION_ERROR"),
    ],
)
def test_a_malformed_file_fails(
    stedi_simulator: StediSimulator, stedi: httpx.Client, old: str, new: str, fault: str
) -> None:
    assert old in ANSWER
    execution = stedi_simulator.drop(ANSWER.replace(old, new))
    assert execution.status == "FAILED"
    faults = stedi.get(f"/executions/{execution.id}/faults").json()["items"]
    assert [item["faultCode"] for item in faults] == [fault]
    assert stedi.get("/executions", params={"faultCode": fault}).json()["items"][0]["retryable"] is True
    if fault == "TRANSLATION_ERROR":
        (failed,) = stedi.get("/transactions", params={"status": "failed"}).json()["items"]
        assert failed["translationErrors"][0]["message"]
        assert [artifact["usage"] for artifact in failed["artifacts"]] == ["input"]
    assert inbound(stedi_simulator) == []


def test_a_file_that_is_half_good(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    bad = "ST*855*0002~BAK*00*AC~SE*3*0002~GE*2*12~"
    file = ANSWER.replace("GE*1*12~", bad)
    assert stedi_simulator.drop(file).status == "PARTIALLY_COMPLETED"
    assert len(stedi.get("/transactions", params={"status": "succeeded"}).json()["items"]) == 1
    stedi_simulator.rules.all_or_nothing = True
    execution = stedi_simulator.drop(file)
    assert (execution.status, execution.transactions) == ("FAILED", [])
    assert stedi_simulator.drop(b"\xff\xfe").status == "FAILED"
    no_sets = ANSWER[: ANSWER.index("ST*")] + "GE*0*12~IEA*1*000000012~"
    assert stedi_simulator.drop(no_sets).faults[0]["faultCode"] == "NO_TRANSACTION_SETS"


def test_any_guide_json_can_be_injected(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    strange = {
        "heading": {"reference_identification_REF_customer_order": {"x": [1]}},
        "more": Decimal("1.50"),
    }
    transaction = stedi_simulator.inject("me_acme", strange, number="PO-9")
    url = stedi.get(f"/transactions/{transaction.id}/output-url").json()["documentDownloadUrl"]
    assert wire.loads(httpx.get(url).content) == strange
    assert stedi.get(f"/transactions/{transaction.id}/input-url").status_code == 404
    assert len(stedi.get("/transactions", params={"businessIdentifier": "PO-9"}).json()["items"]) == 1


def numbers(items: list[dict[str, Any]]) -> list[str]:
    return [item["businessIdentifiers"][0]["value"] for item in items]


@pytest.fixture
def five(stedi_simulator: StediSimulator, stedi: httpx.Client) -> httpx.Client:
    for n in range(5):
        send(stedi, guide(f"PO-{n}"), key=f"k{n}")
        stedi_simulator.advance(60)
    return stedi


def test_listings_are_paged_newest_first(stedi_simulator: StediSimulator, five: httpx.Client) -> None:
    first = five.get("/transactions", params={"pageSize": 2}).json()
    send(five, guide("PO-new"), key="new")
    second = five.get("/transactions", params={"pageToken": first["nextPageToken"], "pageSize": 2}).json()
    third = five.get("/transactions", params={"pageToken": second["nextPageToken"], "pageSize": 2}).json()
    assert numbers(first["items"] + second["items"] + third["items"]) == [f"PO-{n}" for n in (4, 3, 2, 1, 0)]
    assert "nextPageToken" not in third
    executions = five.get("/executions", params={"pageSize": 500}).json()["items"]
    assert len(executions) == 6
    assert executions[0]["direction"] == "OUTBOUND"


def test_listings_are_filtered(stedi_simulator: StediSimulator, five: httpx.Client) -> None:
    stedi_simulator.drop(ANSWER)

    def found(path: str = "/transactions", **filters: str) -> int:
        return len(five.get(path, params=filters).json()["items"])

    assert found() == 6
    assert found(businessIdentifier="PO-3") == 1
    assert found(businessIdentifier="PO-3", elementId="324") == 1
    assert found(businessIdentifier="PO-3", elementId="127") == 0
    assert found(transactionSetId="855", direction="INBOUND", mode="test") == 1
    assert found(sender="me", receiver="acme", partnershipId="me_acme", status="succeeded") == 5
    assert found(partnershipId="other") == 0
    middle = instant(stedi_simulator.time.now() - timedelta(seconds=120))
    assert found(**{"from": middle}) == 3
    assert found(to=middle) == 4
    assert found(unknownFilter="ignored") == 6
    assert found("/executions", direction="INBOUND", displayName="dropped", partnershipId="me_acme") == 1
    assert found("/executions", status="FAILED") == 0


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/transactions", {"pageSize": "0"}),
        ("/transactions", {"pageSize": "501"}),
        ("/transactions", {"pageSize": "many"}),
        ("/transactions", {"pageToken": "nonsense"}),
        ("/transactions", {"pageToken": "x" * 1025}),
        ("/transactions", {"direction": "inbound"}),
        ("/transactions", {"mode": "prod"}),
        ("/transactions", {"elementId": "324"}),
        ("/transactions", {"from": "2026-03-02"}),
        ("/transactions", {"to": "soon"}),
        ("/executions", {"displayName": "ab"}),
        ("/polling/transactions", {}),
        ("/polling/transactions", {"startDateTime": "soon"}),
        ("/polling/transactions", {"startDateTime": "2026-03-02T07:59:01Z"}),
    ],
)
def test_bad_questions_are_refused(stedi: httpx.Client, path: str, parameters: dict[str, str]) -> None:
    answer = stedi.get(path, params=parameters)
    assert answer.status_code == 400
    assert answer.json()["code"] == "BAD_REQUEST"


def test_a_token_belongs_to_its_question(five: httpx.Client) -> None:
    asked = {"transactionSetId": "850", "pageSize": "1"}
    token = five.get("/transactions", params=asked).json()["nextPageToken"]
    for repeat in ({"pageToken": token}, {**asked, "pageToken": token}):
        assert five.get("/transactions", params=repeat).status_code == 200
    other = {"transactionSetId": "855", "pageToken": token}
    assert five.get("/transactions", params=other).status_code == 400


def test_polling(stedi_simulator: StediSimulator, five: httpx.Client) -> None:
    start = stedi_simulator.transactions[1].processed_at  # of PO-1: what came after it is asked for
    first = five.get("/polling/transactions", params={"startDateTime": instant(start), "pageSize": 2}).json()
    assert numbers(first["items"]) == ["PO-2", "PO-3"]
    last = five.get("/polling/transactions", params={"pageToken": first["nextPageToken"]}).json()
    assert numbers(last["items"]) == ["PO-4"]
    assert "nextPageToken" not in last


def test_polling_where_every_page_has_a_token(stedi_simulator: StediSimulator, five: httpx.Client) -> None:
    stedi_simulator.rules.poll_token_when_empty = True
    start = instant(stedi_simulator.time.now() - timedelta(hours=1))
    page = five.get("/polling/transactions", params={"startDateTime": start}).json()
    assert len(page["items"]) == 5
    empty = five.get("/polling/transactions", params={"pageToken": page["nextPageToken"]}).json()
    assert (empty["items"], empty["nextPageToken"]) == ([], page["nextPageToken"])
    send(five, guide("PO-5"), key="k5")
    more = five.get("/polling/transactions", params={"pageToken": page["nextPageToken"]}).json()
    assert numbers(more["items"]) == ["PO-5"]


def test_documents_are_fetched_from_another_origin(
    stedi_simulator: StediSimulator, stedi: httpx.Client
) -> None:
    send(stedi)
    transaction = stedi_simulator.transactions[0]
    answer = stedi.get(f"/transactions/{transaction.id}/output")
    assert answer.status_code == 302
    url = answer.headers["location"]
    assert answer.json() == {"documentDownloadUrl": url}
    assert urlsplit(url).netloc != urlsplit(stedi_simulator.url).netloc
    document = httpx.get(url)
    assert document.headers["content-type"] == "application/edi-x12"
    assert document.text == stedi_simulator.sent[0].x12
    posted = httpx.get(stedi.get(f"/transactions/{transaction.id}/input-url").json()["documentDownloadUrl"])
    assert posted.json() == guide()
    file = stedi.get(f"/executions/{transaction.execution_id}/output-url").json()["documentDownloadUrl"]
    assert httpx.get(file).text == document.text
    assert stedi.get(f"/executions/{transaction.execution_id}/input-url").status_code == 404
    artifacts = stedi.get(f"/transactions/{transaction.id}").json()["artifacts"]
    assert [artifact["url"].rpartition("/")[2] for artifact in artifacts] == ["input", "output"]


def test_the_storage_refuses_credentials_strangers_and_late_comers(
    stedi_simulator: StediSimulator, stedi: httpx.Client
) -> None:
    send(stedi)
    path = f"/transactions/{stedi_simulator.transactions[0].id}/output"
    url = stedi.get(path).headers["location"]
    assert stedi_simulator.leaked_authorizations == 0
    leaked = httpx.get(url, headers={"Authorization": stedi_simulator.api_key})
    assert (leaked.status_code, stedi_simulator.leaked_authorizations) == (400, 1)
    assert "Only one auth mechanism" in leaked.text
    assert httpx.get(url[:-1] + "x").status_code == 403
    stedi_simulator.advance(3599)
    assert httpx.get(url).status_code == 200
    stedi_simulator.advance(1)
    assert httpx.get(url).status_code == 403


@pytest.mark.parametrize(
    "path", ["/transactions/x", "/executions/x", "/transactions/x/output", "/executions/x/faults"]
)
def test_what_is_not_there(stedi: httpx.Client, path: str) -> None:
    assert stedi.get(path).status_code == 404
