"""`Stedi` and `AsyncStedi`: one account's Stedi, typed, limited, retried."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mlconnector_sdk.adapters.configuration import variables
from mlconnector_sdk.adapters.stedi.access import check_access
from mlconnector_sdk.adapters.stedi.executions import Executions, Polling
from mlconnector_sdk.adapters.stedi.profile import StediProfile, stedi_profile
from mlconnector_sdk.adapters.stedi.settings import StediSettings
from mlconnector_sdk.adapters.stedi.transactions import Transactions
from mlconnector_sdk.core.access import AccessReport
from mlconnector_sdk.core.auth import ApiKey
from mlconnector_sdk.core.client import Client, VendorFace
from mlconnector_sdk.core.events import Hooks
from mlconnector_sdk.core.runtime import AsyncRuntime, BlockingRuntime, Runtime
from mlconnector_sdk.dual import Blocking, Colour, NonBlocking, run, shared
from mlconnector_sdk.ports import Clock, SecretStore

if TYPE_CHECKING:
    import httpx

__all__ = ["AsyncStedi", "Stedi", "StediFace"]


class StediFace(VendorFace[Colour]):
    """What both colours share.

    Attributes:
        settings: What the client was made with.
        profile: How Stedi is spoken to.
        transactions: Business documents, in and out.
        executions: The files they travel in.
        polling: What was processed since.
    """

    def __init__(
        self,
        settings: StediSettings,
        runtime: Runtime,
        *,
        profile: StediProfile | None,
        hooks: Hooks | None,
        user_agent: str,
    ) -> None:
        self.settings = settings
        chosen = profile or stedi_profile(settings.profile)
        self.profile = chosen.at(api=settings.base_url)
        auth = ApiKey(
            "Authorization",
            settings.api_key,
            prefix=f"{settings.auth_scheme} " if settings.auth_scheme else "",
            setting=variables(StediSettings, "STEDI_")["api_key"],
        )
        super().__init__(Client(self.profile, auth, runtime, hooks=hooks, user_agent=user_agent))
        self.transactions = Transactions[Colour](self.client, self.profile)
        self.executions = Executions[Colour](self.client, self.profile)
        self.polling = Polling[Colour](self.client, self.profile)

    @shared
    async def check_access(self, partnerships: Iterable[tuple[str, str]] = ()) -> AccessReport:
        """Find out whether the key is taken, and whether expected partnerships and settings are there.

        Args:
            partnerships: Pairs of partnership id and transaction setting id that will be used. Stedi's API
                cannot be asked for them: one that no transaction has used yet is reported as unverifiable.
        """
        return await check_access(self, partnerships)


class Stedi(StediFace[Blocking]):
    """Stedi, blocking.

    Args:
        settings: The key and the address.
        http: The host's own httpx client, whose connections are used.
        transport: Instead of a client: an httpx transport.
        verify: TLS settings, where neither is given.
        clock: Time; the machine's by default.
        profile: Instead of the one that the settings name.
        hooks: Who watches requests.
        user_agent: What the host adds to the ``User-Agent``.

    Raises:
        ConfigurationError: A setting cannot work.

    Example:
        >>> from mlconnector_sdk import Secret
        >>> from mlconnector_sdk.simulators import StediSimulator
        >>> with StediSimulator() as vendor:
        ...     settings = StediSettings(api_key=Secret(vendor.api_key), base_url=vendor.url)
        ...     with Stedi(settings) as stedi:
        ...         print(stedi.check_access())
        ok  API key  is taken
    """

    def __init__(
        self,
        settings: StediSettings,
        *,
        http: httpx.Client | None = None,
        transport: httpx.BaseTransport | None = None,
        verify: ssl.SSLContext | None = None,
        clock: Clock | None = None,
        profile: StediProfile | None = None,
        hooks: Hooks | None = None,
        user_agent: str = "",
    ) -> None:
        runtime = BlockingRuntime(http=http, transport=transport, verify=verify, clock=clock)
        super().__init__(settings, runtime, profile=profile, hooks=hooks, user_agent=user_agent)

    @classmethod
    def from_env(cls, prefix: str = "STEDI_") -> Stedi:
        """A client with the settings of the environment.

        Raises:
            MissingSetting: Names every required variable that is missing.
        """
        return cls(StediSettings.from_env(prefix))

    @classmethod
    def from_secrets(cls, store: SecretStore, prefix: str = "stedi") -> Stedi:
        """A client with the settings of a secret store.

        Raises:
            MissingSetting: Names every required secret that is missing.
            SecretUnreadable: One cannot be decrypted, or was tampered with.
        """
        return cls(run(StediSettings.from_secrets(store, prefix)))


class AsyncStedi(StediFace[NonBlocking]):
    """Stedi, async: the same surface as `Stedi`, with the same arguments.

    Args:
        settings: The key and the address.
        http: The host's own httpx client, whose connections are used.
        transport: Instead of a client: an httpx transport.
        verify: TLS settings, where neither is given.
        clock: Time; the machine's by default.
        profile: Instead of the one that the settings name.
        hooks: Who watches requests.
        user_agent: What the host adds to the ``User-Agent``.

    Raises:
        ConfigurationError: A setting cannot work.
    """

    def __init__(
        self,
        settings: StediSettings,
        *,
        http: httpx.AsyncClient | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        verify: ssl.SSLContext | None = None,
        clock: Clock | None = None,
        profile: StediProfile | None = None,
        hooks: Hooks | None = None,
        user_agent: str = "",
    ) -> None:
        runtime = AsyncRuntime(http=http, transport=transport, verify=verify, clock=clock)
        super().__init__(settings, runtime, profile=profile, hooks=hooks, user_agent=user_agent)

    @classmethod
    def from_env(cls, prefix: str = "STEDI_") -> AsyncStedi:
        """A client with the settings of the environment.

        Raises:
            MissingSetting: Names every required variable that is missing.
        """
        return cls(StediSettings.from_env(prefix))

    @classmethod
    async def from_secrets(cls, store: SecretStore, prefix: str = "stedi") -> AsyncStedi:
        """A client with the settings of a secret store.

        Raises:
            MissingSetting: Names every required secret that is missing.
            SecretUnreadable: One cannot be decrypted, or was tampered with.
        """
        return cls(await StediSettings.from_secrets(store, prefix))
