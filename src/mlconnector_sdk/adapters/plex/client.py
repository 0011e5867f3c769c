"""`Plex` and `AsyncPlex`: one company's Plex, typed, limited, retried."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from mlconnector_sdk.adapters.configuration import variables
from mlconnector_sdk.adapters.plex.access import check_access
from mlconnector_sdk.adapters.plex.invoices import ArInvoices
from mlconnector_sdk.adapters.plex.master_data import Parts, Suppliers, Tenants
from mlconnector_sdk.adapters.plex.profile import PlexProfile, plex_profile
from mlconnector_sdk.adapters.plex.purchase_orders import PurchaseOrders, Releases
from mlconnector_sdk.adapters.plex.settings import PlexSettings
from mlconnector_sdk.core.access import AccessReport
from mlconnector_sdk.core.auth import OAuth2ClientCredentials
from mlconnector_sdk.core.client import Client, VendorFace
from mlconnector_sdk.core.events import Hooks
from mlconnector_sdk.core.runtime import AsyncRuntime, BlockingRuntime, Runtime
from mlconnector_sdk.dual import Blocking, Colour, NonBlocking, run, shared
from mlconnector_sdk.ports import Clock, SecretStore, TokenStore

if TYPE_CHECKING:
    import httpx

__all__ = ["AsyncPlex", "Plex", "PlexFace"]


class PlexFace(VendorFace[Colour]):
    """What both colours share.

    Attributes:
        settings: What the client was made with.
        pcn: The company whose data is meant.
        profile: How Plex is spoken to.
        purchase_orders: Purchase orders with their lines and releases.
        releases: Releases of all purchase orders.
        ar_invoices: Invoices to customers.
        suppliers: Suppliers.
        parts: Parts.
        tenants: The companies that the credentials may see.
    """

    def __init__(
        self,
        settings: PlexSettings,
        runtime: Runtime,
        *,
        profile: PlexProfile | None,
        token_store: TokenStore | None,
        hooks: Hooks | None,
        user_agent: str,
    ) -> None:
        self.settings = settings
        self.pcn = settings.pcn
        chosen = profile or plex_profile(settings.profile)
        self.profile = chosen.at(api=settings.base_url, token=settings.token_url)
        auth = OAuth2ClientCredentials(
            self.profile.origins["token"],
            settings.client_id,
            settings.client_secret,
            token_store=token_store,
            settings=variables(PlexSettings, "PLEX_"),
        )
        super().__init__(
            Client(
                self.profile,
                auth,
                runtime,
                hooks=hooks,
                headers={self.profile.customer_header: settings.pcn},
                user_agent=user_agent,
            )
        )
        self.purchase_orders = PurchaseOrders[Colour](self.client, self.profile)
        self.releases = Releases[Colour](self.client, self.profile)
        self.ar_invoices = ArInvoices[Colour](self.client, self.profile)
        self.suppliers = Suppliers[Colour](self.client, self.profile)
        self.parts = Parts[Colour](self.client, self.profile)
        self.tenants = Tenants[Colour](self.client, self.profile)

    @shared
    async def check_access(self, *, write_to: str = "", invoices: bool = False) -> AccessReport:
        """Find out what these credentials may do, and what to ask the administrator for.

        Args:
            write_to: The number of an order on which the permission to write may be tried, by a write that
                sets no field (Plex may move the order's time of change). Empty: nothing is written.
            invoices: Whether invoices are to be sent, so that they have to be readable, too.
        """
        return await check_access(self, write_to, invoices=invoices)


class Plex(PlexFace[Blocking]):
    """Plex, blocking.

    Args:
        settings: Credentials and addresses.
        http: The host's own httpx client, whose connections are used.
        transport: Instead of a client: an httpx transport.
        verify: TLS settings, where neither is given; some Plex hosts need legacy renegotiation.
        clock: Time; the machine's by default.
        token_store: Shares access tokens with other processes.
        profile: Instead of the one that the settings name.
        hooks: Who watches requests.
        user_agent: What the host adds to the ``User-Agent``.

    Raises:
        ConfigurationError: A setting cannot work.

    Example:
        >>> from mlconnector_sdk import Secret
        >>> from mlconnector_sdk.simulators import PlexSimulator
        >>> with PlexSimulator() as vendor:
        ...     line = {"part": "A", "quantity": 5}
        ...     order = vendor.add_purchase_order("PO-1", supplier="ACME", lines=[line])
        ...     settings = PlexSettings(
        ...         client_id=vendor.client_id,
        ...         client_secret=Secret(vendor.client_secret),
        ...         pcn=vendor.pcn,
        ...         base_url=vendor.url,
        ...         token_url=vendor.token_url,
        ...     )
        ...     with Plex(settings) as plex:
        ...         [order.number for order in plex.purchase_orders.list()]
        ['PO-1']
    """

    def __init__(
        self,
        settings: PlexSettings,
        *,
        http: httpx.Client | None = None,
        transport: httpx.BaseTransport | None = None,
        verify: ssl.SSLContext | None = None,
        clock: Clock | None = None,
        token_store: TokenStore | None = None,
        profile: PlexProfile | None = None,
        hooks: Hooks | None = None,
        user_agent: str = "",
    ) -> None:
        runtime = BlockingRuntime(http=http, transport=transport, verify=verify, clock=clock)
        super().__init__(
            settings, runtime, profile=profile, token_store=token_store, hooks=hooks, user_agent=user_agent
        )

    @classmethod
    def from_env(cls, prefix: str = "PLEX_") -> Plex:
        """A client with the settings of the environment.

        Raises:
            MissingSetting: Names every required variable that is missing.
        """
        return cls(PlexSettings.from_env(prefix))

    @classmethod
    def from_secrets(cls, store: SecretStore, prefix: str = "plex") -> Plex:
        """A client with the settings of a secret store.

        Raises:
            MissingSetting: Names every required secret that is missing.
            SecretUnreadable: One cannot be decrypted, or was tampered with.
        """
        return cls(run(PlexSettings.from_secrets(store, prefix)))


class AsyncPlex(PlexFace[NonBlocking]):
    """Plex, async: the same surface as `Plex`, with the same arguments.

    Args:
        settings: Credentials and addresses.
        http: The host's own httpx client, whose connections are used.
        transport: Instead of a client: an httpx transport.
        verify: TLS settings, where neither is given; some Plex hosts need legacy renegotiation.
        clock: Time; the machine's by default.
        token_store: Shares access tokens with other processes.
        profile: Instead of the one that the settings name.
        hooks: Who watches requests.
        user_agent: What the host adds to the ``User-Agent``.

    Raises:
        ConfigurationError: A setting cannot work.
    """

    def __init__(
        self,
        settings: PlexSettings,
        *,
        http: httpx.AsyncClient | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        verify: ssl.SSLContext | None = None,
        clock: Clock | None = None,
        token_store: TokenStore | None = None,
        profile: PlexProfile | None = None,
        hooks: Hooks | None = None,
        user_agent: str = "",
    ) -> None:
        runtime = AsyncRuntime(http=http, transport=transport, verify=verify, clock=clock)
        super().__init__(
            settings, runtime, profile=profile, token_store=token_store, hooks=hooks, user_agent=user_agent
        )

    @classmethod
    def from_env(cls, prefix: str = "PLEX_") -> AsyncPlex:
        """A client with the settings of the environment.

        Raises:
            MissingSetting: Names every required variable that is missing.
        """
        return cls(PlexSettings.from_env(prefix))

    @classmethod
    async def from_secrets(cls, store: SecretStore, prefix: str = "plex") -> AsyncPlex:
        """A client with the settings of a secret store.

        Raises:
            MissingSetting: Names every required secret that is missing.
            SecretUnreadable: One cannot be decrypted, or was tampered with.
        """
        return cls(await PlexSettings.from_secrets(store, prefix))
