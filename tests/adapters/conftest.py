"""Clients of the simulated vendors, on the simulators' clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from mlconnector_sdk.adapters.plex import Plex, PlexSettings
from mlconnector_sdk.adapters.stedi import Stedi, StediSettings
from mlconnector_sdk.secret import Secret

if TYPE_CHECKING:
    from mlconnector_sdk.simulators import PlexSimulator, StediSimulator


def plex_settings(simulator: PlexSimulator) -> PlexSettings:
    return PlexSettings(
        client_id=simulator.client_id,
        client_secret=Secret(simulator.client_secret),
        pcn=simulator.pcn,
        base_url=simulator.url,
        token_url=simulator.token_url,
    )


@pytest.fixture
def plex(plex_simulator: PlexSimulator) -> Iterator[Plex]:
    with Plex(plex_settings(plex_simulator), clock=plex_simulator.time) as client:
        yield client


def stedi_settings(simulator: StediSimulator) -> StediSettings:
    return StediSettings(api_key=Secret(simulator.api_key), base_url=simulator.url)


@pytest.fixture
def stedi(stedi_simulator: StediSimulator) -> Iterator[Stedi]:
    with Stedi(stedi_settings(stedi_simulator), clock=stedi_simulator.time) as client:
        yield client
