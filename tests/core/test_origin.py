"""origin: nothing leads out of the configured base URL."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.core.call import path
from mlconnector_sdk.core.origin import Origin, is_allowed, without_query
from mlconnector_sdk.errors import ConfigurationError, InvalidDocument, UnreadableAnswer

API = Origin("https://api.test/v1")


@pytest.mark.parametrize(
    "base",
    [
        "http://api.test",
        "ftp://api.test",
        "api.test/v1",
        "https://",
        "",
        "https://user:pw@api.test",
        "https://api.test/v1?x=1",
        "https://api.test/#x",
        "https://api.test:port",
        "https://api .test",
        "http://127.0.0.1.evil.test",
    ],
)
def test_what_is_no_base_url(base: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Origin(base)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    "base", ["http://localhost:1", "http://127.0.0.1:8000/v1", "http://[::1]:9", "https://x.test"]
)
def test_https_or_the_loopback(base: str) -> None:
    assert Origin(base).url("a").startswith(base)
    assert Origin(base).loopback is base.startswith("http:")


def test_urls_are_built_below_the_base() -> None:
    assert (
        API.url("orders/7", (("a b", "c&d"), ("x", "+"))) == "https://api.test/v1/orders/7?a%20b=c%26d&x=%2B"
    )
    assert API.url("/orders") == "https://api.test/v1/orders"
    assert Origin("https://api.test/").url("orders/") == "https://api.test/orders/"


@pytest.mark.parametrize(
    "bad",
    [
        "//evil.test/x",
        "https://evil.test/x",
        "../admin",
        "orders/../../admin",
        "orders/.",
        "orders?x=1",
        "orders#x",
        "orders\\x",
        "orders x",
        "orders\r\nX: 1",
        "\u00f6",
    ],
)
def test_a_path_that_leads_out_is_refused(bad: str) -> None:
    if bad == "https://evil.test/x":  # below the base it is only an odd path
        assert API.url(bad) == "https://api.test/v1/https://evil.test/x"
        return
    with pytest.raises(ConfigurationError):
        API.url(bad)


@given(st.lists(st.text(min_size=1, max_size=8), max_size=3), st.text(max_size=8), st.text(max_size=8))
def test_whatever_the_ids_and_parameters_the_host_stays(ids: list[str], name: str, value: str) -> None:
    try:
        url = API.url(path("orders", *ids), ((name, value),))
    except (InvalidDocument, UnicodeEncodeError):
        return
    assert url.isascii()
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc) == ("https", "api.test")
    assert parts.path.startswith("/v1/orders")
    assert parse_qsl(parts.query, keep_blank_values=True) == [(name, value)]
    seen = httpx.URL(url)
    assert (seen.host, seen.userinfo) == ("api.test", b"")
    assert seen.raw_path.startswith(b"/v1/orders")


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://api.test/v2/orders?page=2", "https://api.test/v2/orders?page=2"),
        ("https://API.test:443/v1/orders?t=a%2Fb", "https://api.test/v1/orders?t=a%2Fb"),
        ("/v1/orders?page=2", "https://api.test/v1/orders?page=2"),
        ("?page=2", "https://api.test/v1?page=2"),
        ("https://api.test/v1/orders#top", "https://api.test/v1/orders"),
    ],
)
def test_a_link_within_the_origin_is_rebuilt(link: str, url: str) -> None:
    assert API.inside(link) == url


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test/v1/orders",
        "https://api.test.evil.test/",
        "http://api.test/v1/orders",
        "https://api.test:8443/v1",
        "//evil.test/v1",
        "https://api.test@evil.test/",
        "https://user@api.test/",
        "https://evil.test\\@api.test/",
        "\\\\evil.test/x",
        "orders?page=2",
        "javascript:alert(1)",
        "https://api.test:x/",
        "https:///v1",
        "https://api.test/a b",
        "https://api.test/\r\nX: 1",
        "",
    ],
)
def test_a_link_that_leads_elsewhere_is_refused(link: str) -> None:
    with pytest.raises(UnreadableAnswer):
        API.inside(link)


@given(st.text())
def test_no_link_whatsoever_leads_elsewhere(link: str) -> None:
    try:
        url = API.inside(link)
    except UnreadableAnswer:
        return
    assert urlsplit(url).netloc == "api.test"
    assert urlsplit(url).scheme == "https"


HOSTS = ("files.test", "*.storage.test")


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://files.test/a?sig=1", True),
        ("https://FILES.test:443/a", True),
        ("https://a.storage.test/x", True),
        ("https://a.b.storage.test/x", True),
        ("https://storage.test/x", False),
        ("https://evilstorage.test/x", False),
        ("https://files.test.evil.test/", False),
        ("http://files.test/a", False),
        ("https://files.test:8443/a", False),
        ("https://evil.test@files.test/", False),
        ("https://files.test\\@evil.test/", False),
        ("https://evil.test/#.storage.test", False),
        ("https://f\u0131les.test/", False),
        ("http://127.0.0.1/", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_where_documents_may_come_from(url: str, allowed: bool) -> None:
    assert is_allowed(url, HOSTS, loopback=False) is allowed


def test_the_loopback_only_where_we_are_on_it_ourselves() -> None:
    assert is_allowed("http://127.0.0.1:9000/x", (), loopback=True)
    assert is_allowed("https://localhost/x", (), loopback=True)
    assert not is_allowed("ftp://127.0.0.1/x", (), loopback=True)
    assert not is_allowed("http://10.0.0.1/x", (), loopback=True)


def test_a_query_is_not_shown() -> None:
    assert without_query("https://x.test/a?sig=hush#y") == "https://x.test/a"
