"""What every simulated vendor has: a server, a clock, faults, and a note of each request."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from starlette.types import ASGIApp

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.simulators import faults
from mlconnector_sdk.simulators.admin import Admin
from mlconnector_sdk.simulators.agenda import Agenda
from mlconnector_sdk.simulators.clock import VirtualTime
from mlconnector_sdk.simulators.faults import FaultPlan
from mlconnector_sdk.simulators.gate import Gate, Seen
from mlconnector_sdk.simulators.server import LocalServer

__all__ = ["Simulator"]


class Simulator(ABC):
    """A vendor that runs between ``start`` and ``stop``, or inside a ``with`` block.

    Its data outlives a stop: stop and start again is an outage, on the same port.

    Args:
        time: The clock; simulators may share one.
        port: 0 for a free one.
        admin: Also answer ``POST /_sim/{command}``, by which other processes seed and look.

    Attributes:
        faults: What is to go wrong.
        requests: Every request that arrived, finished ones only.
        lock: Held while the vendor's data is read or changed.
    """

    def __init__(self, *, time: VirtualTime | None = None, port: int = 0, admin: bool = False) -> None:
        self.time = VirtualTime() if time is None else time
        self.lock = threading.RLock()
        self.faults = FaultPlan()
        self.requests: list[Seen] = []
        self.agenda = Agenda(self.time)
        self._port = port
        self._admin = admin
        self._server: LocalServer | None = None

    @abstractmethod
    def app(self) -> ASGIApp:
        """The vendor's endpoints."""

    @property
    @abstractmethod
    def connection(self) -> Mapping[str, str]:
        """URLs and credentials: what a client has to be told."""

    @property
    def origin(self) -> str:
        """Scheme, host and port.

        Raises:
            ConfigurationError: The simulator does not run.
        """
        if self._server is None:
            raise ConfigurationError(
                f"this {type(self).__name__} does not run", remedy="use it in a `with` block, or call start()"
            )
        return self._server.origin

    def start(self) -> None:
        """Listen, and return when requests are answered."""
        if self._server is not None:
            return
        gate = Gate(
            self.app(),
            time=self.time,
            faults=self.faults,
            seen=self.requests,
            afterwards=self.agenda.wake,
        )
        app: ASGIApp = Admin(gate, self.commands()) if self._admin else gate
        server = gate.server = LocalServer(app, port=self._port)
        server.start()
        self._port = int(server.origin.rpartition(":")[2])
        self._server = server
        self.agenda.start()

    def stop(self) -> None:
        """Cut every connection and end every thread; a second call does nothing."""
        if self._server is None:
            return
        self.agenda.stop()
        self._server.stop()
        self._server = None

    def advance(self, seconds: float) -> None:
        """Let virtual time pass; return when everything that became due is done."""
        self.time.advance(seconds)

    def commands(self) -> Mapping[str, Callable[..., Any]]:
        """What ``POST /_sim/{command}`` may call; the JSON body holds the arguments by name."""
        return {"advance": self.advance, "fault": self._plan_fault, "requests": lambda: self.requests}

    def _plan_fault(self, fault: str, options: Mapping[str, Any] | None = None, **where: Any) -> None:
        """Plan a fault by the name of its class, e.g. ``Answer`` with ``{"status": 503}``."""
        if fault not in faults.__all__ or fault in ("Fault", "FaultPlan"):
            raise ConfigurationError(f"there is no fault {fault!r}", remedy="see mlconnector_sdk.simulators")
        self.faults.add(getattr(faults, fault)(**(options or {})), **where)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
