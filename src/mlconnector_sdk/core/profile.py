"""A vendor's quirks as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from attrs import evolve, field, frozen

from mlconnector_sdk.codec import MAX_DEPTH
from mlconnector_sdk.core.limits import LimitSpec
from mlconnector_sdk.core.origin import Origin
from mlconnector_sdk.core.retry import Verdicts
from mlconnector_sdk.errors import ConfigurationError

__all__ = ["MIB", "Profile"]

MIB = 1024 * 1024
"""Bytes."""


@frozen(kw_only=True)
class Profile:
    """How one vendor's API wants to be spoken to; nothing in it is code except small pure functions.

    Args:
        vendor: The vendor's name, as errors and logs spell it, e.g. ``Plex``.
        name: The profile's name, e.g. ``connect``.
        origins: Base URLs by name; ``api`` is the usual one. https only, except on the loopback.
        verdicts: What the vendor's answers mean.
        limits: Rate limits by group; those under ``""`` count every call.
        idempotency_header: Where the vendor reads an idempotency key; empty: it knows none.
        timeout: Seconds for the whole exchange of one attempt.
        deadline: Seconds for a whole call, waits and repeats included.
        attempts: How often one call is sent at most.
        max_bytes: Cap on an answer's size, inflated.
        max_depth: Cap on the nesting of JSON.

    Raises:
        ConfigurationError: An origin is no https URL.
    """

    vendor: str
    name: str
    origins: Mapping[str, str]
    verdicts: Verdicts = field(factory=Verdicts)
    limits: Mapping[str, tuple[LimitSpec, ...]] = field(factory=dict)
    idempotency_header: str = ""
    timeout: float = 60.0
    deadline: float = 300.0
    attempts: int = 5
    max_bytes: int = 64 * MIB
    max_depth: int = MAX_DEPTH

    def __attrs_post_init__(self) -> None:
        for base in self.origins.values():
            Origin(base)

    def at(self, **addresses: str) -> Self:
        """The same profile with other base URLs, by name; an empty one changes nothing."""
        given = {name: url for name, url in addresses.items() if url}
        return evolve(self, origins={**self.origins, **given})

    def origin(self, name: str) -> Origin:
        """One of the origins.

        Raises:
            ConfigurationError: The profile has none of that name.
        """
        if name not in self.origins:
            raise ConfigurationError(
                f"the {self.vendor} profile {self.name!r} has no origin {name!r}",
                remedy=f"it has {', '.join(sorted(self.origins))}",
            )
        return Origin(self.origins[name])
