"""What a buyer changes in a purchase order, one value for each step at the screen.

They are values, so that a test writes down a story, and a hypothesis strategy makes sequences of them. Which
times of change a step moves is said with it; the difference matters to whoever polls.

Example:
    >>> from mlconnector_sdk.simulators import PlexSimulator
    >>> plex = PlexSimulator()
    >>> order = plex.add_purchase_order("PO-1", supplier="ACME", lines=[{"part": "A", "quantity": 5}])
    >>> plex.change_order("PO-1", SetQuantity(line=1, quantity=8), SetNote(note="by rail"))
    >>> plex.wanted("PO-1").lines["1"].quantity
    Decimal('8')
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TypeAlias

from attrs import frozen

__all__ = [
    "AddLine",
    "AddRelease",
    "CancelLine",
    "CancelOrder",
    "CancelRelease",
    "CloseOrder",
    "DeleteLine",
    "DeleteRelease",
    "Edit",
    "ReopenOrder",
    "SetDueDate",
    "SetNote",
    "SetPrice",
    "SetQuantity",
    "SetSupplier",
]


@frozen(kw_only=True)
class AddLine:
    """A further line with one release; the order's date moves.

    Args:
        quantity: In ``unit``.
        price: Per unit; None where none is agreed.
        due: A calendar day of the plant.
        number: On the order; None: one more than the highest that the order ever had.
    """

    part: str
    quantity: Decimal | int | str
    due: date | str
    price: Decimal | int | str | None = None
    unit: str = "EA"
    description: str = ""
    number: int | None = None


@frozen(kw_only=True)
class DeleteLine:
    """A line goes with its releases, without a trace; the order's date moves."""

    line: int


@frozen(kw_only=True)
class CancelLine:
    """A line and its releases get the status ``Cancelled``; their dates and the order's move."""

    line: int


@frozen(kw_only=True)
class AddRelease:
    """A further release of a line; no date of the order or the line moves."""

    line: int
    quantity: Decimal | int | str
    due: date | str


@frozen(kw_only=True)
class DeleteRelease:
    """A release goes without a trace; the dates of the line and the order move (inferred).

    Args:
        quietly: No date moves: only who reads everything anew can notice.
    """

    line: int
    release: int = 1
    quietly: bool = False


@frozen(kw_only=True)
class CancelRelease:
    """A release gets the status ``Cancelled``; only its own date moves."""

    line: int
    release: int = 1


@frozen(kw_only=True)
class SetQuantity:
    """Another quantity of a release; only the release's date moves."""

    line: int
    quantity: Decimal | int | str
    release: int = 1


@frozen(kw_only=True)
class SetDueDate:
    """Another due date of a release, a calendar day of the plant; only the release's date moves."""

    line: int
    due: date | str
    release: int = 1


@frozen(kw_only=True)
class SetPrice:
    """Another price of a line; None: none is agreed. The dates of the line and the order move."""

    line: int
    price: Decimal | int | str | None


@frozen(kw_only=True)
class SetNote:
    """Another note of the order or of a line; None: no note. The date of the order (and the line) moves."""

    note: str | None
    line: int | None = None


@frozen(kw_only=True)
class SetSupplier:
    """Another supplier, by code, entered where there is none of that code; the order's date moves."""

    supplier: str


@frozen(kw_only=True)
class CancelOrder:
    """The order is cancelled with its lines and releases; all their dates move."""


@frozen(kw_only=True)
class CloseOrder:
    """The order is closed with its lines and releases, as when everything was received; all dates move."""


@frozen(kw_only=True)
class ReopenOrder:
    """A cancelled or closed order is wanted again, as it was before it was ended; all their dates move."""

    status: str = "On Order"


Edit: TypeAlias = (
    AddLine
    | DeleteLine
    | CancelLine
    | AddRelease
    | DeleteRelease
    | CancelRelease
    | SetQuantity
    | SetDueDate
    | SetPrice
    | SetNote
    | SetSupplier
    | CancelOrder
    | CloseOrder
    | ReopenOrder
)
