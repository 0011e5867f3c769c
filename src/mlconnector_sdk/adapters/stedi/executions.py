"""Executions, the processing of files, and the poll for what was processed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from mlconnector_sdk.adapters.stedi.listing import POLLING, StediResource, listing_call
from mlconnector_sdk.adapters.stedi.models import Execution, ExecutionFaults, Transaction
from mlconnector_sdk.core.call import Call, endpoint, path
from mlconnector_sdk.core.paging import Pages
from mlconnector_sdk.dual import Colour

__all__ = ["Executions", "Polling", "poll_call"]

_SKEW = timedelta(seconds=5)
"""How far our clock may be ahead of Stedi's."""


class Executions(StediResource[Colour]):
    """Files on their way in and out: ``stedi.executions``."""

    @endpoint
    def get(self, id: str) -> Call[Execution]:  # noqa: A002 - the field's own name
        """One execution."""
        return Call(method="GET", path=path("executions", id), answer=Execution)

    def list(
        self,
        *,
        partnership: str | None = None,
        direction: str | None = None,
        status: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        page_size: int = 100,
        resume: str | None = None,
    ) -> Pages[Execution]:
        """Executions that match everything given, the newest first.

        Args:
            partnership: Its id.
            direction: ``INBOUND`` or ``OUTBOUND``.
            status: See `Execution`.
            since: Created at or after this instant.
            until: Created at or before this instant.
            page_size: 1 to 500.
            resume: `Page.resume` of an earlier walk with the same arguments.

        Raises (while walking):
            VendorError: As any call.
        """
        call = listing_call(
            "executions",
            page_size=page_size,
            partnershipId=partnership,
            direction=direction,
            status=status,
            **{"from": since, "to": until},
        )
        return self.pages(call, Execution, resume=resume)

    @endpoint
    def faults(self, id: str) -> Call[ExecutionFaults]:  # noqa: A002 - as above
        """What went wrong with a file."""
        return Call(method="GET", path=path("executions", id, "faults"), answer=ExecutionFaults)

    def transactions(self, id: str, *, page_size: int = 100) -> Pages[Transaction]:  # noqa: A002 - as above
        """The transactions of a file."""
        call = listing_call(path("executions", id, "transactions"), page_size=page_size)
        return self.pages(call, Transaction)


class Polling(StediResource[Colour]):
    """What was processed since: ``stedi.polling``."""

    def transactions(self, since: datetime, *, page_size: int = 100) -> Pages[Transaction]:
        """Transactions processed after an instant, in both directions.

        Args:
            since: Moved back to a minute ago where it is later: Stedi refuses to be polled for less.
            page_size: 1 to 500.

        Raises (while walking):
            VendorError: As any call.
        """
        latest = self.client.clock.now() - self.profile.poll_delay - _SKEW
        return self.pages(poll_call(min(since, latest), page_size=page_size), Transaction, paginator=POLLING)


def poll_call(since: datetime, *, page_size: int = 100) -> Call[Any]:
    """The request for the first page of a poll.

    Raises:
        ConfigurationError: The time has no zone.
    """
    return listing_call("polling/transactions", page_size=page_size, startDateTime=since)
