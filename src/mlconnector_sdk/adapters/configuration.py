"""Reads an adapter's settings from the environment or from a secret store.

The adapter's own frozen class says everything: the fields' names become the names of variables
(``client_id``: ``PLEX_CLIENT_ID``) and of stored secrets (``plex/client_id``), a field without a default is
required, and its ``meaning`` metadata is the sentence a person reads when it is missing. A field is text, a
`Secret`, or a day: ``date | None``, written as ``2027-01-31``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar, get_type_hints

import attrs

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import ConfigurationError, MissingSetting
from mlconnector_sdk.ports import SecretStore
from mlconnector_sdk.secret import Secret

__all__ = ["from_environment", "from_secret_store", "variables"]

S = TypeVar("S", bound=attrs.AttrsInstance)


def variables(settings: type[attrs.AttrsInstance], prefix: str) -> dict[str, str]:
    """The environment variable of each field.

    Example:
        >>> from mlconnector_sdk.adapters.stedi.settings import StediSettings
        >>> variables(StediSettings, "STEDI_")["api_key"]
        'STEDI_API_KEY'
    """
    return {name: prefix + name.upper() for name in attrs.fields_dict(settings)}


def from_environment(settings: type[S], prefix: str, environment: Mapping[str, str] | None = None) -> S:
    """Build settings from environment variables; one that is set to nothing counts as not set.

    Args:
        settings: The adapter's attrs class.
        prefix: E.g. ``PLEX_``.
        environment: Instead of the process's own.

    Raises:
        MissingSetting: Names every required variable that is missing, all at once.
        ConfigurationError: A day is none.
    """
    names = variables(settings, prefix)
    source = os.environ if environment is None else environment
    texts = {field: source[name] for field, name in names.items() if source.get(name)}
    return _build(settings, texts, names.__getitem__, verb="set")


async def from_secret_store(settings: type[S], prefix: str, store: SecretStore) -> S:
    """Build settings from a secret store, where they are kept as ``prefix/field``.

    Raises:
        MissingSetting: Names every required secret that is missing, all at once.
        SecretUnreadable: One cannot be decrypted, or was tampered with.
        ConfigurationError: A day is none.
    """
    texts = {}
    for field in attrs.fields_dict(settings):
        try:
            secret = await arrived(store.get(f"{prefix}/{field}"))
        except MissingSetting:
            continue  # optional, or named below together with the others that are missing
        texts[field] = secret.reveal()
    return _build(settings, texts, lambda field: f"{prefix}/{field}", verb="store")


def _build(settings: type[S], texts: Mapping[str, str], named: Callable[[str], str], *, verb: str) -> S:
    fields = attrs.fields(settings)
    missing = [field for field in fields if field.default is attrs.NOTHING and field.name not in texts]
    if missing:
        names = [named(field.name) for field in missing]
        meanings = [
            f"{name} ({field.metadata['meaning']})" for name, field in zip(names, missing, strict=True)
        ]
        raise MissingSetting(
            f"{_listed(names)} {'is' if len(names) == 1 else 'are'} missing",
            remedy=f"{verb} {_listed(meanings)}",
            path=", ".join(names),
        )
    kinds = get_type_hints(settings)
    values: dict[str, Any] = {
        name: _value(text, kinds[name], named(name), verb=verb) for name, text in texts.items()
    }
    return settings(**values)


def _value(text: str, kind: object, name: str, *, verb: str) -> object:
    if kind is Secret:
        return Secret(text)
    if kind != date | None:
        return text
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        # The text is not shown: somebody may have put a secret in the wrong place.
        raise ConfigurationError(
            f"{name} is no day", path=name, remedy=f"{verb} it as year, month and day, e.g. 2027-01-31"
        ) from None


def _listed(names: Sequence[str]) -> str:
    *head, last = names
    return f"{', '.join(head)} and {last}" if head else last
