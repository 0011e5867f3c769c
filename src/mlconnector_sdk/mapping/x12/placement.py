"""Placement: which loop does a segment belong to?

No marker in a file says where a loop ends. From the innermost open loop outwards, a segment takes the first
place at or after the present one that is still free. Where none is, it goes to the innermost loop that
lists it at all, with a warning (many partners send a date late), or stays where it is, with an error.
"""

from __future__ import annotations

from attrs import define, field, frozen

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.x12.diagnostics import Diagnostic, Findings, Severity
from mlconnector_sdk.mapping.x12.envelope import Transaction
from mlconnector_sdk.mapping.x12.segment import Segment
from mlconnector_sdk.mapping.x12.structure import Loop, SetStructure, Use, set_structure

__all__ = ["Branch", "Placed", "place", "tree"]


@define(eq=False)
class Branch:
    """One loop of a set as it occurs: its segments and the loops inside it, in file order.

    Args:
        id: The segment that starts the loop; the set's id for the outermost branch.
        table: ``heading``, ``detail`` or ``summary`` for the loops of the outermost branch.
        items: Segments and branches. The outermost branch holds all tables.
    """

    id: str
    table: str = ""
    items: list[Segment | Branch] = field(factory=list)

    def all(self, segment_id: str) -> list[Segment]:
        """The segments of this loop with that id, not those of the loops inside."""
        return [item for item in self.items if isinstance(item, Segment) and item.id == segment_id]

    def first(self, segment_id: str) -> Segment | None:
        """The first of them, or None."""
        return next(iter(self.all(segment_id)), None)

    def loops(self, segment_id: str) -> list[Branch]:
        """The loops inside this one that start with that segment."""
        return [item for item in self.items if isinstance(item, Branch) and item.id == segment_id]

    @property
    def start(self) -> Segment:
        """The segment that starts the loop."""
        return next(item for item in self.items if isinstance(item, Segment))


@frozen(kw_only=True)
class Placed:
    """A transaction set as a tree.

    Args:
        root: The set itself.
        diagnostics: Segments that are unknown, missing, misplaced or too many.
    """

    root: Branch
    diagnostics: tuple[Diagnostic, ...]


@define(eq=False)
class _Frame:
    """An open loop: how far it has been read and how often each of its places was taken."""

    loop: Loop
    branch: Branch
    place: int = 0
    counts: dict[int, int] = field(factory=dict)

    def fit(self, segment_id: str) -> int | None:
        """The first free place for a segment, at or after the present one."""
        for index in self.loop.places.get(segment_id, ()):
            use = self.loop.uses[index]
            if index >= self.place and (use.maximum is None or self.counts.get(index, 0) < use.maximum):
                return index
        return None


def place(transaction: Transaction) -> Placed:
    """Put every segment of a transaction set into its loop.

    Raises:
        InvalidDocument: There is no table for this set.
    """
    structure = set_structure(transaction.set_id)
    if structure is None:
        raise InvalidDocument(
            f"there is no table for transaction set {transaction.set_id!r}",
            path="ST-01",
            remedy="work on transaction.segments, which holds everything that was read",
        )
    placer = _Placer(structure, transaction)
    for segment in transaction.segments:
        placer.take(segment)
    placer.close(0)
    return Placed(root=placer.root, diagnostics=tuple(placer.findings))


def tree(transaction: Transaction, set_id: str) -> Branch:
    """The set as a tree, if it can be understood.

    Raises:
        InvalidDocument: It is another set, it was read with an error, or a segment is missing or misplaced.
    """
    transaction.expect(set_id)
    placed = place(transaction)
    for diagnostic in placed.diagnostics:
        if diagnostic.severity is Severity.ERROR:
            raise diagnostic.error()
    return placed.root


class _Placer:
    def __init__(self, structure: SetStructure, transaction: Transaction) -> None:
        self.structure = structure
        self.transaction = transaction
        self.root = Branch(structure.id)
        self.frames = [_Frame(structure.root, self.root)]
        self.findings = Findings()

    def take(self, segment: Segment) -> None:
        for depth in range(len(self.frames) - 1, -1, -1):
            index = self.frames[depth].fit(segment.id)
            if index is not None:
                self.close(depth + 1)
                self.frames[depth].place = index
                self._put(depth, index, segment)
                return
        self._take_late(segment)

    def _take_late(self, segment: Segment) -> None:
        for depth in range(len(self.frames) - 1, -1, -1):
            frame = self.frames[depth]
            # The first place of a loop is its start: taking it again would be another loop.
            places = [i for i in frame.loop.places.get(segment.id, ()) if depth == 0 or i > 0]
            if places:
                index = places[-1]
                self._report_late(segment, frame, index)
                if frame.loop.uses[index].loop is not None:
                    self.close(depth + 1)
                self._put(depth, index, segment)
                return
        if segment.id in self.structure.segment_ids:
            self._report("segment_misplaced", Severity.ERROR, segment, "has no place here in the set")
        else:
            self._report(
                "segment_unknown", Severity.WARNING, segment, "does not occur in this set; it is kept"
            )
        self.frames[-1].branch.items.append(segment)

    def _report_late(self, segment: Segment, frame: _Frame, index: int) -> None:
        use = frame.loop.uses[index]
        count = frame.counts.get(index, 0)
        if use.maximum is None or count < use.maximum:
            self._report("segment_out_of_order", Severity.WARNING, segment, "comes later than the set allows")
            return
        only_one = use.minimum == 1 and use.maximum == 1
        self._report(
            "segment_over_maximum",
            Severity.ERROR if only_one else Severity.WARNING,
            segment,
            f"occurs more often than the {use.maximum} times that the set allows here",
        )

    def _put(self, depth: int, index: int, segment: Segment) -> None:
        frame = self.frames[depth]
        use = frame.loop.uses[index]
        frame.counts[index] = frame.counts.get(index, 0) + 1
        if use.loop is None:
            frame.branch.items.append(segment)
            return
        branch = Branch(use.id, use.table, [segment])
        frame.branch.items.append(branch)
        self.frames.append(_Frame(use.loop, branch, counts={0: 1}))

    def close(self, depth: int) -> None:
        """Close the loops from that depth inwards and report what they should have held."""
        while len(self.frames) > depth:
            frame = self.frames.pop()
            for index, use in enumerate(frame.loop.uses):
                if use.minimum and not frame.counts.get(index):
                    self._report_missing(frame, use)

    def _report_missing(self, frame: _Frame, use: Use) -> None:
        outermost = frame.branch is self.root
        where = f"set {self.structure.id}" if outermost else f"loop {frame.branch.id}"
        self.findings.add(
            Diagnostic(
                code="segment_missing",
                severity=Severity.ERROR,
                sentence=f"{use.id} is missing: {where} must have it",
                segment_id=use.id,
                segment_number=0 if outermost else frame.branch.start.number,
                path=use.id if outermost else self.transaction.path(frame.branch.start) + "/" + use.id,
            )
        )

    def _report(self, code: str, severity: Severity, segment: Segment, what: str) -> None:
        self.findings.add(
            Diagnostic(
                code=code,
                severity=severity,
                sentence=f"{segment.id} {what}",
                segment_id=segment.id,
                segment_number=segment.number,
                offset=segment.offset,
                path=self.transaction.path(segment) if not self.findings.full else segment.id,
            )
        )
