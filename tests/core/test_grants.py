"""grants: token requests and token answers."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from mlconnector_sdk.core.answers import Answer
from mlconnector_sdk.core.grants import TokenEndpoint
from mlconnector_sdk.core.outgoing import Outgoing
from mlconnector_sdk.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectorError,
    Reached,
    Throttled,
    UnreadableAnswer,
    VendorUnavailable,
)
from mlconnector_sdk.secret import Secret

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
GRANT = [("grant_type", "client_credentials"), ("scope", "a b")]
NASTY = "p@ss w\u00f6rd+&=%/\u20ac"


def endpoint(secret: str = "hush", **changes: Any) -> TokenEndpoint:
    settings = {
        "client_id": "ACME_CLIENT_ID",
        "client_secret": "ACME_CLIENT_SECRET",
        "token_url": "ACME_TOKEN_URL",
    }
    return TokenEndpoint(
        url="https://auth.test/token",
        client_id="me",
        client_secret=Secret(secret),
        settings=settings,
        **changes,
    )


def request(**changes: Any) -> Outgoing:
    return endpoint(**changes).request(GRANT, timeout=5.0, max_bytes=1000)


def sent(outgoing: Outgoing) -> httpx.Request:
    return outgoing.request(None)


@pytest.mark.parametrize("secret", ["hush", NASTY])
def test_credentials_in_a_form(secret: str) -> None:
    found = sent(request(secret=secret))
    assert found.headers["content-type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(found.content.decode(), strict_parsing=True)) == {
        "grant_type": "client_credentials",
        "scope": "a b",
        "client_id": "me",
        "client_secret": secret,
    }
    assert "authorization" not in found.headers


@pytest.mark.parametrize("secret", ["hush", NASTY])
def test_credentials_in_json(secret: str) -> None:
    found = sent(request(secret=secret, encoding="json"))
    assert found.headers["content-type"] == "application/json"
    assert json.loads(found.content) == {**dict(GRANT), "client_id": "me", "client_secret": secret}


@pytest.mark.parametrize("encoding", ["form", "json"])
def test_credentials_in_a_header(encoding: Any) -> None:
    found = sent(request(client_auth="basic", encoding=encoding))
    assert base64.b64decode(found.headers["authorization"].removeprefix("Basic ")) == b"me:hush"
    assert b"hush" not in found.content
    assert b"client_credentials" in found.content


def test_a_token_request_hides_its_secrets() -> None:
    for changes in ({}, {"encoding": "json"}, {"client_auth": "basic"}):
        assert "hush" not in repr(request(**changes))


@pytest.mark.parametrize(
    "changes",
    [{"secret": ""}, {"client_auth": "basic", "secret": NASTY}],
)
def test_settings_that_cannot_work(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        endpoint(**changes)
    assert "ACME_CLIENT_SECRET" in caught.value.path
    assert NASTY not in str(caught.value)


def test_a_token_url_must_be_https() -> None:
    with pytest.raises(ConfigurationError, match="not https"):
        TokenEndpoint(url="http://auth.test/token", client_id="me", client_secret=Secret("hush"))


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=httpx.Headers(lines), body=data)


@pytest.mark.parametrize(
    ("body", "life"),
    [
        ({"access_token": "t", "token_type": "Bearer", "expires_in": 3600}, 3600),
        ({"access_token": "t", "expires_in": "3599"}, 3599),
        ({"access_token": "t", "token_type": "bearer", "expires_in": 59.5}, 59.5),
        ({"accessToken": "t", "expiresIn": 300, "tokenType": "BearerToken"}, 300),
        ({"access_token": "t"}, 300),
        ({"access_token": "t", "expires_in": None, "token_type": None}, 300),
        ({"access_token": "t", "expires_in": 10**30}, 30 * 24 * 3600),
    ],
)
def test_token_answers(body: Any, life: float) -> None:
    token = endpoint().read(answer(body), NOW)
    assert token.access_token.reveal() == "t"
    assert (token.issued_at, token.expires_at) == (NOW, NOW + timedelta(seconds=life))


def test_refresh_tokens_are_kept_or_replaced() -> None:
    kept = endpoint().read(answer({"access_token": "t", "expires_in": 1}), NOW, previous=Secret("old"))
    assert kept.refresh_token == Secret("old")
    body = {"access_token": "t", "refresh_token": "new", "expires_in": 300, "refresh_expires_in": 2592000}
    new = endpoint().read(answer(body), NOW, previous=Secret("old"))
    assert new.refresh_token == Secret("new")
    assert new.refresh_expires_at == NOW + timedelta(days=30)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>hush</html>",
        b"",
        b"[]",
        b'"hush"',
        {},
        {"access_token": ""},
        {"access_token": 5},
        {"access_token": "hush\r\nX: 1"},
        {"access_token": "hush", "expires_in": 0},
        {"access_token": "hush", "expires_in": "-1"},
        {"access_token": "hush", "expires_in": "soon"},
        {"access_token": "hush", "expires_in": []},
        {"access_token": "hush", "expires_in": "nan"},
        {"access_token": "hush", "token_type": "mac"},
    ],
    ids=repr,
)
def test_useless_token_answers_show_nothing_of_themselves(body: Any) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        endpoint().read(answer(body), NOW)
    assert "hush" not in str(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.reached is Reached.NO
    assert "ACME_TOKEN_URL" in caught.value.remedy


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (
            400,
            {"error": "invalid_client", "error_description": "hush"},
            AuthenticationFailed,
            "ACME_CLIENT_SECRET",
        ),
        (401, {"error": "invalid_client"}, AuthenticationFailed, "ACME_CLIENT_ID"),
        (401, b"<html>hush", AuthenticationFailed, "status 401"),
        (200, {"error": "invalid_client"}, AuthenticationFailed, "invalid_client"),
        (400, {"error": "invalid_grant"}, AuthenticationFailed, "a person has to grant it again"),
        (400, {"error": "invalid_scope"}, AuthenticationFailed, "check scope"),
        (400, {"error": "unauthorized_client"}, AuthenticationFailed, "ask the vendor"),
        (403, {"error": "hush hush\n"}, AuthenticationFailed, "status 403"),
        (404, b"", AuthenticationFailed, "ACME_TOKEN_URL"),
        (302, b"", AuthenticationFailed, "ACME_TOKEN_URL"),
        (500, b"", VendorUnavailable, "500"),
        (503, b"", VendorUnavailable, "503"),
        (429, b"", Throttled, "30 s"),
    ],
)
def test_refusals_name_the_setting(status: int, body: Any, error: type[ConnectorError], words: str) -> None:
    with pytest.raises(error) as caught:
        endpoint().read(answer(body, status), NOW)
    assert words in str(caught.value)
    assert "hush" not in str(caught.value)
    assert caught.value.reached is Reached.NO


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [(403, {}, 600), (403, {"retry_after": "900"}, 900), (403, {"retry_after": "5"}, 600), (429, {}, 7)],
)
def test_penalties(status: int, header: dict[str, str], seconds: int) -> None:
    fedex_like = endpoint(penalties={403: 600.0, 429: 7.0})
    with pytest.raises(Throttled) as caught:
        fedex_like.read(answer(b"<html>", status, **header), NOW)
    assert caught.value.not_before == NOW + timedelta(seconds=seconds)
