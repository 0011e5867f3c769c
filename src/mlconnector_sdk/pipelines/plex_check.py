"""The partner files against Plex: suppliers, parts and units, those of the files and those of open orders."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlconnector_sdk.errors import UnmappedValue
from mlconnector_sdk.mapping.naming import Naming
from mlconnector_sdk.mapping.partners import Partner
from mlconnector_sdk.pipelines.partner_files import PartnerFiles
from mlconnector_sdk.pipelines.partner_report import Finding, Kind
from mlconnector_sdk.pipelines.plex_usage import OpenOrder, PlexUsage, read_plex_usage

if TYPE_CHECKING:
    from mlconnector_sdk.adapters.plex import PlexFace

__all__ = ["check_plex"]

_SHOWN = 3  # orders that a finding names; the others are counted
_ANY_REVISION = "*"


async def check_plex(
    plex: PlexFace[Any], files: PartnerFiles, *, network: str, since: datetime | None = None
) -> list[Finding]:
    """Compare the files with Plex's suppliers and parts, and with its open orders.

    Args:
        plex: The client.
        files: The partner files.
        network: Over which the suppliers are reached: a partner with open orders needs a section for it.
        since: Only orders that changed at or after this instant; None: all open ones.

    Raises:
        ConfigurationError: A table of parts lacks a column.
    """
    usage = await read_plex_usage(plex, files, since=since)
    orders: dict[str, list[OpenOrder]] = {}
    for order in usage.orders:
        orders.setdefault(order.supplier, []).append(order)
    found = [*_suppliers(usage, files), *_parts(usage, files)]
    if usage.suppliers is not None:
        found += _order_suppliers(orders, files, network)
    for partner in files.partners:
        if partner.supplier:
            found += _order_names(orders.get(partner.supplier, ()), Naming(partner, files.tables))
    return [*found, *usage.gaps]


def _suppliers(usage: PlexUsage, files: PartnerFiles) -> Iterator[Finding]:
    """Codes of the file that Plex does not have, or has twice."""
    for partner in files.partners:
        if usage.suppliers is None or not partner.supplier:
            continue
        count = usage.suppliers.get(partner.supplier, 0)
        if count == 0:
            close = difflib.get_close_matches(partner.supplier, [code for code in usage.suppliers if code], 1)
            hint = f" (Plex has {close[0]!r})" if close else ""
            yield _of_partner(
                Kind.VANISHED,
                partner,
                "supplier",
                f"Plex has no supplier with the code {partner.supplier!r}{hint}, or does not show it",
                "write the code as Plex has it, or remove the partner",
            )
        if count > 1:
            yield _of_partner(
                Kind.AMBIGUOUS,
                partner,
                "supplier",
                f"Plex has {count} suppliers with the code {partner.supplier!r}",
                "give each supplier in Plex its own code",
            )


def _parts(usage: PlexUsage, files: PartnerFiles) -> Iterator[Finding]:
    """Rows whose part Plex does not have."""
    if usage.parts is None:
        return
    known = usage.parts | {(number, _ANY_REVISION) for number, _ in usage.parts}
    tables = {
        table.name: table
        for partner in files.partners
        if (table := Naming(partner, files.tables).part_table) is not None
    }
    for table in tables.values():
        for row in table.rows:
            number, revision = row["number"], row["revision"]
            if (number, revision) not in known:
                yield Finding(
                    kind=Kind.VANISHED,
                    file=table.name,
                    line=row.line,
                    key=f"{number}/{revision}",
                    sentence=f"Plex has no part {number!r}, or does not show it"
                    if (number, _ANY_REVISION) not in known
                    else f"Plex has part {number!r}, but not in revision {revision!r}",
                    remedy="write them as Plex has them (revision * is any), or remove the row",
                )


def _order_suppliers(
    orders: Mapping[str, list[OpenOrder]], files: PartnerFiles, network: str
) -> Iterator[Finding]:
    """Suppliers with open orders that no partner lists, or that are not reached over the network."""
    partners = files.partners
    for code, of_supplier in sorted(orders.items()):
        count = _counted(of_supplier)
        if not code:
            yield Finding(
                kind=Kind.UNVERIFIABLE,
                file="Plex",
                key="supplier of an order",
                sentence=f"{count} names no supplier that Plex shows us",
                remedy="name a supplier with a code in Plex; if it has one, ask the Plex administrator for a "
                "role that allows to read Supplier",
            )
        elif not partners.lists(code):
            if not partners.ignore_unlisted:
                yield Finding(
                    kind=Kind.UNMAPPED,
                    file=partners.file,
                    key=code,
                    sentence=f"no partner lists the supplier {code!r} of {count}",
                    remedy=f'add a partner with supplier = "{code}", or write unlisted = "ignore" at the top '
                    "to leave all such orders alone",
                )
        elif network not in (partner := partners.by_supplier(code)).routes:
            yield _of_partner(
                Kind.UNMAPPED,
                partner,
                network,
                f"the partner has no section for {network}, but Plex has {count} for it",
                f"add [{partner.source.at(network)}]",
            )


def _order_names(orders: Sequence[OpenOrder], naming: Naming) -> Iterator[Finding]:
    """Parts and units of a partner's open orders that its tables have no row for."""
    parts: dict[tuple[str, str], list[OpenOrder]] = {}
    units: dict[str, list[OpenOrder]] = {}
    for order in orders:
        for part in order.parts:
            parts.setdefault(part, []).append(order)
        for unit in order.units:
            units.setdefault(unit, []).append(order)
    for (number, revision), using in sorted(parts.items()):
        try:
            naming.part(number, revision)
        except UnmappedValue as error:
            yield _of_table(error, using)
    for unit, using in sorted(units.items()):
        try:
            naming.unit(unit)
        except UnmappedValue as error:
            yield _of_table(error, using)


def _of_partner(kind: Kind, partner: Partner, key: str, sentence: str, remedy: str) -> Finding:
    source = partner.source
    return Finding(
        kind=kind,
        file=source.file,
        line=source.line(key),
        key=source.at(key),
        sentence=sentence,
        remedy=remedy,
    )


def _of_table(error: UnmappedValue, using: Sequence[OpenOrder]) -> Finding:
    return Finding(
        kind=Kind.UNMAPPED,
        file=error.table,
        key=error.key,
        sentence=f"there is no row for it, but it is on {_counted(using)}",
        remedy=f"add a row for it to {error.table}",
    )


def _counted(orders: Sequence[OpenOrder]) -> str:
    numbers = sorted({order.number for order in orders})
    others = len(numbers) - _SHOWN
    shown = ", ".join(numbers[:_SHOWN]) + (f" and {others} more" if others > 0 else "")
    return f"{len(numbers)} open order{'s' if len(numbers) > 1 else ''} ({shown})"
