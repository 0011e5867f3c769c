"""The vendor APIs as local HTTP servers, strict and able to fail (extra: ``simulators``).

They play the vendor: they check requests with rules and tables of their own and share no code with the
clients, the converters or the X12 writer of this package, so that they can disagree with them.

Example:
    >>> from mlconnector_sdk.simulators import PlexSimulator
    >>> with PlexSimulator() as plex:
    ...     lines = [{"part": "WB-100", "quantity": 5}]
    ...     order = plex.add_purchase_order("PO-1", supplier="ACME", lines=lines)
    >>> order["status"]
    'On Order'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mlconnector_sdk.errors import ConfigurationError

if TYPE_CHECKING:
    from mlconnector_sdk.simulators.clock import VirtualTime
    from mlconnector_sdk.simulators.faults import (
        Answer,
        Delay,
        Drop,
        FaultPlan,
        Hang,
        LoseAnswer,
        SlowWork,
        Truncate,
        WebPage,
    )
    from mlconnector_sdk.simulators.plex.rules import PlexRules
    from mlconnector_sdk.simulators.plex.simulator import PlexSimulator
    from mlconnector_sdk.simulators.stedi.rules import StediRules
    from mlconnector_sdk.simulators.stedi.simulator import StediSimulator

__all__ = [
    "Answer",
    "Delay",
    "Drop",
    "FaultPlan",
    "Hang",
    "LoseAnswer",
    "PlexRules",
    "PlexSimulator",
    "SlowWork",
    "StediRules",
    "StediSimulator",
    "Truncate",
    "VirtualTime",
    "WebPage",
]

_HOMES = {
    "Answer": "faults",
    "Delay": "faults",
    "Drop": "faults",
    "FaultPlan": "faults",
    "Hang": "faults",
    "LoseAnswer": "faults",
    "PlexRules": "plex.rules",
    "PlexSimulator": "plex.simulator",
    "SlowWork": "faults",
    "StediRules": "stedi.rules",
    "StediSimulator": "stedi.simulator",
    "Truncate": "faults",
    "VirtualTime": "clock",
    "WebPage": "faults",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        home = import_module(f"{__name__}.{_HOMES[name]}")
    except ModuleNotFoundError as missing:
        package = (missing.name or "").partition(".")[0]
        if package not in ("starlette", "uvicorn"):
            raise
        raise ConfigurationError(
            f"the simulators need {package}, which is not installed",
            remedy='pip install "mlconnector-sdk[simulators]"',
        ) from missing
    value: object = getattr(home, name)
    return value
