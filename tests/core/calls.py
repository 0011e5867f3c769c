"""A vendor of no name: its profile, calls to it and answers from it."""

from __future__ import annotations

from typing import Any

import httpx
from attrs import evolve

from mlconnector_sdk.core.call import Call, Json
from mlconnector_sdk.core.client import Client
from mlconnector_sdk.core.profile import Profile
from mlconnector_sdk.core.retry import Verdicts
from mlconnector_sdk.dual import run

GET = Call(method="GET", path="orders", answer=object)
POST = Call(method="POST", path="orders", answer=object, body=Json({"n": 1}))
KEYED = evolve(POST, idempotency_key="k-1")
CONVERGING = Call(method="PUT", path="orders/1", answer=object, body=Json({"n": 1}), converges=True)
SAFE_POST = evolve(POST, safe=True)

ok = httpx.Response(200, json={"ok": True})


def status(code: int, body: Any = None, **headers: str) -> httpx.Response:
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(code, json=body or {}, headers=lines)


def send(client: Client, call: Call[Any]) -> Any:
    return run(client.send(call))


def profile(url: str = "https://api.test/v1", **changes: Any) -> Profile:
    """A vendor of no name, without limits."""
    settings: dict[str, Any] = {
        "vendor": "Acme",
        "name": "test",
        "origins": {"api": url},
        "verdicts": Verdicts(),
        "idempotency_header": "Idempotency-Key",
    }
    return Profile(**(settings | changes))


def no_jitter(ceiling: float) -> float:
    """Waits are exactly as long as they may be."""
    return ceiling
