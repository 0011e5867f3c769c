"""How long the steps of a document may take before a person is told."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

__all__ = ["Limits"]


@frozen(kw_only=True)
class Limits:
    """How long each step may take; None: the step is not expected, or nobody is to be told.

    Args:
        pending: From the observation until the vendor has taken it; also while its outcome is unknown.
        delivered: From then until the vendor says that it reached the partner.
        acknowledged: From the last step until the partner's system confirms it (a 997).
        answered: From the vendor's taking it until a document of the flow `Flow.answered_by` with the same
            number is there (an 855).
    """

    pending: timedelta | None = timedelta(hours=1)
    delivered: timedelta | None = None
    acknowledged: timedelta | None = None
    answered: timedelta | None = None
