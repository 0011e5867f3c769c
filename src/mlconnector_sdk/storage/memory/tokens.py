"""Access tokens in memory."""

from __future__ import annotations

from datetime import datetime

from mlconnector_sdk.records import Token
from mlconnector_sdk.storage.memory.claims import MemoryClaims

__all__ = ["MemoryTokenStore"]


class MemoryTokenStore:
    """A `TokenStore` shared by the clients of one process. Safe to use from several threads."""

    def __init__(self) -> None:
        self._claims = MemoryClaims()
        self._tokens: dict[str, Token] = {}

    def get(self, key: str) -> Token | None:
        """The token of a credential, or None."""
        return self._tokens.get(key)

    def put(self, key: str, token: Token) -> None:
        """Keep a token."""
        self._tokens[key] = token

    def claim(self, key: str, owner: str, *, now: datetime, until: datetime) -> bool:
        """Become the one who refreshes this credential until then. False: somebody else is."""
        return self._claims.claim(key, owner, now=now, until=until)

    def release(self, key: str, owner: str) -> None:
        """Give the claim back; not ours or not there: nothing happens."""
        self._claims.release(key, owner)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._tokens)} tokens)"
