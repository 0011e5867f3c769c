"""exchange: the one loop. What is repeated, what never is, and what is said in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import respx
from attrs import evolve

from mlconnector_sdk.core.auth import ApiKey
from mlconnector_sdk.core.call import Call, Json
from mlconnector_sdk.core.client import Client
from mlconnector_sdk.core.events import Answered, Hooks, Repeating, Sending, Waiting
from mlconnector_sdk.core.limits import Concurrency, Rate
from mlconnector_sdk.core.retry import Kind, Row, Verdict, Verdicts
from mlconnector_sdk.core.runtime import AsyncRuntime, BlockingRuntime
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

from .conftest import no_jitter, profile

GET = Call(method="GET", path="orders", answer=object)
POST = Call(method="POST", path="orders", answer=object, body=Json({"n": 1}))
KEYED = evolve(POST, idempotency_key="k-1")
CONVERGING = Call(method="PUT", path="orders/1", answer=object, body=Json({"n": 1}), converges=True)
SAFE_POST = evolve(POST, safe=True)

ok = httpx.Response(200, json={"ok": True})


def status(code: int, body: Any = None, **headers: str) -> httpx.Response:
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(code, json=body or {}, headers=lines)


@pytest.fixture
def vendor() -> Iterator[respx.Route]:
    with respx.mock:
        yield respx.route(host="api.test")


@pytest.fixture
def make(clock: VirtualClock) -> Iterator[Callable[..., Client]]:
    clients: list[Client] = []

    def build(hooks: Hooks | None = None, **changes: Any) -> Client:
        client = Client(
            profile(**changes),
            ApiKey("X-Key", Secret("hush")),
            BlockingRuntime(clock=clock),
            hooks=hooks,
            jitter=no_jitter,
        )
        clients.append(client)
        return client

    yield build
    for client in clients:
        run(client.close())


def send(client: Client, call: Call[Any]) -> Any:
    return run(client.send(call))


# --- what is repeated


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
):
    vendor.side_effect = [trouble, trouble, ok]
    assert send(make(), call) == {"ok": True}
    assert clock.slept == [0.5, 1.0]


def test_every_attempt_carries_the_same_bytes_and_the_same_key(vendor: respx.Route, make: Any):
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
def test_a_write_without_a_key_that_has_left_is_never_repeated(vendor: respx.Route, make: Any, trouble: Any):
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
):
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
):
    vendor.mock(return_value=status(code, {"code": "E1", "message": "line 3 has no unit"}))
    with pytest.raises(error) as caught:
        send(make(), call)
    assert vendor.call_count == 1
    found = caught.value
    assert (found.vendor, found.request, found.status, found.code) == ("Acme", call.name, code, "E1")
    assert (found.scope, found.reached) == (scope, Reached.NO)
    assert "line 3 has no unit" in str(found)


def test_the_table_may_say_that_an_outage_is_a_certain_refusal(vendor: respx.Route, make: Any):
    rows = (Row(status=503, verdict=Verdict(kind=Kind.UNAVAILABLE, certain=True)),)
    vendor.side_effect = [status(503), ok]
    assert send(make(verdicts=Verdicts(rows=rows)), POST) == {"ok": True}


def test_a_row_may_allow_fewer_repeats(vendor: respx.Route, make: Any):
    rows = (Row(status=500, verdict=Verdict(kind=Kind.UNAVAILABLE, repeats=1)),)
    vendor.mock(return_value=status(500))
    with pytest.raises(VendorUnavailable):
        send(make(verdicts=Verdicts(rows=rows)), GET)
    assert vendor.call_count == 2


def test_attempts_have_an_end(vendor: respx.Route, make: Any, clock: VirtualClock):
    vendor.mock(return_value=status(500))
    with pytest.raises(VendorUnavailable) as caught:
        send(make(attempts=4), GET)
    assert vendor.call_count == 4
    assert clock.slept == [0.5, 1.0, 2.0]
    assert caught.value.reached is Reached.NO  # a read: nothing was to be carried out


def test_an_error_inside_a_good_answer(vendor: respx.Route, make: Any):
    verdicts = Verdicts(inspect=lambda answer: Verdict(kind=Kind.REFUSED) if b"no" in answer.body else None)
    vendor.mock(return_value=status(200, {"message": "no"}))
    with pytest.raises(RequestRefused, match=r"Acme refused this: no \(POST /orders, status 200\)"):
        send(make(verdicts=verdicts), POST)


def test_a_verdict_that_breaks_leaves_a_write_unknown(vendor: respx.Route, make: Any):
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
):
    vendor.side_effect = [httpx.ReadTimeout("x"), then, then, then, then]
    with pytest.raises(error) as caught:
        send(make(), KEYED)
    assert caught.value.reached is reached
    assert not isinstance(caught.value, OutcomeUnknown)


def test_a_converging_write_is_not_settled_by_a_refusal(vendor: respx.Route, make: Any):
    vendor.side_effect = [httpx.ReadTimeout("x"), status(422)]
    with pytest.raises(RequestRefused) as caught:
        send(make(), CONVERGING)
    assert caught.value.reached is Reached.MAYBE


def test_the_same_key_still_running(vendor: respx.Route, make: Any, clock: VirtualClock):
    verdicts = Verdicts(rows=(Row(status=409, verdict=Verdict(kind=Kind.IN_PROGRESS)),))
    vendor.side_effect = [httpx.ReadTimeout("x"), status(409, retry_after="3"), ok]
    assert send(make(verdicts=verdicts), KEYED) == {"ok": True}
    assert clock.slept == [0.5, 3.5]
    assert {each.request.headers["Idempotency-Key"] for each in vendor.calls} == {"k-1"}
    vendor.side_effect = [status(409)]
    with pytest.raises(OutcomeUnknown):
        send(make(verdicts=verdicts), POST)


# --- time and money


def test_retry_after_is_respected(vendor: respx.Route, make: Any, clock: VirtualClock):
    vendor.side_effect = [status(503, retry_after="20"), status(429, retry_after="30"), ok]
    send(make(), GET)
    assert clock.slept == [20.5, 30.5]


def test_what_does_not_fit_the_deadline_says_when(vendor: respx.Route, make: Any, clock: VirtualClock):
    for trouble in (status(429, retry_after="301"), status(503, retry_after="301")):
        vendor.side_effect = [trouble, ok]
        started = clock.now()
        with pytest.raises(Throttled) as caught:
            send(make(), GET)
        assert caught.value.not_before == started + timedelta(seconds=301)
        assert caught.value.scope is Scope.VENDOR
        assert clock.now() == started  # a wait is never shortened: it is not begun
        clock.advance(400)


def test_no_attempt_begins_after_the_deadline(vendor: respx.Route, make: Any, clock: VirtualClock):
    vendor.mock(return_value=status(500))
    with pytest.raises(VendorUnavailable):
        send(make(deadline=3.0), GET)
    assert clock.monotonic() <= 3.0
    assert vendor.call_count == 3


def test_an_outage_adds_little_load(vendor: respx.Route, make: Any):
    client = make()
    vendor.mock(return_value=status(503))
    for _ in range(100):
        with pytest.raises(VendorUnavailable):
            send(client, GET)
    assert vendor.call_count == 100 + 20


def test_a_429_pauses_the_whole_bucket(vendor: respx.Route, make: Any, clock: VirtualClock):
    client = make()
    vendor.side_effect = [status(429, retry_after="1000")]
    with pytest.raises(Throttled):
        send(client, GET)
    for call in (GET, POST, evolve(GET, path="parts")):
        with pytest.raises(Throttled, match="stay away") as caught:
            send(make(), call)  # another client with the same credential
        assert caught.value.not_before == clock.now() + timedelta(seconds=1000)
    assert vendor.call_count == 1
    clock.advance(1000)
    vendor.side_effect = [ok]
    send(client, GET)


def test_a_429_may_say_when_in_its_count(vendor: respx.Route, make: Any, clock: VirtualClock):
    vendor.side_effect = [status(429, X_Rate_Limit_Remaining="0", X_Rate_Limit_Reset="17"), ok]
    send(make(), GET)
    assert clock.slept == [17.5]


def test_the_same_key_running_longer_than_the_deadline(vendor: respx.Route, make: Any, clock: VirtualClock):
    verdicts = Verdicts(rows=(Row(status=409, verdict=Verdict(kind=Kind.IN_PROGRESS)),))
    vendor.side_effect = [status(409, retry_after="1000")]
    with pytest.raises(Throttled) as caught:
        send(make(verdicts=verdicts), KEYED)
    assert caught.value.not_before == clock.now() + timedelta(seconds=1000)
    assert caught.value.reached is Reached.MAYBE


def test_a_429_of_one_group_leaves_the_others_alone(vendor: respx.Route, make: Any):
    client = make(limits={"slow": (Rate(10, 60.0),)})
    vendor.side_effect = [status(429, retry_after="1000"), ok]
    with pytest.raises(Throttled):
        send(client, evolve(GET, group="slow"))
    with pytest.raises(Throttled):
        send(client, evolve(GET, group="slow"))
    assert send(client, GET) == {"ok": True}


def test_a_verdict_states_the_least_pause(vendor: respx.Route, make: Any, clock: VirtualClock):
    rows = (Row(status=403, code="PENALTY", verdict=Verdict(kind=Kind.THROTTLED, pause=600.0)),)
    vendor.mock(return_value=status(403, {"code": "PENALTY"}))
    with pytest.raises(Throttled) as caught:
        send(make(verdicts=Verdicts(rows=rows)), GET)
    assert caught.value.not_before == clock.now() + timedelta(seconds=600)


def test_rates_hold_over_clients_with_one_credential(vendor: respx.Route, make: Any, clock: VirtualClock):
    vendor.mock(return_value=ok)
    times = []
    for _ in range(7):
        send(make(limits={"": (Rate(3, 60.0),)}), GET)
        times.append(clock.monotonic())
    assert times == [0, 0, 0, 60, 60, 60, 120]


def test_a_group_counts_for_itself_and_for_all(vendor: respx.Route, make: Any, clock: VirtualClock):
    vendor.mock(return_value=ok)
    client = make(limits={"": (Rate(3, 60.0),), "labels": (Rate(1, 60.0),)})
    for group in ("labels", "", "unknown", "labels"):
        send(client, evolve(GET, group=group))
    assert clock.monotonic() == 60
    assert clock.slept == [60]


def test_waiting_for_a_group_takes_nothing_from_the_others(
    vendor: respx.Route, make: Any, clock: VirtualClock
):
    vendor.mock(return_value=ok)
    client = make(limits={"": (Rate(2, 600.0),), "labels": (Rate(1, 60.0),)})
    send(client, evolve(GET, group="labels"))
    send(client, evolve(GET, group="labels"))
    assert clock.slept == [60]


def test_no_slot_within_the_deadline_sends_nothing(vendor: respx.Route, make: Any, clock: VirtualClock):
    vendor.mock(return_value=ok)
    client = make(limits={"": (Rate(1, 1000.0),)})
    send(client, POST)
    with pytest.raises(Throttled, match="no free slot within the deadline") as caught:
        send(client, POST)
    assert vendor.call_count == 1
    assert caught.value.not_before == clock.now() + timedelta(seconds=1000)
    assert caught.value.reached is Reached.NO


def test_the_vendors_count_is_learned(vendor: respx.Route, make: Any, clock: VirtualClock):
    exhausted = status(
        200, {"a": 1}, X_Rate_Limit_Limit="40", X_Rate_Limit_Remaining="0", X_Rate_Limit_Reset="17"
    )
    vendor.side_effect = [exhausted, ok]
    client = make()
    send(client, GET)
    send(client, GET)
    assert clock.slept == [17]


def test_a_request_that_never_left_holds_no_slot(vendor: respx.Route, make: Any, clock: VirtualClock):
    vendor.side_effect = [httpx.ConnectError("x"), ok]
    send(make(limits={"": (Rate(1, 60.0),)}), GET)
    assert clock.slept == [0.5]


def test_concurrency_holds_for_tasks(clock: VirtualClock):
    running = most = 0

    async def handler(request: httpx.Request) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return httpx.Response(200, json={})

    async def main() -> None:
        runtime = AsyncRuntime(transport=httpx.MockTransport(handler), clock=clock)
        client = Client(profile(limits={"": (Concurrency(3),)}), ApiKey("X-Key", Secret("k")), runtime)
        await asyncio.gather(*(client.send(GET) for _ in range(30)))
        await client.close()

    asyncio.run(main())
    assert most == 3


def test_a_cancelled_task_gives_its_slot_back(clock: VirtualClock):
    async def main() -> Any:
        stuck = asyncio.Event()

        async def handler(request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("stuck"):
                stuck.set()
                await asyncio.Event().wait()
            return httpx.Response(200, json={"ok": True})

        runtime = AsyncRuntime(transport=httpx.MockTransport(handler), clock=clock)
        client = Client(profile(limits={"": (Concurrency(1),)}), ApiKey("X-Key", Secret("k2")), runtime)
        task = asyncio.create_task(client.send(evolve(GET, path="stuck")))
        await stuck.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        try:
            return await client.send(GET)
        finally:
            await client.close()

    assert asyncio.run(main()) == {"ok": True}


# --- settings and hooks


def test_a_key_that_the_vendor_would_never_see_is_refused(vendor: respx.Route, make: Any):
    with pytest.raises(ConfigurationError, match="knows no idempotency keys"):
        send(make(idempotency_header=""), KEYED)
    assert vendor.call_count == 0


def test_a_header_that_cannot_be_sent_is_no_unknown_outcome(vendor: respx.Route, clock: VirtualClock):
    client = Client(profile(), ApiKey("X-Key", Secret("hush\n")), BlockingRuntime(clock=clock))
    with pytest.raises(ConfigurationError, match="X-Key"):
        send(client, POST)
    run(client.close())


def test_hooks_see_each_moment_and_cannot_break_it(
    vendor: respx.Route, make: Any, caplog: pytest.LogCaptureFixture
):
    seen: list[Any] = []

    def watch(event: Any) -> None:
        seen.append(event)
        raise ZeroDivisionError("a broken metric")

    hooks = Hooks(on_request=watch, on_response=watch, on_retry=watch, on_wait=watch)
    vendor.side_effect = [httpx.ReadTimeout("x"), ok, ok]
    client = make(hooks=hooks, limits={"": (Rate(2, 60.0),)})
    send(client, GET)
    send(client, GET)
    kinds = [type(event) for event in seen]
    assert kinds == [Sending, Answered, Repeating, Sending, Answered, Waiting, Sending, Answered]
    assert (seen[1].status, seen[1].problem) == (None, "no whole answer within 60 s")
    assert (seen[4].status, seen[4].attempt, seen[4].request) == (200, 2, "GET /orders")
    assert seen[2].wait == 0.5
    assert caplog.text.count("a hook failed on") == len(seen)


def test_one_log_line_per_attempt(vendor: respx.Route, make: Any, caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO", "mlconnector_sdk")
    vendor.side_effect = [status(503), ok]
    send(make(), evolve(GET, params=(("q", "hush"),)))
    lines = [record.getMessage() for record in caplog.records if record.name == "mlconnector_sdk"]
    assert [line.split(" in ")[0] for line in lines] == [
        "Acme GET /orders: 503",
        "Acme GET /orders: again",
        "Acme GET /orders: 200",
    ]
    assert not any("hush" in line for line in lines)


def test_an_unreadable_answer_says_what_it_looks_like(vendor: respx.Route, make: Any):
    vendor.mock(return_value=httpx.Response(200, text="<html>hush", headers={"Content-Type": "text/html"}))
    with pytest.raises(UnreadableAnswer, match="HTML or XML, 10 bytes, content type text/html") as caught:
        send(make(), GET)
    assert "hush" not in str(caught.value)
    assert (caught.value.vendor, caught.value.status, caught.value.reached) == ("Acme", 200, Reached.NO)
