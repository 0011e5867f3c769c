"""What a `Store` promises, as tests that any backend can inherit.

Example::

    from mlconnector_sdk.testing import StoreContract

    class TestMyStore(StoreContract):
        @pytest.fixture
        def store(self):
            with MyStore(...) as store:
                yield store

Each test stands on a store of its own. They need pytest and hypothesis, no network and no clock.
"""

from __future__ import annotations

from mlconnector_sdk.testing.store_contract.claiming import ClaimContract
from mlconnector_sdk.testing.store_contract.collecting import CollectContract
from mlconnector_sdk.testing.store_contract.finding import FindContract
from mlconnector_sdk.testing.store_contract.leasing import LeaseContract
from mlconnector_sdk.testing.store_contract.pausing import PauseContract
from mlconnector_sdk.testing.store_contract.purging import PurgeContract
from mlconnector_sdk.testing.store_contract.receiving import InboxContract
from mlconnector_sdk.testing.store_contract.repeating import DeliberateContract
from mlconnector_sdk.testing.store_contract.saving import SaveContract
from mlconnector_sdk.testing.store_contract.walking import WalkContract

__all__ = ["StoreContract"]


class StoreContract(
    InboxContract,
    CollectContract,
    DeliberateContract,
    LeaseContract,
    SaveContract,
    FindContract,
    PurgeContract,
    PauseContract,
    ClaimContract,
    WalkContract,
):
    """Every sentence of `ports.Store`, and random walks that compare the backend with a model."""
