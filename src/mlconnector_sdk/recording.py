"""What goes over the wire while somebody records it, for a vendor's support; never a secret.

`recorded` opens a recording for the present context (thread, task, and the tasks it starts), and the core
shows every exchange to `note`. Where nobody records, that costs one look at a context variable.

What is kept is decided here, before anything is stored. Of headers only the values of those listed below
are shown. In bodies and everywhere else the credentials of the exchange are replaced in every spelling that
text formats know, then whatever stands under a name that promises a secret: JSON members, XML elements and
attributes, form fields, the password of an X12 envelope; and the queries of URLs, which may be signatures.
"""

from __future__ import annotations

import html
import json
import logging
import re
import string
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from traceback import format_tb
from urllib.parse import quote, quote_plus, unquote

from attrs import evolve

from mlconnector_sdk.ports import MOST_EXCHANGES
from mlconnector_sdk.records import RawExchange
from mlconnector_sdk.secret import Secret

__all__ = ["HIDDEN", "MOST_BYTES", "note", "recorded", "redacted", "shown_headers"]

HIDDEN = "(hidden)"
"""Stands where something secret stood."""

MOST_BYTES = 64 * 1024
"""The longest body that is kept whole."""

_LOG = logging.getLogger("mlconnector_sdk")
_EXCHANGES: ContextVar[deque[RawExchange] | None] = ContextVar("exchanges", default=None)

# Headers whose values say nothing of who we are, and what a vendor's support asks for.
_SHOWN = frozenset(
    """
    accept accept-encoding accept-language age allow cache-control cf-ray connection content-encoding
    content-language content-length content-type correlation-id date expires host last-modified request-id
    retry-after server traceparent transfer-encoding user-agent vary via x-amz-apigw-id x-amz-cf-id
    x-amz-request-id x-amzn-errortype x-amzn-requestid x-amzn-trace-id x-correlation-id
    x-customer-transaction-id x-request-id x-transaction-id
    """.split()  # noqa: SIM905 - as a list it would fill forty lines
)
_SHOWN_GROUPS = ("ratelimit", "x-ratelimit-", "x-rate-limit-")

# Parts of names, in small letters and without punctuation, whose values are hidden.
_SECRET_NAMES = (
    *("passw", "passphrase", "pwd", "secret", "token", "apikey", "accesskey", "privatekey", "authoriz"),
    *("authentic", "credential", "cookie", "signature", "sessionid", "securityinformation"),
)
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation + string.whitespace)

# Every repetition has a bound or cannot overlap with the next try: bodies may be made to take long.
_MEMBER = re.compile(r'"((?:[^"\\]|\\.){1,100})"\s{0,99}:\s{0,99}')
_ELEMENT = re.compile(r"<([A-Za-z_][\w:.-]{0,100})(?:\s[^<>]{0,1000})?(?<!/)>")
_FIELD = re.compile(r"(?<![\w.%-])([\w.%-]{1,100})(\s{0,9}=\s{0,9})(\"[^\"]*\"|'[^']*'|[^\s&\"'<>]+)")
_ESCAPED_MEMBER = re.compile(r'((?<!\\)\\{1,9}"([^"\\]{1,100})\\{1,9}"\s{0,9}:\s{0,9}(?:\\{1,9}")?)[^"\\]+')
_SCHEME = re.compile(r"\b(Bearer|Basic|Negotiate)(\s{1,9})[A-Za-z0-9+/=._~-]{16,}", re.IGNORECASE)
_QUERY = re.compile(r"(https?:(?:\\?/){2}[^\s\"'<>?]{1,500}\?)[^\s\"'<>]+", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9._~-]+")
_JSON = json.JSONDecoder(strict=False)
_ENVELOPE = re.compile(r"(ISA(.)..\2)(.{10})(\2..\2)(.{10})(?=\2)")


