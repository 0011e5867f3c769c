"""The translator of a supplier: it says with a 997 whether it could read what it was sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, TypeAlias

from attrs import define, frozen

from mlconnector_sdk.simulators.stedi.envelope import Group
from mlconnector_sdk.simulators.stedi.guide_in import Row

__all__ = ["Complaint", "Receipt", "Translator", "Verdict", "functional_acknowledgment"]

Verdict: TypeAlias = Literal["A", "E", "R"]
"""AK501 and AK901: accepted, accepted with errors, rejected."""


@frozen(kw_only=True)
class Complaint:
    """What the translator does not like: one AK3, with an AK4 where it is about an element.

    Args:
        segment: AK301, the id of the segment: ``PO1``.
        position: AK302, its place in the transaction set, counted from ST = 1.
        code: AK304; ``8``: the segment has errors in its elements.
        element: AK401, the position of the element in the segment, or None.
        reference: AK402, the standard's number of the element, or None.
        element_code: AK403; ``7``: a code that is not known.
        value: AK404, the value as it came, or the empty string.
    """

    segment: str
    position: int
    code: str = "8"
    element: int | None = None
    reference: int | None = None
    element_code: str = "7"
    value: str = ""


@frozen(kw_only=True)
class Receipt:
    """What is said about a group.

    Args:
        verdict: Of the group and of its transaction sets.
        complaints: Why.
        group_codes: AK905 to AK909, what is wrong with the group as a whole.
        delay: Virtual seconds until the 997 is sent.
        short: Leave the transaction sets out, as many translators do when they accept all.
        lost: It is made, and never sent.
    """

    verdict: Verdict = "A"
    complaints: tuple[Complaint, ...] = ()
    group_codes: tuple[str, ...] = ()
    delay: float = 0.0
    short: bool = False
    lost: bool = False


@define
class _Planned:
    receipt: Receipt
    sets: frozenset[str]
    times: int | None


class Translator:
    """Sends no 997 until told otherwise; what it rejects does not reach the supplier's people.

    Example:
        >>> translator = Translator()
        >>> translator.acknowledges(delay=60)
        >>> translator.rejects("860", because=[Complaint(segment="POC", position=3)])
        >>> [translator.judge(set_id).verdict for set_id in ("850", "860", "860")]
        ['A', 'R', 'A']
    """

    def __init__(self) -> None:
        self._usual: Receipt | None = None
        self._planned: list[_Planned] = []

    def acknowledges(self, *, delay: float = 0.0, short: bool = False) -> None:
        """Accept every group from now on, with a 997.

        Args:
            delay: Virtual seconds until it is sent.
            short: Without the single transaction sets: AK1 and AK9 only.
        """
        self._usual = Receipt(delay=delay, short=short)

    def silent(self) -> None:
        """Send no 997 from now on, as at the beginning."""
        self._usual = None
        self._planned.clear()

    def rejects(
        self,
        *sets: str,
        because: Sequence[Complaint] = (),
        group_codes: Sequence[str] = (),
        times: int | None = 1,
        delay: float = 0.0,
    ) -> None:
        """Reject the next groups.

        Args:
            sets: Only groups with these transaction sets; none for any.
            because: The reasons, for AK3 and AK4.
            group_codes: Reasons for AK9, from element 716.
            times: How many groups; None for all until `silent`.
            delay: Virtual seconds until the 997 is sent.
        """
        receipt = Receipt(verdict="R", complaints=tuple(because), group_codes=tuple(group_codes), delay=delay)
        self._plan(receipt, sets, times)

    def accepts_with_errors(
        self, *sets: str, because: Sequence[Complaint] = (), times: int | None = 1, delay: float = 0.0
    ) -> None:
        """Accept the next groups, and complain; arguments as for `rejects`."""
        self._plan(Receipt(verdict="E", complaints=tuple(because), delay=delay), sets, times)

    def loses(self, *sets: str, times: int | None = 1) -> None:
        """Accept the next groups, and never send the 997; arguments as for `rejects`."""
        self._plan(Receipt(lost=True), sets, times)

    def judge(self, set_id: str) -> Receipt:
        """What is said about the next group with this transaction set; a plan for it is used up."""
        for planned in self._planned:
            if planned.sets and set_id not in planned.sets:
                continue
            if planned.times is not None:
                planned.times -= 1
                if planned.times == 0:
                    self._planned.remove(planned)
            return planned.receipt
        return self._usual or Receipt(lost=True)

    def _plan(self, receipt: Receipt, sets: Collection[str], times: int | None) -> None:
        if times is None or times > 0:
            self._planned.append(_Planned(receipt, frozenset(sets), times))


def functional_acknowledgment(group: Group, receipt: Receipt) -> list[Row]:
    """The segments of the 997 about a group, between ST and SE."""
    rows: list[Row] = [["AK1", group.functional_id, str(group.control_number)]]
    if not (receipt.short and receipt.verdict == "A"):
        for transaction in group.transactions:
            rows.append(["AK2", transaction.set_id, transaction.control_number])
            for complaint in receipt.complaints:
                rows += _complaint(complaint)
            # 718, code 5: one or more segments in error.
            rows.append(["AK5", receipt.verdict, *(["5"] if receipt.complaints else [])])
    count = str(len(group.transactions))
    accepted = "0" if receipt.verdict == "R" else count
    return [*rows, ["AK9", receipt.verdict, count, count, accepted, *receipt.group_codes]]


def _complaint(complaint: Complaint) -> list[Row]:
    rows: list[Row] = [["AK3", complaint.segment, str(complaint.position), "", complaint.code]]
    if complaint.element is not None:
        reference = "" if complaint.reference is None else str(complaint.reference)
        row: Row = ["AK4", str(complaint.element), reference, complaint.element_code]
        rows.append([*row, complaint.value] if complaint.value else row)
    return rows
