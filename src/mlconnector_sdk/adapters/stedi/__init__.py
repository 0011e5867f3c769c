"""Stedi (EDI platform): Guide JSON out as X12 to partners, and their answers in, by webhook and by poll.

The names below are loaded on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlconnector_sdk.lazy import lazily

if TYPE_CHECKING:
    from mlconnector_sdk.adapters.stedi.client import AsyncStedi, Stedi, StediFace
    from mlconnector_sdk.adapters.stedi.convert import (
        ReceivedAcknowledgment,
        ReceivedFunctionalAcknowledgment,
    )
    from mlconnector_sdk.adapters.stedi.executions import Executions, Polling
    from mlconnector_sdk.adapters.stedi.failed_files import FailedFileSource
    from mlconnector_sdk.adapters.stedi.files import FileSource
    from mlconnector_sdk.adapters.stedi.models import Execution, Submission, Transaction
    from mlconnector_sdk.adapters.stedi.outbound import OutboundTransaction
    from mlconnector_sdk.adapters.stedi.profile import StediProfile, stedi_profile
    from mlconnector_sdk.adapters.stedi.route import Route
    from mlconnector_sdk.adapters.stedi.settings import StediSettings
    from mlconnector_sdk.adapters.stedi.sinks import TransactionSink
    from mlconnector_sdk.adapters.stedi.sources import OutboundSource, TransactionSource
    from mlconnector_sdk.adapters.stedi.transactions import Transactions
    from mlconnector_sdk.adapters.stedi.webhooks import StediWebhook

__all__ = [
    "AsyncStedi",
    "Execution",
    "Executions",
    "FailedFileSource",
    "FileSource",
    "OutboundSource",
    "OutboundTransaction",
    "Polling",
    "ReceivedAcknowledgment",
    "ReceivedFunctionalAcknowledgment",
    "Route",
    "Stedi",
    "StediFace",
    "StediProfile",
    "StediSettings",
    "StediWebhook",
    "Submission",
    "Transaction",
    "TransactionSink",
    "TransactionSource",
    "Transactions",
    "stedi_profile",
]

_HOMES = {
    "AsyncStedi": "client",
    "Execution": "models",
    "Executions": "executions",
    "FailedFileSource": "failed_files",
    "FileSource": "files",
    "OutboundSource": "sources",
    "OutboundTransaction": "outbound",
    "Polling": "executions",
    "ReceivedAcknowledgment": "convert",
    "ReceivedFunctionalAcknowledgment": "convert",
    "Route": "route",
    "Stedi": "client",
    "stedi_profile": "profile",
    "StediFace": "client",
    "StediProfile": "profile",
    "StediSettings": "settings",
    "StediWebhook": "webhooks",
    "Submission": "models",
    "Transaction": "models",
    "Transactions": "transactions",
    "TransactionSink": "sinks",
    "TransactionSource": "sources",
}

__getattr__, __dir__ = lazily(__name__, _HOMES)
