"""Receive, collect, deliver: the life of a record, for any source and any sink."""

from mlconnector_sdk.flow.flow import Flow, MapRecord
from mlconnector_sdk.flow.mapped import Hold, Mapped, Send, Unchanged
from mlconnector_sdk.flow.pipeline import AsyncPipeline, Pipeline
from mlconnector_sdk.flow.preview import Preview, PreviewItem
from mlconnector_sdk.flow.report import FlowReport, RunReport
from mlconnector_sdk.flow.schedule import DailyAt, Every, Schedule
from mlconnector_sdk.flow.sink import Absent, Found, IfAbsent, NotYet, OnUnknown, Outcome, Sink
from mlconnector_sdk.flow.source import Observation, Source, Walk, Window
from mlconnector_sdk.flow.trail import Trail

__all__ = [
    "Absent",
    "AsyncPipeline",
    "DailyAt",
    "Every",
    "Flow",
    "FlowReport",
    "Found",
    "Hold",
    "IfAbsent",
    "MapRecord",
    "Mapped",
    "NotYet",
    "Observation",
    "OnUnknown",
    "Outcome",
    "Pipeline",
    "Preview",
    "PreviewItem",
    "RunReport",
    "Schedule",
    "Send",
    "Sink",
    "Source",
    "Trail",
    "Unchanged",
    "Walk",
    "Window",
]
