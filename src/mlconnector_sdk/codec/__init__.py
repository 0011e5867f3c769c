"""Bytes to attrs objects and back: msgspec on the fast path, one cattrs converter for everything else."""

from mlconnector_sdk.codec.decoding import MAX_DEPTH, decode, decode_items, lookup
from mlconnector_sdk.codec.encoding import encode
from mlconnector_sdk.codec.models import Record, wire
from mlconnector_sdk.codec.scalars import instant, instant_text

__all__ = [
    "MAX_DEPTH",
    "Record",
    "decode",
    "decode_items",
    "encode",
    "instant",
    "instant_text",
    "lookup",
    "wire",
]
