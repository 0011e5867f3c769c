"""exchange: the one loop. What is repeated, what never is, and what is said in the end."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx

from mlconnector_sdk.core.auth import ApiKey
from mlconnector_sdk.core.call import Call
from mlconnector_sdk.core.client import Client
from mlconnector_sdk.core.retry import Kind, Row, Verdict, Verdicts
from mlconnector_sdk.core.runtime import BlockingRuntime
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import (
    AuthenticationFailed,
    ConfigurationError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    Reached,
    RequestRefused,
    Scope,
    Throttled,
    UnreadableAnswer,
    VendorError,
    VendorUnavailable,
)
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.testing.clock import VirtualClock

from .calls import CONVERGING, GET, KEYED, POST, SAFE_POST, ok, profile, send, status


@pytest.mark.parametrize(
    "call", [GET, SAFE_POST, KEYED, CONVERGING], ids=["get", "safe", "keyed", "converging"]
)
@pytest.mark.parametrize(
    "trouble",
    [status(500), status(503), httpx.ReadTimeout("x"), httpx.ReadError("x"), httpx.RemoteProtocolError("x")],
    ids=lambda each: str(getattr(each, "status_code", type(each).__name__)),
)
def test_what_may_be_repeated_is_repeated(
    vendor: respx.Route, make: Any, clock: VirtualClock, call: Call[Any], trouble: Any
) -> None:
    vendor.side_effect = [trouble, trouble, ok]
    assert send(make(), call) == {"ok": True}
    assert clock.slept == [0.5, 1.0]


def test_every_attempt_carries_the_same_bytes_and_the_same_key(vendor: respx.Route, make: Any) -> None:
    vendor.side_effect = [status(500), httpx.ReadTimeout("x"), ok]
    send(make(), KEYED)
    sent = {(each.request.headers["Idempotency-Key"], each.request.content) for each in vendor.calls}
    assert sent == {("k-1", b'{"n":1}')}


@pytest.mark.parametrize(
    "trouble",
    [
        status(500),
        status(502),
        status(503),
        status(504),
        status(408),
        httpx.ReadTimeout("x"),
        httpx.WriteTimeout("x"),
        httpx.ReadError("x"),
        httpx.WriteError("x"),
        httpx.RemoteProtocolError("x"),
        httpx.DecodingError("x"),
        OSError("x"),
        RuntimeError("a bug in a transport"),
        httpx.Response(200, text="<html>", headers={"Content-Type": "text/html"}),
        httpx.Response(200, text=""),
        httpx.Response(200, text='{"ok"'),
        httpx.Response(200, content=b"{}", headers={"Content-Encoding": "br"}),
        httpx.Response(200, content=b"{}", headers={"Content-Length": "10"}),
    ],
    ids=lambda each: repr(each)[:40],
)
def test_a_write_without_a_key_that_has_left_is_never_repeated(
    vendor: respx.Route, make: Any, trouble: Any
) -> None:
    vendor.side_effect = [trouble, ok]
    with pytest.raises(OutcomeUnknown) as caught:
        send(make(), POST)
    assert vendor.call_count == 1
    assert isinstance(caught.value.__cause__, VendorError)
    assert caught.value.reached is Reached.MAYBE
    assert caught.value.request == "POST /orders"


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("x"),
        httpx.ConnectTimeout("x"),
        httpx.PoolTimeout("x"),
        httpx.ProxyError("x"),
        status(429),
    ],
    ids=lambda each: repr(each)[:40],
)
def test_a_write_that_never_left_or_was_certainly_refused_goes_again(
    vendor: respx.Route, make: Any, trouble: Any
) -> None:
    vendor.side_effect = [trouble, ok]
    assert send(make(), POST) == {"ok": True}
    assert vendor.call_count == 2


@pytest.mark.parametrize(
    ("code", "error", "scope"),
    [
        (400, RequestRefused, Scope.DOCUMENT),
        (403, PermissionDenied, Scope.FLOW),
        (404, NotFound, Scope.DOCUMENT),
        (409, RequestRefused, Scope.DOCUMENT),
        (422, RequestRefused, Scope.DOCUMENT),
        (401, AuthenticationFailed, Scope.FLOW),
    ],
)
@pytest.mark.parametrize("call", [GET, POST, KEYED])
def test_a_certain_refusal_is_said_at_once(
    vendor: respx.Route, make: Any, call: Call[Any], code: int, error: type[VendorError], scope: Scope
) -> None:
    vendor.mock(return_value=status(code, {"code": "E1", "message": "line 3 has no unit"}))
    with pytest.raises(error) as caught:
        send(make(), call)
    assert vendor.call_count == 1
    found = caught.value
    assert (found.vendor, found.request, found.status, found.code) == ("Acme", call.name, code, "E1")
    assert (found.scope, found.reached) == (scope, Reached.NO)
    assert "line 3 has no unit" in str(found)


def test_the_table_may_say_that_an_outage_is_a_certain_refusal(vendor: respx.Route, make: Any) -> None:
    rows = (Row(status=503, verdict=Verdict(kind=Kind.UNAVAILABLE, certain=True)),)
    vendor.side_effect = [status(503), ok]
    assert send(make(verdicts=Verdicts(rows=rows)), POST) == {"ok": True}


def test_a_row_may_allow_fewer_repeats(vendor: respx.Route, make: Any) -> None:
    rows = (Row(status=500, verdict=Verdict(kind=Kind.UNAVAILABLE, repeats=1)),)
    vendor.mock(return_value=status(500))
    with pytest.raises(VendorUnavailable):
        send(make(verdicts=Verdicts(rows=rows)), GET)
    assert vendor.call_count == 2


def test_attempts_have_an_end(vendor: respx.Route, make: Any, clock: VirtualClock) -> None:
    vendor.mock(return_value=status(500))
    with pytest.raises(VendorUnavailable) as caught:
        send(make(attempts=4), GET)
    assert vendor.call_count == 4
    assert clock.slept == [0.5, 1.0, 2.0]
    assert caught.value.reached is Reached.NO  # a read: nothing was to be carried out


def test_an_error_inside_a_good_answer(vendor: respx.Route, make: Any) -> None:
    verdicts = Verdicts(inspect=lambda answer: Verdict(kind=Kind.REFUSED) if b"no" in answer.body else None)
    vendor.mock(return_value=status(200, {"message": "no"}))
    with pytest.raises(RequestRefused, match=r"Acme refused this: no \(POST /orders, status 200\)"):
        send(make(verdicts=verdicts), POST)


def test_a_verdict_that_breaks_leaves_a_write_unknown(vendor: respx.Route, make: Any) -> None:
    def broken(answer: Any) -> Any:
        raise KeyError("the vendor's new shape")

    vendor.mock(return_value=ok)
    with pytest.raises(OutcomeUnknown) as caught:
        send(make(verdicts=Verdicts(inspect=broken)), POST)
    assert "KeyError" in str(caught.value.__cause__)
    with pytest.raises(KeyError):
        send(make(verdicts=Verdicts(inspect=broken)), GET)


# --- doubt, once there, stays


@pytest.mark.parametrize(
    ("then", "error", "reached"),
    [
        (status(429, retry_after="9999"), Throttled, Reached.MAYBE),
        (status(401), AuthenticationFailed, Reached.MAYBE),
        (status(403), PermissionDenied, Reached.MAYBE),
        (httpx.ConnectError("x"), VendorUnavailable, Reached.MAYBE),
        (status(500), VendorUnavailable, Reached.MAYBE),
        (status(422), RequestRefused, Reached.NO),  # under its key the vendor has decided about this request
    ],
    ids=lambda each: repr(each)[:30],
)
def test_an_earlier_doubtful_attempt_of_a_keyed_write_counts(
    vendor: respx.Route, make: Any, then: Any, error: type[VendorError], reached: Reached
) -> None:
    vendor.side_effect = [httpx.ReadTimeout("x"), then, then, then, then]
    with pytest.raises(error) as caught:
        send(make(), KEYED)
    assert caught.value.reached is reached
    assert not isinstance(caught.value, OutcomeUnknown)


def test_a_converging_write_is_not_settled_by_a_refusal(vendor: respx.Route, make: Any) -> None:
    vendor.side_effect = [httpx.ReadTimeout("x"), status(422)]
    with pytest.raises(RequestRefused) as caught:
        send(make(), CONVERGING)
    assert caught.value.reached is Reached.MAYBE


def test_the_same_key_still_running(vendor: respx.Route, make: Any, clock: VirtualClock) -> None:
    verdicts = Verdicts(rows=(Row(status=409, verdict=Verdict(kind=Kind.IN_PROGRESS)),))
    vendor.side_effect = [httpx.ReadTimeout("x"), status(409, retry_after="3"), ok]
    assert send(make(verdicts=verdicts), KEYED) == {"ok": True}
    assert clock.slept == [0.5, 3.5]
    assert {each.request.headers["Idempotency-Key"] for each in vendor.calls} == {"k-1"}
    vendor.side_effect = [status(409)]
    with pytest.raises(OutcomeUnknown):
        send(make(verdicts=verdicts), POST)


def test_a_key_that_the_vendor_would_never_see_is_refused(vendor: respx.Route, make: Any) -> None:
    with pytest.raises(ConfigurationError, match="knows no idempotency keys"):
        send(make(idempotency_header=""), KEYED)
    assert vendor.call_count == 0


def test_a_header_that_cannot_be_sent_is_no_unknown_outcome(vendor: respx.Route, clock: VirtualClock) -> None:
    client = Client(profile(), ApiKey("X-Key", Secret("hush\n")), BlockingRuntime(clock=clock))
    with pytest.raises(ConfigurationError, match="X-Key"):
        send(client, POST)
    run(client.close())


def test_an_unreadable_answer_says_what_it_looks_like(vendor: respx.Route, make: Any) -> None:
    vendor.mock(return_value=httpx.Response(200, text="<html>hush", headers={"Content-Type": "text/html"}))
    with pytest.raises(UnreadableAnswer, match="HTML or XML, 10 bytes, content type text/html") as caught:
        send(make(), GET)
    assert "hush" not in str(caught.value)
    assert (caught.value.vendor, caught.value.status, caught.value.reached) == ("Acme", 200, Reached.NO)
