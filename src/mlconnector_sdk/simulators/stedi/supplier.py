"""A supplier who reads the orders that reach him and answers with an 855, as told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Literal, TypeAlias

from attrs import frozen

__all__ = ["Behaviour", "Habit", "PlayedSupplier", "acknowledgment"]

Behaviour: TypeAlias = Literal["accept", "change", "reject", "split", "silent"]

_HEADER_CODES = {"accept": "AD", "change": "AC", "reject": "RD", "split": "AC"}
_UNIT = "unit_or_basis_for_measurement_code_03"
_LEAD_TIME = timedelta(days=14)
_LATER = timedelta(days=7)


@frozen(kw_only=True)
class Habit:
    """How an order is answered.

    Args:
        behaviour: ``accept``: all as ordered (BAK02 ``AD``). ``change`` (``AC``): three quarters of the
            first line (``IQ``), every other line a week later (``DR``). ``reject`` (``RD``): every line
            ``IR``. ``split`` (``AC``): three quarters as asked (``IA``), the rest a week later (``IB``).
            ``silent``: no answer.
        delay: Virtual seconds until the answer is sent.
        times: How many times it is sent, each time in a file of its own.
    """

    behaviour: Behaviour
    delay: float = 0.0
    times: int = 1


class PlayedSupplier:
    """Silent until told otherwise."""

    def __init__(self) -> None:
        self._habit = Habit(behaviour="silent")
        self._exceptions: dict[str, Habit] = {}
        self._files = 0

    def answers(
        self, behaviour: Behaviour, *, delay: float = 0.0, times: int = 1, number: str | None = None
    ) -> None:
        """Answer orders like this from now on; see `Habit`.

        Args:
            behaviour, delay, times: The habit.
            number: Only the order with this number.
        """
        habit = Habit(behaviour=behaviour, delay=delay, times=times)
        if number is None:
            self._habit = habit
        else:
            self._exceptions[number] = habit

    def habit(self, number: str) -> Habit:
        """How this order will be answered."""
        return self._exceptions.get(number, self._habit)

    def next_control_number(self) -> int:
        """Of the files that the supplier sends."""
        self._files += 1
        return self._files


def acknowledgment(
    order: Mapping[str, Any], behaviour: Behaviour, *, today: date, quantity_key: str
) -> dict[str, Any]:
    """The 855 to an 850, both as Guide JSON.

    Args:
        order: As the supplier read it from the file.
        behaviour: Any but ``silent``.
        today: The date of the answer.
        quantity_key: The name of PO102 in the release.
    """
    beginning = order["heading"]["beginning_segment_for_purchase_order_BEG"]
    ordered_on = date.fromisoformat(beginning["date_05"])
    heading_due = _due(order["heading"].get("date_time_reference_DTM", []))
    answers = []
    for place, loop in enumerate(order["detail"]["baseline_item_data_PO1_loop"]):
        line = loop["baseline_item_data_PO1"]
        due = _line_due(loop) or heading_due or ordered_on + _LEAD_TIME
        acknowledged = [
            {"line_item_acknowledgment_ACK": _answer(line, code, quantity, when)}
            for code, quantity, when in _decide(behaviour, place, line.get(quantity_key), due)
        ]
        answers.append({"baseline_item_data_PO1": line, "line_item_acknowledgment_ACK_loop": acknowledged})
    return {
        "heading": {
            "beginning_segment_for_purchase_order_acknowledgment_BAK": {
                "transaction_set_purpose_code_01": "00",
                "acknowledgment_type_02": _HEADER_CODES[behaviour],
                "purchase_order_number_03": beginning["purchase_order_number_03"],
                "date_04": beginning["date_05"],
                "reference_identification_08": f"S-{beginning['purchase_order_number_03']}",
                "date_09": today.isoformat(),
            }
        },
        "detail": {"baseline_item_data_PO1_loop": answers},
        "summary": {
            "transaction_totals_CTT_loop": [
                {"transaction_totals_CTT": {"number_of_line_items_01": len(answers)}}
            ]
        },
    }


def _decide(
    behaviour: Behaviour, place: int, quantity: Decimal | None, due: date
) -> Iterator[tuple[str, Decimal | None, date]]:
    """Status code, quantity and ship date, once or twice."""
    if quantity is None:
        yield "IR" if behaviour == "reject" else "IA", None, due
        return
    most = _three_quarters(quantity)
    match behaviour:
        case "change" if place == 0:
            yield "IQ", most, due
        case "change":
            yield "DR", quantity, due + _LATER
        case "reject":
            yield "IR", quantity, due
        case "split" if most < quantity:
            yield "IA", most, due
            yield "IB", quantity - most, due + _LATER
        case _:
            yield "IA", quantity, due


def _three_quarters(quantity: Decimal) -> Decimal:
    """In whole pieces, at least one."""
    return max((quantity * 3 / 4).to_integral_value(ROUND_FLOOR), min(quantity, Decimal(1)))


def _answer(line: Mapping[str, Any], code: str, quantity: Decimal | None, when: date) -> dict[str, Any]:
    unit = line.get(_UNIT)
    measured = {"quantity_02": quantity, _UNIT: unit} if quantity is not None and unit else {}
    return {
        "line_item_status_code_01": code,
        **measured,
        "date_time_qualifier_04": "068",
        "date_05": when.isoformat(),
    }


def _line_due(loop: Mapping[str, Any]) -> date | None:
    schedules = loop.get("line_item_schedule_SCH_loop", [])
    days = [schedule["line_item_schedule_SCH"]["date_06"] for schedule in schedules]
    if days:
        return date.fromisoformat(min(days))
    return _due(loop.get("date_time_reference_DTM", []))


def _due(references: list[dict[str, Any]]) -> date | None:
    for reference in references:
        if reference["date_time_qualifier_01"] in ("002", "010") and "date_02" in reference:
            return date.fromisoformat(reference["date_02"])
    return None
