"""An ASGI application on a real socket of the loopback interface, served from a thread."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading

import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from mlconnector_sdk.errors import ConfigurationError

__all__ = ["LocalServer"]

_LARGEST_HEAD = 256 * 1024
_LAST_CHANCE = 0.05
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class LocalServer:
    """Starts with a port of its own choice and stops without leaving a thread or a socket behind.

    Args:
        app: What answers.
        port: 0 for a free one.

    Raises:
        ConfigurationError: The port is taken.
    """

    def __init__(self, app: ASGIApp, *, port: int = 0) -> None:
        self._app = app
        self._port = port
        self._uvicorn: _Uvicorn | None = None
        self._thread: threading.Thread | None = None
        self.origin = ""

    def start(self) -> None:
        """Listen, and return when requests are answered."""
        # With the protocol named, asyncio turns Nagle's delay of 40 ms off; without it, it would not.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self._port))
        except OSError as problem:
            listener.close()
            raise ConfigurationError(
                f"port {self._port} of the loopback interface cannot be opened: {problem.strerror}",
                remedy="choose another port, or 0 for a free one",
            ) from problem
        self.origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._uvicorn = _Uvicorn(
            uvicorn.Config(
                self._app,
                http="h11",
                loop="asyncio",
                ws="none",
                lifespan="off",
                log_config=None,
                timeout_keep_alive=60,
                h11_max_incomplete_event_size=_LARGEST_HEAD,
                server_header=False,
                date_header=False,
            )
        )
        self._thread = threading.Thread(
            target=self._uvicorn.run, args=([listener],), name=f"simulator {self.origin}", daemon=True
        )
        self._thread.start()
        self._uvicorn.ready.wait()

    def stop(self) -> None:
        """Cut every connection and end the thread."""
        if self._uvicorn is None or self._thread is None:
            return
        self._uvicorn.end()
        self._thread.join()
        self._uvicorn = self._thread = None

    def reset(self, scope: Scope) -> None:
        """Break the connection of this request: the client sees "connection reset by peer"."""
        for transport in self._transports(scope):
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE
            )
            transport.abort()

    def hang_up(self, scope: Scope) -> None:
        """Close the connection of this request in an orderly way, after what was already written."""
        for transport in self._transports(scope):
            transport.close()

    def _transports(self, scope: Scope) -> list[asyncio.Transport]:
        assert self._uvicorn is not None, "a request can only arrive while the server runs"
        return [
            connection.transport
            for connection in self._uvicorn.server_state.connections
            if isinstance(connection, H11Protocol) and connection.client == scope["client"]
        ]


class _Uvicorn(uvicorn.Server):
    """Uvicorn that is told to stop by another thread, at once, instead of looking ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            super().run(sockets)
        finally:
            self.ready.set()  # whoever waits for a server that could not start goes on

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        self.ready.set()
        await self._end.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()
        if self.server_state.tasks:
            # Most requests end by themselves when their connection is lost; those that wait do not.
            _, waiting = await asyncio.wait(tuple(self.server_state.tasks), timeout=_LAST_CHANCE)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        for server in self.servers:
            await server.wait_closed()
