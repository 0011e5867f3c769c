"""The three shapes in which Stedi's destinations send an event."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from mlconnector_sdk.simulators import wire
from mlconnector_sdk.simulators.webhooks import Notice

__all__ = ["LIMIT", "SEED_RETRIES", "Shape", "authentication", "packer"]

Shape: TypeAlias = Literal["event+artifact", "event", "bare"]
"""``event+artifact``: with the Guide JSON where it fits; ``event``: wrapped; ``bare``: the event itself."""

SEED_RETRIES = (22.5, 22.5, 22.5, 22.5)
"""Up to four retries within 90 seconds, as the product pages say; newer public pages say 90 seconds each."""

LIMIT = 1_000_000
"""Bytes of a whole body, above which the artifact travels without its content."""


def authentication(header: tuple[str, str] | None, basic: tuple[str, str] | None) -> dict[str, str]:
    """The headers by which the receiver knows Stedi; without credentials Stedi sends a dummy."""
    if basic is not None:
        credentials = base64.b64encode(":".join(basic).encode()).decode()
        return {"Authorization": f"Basic {credentials}"}
    if header is not None:
        return {header[0]: header[1]}
    return {"x-stedi-noauth": "dummy"}


def packer(shape: Shape, limit: int) -> Callable[[Notice], bytes]:
    """What makes the body of this shape."""

    def pack(notice: Notice) -> bytes:
        event, guide = notice.content["event"], notice.content["guide"]
        if shape == "bare":
            return wire.dumps(event)
        if shape == "event" or guide is None:
            return wire.dumps({"event": event})
        body = wire.dumps({"event": event, "artifact": _artifact("WITHIN_SIZE_LIMIT", detail=guide)})
        if len(body) > limit:
            body = wire.dumps({"event": event, "artifact": _artifact("SIZE_LIMIT_EXCEEDED")})
        return body

    return pack


def _artifact(reason: str, **detail: Any) -> dict[str, Any]:
    return {"artifactType": "application/json", "usage": "output", "attachedReason": reason, **detail}
