"""A loopback server, a virtual clock, and clients of a vendor of no name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import respx
from hypothesis import settings

from mlconnector_sdk.core.auth import ApiKey
from mlconnector_sdk.core.client import Client
from mlconnector_sdk.core.events import Hooks
from mlconnector_sdk.core.runtime import BlockingRuntime
from mlconnector_sdk.dual import run
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.testing.clock import VirtualClock

from .calls import no_jitter, profile
from .issuers import issue
from .loopback import Loopback

# Other programs share the machine: how long an example takes says nothing.
settings.register_profile("core", deadline=None)
settings.load_profile("core")


@pytest.fixture
def server() -> Iterator[Loopback]:
    loopback = Loopback()
    yield loopback
    loopback.close()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


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


@pytest.fixture
def tokens() -> Iterator[respx.Route]:
    with respx.mock:
        route = respx.post("https://auth.test/token")
        issue(route)
        yield route
