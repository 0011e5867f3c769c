"""The check of a transaction set: structure, element types and lengths, syntax notes, line count."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlconnector_sdk.mapping.x12.diagnostics import Diagnostic, Findings, Severity
from mlconnector_sdk.mapping.x12.dictionary import ElementDefinition, SegmentDefinition, dictionary
from mlconnector_sdk.mapping.x12.elements import Fault, length_fault, parse
from mlconnector_sdk.mapping.x12.envelope import Transaction
from mlconnector_sdk.mapping.x12.placement import Placed, place
from mlconnector_sdk.mapping.x12.segment import Element, Segment
from mlconnector_sdk.mapping.x12.structure import set_structure

__all__ = ["broken_notes", "check"]


def check(transaction: Transaction) -> tuple[Diagnostic, ...]:
    """Everything that is wrong inside a set, beside what `read` found about its envelope.

    Reported are unknown, missing, misplaced and too many segments; missing, malformed, too long and too
    short elements; broken syntax notes; a wrong count of lines in CTT. A segment without a definition is
    reported as information. At most a thousand findings are listed.

    Raises:
        InvalidDocument: There is no table for this set, or no dictionary for its release.
    """
    definitions = dictionary(transaction.release)
    placed = place(transaction)
    findings = Findings()
    for diagnostic in placed.diagnostics:
        findings.add(diagnostic)
    for segment in transaction.segments:
        if findings.full:
            break
        definition = definitions.get(segment.id)
        if definition is None:
            findings.add(
                _diagnostic(
                    transaction,
                    segment,
                    "segment_not_described",
                    Severity.INFO,
                    "has no definition; it is kept as it is",
                )
            )
            continue
        for diagnostic in _check_segment(transaction, segment, definition):
            findings.add(diagnostic)
    for diagnostic in _check_total(transaction, placed):
        findings.add(diagnostic)
    return tuple(findings)


def broken_notes(definition: SegmentDefinition, present: Callable[[int], bool]) -> Iterator[tuple[str, int]]:
    """The syntax notes that a segment breaks, each with the element to blame.

    Args:
        present: Whether the element at a position has a value.
    """
    for note in definition.notes:
        positions = [int(note[i : i + 2]) for i in range(1, len(note), 2)]
        given = [present(position) for position in positions]
        match note[0]:
            case "P" if any(given) and not all(given):
                yield f"{_listed(positions)} must be given together", positions[given.index(False)]
            case "R" if not any(given):
                yield f"one of {_listed(positions)} must be given", positions[0]
            case "E" if sum(given) > 1:
                yield f"only one of {_listed(positions)} may be given", positions[-1]
            case "C" if given[0] and not all(given):
                yield f"{positions[0]:02d} needs {_listed(positions[1:])}", positions[given.index(False)]
            case "L" if given[0] and not any(given[1:]):
                yield f"{positions[0]:02d} needs one of {_listed(positions[1:])}", positions[1]
            case _:
                pass


def _listed(positions: list[int]) -> str:
    return " and ".join(f"{position:02d}" for position in positions)


def _check_segment(
    transaction: Transaction, segment: Segment, definition: SegmentDefinition
) -> Iterator[Diagnostic]:
    for element in definition.elements:
        for fault, severity, component in _check_element(segment[element.position], element):
            yield _diagnostic(
                transaction, segment, fault.code, severity, fault.sentence, element.position, component
            )
    if len(segment.elements) > len(definition.elements):
        yield _diagnostic(
            transaction,
            segment,
            "too_many_elements",
            Severity.WARNING,
            f"has {len(segment.elements)} elements, the standard knows {len(definition.elements)}",
            len(definition.elements) + 1,
        )
    for sentence, position in broken_notes(definition, lambda position: bool(segment[position])):
        yield _diagnostic(
            transaction,
            segment,
            "syntax_note",
            Severity.WARNING,
            "breaks a syntax note: " + sentence,
            position,
        )


def _check_element(value: Element, element: ElementDefinition) -> Iterator[tuple[Fault, Severity, int]]:
    if not value:
        if element.mandatory:
            yield Fault("element_missing", "is mandatory and missing"), Severity.WARNING, 0
        return
    if element.components:
        if not isinstance(value, str | tuple):
            yield Fault("repeated", "occurs several times"), Severity.ERROR, 0
            return
        parts = (value,) if isinstance(value, str) else value
        for component, part in zip(element.components, parts, strict=False):
            for fault, severity, _ in _check_element(part, component):
                yield fault, severity, component.position
        if len(parts) > len(element.components):
            yield Fault("too_many_components", f"has {len(parts)} components"), Severity.WARNING, 0
    elif not isinstance(value, str):
        yield Fault("not_simple", "holds a delimiter: it must be one simple value"), Severity.ERROR, 0
    else:
        parsed = parse(value, element)
        if isinstance(parsed, Fault):
            yield parsed, Severity.ERROR, 0
        elif (length := length_fault(value, element)) is not None:
            yield length, Severity.WARNING, 0


def _check_total(transaction: Transaction, placed: Placed) -> Iterator[Diagnostic]:
    """CTT01 counts the lines: the PO1 loops of an 850, the IT1 loops of an 810 ..."""
    structure = set_structure(transaction.set_id)
    if structure is None or not structure.line:
        return
    lines = len(placed.root.loops(structure.line))
    for totals in (*placed.root.all("CTT"), *(loop.start for loop in placed.root.loops("CTT"))):
        stated = totals.text(1).strip(" ")
        if stated.lstrip("0") != str(lines).lstrip("0"):
            yield _diagnostic(
                transaction,
                totals,
                "count",
                Severity.WARNING,
                f"says {stated[:20] or 'nothing'}, but there are {lines} lines",
                1,
            )


def _diagnostic(
    transaction: Transaction,
    segment: Segment,
    code: str,
    severity: Severity,
    sentence: str,
    element: int = 0,
    component: int = 0,
) -> Diagnostic:
    path = transaction.path(segment, element, component)
    return Diagnostic(
        code=code,
        severity=severity,
        sentence=f"{path} {sentence}",
        segment_id=segment.id,
        segment_number=segment.number,
        element=element,
        component=component,
        offset=segment.offset,
        path=path,
    )
