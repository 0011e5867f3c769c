"""Stedi's webhooks: who is let in, and what becomes of a body."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.adapters.stedi.events import ProcessedFile, ProcessedTransaction, read_event
from mlconnector_sdk.adapters.stedi.webhooks import ALL_SOURCES, StediWebhook
from mlconnector_sdk.errors import ConfigurationError, UnreadableAnswer, WebhookRefused
from mlconnector_sdk.records import Event
from mlconnector_sdk.secret import Secret

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
HOOK = StediWebhook(secret=Secret("k-123"), header="X-Api-Key")
HEADERS = {"x-api-key": "k-123"}
GUIDE = {"heading": {"transaction_set_header_ST": {"transaction_set_identifier_code_01": "855"}}}


def event(**changes: Any) -> dict[str, Any]:
    detail = {
        "transactionId": "t-1",
        "direction": "INBOUND",
        "mode": "production",
        "fileExecutionId": "e-1",
        "processedAt": "2026-03-03T10:00:00.000Z",
        "fragments": None,
        "artifacts": [{"artifactType": "application/json", "usage": "output", "sizeBytes": 812}],
        "partnership": {"partnershipId": "me_acme", "partnershipType": "x12"},
        "x12": {
            "metadata": {
                "interchange": {"controlNumber": 12},
                "transaction": {"controlNumber": "0001", "transactionSetIdentifier": "855"},
            }
        },
    }
    detail.update(changes)
    return {
        "version": "0",
        "id": "evt-1",
        "detail-type": "transaction.processed.v2",
        "source": "stedi.core",
        "time": "2026-03-03T10:00:00Z",
        "detail": detail,
    }


def file_event(kind: str, **changes: Any) -> dict[str, Any]:
    detail = {"fileExecutionId": "e-1", "processedAt": "2026-03-03T10:00:00.000Z", **changes}
    return {"version": "0", "id": "evt-2", "detail-type": kind, "detail": detail}


def artifact(**changes: Any) -> dict[str, Any]:
    return {"usage": "output", "attachedReason": "WITHIN_SIZE_LIMIT", "detail": GUIDE, **changes}


def body(content: Any) -> bytes:
    return json.dumps(content).encode()


def parsed(content: Any, hook: StediWebhook = HOOK) -> tuple[Event, ...]:
    return hook.parse(HEADERS, body(content), received_at=NOW)


@pytest.mark.parametrize(
    ("content", "document"),
    [
        ({"event": event(), "artifact": artifact()}, GUIDE),
        ({"event": event(), "artifact": artifact(attachedReason="SIZE_LIMIT_EXCEEDED", detail=None)}, None),
        ({"event": event(), "artifact": artifact(usage="input")}, None),
        ({"event": event()}, None),
        (event(), None),
    ],
)
def test_the_three_shapes(content: Any, document: Any) -> None:
    raw = body(content)
    assert HOOK.parse(HEADERS, raw, received_at=NOW) == (
        Event(source="stedi.transactions", event_id="evt-1", body=raw, received_at=NOW),
    )
    found = read_event(raw)
    assert isinstance(found, ProcessedTransaction)
    assert (found.event_id, found.transaction.id) == ("evt-1", "t-1")
    assert found.transaction.partnership_id == "me_acme"
    assert found.transaction.transaction_set == "855"
    assert (json.loads(found.document) if found.document else None) == document


@pytest.mark.parametrize(
    "content",
    [
        event(direction=None),
        event(mode="test"),
        event(mode="test", direction="OUTBOUND"),
        event(x12={"metadata": {"transaction": {"transactionSetIdentifier": "864"}}}),
        event(x12=None),
        file_event("file.delivered.v2", direction="INBOUND"),
        file_event("file.processed.v2"),
        {"event": {**event(), "detail-type": "fragment.processed.v2"}},
    ],
)
def test_what_is_of_no_interest_becomes_no_event(content: Any) -> None:
    assert parsed(content) == ()


def test_one_body_may_interest_several_sources() -> None:
    hook = StediWebhook(
        secret=Secret("k-123"),
        header="x-api-key",
        sources={"a": ("855", "865"), "b": ("997",), "c": ("855",)},
        mode="",
    )
    assert [each.source for each in parsed(event(mode="test"), hook)] == ["a", "c"]


@pytest.mark.parametrize(
    ("content", "source"),
    [
        (event(), "stedi.transactions"),
        (
            event(x12={"metadata": {"transaction": {"transactionSetIdentifier": "997"}}}),
            "stedi.functional_acknowledgments",
        ),
        (event(direction="OUTBOUND"), "stedi.outbound"),
        (file_event("file.delivered.v2"), "stedi.files"),
        (file_event("file.failed.v2", direction="OUTBOUND"), "stedi.files"),
        (file_event("file.failed.v2"), "stedi.files"),
        (file_event("file.failed.v2", direction="INBOUND"), "stedi.failed_files"),
    ],
)
def test_one_endpoint_feeds_every_source(content: Any, source: str) -> None:
    (told,) = parsed(content)
    assert told.source == source
    assert told.event_id == content["id"]
    assert source in ALL_SOURCES
    only_855 = StediWebhook(
        secret=Secret("k-123"), header="x-api-key", sources={"stedi.transactions": ("855",)}
    )
    assert bool(parsed(content, only_855)) is (source == "stedi.transactions")


@pytest.mark.parametrize("interest", ["8555", "outbound ", "", "FILES"])
def test_a_source_that_wants_what_there_is_not_is_refused(interest: str) -> None:
    with pytest.raises(ConfigurationError, match="no webhook") as caught:
        StediWebhook(secret=Secret("a"), sources={"a": (interest,)})
    assert "'files'" in caught.value.remedy


@pytest.mark.parametrize(
    ("kind", "status"), [("file.delivered.v2", "COMPLETED"), ("file.failed.v2", "FAILED")]
)
def test_what_is_told_of_a_file(kind: str, status: str) -> None:
    found = read_event(body({"event": file_event(kind, source={"name": "a.edi"})}))
    assert isinstance(found, ProcessedFile)
    assert (found.event_id, found.status) == ("evt-2", status)
    assert (found.result.execution_id, found.result.processed_at) == ("e-1", NOW)
    assert found.result.raw


@pytest.mark.parametrize(
    ("headers", "word"),
    [
        ({}, "missing"),
        ({"x-api-key": ""}, "missing"),
        ({"x-api-key": "k-124"}, "wrong"),
        ({"x-api-key": "k-123 "}, "wrong"),
        ({"x-api-key": "ключ\udcff"}, "wrong"),
        ({"authorization": "k-123"}, "missing"),
    ],
)
def test_a_forged_webhook_is_refused_and_the_secret_not_told(headers: dict[str, str], word: str) -> None:
    with pytest.raises(WebhookRefused, match=word) as caught:
        HOOK.parse(headers, body(event()), received_at=NOW)
    assert caught.value.status == 401
    assert "k-12" not in str(caught.value) + repr(HOOK)


def test_basic_credentials() -> None:
    hook = StediWebhook.basic("stedi", Secret("p:w"))
    good = "Basic " + b64encode(b"stedi:p:w").decode()
    assert hook.parse({"authorization": good}, body(event()), received_at=NOW)
    with pytest.raises(WebhookRefused):
        hook.parse({"authorization": good[:-1]}, body(event()), received_at=NOW)
    assert "p:w" not in repr(hook)


def test_both_secrets_are_taken_while_one_is_being_replaced() -> None:
    hook = StediWebhook(secret=Secret("new"), previous=Secret("old"), header="x-api-key")
    for value in ("new", "old"):
        assert hook.parse({"x-api-key": value}, body(event()), received_at=NOW)


@pytest.mark.parametrize("empty", [{"secret": Secret("")}, {"secret": Secret("a"), "previous": Secret("")}])
def test_an_empty_secret_is_no_secret(empty: dict[str, Secret]) -> None:
    with pytest.raises(ConfigurationError, match="forgery"):
        StediWebhook(**empty)  # type: ignore[arg-type]  # chosen by the parameters
    with pytest.raises(ConfigurationError, match="forgery"):
        StediWebhook.basic("user", Secret(""))


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"null", 400),
        (b"[]", 400),
        (b"not json", 400),
        (b"\xff\xfe", 400),
        (b"{}", 400),
        (b'{"event":[]}', 400),
        (b'{"event":{"detail-type":5}}', 400),
        (body({**event(), "id": ""}), 400),
        (body({**event(), "id": 7}), 400),
        (body({**event(), "detail": None}), 400),
        (body(event(transactionId=None)), 400),
        (body(file_event("file.failed.v2", fileExecutionId=None)), 400),
        (body(file_event("file.delivered.v2", processedAt="yesterday")), 400),
        (body(event(processedAt="yesterday")), 400),
        (b'{"id":"a","id":"b","detail-type":"transaction.processed.v2"}', 400),
        (b"[" * 100_000, 413),
        (b" " * (2 * 1024 * 1024 + 1), 413),
    ],
)
def test_a_body_that_is_no_event_is_refused(raw: bytes, status: int) -> None:
    with pytest.raises(WebhookRefused) as caught:
        HOOK.parse(HEADERS, raw, received_at=NOW)
    assert caught.value.status == status


def test_the_place_of_the_mistake_is_named() -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        read_event(body({"event": event(processedAt="yesterday")}))
    assert caught.value.path == "event.detail.processedAt"


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_refused_or_ignored_never_an_accident(raw: bytes) -> None:
    try:
        assert HOOK.parse(HEADERS, raw, received_at=NOW) == ()
    except WebhookRefused as refused:
        assert refused.status in (400, 413)
