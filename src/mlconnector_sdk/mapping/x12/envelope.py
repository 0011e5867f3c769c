"""Envelopes: interchange (ISA), functional group (GS) and transaction set (ST), as values."""

from __future__ import annotations

from datetime import date as calendar_date
from datetime import datetime

from attrs import field, frozen

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.x12.delimiters import Delimiters
from mlconnector_sdk.mapping.x12.diagnostics import Diagnostic, Severity
from mlconnector_sdk.mapping.x12.segment import Segment

__all__ = ["Envelope", "GroupHeader", "Identity", "InterchangeHeader", "Reading", "Transaction"]


@frozen(kw_only=True)
class Identity:
    """Who sends or receives an interchange.

    Args:
        qualifier: ISA05 or ISA07: ``ZZ`` mutually agreed, ``01`` DUNS, ``12`` phone ...
        id: ISA06 or ISA08, at most 15 characters, without the padding.
        application: GS02 or GS03; empty means the id.
    """

    qualifier: str = "ZZ"
    id: str
    application: str = ""


@frozen(kw_only=True)
class Envelope:
    """What a writer puts around transaction sets.

    Args:
        control_number: ISA13, 1 to 999999999; never to be used twice between the same two parties.
        at: The moment that ISA and GS name. X12 carries no zone: it is written as it is given.
        usage: ISA15: ``T`` test, ``P`` production, ``I`` information.
        group_control_number: GS06; None means the interchange's.
        first_set_control_number: ST02 of the first set, written with four digits; then counted up.
        acknowledgment_requested: ISA14: ask for a TA1.
        version: GS08, e.g. ``004010VICS``; empty means the release of the sets.
        delimiters: For release 00402 and later the repetition separator defaults to ``^``.
    """

    sender: Identity
    receiver: Identity
    control_number: int
    at: datetime
    usage: str = "T"
    group_control_number: int | None = None
    first_set_control_number: int = 1
    acknowledgment_requested: bool = False
    version: str = ""
    delimiters: Delimiters = field(factory=Delimiters)


@frozen(kw_only=True)
class InterchangeHeader:
    """An ISA segment as it was read; texts without their padding.

    Args:
        authorization: ISA01 to ISA04.
        date: ISA09 as transmitted, YYMMDD.
        time: ISA10 as transmitted.
        version: ISA12, e.g. ``00401``. It says nothing about the release of the sets inside.
        control_number: ISA13 as transmitted, leading zeros included.
    """

    sender: Identity
    receiver: Identity
    authorization: tuple[str, str, str, str]
    date: str
    time: str
    version: str
    control_number: str
    acknowledgment_requested: str
    usage: str
    delimiters: Delimiters
    offset: int = field(default=0, eq=False)


@frozen(kw_only=True)
class GroupHeader:
    """A GS segment as it was read.

    Args:
        functional_id: GS01, e.g. ``PO`` or ``PR``.
        date: GS04 as transmitted.
        time: GS05 as transmitted.
        control_number: GS06 as transmitted.
        version: GS08 as transmitted, e.g. ``004010VICS``: its first six characters are the release.
    """

    functional_id: str
    sender: str
    receiver: str
    date: str
    time: str
    control_number: str
    agency: str
    version: str

    @property
    def day(self) -> calendar_date | None:
        """GS04 as a date, or None where it is none."""
        try:
            return datetime.strptime(self.date, "%Y%m%d").date() if len(self.date) == 8 else None  # noqa: DTZ007 - a calendar date has no zone
        except ValueError:
            return None


@frozen(kw_only=True)
class Transaction:
    """One transaction set.

    Args:
        set_id: ST01: ``850``, ``855`` ...
        release: ``004010`` or ``005010`` (the first six characters of GS08); empty where it is unknown.
        segments: Everything between ST and SE.
        control_number: ST02 as transmitted; empty lets the writer number the set.
        interchange: Where it was read from, or None.
        group: Where it was read from, or None.
        diagnostics: What the reader found in this set.
    """

    set_id: str
    release: str
    segments: tuple[Segment, ...] = field(repr=False)
    control_number: str = ""
    interchange: InterchangeHeader | None = field(default=None, repr=False)
    group: GroupHeader | None = field(default=None, repr=False)
    diagnostics: tuple[Diagnostic, ...] = field(default=(), eq=False)

    def path(self, segment: Segment, element: int = 0, component: int = 0) -> str:
        """Where something is: ``BEG-05``, ``PO1-02``, and ``PO1[2]-02`` in the second PO1."""
        same = (other for other in self.segments if other.id == segment.id)
        index = next((index for index, other in enumerate(same, 1) if other is segment), 1)
        path = f"{segment.id}[{index}]" if index > 1 else segment.id
        if element:
            path += f"-{element:02d}"
        if component:
            path += f"-{component:02d}"
        return path

    def expect(self, set_id: str) -> None:
        """Make sure that this is a set of that kind, read without an error.

        Raises:
            InvalidDocument: It is another set, or its first error.
        """
        if self.set_id != set_id:
            raise InvalidDocument(
                f"this is a transaction set {self.set_id or 'without a kind'}, not {set_id}", path="ST-01"
            )
        for diagnostic in self.diagnostics:
            if diagnostic.severity is Severity.ERROR:
                raise diagnostic.error()


@frozen(kw_only=True)
class Reading:
    """What was found in a file.

    Args:
        transactions: In file order; each carries its own diagnostics.
        interchanges: In file order.
        diagnostics: What concerns no single set: envelopes, junk between them.
    """

    transactions: tuple[Transaction, ...]
    interchanges: tuple[InterchangeHeader, ...]
    diagnostics: tuple[Diagnostic, ...]
