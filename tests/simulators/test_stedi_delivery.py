"""Files on their way to a supplier: attempts, failures, retries by hand, and what the API tells of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from mlconnector_sdk.errors import NotFound, RequestRefused
from mlconnector_sdk.simulators import StediSimulator
from mlconnector_sdk.simulators.stedi.records import instant
from tests.simulators.conftest import Receiver, guide, send
from tests.simulators.test_stedi_inbound import ANSWER


def execution_of(stedi: httpx.Client, answer: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = stedi.get(f"/executions/{answer.json()['fileExecutionId']}").json()
    return found


def kinds(receiver: Receiver) -> list[str]:
    return [body["event"]["detail-type"] for body in receiver.bodies]


def watch(stedi_simulator: StediSimulator, receiver: Receiver) -> None:
    files = ("file.processed.v2", "file.delivered.v2", "file.failed.v2")
    stedi_simulator.webhook(receiver.url, kinds=("transaction.processed.v2", *files))


def test_delivery_takes_time(
    stedi_simulator: StediSimulator, stedi: httpx.Client, receiver: Receiver
) -> None:
    watch(stedi_simulator, receiver)
    stedi_simulator.transport("me_acme").takes(90)
    answer = send(stedi, filename="PO-1.edi")
    stedi_simulator.deliver_webhooks()
    assert kinds(receiver) == ["transaction.processed.v2", "file.processed.v2"]
    waiting = execution_of(stedi, answer)
    assert (waiting["status"], waiting["deliveryReports"]) == ("IN_PROGRESS", [])
    assert stedi_simulator.partnership("me_acme").files == {}
    assert stedi_simulator.supplier("me_acme").orders == {}
    stedi_simulator.advance(89)
    assert execution_of(stedi, answer)["status"] == "IN_PROGRESS"
    stedi_simulator.advance(1)
    there = execution_of(stedi, answer)
    assert (there["status"], there["mode"], there["retryable"]) == ("COMPLETED", "production", False)
    assert (there["createdAt"], there["updatedAt"]) == (
        "2026-03-02T08:00:00.000Z",
        "2026-03-02T08:01:30.000Z",
    )
    (report,) = there["deliveryReports"]
    assert (report["status"], report["attempt"], report["filename"]) == ("DELIVERED", 1, "PO-1.edi")
    assert set(stedi_simulator.partnership("me_acme").files) == {"PO-1.edi"}
    assert set(stedi_simulator.supplier("me_acme").orders) == {"PO-1"}
    assert kinds(receiver)[2:] == ["file.delivered.v2"]
    detail = receiver.bodies[2]["event"]["detail"]
    assert detail["fileExecutionId"] == answer.json()["fileExecutionId"]
    assert detail["delivery"]["status"] == "DELIVERED"
    assert detail["partnership"]["partnershipId"] == "me_acme"
    assert detail["connection"]["connectionType"] == "STEDI_FTP"
    processed = receiver.bodies[0]["event"]["detail"]
    assert processed["direction"] == "OUTBOUND"
    assert processed["x12"]["metadata"]["interchange"]["controlNumber"] == 1
    assert processed["x12"]["metadata"]["functionalGroup"]["controlNumber"] == 1
    assert processed["x12"]["metadata"]["transaction"]["controlNumber"] == "0001"


def test_a_second_attempt_succeeds(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    stedi_simulator.transport("me_acme").fails(attempts=1, message="no route to host")
    answer = send(stedi)
    assert execution_of(stedi, answer)["status"] == "IN_PROGRESS"
    stedi_simulator.advance(359)
    assert execution_of(stedi, answer)["status"] == "IN_PROGRESS"
    stedi_simulator.advance(1)
    there = execution_of(stedi, answer)
    assert there["status"] == "COMPLETED"
    assert [(it["status"], it["attempt"]) for it in there["deliveryReports"]] == [
        ("FAILED", 1),
        ("DELIVERED", 2),
    ]
    assert there["deliveryReports"][0]["message"] == "no route to host"
    assert len(stedi_simulator.supplier("me_acme").received) == 1


def test_three_attempts_six_minutes_apart_then_it_has_failed(
    stedi_simulator: StediSimulator, stedi: httpx.Client, receiver: Receiver
) -> None:
    watch(stedi_simulator, receiver)
    stedi_simulator.transport("me_acme").fails()
    answer = send(stedi, filename="PO-1.edi")
    stedi_simulator.advance(719)
    assert execution_of(stedi, answer)["status"] == "IN_PROGRESS"
    stedi_simulator.advance(1)
    failed = execution_of(stedi, answer)
    assert (failed["status"], failed["faultCode"], failed["faultCount"]) == ("FAILED", "DELIVERY_FAILURE", 1)
    assert (failed["faultMessage"], failed["retryable"]) == ("the connection was refused", True)
    assert [it["createdAt"][11:16] for it in failed["deliveryReports"]] == ["08:00", "08:06", "08:12"]
    (fault,) = stedi.get(f"/executions/{failed['executionId']}/faults").json()["items"]
    assert (fault["faultCode"], fault["executionId"]) == ("DELIVERY_FAILURE", failed["executionId"])
    assert kinds(receiver) == ["transaction.processed.v2", "file.processed.v2", "file.failed.v2"]
    detail = receiver.bodies[2]["event"]["detail"]
    assert detail["errors"] == [{"faultCode": "DELIVERY_FAILURE", "message": "the connection was refused"}]
    assert (detail["direction"], detail["source"]) == ("OUTBOUND", {"name": "PO-1.edi"})
    assert stedi_simulator.partnership("me_acme").files == {}
    assert stedi_simulator.supplier("me_acme").received == []
    assert len(stedi_simulator.sent) == 1
    stedi_simulator.advance(86_400)
    assert len(execution_of(stedi, answer)["deliveryReports"]) == 3


def fail(stedi_simulator: StediSimulator, stedi: httpx.Client, number: str = "PO-1") -> str:
    stedi_simulator.transport("me_acme").fails()
    answer = send(stedi, guide(number), key=f"k-{number}", filename=f"{number}.edi")
    stedi_simulator.advance(720)
    return str(answer.json()["fileExecutionId"])


def test_a_retry_by_hand_makes_a_child(
    stedi_simulator: StediSimulator, stedi: httpx.Client, receiver: Receiver
) -> None:
    parent_id = fail(stedi_simulator, stedi)
    watch(stedi_simulator, receiver)
    stedi_simulator.transport("me_acme").recovers()
    child = stedi_simulator.retry(parent_id)
    parent = stedi.get(f"/executions/{parent_id}").json()
    assert (parent["status"], parent["childExecutionId"], parent["retryable"]) == ("RETRIED", child.id, False)
    told = stedi.get(f"/executions/{child.id}").json()
    assert (told["status"], told["parentExecutionId"]) == ("COMPLETED", parent_id)
    assert stedi_simulator.partnership("me_acme").files["PO-1.edi"] == stedi_simulator.sent[0].x12
    stedi_simulator.deliver_webhooks()
    assert [
        (body["event"]["detail-type"], body["event"]["detail"]["fileExecutionId"]) for body in receiver.bodies
    ] == [("file.delivered.v2", child.id)]
    ids = [
        [it["transactionId"] for it in stedi.get(f"/executions/{one}/transactions").json()["items"]]
        for one in (parent_id, child.id)
    ]
    assert ids[0] == ids[1] == [stedi_simulator.transactions[0].id]
    for again in (parent_id, child.id):
        with pytest.raises(RequestRefused, match="cannot be retried"):
            stedi_simulator.retry(again)
    with pytest.raises(NotFound):
        stedi_simulator.retry("nothing")


def test_a_retry_may_fail_too_and_be_retried(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    parent_id = fail(stedi_simulator, stedi)
    child = stedi_simulator.retry(parent_id)
    stedi_simulator.advance(720)
    assert (child.status, [it["attempt"] for it in child.reports]) == ("FAILED", [1, 2, 3])
    stedi_simulator.transport("me_acme").recovers()
    assert stedi_simulator.retry(child.id).status == "COMPLETED"


def test_retries_over_the_api(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    ids = [fail(stedi_simulator, stedi, number) for number in ("PO-1", "PO-2", "PO-3")]
    stedi_simulator.transport("me_acme").recovers()

    def retry(**condition: Any) -> int:
        return stedi.post("/executions/retry", json={"condition": condition}).status_code

    def statuses() -> list[str]:
        return [stedi.get(f"/executions/{one}").json()["status"] for one in ids]

    assert retry(executionIds=[ids[1]]) == 200
    assert statuses() == ["FAILED", "RETRIED", "FAILED"]
    assert retry(executionIds=[ids[1]]) == 200, "there is nothing left to retry"
    assert retry(faultCode="DELIVERY_FAILURE", direction="INBOUND") == 200
    assert statuses() == ["FAILED", "RETRIED", "FAILED"]
    assert retry(status="FAILED", partnershipId="me_acme") == 200
    assert statuses() == ["RETRIED"] * 3
    assert len(stedi_simulator.supplier("me_acme").received) == 3
    refused: list[dict[str, Any]]
    refused = [{}, {"ids": []}, {"executionIds": "x"}, {"status": 1}, {"status": "BROKEN"}]
    for bad in refused:
        assert retry(**bad) == 400
    assert (
        stedi.post("/executions/retry", json={"condition": {"status": "FAILED"}, "x": 1}).status_code == 400
    )


def test_what_came_in_is_translated_again(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    settings = stedi_simulator.partnership("me_acme").settings
    setting = settings.pop("855")
    execution = stedi_simulator.drop(ANSWER)
    assert execution.status == "FAILED"
    settings["855"] = setting
    child = stedi_simulator.retry(execution.id)
    assert (child.status, child.parent_id, execution.status) == ("COMPLETED", execution.id, "RETRIED")
    assert len(child.transactions) == 1


def test_executions_are_polled_when_they_are_done(
    stedi_simulator: StediSimulator, stedi: httpx.Client
) -> None:
    start = instant(stedi_simulator.time.now() - timedelta(hours=1))
    fail(stedi_simulator, stedi, "late")  # 12 minutes
    stedi_simulator.transport("me_acme").recovers()
    stedi_simulator.transport("me_acme").takes(60)
    send(stedi, guide("slow"), key="slow", filename="slow.edi")
    stedi_simulator.drop(ANSWER, filename="answer.edi")

    def poll(**asked: Any) -> Any:
        return stedi.get("/polling/executions", params=asked).json()

    def names(page: Any) -> list[str]:
        return [item["source"]["name"] for item in page["items"]]

    first = poll(startDateTime=start, pageSize=1)
    assert names(first) == ["late.edi"]
    second = poll(pageToken=first["nextPageToken"])
    assert names(second) == ["answer.edi"], "the slow one is on its way"
    assert "nextPageToken" not in second
    stedi_simulator.advance(60)
    assert names(poll(startDateTime=start)) == ["late.edi", "answer.edi", "slow.edi"]
    after = instant(stedi_simulator.executions[0].updated_at)
    stedi_simulator.advance(60)
    assert names(poll(startDateTime=after)) == ["slow.edi"], "processed after it, not at it"
    assert stedi.get("/polling/executions").status_code == 400
    stedi_simulator.rules.poll_token_when_empty = True
    empty = poll(pageToken=poll(startDateTime=start)["nextPageToken"])
    assert empty["items"] == []
    assert "nextPageToken" in empty


def test_executions_are_filtered(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    fail(stedi_simulator, stedi)
    stedi_simulator.drop(ANSWER)

    def found(**filters: str) -> list[str]:
        items = stedi.get("/executions", params=filters).json()["items"]
        return [item["direction"] for item in items]

    assert found(status="FAILED") == found(faultCode="DELIVERY_FAILURE") == ["OUTBOUND"]
    assert found(status="COMPLETED", partnershipId="me_acme") == ["INBOUND"]
    middle = instant(stedi_simulator.time.now() - timedelta(seconds=1))
    assert found(**{"from": middle}) == ["INBOUND"]
    assert found(to=middle) == ["OUTBOUND"]
    assert stedi.get("/executions", params={"status": "succeeded"}).status_code == 400
    assert stedi.get("/transactions", params={"status": "FAILED"}).status_code == 400


def test_another_process_scripts_it_too() -> None:
    with StediSimulator(admin=True) as network:

        def ask(command: str, **arguments: Any) -> Any:
            answer = httpx.post(f"{network.origin}/_sim/{command}", json=arguments)
            assert answer.status_code == 200, answer.text
            return answer.json()

        ask("add_partnership", id="me_acme", sender="me", receiver="acme")
        ask("fails", partnership="me_acme", attempts=3)
        ask("acknowledges", partnership="me_acme", delay=5)
        ask("rejects", partnership="me_acme", sets=["860"])
        with httpx.Client(base_url=network.url, headers={"Authorization": network.api_key}) as stedi:
            execution_id = send(stedi).json()["fileExecutionId"]
            ask("advance", seconds=720)
            assert ask("orders", partnership="me_acme") == {}
            assert ask("retry", execution_id=execution_id)["status"] == "COMPLETED"
            send(stedi, guide(quantity=9), key="again")
        assert ask("orders", partnership="me_acme")["PO-1"]["lines"]["10"]["quantity"] == 24
        assert "doubled" in ask("objections", partnership="me_acme")[0]["sentence"]
        promises = [{"code": "IQ", "quantity": 18, "ship": "2026-04-01"}]
        ask("acknowledge", partnership="me_acme", number="PO-1", lines={"10": promises})
        ask("advance", seconds=5)
        assert [it.set_id for it in network.transactions] == ["850", "850", "855", "997", "997"]
