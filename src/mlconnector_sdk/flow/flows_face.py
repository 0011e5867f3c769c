"""What every call of a pipeline checks about its arguments, and what its faces share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from mlconnector_sdk.dual import Colour, Face
from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.health import Expiry
from mlconnector_sdk.flow.journal import Journal
from mlconnector_sdk.ports import AuditLog, Clock, ExchangeLog, Store

__all__ = ["FlowsFace", "require_aware"]


class FlowsFace(Face[Colour]):
    """Flows by name, and the store that they share."""

    name: str
    flows: dict[str, Flow]
    store: Store
    clock: Clock
    audit: AuditLog
    expiries: Callable[[], Iterable[Expiry]]
    _journal: Journal
    _exchange_log: ExchangeLog | None

    def _chosen(self, names: Sequence[str]) -> list[Flow]:
        for name in names:
            if name not in self.flows:
                raise ConfigurationError(
                    f"there is no flow '{name}' in {self.name}",
                    remedy=f"name one of: {', '.join(self.flows)}",
                    path="flows",
                )
        return [self.flows[name] for name in names] if names else list(self.flows.values())


def require_aware(instant: datetime | None, *, path: str = "since") -> None:
    """Refuse an instant without a time zone.

    Raises:
        ConfigurationError: Nobody knows which instant it means.
    """
    if instant is not None and instant.utcoffset() is None:
        raise ConfigurationError(
            f"{path}={instant.isoformat()} has no time zone, so nobody knows which instant it means",
            remedy="give an aware time, e.g. datetime(2026, 3, 1, tzinfo=UTC)",
            path=path,
        )
