"""What is done for a partner where partners differ: edits, cancellations, acknowledgments, tolerances.

::

    [policies]                              # for all partners
    changes = "860"

    [partners.ACME.policies]                # what is different for one of them
    changes = "hold"
    frozen_days = 5
    tolerance = { under = "2%", over = "0%" }
    time_zone = "America/Detroit"
"""

from __future__ import annotations

from enum import Enum
from zoneinfo import ZoneInfo

from attrs import evolve, field, fields, frozen

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.mapping.times import time_zone
from mlconnector_sdk.mapping.tolerance import Tolerance
from mlconnector_sdk.mapping.toml_section import Section

__all__ = [
    "AfterRejection",
    "Changes",
    "ClosedOrders",
    "KnownOrders",
    "PartialAcknowledgments",
    "Policies",
]

_MOST_FROZEN_DAYS = 365


class Changes(Enum):
    """What the supplier is sent when an order that it has accepted is edited in the ERP."""

    CHANGE_ORDER = "860"
    """A change order: only what is different. The usual."""
    REPLACE = "replace"
    """The whole order again, marked as a replacement (purpose 05): for suppliers that take no 860."""
    HOLD = "hold"
    """Nothing, before a person has looked at it and agreed on the change with the supplier."""


class KnownOrders(Enum):
    """What happens when an order from before go-live is edited: what the supplier has is not known here."""

    HOLD = "hold"
    """It is put before a person. The usual."""
    REPLACE = "replace"
    """The whole order goes, marked as a replacement (purpose 05)."""
    IGNORE = "ignore"
    """Nothing is sent: such orders are finished the way they were begun, by telephone or e-mail."""


class AfterRejection(Enum):
    """How a corrected order is marked after the supplier's system refused the first one (997, delivery)."""

    ORIGINAL = "original"
    """As a first order (purpose 00): the refused one does not exist for the supplier. The usual."""
    REPLACE = "replace"
    """As a replacement (purpose 05): for suppliers that keep the number of a refused order."""


class ClosedOrders(Enum):
    """What the supplier is told when an order is closed in the ERP."""

    IGNORE = "ignore"
    """Nothing: the order is finished. The usual."""
    CANCEL = "cancel"
    """That it is cancelled: for companies that close an order when they do not want the rest of it."""


class PartialAcknowledgments(Enum):
    """How several acknowledgments of one order line are understood."""

    REPLACE = "replace"
    """The newest one stands for the whole line. The usual."""
    ADD = "add"
    """Each confirms a further part of the line: their quantities are added."""


@frozen(kw_only=True)
class Policies:
    """How documents to and from a partner are treated; the defaults suit most.

    Args:
        changes: What is sent when an accepted order is edited.
        known_orders: What happens to edits of orders from before go-live.
        after_rejection: How a corrected order is marked after a rejection.
        closed_orders: What is sent when an order is closed.
        frozen_days: An edit that touches a quantity due within so many days after the edit was seen is put
            before a person instead of being sent: the supplier may have made or shipped it already. 0: none
            is.
        partial_acknowledgments: How several acknowledgments of a line are understood.
        tolerance: Confirmed quantities within it count as confirmed in full; outside it the line is flagged.
        time_zone: Of the date and time in the envelopes that the partner writes: they name none, and they
            decide which of two acknowledgments is the newer one.
    """

    changes: Changes = Changes.CHANGE_ORDER
    known_orders: KnownOrders = KnownOrders.HOLD
    after_rejection: AfterRejection = AfterRejection.ORIGINAL
    closed_orders: ClosedOrders = ClosedOrders.IGNORE
    frozen_days: int = 0
    partial_acknowledgments: PartialAcknowledgments = PartialAcknowledgments.REPLACE
    tolerance: Tolerance = field(factory=Tolerance)
    time_zone: ZoneInfo = field(factory=lambda: time_zone("UTC"), eq=str)

    @classmethod
    def read(cls, section: Section, defaults: Policies) -> Policies:
        """The policies in a section of the partner file.

        Args:
            section: ``[policies]`` or ``[partners.NAME.policies]``; may be empty.
            defaults: What holds where it says nothing.

        Raises:
            ConfigurationError: A key is unknown, or its value is none that it can have.
        """
        section.only([each.name for each in fields(cls)])
        return evolve(
            defaults,
            changes=section.choice("changes", defaults.changes),
            known_orders=section.choice("known_orders", defaults.known_orders),
            after_rejection=section.choice("after_rejection", defaults.after_rejection),
            closed_orders=section.choice("closed_orders", defaults.closed_orders),
            frozen_days=section.whole("frozen_days", defaults.frozen_days, most=_MOST_FROZEN_DAYS),
            partial_acknowledgments=section.choice(
                "partial_acknowledgments", defaults.partial_acknowledgments
            ),
            tolerance=_tolerance(section, defaults.tolerance),
            time_zone=_zone(section) if "time_zone" in section else defaults.time_zone,
        )


def _tolerance(policies: Section, defaults: Tolerance) -> Tolerance:
    section = policies.part("tolerance")
    section.only(("under", "over"))
    under, over = section.text("under", "0"), section.text("over", "0")
    try:
        stated = Tolerance.parse(f"-{under} +{over}")
    except ConfigurationError as error:
        raise policies.error(
            "tolerance",
            f"{policies.at('tolerance')} cannot be under = {under!r}, over = {over!r}",
            'write tolerance = { under = "2%", over = "5" }: in percent of the ordered quantity, or in the '
            "unit of the line; less than 100% may be missing",
        ) from error
    return Tolerance(
        under=stated.under if "under" in section else defaults.under,
        over=stated.over if "over" in section else defaults.over,
    )


def _zone(policies: Section) -> ZoneInfo:
    name = policies.text("time_zone")
    try:
        return time_zone(name)
    except ConfigurationError as error:
        raise policies.error(
            "time_zone", f"{policies.at('time_zone')}: {error.message}", error.remedy
        ) from error
