"""Do the partner files and the two systems speak of the same things? Asked before go-live, and ever again.

::

    print(check(plex, stedi, "partners.toml"))
"""

from __future__ import annotations

import os
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, overload

from mlconnector_sdk.adapters.plex import AsyncPlex, Plex
from mlconnector_sdk.adapters.stedi import AsyncStedi, Stedi
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.pipelines.partner_files import PartnerBook, PartnerFiles, read_partner_files
from mlconnector_sdk.pipelines.partner_report import PartnerReport
from mlconnector_sdk.pipelines.plex_check import check_plex
from mlconnector_sdk.pipelines.stedi_check import check_stedi
from mlconnector_sdk.pipelines.table_check import check_tables

__all__ = ["PartnerSource", "check"]

PartnerSource = PartnerBook | PartnerFiles | str | os.PathLike[str]
"""The partner files: held live, read already, or the path of the partner file."""


@overload
def check(
    plex: Plex, stedi: Stedi, partners: PartnerSource, *, since: datetime | None = None
) -> PartnerReport: ...
@overload
def check(
    plex: AsyncPlex, stedi: AsyncStedi, partners: PartnerSource, *, since: datetime | None = None
) -> Coroutine[Any, Any, PartnerReport]: ...
def check(plex: Any, stedi: Any, partners: PartnerSource, *, since: datetime | None = None) -> Any:
    """Compare the partner files with Plex and Stedi; nothing is written anywhere.

    What is found: suppliers, parts and units of open orders that the files do not name; suppliers and parts
    that the files name and Plex does not have, or has twice; names that cannot be told apart on the way back;
    partnerships and transaction settings that Stedi was not seen to use. Codes of customers are not checked.

    Suppliers, orders, releases and parts are listed whole, because Plex pages nothing: in a large company
    that takes a minute or two, and a request more for each open order whose partner has a table of units.

    Args:
        plex: The ERP; blocking or async, as is ``stedi``.
        stedi: The EDI network.
        partners: The partner files.
        since: Look only at orders and releases that changed at or after this instant; None: at all open ones.

    Returns:
        The report; from async clients, a coroutine of it.

    Raises:
        ConfigurationError: The files are malformed, a partner's Stedi section is incomplete, or one client is
            blocking and the other async.
    """
    if plex.blocking is not stedi.blocking:
        raise ConfigurationError(
            "one client is blocking and the other async", remedy="use Plex with Stedi, or both async"
        )
    coroutine = _check(plex, stedi, _files(partners), since)
    return run(coroutine) if plex.blocking else coroutine


async def _check(plex: Any, stedi: Any, files: PartnerFiles, since: datetime | None) -> PartnerReport:
    in_tables = check_tables(files)
    in_plex = await check_plex(plex, files, network="stedi", since=since)
    in_stedi = await check_stedi(stedi, files)
    return PartnerReport((*in_tables, *in_plex, *in_stedi))


def _files(partners: PartnerSource) -> PartnerFiles:
    if isinstance(partners, PartnerBook):
        return partners.current
    return partners if isinstance(partners, PartnerFiles) else read_partner_files(partners)
