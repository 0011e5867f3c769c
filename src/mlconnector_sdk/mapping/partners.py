"""The partner file: who they are, under which names we know each other, and where their documents go.

::

    unlisted = "dead_letter"            # suppliers that are not in this file; or "ignore"
    units = "units.toml"                # for all partners, unless one says otherwise
    parts = "as_is"

    [partners.ACME]
    supplier = "ACME-01"                # our code for it in the ERP
    buyer = { id = "PLEXBUYER", qualifier = "92" }    # what it calls us: N1 BY
    account = { id = "4711", qualifier = "92" }       # what we are to call it: N1 SU
    parts = "acme-parts.csv"

    conventions = { due = ["010"] }     # optional: qualifiers that differ from the usual

    [partners.ACME.stedi]               # one section per network; its adapter knows the keys
    partnership = "us_acme"
    settings = { 850 = "01HXYZ" }

``units`` and ``parts`` name a table of the cross-reference, or say that both sides use the same names:
``as_is``, and for parts ``as_is_with_revision`` (``number-revision``).
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from attrs import field, fields, frozen

from mlconnector_sdk.errors import ConfigurationError, UnmappedValue
from mlconnector_sdk.mapping.x12.conventions import Conventions
from mlconnector_sdk.mapping.x12.dictionary import RELEASES

__all__ = ["AS_IS", "AS_IS_WITH_REVISION", "Identifier", "Partner", "Partners"]

AS_IS = "as_is"
"""Both sides use the same name."""
AS_IS_WITH_REVISION = "as_is_with_revision"
"""The partner's part number is ours, with the revision behind a hyphen."""


@frozen(kw_only=True)
class Identifier:
    """A number under which somebody is known.

    Args:
        qualifier: X12 element 66, who assigned it: ``92`` the buyer, ``91`` the seller, ``1`` DUNS ...
    """

    id: str
    qualifier: str


@frozen(kw_only=True)
class Partner:
    """One trading partner.

    Args:
        name: Its name in the file.
        supplier: Our code for it in the ERP.
        buyer: What it calls us (N1 BY).
        account: What we are to call it (N1 SU).
        release: The X12 release it speaks.
        units: Table of units, or ``as_is``.
        parts: Table of parts, ``as_is`` or ``as_is_with_revision``.
        paused: Its documents wait.
        conventions: The qualifiers agreed on with it.
        routes: Settings per network, e.g. ``{"stedi": {"partnership": ...}}``; the adapter checks them.
    """

    name: str
    supplier: str
    buyer: Identifier
    account: Identifier
    release: str = "004010"
    units: str
    parts: str
    paused: bool = False
    conventions: Conventions = field(factory=Conventions)
    routes: Mapping[str, Mapping[str, Any]] = field(factory=dict)

    def route(self, network: str) -> Mapping[str, Any]:
        """The settings of a network.

        Raises:
            ConfigurationError: The partner is not reached over it.
        """
        if network not in self.routes:
            raise ConfigurationError(
                f"partner {self.name} has no section for {network}",
                path=f"partners.{self.name}.{network}",
                remedy=f"add [partners.{self.name}.{network}] to the partner file",
            )
        return self.routes[network]


@frozen(kw_only=True)
class Partners:
    """All partners of a file.

    Args:
        file: The file's name, for messages.
        ignore_unlisted: Suppliers that are not listed are left alone; else each of their documents is an
            error that somebody sees.
    """

    file: str
    partners: tuple[Partner, ...]
    ignore_unlisted: bool = False

    @classmethod
    def from_toml(cls, text: str, *, file: str = "partners.toml") -> Partners:
        """The partners in TOML text.

        Raises:
            ConfigurationError: It is no TOML; a key is missing, unknown or of the wrong type; two partners
                have one supplier code. ``path`` names the key.
        """
        try:
            content = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise ConfigurationError(f"{file} is not readable as TOML: {error}", path=file) from error
        return _parse(_Section(file, "", content))

    def __iter__(self) -> Iterator[Partner]:
        return iter(self.partners)

    def __getitem__(self, name: str) -> Partner:
        """A partner by its name in the file.

        Raises:
            UnmappedValue: There is none.
        """
        return self._only([partner for partner in self.partners if partner.name == name], "name", name)

    def lists(self, supplier: str) -> bool:
        """Whether a supplier code of the ERP belongs to a partner."""
        return any(partner.supplier == supplier for partner in self.partners)

    def by_supplier(self, supplier: str) -> Partner:
        """The partner with this supplier code of the ERP.

        Raises:
            UnmappedValue: There is none.
        """
        found = [partner for partner in self.partners if partner.supplier == supplier]
        return self._only(found, "supplier", supplier)

    def by_route(self, network: str, key: str, value: str) -> Partner:
        """The partner whose section for a network has this value: ``"stedi", "partnership", "us_acme"``.

        Raises:
            UnmappedValue: There is none, or there are several.
        """
        found = [partner for partner in self.partners if partner.routes.get(network, {}).get(key) == value]
        return self._only(found, f"{network}.{key}", value)

    @property
    def tables(self) -> frozenset[str]:
        """The cross-reference tables that the file refers to."""
        named = {name for partner in self.partners for name in (partner.units, partner.parts)}
        return frozenset(named - {AS_IS, AS_IS_WITH_REVISION})

    def _only(self, found: list[Partner], key: str, value: str) -> Partner:
        if len(found) == 1:
            return found[0]
        several = " and ".join(partner.name for partner in found)
        raise UnmappedValue(
            f"{self.file} has several partners with {key} {value!r}: {several}"
            if found
            else f"{self.file} has no partner with {key} {value!r}",
            table="partners",
            key=value,
            path=self.file,
            remedy=f"let exactly one partner in {self.file} have {key} {value!r}, then retry the document",
        )


