"""What suppliers answer: an order acknowledgment, 855, made from what they believe the order to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Literal, TypeAlias, get_args

from attrs import converters, evolve, field, frozen

from mlconnector_sdk.simulators.stedi.guide_in import Row
from mlconnector_sdk.simulators.stedi.orders import SupplierLine, SupplierOrder

__all__ = ["BEHAVIOURS", "Behaviour", "Promise", "Reply", "acknowledgment", "replies"]

Behaviour: TypeAlias = Literal[
    "accept",
    "change",
    "reject",
    "split",
    "silent",
    "by line",
    "header only",
    "hold",
    "partial",
    "two dates",
]
"""How an order is answered.

``accept``: all as ordered (BAK02 ``AD``). ``change`` (``AC``): three quarters of the first line (``IQ``),
every other line a week later (``DR``). ``reject`` (``RD``): every line ``IR``. ``split`` (``AC``): three
quarters as asked (``IA``), the rest a week later (``IB``). ``by line`` (``AC``): every line accepted
(``IA``), each in a document of its own. ``header only`` (``AT``): all accepted, no line repeated. ``hold``
(``AH``): every line ``IH``. ``partial`` (``AC``): three quarters of every line as asked, the balance
backordered (``BP``). ``two dates`` (``AC``): three quarters as asked and the rest a week later, all of it
accepted (``IA`` twice).
``silent``: no answer.
"""

BEHAVIOURS: tuple[str, ...] = get_args(Behaviour)

_HEADERS = {"accept": "AD", "header only": "AT", "hold": "AH", "reject": "RD"}
_LEAD_TIME = timedelta(days=14)
_LATER = timedelta(days=7)


def _date(day: date | str) -> date:
    return date.fromisoformat(day) if isinstance(day, str) else day


@frozen(kw_only=True)
class Promise:
    """What is said about a quantity of a line: one ACK segment.

    Args:
        code: X12 element 668: ``IA``, ``IQ``, ``IB``, ``BP``, ``IR`` ...
        quantity: None for the quantity of the line.
        ship: When it will be shipped, a date or its ISO text; None for the date that was asked for.
        delivery: When it will arrive, or None.
    """

    code: str
    quantity: Decimal | None = field(default=None, converter=converters.optional(Decimal))
    ship: date | None = field(default=None, converter=converters.optional(_date))
    delivery: date | None = field(default=None, converter=converters.optional(_date))


@frozen(kw_only=True)
class Reply:
    """One 855.

    Args:
        header: BAK02; empty to have it follow from the lines.
        lines: What is promised, by line number; a line that is not there is not answered.
        prices: PO104 where it is not the price of the order.
    """

    header: str = ""
    lines: Mapping[str, Sequence[Promise]]
    prices: Mapping[str, Decimal] = field(factory=dict)


def replies(order: SupplierOrder, behaviour: Behaviour) -> list[Reply]:
    """What is answered to an order; nothing by a silent supplier."""
    if behaviour == "silent":
        return []
    lines: dict[str, list[Promise]] = {}
    if behaviour != "header only":
        for place, line in enumerate(order.lines.values()):
            lines[line.number] = list(_promises(behaviour, place, line.quantity, _due(order, line)))
    header = _HEADERS.get(behaviour, "AC")
    if behaviour == "by line":
        return [Reply(header=header, lines={number: promised}) for number, promised in lines.items()]
    return [Reply(header=header, lines=lines)]


def acknowledgment(order: SupplierOrder, reply: Reply, *, made_on: date) -> list[Row]:
    """The segments of an 855 between ST and SE.

    Args:
        order: As the supplier has it; PO1 repeats its lines.
        reply: What he says.
        made_on: BAK09.
    """
    header = reply.header or _header(order, reply)
    rows: list[Row] = [
        ["BAK", "00", header, order.number, _day(order.dated), *[""] * 3, f"S-{order.number}", _day(made_on)]
    ]
    for number, promises in reply.lines.items():
        line = order.lines.get(number, SupplierLine(number=number))
        if number in reply.prices:
            line = evolve(line, unit_price=reply.prices[number])
        rows.append(_po1(line))
        for promise in promises:
            rows += _ack(line, promise, _due(order, line))
    rows.append(["CTT", str(len(reply.lines))])
    return rows


def _promises(behaviour: Behaviour, place: int, quantity: Decimal | None, due: date) -> Iterator[Promise]:
    if quantity is None:
        yield Promise(code={"reject": "IR", "hold": "IH"}.get(behaviour, "IA"), ship=due)
        return
    most = _three_quarters(quantity)
    rest = quantity - most
    match behaviour:
        case "change" if place == 0:
            yield Promise(code="IQ", quantity=most, ship=due)
        case "change":
            yield Promise(code="DR", quantity=quantity, ship=due + _LATER)
        case "reject":
            yield Promise(code="IR", quantity=quantity, ship=due)
        case "hold":
            yield Promise(code="IH", quantity=quantity, ship=due)
        case "partial" if rest:
            yield Promise(code="BP", quantity=most, ship=due)
        case "split" | "two dates" if rest:
            yield Promise(code="IA", quantity=most, ship=due)
            yield Promise(code="IB" if behaviour == "split" else "IA", quantity=rest, ship=due + _LATER)
        case _:
            yield Promise(code="IA", quantity=quantity, ship=due)


def _header(order: SupplierOrder, reply: Reply) -> str:
    """What the lines come to: all accepted, all rejected, or something between."""
    if not reply.lines:
        return "AT"
    said = {
        number: [(promise.code, promise.quantity) for promise in promises]
        for number, promises in reply.lines.items()
    }
    if all(code.startswith(("IR", "R")) for promised in said.values() for code, _ in promised):
        return "RD"
    as_ordered = all(
        said.get(number) in ([("IA", None)], [("IA", line.quantity)]) for number, line in order.lines.items()
    )
    return "AD" if as_ordered and not reply.prices else "AC"


def _po1(line: SupplierLine) -> Row:
    measured = [_plain(line.quantity), line.unit] if line.quantity is not None else ["", ""]
    price = ["", ""] if line.unit_price is None else [_plain(line.unit_price), line.price_basis]
    parts = [text for pair in line.parts.items() for text in pair]
    return _trimmed(["PO1", line.number, *measured, *price, *parts])


def _ack(line: SupplierLine, promise: Promise, due: date) -> Iterator[Row]:
    quantity = line.quantity if promise.quantity is None else promise.quantity
    measured = [_plain(quantity), line.unit] if quantity is not None and line.unit else ["", ""]
    yield ["ACK", promise.code, *measured, "068", _day(promise.ship or due)]
    if promise.delivery is not None:
        yield ["DTM", "067", _day(promise.delivery)]


def _due(order: SupplierOrder, line: SupplierLine) -> date:
    return min((schedule.date for schedule in line.schedules), default=order.dated + _LEAD_TIME)


def _three_quarters(quantity: Decimal) -> Decimal:
    """In whole pieces, at least one."""
    return max((quantity * 3 / 4).to_integral_value(ROUND_FLOOR), min(quantity, Decimal(1)))


def _plain(value: Decimal) -> str:
    return format(value, "f")


def _day(day: date) -> str:
    return day.strftime("%Y%m%d")


def _trimmed(row: Row) -> Row:
    while row[-1] == "":
        row.pop()
    return row