@contextmanager
def recorded() -> Iterator[deque[RawExchange]]:
    """Collect the exchanges of this context while it is open: the newest `MOST_EXCHANGES`, oldest first.

    Within another recording, this one takes them alone.

    Example:
        >>> with recorded() as exchanges:
        ...     pass  # e.g. stedi.transactions.send(...)
        >>> list(exchanges)
        []
    """
    exchanges: deque[RawExchange] = deque(maxlen=MOST_EXCHANGES)
    token = _EXCHANGES.set(exchanges)
    try:
        yield exchanges
    finally:
        _EXCHANGES.reset(token)


def note(exchange: Callable[[], RawExchange], *, secrets: Callable[[], Iterable[str]]) -> None:
    """Show an exchange to whoever records; nothing is asked for where nobody does.

    It never raises: a write may have left, and its outcome must not depend on a transcript.

    Args:
        exchange: Makes it; its bodies may be as they were, its headers went through `shown_headers`.
        secrets: The credentials it was made with.
    """
    exchanges = _EXCHANGES.get()
    if exchanges is None:
        return
    try:
        exchanges.append(redacted(exchange(), secrets=secrets()))
    except Exception as error:  # noqa: BLE001 - see above; the error's own words could quote a body
        where = "".join(format_tb(error.__traceback__))
        _LOG.error("an exchange could not be recorded: %s\n%s", type(error).__name__, where)


def shown_headers(
    headers: Iterable[tuple[str, str | Secret]], *, also: Collection[str] = ()
) -> tuple[tuple[str, str], ...]:
    """Headers as a transcript may show them: values of known, harmless names, and of no other.

    Args:
        headers: Names and values; a `Secret` is hidden, whatever its name.
        also: Further names to show, in small letters, e.g. that of the idempotency key.
    """
    shown = []
    for name, value in headers:
        low = name.lower()
        harmless = low in _SHOWN or low.startswith(_SHOWN_GROUPS) or low in also
        shown.append((name, value if harmless and isinstance(value, str) else HIDDEN))
    return tuple(shown)


def redacted(exchange: RawExchange, *, secrets: Iterable[str]) -> RawExchange:
    """An exchange without its credentials, its bodies cut to `MOST_BYTES` and masked.

    Args:
        exchange: Its headers went through `shown_headers`.
        secrets: What must not be found in it, in any spelling. The empty string is none.
    """
    texts = (exchange.request, exchange.sent_headers, exchange.received_headers, exchange.problem)
    whole = b"\n".join([exchange.sent, exchange.received, repr(texts).encode("utf-8", "replace")])
    found = {each for secret in secrets if _may_be_in(whole, secret) for each in _spellings(secret)}
    spellings = sorted(found, key=len, reverse=True)
    return evolve(
        exchange,
        request=_without(spellings, exchange.request),
        sent_headers=_clean_headers(spellings, exchange.sent_headers),
        sent=_clean_body(spellings, exchange.sent),
        received_headers=_clean_headers(spellings, exchange.received_headers),
        received=_clean_body(spellings, exchange.received),
        problem=_without(spellings, exchange.problem),
    )


def _may_be_in(whole: bytes, secret: str) -> bool:
    """Whether it is worth a search: no spelling changes letters and digits."""
    return max(_PLAIN.findall(secret), key=len, default="").encode() in whole


def _spellings(secret: str) -> set[str]:
    """A secret as it is, and as it may stand in JSON, in XML, in a URL or a form."""
    if not secret or _PLAIN.fullmatch(secret):
        return {secret} - {""}
    in_json = {json.dumps(secret, ensure_ascii=escaping)[1:-1] for escaping in (True, False)}
    in_json |= {each.replace("/", "\\/") for each in in_json}
    in_xml = {html.escape(secret).replace("&#x27;", each) for each in ("&#x27;", "&#39;", "&apos;", "'")}
    in_xml.add(html.escape(secret, quote=False))
    data = secret.encode("utf-8", "surrogatepass")
    in_url = {quote(data), quote(data, safe=""), quote_plus(data)}
    in_url |= {re.sub("%..", lambda found: found[0].lower(), each) for each in in_url}
    return {secret, *in_json, *in_xml, *in_url}


