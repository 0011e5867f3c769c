"""A flow in a store belongs to one tenant and one environment.

What puts documents in line carries both, but a checkpoint, a lease and a pause go by the flow's name. So a
second tenant, or the test system, needs a store of its own: in the same one it would move the other's
checkpoint and send the other's documents. The checkpoint remembers to whom the flow belongs.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.records import Checkpoint

__all__ = ["cursors_of", "require_scope", "scoped"]

_SCOPE = "belongs to"
"""A cursor that is the flow's own, and never shown to a source."""


def scoped(flow: Flow, cursors: Mapping[str, str]) -> Mapping[str, str]:
    """The cursors of a walk, with the mark of the flow."""
    return {**cursors, _SCOPE: _scope(flow)}


def cursors_of(checkpoint: Checkpoint) -> Mapping[str, str]:
    """The cursors of the source."""
    return {name: value for name, value in checkpoint.cursors.items() if name != _SCOPE}


def require_scope(flow: Flow, checkpoint: Checkpoint | None) -> None:
    """Refuse a store in which the flow belongs to somebody else.

    Raises:
        ConfigurationError: It belongs to another tenant or environment.
    """
    if checkpoint is None or checkpoint.cursors.get(_SCOPE, _scope(flow)) == _scope(flow):
        return
    raise ConfigurationError(
        f"the flow '{flow.name}' of this store belongs to {checkpoint.cursors[_SCOPE]!r}, "
        f"and this pipeline runs for {_scope(flow)!r} (tenant|environment)",
        path="store",
        remedy="give every tenant and every environment a store of its own, e.g. a file each",
    )


def _scope(flow: Flow) -> str:
    return "|".join(quote(part, safe=" -._:/#") for part in (flow.tenant, flow.environment))
