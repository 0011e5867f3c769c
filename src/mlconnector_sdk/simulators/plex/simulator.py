"""`PlexSimulator`: what a test sees of the simulated Plex."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, get_args

from starlette.types import ASGIApp

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.simulators.clock import VirtualTime
from mlconnector_sdk.simulators.plex import edits
from mlconnector_sdk.simulators.plex.access import Access, Profile
from mlconnector_sdk.simulators.plex.accounting import Accounting
from mlconnector_sdk.simulators.plex.app import endpoints
from mlconnector_sdk.simulators.plex.data import PlexData, Write
from mlconnector_sdk.simulators.plex.purchasing import Purchasing
from mlconnector_sdk.simulators.plex.rules import PlexRules
from mlconnector_sdk.simulators.tokens import TokenEndpoint, TokenRules

__all__ = ["PlexSimulator"]


class PlexSimulator(Purchasing, Accounting):
    """A Plex with one tenant.

    Args:
        profile: ``cloud``: OAuth2 below ``/api``, as the product pages say. ``connect``: the developer
            portal's API with its static key.
        rules: How it behaves; may be changed while it runs.
        token_rules: How its token endpoint behaves.
        time, port, admin: See `Simulator`.

    Attributes:
        client_id, client_secret, api_key, pcn: What a client needs.
        tokens: The token endpoint, which counts its requests.

    Example:
        >>> with PlexSimulator() as plex:
        ...     order = plex.add_purchase_order(
        ...         "PO-1", supplier="ACME", lines=[{"part": "WB-100", "quantity": 24, "price": "3.15"}]
        ...     )
        ...     plex.edit_release("PO-1", 1, quantity=30)
        ...     plex.order("PO-1")["lineItemTotal"]
        Decimal('94.50')
    """

    def __init__(
        self,
        *,
        profile: Profile = "cloud",
        rules: PlexRules | None = None,
        token_rules: TokenRules | None = None,
        time: VirtualTime | None = None,
        port: int = 0,
        admin: bool = False,
    ) -> None:
        super().__init__(time=time, port=port, admin=admin)
        self.profile: Profile = profile
        self.client_id = "plex-client"
        self.client_secret = "plex-secret"
        self.api_key = "plex-consumer-key"
        self.pcn = "100200"
        self.rules = PlexRules() if rules is None else rules
        self.tokens = TokenEndpoint(self.client_id, self.client_secret, time=self.time, rules=token_rules)
        self._data = PlexData(self.pcn, time=self.time, rules=self.rules)

    @property
    def url(self) -> str:
        """The base URL of the API."""
        return self.origin + self._prefix

    @property
    def token_url(self) -> str:
        """Where tokens are asked for (``cloud``)."""
        return f"{self.origin}/oauth2/token"

    @property
    def connection(self) -> Mapping[str, str]:
        """URLs and credentials: what a client has to be told."""
        shared = {"url": self.url, "pcn": self.pcn}
        if self.profile == "connect":
            return {**shared, "api_key": self.api_key}
        return {
            **shared,
            "token_url": self.token_url,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }

    @property
    def writes(self) -> list[Write]:
        """What clients changed, in order."""
        return self._data.writes

    def late(self, seconds: float) -> AbstractContextManager[None]:
        """Transactions that take so many seconds: what is changed inside has the time at which they began.

        Example:
            ``with plex.late(90): plex.edit_order("PO-1", note="x")``
        """
        return self._data.stamps.late(seconds)

    def lag(self, *resources: str, seconds: float) -> None:
        """Let reads of these resources show what is there now, and no later change, for so many seconds.

        So a changed order may come with its old releases: ``plex.lag("releases", "line-items", seconds=30)``.

        Raises:
            ConfigurationError: There is no such resource; see `PlexRules`.
        """
        with self.lock:
            self._data.lag(resources, seconds)

    def app(self) -> ASGIApp:
        """The vendor's endpoints."""
        access = Access(
            self.profile,
            tokens=self.tokens,
            api_key=self.api_key,
            pcn=self.pcn,
            rules=self.rules,
            time=self.time,
        )
        return endpoints(self._data, access=access, tokens=self.tokens, prefix=self._prefix, lock=self.lock)

    def commands(self) -> Mapping[str, Callable[..., Any]]:
        """What ``POST /_sim/{command}`` may call."""
        return {
            **super().commands(),
            "add_supplier": self.add_supplier,
            "add_part": self.add_part,
            "add_purchase_order": self.add_purchase_order,
            "add_invoice": self.add_invoice,
            "invoice": self.invoice,
            "edit_invoice": self.edit_invoice,
            "pay_invoice": self.pay_invoice,
            "void_invoice": self.void_invoice,
            "change_order": self._change_order,
            "wanted": self.wanted,
            "lag": self._lag,
            "edit_order": self.edit_order,
            "edit_line": self.edit_line,
            "edit_release": self.edit_release,
            "add_release": self.add_release,
            "cancel": self.cancel,
            "close": self.close,
            "load": self.load,
            "order": self.order,
            "writes": lambda: self.writes,
        }

    @property
    def _prefix(self) -> str:
        return "/api" if self.profile == "cloud" else ""

    def _change_order(self, number: str, changes: Sequence[Mapping[str, Any]]) -> None:
        """Edit an order by the names of the edits: ``{"edit": "SetPrice", "line": 1, "price": "2.10"}``."""
        known = {kind.__name__: kind for kind in get_args(edits.Edit)}
        wanted = []
        for change in changes:
            if change.get("edit") not in known:
                raise ConfigurationError(f"an edit is one of {', '.join(known)}; this one: {change}")
            wanted.append(known[change["edit"]](**{key: change[key] for key in change if key != "edit"}))
        self.change_order(number, *wanted)

    def _lag(self, resources: Sequence[str], seconds: float) -> None:
        self.lag(*resources, seconds=seconds)
