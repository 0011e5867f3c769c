"""Secrets in memory."""

from __future__ import annotations

from mlconnector_sdk.errors import MissingSetting
from mlconnector_sdk.secret import Secret

__all__ = ["MemorySecretStore"]


class MemorySecretStore:
    """A `SecretStore` that is gone when the process ends. Safe to use from several threads."""

    def __init__(self) -> None:
        self._secrets: dict[str, Secret] = {}

    def get(self, name: str) -> Secret:
        """A secret by name.

        Raises:
            MissingSetting: There is none of that name.
        """
        try:
            return self._secrets[name]
        except KeyError:
            raise MissingSetting(
                f"there is no secret {name!r}", remedy=f"put({name!r}, Secret(...)) it first", path=name
            ) from None

    def put(self, name: str, secret: Secret) -> None:
        """Keep a secret, replacing an older one of that name."""
        self._secrets[name] = secret

    def delete(self, name: str) -> None:
        """Forget a secret; one that is not there is no error."""
        self._secrets.pop(name, None)

    def names(self) -> list[str]:
        """The names that are kept, sorted."""
        return sorted(self._secrets)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self.names())})"
