"""The characters that divide an interchange.

X12 has no escape character: a value that holds a delimiter cannot be sent. What may be a delimiter is
decided here; what may be a value, in `elements`.
"""

from __future__ import annotations

from attrs import frozen

from mlconnector_sdk.errors import InvalidDocument

__all__ = ["Delimiters"]


@frozen(kw_only=True)
class Delimiters:
    r"""The delimiters of one interchange, and how it is laid out for people.

    Args:
        element: Between elements.
        component: Between the components of a composite element (ISA16).
        segment: After each segment; a line feed is allowed.
        repetition: Between repetitions (ISA11, release 00402 and later); empty for older releases.
        line_break: Written after each terminator, to make files readable: empty, ``\n`` or ``\r\n``.

    Raises:
        InvalidDocument: They are not single characters, not all different, or could be part of a value
            (letters, digits, the blank).

    Example:
        >>> Delimiters(segment="\n").segment == "\n"
        True
    """

    element: str = "*"
    component: str = ">"
    segment: str = "~"
    repetition: str = ""
    line_break: str = ""

    def __attrs_post_init__(self) -> None:
        used: dict[str, str] = {}
        for name in ("element", "component", "segment", "repetition"):
            character: str = getattr(self, name)
            if name == "repetition" and not character:
                continue
            if len(character) != 1 or character.isalnum() or character == " ":
                raise InvalidDocument(
                    f"{character!r} cannot be the {name} delimiter: one character that is neither a letter, "
                    "a digit nor a blank is needed",
                    path=f"delimiters.{name}",
                    remedy="correct the ISA segment, or choose other delimiters",
                )
            if character in used:
                raise InvalidDocument(
                    f"{character!r} is both the {used[character]} and the {name} delimiter",
                    path=f"delimiters.{name}",
                    remedy="correct the ISA segment, or choose other delimiters",
                )
            used[character] = name
        if self.line_break not in ("", "\n", "\r\n"):
            raise InvalidDocument(
                f"a line break is empty, LF or CR LF, not {self.line_break!r}", path="delimiters.line_break"
            )

    def clash(self, text: str) -> str:
        """The first character of a value that is a delimiter; the empty string where there is none."""
        for character in (self.element, self.component, self.segment, self.repetition):
            if character and character in text:
                return character
        return ""