def _without(spellings: Sequence[str], text: str) -> str:
    for spelling in spellings:
        text = text.replace(spelling, HIDDEN)
    return text


def _clean_headers(
    spellings: Sequence[str], headers: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    if not spellings:
        return headers
    return tuple((_without(spellings, name), _without(spellings, value)) for name, value in headers)


def _clean_body(spellings: Sequence[str], body: bytes) -> bytes:
    if b"\0" in body:  # a document of another kind, or an encoding in which nothing would be found
        return f"({len(body)} bytes that are not text)".encode()
    clean = body
    for spelling in spellings:
        for encoding in ("ascii",) if spelling.isascii() else ("utf-8", "latin-1"):
            with suppress(UnicodeEncodeError):  # then the body cannot hold it, either
                clean = clean.replace(spelling.encode(encoding), HIDDEN.encode())
    # Cut only now: a credential across the cut would leave its beginning.
    text = clean[:MOST_BYTES].decode("utf-8", "surrogateescape")
    masked = _masked(text).encode("utf-8", "surrogateescape")
    return masked + f"\n(cut: {len(body)} bytes in all)".encode() if len(clean) > MOST_BYTES else masked


def _masked(text: str) -> str:
    """Text without what stands under names that promise a secret.

    Most bodies promise none: a quick look at the whole spares them the search.
    """
    small = text.lower()
    if _is_secret(text) or "%" in text or "\\u" in text:
        text = _mask_after(_MEMBER, text, _json_value)
        text = _mask_after(_ELEMENT, text, _element_content)
        text = _ESCAPED_MEMBER.sub(
            lambda each: each[1] + HIDDEN if _is_secret(_spelled_out(each[2])) else each[0], text
        )
        text = _FIELD.sub(
            lambda each: each[1] + each[2] + HIDDEN if _is_secret(_spelled_out(each[1])) else each[0], text
        )
    if any(scheme in small for scheme in ("bearer", "basic", "negotiate")):
        text = _SCHEME.sub(rf"\1\2{HIDDEN}", text)
    if "http" in small and "?" in text:
        text = _QUERY.sub(rf"\1{HIDDEN}", text)
    return _ENVELOPE.sub(lambda each: each[1] + _blank(each[3]) + each[4] + _blank(each[5]), text)


def _mask_after(
    name: re.Pattern[str], text: str, value: Callable[[str, re.Match[str]], tuple[int, str]]
) -> str:
    """Replace what follows a secret name.

    Args:
        name: Finds names; its first group is the name itself.
        text: To be searched.
        value: Where the value ends that begins behind a name, and what stands there instead.
    """
    pieces, position, searched = [], 0, 0
    while found := name.search(text, searched):
        searched = found.end()
        if _is_secret(_spelled_out(found[1])):
            searched, instead = value(text, found)
            pieces += [text[position : found.end()], instead]
            position = searched
    return "".join([*pieces, text[position:]])


def _json_value(text: str, name: re.Match[str]) -> tuple[int, str]:
    try:
        value, end = _JSON.raw_decode(text, name.end())
    except (ValueError, RecursionError):  # cut, or no JSON: nobody knows where it ends
        return len(text), f'"{HIDDEN}"'
    empty = value is None or value in ("", [], {})
    return end, text[name.end() : end] if empty else f'"{HIDDEN}"'


def _element_content(text: str, name: re.Match[str]) -> tuple[int, str]:
    end = text.find(f"</{name[1]}", name.end())
    return (len(text) if end < 0 else end), HIDDEN


def _blank(element: str) -> str:
    """An element of fixed length, hidden where it says something."""
    return HIDDEN.ljust(len(element)) if element.strip() else element


def _spelled_out(name: str) -> str:
    """A name without the escapes of JSON and of forms."""
    if "\\" in name:
        with suppress(ValueError):  # not JSON: as it stands
            name = json.loads(f'"{name}"', strict=False)
    return unquote(name)


def _is_secret(name: str) -> bool:
    plain = name.translate(_WITHOUT_PUNCTUATION).lower()
    return any(each in plain for each in _SECRET_NAMES)
