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

    customer = "CUST-1"                 # optional: our code for it where it buys from us
    conventions = { due = ["010"] }     # optional: qualifiers that differ from the usual

    [partners.ACME.policies]            # optional: see `policies`; a [policies] of the file is for all
    changes = "860"

    [partners.ACME.limits]              # optional: see `step_limits`; a [limits] of the file is for all
    answered = "2d"

    [partners.ACME.stedi]               # one section per network; its adapter knows the keys
    partnership = "us_acme"
    settings = { 850 = "01HXYZ" }

``units`` and ``parts`` name a table of the cross-reference, a file in the same folder, or say that both sides
use the same names: ``as_is``, and for parts ``as_is_with_revision`` (``number-revision``). The file holds no
secrets: those are settings of the clients.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from attrs import Factory, field, fields, frozen

from mlconnector_sdk.errors import ConfigurationError, UnmappedValue
from mlconnector_sdk.mapping.policies import Policies
from mlconnector_sdk.mapping.step_limits import StepLimits
from mlconnector_sdk.mapping.toml_section import Section
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
        supplier: Our code for it in the ERP as a supplier; empty where it only buys from us.
        customer: Our code for it in the ERP as a customer; empty where it only sells to us.
        buyer: What it calls us (N1 BY).
        account: What we are to call it (N1 SU).
        release: The X12 release it speaks.
        units: Table of units, or ``as_is``.
        parts: Table of parts, ``as_is`` or ``as_is_with_revision``.
        paused: Its documents wait.
        conventions: The qualifiers agreed on with it.
        policies: What is done for it where partners differ.
        limits: How long the steps of a document to it may take.
        routes: Settings per network, e.g. ``{"stedi": {"partnership": ...}}``; the adapter checks them.
        source: Its section of the file.
    """

    name: str
    supplier: str = ""
    customer: str = ""
    buyer: Identifier
    account: Identifier
    release: str = "004010"
    units: str
    parts: str
    paused: bool = False
    conventions: Conventions = field(factory=Conventions)
    policies: Policies = field(factory=Policies)
    limits: StepLimits = field(factory=StepLimits)
    routes: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    source: Section = field(
        default=Factory(lambda self: Section("partners.toml", {}, ("partners", self.name)), takes_self=True),
        repr=False,
        eq=False,
    )

    def error(self, keys: str | Collection[str], sentence: str, remedy: str = "") -> ConfigurationError:
        """What to raise about a key of the partner, or about one further inside: it names file and line.

        Example:
            ``raise partner.error(("stedi", "partnership"), "... is missing", 'add partnership = "..."')``
        """
        return self.source.error(keys, sentence, remedy)

    def route(self, network: str) -> Mapping[str, Any]:
        """The settings of a network.

        Raises:
            ConfigurationError: The partner is not reached over it.
        """
        if network not in self.routes:
            raise self.error(
                network,
                f"partner {self.name} has no section for {network}",
                f"add [{self.source.at(network)}] to the partner file",
            )
        return self.routes[network]


@frozen(kw_only=True)
class Partners:
    """All partners of a file.

    Args:
        file: The file's name, for messages.
        ignore_unlisted: Suppliers that are not listed are left alone; else each of their documents is an
            error that somebody sees.
        source: The whole file.
    """

    file: str
    partners: tuple[Partner, ...]
    ignore_unlisted: bool = False
    source: Section = field(
        default=Factory(lambda self: Section(self.file, {}), takes_self=True), repr=False, eq=False
    )

    @classmethod
    def from_toml(cls, text: str, *, file: str = "partners.toml") -> Partners:
        """The partners in TOML text.

        Raises:
            ConfigurationError: It is no TOML; a key is missing, unknown or of the wrong type; two partners
                have one supplier or customer code. The message names file and line, ``path`` the key.
        """
        return _parse(Section.read(text, file=file))

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
        return bool(supplier) and any(partner.supplier == supplier for partner in self.partners)

    def lists_customer(self, customer: str) -> bool:
        """Whether a customer code of the ERP belongs to a partner."""
        return bool(customer) and any(partner.customer == customer for partner in self.partners)

    def by_supplier(self, supplier: str) -> Partner:
        """The partner with this supplier code of the ERP.

        Raises:
            UnmappedValue: There is none.
        """
        found = [partner for partner in self.partners if supplier and partner.supplier == supplier]
        return self._only(found, "supplier", supplier)

    def by_customer(self, customer: str) -> Partner:
        """The partner with this customer code of the ERP.

        Raises:
            UnmappedValue: There is none.
        """
        found = [partner for partner in self.partners if customer and partner.customer == customer]
        return self._only(found, "customer", customer)

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


_FILE = ("limits", "parts", "partners", "policies", "units", "unlisted")
_PARTNER = (
    "account",
    "buyer",
    "conventions",
    "customer",
    "limits",
    "parts",
    "paused",
    "policies",
    "release",
    "supplier",
    "units",
)
_SAME_NAMES = {"units": (AS_IS,), "parts": (AS_IS, AS_IS_WITH_REVISION)}


def _parse(file: Section) -> Partners:
    file.only(_FILE)
    unlisted = file.text("unlisted", "dead_letter")
    if unlisted not in ("dead_letter", "ignore"):
        raise file.error("unlisted", f"unlisted must be 'dead_letter' or 'ignore', not {unlisted!r}")
    section = file.section("partners")
    policies = Policies.read(file.part("policies"), Policies())
    limits = StepLimits.read(file.part("limits"), StepLimits())
    tables = {key: _table(file, key) for key in _SAME_NAMES if key in file}
    partners = tuple(
        _partner(section.section(name), name, tables, policies, limits) for name in section.content
    )
    for key in ("supplier", "customer"):
        _require_unique(section, partners, key)
    return Partners(file=file.file, partners=partners, ignore_unlisted=unlisted == "ignore", source=file)


def _require_unique(section: Section, partners: Collection[Partner], key: str) -> None:
    names: dict[str, str] = {}
    for partner in partners:
        code = getattr(partner, key)
        if code and (first := names.setdefault(code, partner.name)) != partner.name:
            raise section.error(
                (partner.name, key),
                f"{first} and {partner.name} have the same {key} code {code!r}",
                f"let each {key} code belong to one partner",
            )


def _partner(
    section: Section, name: str, tables: Mapping[str, str], policies: Policies, limits: StepLimits
) -> Partner:
    section.only(_PARTNER, tables_allowed=True)
    if "supplier" not in section and "customer" not in section:
        raise section.error(
            "supplier",
            f"{section.at('supplier')} is missing",
            'add supplier = "...", our code for it in the ERP (customer = "..." where it only buys from us)',
        )
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
        supplier=section.text("supplier") if "supplier" in section else "",
        customer=section.text("customer") if "customer" in section else "",
        buyer=_identifier(section.section("buyer")),
        account=_identifier(section.section("account")),
        release=release,
        units=_table(section, "units", tables.get("units")),
        parts=_table(section, "parts", tables.get("parts")),
        paused=section.flag("paused"),
        conventions=_conventions(section.part("conventions")),
        policies=Policies.read(section.part("policies"), policies),
        limits=StepLimits.read(section.part("limits"), limits),
        routes=MappingProxyType(routes),
        source=section,
    )


def _table(section: Section, key: str, default: str | None = None) -> str:
    name = section.text(key, default)
    same = _SAME_NAMES[key]
    if name in _SAME_NAMES["parts"] and name not in same:
        raise section.error(
            key, f"{section.at(key)} cannot be {name!r}", f"write {same[0]!r}, or name a file"
        )
    if "/" in name or "\\" in name or name.startswith("."):
        raise section.error(
            key,
            f"{section.at(key)} is {name!r}, which is no name of a file in the same folder",
            "put the table beside the partner file, and give its name alone",
        )
    return name


def _conventions(section: Section) -> Conventions:
    section.only([each.name for each in fields(Conventions)])
    return Conventions(**{key: section.texts(key) for key in section.content})


def _identifier(section: Section) -> Identifier:
    section.only(("id", "qualifier"))
    return Identifier(id=section.text("id"), qualifier=section.text("qualifier"))


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(inner) for key, inner in value.items()})
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
