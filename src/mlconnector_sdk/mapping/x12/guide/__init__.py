"""Guide JSON: transaction sets as Stedi's API carries them.

The same table drives both dialects, so that a set goes from X12 text to Guide JSON and back without a
converter of its own::

    from mlconnector_sdk.mapping import x12
    from mlconnector_sdk.mapping.x12 import guide

    body = guide.write(x12.build_850(order))                    # a dict, numbers as Decimal
    acknowledgment = x12.order_acknowledgment(guide.read(json))  # parse the JSON with parse_float=Decimal

Shape, key names and value types: Stedi's public examples and its X12 reference, release by release.
"""

from __future__ import annotations

from mlconnector_sdk.mapping.x12.guide.reader import read
from mlconnector_sdk.mapping.x12.guide.writer import write

__all__ = ["read", "write"]
