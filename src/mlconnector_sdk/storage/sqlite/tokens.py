"""Access tokens, encrypted in a SQLite file that several processes share."""

from __future__ import annotations

import json
import os
from datetime import datetime

from mlconnector_sdk.records import Token
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.storage.sqlite.claims import Claims
from mlconnector_sdk.storage.sqlite.database import Database
from mlconnector_sdk.storage.sqlite.sealed import Sealed
from mlconnector_sdk.storage.sqlite.values import instant, instant_or_none, micros, micros_or_none
from mlconnector_sdk.storage.vault import KeyRing

__all__ = ["SQLiteTokenStore"]


class SQLiteTokenStore(Sealed):
    """A `TokenStore` in a file: one process refreshes, all of them use the token.

    Args:
        path: The file, which may be that of a `SQLiteStore`, or a `Database` to share.
        keys: What the tokens are encrypted with (AES-256-GCM).
        busy_timeout: How many seconds to wait while another process writes.

    Raises:
        StoreError: The path, the file or its schema cannot be used.
        ConfigurationError: Others than its owner may use the file.
    """

    def __init__(
        self, path: str | os.PathLike[str] | Database, *, keys: KeyRing, busy_timeout: float = 30.0
    ) -> None:
        super().__init__(path, keys=keys, purpose="token", busy_timeout=busy_timeout)
        self._claims = Claims(self._database, "token")

    def get(self, key: str) -> Token | None:
        """The token of a credential, or None.

        Raises:
            SecretUnreadable: It cannot be decrypted with these keys, or was tampered with.
        """
        value = self._read(key)
        return None if value is None else _token(value)

    def put(self, key: str, token: Token) -> None:
        """Keep a token; it is on the disk before this returns."""
        self._write(key, _text(token))

    def claim(self, key: str, owner: str, *, now: datetime, until: datetime) -> bool:
        """Become the one who refreshes this credential until then. False: somebody else is."""
        return self._claims.claim(key, owner, now=now, until=until)

    def release(self, key: str, owner: str) -> None:
        """Give the claim back; not ours or not there: nothing happens."""
        self._claims.release(key, owner)


def _text(token: Token) -> bytes:
    refresh = token.refresh_token
    facts = {
        "access_token": token.access_token.reveal(),
        "issued_at": micros(token.issued_at),
        "expires_at": micros(token.expires_at),
        "refresh_token": None if refresh is None else refresh.reveal(),
        "refresh_expires_at": micros_or_none(token.refresh_expires_at),
    }
    return json.dumps(facts).encode()


def _token(text: bytes) -> Token:
    facts = json.loads(text)
    refresh = facts["refresh_token"]
    return Token(
        access_token=Secret(facts["access_token"]),
        issued_at=instant(facts["issued_at"]),
        expires_at=instant(facts["expires_at"]),
        refresh_token=None if refresh is None else Secret(refresh),
        refresh_expires_at=instant_or_none(facts["refresh_expires_at"]),
    )
