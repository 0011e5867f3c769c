"""Typed clients, pure EDI mappings and crash-safe pipelines for manufacturing and distribution.

The names below are loaded on first use, so that importing the package costs next to nothing and loads no
vendor. Everything else is one level down: `mlconnector_sdk.errors`, `mlconnector_sdk.mapping`,
`mlconnector_sdk.flow`, `mlconnector_sdk.adapters`, `mlconnector_sdk.pipelines`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlconnector_sdk.lazy import lazily
from mlconnector_sdk.version import __version__

if TYPE_CHECKING:
    from mlconnector_sdk.adapters.plex import AsyncPlex, Plex, PlexSettings
    from mlconnector_sdk.adapters.stedi import AsyncStedi, Stedi, StediSettings, StediWebhook
    from mlconnector_sdk.core.access import AccessReport
    from mlconnector_sdk.core.runtime import AsyncSystemClock, SystemClock
    from mlconnector_sdk.errors import ConnectorError
    from mlconnector_sdk.flow import AsyncPipeline, DailyAt, Every, Flow, Pipeline, RunReport
    from mlconnector_sdk.secret import Secret
    from mlconnector_sdk.storage.memory import MemoryStore
    from mlconnector_sdk.storage.sqlite import (
        SQLiteAuditLog,
        SQLiteSecretStore,
        SQLiteStore,
        SQLiteTokenStore,
    )
    from mlconnector_sdk.storage.vault import KeyRing
    from mlconnector_sdk.webhooks import Receiver, asgi_app, wsgi_app

__all__ = [
    "AccessReport",
    "AsyncPipeline",
    "AsyncPlex",
    "AsyncStedi",
    "AsyncSystemClock",
    "ConnectorError",
    "DailyAt",
    "Every",
    "Flow",
    "KeyRing",
    "MemoryStore",
    "Pipeline",
    "Plex",
    "PlexSettings",
    "Receiver",
    "RunReport",
    "SQLiteAuditLog",
    "SQLiteSecretStore",
    "SQLiteStore",
    "SQLiteTokenStore",
    "Secret",
    "Stedi",
    "StediSettings",
    "StediWebhook",
    "SystemClock",
    "__version__",
    "asgi_app",
    "wsgi_app",
]

_HOMES = {
    "AccessReport": "core.access",
    "AsyncPipeline": "flow",
    "AsyncPlex": "adapters.plex",
    "AsyncStedi": "adapters.stedi",
    "AsyncSystemClock": "core.runtime",
    "ConnectorError": "errors",
    "DailyAt": "flow",
    "Every": "flow",
    "Flow": "flow",
    "KeyRing": "storage.vault",
    "MemoryStore": "storage.memory",
    "Pipeline": "flow",
    "Plex": "adapters.plex",
    "PlexSettings": "adapters.plex",
    "Receiver": "webhooks",
    "RunReport": "flow",
    "SQLiteAuditLog": "storage.sqlite",
    "SQLiteSecretStore": "storage.sqlite",
    "SQLiteStore": "storage.sqlite",
    "SQLiteTokenStore": "storage.sqlite",
    "Secret": "secret",
    "Stedi": "adapters.stedi",
    "StediSettings": "adapters.stedi",
    "StediWebhook": "adapters.stedi",
    "SystemClock": "core.runtime",
    "asgi_app": "webhooks",
    "wsgi_app": "webhooks",
}

__getattr__, __dir__ = lazily(__name__, _HOMES)
