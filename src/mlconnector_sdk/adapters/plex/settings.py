"""What a Plex client needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from attrs import field, frozen

from mlconnector_sdk.adapters.configuration import from_environment, from_secret_store
from mlconnector_sdk.ports import SecretStore
from mlconnector_sdk.secret import Secret

__all__ = ["PlexSettings"]


@frozen(kw_only=True)
class PlexSettings:
    """Credentials and addresses of one Plex company.

    Args:
        client_id: OAuth2 client id (``PLEX_CLIENT_ID``).
        client_secret: OAuth2 client secret (``PLEX_CLIENT_SECRET``).
        pcn: The Plex customer number: which company's data is meant (``PLEX_PCN``).
        profile: Which of Plex's APIs is spoken to; ``cloud`` is the product's own (``PLEX_PROFILE``).
        base_url: Instead of the profile's, e.g. of a test system (``PLEX_BASE_URL``).
        token_url: Instead of the profile's (``PLEX_TOKEN_URL``).
        client_secret_expires: The day from which on the secret is refused, where it has one
            (``PLEX_CLIENT_SECRET_EXPIRES``, e.g. ``2027-01-31``).
    """

    client_id: str = field(metadata={"meaning": "the OAuth2 client id of the integration user"})
    client_secret: Secret = field(metadata={"meaning": "the OAuth2 client secret of that client id"})
    pcn: str = field(metadata={"meaning": "the Plex customer number of the company"})
    profile: str = "cloud"
    base_url: str = ""
    token_url: str = ""
    client_secret_expires: date | None = None

    @classmethod
    def from_env(cls, prefix: str = "PLEX_", *, environment: Mapping[str, str] | None = None) -> PlexSettings:
        """Read environment variables.

        Raises:
            MissingSetting: Names every required variable that is missing, all at once.
            ConfigurationError: A day is none.
        """
        return from_environment(cls, prefix, environment)

    @classmethod
    async def from_secrets(cls, store: SecretStore, prefix: str = "plex") -> PlexSettings:
        """Read a secret store, where the settings are kept as ``plex/client_id`` and so on.

        Raises:
            MissingSetting: Names every required secret that is missing, all at once.
            SecretUnreadable: One cannot be decrypted, or was tampered with.
            ConfigurationError: A day is none.
        """
        return await from_secret_store(cls, prefix, store)
