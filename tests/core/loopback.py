"""An HTTP server on real sockets that can misbehave in any way its script likes."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from attrs import field, frozen


@frozen(kw_only=True)
class Request:
    """What arrived."""

    method: str
    target: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def reply(status: int = 200, body: Any = None, headers: dict[str, str] | None = None) -> bytes:
    """A whole HTTP answer; a body that is no bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(data)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + data


Script = Callable[[Request, socket.socket], bytes | None]


class Loopback:
    """An HTTP/1.1 server whose script gives the bytes to send, or None to hang up.

    The script may write to the socket itself, as slowly and as wrongly as it likes.
    """

    def __init__(self) -> None:
        self.script: Script = lambda request, connection: reply(200, {})
        self.requests: list[Request] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def stopping(self) -> threading.Event:
        """Scripts that stall wait on this instead of sleeping."""
        return self._stopping

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as reader:
                while (request := self._read(reader)) is not None:
                    with self._lock:
                        self.requests.append(request)
                    answer = self.script(request, connection)
                    if answer is None:
                        return
                    connection.sendall(answer)
        except OSError:
            pass  # the client is gone
        finally:
            with self._lock:
                self._open.discard(connection)

    def _read(self, reader: Any) -> Request | None:
        first = reader.readline()
        if not first:
            return None
        method, target, _ = first.decode().split(" ", 2)
        headers = {}
        while (line := reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        body = reader.read(int(headers.get("content-length", 0)))
        return Request(method=method, target=target, headers=headers, body=body)

    def close(self) -> None:
        self._stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            with suppress(OSError):  # closed in the meantime
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        for thread in self._threads:
            thread.join(5)
