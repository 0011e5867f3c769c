"""Stedi's endpoints: the requests they make, and what comes back over a real socket."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from attrs import evolve

from mlconnector_sdk.adapters.stedi import (
    AsyncStedi,
    Execution,
    Executions,
    Stedi,
    StediSettings,
    Submission,
    Transaction,
    Transactions,
    stedi_profile,
)
from mlconnector_sdk.adapters.stedi.executions import poll_call
from mlconnector_sdk.adapters.stedi.listing import LISTING, POLLING, listing_call
from mlconnector_sdk.core.access import Status
from mlconnector_sdk.core.answers import Answer
from mlconnector_sdk.core.call import Call, Content
from mlconnector_sdk.errors import (
    AuthenticationFailed,
    ConfigurationError,
    InvalidDocument,
    NotFound,
    PermissionDenied,
    Reached,
    RequestRefused,
    Scope,
    VendorUnavailable,
)
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.simulators import Answer as Fault
from mlconnector_sdk.simulators import LoseAnswer, StediSimulator
from tests.adapters.conftest import stedi_settings
from tests.adapters.stedi.orders import payload

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def order_body(number: str = "PO-7731") -> dict[str, Any]:
    body: dict[str, Any] = json.loads(payload().replace(b"PO-7731", number.encode()))["body"]["transaction"]
    return body


def test_the_requests(stedi: Stedi) -> None:
    transactions, executions = stedi.transactions, stedi.executions
    assert Transactions.create(
        transactions, "me_acme", "01HX", {"heading": {"a_01": 1}}, idempotency_key="k-1", filename="f.edi"
    ) == Call(
        method="POST",
        path="partnerships/me_acme/transactions/01HX",
        answer=Submission,
        body=Content(
            b'{"filename":"f.edi","interchangeOverrides":{"interchangeUsageIndicator":"P"},'
            b'"transaction":{"heading":{"a_01":1}}}'
        ),
        idempotency_key="k-1",
    )
    assert Transactions.get(transactions, "t/1") == Call(
        method="GET", path="transactions/t%2F1", answer=Transaction
    )
    assert Executions.get(executions, "e-1") == Call(method="GET", path="executions/e-1", answer=Execution)


def test_the_request_for_a_listing() -> None:
    call = listing_call("transactions", page_size=7, direction="OUTBOUND", mode=None, **{"from": AT})
    assert (call.path, call.params) == (
        "transactions",
        (("pageSize", "7"), ("direction", "OUTBOUND"), ("from", "2026-03-01T12:30:00Z")),
    )


def page(body: bytes) -> Answer:
    return Answer(status=200, headers={}, body=body)


def test_a_listing_goes_on_with_a_token_in_either_spelling() -> None:
    first = listing_call("transactions", page_size=7, direction="OUTBOUND")
    for name in ("nextPageToken", "next_page_token"):
        assert LISTING.next(page(b'{"items":[],"%s":"t"}' % name.encode()), "", 0) == "t"
    assert LISTING.next(page(b'{"items":[]}'), "", 0) is None
    assert LISTING.turn(first, "t").params == (*first.params, ("pageToken", "t"))


def test_a_poll_goes_on_with_the_token_alone() -> None:
    first = poll_call(AT, page_size=7)
    assert first.params == (("pageSize", "7"), ("startDateTime", "2026-03-01T12:30:00Z"))
    assert POLLING.turn(first, "") == first
    pointer = POLLING.next(page(b'{"items":[{}],"nextPageToken":"a:t"}'), "", 1)
    assert pointer
    assert POLLING.turn(first, pointer).params == (("pageSize", "7"), ("pageToken", "a:t"))
    assert POLLING.next(page(b'{"items":[{}]}'), pointer, 1) is None


def test_a_poll_is_over_when_pages_stay_empty_though_they_hold_a_token() -> None:
    def empty(token: str, pointer: str) -> str | None:
        return POLLING.next(page(b'{"items":[],"nextPageToken":"%s"}' % token.encode()), pointer, 0)

    assert empty("t", "0:t") is None  # the same page for ever
    pointer = empty("a", "")
    for token in ("b", "c"):
        assert pointer
        pointer = empty(token, pointer)
    assert pointer is None  # a new token each time
    assert POLLING.next(page(b'{"items":[{}],"nextPageToken":"d"}'), "2:c", 1) == "0:d"


@pytest.mark.parametrize(
    "wrong",
    [
        {"partnership": "a b"},
        {"partnership": ""},
        {"partnership": "x" * 82},
        {"setting": "a.b"},
        {"idempotency_key": ""},
        {"idempotency_key": "k" * 256},
        {"idempotency_key": "k\n"},
        {"filename": "a/b"},
        {"usage": "X"},
    ],
)
def test_what_stedi_would_refuse_is_not_sent(stedi: Stedi, wrong: dict[str, str]) -> None:
    known: dict[str, Any] = {"partnership": "a", "setting": "b", "idempotency_key": "k"}
    arguments = {**known, **wrong}
    with pytest.raises(InvalidDocument) as caught:
        Transactions.create(stedi.transactions, transaction={}, **arguments)
    assert caught.value.path == next(iter(wrong))


def test_a_time_without_a_zone_and_a_wrong_page_size_are_refused(stedi: Stedi) -> None:
    with pytest.raises(ConfigurationError, match="zone"):
        stedi.transactions.list(since=AT.replace(tzinfo=None))
    with pytest.raises(ConfigurationError, match="1 to 500"):
        stedi.executions.list(page_size=501)


@pytest.fixture
def account(stedi_simulator: StediSimulator) -> StediSimulator:
    stedi_simulator.add_partnership("us_acme", sender="us", receiver="acme")
    return stedi_simulator


def sent(stedi: Stedi, number: str = "PO-7731", key: str = "k-1", **options: str) -> Submission:
    return stedi.transactions.create(
        "us_acme", "us_acme-850", order_body(number), idempotency_key=key, **options
    )


def test_an_order_goes_out_and_can_be_looked_at(account: StediSimulator, stedi: Stedi) -> None:
    submission = sent(stedi, filename="order.edi", usage="T")
    assert submission.execution_id == account.sent[0].execution_id
    assert (account.sent[0].key, account.sent[0].filename) == ("k-1", "order.edi")
    assert stedi.executions.get(submission.execution_id).status == "COMPLETED"
    (transaction,) = stedi.executions.transactions(submission.execution_id)
    assert transaction.id == account.sent[0].transaction_id
    assert (transaction.direction, transaction.mode) == ("OUTBOUND", "test")
    assert (transaction.transaction_set, transaction.setting_id) == ("850", "us_acme-850")
    assert stedi.transactions.get(transaction.id) == transaction
    assert json.loads(stedi.transactions.input(transaction.id)) == order_body()
    assert stedi.transactions.output(transaction.id).startswith(b"ISA*")
    assert account.leaked_authorizations == 0


def test_listings_are_walked_to_their_end(account: StediSimulator, stedi: Stedi) -> None:
    for number in range(7):
        sent(stedi, f"PO-{number}", key=f"k-{number}")
        account.advance(60)
    listed = [each.id for each in stedi.transactions.list(page_size=3)]
    assert listed == [each.transaction_id for each in reversed(account.sent)]
    found = list(stedi.transactions.list(business_identifier="PO-3", partnership="us_acme"))
    assert [each.id for each in found] == [account.sent[3].transaction_id]
    since = account.time.now() - timedelta(seconds=120)
    assert len(list(stedi.transactions.list(since=since))) == 2
    assert len(list(stedi.executions.list(direction="OUTBOUND", page_size=2))) == 7
    assert list(stedi.transactions.list(direction="INBOUND")) == []
    walk = stedi.transactions.list(page_size=3).pages()
    token = next(iter(walk)).resume
    assert [each.id for each in stedi.transactions.list(page_size=3, resume=token)] == listed[3:]


@pytest.mark.parametrize("always", [False, True])
def test_the_poll(account: StediSimulator, stedi: Stedi, always: bool) -> None:
    account.rules.poll_token_when_empty = always
    start = account.time.now() - timedelta(seconds=1)
    for number in range(5):
        sent(stedi, f"PO-{number}", key=f"k-{number}")
    assert list(stedi.polling.transactions(account.time.now())) != []  # moved back to a minute ago
    account.advance(300)
    assert len(list(stedi.polling.transactions(start, page_size=2))) == 5
    assert list(stedi.polling.transactions(account.time.now())) == []


def test_a_repeat_with_the_same_key_has_no_second_effect(account: StediSimulator, stedi: Stedi) -> None:
    account.faults.add(LoseAnswer(), method="POST")
    first = sent(stedi)
    assert sent(stedi) == first
    assert len(account.sent) == 1


def test_a_key_that_was_used_for_another_request_is_a_document_error(
    account: StediSimulator, stedi: Stedi
) -> None:
    sent(stedi)
    with pytest.raises(RequestRefused) as caught:
        sent(stedi, "PO-OTHER")
    assert caught.value.status == 422
    assert caught.value.scope is Scope.DOCUMENT
    assert "idempotency key" in caught.value.remedy
    assert len(account.sent) == 1


def test_a_key_in_progress_is_waited_for(account: StediSimulator, stedi: Stedi) -> None:
    account.faults.add(Fault(409, retry_after=2, body=b'{"message":"in progress"}'), method="POST", times=2)
    before = account.time.now()
    sent(stedi)
    assert account.time.now() - before >= timedelta(seconds=4)
    assert len(account.sent) == 1


def test_an_outage_after_the_order_left_says_that_it_may_have_arrived(
    account: StediSimulator, stedi: Stedi
) -> None:
    account.faults.add(LoseAnswer(), method="POST", times=None)
    with pytest.raises(VendorUnavailable) as caught:
        sent(stedi)
    assert caught.value.reached is Reached.MAYBE


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b'{"message":"bad order","code":"BAD"}', "BAD", "bad order"),
        (b'{"error":"BAD","message":"bad order","errors":[]}', "BAD", "bad order"),
        (b'{"message":"bad order"}', "", "bad order"),
        (b"<html>no</html>", "", ""),
        (b"", "", ""),
    ],
)
def test_error_bodies_of_every_shape(
    account: StediSimulator, stedi: Stedi, body: bytes, code: str, words: str
) -> None:
    account.faults.add(Fault(400, body=body), method="POST")
    with pytest.raises(RequestRefused) as caught:
        sent(stedi)
    assert caught.value.code == code
    assert words in caught.value.message
    assert caught.value.reached is Reached.NO


def test_a_guide_violation_is_a_document_error(account: StediSimulator, stedi: Stedi) -> None:
    with pytest.raises(RequestRefused) as caught:
        stedi.transactions.create("us_acme", "us_acme-850", {"nonsense": 1}, idempotency_key="k")
    assert (caught.value.status, caught.value.scope) == (400, Scope.DOCUMENT)


def test_unknown_partnerships_and_transactions(account: StediSimulator, stedi: Stedi) -> None:
    with pytest.raises(NotFound):
        stedi.transactions.create("nobody", "x", order_body(), idempotency_key="k")
    with pytest.raises(NotFound):
        stedi.transactions.get("no-such-id")
    with pytest.raises(NotFound):
        stedi.transactions.output("no-such-id")


def test_a_revoked_key_is_named(account: StediSimulator, stedi: Stedi) -> None:
    account.revoke_key(account.api_key)
    with pytest.raises(AuthenticationFailed) as caught:
        sent(stedi)
    assert "STEDI_API_KEY" in caught.value.remedy
    assert account.api_key not in str(caught.value)
    assert [(each.subject, each.status) for each in stedi.check_access()] == [("API key", Status.DENIED)]


def test_the_older_way_to_send_the_key(account: StediSimulator) -> None:
    sent_headers: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent_headers.append(request.headers["authorization"])
        return httpx.Response(200, json={"items": []})

    transport = httpx.MockTransport(answer)
    for scheme in ("", "Key"):
        settings = evolve(stedi_settings(account), auth_scheme=scheme)
        with Stedi(settings, transport=transport) as stedi:
            list(stedi.transactions.list())
        with Stedi(settings, clock=account.time) as stedi:
            assert stedi.check_access().ok
    assert sent_headers == ["stedi-key", "Key stedi-key"]


def test_documents_are_fetched_only_from_allowed_hosts(account: StediSimulator) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path.endswith("/output-url")
        return httpx.Response(200, json={"documentDownloadUrl": "https://evil.example/x?signature=s"})

    settings = evolve(stedi_settings(account), base_url="")
    with (
        Stedi(settings, transport=httpx.MockTransport(answer)) as stedi,
        pytest.raises(ConfigurationError, match=r"evil\.example") as caught,
    ):
        stedi.transactions.output("t-1")
    assert "signature" not in str(caught.value)


def test_check_access_looks_for_the_pairs_in_history(account: StediSimulator, stedi: Stedi) -> None:
    account.add_partnership("other", sender="us", receiver="other")
    pairs = [("us_acme", "us_acme-850"), ("us_acme", "other"), ("other", "other-850")]
    before = stedi.check_access(pairs)
    assert [each.status for each in before] == [Status.OK, *[Status.UNVERIFIABLE] * 3]
    sent(stedi)
    report = list(stedi.check_access(pairs))
    assert [each.status for each in report] == [Status.OK, Status.OK, *[Status.UNVERIFIABLE] * 2]
    assert "setting was not used" in report[2].sentence
    assert "not seen yet" in report[3].sentence
    assert all("Stedi portal" in each.remedy for each in report[2:])


def test_check_access_when_the_vendor_says_more(account: StediSimulator, stedi: Stedi) -> None:
    account.faults.add(Fault(404, body=b'{"message":"unknown"}'), path="*/transactions", nth=2)
    report = list(stedi.check_access([("gone", "x")]))
    assert report[1].status is Status.MISSING
    account.faults.add(Fault(503), path="*/transactions", nth=1, times=None)
    assert [each.status for each in stedi.check_access([("gone", "x")])] == [Status.UNVERIFIABLE]
    account.faults.clear()
    account.faults.add(Fault(403, body=b'{"message":"no"}'), path="*/transactions")
    assert [each.status for each in stedi.check_access()] == [Status.DENIED]
    account.faults.add(Fault(403), path="*/transactions")
    with pytest.raises(PermissionDenied, match="does not allow"):
        list(stedi.transactions.list())


def test_the_async_client_has_the_same_surface(account: StediSimulator) -> None:
    async def main() -> None:
        async with AsyncStedi(stedi_settings(account)) as stedi:
            submission = await stedi.transactions.create(
                "us_acme", "us_acme-850", order_body(), idempotency_key="k"
            )
            found = [each async for each in stedi.executions.transactions(submission.execution_id)]
            assert json.loads(await stedi.transactions.input(found[0].id)) == order_body()
            assert (await stedi.check_access([("us_acme", "us_acme-850")])).ok

    asyncio.run(main())


def test_the_surface_is_one() -> None:
    def public(face: type) -> set[str]:
        return {name for name in dir(face) if not name.startswith("_")}

    assert public(Stedi) == public(AsyncStedi)


def test_an_unknown_profile_names_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match="typo") as caught:
        Stedi(StediSettings(api_key=Secret("k"), profile="typo"))
    assert "core" in caught.value.remedy
    assert stedi_profile().origins["api"] == "https://core.us.stedi.com/2023-08-01"
