"""The code lists that the simulated guides know: a guide refuses codes that are not in it.

Only lists that public sources give in full, or that partners commonly agree on, are restricted; the other
code elements take any code of the right length.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["CODES"]

CODES: Mapping[str, frozenset[str]] = {
    number: frozenset(codes.split())
    for number, codes in {
        # 66: who assigned an identification code; 2 is that of carriers
        "66": "1 2 9 12 14 16 21 30 91 92 93 94 FI UL ZZ",
        # 92: purchase order type
        "92": "BK CF CN DS EO KN NE OS RC RE RL RO SA SP SS",
        # 98: entity
        "98": "BT BY CN DU EN MF OB PO RI SE SF SO ST SU VN WH",
        # 235: kind of product number
        "235": "BP CB CM DR EC EN IN IZ LT MF MG ON PL PO SK SN SZ UA UK UP VA VC VN VP ZZ",
        # 353: purpose
        "353": "00 01 02 03 04 05 06 07 18 22 24 77 CN",
        # 374: kind of date
        "374": "001 002 004 010 011 017 037 038 063 064 067 068 069 070 079 086 118 139 168 371",
        # 587: acknowledgment type, complete
        "587": "AC AD AE AH AK AP AT NA RD RF RJ RN RO RV ZZ",
        # 640: kind of invoice
        "640": "CI CN CR DI DR PR",
        # 668: line item status
        "668": "AC AR BP DR IA IB IC ID IE IF IH IP IQ IR IS IW R1 R2 R3 R4 R5 R6 R7 R8 R9 SP",
        # 670: what a change does to a line
        "670": "AI CA CB CC CE CF CG CH CT DI MU NC OA PC PQ QD QI RB RE RQ RS RZ",
        # 715, 717: acknowledgment of a group, of a transaction set
        "715": "A E M P R W X",
        "717": "A E M R W X",
        # 716, 718, 720, 723: what is wrong with a group, a transaction set, a segment, an element
        "716": "1 2 3 4 5 6 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26",
        "718": "1 2 3 4 5 6 7 8 9 10 11 12 13 15 16 17 18 19 20 21 22 23 24 25 26 27",
        "720": "1 2 3 4 5 6 7 8",
        "723": "1 2 3 4 5 6 7 8 9 10 12 13",
    }.items()
}
