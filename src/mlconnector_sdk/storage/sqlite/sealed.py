"""A table whose contents only the holder of the keys can read."""

from __future__ import annotations

import os
import sqlite3

from mlconnector_sdk.storage.private_file import check_private
from mlconnector_sdk.storage.sqlite.database import Database, OnDatabase
from mlconnector_sdk.storage.vault import KeyRing

__all__ = ["Sealed"]

_PUT = "INSERT OR REPLACE INTO sealed (purpose, name, content) VALUES (?, ?, ?)"
_ALL = "SELECT name, content FROM sealed WHERE purpose = ? ORDER BY name"


class Sealed(OnDatabase):
    """Encrypted values by name, in a file that its owner alone may read.

    Args:
        path: The file, or a `Database` to share.
        keys: What they are encrypted with.
        purpose: What kind of values they are; a value of another kind does not open as one of these.
        busy_timeout: How many seconds to wait while another process writes.

    Raises:
        StoreError: The path, the file or its schema cannot be used.
        ConfigurationError: Others than its owner may use the file.
    """

    def __init__(
        self, path: str | os.PathLike[str] | Database, *, keys: KeyRing, purpose: str, busy_timeout: float
    ) -> None:
        super().__init__(path, busy_timeout=busy_timeout)
        self._keys = keys
        self._purpose = purpose
        try:
            check_private(self._database.path)
        except BaseException:
            self.close()
            raise

    def reencrypt(self) -> int:
        """Move every value to the active key, in one commit; return how many had another.

        Raises:
            SecretUnreadable: One of them cannot be opened; then none is changed.
        """

        def operation(connection: sqlite3.Connection) -> int:
            moved = 0
            for name, content in connection.execute(_ALL, (self._purpose,)).fetchall():
                if self._keys.key_of(content, purpose=self._purpose, name=name) != self._keys.active:
                    sealed = self._seal(name, self._open(name, content))
                    connection.execute(_PUT, (self._purpose, name, sealed))
                    moved += 1
            return moved

        return self._database.write(operation)

    def _seal(self, name: str, value: bytes) -> bytes:
        return self._keys.seal(value, purpose=self._purpose, name=name)

    def _open(self, name: str, content: bytes) -> bytes:
        return self._keys.open(content, purpose=self._purpose, name=name)

    def _read(self, name: str) -> bytes | None:
        query = "SELECT content FROM sealed WHERE purpose = ? AND name = ?"
        rows = self._database.rows(query, (self._purpose, name))
        return self._open(name, rows[0][0]) if rows else None

    def _write(self, name: str, value: bytes) -> None:
        self._database.change(_PUT, (self._purpose, name, self._seal(name, value)))
