"""What the codes of a functional acknowledgment mean, as data: elements 715 to 718, 720 and 723.

The sentences are ours. The lists are those of the standard up to 005010; a code that is not listed is kept,
and said to be unknown.
"""

from __future__ import annotations

from mlconnector_sdk.mapping.documents import SetVerdict

__all__ = ["ELEMENT_FAULTS", "GROUP_FAULTS", "SEGMENT_FAULTS", "SET_FAULTS", "meaning", "verdict_of"]

_VERDICTS = {
    SetVerdict.ACCEPTED: ("A",),
    SetVerdict.ACCEPTED_WITH_ERRORS: ("E",),
    SetVerdict.PARTLY_ACCEPTED: ("P",),
    # M, W and X are rejections too: the authentication code, the assurance or the decryption failed.
    SetVerdict.REJECTED: ("R", "M", "W", "X"),
}

_SECURITY = {
    "unknown authentication key": ("8", "10"),
    "unknown encryption key": ("9", "11"),
    "the requested security service is not available": ("10", "12"),
    "unknown security recipient": ("11", "13"),
    "wrong length of the encrypted message": ("12", "17"),
    "the message authentication code failed": ("13", "18"),
    "unknown security originator": ("15", "14"),
    "syntax error in the decrypted text": ("16", "15"),
    "security is not supported": ("17", "16"),
    "S3E is missing for S3S": ("24", "23"),
    "S3S is missing for S3E": ("25", "24"),
    "S4E is missing for S4S": ("26", "25"),
    "S4S is missing for S4E": ("27", "26"),
}
"""The same reasons have one code for a set and another for a group."""

SET_FAULTS = {
    "1": "this transaction set is not supported",
    "2": "the trailer SE is missing",
    "3": "the control numbers of ST and SE differ",
    "4": "the number of segments in SE is wrong",
    "5": "one or more segments are in error",
    "6": "the set identifier (ST-01) is missing or invalid",
    "7": "the control number (ST-02) is missing or invalid",
    "23": "the control number (ST-02) occurs twice in the group",
} | {of_set: sentence for sentence, (of_set, _) in _SECURITY.items()}
"""Element 718: AK502 to AK506."""

GROUP_FAULTS = {
    "1": "this functional group is not supported",
    "2": "this version of the functional group is not supported",
    "3": "the trailer GE is missing",
    "4": "the control numbers of GS and GE differ",
    "5": "the number of transaction sets in GE is wrong",
    "6": "the group control number (GS-06) is invalid",
    "19": "the group control number (GS-06) was used before",
} | {of_group: sentence for sentence, (_, of_group) in _SECURITY.items()}
"""Element 716: AK905 to AK909."""

SEGMENT_FAULTS = {
    "1": "unknown segment id",
    "2": "unexpected segment",
    "3": "mandatory segment is missing",
    "4": "the loop occurs too often",
    "5": "the segment occurs too often",
    "6": "the segment is not defined in this transaction set",
    "7": "the segment is not in its place",
    "8": "the segment has data element errors",
}
"""Element 720: AK304."""

ELEMENT_FAULTS = {
    "1": "mandatory data element is missing",
    "2": "conditionally required data element is missing",
    "3": "too many data elements",
    "4": "the data element is too short",
    "5": "the data element is too long",
    "6": "invalid character in the data element",
    "7": "invalid code value",
    "8": "invalid date",
    "9": "invalid time",
    "10": "exclusion condition violated",
    "12": "too many repetitions",
    "13": "too many components",
}
"""Element 723: AK403."""


def meaning(table: dict[str, str], code: str) -> str:
    """What a code says, in words."""
    return table.get(code) or (f"code {code}, which is not known" if code else "no reason is given")


def verdict_of(code: str) -> SetVerdict:
    """What a code of element 715 or 717 comes to."""
    return next((verdict for verdict, codes in _VERDICTS.items() if code in codes), SetVerdict.UNKNOWN)
