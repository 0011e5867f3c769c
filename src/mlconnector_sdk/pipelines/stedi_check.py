"""The partner file against Stedi, as far as Stedi lets itself be asked.

Partnerships and transaction settings are kept in the portal alone: the API has no endpoint for them (Stedi
OpenAPI ``core.json``). What can be seen is what went through them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlconnector_sdk.adapters.stedi import Route
from mlconnector_sdk.errors import VendorError
from mlconnector_sdk.mapping.partners import Partner
from mlconnector_sdk.mapping.policies import Changes
from mlconnector_sdk.pipelines.partner_files import PartnerFiles
from mlconnector_sdk.pipelines.partner_report import Finding, Kind

if TYPE_CHECKING:
    from mlconnector_sdk.adapters.stedi.client import StediFace

__all__ = ["check_stedi"]

_RECENT = 500  # the newest acknowledgments, one page of them: older ones were handled or are dead letters


async def check_stedi(stedi: StediFace[Any], files: PartnerFiles) -> list[Finding]:
    """Look for every partnership and setting of the file in the newest transactions, and for others.

    Args:
        stedi: The client.
        files: The partner files.

    Raises:
        ConfigurationError: A partner's Stedi section is incomplete.
    """
    routes = [(partner, Route.of(partner)) for partner in files.network("stedi")]
    found = [finding for partner, route in routes for finding in _missing_settings(partner, route)]
    found += _shared_partnerships(routes)
    try:
        for partner, route in routes:
            for set_id, setting in route.settings.items():
                found += await _unseen(stedi, partner, route.partnership, set_id, setting)
        if not files.partners.ignore_unlisted:
            found += await _unlisted(stedi, files, {route.partnership for _, route in routes})
    except VendorError as error:
        found.append(
            Finding(
                kind=Kind.UNVERIFIABLE,
                file="Stedi",
                key="transactions",
                sentence=f"could not be listed: {error.message}",
                remedy=error.remedy or "check again later",
            )
        )
    return found


def _missing_settings(partner: Partner, route: Route) -> Iterator[Finding]:
    wanted = []
    if partner.supplier:
        wanted.append(("850", "its purchase orders"))
        if partner.policies.changes is Changes.CHANGE_ORDER:
            wanted.append(("860", "changes of them (policy changes = '860')"))
    if partner.customer:
        wanted.append(("810", "its invoices"))
    for set_id, documents in wanted:
        if set_id not in route.settings:
            yield Finding(
                kind=Kind.UNMAPPED,
                file=partner.source.file,
                line=partner.source.line("stedi", "settings"),
                key=partner.source.at("stedi", "settings", set_id),
                sentence=f"there is no transaction setting for {documents}",
                remedy=f'add {set_id} = "...", the id of the transaction setting in the Stedi portal',
            )


def _shared_partnerships(routes: list[tuple[Partner, Route]]) -> Iterator[Finding]:
    first: dict[str, Partner] = {}
    for partner, route in routes:
        other = first.setdefault(route.partnership, partner)
        if other is not partner:
            yield Finding(
                kind=Kind.AMBIGUOUS,
                file=partner.source.file,
                line=partner.source.line("stedi", "partnership"),
                key=partner.source.at("stedi", "partnership"),
                sentence=f"{other.name} and {partner.name} have the partnership {route.partnership}: "
                "nobody can say whose acknowledgment comes by it",
                remedy="give each partner its own partnership in the Stedi portal",
            )


async def _unseen(
    stedi: StediFace[Any], partner: Partner, partnership: str, set_id: str, setting: str
) -> list[Finding]:
    newest = await stedi.transactions.list(partnership=partnership, transaction_set=set_id).batch() or []
    used = {each.setting_id for each in newest if each.partnership_id == partnership and each.setting_id}
    if setting in used:
        return []
    if used:
        seen = f"the newest {set_id}s of partnership {partnership} went by {', '.join(sorted(used))} instead"
    else:
        seen = f"no {set_id} has gone through partnership {partnership} yet"
    return [
        Finding(
            kind=Kind.UNVERIFIABLE,
            file=partner.source.file,
            line=partner.source.line("stedi", "settings", set_id),
            key=partner.source.at("stedi", "settings", set_id),
            sentence=f"the transaction setting {setting} was not seen in use, and Stedi's API cannot be "
            f"asked for it: {seen}",
            remedy=f"in the Stedi portal, open the partnership {partnership} and see that it has an outbound "
            f"transaction setting {setting} for {set_id}",
        )
    ]


async def _unlisted(stedi: StediFace[Any], files: PartnerFiles, listed: set[str]) -> list[Finding]:
    walk = stedi.transactions.list(direction="INBOUND", transaction_set="855", page_size=_RECENT)
    newest = await walk.batch() or []
    came = Counter(each.partnership_id for each in newest if each.transaction_set == "855")
    return [
        Finding(
            kind=Kind.UNMAPPED,
            file=files.partners.file,
            key=partnership,
            sentence=f"{count} of the newest acknowledgments (855) came by the partnership {partnership}, "
            "which no partner has",
            remedy=f'write partnership = "{partnership}" into [partners.NAME.stedi] of its partner',
        )
        for partnership, count in sorted(came.items())
        if partnership and partnership not in listed
    ]
