"""Stedi's quirks as data, one named profile per API that can be spoken to.

``core`` is the EDI platform's API (product pages; Stedi OpenAPI ``core.json``, 2023-08-01). What is
inferred is marked so, and can be changed with `attrs.evolve`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from attrs import frozen

from mlconnector_sdk.core.profile import Profile
from mlconnector_sdk.core.retry import Kind, Row, Verdict, Verdicts
from mlconnector_sdk.errors import ConfigurationError

__all__ = ["StediProfile", "stedi_profile"]


@frozen(kw_only=True)
class StediProfile(Profile):
    """A `Profile` with what is particular to Stedi.

    Args:
        storage_hosts: Where documents may be fetched from, as patterns of host names. They are fetched
            without the API key (inferred: Stedi signs URLs of Amazon S3).
        key_life: How long an idempotency key is remembered.
        poll_delay: Polling for transactions newer than this is refused.
        overlap: How far each poll reaches back behind the newest transaction of the last one (ours).
        webhook_retention: How long a failed webhook waits for a manual retry in the portal.
        patience: After how long a document that cannot be read will never be (ours).
        delivery_hold: How long the search for delivered files waits for one that is still on its way: Stedi
            tries three times, six minutes apart; a retry in the portal may take longer (ours).
        settle: After how long a new outbound transaction is certainly listed (inferred).
    """

    storage_hosts: tuple[str, ...] = ("*.amazonaws.com", "*.stedi.com")
    key_life: timedelta = timedelta(hours=24)
    poll_delay: timedelta = timedelta(minutes=1)
    overlap: timedelta = timedelta(minutes=2)
    webhook_retention: timedelta = timedelta(days=14)
    patience: timedelta = timedelta(hours=1)
    delivery_hold: timedelta = timedelta(days=1)
    settle: timedelta = timedelta(minutes=5)


_VERDICTS = Verdicts(
    rows=(
        Row(
            status=401,
            verdict=Verdict(
                kind=Kind.UNAUTHORIZED,
                remedy="check the API key (STEDI_API_KEY); one that was revoked in the Stedi portal has "
                "to be replaced by a new one",
            ),
        ),
        Row(
            status=403,
            verdict=Verdict(
                kind=Kind.FORBIDDEN,
                remedy="check in the Stedi portal that the API key is active and belongs to this account",
            ),
        ),
        # The first request with this key is still running: its outcome is open, the same key finds it.
        Row(status=409, verdict=Verdict(kind=Kind.IN_PROGRESS)),
        Row(
            status=422,
            verdict=Verdict(
                kind=Kind.REFUSED,
                remedy="the idempotency key was used for another request within 24 hours, which must never "
                "happen: look at the transaction in the Stedi portal before anything is sent again",
            ),
        ),
    )
)

_CORE = StediProfile(
    vendor="Stedi",
    name="core",
    origins={"api": "https://core.us.stedi.com/2023-08-01"},
    verdicts=_VERDICTS,
    idempotency_header="Idempotency-Key",
    timeout=30.0,
    deadline=60.0,
)

_PROFILES: Mapping[str, StediProfile] = {"core": _CORE}


def stedi_profile(name: str = "core", *, base_url: str = "") -> StediProfile:
    """A profile by name, with its address replaced where another is given.

    Raises:
        ConfigurationError: There is none of that name.
    """
    if name not in _PROFILES:
        raise ConfigurationError(
            f"Stedi has no profile {name!r}",
            remedy=f"choose one of: {', '.join(sorted(_PROFILES))}",
            path="profile",
        )
    return _PROFILES[name].at(api=base_url)
