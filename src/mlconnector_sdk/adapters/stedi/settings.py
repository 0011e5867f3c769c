"""What a Stedi client needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from attrs import field, frozen

from mlconnector_sdk.adapters.configuration import from_environment, from_secret_store
from mlconnector_sdk.ports import SecretStore
from mlconnector_sdk.secret import Secret

__all__ = ["StediSettings"]


@frozen(kw_only=True)
class StediSettings:
    """The key and the address of one Stedi account.

    Args:
        api_key: An API key of the account (``STEDI_API_KEY``).
        profile: Which of Stedi's APIs is spoken to; ``core`` is the EDI platform (``STEDI_PROFILE``).
        base_url: Instead of the profile's (``STEDI_BASE_URL``).
        auth_scheme: A word before the key in the Authorization header: empty, or ``Key`` as older
            descriptions of the API have it (``STEDI_AUTH_SCHEME``).
        api_key_expires: The day from which on the key is refused, where it has one: Stedi's keys end only
            when somebody revokes them, or by a rule of your own (``STEDI_API_KEY_EXPIRES``, e.g.
            ``2027-01-31``).
    """

    api_key: Secret = field(metadata={"meaning": "an API key of the Stedi account"})
    profile: str = "core"
    base_url: str = ""
    auth_scheme: str = ""
    api_key_expires: date | None = None

    @classmethod
    def from_env(
        cls, prefix: str = "STEDI_", *, environment: Mapping[str, str] | None = None
    ) -> StediSettings:
        """Read environment variables.

        Raises:
            MissingSetting: Names every required variable that is missing, all at once.
            ConfigurationError: A day is none.
        """
        return from_environment(cls, prefix, environment)

    @classmethod
    async def from_secrets(cls, store: SecretStore, prefix: str = "stedi") -> StediSettings:
        """Read a secret store, where the settings are kept as ``stedi/api_key`` and so on.

        Raises:
            MissingSetting: Names every required secret that is missing, all at once.
            SecretUnreadable: One cannot be decrypted, or was tampered with.
            ConfigurationError: A day is none.
        """
        return await from_secret_store(cls, prefix, store)
