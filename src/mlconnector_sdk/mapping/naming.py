"""What units and parts are called at a partner, and back."""

from __future__ import annotations

from attrs import frozen

from mlconnector_sdk.errors import UnmappedValue
from mlconnector_sdk.mapping.crossref import CrossReference, Row, Table
from mlconnector_sdk.mapping.partners import AS_IS, AS_IS_WITH_REVISION, Partner

__all__ = ["Naming", "PartNumbers"]


@frozen(kw_only=True)
class PartNumbers:
    """What an order line calls a part.

    Args:
        buyer: The buyer's number.
        vendor: The supplier's number, or the empty string.
    """

    buyer: str
    vendor: str = ""


@frozen
class Naming:
    """The names that a partner uses, by its tables or "as is".

    A table of units has the columns ``key`` (ours) and ``value`` (theirs), or any two. A table of parts has
    the key ``number, revision`` and the columns ``buyer_part, vendor_part``; a revision ``*`` stands for
    every revision that has no row of its own.

    Args:
        partner: Says which tables.
        tables: Where they are.
    """

    partner: Partner
    tables: CrossReference

    @property
    def unit_table(self) -> Table | None:
        """The table of units; None: both sides use the same names.

        Raises:
            ConfigurationError: It is missing.
        """
        return None if self.partner.units == AS_IS else self.tables[self.partner.units]

    @property
    def part_table(self) -> Table | None:
        """The table of parts; None: both sides use the same numbers.

        Raises:
            ConfigurationError: It is missing, or lacks a column.
        """
        if self.partner.parts in (AS_IS, AS_IS_WITH_REVISION):
            return None
        return self._parts()

    def check(self) -> None:
        """See that the tables are there and have the columns they need.

        Raises:
            ConfigurationError: One is missing, or a column is; or a unit has no name at the partner.
        """
        if self.unit_table is not None:
            self._check_units(self.unit_table)
        _ = self.part_table

    def unit(self, ours: str) -> str:
        """The partner's code for a unit of the ERP.

        Raises:
            UnmappedValue: The table has no row for it.
        """
        table = self.unit_table
        if table is None:
            return ours
        return table.find(ours)[table.columns[-1]]

    def our_unit(self, theirs: str) -> str:
        """The ERP's name for a unit of the partner.

        Raises:
            UnmappedValue: The table has no row for it, or several.
        """
        table = self.unit_table
        if table is None:
            return theirs
        return table.reverse(table.columns[-1], theirs)[table.keys[0]]

    def part(self, number: str, revision: str = "") -> PartNumbers:
        """The numbers under which a part of the ERP is ordered.

        Raises:
            UnmappedValue: The table has no row for it.
        """
        if self.partner.parts == AS_IS:
            return PartNumbers(buyer=number)
        if self.partner.parts == AS_IS_WITH_REVISION:
            return PartNumbers(buyer=f"{number}-{revision}" if revision else number)
        row = self._part_row(self._parts(), number, revision)
        return PartNumbers(buyer=row["buyer_part"], vendor=row["vendor_part"])

    def _parts(self) -> Table:
        table = self.tables[self.partner.parts]
        needed = ("number", "revision", "buyer_part", "vendor_part")
        if table.keys != needed[:2] or not set(needed) <= set(table.columns):
            raise table.error(
                f"the table of parts must have the columns {', '.join(needed)}, the first two as its key",
                f"name them in this order in the first line of {table.name}, which may have further ones",
            )
        return table

    def _check_units(self, table: Table) -> None:
        if len(table.keys) != 1:
            raise self.partner.error(
                "units", f"{table.name} is a table of parts and cannot be one of units", "name another file"
            )
        for row in table.rows:
            if not row[table.columns[-1]]:
                raise table.error(
                    f"the unit {row[table.keys[0]]!r} has no {table.columns[-1]}",
                    "complete the row, or remove it",
                    line=row.line,
                )

    @staticmethod
    def _part_row(table: Table, number: str, revision: str) -> Row:
        row = table.get(number, revision) or table.get(number, "*")
        if row is None:
            raise UnmappedValue(
                f"{table.name} has no row for part {number!r} revision {revision!r}",
                table=table.name,
                key=f"{number}/{revision}",
                path=table.name,
                remedy=f"add a row for this part to {table.name} (revision * is any), then retry",
            )
        return row
