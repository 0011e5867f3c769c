"""What the headings of all sets have alike: parties, references and notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.documents import Document, Party, Reference
from mlconnector_sdk.mapping.x12.envelope import Transaction
from mlconnector_sdk.mapping.x12.fields import Composer, Fields
from mlconnector_sdk.mapping.x12.placement import Branch

__all__ = [
    "add_notes",
    "add_parties",
    "add_references",
    "notes",
    "parties",
    "references",
    "wrapped",
]

_NOTE_WIDTH = 264  # MSG01


def add_references(out: Composer, document: Document) -> None:
    """One REF per reference."""
    for reference in document.references:
        out.add("REF", reference.qualifier, reference.value, reference.description)


def references(transaction: Transaction, heading: Branch) -> tuple[Reference, ...]:
    """The references of a heading."""
    return tuple(
        Reference(qualifier=field.needed_text(1), value=field.text(2), description=field.text(3))
        for field in (Fields(transaction, segment) for segment in heading.all("REF"))
    )


def add_notes(out: Composer, document: Document) -> None:
    """One N9 loop per note, numbered; its text in as many MSG as it takes."""
    for number, note in enumerate(document.notes, 1):
        out.add("N9", "L1", str(number))
        if not note:
            raise out.refuse("N9", 2, "a note without text cannot be written")
        for line in wrapped(note, _NOTE_WIDTH, lambda reason: out.refuse("MSG", 1, reason, ahead=True)):
            out.add("MSG", line)


def notes(transaction: Transaction, heading: Branch) -> tuple[str, ...]:
    """The notes of a heading: one per N9 loop with text, its lines joined by blanks; or bare MSG."""
    found = [Fields(transaction, segment).text(1) for segment in heading.all("MSG")]
    for loop in heading.loops("N9"):
        lines = [Fields(transaction, segment).text(1) for segment in loop.all("MSG")]
        lines += [Fields(transaction, segment).text(2) for segment in loop.all("MTX")]
        found.append(" ".join(line for line in lines if line))
    return tuple(note for note in found if note)


def add_parties(out: Composer, document: Document) -> None:
    """One N1 loop per party, address in N3 and N4."""
    for party in document.parties:
        out.add("N1", party.role, party.name, party.id_qualifier, party.id)
        if "" in party.address:
            raise out.refuse("N1", 2, f"an empty street line of {party.role} cannot be written")
        for index in range(0, len(party.address), 2):
            out.add("N3", *party.address[index : index + 2])
        if party.city or party.state or party.postal_code or party.country:
            out.add("N4", party.city, party.state, party.postal_code, party.country)


def parties(transaction: Transaction, heading: Branch) -> tuple[Party, ...]:
    """The parties of a heading, by N1 loop."""
    return tuple(_party(transaction, loop) for loop in heading.loops("N1"))


def _party(transaction: Transaction, loop: Branch) -> Party:
    name = Fields(transaction, loop.start)
    address: list[str] = []
    for segment in loop.all("N3"):
        street = Fields(transaction, segment)
        address += [line for line in (street.text(1), street.text(2)) if line]
    place = loop.first("N4")
    where = Fields(transaction, place) if place is not None else None
    return Party(
        role=name.needed_text(1),
        name=name.text(2),
        id_qualifier=name.text(3),
        id=name.text(4),
        address=tuple(address),
        city=where.text(1) if where else "",
        state=where.text(2) if where else "",
        postal_code=where.text(3) if where else "",
        country=where.text(4) if where else "",
    )


def wrapped(text: str, width: int, refuse: Callable[[str], InvalidDocument]) -> Iterator[str]:
    """Cut a text into pieces that give it back exactly when they are joined by blanks.

    A cut is made only at a single blank: a run of blanks would not survive the reader, which drops blanks
    at the end of a value.
    """
    while len(text) > width:
        cut = text.rfind(" ", 1, width + 1)
        while cut > 0 and (text[cut - 1] == " " or text[cut + 1 : cut + 2] in ("", " ")):
            cut = text.rfind(" ", 1, cut)
        if cut <= 0:
            raise refuse(f"a text of {len(text)} characters cannot be cut at a blank into pieces of {width}")
        yield text[:cut]
        text = text[cut + 1 :]
    yield text
