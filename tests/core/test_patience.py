"""exchange: rate limits, pauses, deadlines and the budget, as calls meet them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
import respx
from attrs import evolve

from mlconnector_sdk.core.auth import ApiKey
from mlconnector_sdk.core.client import Client
from mlconnector_sdk.core.limits import Concurrency, Rate
from mlconnector_sdk.core.retry import Kind, Row, Verdict, Verdicts
from mlconnector_sdk.core.runtime import AsyncRuntime
from mlconnector_sdk.errors import (
    Reached,
    Scope,
    Throttled,
    VendorUnavailable,
)
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.testing.clock import VirtualClock

from .calls import GET, KEYED, POST, ok, profile, send, status


def test_retry_after_is_respected(vendor: respx.Route, make: Any, clock: VirtualClock) -> None:
    vendor.side_effect = [status(503, retry_after="20"), status(429, retry_after="30"), ok]
    send(make(), GET)
    assert clock.slept == [20.5, 30.5]


def test_what_does_not_fit_the_deadline_says_when(
    vendor: respx.Route, make: Any, clock: VirtualClock
) -> None:
    for trouble in (status(429, retry_after="301"), status(503, retry_after="301")):
        vendor.side_effect = [trouble, ok]
        started = clock.now()
        with pytest.raises(Throttled) as caught:
            send(make(), GET)
        assert caught.value.not_before == started + timedelta(seconds=301)
        assert caught.value.scope is Scope.VENDOR
        assert clock.now() == started  # a wait is never shortened: it is not begun
        clock.advance(400)


def test_no_attempt_begins_after_the_deadline(vendor: respx.Route, make: Any, clock: VirtualClock) -> None:
    vendor.mock(return_value=status(500))
    with pytest.raises(VendorUnavailable):
        send(make(deadline=3.0), GET)
    assert clock.monotonic() <= 3.0
    assert vendor.call_count == 3


def test_an_outage_adds_little_load(vendor: respx.Route, make: Any) -> None:
    client = make()
    vendor.mock(return_value=status(503))
    for _ in range(100):
        with pytest.raises(VendorUnavailable):
            send(client, GET)
    assert vendor.call_count == 100 + 20


def test_a_429_pauses_the_whole_bucket(vendor: respx.Route, make: Any, clock: VirtualClock) -> None:
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


def test_a_429_may_say_when_in_its_count(vendor: respx.Route, make: Any, clock: VirtualClock) -> None:
    vendor.side_effect = [status(429, X_Rate_Limit_Remaining="0", X_Rate_Limit_Reset="17"), ok]
    send(make(), GET)
    assert clock.slept == [17.5]


def test_the_same_key_running_longer_than_the_deadline(
    vendor: respx.Route, make: Any, clock: VirtualClock
) -> None:
    verdicts = Verdicts(rows=(Row(status=409, verdict=Verdict(kind=Kind.IN_PROGRESS)),))
    vendor.side_effect = [status(409, retry_after="1000")]
    with pytest.raises(Throttled) as caught:
        send(make(verdicts=verdicts), KEYED)
    assert caught.value.not_before == clock.now() + timedelta(seconds=1000)
    assert caught.value.reached is Reached.MAYBE


def test_a_429_of_one_group_leaves_the_others_alone(vendor: respx.Route, make: Any) -> None:
    client = make(limits={"slow": (Rate(10, 60.0),)})
    vendor.side_effect = [status(429, retry_after="1000"), ok]
    with pytest.raises(Throttled):
        send(client, evolve(GET, group="slow"))
    with pytest.raises(Throttled):
        send(client, evolve(GET, group="slow"))
    assert send(client, GET) == {"ok": True}


def test_a_verdict_states_the_least_pause(vendor: respx.Route, make: Any, clock: VirtualClock) -> None:
    rows = (Row(status=403, code="PENALTY", verdict=Verdict(kind=Kind.THROTTLED, pause=600.0)),)
    vendor.mock(return_value=status(403, {"code": "PENALTY"}))
    with pytest.raises(Throttled) as caught:
        send(make(verdicts=Verdicts(rows=rows)), GET)
    assert caught.value.not_before == clock.now() + timedelta(seconds=600)


def test_rates_hold_over_clients_with_one_credential(
    vendor: respx.Route, make: Any, clock: VirtualClock
) -> None:
    vendor.mock(return_value=ok)
    times = []
    for _ in range(7):
        send(make(limits={"": (Rate(3, 60.0),)}), GET)
        times.append(clock.monotonic())
    assert times == [0, 0, 0, 60, 60, 60, 120]


def test_a_group_counts_for_itself_and_for_all(vendor: respx.Route, make: Any, clock: VirtualClock) -> None:
    vendor.mock(return_value=ok)
    client = make(limits={"": (Rate(3, 60.0),), "labels": (Rate(1, 60.0),)})
    for group in ("labels", "", "unknown", "labels"):
        send(client, evolve(GET, group=group))
    assert clock.monotonic() == 60
    assert clock.slept == [60]


def test_waiting_for_a_group_takes_nothing_from_the_others(
    vendor: respx.Route, make: Any, clock: VirtualClock
) -> None:
    vendor.mock(return_value=ok)
    client = make(limits={"": (Rate(2, 600.0),), "labels": (Rate(1, 60.0),)})
    send(client, evolve(GET, group="labels"))
    send(client, evolve(GET, group="labels"))
    assert clock.slept == [60]


def test_no_slot_within_the_deadline_sends_nothing(
    vendor: respx.Route, make: Any, clock: VirtualClock
) -> None:
    vendor.mock(return_value=ok)
    client = make(limits={"": (Rate(1, 1000.0),)})
    send(client, POST)
    with pytest.raises(Throttled, match="no free slot within the deadline") as caught:
        send(client, POST)
    assert vendor.call_count == 1
    assert caught.value.not_before == clock.now() + timedelta(seconds=1000)
    assert caught.value.reached is Reached.NO


def test_the_vendors_count_is_learned(vendor: respx.Route, make: Any, clock: VirtualClock) -> None:
    exhausted = status(
        200, {"a": 1}, X_Rate_Limit_Limit="40", X_Rate_Limit_Remaining="0", X_Rate_Limit_Reset="17"
    )
    vendor.side_effect = [exhausted, ok]
    client = make()
    send(client, GET)
    send(client, GET)
    assert clock.slept == [17]


def test_a_request_that_never_left_holds_no_slot(vendor: respx.Route, make: Any, clock: VirtualClock) -> None:
    vendor.side_effect = [httpx.ConnectError("x"), ok]
    send(make(limits={"": (Rate(1, 60.0),)}), GET)
    assert clock.slept == [0.5]


def test_concurrency_holds_for_tasks(clock: VirtualClock) -> None:
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


def test_a_cancelled_task_gives_its_slot_back(clock: VirtualClock) -> None:
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
