"""Access tokens in memory."""

from __future__ import annotations

from mlconnector_sdk.records import Token
from mlconnector_sdk.storage.memory.claims import MemoryClaims

__all__ = ["MemoryTokenStore"]


class MemoryTokenStore(MemoryClaims):
    """A `TokenStore` shared by the clients of one process. Safe to use from several threads."""

    def __init__(self) -> None:
        super().__init__()
        self._tokens: dict[str, Token] = {}

    def get(self, key: str) -> Token | None:
        """The token of a credential, or None."""
        return self._tokens.get(key)

    def put(self, key: str, token: Token) -> None:
        """Keep a token."""
        self._tokens[key] = token

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._tokens)} tokens)"
