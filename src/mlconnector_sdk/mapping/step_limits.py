"""How long the steps of a document to a partner may take, as the partner file says it.

::

    [limits]                     # for all partners
    pending = "1h"
    acknowledged = "1d"

    [partners.ACME.limits]       # what is different for one of them
    answered = "2d"
    acknowledged = "never"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum

from attrs import asdict, fields, frozen

from mlconnector_sdk.mapping.toml_section import Section

__all__ = ["NOT_STATED", "NotStated", "StepLimits"]

_DURATION = re.compile(r"([1-9][0-9]{0,4})\s?([mhd])", re.ASCII)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_NEVER = "never"


class NotStated(Enum):
    """The kind of `NOT_STATED`, for annotations."""

    NOT_STATED = "not stated"


NOT_STATED = NotStated.NOT_STATED
"""The partner file says nothing about it: whoever uses the limits decides."""


@frozen(kw_only=True)
class StepLimits:
    """How long each step may take before a person is told; None (``never``): nobody is told.

    Args:
        pending: Until the network has taken the document.
        delivered: From then until the network says that it reached the partner.
        acknowledged: From then until the partner's system confirms it (997).
        answered: From the network's taking it until the partner's answer is there (855).
    """

    pending: timedelta | NotStated | None = NOT_STATED
    delivered: timedelta | NotStated | None = NOT_STATED
    acknowledged: timedelta | NotStated | None = NOT_STATED
    answered: timedelta | NotStated | None = NOT_STATED

    @classmethod
    def read(cls, section: Section, defaults: StepLimits) -> StepLimits:
        """The limits in a section of the partner file: whole minutes, hours or days, or ``never``.

        Args:
            section: ``[limits]`` or ``[partners.NAME.limits]``; may be empty.
            defaults: What holds where it says nothing.

        Raises:
            ConfigurationError: A key is unknown, or its value is no such duration.
        """
        names = [each.name for each in fields(cls)]
        section.only(names)
        stated = {name: _duration(section, name) for name in names if name in section}
        return cls(**{**asdict(defaults), **stated})

    def stated(self) -> Mapping[str, timedelta | None]:
        """What the file says, by step: ``evolve(Limits(), **partner.limits.stated())``."""
        return {name: value for name, value in asdict(self).items() if value is not NOT_STATED}


def _duration(section: Section, key: str) -> timedelta | None:
    text = section.text(key)
    if text == _NEVER:
        return None
    if match := _DURATION.fullmatch(text):
        return int(match[1]) * _UNITS[match[2]]
    raise section.error(
        key,
        f"{section.at(key)} is {text!r}, which is no duration",
        f'write {key} = "30m", "2h" or "1d" (minutes, hours, days), or "{_NEVER}"',
    )
