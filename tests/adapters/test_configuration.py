"""Settings from the environment and from secret stores."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from mlconnector_sdk.adapters.plex import AsyncPlex, Plex, PlexSettings
from mlconnector_sdk.adapters.stedi import AsyncStedi, Stedi, StediSettings
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import ConfigurationError, MissingSetting, SecretUnreadable
from mlconnector_sdk.secret import Secret

PLEX = {"PLEX_CLIENT_ID": "me", "PLEX_CLIENT_SECRET": "hush", "PLEX_PCN": "100200"}


class Vault:
    """A secret store of a host: blocking, or async."""

    def __init__(self, secrets: Mapping[str, str], *, asynchronous: bool = False) -> None:
        self.secrets = secrets
        self.asynchronous = asynchronous

    def get(self, name: str) -> Any:
        if not self.asynchronous:
            return self._get(name)

        async def later() -> Secret:
            await asyncio.sleep(0)
            return self._get(name)

        return later()

    def _get(self, name: str) -> Secret:
        if name not in self.secrets:
            raise MissingSetting(f"there is no secret {name}", path=name)
        if self.secrets[name] == "broken":
            raise SecretUnreadable(f"{name} cannot be decrypted")
        return Secret(self.secrets[name])

    def put(self, name: str, secret: Secret) -> None:
        raise NotImplementedError

    def delete(self, name: str) -> None:
        raise NotImplementedError

    def names(self) -> list[str]:
        raise NotImplementedError


def test_the_environment() -> None:
    settings = PlexSettings.from_env(environment={**PLEX, "PLEX_BASE_URL": "https://test.example/api"})
    assert settings == PlexSettings(
        client_id="me", client_secret=Secret("hush"), pcn="100200", base_url="https://test.example/api"
    )
    assert "hush" not in repr(settings)
    assert StediSettings.from_env("MY_", environment={"MY_API_KEY": "k", "MY_AUTH_SCHEME": "Key"}) == (
        StediSettings(api_key=Secret("k"), auth_scheme="Key")
    )


def test_everything_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(MissingSetting) as caught:
        PlexSettings.from_env(environment={"PLEX_CLIENT_ID": "", "PLEX_PCN": "1"})
    assert caught.value.path == "PLEX_CLIENT_ID, PLEX_CLIENT_SECRET"
    assert caught.value.message == "PLEX_CLIENT_ID and PLEX_CLIENT_SECRET are missing"
    assert "set PLEX_CLIENT_ID (the OAuth2 client id of the integration user)" in caught.value.remedy
    with pytest.raises(MissingSetting, match="STEDI_API_KEY is missing"):
        StediSettings.from_env(environment={})


def test_clients_are_built_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**PLEX, "STEDI_API_KEY": "k"}.items():
        monkeypatch.setenv(name, value)
    with Plex.from_env() as plex, Stedi.from_env() as stedi:
        assert plex.pcn == "100200"
        assert plex.profile.origins["api"] == "https://cloud.plex.com/api"
        assert stedi.profile.origins["api"] == "https://core.us.stedi.com/2023-08-01"
    assert AsyncPlex.from_env().pcn == "100200"
    assert AsyncStedi.from_env().profile.name == "core"
    monkeypatch.delenv("PLEX_PCN")
    with pytest.raises(MissingSetting, match="PLEX_PCN"):
        Plex.from_env()


SECRETS = {"plex/client_id": "me", "plex/client_secret": "hush", "plex/pcn": "1", "stedi/api_key": "k"}


def test_clients_are_built_from_a_secret_store() -> None:
    with Plex.from_secrets(Vault(SECRETS)) as plex, Stedi.from_secrets(Vault(SECRETS)) as stedi:
        assert plex.pcn == "1"
        assert stedi.profile.name == "core"
    elsewhere = {"test/plex/" + name.partition("/")[2]: value for name, value in SECRETS.items()}
    assert run(PlexSettings.from_secrets(Vault(elsewhere), "test/plex")).client_id == "me"


def test_an_async_store_serves_async_clients() -> None:
    async def main() -> None:
        vault = Vault(SECRETS, asynchronous=True)
        async with await AsyncPlex.from_secrets(vault) as plex, await AsyncStedi.from_secrets(vault) as stedi:
            assert (plex.pcn, stedi.profile.name) == ("1", "core")

    asyncio.run(main())


def test_a_store_without_them_names_all_that_are_missing() -> None:
    with pytest.raises(MissingSetting) as caught:
        Plex.from_secrets(Vault({"plex/pcn": "1"}))
    assert caught.value.path == "plex/client_id, plex/client_secret"
    assert "store plex/client_id" in caught.value.remedy


def test_a_secret_that_cannot_be_read_is_not_taken_for_a_missing_one() -> None:
    with pytest.raises(SecretUnreadable):
        Plex.from_secrets(Vault({**SECRETS, "plex/client_id": "broken"}))


def test_the_day_on_which_a_credential_ends() -> None:
    plex = {**PLEX, "PLEX_CLIENT_SECRET_EXPIRES": "2027-01-31"}
    assert PlexSettings.from_env(environment=plex).client_secret_expires == date(2027, 1, 31)
    assert PlexSettings.from_env(environment=PLEX).client_secret_expires is None
    stored = Vault({**SECRETS, "stedi/api_key_expires": " 2026-12-24\n"})
    assert run(StediSettings.from_secrets(stored)).api_key_expires == date(2026, 12, 24)
    with Stedi.from_secrets(stored) as stedi:
        assert stedi.settings.api_key_expires == date(2026, 12, 24)


@pytest.mark.parametrize("text", ["31.01.2027", "2027-02-30", "sk-hidden", "soon"])
def test_a_day_that_is_none_is_named_but_not_shown(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        StediSettings.from_env(environment={"STEDI_API_KEY": "k", "STEDI_API_KEY_EXPIRES": text})
    assert caught.value.path == "STEDI_API_KEY_EXPIRES"
    assert text not in str(caught.value)
    assert "2027-01-31" in caught.value.remedy
    with pytest.raises(ConfigurationError, match="stedi/api_key_expires is no day"):
        run(StediSettings.from_secrets(Vault({**SECRETS, "stedi/api_key_expires": text})))