@frozen
class _Section:
    """A table of the file, with the path to it."""

    file: str
    path: str
    content: Mapping[str, Any]

    def error(self, key: str, sentence: str, remedy: str = "") -> ConfigurationError:
        return ConfigurationError(f"{self.file}: {sentence}", path=self.at(key), remedy=remedy)

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def text(self, key: str, default: str | None = None) -> str:
        value = self.content.get(key, default)
        if value is None:
            raise self.error(key, f"{self.at(key)} is missing", f'add {key} = "..."')
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, f"{self.at(key)} must be text in quotes")
        return value

    def flag(self, key: str) -> bool:
        value = self.content.get(key, False)
        if not isinstance(value, bool):
            raise self.error(key, f"{self.at(key)} must be true or false")
        return value

    def section(self, key: str) -> _Section:
        value = self.content.get(key)
        if value is None:
            raise self.error(key, f"{self.at(key)} is missing", f"add [{self.at(key)}]")
        if not isinstance(value, dict):
            raise self.error(key, f"{self.at(key)} must be a table")
        return _Section(self.file, self.at(key), value)

    def only(self, known: Collection[str], *, tables_allowed: bool = False) -> None:
        """Refuse unknown keys; a table may be the section of a network, unless it looks misspelt."""
        for key, value in self.content.items():
            close = difflib.get_close_matches(key, list(known), n=1, cutoff=0.75)
            if key in known or (tables_allowed and isinstance(value, dict) and not close):
                continue
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(sorted(known))}"
            raise self.error(key, f"nobody knows the key {self.at(key)}", hint)


_TOP = ("parts", "partners", "units", "unlisted")
_PARTNER = ("account", "buyer", "conventions", "parts", "paused", "release", "supplier", "units")
_CONVENTIONS = tuple(attribute.name for attribute in fields(Conventions))


def _parse(top: _Section) -> Partners:
    top.only(_TOP)
    unlisted = top.text("unlisted", "dead_letter")
    if unlisted not in ("dead_letter", "ignore"):
        raise top.error("unlisted", f"unlisted must be 'dead_letter' or 'ignore', not {unlisted!r}")
    section = top.section("partners")
    partners = tuple(_partner(section.section(name), name, top) for name in section.content)
    suppliers: dict[str, str] = {}
    for partner in partners:
        if partner.supplier in suppliers:
            raise section.error(
                f"{partner.name}.supplier",
                f"{suppliers[partner.supplier]} and {partner.name} have the same supplier code",
            )
        suppliers[partner.supplier] = partner.name
    return Partners(file=top.file, partners=partners, ignore_unlisted=unlisted == "ignore")


def _partner(section: _Section, name: str, top: _Section) -> Partner:
    section.only(_PARTNER, tables_allowed=True)
    routes = {
        key: _frozen(value)
        for key, value in section.content.items()
        if isinstance(value, dict) and key not in _PARTNER
    }
    release = section.text("release", RELEASES[0])
    if release not in RELEASES:
        raise section.error("release", f"release must be one of {', '.join(RELEASES)}, not {release!r}")
    return Partner(
        name=name,
        supplier=section.text("supplier"),
        buyer=_identifier(section.section("buyer")),
        account=_identifier(section.section("account")),
        release=release,
        units=section.text("units", top.text("units") if "units" in top.content else None),
        parts=section.text("parts", top.text("parts") if "parts" in top.content else None),
        paused=section.flag("paused"),
        conventions=_conventions(section) if "conventions" in section.content else Conventions(),
        routes=MappingProxyType(routes),
    )


def _conventions(partner: _Section) -> Conventions:
    section = partner.section("conventions")
    section.only(_CONVENTIONS)
    for key, value in section.content.items():
        if not isinstance(value, list) or not value or not all(isinstance(code, str) for code in value):
            raise section.error(key, f"{section.at(key)} must be a list of qualifiers in quotes")
    return Conventions(**{key: tuple(value) for key, value in section.content.items()})


def _identifier(section: _Section) -> Identifier:
    section.only(("id", "qualifier"))
    return Identifier(id=section.text("id"), qualifier=section.text("qualifier"))


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(inner) for key, inner in value.items()})
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
