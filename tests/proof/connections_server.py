"""A raw TCP server that cuts one connection at a chosen byte, and knows what it has received completely."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import struct
import threading
import time

from attrs import define, field, frozen

__all__ = ["Arrival", "CuttingServer", "Fault", "body_of"]


@frozen(kw_only=True)
class Fault:
    """What goes wrong.

    Args:
        stage: Where: see `CuttingServer._misbehave`.
        reset: Cut with RST; else with FIN.
        share: How far into the stage, from 0 to 1.
        times: To how many connections it happens; after that all is well.
        after: Seconds until a connection that is idle is cut; None: before the client goes on.
    """

    stage: str
    reset: bool = False
    share: float = 0.5
    times: int = 1
    after: float | None = None


@define
class Arrival:
    """What came in on one connection.

    Args:
        received: The bytes of the request.
        complete: Whether it is a whole request: only then it can have been carried out.
    """

    received: bytes = b""
    complete: bool = False

    @property
    def head(self) -> bytes:
        return self.received.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        return self.received.partition(b"\r\n\r\n")[2]


def body_of(padding: int) -> bytes:
    """An answer that every call can read, of any size."""
    names = {"id": "1", "transactionId": "1", "fileExecutionId": "e", "access_token": "t", "expires_in": 9999}
    return json.dumps({**names, "note": "x" * padding}).encode()


@define
class CuttingServer:
    """Serves one case: an optional good exchange first (``warm``), then the fault, then good ones.

    Args:
        fault: What goes wrong; None: nothing.
        warm: Answer one request well before, and keep its connection.
        padding: How long answers are.
        listens: False: the port is taken, and refuses connections.
        room: False: the queue of the port is full, connections never come about.
    """

    fault: Fault | None = None
    warm: bool = False
    padding: int = 0
    listens: bool = True
    room: bool = True
    arrivals: list[Arrival] = field(factory=list)
    cut: threading.Event = field(factory=threading.Event)
    """Set when an idle connection was cut."""
    url: str = field(init=False)
    _socket: socket.socket = field(init=False)
    _over: threading.Event = field(factory=threading.Event)
    _threads: list[threading.Thread] = field(factory=list)
    _fillers: list[socket.socket] = field(factory=list)
    _happened: int = 0
    _warmed: bool = False

    def __attrs_post_init__(self) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)  # large bodies do not fit in
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        if not self.room:
            self._fill()
        elif self.listens:
            self.heal()

    def heal(self) -> None:
        """Listen from now on."""
        self._socket.listen(16)
        self._threads.append(threading.Thread(target=self._accept, daemon=True))
        self._threads[-1].start()

    def close(self) -> None:
        """End; after that ``arrivals`` is all that ever came in."""
        self._over.set()
        with contextlib.suppress(OSError):  # it never listened
            self._socket.shutdown(socket.SHUT_RDWR)
        for each in [self._socket, *self._fillers]:
            each.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive(), "a connection of the server hangs"

    def _fill(self) -> None:
        self._socket.listen(0)
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(self._socket.getsockname())
            self._fillers.append(filler)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        with connection, contextlib.suppress(OSError):  # the client is gone
            if self.warm and not self._warmed:
                self._warmed = True
                self._read(connection, Arrival())
                connection.sendall(self._answer())
                if self.fault is not None and self.fault.stage == "idle":
                    self._over.wait(self.fault.after or 0)
                    self._hang_up(connection)
                    self.cut.set()
                    return
            while True:
                arrival = Arrival()
                if self._faulty:
                    self._happened += 1
                    self.arrivals.append(arrival)
                    self._misbehave(connection, arrival)
                    return
                if not self._read(connection, arrival):
                    return
                self.arrivals.append(arrival)
                connection.sendall(self._answer())

    @property
    def _faulty(self) -> bool:
        fault = self.fault
        return fault is not None and fault.stage != "idle" and self._happened < fault.times

    def _misbehave(self, connection: socket.socket, arrival: Arrival) -> None:
        fault = self.fault
        assert fault is not None
        if fault.stage == "accept":
            return self._hang_up(connection)
        if fault.stage == "deaf":
            self._over.wait(10)
            return None
        if fault.stage in ("head", "body"):
            self._read(connection, arrival, until=fault.stage)
            return self._hang_up(connection)
        if not self._read(connection, arrival):
            return None
        if fault.stage == "silence":
            self._over.wait(10)
        elif fault.stage == "drip":
            for byte in self._answer():
                connection.sendall(bytes([byte]))
                if self._over.wait(0.02):
                    break
        elif fault.stage == "nonsense":
            connection.sendall(b"220 mail.example.com ESMTP\r\n\r\n")
        else:
            self._half_an_answer(connection, fault)
        return self._hang_up(connection)

    def _half_an_answer(self, connection: socket.socket, fault: Fault) -> None:
        content = body_of(self.padding)
        packed = gzip.compress(content)
        part = int(1 + fault.share * (len(content) - 2))
        stage = fault.stage.removeprefix("stall ")
        if stage == "answer head":
            answer = self._answer()
            head = answer.index(b"\r\n\r\n")
            connection.sendall(answer[: min(head, int(1 + fault.share * 110))])
        elif stage == "length":
            connection.sendall(_head(f"Content-Length: {len(content)}") + content[:part])
        elif stage == "chunked":
            chunk = f"{len(content):x}\r\n".encode() + content
            # Without the last chunk it is not whole, even if all of its bytes are there.
            sent = chunk[: int(1 + fault.share * len(chunk))]
            connection.sendall(_head("Transfer-Encoding: chunked") + sent)
        elif stage == "gzip":
            sent = packed[: int(1 + fault.share * (len(packed) - 2))]
            connection.sendall(_head(f"Content-Length: {len(packed)}\r\nContent-Encoding: gzip") + sent)
        elif stage == "short gzip":  # HTTP says that it is whole, gzip says that it is not
            sent = packed[: int(1 + fault.share * (len(packed) - 2))]
            connection.sendall(_head(f"Content-Length: {len(sent)}\r\nContent-Encoding: gzip") + sent)
        elif stage == "open end":  # it ends where the connection ends, wherever that is
            connection.sendall(_head("Connection: close") + content[:part])
        elif stage == "whole answer":
            connection.sendall(self._answer())
        elif stage != "request":
            raise AssertionError(f"there is no stage {fault.stage!r}")
        if fault.stage.startswith("stall "):
            self._over.wait(10)

    def _read(self, connection: socket.socket, arrival: Arrival, *, until: str = "") -> bool:
        """Read a request, or a part of it; whether it is whole."""
        share = self.fault.share if self.fault else 0.0
        goal = 1 + int(share * 60) if until == "head" else None
        while goal is None or len(arrival.received) < goal:
            data = connection.recv(65536 if goal is None else goal - len(arrival.received))
            if not data:
                return False
            arrival.received += data
            head, found, body = arrival.received.partition(b"\r\n\r\n")
            if goal is None and found:
                length = _length(head)
                if until == "body" and len(body) >= share * (length - 1):
                    break
                goal = len(head) + 4 + (int(share * (length - 1)) if until == "body" else length)
        head, found, body = arrival.received.partition(b"\r\n\r\n")
        arrival.complete = bool(found) and len(body) >= _length(head)
        return arrival.complete

    def _hang_up(self, connection: socket.socket) -> None:
        if self.fault is not None and self.fault.reset:
            if self.fault.stage != "accept":
                time.sleep(0.001)  # a reset may overtake what was sent before: the client can read it first
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    def _answer(self) -> bytes:
        content = body_of(self.padding)
        return _head(f"Content-Length: {len(content)}") + content


def _head(*lines: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", "Content-Type: application/json", *lines, "", ""]).encode()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
