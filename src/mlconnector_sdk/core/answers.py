"""An answer as a value, and how its bytes are taken in: inflated by us, under a cap, and whole."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import field, frozen

from mlconnector_sdk.codec import decode
from mlconnector_sdk.core.origin import without_query
from mlconnector_sdk.errors import AnswerTooLarge, UnreadableAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlconnector_sdk.core.call import Call

__all__ = ["Answer", "Intake", "Location", "read_answer", "require_json"]

T = TypeVar("T")

_GZIP_MAGIC = 0x1F


@frozen(kw_only=True)
class Answer:
    """One HTTP answer, its body inflated.

    Args:
        status: The HTTP status.
        headers: Read them by name in any case.
        body: The bytes.
        request: Method and path that it answers.
        elapsed: Seconds the exchange took.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    request: str = ""
    elapsed: float = 0.0

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in small letters; empty where none was given."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def looks(self) -> str:
        """What the body looks like, in words that give nothing of it away."""
        start = self.body[:512].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        first = {b"": "empty", b"{": "a JSON object", b"[": "a JSON list", b"<": "HTML or XML"}.get(
            start, "text"
        )
        return f"{first}, {len(self.body)} bytes, content type {self.media_type or 'not given'}"

    def json(self) -> Any:
        """The body as plain JSON values, fractions as ``Decimal``.

        Raises:
            UnreadableAnswer: It is not JSON.
        """
        return decode(self.body, object)


@frozen
class Location:
    """Where a redirect points to; it was not followed, and nothing was sent there.

    Args:
        url: The absolute URL. It may carry a signature, so that a repr shows it without its query.
    """

    url: str = field(repr=without_query)


class Intake:
    """Takes a body in, chunk by chunk.

    Args:
        encoding: The ``Content-Encoding`` header.
        length: The ``Content-Length`` header, or None where it does not count (HEAD, 204, 304).
        cap: How many bytes the body may have, inflated.
    """

    def __init__(self, encoding: str, length: str | None, cap: int) -> None:
        self._encoding = encoding.strip().lower()
        self._inflate = self._encoding in ("gzip", "x-gzip", "deflate")
        if not self._inflate and self._encoding not in ("", "identity"):
            raise UnreadableAnswer(f"its content encoding {self._encoding[:40]!r} was not asked for")
        self._expected = int(length) if length is not None and length.isascii() and length.isdigit() else None
        self._cap = cap
        self._received = 0
        self._size = 0
        self._parts: list[bytes] = []
        self._start = b""
        self._stream: Any = None
        if self._expected is not None and self._expected > cap:
            raise self._too_large()

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes from the wire.

        Raises:
            AnswerTooLarge: The body exceeds its cap.
            UnreadableAnswer: It cannot be inflated.
        """
        self._received += len(chunk)
        if not self._inflate:
            self._keep(chunk)
            return
        if self._stream is None:
            self._start += chunk
            if len(self._start) < 2:
                return
            chunk = self._start
            self._stream = self._new_stream(chunk)
        while chunk:
            chunk = self._inflated(chunk)

    def finish(self) -> bytes:
        """The whole body.

        Raises:
            UnreadableAnswer: It was cut short.
        """
        if self._expected is not None and self._received != self._expected:
            raise UnreadableAnswer(f"it was cut short: {self._received} of {self._expected} bytes arrived")
        if self._inflate and self._received and not (self._stream and self._stream.eof):
            raise UnreadableAnswer(f"its {self._encoding} body was cut short")
        return b"".join(self._parts)

    def _inflated(self, chunk: bytes) -> bytes:
        """Inflate under the cap; return what is left over for the next round."""
        if self._stream.eof:
            if self._encoding == "deflate" or chunk[0] != _GZIP_MAGIC:
                return b""  # padding after the end
            self._stream = self._new_stream(chunk)  # gzip allows several members, one after the other
        problem = ""
        try:
            self._keep(self._stream.decompress(chunk, self._cap - self._size + 1))
        except zlib.error as error:
            problem = str(error)
        if problem:
            raise UnreadableAnswer(f"its {self._encoding} body is broken: {problem}")
        left: bytes = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        return left

    def _new_stream(self, start: bytes) -> Any:
        # "deflate" means zlib's format, but some servers send it without the zlib header.
        bare = self._encoding == "deflate" and (start[0] & 15 != 8 or int.from_bytes(start[:2], "big") % 31)
        return zlib.decompressobj(-zlib.MAX_WBITS if bare else zlib.MAX_WBITS | 32)

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._cap:
            raise self._too_large()
        self._parts.append(data)

    def _too_large(self) -> AnswerTooLarge:
        return AnswerTooLarge(
            f"it is larger than {self._cap} bytes",
            remedy="ask for less at a time, or raise max_bytes of the call or the profile",
        )


def require_json(answer: Answer) -> None:
    """Refuse what is plainly no JSON, before anything is decoded.

    Raises:
        UnreadableAnswer: The body is empty, or HTML.
    """
    if not answer.body or answer.body.isspace():
        raise UnreadableAnswer("the answer is empty where JSON was expected")
    if answer.media_type == "text/html" or answer.looks.startswith("HTML"):
        raise UnreadableAnswer(
            f"the answer is not JSON: {answer.looks}",
            remedy="check the base URL: a sign-in page, a proxy or a maintenance page answers like this",
        )


def read_answer(call: Call[T], answer: Answer, *, max_depth: int) -> T:
    """Turn a good answer into what the call promises.

    Raises:
        UnreadableAnswer: It is something else.
        AnswerTooLarge: It nests too deep.
    """
    wanted: Any = call.answer
    found: Any
    if wanted is type(None):
        found = None
    elif wanted is Answer:
        found = answer
    elif wanted is bytes:
        found = answer.body
    elif wanted is Location:
        found = _location(answer)
    else:
        require_json(answer)
        found = decode(answer.body, wanted, max_depth=max_depth, strict=call.strict)
    result: T = found
    return result


def _location(answer: Answer) -> Location:
    url = answer.headers.get("location", "")
    if not 300 <= answer.status < 400 or not url:
        raise UnreadableAnswer(f"expected a redirect with a location, got status {answer.status}")
    return Location(url)
