"""Documents and texts for the laws: what X12 can carry, and what it cannot."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Context, Decimal, localcontext
from pathlib import Path
from typing import Any

from attrs import evolve
from hypothesis import assume
from hypothesis import strategies as st

from mlconnector_sdk.mapping import x12
from mlconnector_sdk.mapping.documents import (
    AcknowledgedLine,
    AcknowledgedSet,
    Answer,
    Charge,
    Decision,
    FunctionalAcknowledgment,
    Invoice,
    InvoiceLine,
    LineAnswer,
    LineChange,
    OrderAcknowledgment,
    OrderLine,
    Party,
    PaymentTerms,
    PurchaseOrder,
    PurchaseOrderChange,
    Reference,
    Schedule,
    SetVerdict,
    SyntaxFault,
    WhatChanged,
)
from mlconnector_sdk.mapping.x12 import syntax_codes

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.edi"))

ENVELOPE = x12.Envelope(
    sender=x12.Identity(id="PLEXBUYER"),
    receiver=x12.Identity(id="ACMESUPPLY"),
    control_number=12,
    at=datetime(2026, 3, 2, 9, 58),
)


def sample(name: str) -> str:
    return (Path(__file__).parent / "samples" / name).read_text()


def only(text: str | bytes) -> x12.Transaction:
    [transaction] = x12.read(text).transactions
    return transaction


_CARRIED = [chr(code) for code in range(0x20, 0x7F) if chr(code) not in "*>~^|:"]
_WORD = st.text(st.sampled_from([c for c in _CARRIED if c != " "]), min_size=1, max_size=12)


def text(maximum: int, minimum: int = 1) -> st.SearchStrategy[str]:
    carried = st.text(st.sampled_from(_CARRIED), min_size=minimum, max_size=maximum)
    return carried.filter(lambda value: not value.endswith(" "))


def maybe(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.just("") | strategy


def code(minimum: int, maximum: int) -> st.SearchStrategy[str]:
    letters = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    return st.text(letters, min_size=minimum, max_size=maximum)


def numbers(digits: int) -> st.SearchStrategy[Decimal]:
    return st.builds(
        lambda value, places: Decimal(value).scaleb(-places),
        st.integers(-(10**digits) + 1, 10**digits - 1),
        st.integers(0, digits - 1),
    )


amounts = st.integers(-(10**9), 10**9).map(lambda value: Decimal(value).scaleb(-4))
prose = st.lists(_WORD, min_size=1, max_size=60).map(" ".join)
days = st.dates(date(1900, 1, 1), date(2099, 12, 31))
prices = numbers(15) | st.none()

parties = st.builds(
    Party,
    role=code(2, 3),
    name=text(60),
    address=st.lists(text(55), max_size=4).map(tuple),
    city=maybe(text(30, 2)),
    state=maybe(code(2, 2)),
    postal_code=maybe(text(15, 3)),
    country=maybe(code(2, 3)),
) | st.builds(Party, role=code(2, 3), name=maybe(text(60)), id=text(80, 2), id_qualifier=code(1, 2))

references = st.builds(Reference, qualifier=code(2, 3), value=text(30), description=maybe(text(80)))


@st.composite
def order_lines(draw: st.DrawFn) -> OrderLine:
    schedules = draw(
        st.lists(st.builds(Schedule, quantity=amounts, due=days, number=maybe(text(20))), max_size=3)
    )
    price = draw(prices)
    return OrderLine(
        number=draw(text(20)),
        quantity=sum((s.quantity for s in schedules), Decimal(0)) if schedules else draw(numbers(15)),
        unit=draw(code(2, 2)),
        unit_price=price,
        price_basis=draw(maybe(code(2, 2))) if price is not None else "",
        buyer_part=draw(maybe(text(48))),
        vendor_part=draw(maybe(text(48))),
        description=draw(maybe(prose)),
        schedules=tuple(schedules),
    )


orders = st.builds(
    PurchaseOrder,
    number=text(22),
    dated=days,
    parties=st.lists(parties, max_size=3).map(tuple),
    references=st.lists(references, max_size=3).map(tuple),
    notes=st.lists(prose, max_size=3).map(tuple),
    purpose=code(2, 2),
    order_type=code(2, 2),
    currency=maybe(code(3, 3)),
    lines=st.lists(order_lines(), min_size=1, max_size=4).map(tuple),
)

_LINE_CODES = {
    Answer.CONFIRMED: ("IA", "IQ", "BP", "AR"),
    Answer.BACKORDERED: ("IB",),
    Answer.REJECTED: ("IR", "R3"),
    Answer.DELETED: ("ID",),
    Answer.PENDING: ("IH",),
    Answer.UNKNOWN: ("Q7",),
}
_HEADER_CODES = {
    Decision.ACCEPTED: ("AD", "AT", "AK"),
    Decision.CHANGED: ("AC", "AE"),
    Decision.REJECTED: ("RD", "RO"),
    Decision.HELD: ("AH",),
    Decision.UNKNOWN: ("ZZ", "Q1"),
}


@st.composite
def acknowledged_lines(draw: st.DrawFn, decision: Decision) -> AcknowledgedLine:
    price = draw(prices)
    quantity = draw(numbers(15) | st.none())
    answers: list[LineAnswer] = []
    if draw(st.booleans()):
        for _ in range(draw(st.integers(0, 3))):
            answer = draw(st.sampled_from(Answer))
            known = draw(st.booleans())
            answers.append(
                LineAnswer(
                    answer=answer,
                    code=draw(st.sampled_from(_LINE_CODES[answer])),
                    quantity=draw(numbers(15)) if known else None,
                    unit=draw(code(2, 2)) if known else "",
                    ship=draw(days | st.none()),
                    delivery=draw(days | st.none()),
                )
            )
    else:  # schedules speak
        agreed = decision in (Decision.ACCEPTED, Decision.CHANGED)
        for _ in range(draw(st.integers(0, 3))):
            ship = draw(days | st.none())
            answers.append(
                LineAnswer(
                    answer=Answer.CONFIRMED if agreed else Answer.UNKNOWN,
                    code="",
                    quantity=draw(numbers(15)),
                    unit=draw(code(2, 2)),
                    ship=ship,
                    delivery=draw(days | st.none()) if ship else draw(days),
                )
            )
    refused = (Answer.REJECTED, Answer.DELETED)
    return AcknowledgedLine(
        number=draw(maybe(text(20))),
        quantity=quantity,
        unit=draw(maybe(code(2, 2))) if quantity is not None else "",
        unit_price=price,
        price_basis=draw(maybe(code(2, 2))) if price is not None else "",
        buyer_part=draw(text(48)),  # a PO1 without any element is not written
        vendor_part=draw(maybe(text(48))),
        answers=tuple(evolve(a, unit_price=None if a.answer in refused else price) for a in answers),
    )


@st.composite
def acknowledgments(draw: st.DrawFn) -> OrderAcknowledgment:
    decision = draw(st.sampled_from(Decision))
    return OrderAcknowledgment(
        number=draw(text(22)),
        dated=draw(days),
        parties=tuple(draw(st.lists(parties.filter(lambda p: len(p.address) <= 4), max_size=2))),
        references=tuple(draw(st.lists(references, max_size=2))),
        notes=tuple(draw(st.lists(prose, max_size=2))),
        decision=decision,
        code=draw(st.sampled_from(_HEADER_CODES[decision])),
        purpose=draw(code(2, 2)),
        supplier_reference=draw(maybe(text(30))),
        ordered_on=draw(days),
        lines=tuple(draw(st.lists(acknowledged_lines(decision), max_size=4))),
    )


changes = st.builds(
    PurchaseOrderChange,
    number=text(22),
    dated=days,
    parties=st.lists(parties, max_size=2).map(tuple),
    references=st.lists(references, max_size=2).map(tuple),
    notes=st.lists(prose, max_size=2).map(tuple),
    purpose=st.sampled_from(["04", "00", "05"]),
    order_type=code(2, 2),
    currency=maybe(code(3, 3)),
    change_sequence=st.integers(1, 99_999_999),
    changed_on=days,
    lines=st.lists(
        st.builds(LineChange, what=st.sampled_from(WhatChanged), line=order_lines()), max_size=3
    ).map(tuple),
)

cents = st.integers(-(10**9), 10**9).map(lambda value: Decimal(value).scaleb(-2))
terms = st.builds(
    PaymentTerms, description=text(80), net_days=st.none() | st.integers(0, 999), due=st.none() | days
)
invoice_lines = st.builds(
    InvoiceLine,
    number=text(20),
    quantity=numbers(10),
    unit=code(2, 2),
    unit_price=numbers(9),
    buyer_part=maybe(text(48)),
    vendor_part=maybe(text(48)),
    description=maybe(prose),
)
taxes = st.builds(Charge, amount=cents, code=code(2, 2), tax=st.just(True))
codes = code(4, 4).filter(lambda code: code != "ZZZZ")  # mutually defined: no code, says the reader
charges = st.builds(Charge, amount=cents, code=codes, description=maybe(text(80))) | st.builds(
    Charge, amount=cents, description=text(80)
)


def cent(amount: Decimal) -> Decimal:
    """To the cent, half away from zero, with integers: another way than that of the code under test."""
    numerator, denominator = abs(amount).as_integer_ratio()
    whole = (200 * numerator + denominator) // (2 * denominator)
    return Decimal(-whole if amount < 0 else whole).scaleb(-2)


@st.composite
def invoices(draw: st.DrawFn) -> Invoice:
    lines = tuple(draw(st.lists(invoice_lines, max_size=3)))
    extra = (*draw(st.lists(taxes, max_size=2)), *draw(st.lists(charges, max_size=3)))
    with localcontext(Context(prec=100)):
        amounts = [cent(line.quantity * line.unit_price) for line in lines]
        owed = sum((*amounts, *(charge.amount for charge in extra)), Decimal(0))
    assume(abs(owed) < 10**13)
    long = draw(st.lists(prose.filter(lambda note: len(note) > 80), max_size=1))
    return Invoice(
        number=draw(text(22)),
        dated=draw(days),
        parties=tuple(draw(st.lists(parties, max_size=2))),
        references=tuple(draw(st.lists(references, max_size=2))),
        notes=(*draw(st.lists(text(80), max_size=2)), *long),
        order_number=draw(maybe(text(22))),
        ordered_on=draw(st.none() | days),
        currency=draw(maybe(code(3, 3))),
        kind=draw(maybe(code(2, 2))),
        terms=draw(st.none() | terms),
        lines=lines,
        charges=extra,
        total=owed,
    )


_SET_CODES = {
    SetVerdict.ACCEPTED: "A",
    SetVerdict.ACCEPTED_WITH_ERRORS: "E",
    SetVerdict.REJECTED: "R",
    SetVerdict.UNKNOWN: "Q",
}


def faults_of(table: dict[str, str], path: str = "") -> st.SearchStrategy[SyntaxFault]:
    known = st.sampled_from(
        [code for code in table if code != "8" or table is not syntax_codes.SEGMENT_FAULTS]
    )
    return (known | st.just("99")).map(
        lambda code: SyntaxFault(path=path, code=code, sentence=syntax_codes.meaning(table, code))
    )


@st.composite
def placed_faults(draw: st.DrawFn) -> list[SyntaxFault]:
    """What one AK3 with its AK4 says."""
    place = f"segment {draw(st.integers(2, 99999))} {draw(code(2, 3))}"
    found = draw(st.lists(faults_of(syntax_codes.SEGMENT_FAULTS, place), max_size=1))
    for _ in range(draw(st.integers(0 if found else 1, 3))):
        at = f"{place}-{draw(st.integers(1, 99)):02d}" + draw(st.sampled_from(["", "-01", "-12"]))
        fault = draw(faults_of(syntax_codes.ELEMENT_FAULTS, at))
        value = draw(maybe(text(99)))
        found.append(evolve(fault, sentence=fault.sentence + (f': "{value}"' if value else "")))
    return found


@st.composite
def acknowledged_sets(draw: st.DrawFn) -> AcknowledgedSet:
    verdict = draw(st.sampled_from(list(_SET_CODES)))
    placed = [fault for faults in draw(st.lists(placed_faults(), max_size=3)) for fault in faults]
    return AcknowledgedSet(
        set_id=draw(st.sampled_from(["850", "860", "810"])),
        control_number=draw(text(9, 4)),
        verdict=verdict,
        code=_SET_CODES[verdict],
        faults=(*placed, *draw(st.lists(faults_of(syntax_codes.SET_FAULTS), max_size=5))),
    )


functional_acknowledgments = st.builds(
    lambda verdict, **fields: FunctionalAcknowledgment(verdict=verdict[0], code=verdict[1], **fields),
    verdict=st.sampled_from([*_SET_CODES.items(), (SetVerdict.PARTLY_ACCEPTED, "P")]),
    functional_id=code(2, 2),
    group_control_number=st.integers(1, 999_999_999),
    sets=st.lists(acknowledged_sets(), min_size=1, max_size=3).map(tuple),
    faults=st.lists(faults_of(syntax_codes.GROUP_FAULTS), max_size=5).map(tuple),
)

hostile = st.text(
    st.sampled_from("~*>^|: \r\n\t\x00\x1f\x7fAé\u2028\U0001f600") | st.characters(), min_size=1, max_size=300
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to every value inside nested dicts and lists."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*path, key))
    return found
