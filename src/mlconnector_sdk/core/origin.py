"""Where requests may go: a configured base URL that nothing leads out of.

Credentials are attached to a request only after its URL was built here, so that neither an id, nor a link
in an answer, nor a redirect can carry them to another host.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, quote, urlencode, urlsplit

from attrs import frozen

from mlconnector_sdk.errors import ConfigurationError, UnreadableAnswer

__all__ = ["Origin", "is_allowed", "is_loopback", "without_query"]

_PORTS = {"https": 443, "http": 80}
# What RFC 3986 lets stand in a path; the percent sign belongs to escapes that `path` made.
_PATH = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@/%]*", re.ASCII)


@frozen
class Origin:
    """A base URL: scheme, host, port and the path below which an API lives.

    Args:
        base: E.g. ``https://core.us.stedi.com/2023-08-01``; https, except on the loopback.

    Raises:
        ConfigurationError: It is no such URL.
    """

    base: str

    def __attrs_post_init__(self) -> None:
        parts = _split(self.base)
        if parts is None or not parts.hostname or parts.query or parts.fragment:
            raise ConfigurationError(
                f"{without_query(self.base)!r} is not a base URL",
                remedy="give one like https://api.example.com/v1",
            )
        if "@" in parts.netloc:
            raise ConfigurationError(
                "a base URL must not hold a user or password", remedy="give credentials in their own settings"
            )
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
            raise ConfigurationError(
                f"{self.base!r} is not https: credentials would travel in the open", remedy="use an https URL"
            )

    @property
    def loopback(self) -> bool:
        """Whether it is this machine, e.g. a simulator."""
        return is_loopback(urlsplit(self.base).hostname or "")

    @property
    def identity(self) -> tuple[str, str, int]:
        """Scheme, host and port: what two URLs must share to be of one origin."""
        return _identity(urlsplit(self.base))

    def url(self, path: str, params: tuple[tuple[str, str], ...] = ()) -> str:
        """The URL of a path below the base.

        Raises:
            ConfigurationError: The path would lead out of the base.
        """
        relative = path.lstrip("/") if not path.startswith("//") else path
        segments = relative.split("/")
        if not _PATH.fullmatch(relative) or ".." in segments or "." in segments or relative.startswith("/"):
            raise ConfigurationError(
                f"the path {without_query(path)!r} would lead out of {self.base}",
                remedy="build paths with mlconnector_sdk.core.call.path, queries with params",
            )
        url = f"{self.base.rstrip('/')}/{relative}"
        return f"{url}?{urlencode(params, quote_via=quote, safe='')}" if params else url

    def inside(self, link: str) -> str:
        """A link from an answer, rebuilt on our own scheme, host and port from its path and query alone.

        Raises:
            UnreadableAnswer: It points to another origin, or is no URL.
        """
        parts = _split(link)
        if parts is None or "\\" in link:
            raise UnreadableAnswer("a link in the answer is not a URL")
        if parts.scheme or parts.netloc:
            if "@" in parts.netloc or not parts.hostname or _identity(parts) != self.identity:
                host = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
                raise UnreadableAnswer(
                    f"a link in the answer points to {host}, out of {self.base}",
                    remedy="nothing was sent there; if the vendor moved, change the base URL in the settings",
                )
        elif not link.startswith(("/", "?")):
            raise UnreadableAnswer("a link in the answer is neither absolute nor starts at the root")
        base = urlsplit(self.base)
        path = parts.path or base.path
        return f"{base.scheme}://{base.netloc}{path}" + (f"?{parts.query}" if parts.query else "")


def is_allowed(url: str, hosts: tuple[str, ...], *, loopback: bool) -> bool:
    """Whether a document may be fetched, without credentials, from a URL that an answer gave.

    Args:
        url: E.g. a pre-signed storage URL.
        hosts: Allowed host names, on https and its usual port; ``*.example.com`` allows every host below.
        loopback: Whether this machine may be asked too: only where our own origin is a simulator on it.
    """
    parts = _split(url)
    if parts is None or not parts.hostname or "@" in parts.netloc or "\\" in url or not url.isascii():
        return False
    scheme, host, port = _identity(parts)
    if loopback and is_loopback(host):
        return scheme in _PORTS
    return scheme == "https" and port == _PORTS["https"] and any(_matches(host, each) for each in hosts)


def without_query(url: str) -> str:
    """A URL as logs and errors may show it: what follows ``?`` can be a signature."""
    return re.split(r"[?#]", url, maxsplit=1)[0]


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult | None:
    if any(ord(char) <= 32 or ord(char) == 127 for char in url):
        return None
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it raises for a port that is no number
    except ValueError:
        return None
    return parts


def _identity(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme, 0)


def _matches(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:].lower()) and len(host) > len(pattern) - 1
    return host == pattern.lower()
