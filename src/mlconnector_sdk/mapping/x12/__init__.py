"""X12, pure: segments, envelopes and the typed transaction sets.

Text is read into transactions, a transaction into a document, and back::

    from mlconnector_sdk.mapping import x12

    for transaction in x12.read(text).transactions:
        for finding in x12.check(transaction):
            print(finding.severity.value, finding.path, finding.sentence)
        acknowledgment = x12.order_acknowledgment(transaction)

    text = x12.write_850(order, envelope)

Each set has three functions: ``build_`` makes segments of a document, ``write_`` a whole file, and the one
with the document's name reads it. The sets are 850, 855, 860, 810 and 997, in releases 004010 and 005010.

`mlconnector_sdk.mapping.x12.guide` does the same for Guide JSON, the shape in which Stedi carries sets.
"""

from __future__ import annotations

from mlconnector_sdk.mapping.x12 import guide
from mlconnector_sdk.mapping.x12.acknowledgments import build_855, order_acknowledgment, write_855
from mlconnector_sdk.mapping.x12.conventions import Conventions
from mlconnector_sdk.mapping.x12.delimiters import Delimiters
from mlconnector_sdk.mapping.x12.diagnostics import Diagnostic, Severity
from mlconnector_sdk.mapping.x12.envelope import (
    Envelope,
    GroupHeader,
    Identity,
    InterchangeHeader,
    Reading,
    Transaction,
)
from mlconnector_sdk.mapping.x12.functional_acknowledgments import (
    build_997,
    functional_acknowledgment,
    write_997,
)
from mlconnector_sdk.mapping.x12.invoices import adds_up, build_810, invoice, write_810
from mlconnector_sdk.mapping.x12.order_changes import build_860, purchase_order_change, write_860
from mlconnector_sdk.mapping.x12.orders import build_850, purchase_order, write_850
from mlconnector_sdk.mapping.x12.reader import read
from mlconnector_sdk.mapping.x12.segment import Repeated, Segment
from mlconnector_sdk.mapping.x12.validation import check
from mlconnector_sdk.mapping.x12.writer import write

__all__ = [
    "Conventions",
    "Delimiters",
    "Diagnostic",
    "Envelope",
    "GroupHeader",
    "Identity",
    "InterchangeHeader",
    "Reading",
    "Repeated",
    "Segment",
    "Severity",
    "Transaction",
    "adds_up",
    "build_810",
    "build_850",
    "build_855",
    "build_860",
    "build_997",
    "check",
    "functional_acknowledgment",
    "guide",
    "invoice",
    "order_acknowledgment",
    "purchase_order",
    "purchase_order_change",
    "read",
    "write",
    "write_810",
    "write_850",
    "write_855",
    "write_860",
    "write_997",
]
