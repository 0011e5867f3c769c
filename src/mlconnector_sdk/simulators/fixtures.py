"""Pytest fixtures: a running vendor for one test, registered with pytest when this package is installed.

Nothing heavy is imported before a fixture is used, because pytest loads this module in every project that
has the package installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mlconnector_sdk.simulators import PlexSimulator, StediSimulator, VirtualTime

__all__ = ["plex_simulator", "simulator_time", "stedi_simulator"]


@pytest.fixture
def simulator_time() -> VirtualTime:
    """The clock that the simulators of one test share; it moves only when the test advances it."""
    from mlconnector_sdk.simulators import VirtualTime

    return VirtualTime()


@pytest.fixture
def plex_simulator(simulator_time: VirtualTime) -> Iterator[PlexSimulator]:
    """A running Plex with no data in it."""
    from mlconnector_sdk.simulators import PlexSimulator

    with PlexSimulator(time=simulator_time) as plex:
        yield plex


@pytest.fixture
def stedi_simulator(simulator_time: VirtualTime) -> Iterator[StediSimulator]:
    """A running Stedi with no partnership in it."""
    from mlconnector_sdk.simulators import StediSimulator

    with StediSimulator(time=simulator_time) as stedi:
        yield stedi
