"""What the API key may do at Stedi, and whether the expected partnerships are there.

Stedi's API has no endpoint for partnerships or transaction settings: they are kept in the portal alone. What
can be seen is history. A pair that was never used cannot be verified, and the report says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mlconnector_sdk.core.access import AccessReport, Finding, Status
from mlconnector_sdk.errors import AccessError, NotFound, VendorError

if TYPE_CHECKING:
    from mlconnector_sdk.adapters.stedi.client import StediFace

__all__ = ["check_access"]

_PORTAL = "look in the Stedi portal whether the partnership {} has the transaction setting {}"


async def check_access(stedi: StediFace[Any], partnerships: Iterable[tuple[str, str]]) -> AccessReport:
    """Try the key, then look for each pair in the newest transactions."""
    findings = [await _key(stedi)]
    if findings[0].status is Status.OK:
        findings += [await _pair(stedi, partnership, setting) for partnership, setting in partnerships]
    return AccessReport(tuple(findings))


async def _key(stedi: StediFace[Any]) -> Finding:
    try:
        await stedi.transactions.list(page_size=1).batch()
    except AccessError as error:
        return Finding(subject="API key", status=Status.DENIED, sentence=error.message, remedy=error.remedy)
    except VendorError as error:
        return _not_checked("API key", error)
    return Finding(subject="API key", status=Status.OK, sentence="is taken")


async def _pair(stedi: StediFace[Any], partnership: str, setting: str) -> Finding:
    subject = f"partnership {partnership}, setting {setting}"
    remedy = _PORTAL.format(partnership, setting)
    try:
        newest = await stedi.transactions.list(partnership=partnership).batch() or []
    except NotFound as error:
        return Finding(subject=subject, status=Status.MISSING, sentence=error.message, remedy=remedy)
    except VendorError as error:
        return _not_checked(subject, error)
    of_partnership = [each for each in newest if each.partnership_id == partnership]
    if any(each.setting_id == setting for each in of_partnership):
        return Finding(subject=subject, status=Status.OK, sentence="a transaction went this way")
    seen = "there, but the setting was not used" if of_partnership else "not seen"
    return Finding(
        subject=subject,
        status=Status.UNVERIFIABLE,
        sentence=f"the partnership is {seen} yet, and Stedi's API cannot be asked",
        remedy=remedy,
    )


def _not_checked(subject: str, error: VendorError) -> Finding:
    return Finding(
        subject=subject,
        status=Status.UNVERIFIABLE,
        sentence=f"could not be checked: {error.message}",
        remedy=error.remedy or "check again later",
    )
