"""events: what a host sees of an exchange."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx
from attrs import evolve

from mlconnector_sdk.core.events import Answered, Hooks, Repeating, Sending, Waiting
from mlconnector_sdk.core.limits import Rate

from .calls import GET, ok, send, status


def test_hooks_see_each_moment_and_cannot_break_it(
    vendor: respx.Route, make: Any, caplog: pytest.LogCaptureFixture
) -> None:
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


def test_one_log_line_per_attempt(vendor: respx.Route, make: Any, caplog: pytest.LogCaptureFixture) -> None:
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
