"""Sending an 850 through the simulated Stedi: keys, refusals, files."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.simulators import LoseAnswer, SlowWork, StediSimulator
from mlconnector_sdk.simulators.stedi.envelope import Address
from mlconnector_sdk.simulators.stedi.partnerships import Profile
from tests.simulators.conftest import eventually, guide, send


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert set(answer.json()) <= {"message", "code"}
    return answer.status_code, answer.json()["message"]


def test_an_order_is_delivered(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    answer = send(stedi, filename="PO-1-r1.edi")
    assert answer.status_code == 200
    assert "idempotent-replayed" not in answer.headers
    (sent,) = stedi_simulator.sent
    assert (sent.number, sent.partnership, sent.key, sent.control_number) == ("PO-1", "me_acme", "k-1", 1)
    assert "BEG*00*SA*PO-1**20260302~PO1*10*24*EA*3.15**BP*WB-100~" in sent.x12
    assert "*ZZ*ME             *ZZ*ACME           *260302*0800*U*00401*000000001*0*P*>~" in sent.x12
    assert stedi_simulator.partnership("me_acme").files == {"PO-1-r1.edi": sent.x12}
    execution = stedi.get(f"/executions/{answer.json()['fileExecutionId']}").json()
    assert (execution["status"], execution["source"]["name"]) == ("COMPLETED", "PO-1-r1.edi")
    # documented as reserved and not supported
    assert stedi.get(f"/transactions/{answer.json()['transactionId']}").status_code == 404


@pytest.mark.parametrize(("scheme", "status"), [("", 200), ("Key ", 200), ("Bearer ", 401), ("key", 401)])
def test_the_key_is_sent_bare_or_with_its_scheme(
    stedi_simulator: StediSimulator, stedi: httpx.Client, scheme: str, status: int
) -> None:
    headers = {"Authorization": scheme + stedi_simulator.api_key}
    assert stedi.get("/transactions", headers=headers).status_code == status


def test_keys_are_rotated_and_revoked(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    stedi_simulator.add_key("second")
    assert stedi.get("/transactions").status_code == 200
    assert stedi.get("/transactions", headers={"Authorization": "second"}).status_code == 200
    stedi_simulator.revoke_key(stedi_simulator.api_key)
    assert refusal(stedi.get("/transactions"))[0] == 401
    assert refusal(send(stedi))[0] == 401


def test_an_idempotency_key_is_required(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    assert refusal(send(stedi, key=None)) == (400, "the header Idempotency-Key is required")
    assert refusal(send(stedi, key="k" * 256))[0] == 400
    assert stedi_simulator.sent == []
    stedi_simulator.rules.key_required = False
    assert send(stedi, key=None).status_code == 200


def test_a_repeat_gets_the_first_answer(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    first = send(stedi)
    stedi_simulator.advance(86_399)
    again = send(stedi)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()
    assert len(stedi_simulator.sent) == 1
    stedi_simulator.advance(1)
    late = send(stedi)
    assert "idempotent-replayed" not in late.headers
    assert len(stedi_simulator.sent) == 2


def test_a_key_belongs_to_one_request(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    stedi_simulator.add_partnership("me_other", sender="me", receiver="other")
    send(stedi)
    assert refusal(send(stedi, guide("PO-2")))[0] == 422
    elsewhere = "/partnerships/me_other/transactions/me_other-850"
    assert refusal(send(stedi, path=elsewhere))[0] == 422
    assert len(stedi_simulator.sent) == 1


def test_a_refusal_is_not_remembered(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    assert refusal(send(stedi, guide(colour="red")))[0] == 400
    assert send(stedi).status_code == 200


def test_a_lost_answer_is_replayed(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    stedi_simulator.faults.add(LoseAnswer(), method="POST")
    with pytest.raises(httpx.ReadError):
        send(stedi)
    assert len(stedi_simulator.sent) == 1
    again = send(stedi)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json()["fileExecutionId"] == stedi_simulator.sent[0].execution_id
    assert len(stedi_simulator.sent) == 1


def test_a_request_that_still_runs(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    stedi_simulator.faults.add(SlowWork(0.3), method="POST")
    slow: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: slow.append(send(stedi)))
    thread.start()
    eventually(lambda: "k-1" in stedi_simulator._account.ledger._uses)  # it is at work
    busy = send(stedi)
    assert refusal(busy) == (409, "a request with this Idempotency-Key is still running")
    assert busy.headers["retry-after"] == "1"
    assert set(busy.json()) == {"message"}
    thread.join()
    assert slow[0].status_code == 200
    assert send(stedi).headers["idempotent-replayed"] == "true"
    assert len(stedi_simulator.sent) == 1


def test_a_client_that_gives_up_still_caused_the_effect(
    stedi_simulator: StediSimulator, stedi: httpx.Client
) -> None:
    stedi_simulator.faults.add(SlowWork(0.15), method="POST")
    with pytest.raises(httpx.ReadTimeout), httpx.Client(timeout=httpx.Timeout(10, read=0.05)) as hasty:
        hasty.base_url = stedi.base_url
        hasty.headers = stedi.headers
        send(hasty)
    eventually(lambda: "k-1" in stedi_simulator._account.ledger._uses)  # it is at work
    eventually(lambda: send(stedi).status_code != 409)
    answer = send(stedi)
    assert answer.headers["idempotent-replayed"] == "true"
    assert len(stedi_simulator.sent) == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/partnerships/nobody/transactions/me_acme-850", 404),
        ("/partnerships/me_acme/transactions/other", 404),
        ("/partnerships/me_acme/transactions/me_acme-855", 404),
        ("/partnerships/me%20acme/transactions/me_acme-850", 400),
        ("/partnerships/me_acme/transactions/me.acme", 400),
        ("/x12/partnerships/me_acme/transactions/me_acme-850", 404),
    ],
)
def test_unknown_addresses(stedi: httpx.Client, path: str, status: int) -> None:
    assert refusal(send(stedi, path=path))[0] == status


def test_the_address_is_checked_before_the_content(
    stedi_simulator: StediSimulator, stedi: httpx.Client
) -> None:
    path = "/partnerships/me_acme/transactions/me_acme-850"
    assert stedi.post(path, content=b"{}", headers={"Idempotency-Key": "probe"}).status_code == 400
    assert (
        stedi.post(path.replace("850", "999"), content=b"{}", headers={"Idempotency-Key": "p"}).status_code
        == 404
    )
    assert stedi_simulator.sent == []


def test_a_path_for_another_method_is_forbidden(stedi: httpx.Client) -> None:
    answer = stedi.get("/partnerships/me_acme/transactions/me_acme-850")
    assert (answer.status_code, answer.json()["code"]) == (403, "ACCESS_DENIED")
    assert stedi.get("/nowhere").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"filename": "PO 1.edi"}, 400),
        ({"filename": ""}, 400),
        ({"filename": "x" * 301}, 400),
        ({"filename": "PO-1_r*.('edi')!"}, 200),
        ({"fileName": "x"}, 400),
        ({"mappingId": "m-1"}, 404),
        ({"fragmentGroupIds": ["f-1"]}, 404),
        ({"characterSet": "Latin"}, 400),
        ({"characterSet": "Basic"}, 200),
        ({"repairOptions": {"uppercase": "yes"}}, 400),
        ({"repairOptions": {"shout": True}}, 400),
        ({"repairOptions": {"uppercase": True}}, 200),
        ({"repairOptions": {"replaceConfusable": True}}, 400),
        ({"interchangeOverrides": {"interchangeUsageIndicator": "X"}}, 400),
        ({"interchangeOverrides": {"usage": "T"}}, 400),
        ({"interchangeOverrides": {"delimiters": {"element": "|"}}}, 400),
        (
            {
                "interchangeOverrides": {
                    "delimiters": {"element": "|", "composite": "|", "repetition": "^", "segment": "~"}
                }
            },
            400,
        ),
    ],
)
def test_the_rest_of_the_request(stedi: httpx.Client, body: dict[str, Any], status: int) -> None:
    assert send(stedi, **body).status_code == status


def test_a_body_that_is_no_request(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    path = "/partnerships/me_acme/transactions/me_acme-850"
    stedi_simulator.rules.largest_transaction = 1000
    for content in (b"", b"[]", b"{", b'{"transaction":{},"transaction":{}}', b"x" * 1001, b"\xff"):
        assert stedi.post(path, content=content, headers={"Idempotency-Key": "k"}).status_code == 400


def test_overrides_and_repairs_reach_the_file(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    overrides = {
        "interchangeUsageIndicator": "T",
        "acknowledgmentRequestedCode": "1",
        "delimiters": {"element": "|", "composite": ":", "repetition": "^", "segment": "!"},
    }
    send(
        stedi,
        guide(product_service_id_07="wé-100  "),
        interchangeOverrides=overrides,
        characterSet="Basic",
        repairOptions={"uppercase": True, "removeDiacritical": True, "trimTrailingSpaces": True},
    )
    text = stedi_simulator.sent[0].x12
    assert "|1|T|:!GS|PO|" in text
    assert "|BP|WE-100!" in text
    assert stedi_simulator.transactions[0].mode == "test"
    assert refusal(send(stedi, guide("é"), key="k-2", characterSet="Extended"))[0] == 400


def test_control_numbers_are_kept_per_partnership(
    stedi_simulator: StediSimulator, stedi: httpx.Client
) -> None:
    other = Profile(id="other", address=Address(qualifier="01", id="123456789", application="OTHERAPP"))
    settings = {"850": "01HXSETTING850", "855": "01HXSETTING855"}
    stedi_simulator.add_partnership("me_other", sender="me", receiver=other, settings=settings)
    for n in range(3):
        send(stedi, key=f"a{n}")
    send(stedi, key="b", path="/partnerships/me_other/transactions/01HXSETTING850")
    assert [(s.partnership, s.control_number) for s in stedi_simulator.sent] == [
        ("me_acme", 1),
        ("me_acme", 2),
        ("me_acme", 3),
        ("me_other", 1),
    ]
    assert "*01*123456789      *" in stedi_simulator.sent[3].x12
    assert "GS*PO*ME*OTHERAPP*" in stedi_simulator.sent[3].x12
    stedi_simulator.partnership("me_other").sent_files = 999_999_999
    send(stedi, key="c", path="/partnerships/me_other/transactions/01HXSETTING850")
    assert stedi_simulator.sent[4].control_number == 1


def test_a_file_of_the_same_name_is_overwritten(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    send(stedi, filename="orders.edi")
    send(stedi, guide("PO-2"), key="k-2", filename="orders.edi")
    assert len(stedi_simulator.sent) == 2
    (left,) = stedi_simulator.partnership("me_acme").files.values()
    assert "PO-2" in left


def test_a_rate_limit_per_endpoint(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    stedi_simulator.rules.requests_per_second = 2
    statuses = [stedi.get("/transactions").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert stedi.get("/transactions").json()["code"] == "TOO_MANY_REQUESTS"
    assert stedi.get("/executions").status_code == 200
    stedi_simulator.advance(1)
    assert stedi.get("/transactions").status_code == 200


@pytest.mark.parametrize(
    "partnership",
    [
        {"id": "me acme"},
        {"id": "me_acme"},
        {"id": "x", "release": "003040"},
        {"id": "x", "settings": {"820": "s"}},
        {"id": "x", "settings": {"850": "not valid"}},
    ],
)
def test_partnerships_that_cannot_be(
    stedi_simulator: StediSimulator, stedi: httpx.Client, partnership: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError):
        stedi_simulator.add_partnership(sender="me", receiver="acme", **partnership)
