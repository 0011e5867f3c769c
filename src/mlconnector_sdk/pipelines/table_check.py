"""What can be seen in the partner files alone: names that cannot be told apart on the way back."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mlconnector_sdk.mapping.crossref import Row, Table
from mlconnector_sdk.mapping.naming import Naming
from mlconnector_sdk.pipelines.partner_files import PartnerFiles
from mlconnector_sdk.pipelines.partner_report import Finding, Kind

__all__ = ["check_tables"]


def check_tables(files: PartnerFiles) -> list[Finding]:
    """Look through the tables of units and parts.

    A partner answers in its own units, so each of them must lead back to one of ours. An answer names the
    line of the order, so several revisions may have one number at the partner; two numbers may not.

    Raises:
        ConfigurationError: A table lacks a column, or a unit has no name.
    """
    units: dict[str, Table] = {}
    parts: dict[str, Table] = {}
    for partner in files.partners:
        naming = Naming(partner, files.tables)
        naming.check()
        if naming.unit_table is not None:
            units[partner.units] = naming.unit_table
        if naming.part_table is not None:
            parts[partner.parts] = naming.part_table
    found = [finding for table in units.values() for finding in _twice(table, table.columns[-1:], "unit")]
    return found + [
        finding
        for table in parts.values()
        for finding in _twice(table, ("buyer_part", "vendor_part"), "part")
    ]


def _twice(table: Table, columns: Collection[str], what: str) -> Iterator[Finding]:
    for column in columns:
        rows: dict[str, list[Row]] = {}
        for row in table.rows:
            if row[column]:
                rows.setdefault(row[column], []).append(row)
        for name, named in rows.items():
            ours = dict.fromkeys(row[table.keys[0]] for row in named)
            if len(ours) > 1:
                yield Finding(
                    kind=Kind.AMBIGUOUS,
                    file=table.name,
                    line=named[1].line,
                    key=name,
                    sentence=f"the {column} {name!r} stands for {' and '.join(ours)} "
                    f"(lines {', '.join(str(row.line) for row in named)}): a partner that writes it does not "
                    f"say which {what} is meant",
                    remedy=f"let each {column} stand for one {what}",
                )
