"""Receive, collect, deliver: the life of a record, for any source and any sink."""

from mlconnector_sdk.flow.confirm import ConfirmationSink
from mlconnector_sdk.flow.confirmation import Confirmation
from mlconnector_sdk.flow.exchanges import Exchanges
from mlconnector_sdk.flow.flow import Flow, MapRecord
from mlconnector_sdk.flow.health import Alert, Expiry, Health
from mlconnector_sdk.flow.limits import Limits
from mlconnector_sdk.flow.mapped import Hold, Mapped, Send, Unchanged
from mlconnector_sdk.flow.overdue import Overdue
from mlconnector_sdk.flow.pipeline import AsyncPipeline, Pipeline, Settings
from mlconnector_sdk.flow.preview import Preview, PreviewItem
from mlconnector_sdk.flow.reconcile import Census, Gap, Lacking, Reconciliation
from mlconnector_sdk.flow.remap import Remapped
from mlconnector_sdk.flow.report import FlowReport, RunReport
from mlconnector_sdk.flow.schedule import DailyAt, Every, Schedule
from mlconnector_sdk.flow.sink import Absent, Found, IfAbsent, NotYet, OnUnknown, Outcome, Sink
from mlconnector_sdk.flow.source import Observation, Source, Walk, Window
from mlconnector_sdk.flow.standing import Standing
from mlconnector_sdk.flow.trail import Trail

__all__ = [
    "Absent",
    "Alert",
    "AsyncPipeline",
    "Census",
    "Confirmation",
    "ConfirmationSink",
    "DailyAt",
    "Every",
    "Exchanges",
    "Expiry",
    "Flow",
    "FlowReport",
    "Found",
    "Gap",
    "Health",
    "Hold",
    "IfAbsent",
    "Lacking",
    "Limits",
    "MapRecord",
    "Mapped",
    "NotYet",
    "Observation",
    "OnUnknown",
    "Outcome",
    "Overdue",
    "Pipeline",
    "Preview",
    "PreviewItem",
    "Reconciliation",
    "Remapped",
    "RunReport",
    "Schedule",
    "Send",
    "Settings",
    "Sink",
    "Source",
    "Standing",
    "Trail",
    "Unchanged",
    "Walk",
    "Window",
]
