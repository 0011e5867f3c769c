"""A request as it leaves, and what a broken exchange means.

Credentials stay inside `Secret` up to the last moment: `Outgoing` can be shown, logged and raised with.
Errors of httpx are told in our own words, because they keep the request, and some quote header values.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import httpx
from attrs import field, frozen

from mlconnector_sdk.core.answers import Intake
from mlconnector_sdk.core.origin import without_query
from mlconnector_sdk.errors import ConfigurationError, Reached, VendorUnavailable
from mlconnector_sdk.recording import HIDDEN
from mlconnector_sdk.secret import Secret

__all__ = ["BROKEN", "Outgoing", "Progress", "broken", "intake", "too_slow"]

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", re.ASCII)
_VALUE = re.compile(r"[\x20-\x7e]*", re.ASCII)

BROKEN: tuple[type[Exception], ...] = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError)
"""What the httpx clients raise when an exchange breaks."""

# Before a connection stands, not one byte of the request has left.
_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


@frozen(kw_only=True)
class Outgoing:
    """One request, complete.

    Args:
        name: Method and path, for errors.
        method: HTTP method.
        url: Absolute, built by `Origin`.
        headers: A value that is a secret stays one.
        content: The body; a `Secret` where it holds credentials.
        timeout: Seconds for the whole exchange.
        max_bytes: Cap on the inflated answer.
        quiet: The URL's query is a signature: not even httpx's own log line may show it.
    """

    name: str
    method: str
    url: str = field(repr=without_query)
    headers: tuple[tuple[str, str | Secret], ...] = field(default=(), repr=False)
    content: bytes | Secret = field(default=b"", repr=False)
    timeout: float
    max_bytes: int
    quiet: bool = False

    @property
    def shown(self) -> str:
        """Method and path, and the names in the query: what a transcript may show of the URL."""
        parts = urlsplit(self.url)
        fields = [] if self.quiet else [each.partition("=") for each in parts.query.split("&")]
        query = "&".join(f"{name}={HIDDEN}" for name, equals, _ in fields if equals)
        return f"{self.method} {parts.path or '/'}" + (f"?{query}" if query else "")

    @property
    def open(self) -> bool:
        """Whether a transcript may show the bodies: it carries credentials, and they are in its headers."""
        in_headers = any(isinstance(value, Secret) for _, value in self.headers)
        return in_headers and not (self.quiet or isinstance(self.content, Secret))

    def request(self, trace: object) -> httpx.Request:
        """The request for httpx, the only place where credentials become text.

        Raises:
            ConfigurationError: A header cannot be sent, e.g. because a key was pasted with a line break.
        """
        headers = [(name, self._text(name, value)) for name, value in self.headers]
        content = self.content.reveal().encode() if isinstance(self.content, Secret) else self.content
        timeout = httpx.Timeout(self.timeout).as_dict()
        request = httpx.Request(
            self.method,
            self.url,
            headers=headers,
            content=content,
            extensions={"timeout": timeout, "trace": trace},
        )
        if self.quiet:
            request.url = _QuietURL(request.url)
        return request

    def _text(self, name: str, value: str | Secret) -> str:
        text = value.reveal() if isinstance(value, Secret) else value
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(text):
            raise ConfigurationError(
                f"the header {name!r} cannot be sent: it holds a line break or a character outside ASCII",
                remedy="look at the setting it comes from; keys are easily pasted with a line break",
            )
        return text


class _QuietURL(httpx.URL):
    """A URL whose text leaves the query out; what is sent is complete."""

    def __str__(self) -> str:
        return without_query(super().__str__())


class Progress:
    """How far a request came, as httpcore tells: whether its first byte can have left.

    A transport that tells nothing counts as having sent.
    """

    def __init__(self) -> None:
        self._told = False
        self._sending = False

    def note(self, event: str, info: object) -> None:
        """Take one of httpcore's trace events, with what it says about it."""
        self._told = True
        if event.endswith("send_request_headers.started"):
            self._sending = True
        elif event == "http11.send_request_headers.failed" and _write_failed(info):
            # The vendor had gone before we spoke: the head was not taken whole, nothing of the body was sent.
            self._sending = False

    @property
    def reached(self) -> Reached:
        """What is known when the exchange breaks now."""
        return Reached.NO if self._told and not self._sending else Reached.MAYBE


def _write_failed(info: object) -> bool:
    """Whether a write was refused, and not given up by us with bytes still on their way."""
    failure = info.get("exception") if isinstance(info, dict) else None
    return type(failure).__name__ == "WriteError"  # httpcore's, which is no dependency of ours


def intake(outgoing: Outgoing, response: httpx.Response) -> Intake:
    """What takes the body of a response in.

    Where a hook of the host's client has read the body already, it has it: inflated, and uncapped by us.
    """
    if response.is_stream_consumed:
        read = Intake("", None, outgoing.max_bytes)
        read.feed(response.content)
        return read
    empty = outgoing.method == "HEAD" or response.status_code in (204, 304)
    length = None if empty else response.headers.get("content-length")
    return Intake(response.headers.get("content-encoding", ""), length, outgoing.max_bytes)


def too_slow(outgoing: Outgoing, reached: Reached) -> VendorUnavailable:
    """The exchange took longer than its time-out."""
    return VendorUnavailable(f"no whole answer within {outgoing.timeout:g} s", reached=reached)


def broken(error: Exception, outgoing: Outgoing, progress: Progress) -> VendorUnavailable:
    """An error of httpx in our words, without the request that it keeps."""
    reached = Reached.NO if isinstance(error, _NEVER_LEFT) else progress.reached
    if isinstance(error, httpx.ConnectError):
        # Comes from the resolver, the socket or TLS, before anything of ours was written.
        problem = f"no connection: {error}" if str(error) else "no connection"
    elif isinstance(error, httpx.PoolTimeout):
        problem = f"no free connection within {outgoing.timeout:g} s"
    elif isinstance(error, httpx.ConnectTimeout):
        problem = f"no connection within {outgoing.timeout:g} s"
    elif isinstance(error, httpx.TimeoutException):
        return too_slow(outgoing, reached)
    elif isinstance(error, httpx.ProxyError):
        problem = "the proxy gave no connection"
    else:
        problem = f"the connection broke ({type(error).__name__})"
    remedy = ""
    if isinstance(error, httpx.ConnectError) and "certificate" in str(error).lower():
        remedy = "if a company proxy signs its own certificates, hand an ssl.SSLContext that trusts it"
    return VendorUnavailable(problem, reached=reached, remedy=remedy)
