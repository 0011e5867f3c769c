"""What a `TokenStore` promises, as tests that any backend can inherit.

Example::

    from mlconnector_sdk.testing import TokenStoreContract

    class TestMyTokens(TokenStoreContract):
        @pytest.fixture
        def tokens(self):
            return MyTokens(...)
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlconnector_sdk.ports import TokenStore
from mlconnector_sdk.records import Token
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.testing.contract import Contract, at_once

__all__ = ["TokenStoreContract"]

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LATER = NOW + 5 * MINUTE
CANARY = "canary-4f1c"
TIME = st.datetimes(timezones=st.just(UTC))
SECRET = st.text(st.characters(exclude_categories=["Cs"])).map(Secret)
PLAIN = Token(access_token=Secret("a-1"), issued_at=NOW, expires_at=NOW + 60 * MINUTE)
REFRESHABLE = evolve(PLAIN, refresh_token=Secret("r-1"), refresh_expires_at=NOW + timedelta(days=30))


class TokenStoreContract(Contract):
    """Every sentence of `ports.TokenStore`."""

    @pytest.fixture
    def tokens(self) -> Any:
        """A new, empty store; closed afterwards where that is needed."""
        raise NotImplementedError(f"{type(self).__name__} has to override the fixture `tokens`")

    def claim(
        self,
        tokens: TokenStore,
        owner: str,
        *,
        key: str = "plex",
        now: datetime = NOW,
        until: datetime = LATER,
    ) -> bool:
        """Ask for the right to refresh."""
        return self.answer(tokens.claim(key, owner, now=now, until=until))

    def test_there_is_no_token_before_the_first(self, tokens: TokenStore) -> None:
        """None, not an error."""
        assert self.answer(tokens.get("plex")) is None

    @pytest.mark.parametrize("token", [PLAIN, REFRESHABLE], ids=["plain", "refreshable"])
    def test_what_is_put_can_be_got(self, tokens: TokenStore, token: Token) -> None:
        """Under its own key, with its refresh token where it has one."""
        self.answer(tokens.put("plex", token))
        assert self.answer(tokens.get("plex")) == token
        assert self.answer(tokens.get("stedi")) is None

    def test_a_newer_one_replaces_an_older(self, tokens: TokenStore) -> None:
        """Entirely: a refresh token does not outlive the token that it came with."""
        self.answer(tokens.put("plex", REFRESHABLE))
        self.answer(tokens.put("plex", PLAIN))
        assert self.answer(tokens.get("plex")) == PLAIN

    def test_a_token_is_given_out_though_it_has_expired(self, tokens: TokenStore) -> None:
        """The store has no clock: its refresh token may still be good."""
        old = evolve(REFRESHABLE, expires_at=datetime(2000, 1, 1, tzinfo=UTC))
        self.answer(tokens.put("plex", old))
        assert self.answer(tokens.get("plex")) == old

    def test_tokens_survive_exactly(self, tokens: TokenStore) -> None:
        """Any text, and any instant to the microsecond."""

        @settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
        @given(
            st.builds(
                Token,
                access_token=SECRET,
                issued_at=TIME,
                expires_at=TIME,
                refresh_token=st.none() | SECRET,
                refresh_expires_at=st.none() | TIME,
            )
        )
        def survives(token: Token) -> None:
            self.answer(tokens.put("plex", token))
            assert self.answer(tokens.get("plex")) == token

        survives()

    def test_tokens_do_not_show(self, tokens: TokenStore) -> None:
        """Neither in the store's repr nor in that of what it gives out."""
        hidden = evolve(REFRESHABLE, access_token=Secret(CANARY), refresh_token=Secret(CANARY))
        self.answer(tokens.put("plex", hidden))
        shown = [repr(tokens), str(tokens), repr(self.answer(tokens.get("plex")))]
        assert CANARY not in " ".join(shown)

    def test_one_refreshes(self, tokens: TokenStore) -> None:
        """Others are refused while the claim lasts; other credentials are free."""
        assert self.claim(tokens, "a")
        assert not self.claim(tokens, "b")
        assert self.claim(tokens, "b", key="stedi")

    def test_the_one_who_refreshes_may_take_longer(self, tokens: TokenStore) -> None:
        """Claiming again extends."""
        self.claim(tokens, "a")
        assert self.claim(tokens, "a", now=NOW + MINUTE, until=LATER + MINUTE)
        assert not self.claim(tokens, "b", now=LATER)

    def test_a_claim_ends(self, tokens: TokenStore) -> None:
        """At its last instant it is free: the one who held it may have died."""
        self.claim(tokens, "a")
        assert not self.claim(tokens, "b", now=LATER - MINUTE / 1_000_000)
        assert self.claim(tokens, "b", now=LATER, until=LATER + MINUTE)
        assert not self.claim(tokens, "a", now=LATER, until=LATER + MINUTE)

    def test_a_claim_is_given_back_by_its_owner_alone(self, tokens: TokenStore) -> None:
        """Releasing somebody else's, or none, does nothing."""
        self.answer(tokens.release("plex", "a"))
        self.claim(tokens, "a")
        self.answer(tokens.release("plex", "b"))
        assert not self.claim(tokens, "b")
        self.answer(tokens.release("plex", "a"))
        assert self.claim(tokens, "b")

    def test_a_token_and_its_claim_are_two_things(self, tokens: TokenStore) -> None:
        """Putting a token does not give the claim back, and a claim hides no token."""
        self.claim(tokens, "a")
        self.answer(tokens.put("plex", PLAIN))
        assert not self.claim(tokens, "b")
        assert self.answer(tokens.get("plex")) == PLAIN

    def test_of_many_at_once_one_refreshes(self, tokens: TokenStore) -> None:
        """This is what a pair of get and put cannot do."""
        assert sum(at_once(8, lambda n: self.claim(tokens, str(n)))) == 1
