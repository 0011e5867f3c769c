"""The token endpoint, asked as RFC 6749 says and otherwise."""

from __future__ import annotations

import httpx
import pytest

from mlconnector_sdk.simulators import PlexSimulator

FORM = {"grant_type": "client_credentials", "client_id": "plex-client", "client_secret": "plex-secret"}


def test_credentials_in_the_body(plex_simulator: PlexSimulator) -> None:
    answer = httpx.post(plex_simulator.token_url, data=FORM)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    content = answer.json()
    assert (content["token_type"], content["expires_in"]) == ("Bearer", 3600)
    assert plex_simulator.tokens.is_good(content["access_token"])


def test_credentials_as_basic(plex_simulator: PlexSimulator) -> None:
    answer = httpx.post(
        plex_simulator.token_url,
        data={"grant_type": "client_credentials"},
        auth=("plex-client", "plex-secret"),
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("change", "auth", "status", "error"),
    [
        ({"client_secret": "wrong"}, None, 401, "invalid_client"),
        ({"client_id": "nobody"}, None, 401, "invalid_client"),
        ({"grant_type": "password"}, None, 400, "unsupported_grant_type"),
        ({}, ("plex-client", "plex-secret"), 400, "invalid_request"),
    ],
)
def test_refusals(
    plex_simulator: PlexSimulator,
    change: dict[str, str],
    auth: tuple[str, str] | None,
    status: int,
    error: str,
) -> None:
    answer = httpx.post(plex_simulator.token_url, data={**FORM, **change}, auth=auth)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert plex_simulator.tokens.issued == 0
    assert plex_simulator.tokens.requests == 1


def test_a_json_body_is_an_option(plex_simulator: PlexSimulator) -> None:
    assert httpx.post(plex_simulator.token_url, json=FORM).status_code == 400
    plex_simulator.tokens.rules.json = True
    plex_simulator.tokens.rules.numbers_as_text = True
    answer = httpx.post(plex_simulator.token_url, json=FORM)
    assert answer.json()["expires_in"] == "3600"


def test_tokens_age_on_the_virtual_clock_and_can_be_revoked(
    plex_simulator: PlexSimulator, plex: httpx.Client
) -> None:
    assert plex.get("/mdm/v1/tenants").status_code == 200
    plex_simulator.advance(3599)
    assert plex.get("/mdm/v1/tenants").status_code == 200
    plex_simulator.advance(1)
    answer = plex.get("/mdm/v1/tenants")
    assert (answer.status_code, answer.json()["code"]) == (401, "REQUEST_NOT_AUTHENTICATED")
    fresh = httpx.post(plex_simulator.token_url, data=FORM).json()["access_token"]
    assert plex_simulator.tokens.is_good(fresh)
    plex_simulator.tokens.revoke()
    assert not plex_simulator.tokens.is_good(fresh)


def test_a_burst_of_token_requests_is_refused(plex_simulator: PlexSimulator) -> None:
    plex_simulator.tokens.rules.limit = 2
    statuses = [httpx.post(plex_simulator.token_url, data=FORM).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    plex_simulator.advance(60)
    assert httpx.post(plex_simulator.token_url, data=FORM).status_code == 200
