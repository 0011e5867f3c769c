"""Secrets, encrypted in a SQLite file."""

from __future__ import annotations

import os

from mlconnector_sdk.errors import MissingSetting
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.storage.sqlite.database import Database
from mlconnector_sdk.storage.sqlite.sealed import Sealed
from mlconnector_sdk.storage.vault import KeyRing

__all__ = ["SQLiteSecretStore"]


class SQLiteSecretStore(Sealed):
    """A `SecretStore` in a file: names in plain text, secrets encrypted with AES-256-GCM.

    Args:
        path: The file, which may be that of a `SQLiteStore`, or a `Database` to share.
        keys: What they are encrypted with.
        busy_timeout: How many seconds to wait while another process writes.

    Raises:
        StoreError: The path, the file or its schema cannot be used.
        ConfigurationError: Others than its owner may use the file.

    Example:
        >>> import tempfile
        >>> keys = KeyRing.generate()
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with SQLiteSecretStore(f"{folder}/secrets.db", keys=keys) as secrets:
        ...         secrets.put("stedi", Secret("k-123"))
        ...         secrets.names(), secrets.get("stedi")
        (['stedi'], Secret('***'))
    """

    def __init__(
        self, path: str | os.PathLike[str] | Database, *, keys: KeyRing, busy_timeout: float = 30.0
    ) -> None:
        super().__init__(path, keys=keys, purpose="secret", busy_timeout=busy_timeout)

    def get(self, name: str) -> Secret:
        """A secret by name.

        Raises:
            MissingSetting: There is none of that name.
            SecretUnreadable: It cannot be decrypted with these keys, or was tampered with.
        """
        value = self._read(name)
        if value is None:
            raise MissingSetting(
                f"there is no secret {name!r} in {self._database.path}",
                remedy=f"put({name!r}, Secret(...)) it first",
                path=name,
            )
        return Secret(value.decode("utf-8", "surrogatepass"))

    def put(self, name: str, secret: Secret) -> None:
        """Keep a secret, replacing an older one of that name."""
        self._write(name, secret.reveal().encode("utf-8", "surrogatepass"))

    def delete(self, name: str) -> None:
        """Forget a secret; one that is not there is no error."""
        statement = "DELETE FROM sealed WHERE purpose = ? AND name = ?"
        self._database.change(statement, (self._purpose, name))

    def names(self) -> list[str]:
        """The names that are kept, sorted."""
        query = "SELECT name FROM sealed WHERE purpose = ? ORDER BY name"
        return [name for (name,) in self._database.rows(query, (self._purpose,))]
