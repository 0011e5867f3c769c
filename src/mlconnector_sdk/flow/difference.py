"""How two payloads differ, for a person. Pure."""

from __future__ import annotations

import difflib
import json

__all__ = ["difference"]


def difference(before: bytes | None, after: bytes | None) -> str:
    """Two payloads line by line, as ``diff -u`` shows them; JSON is spread over lines first.

    Empty where they are equal, or where one of them is missing.

    Example:
        >>> print(difference(b'{"unit":"EA"}', b'{"unit":"PC"}'))
        --- as it was
        +++ as it would be
        @@ -1,3 +1,3 @@
         {
        -  "unit": "EA"
        +  "unit": "PC"
         }
    """
    if before is None or after is None or before == after:
        return ""
    lines = difflib.unified_diff(_spread(before), _spread(after), "as it was", "as it would be", lineterm="")
    return "\n".join(lines)


def _spread(payload: bytes) -> list[str]:
    try:
        # Numbers stay the text that they are: what would be shown rounded is not what would be sent.
        content = json.loads(payload, parse_float=_Literal, parse_int=_Literal)
    except ValueError:
        return payload.decode("utf-8", "replace").splitlines()
    return json.dumps(content, indent=2, ensure_ascii=False, default=str).splitlines()


class _Literal(str):
    """A number as it is written."""

    __slots__ = ()
