"""Who trades with whom: profiles, partnerships and their transaction settings."""

from __future__ import annotations

import re
from typing import Any, Protocol

from attrs import define, field, frozen

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.simulators.stedi.envelope import Address
from mlconnector_sdk.simulators.stedi.segments import RELEASES
from mlconnector_sdk.simulators.stedi.sets import SETS
from mlconnector_sdk.simulators.stedi.transport import Transport

__all__ = ["Partnership", "Profile", "Recipient"]

_PARTNERSHIP_ID = re.compile(r"[a-zA-Z0-9._-]{1,81}", re.ASCII)
_SETTING_ID = re.compile(r"[a-zA-Z0-9_-]{1,50}", re.ASCII)


@frozen(kw_only=True)
class Profile:
    """One side of a partnership.

    Args:
        id: The profile's id in the account.
        address: Its ISA qualifier and id, and its GS application code.
    """

    id: str
    address: Address

    @classmethod
    def of(cls, who: Profile | str) -> Profile:
        """A profile as it is; a name becomes one with qualifier ``ZZ`` and the name in capitals."""
        if isinstance(who, Profile):
            return who
        code = who.upper()
        return cls(id=who.lower(), address=Address(qualifier="ZZ", id=code, application=code))

    @property
    def isa(self) -> tuple[str, str]:
        """Qualifier and id: what an inbound file is matched by."""
        return self.address.qualifier, self.address.id


class Recipient(Protocol):
    """Who takes the files that are delivered."""

    def receive(self, x12: str, filename: str) -> None:
        """Take a file."""
        ...


def _checked_id(partnership: Partnership, attribute: object, value: str) -> None:
    if not _PARTNERSHIP_ID.fullmatch(value):
        raise ConfigurationError(f"{value!r} cannot be the id of a partnership")


def _checked_release(partnership: Partnership, attribute: object, value: str) -> None:
    if value not in RELEASES:
        raise ConfigurationError(f"the simulator has no tables for release {value!r}, only for {RELEASES}")


def _checked_settings(partnership: Partnership, attribute: object, value: dict[str, str]) -> None:
    for set_id, setting in value.items():
        if set_id not in SETS:
            raise ConfigurationError(f"the simulator has no tables for {set_id!r}, only for {SETS}")
        if not _SETTING_ID.fullmatch(setting):
            raise ConfigurationError(f"{setting!r} cannot be the id of a transaction setting")


@define(kw_only=True, eq=False)
class Partnership:
    """A buyer and a supplier.

    Args:
        id: As it stands in URLs.
        local: The buyer: sender of what goes out.
        partner: The supplier.
        settings: Transaction set to the id of its setting; 850, 860 and 810 go out, the others come in.
        release: Of all its guides.
        transport: How files get to the supplier.
        files: The folder that the supplier collects from: file name to text. The same name overwrites.
        recipient: Who reads what is delivered.
    """

    id: str = field(validator=_checked_id)
    local: Profile
    partner: Profile
    settings: dict[str, str] = field(validator=_checked_settings)
    release: str = field(validator=_checked_release)
    transport: Transport = field(factory=Transport)
    files: dict[str, str] = field(factory=dict)
    recipient: Recipient | None = None
    sent_files: int = 0
    received_files: int = 0

    def next_control_number(self) -> int:
        """1, 2, 3 ... 999,999,999, 1: the same for ISA and GS."""
        self.sent_files = self.sent_files % 999_999_999 + 1
        return self.sent_files

    def next_partner_control_number(self) -> int:
        """1, 2, 3 ...: of the files that the supplier writes."""
        self.received_files += 1
        return self.received_files

    def described(self, direction: str) -> dict[str, Any]:
        """As events and listings name it."""
        sides = (self.local, self.partner) if direction == "OUTBOUND" else (self.partner, self.local)
        return {
            "partnershipId": self.id,
            "partnershipType": "x12",
            "sender": {"profileId": sides[0].id},
            "receiver": {"profileId": sides[1].id},
        }

    def set_of(self, setting_id: str) -> str | None:
        """The transaction set of a setting, or None."""
        return next((name for name, setting in self.settings.items() if setting == setting_id), None)
