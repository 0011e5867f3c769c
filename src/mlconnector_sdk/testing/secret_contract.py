"""What a `SecretStore` promises, as tests that any backend can inherit.

Example::

    from mlconnector_sdk.testing import SecretStoreContract

    class TestMyVault(SecretStoreContract):
        @pytest.fixture
        def secrets(self):
            return MyVault(...)
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlconnector_sdk.errors import MissingSetting
from mlconnector_sdk.ports import SecretStore
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.testing.contract import Contract, at_once

__all__ = ["SecretStoreContract"]

CANARY = "canary-4f1c"


class SecretStoreContract(Contract):
    """Every sentence of `ports.SecretStore`."""

    @pytest.fixture
    def secrets(self) -> Any:
        """A new, empty store; closed afterwards where that is needed."""
        raise NotImplementedError(f"{type(self).__name__} has to override the fixture `secrets`")

    def put(self, secrets: SecretStore, name: str, text: str) -> None:
        """Keep one."""
        self.answer(secrets.put(name, Secret(text)))

    def names(self, secrets: SecretStore) -> list[str]:
        """What is kept."""
        return list(self.answer(secrets.names()))

    def test_what_is_put_can_be_got(self, secrets: SecretStore) -> None:
        """By its own name, as often as it is wanted."""
        self.put(secrets, "stedi", "k-1")
        self.put(secrets, "plex", "k-2")
        for _ in range(2):
            assert self.answer(secrets.get("stedi")) == Secret("k-1")
            assert self.answer(secrets.get("plex")) == Secret("k-2")

    def test_a_missing_secret_is_named(self, secrets: SecretStore) -> None:
        """With the setting that is missing."""
        self.put(secrets, "stedi", "k-1")
        with pytest.raises(MissingSetting, match="plex"):
            self.answer(secrets.get("plex"))

    def test_a_newer_one_replaces_an_older(self, secrets: SecretStore) -> None:
        """Under the same name there is one."""
        self.put(secrets, "stedi", "k-1")
        self.put(secrets, "stedi", "k-2")
        assert self.answer(secrets.get("stedi")) == Secret("k-2")
        assert self.names(secrets) == ["stedi"]

    def test_a_deleted_one_is_gone(self, secrets: SecretStore) -> None:
        """And can be put again; deleting what is not there is no error."""
        self.put(secrets, "stedi", "k-1")
        self.put(secrets, "plex", "k-2")
        self.answer(secrets.delete("stedi"))
        self.answer(secrets.delete("stedi"))
        assert self.names(secrets) == ["plex"]
        with pytest.raises(MissingSetting):
            self.answer(secrets.get("stedi"))
        self.put(secrets, "stedi", "k-3")
        assert self.answer(secrets.get("stedi")) == Secret("k-3")

    def test_names_are_sorted(self, secrets: SecretStore) -> None:
        """Whatever the order in which they came."""
        assert self.names(secrets) == []
        for name in ("stedi", "plex", "Sage X3", "fedex/account"):
            self.put(secrets, name, "k")
        assert self.names(secrets) == ["Sage X3", "fedex/account", "plex", "stedi"]

    def test_secrets_survive_exactly(self, secrets: SecretStore) -> None:
        """Any text: a private key of several lines, an empty one, other scripts."""

        @settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
        @given(text=st.text(st.characters(exclude_categories=["Cs"])))
        def survives(text: str) -> None:
            self.put(secrets, "name", text)
            assert self.answer(secrets.get("name")).reveal() == text

        survives()
        self.put(secrets, "long", "x" * 100_000)
        assert len(self.answer(secrets.get("long")).reveal()) == 100_000

    def test_secrets_do_not_show(self, secrets: SecretStore) -> None:
        """Neither in the store's repr nor in what it gives out, nor in its errors."""
        self.put(secrets, "stedi", CANARY)
        shown = [repr(secrets), str(secrets), repr(self.answer(secrets.get("stedi")))]
        with pytest.raises(MissingSetting) as missing:
            self.answer(secrets.get("plex"))
        assert CANARY not in " ".join([*shown, str(missing.value), repr(missing.value)])

    def test_callers_at_once_lose_nothing(self, secrets: SecretStore) -> None:
        """Each its own, and one in common."""

        def put(n: int) -> None:
            self.put(secrets, f"own {n}", str(n))
            self.put(secrets, "common", str(n))

        at_once(8, put)
        assert self.names(secrets) == ["common", *(f"own {n}" for n in range(8))]
        assert [self.answer(secrets.get(f"own {n}")).reveal() for n in range(8)] == [str(n) for n in range(8)]
        assert self.answer(secrets.get("common")).reveal() in {str(n) for n in range(8)}
