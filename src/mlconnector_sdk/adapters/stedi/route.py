"""The way to a partner over Stedi, as the partner file states it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from mlconnector_sdk.errors import UnmappedValue
from mlconnector_sdk.mapping.partners import Partner

__all__ = ["Route"]


@frozen(kw_only=True)
class Route:
    """How a partner is reached over Stedi.

    Args:
        partner: Its name in the partner file.
        partnership: The partnership's id.
        settings: Ids of the transaction settings, by transaction set: ``850``, ``860``, ``810``.
    """

    partner: str
    partnership: str
    settings: Mapping[str, str]

    @classmethod
    def of(cls, partner: Partner) -> Route:
        """The section ``[partners.NAME.stedi]`` of the partner file.

        Raises:
            ConfigurationError: It is missing, a key is missing or unknown, or a value is no text; the message
                names file and line.
        """
        section = partner.route("stedi")
        where = partner.source.at("stedi")
        partnership, settings = section.get("partnership"), section.get("settings")
        if not isinstance(partnership, str) or not partnership:
            raise partner.error(
                ("stedi", "partnership"),
                f"{where} names no partnership",
                'add partnership = "...", the partnership\'s id in the Stedi portal',
            )
        if not isinstance(settings, Mapping) or not all(isinstance(each, str) for each in settings.values()):
            raise partner.error(
                ("stedi", "settings"),
                f"{where} names no transaction settings",
                'add settings = { 850 = "..." }, the ids of the transaction settings',
            )
        unknown = sorted(set(section) - {"partnership", "settings"})
        if unknown:
            raise partner.error(
                ("stedi", unknown[0]),
                f"{where} has a key {unknown[0]!r} that means nothing here",
                "known are partnership and settings",
            )
        return cls(partner=partner.name, partnership=partnership, settings=MappingProxyType(dict(settings)))

    def setting(self, transaction_set: str) -> str:
        """The id of the transaction setting for a set.

        Raises:
            UnmappedValue: There is none for it.
        """
        if transaction_set not in self.settings:
            where = f"partners.{self.partner}.stedi.settings"
            raise UnmappedValue(
                f"partner {self.partner} has no transaction setting for {transaction_set}",
                table=where,
                key=transaction_set,
                path=where,
                remedy=f'add {transaction_set} = "..." to {where}: the id of the transaction setting for '
                f"{transaction_set} in the Stedi portal",
            )
        return self.settings[transaction_set]
