"""The transaction sets, as data: which segments, in which order, how often, in which loops.

``BEG`` is mandatory once, ``CUR?1`` optional once, ``REF*`` optional and unlimited, ``LQ+`` mandatory and
unlimited. ``[N1 N2?2 ...]?200`` is a loop that starts with N1 and occurs at most 200 times; its suffix
reads like that of a segment. ST and SE stand around every set and are left out.

Order and maxima of 004010 follow two public grammars of the standard that agree in every segment of the
855, in all but three of the 850 and in all but one of the 860 and 810; the 997 rests on one. In 005010 the
text of a note moved from MSG to MTX, but guides of that release are seen with MSG too: both are accepted.
"""

from __future__ import annotations

from attrs import frozen

__all__ = ["SETS", "SetTable"]


@frozen(kw_only=True)
class SetTable:
    """One set: its three tables in the notation above.

    Args:
        id: ``850``.
        name: In words.
        functional_id: GS01 of the groups that carry it.
        line: The loop that CTT01 counts; empty where the set has no CTT.
    """

    id: str
    name: str
    functional_id: str
    line: str = ""
    heading: str
    detail: str = ""
    summary: str = ""


_LINE_PARTY = """
    [N1 N2?2 N3?2 N4?1 QTY* NX2* REF?12 PER?3 SI* DTM?1 FOB?1 SCH?200 TD1?2 TD5?12 TD3?12 TD4?5 PKG?200
        [LDT MAN?10 QTY?5 MSG?1 REF?3]*]?200
"""
_SUBLINE_PARTY = "[N1 N2?2 N3?2 N4?1 NX2* REF?12 PER?3 SI*]?10"
_NOTE = "[N9 DTM* MSG?1000 MTX* PWK* EFI*]?1000"
_LINE_NOTE = "[N9 DTM* MEA?40 MSG?1000 MTX* PWK* EFI*]?1000"
_SUBLINE_NOTE = "[N9 DTM* MSG* MTX*]*"

_PURCHASE_ORDER = SetTable(
    id="850",
    name="purchase order",
    functional_id="PO",
    line="PO1",
    heading=f"""
    BEG CUR?1 REF* PER?3 TAX* FOB* CTP* PAM?10 CSH?5 TC2* [SAC CUR?1]?25 ITD* DIS?20 INC?1 DTM?10 LDT?12
    LIN?5 SI* PID?200 MEA?40 PWK?25 PKG?200 TD1?2 TD5?12 TD3?12 TD4?5 MAN?10 PCT* CTB?5 TXI*
    [AMT REF* DTM?1 PCT* [FA1 FA2+]*]* MSG* {_NOTE}
    [N1 N2?2 N3?2 N4* NX2* REF?12 PER* SI* FOB?1 TD1?2 TD5?12 TD3?12 TD4?5 PKG?200]?200
    [LM LQ+]* [SPI REF?5 DTM?5 MSG?50 [N1 N2?2 N3?2 N4?1 REF?20 G61?1 MSG?50]?20
        [CB1 REF?20 DTM?5 LDT?1 MSG?50]*]* [ADV DTM* MTX*]*
    """,
    detail=f"""
    [PO1 LIN* SI* CUR?1 CN1?1 PO3?25 [CTP CUR?1]* PAM?10 MEA?40 [PID MEA?10]?1000 PWK?25 PO4* REF*
        PER?3 [SAC CUR?1 CTP?1]?25 IT8?1 CSH* ITD?2 DIS?20 INC?1 TAX* FOB* SDQ?500 IT3?5 DTM?10 TC2* TD1?1
        TD5?12 TD3?12 TD4?5 PCT* MAN?10 MSG* SPI* TXI* CTB* [QTY SI*]*
        [SCH TD1?2 TD5?12 TD3?12 TD4?5 REF*]?200 [PKG MEA*]?200
        [LS [LDT QTY* MSG?1 REF?3 [LM LQ+]*]+ LE]?1 {_LINE_NOTE} {_LINE_PARTY}
        [SLN MSG* SI* PID?1000 PO3?104 TC2* ADV* DTM?10 CTP?25 PAM?10 PO4?1 TAX?3 {_SUBLINE_NOTE}
            [SAC CUR?1 CTP?1]?25 [QTY SI*]* {_SUBLINE_PARTY}]?1000
        [AMT REF?1 PCT*]* [LM LQ+]*]+100000
    """,
    summary="[CTT AMT?1]?1",
)

_ORDER_ACKNOWLEDGMENT = SetTable(
    id="855",
    name="purchase order acknowledgment",
    functional_id="PR",
    line="PO1",
    heading=f"""
    BAK CUR?1 REF* PER?3 TAX* FOB* CTP* PAM?10 CSH?1 [SAC CUR?1]?25 ITD?5 DIS?20 INC?1 DTM?10 LDT?12 LIN?5
    SI* PID?200 MEA?40 PWK?25 PKG?25 TD1?2 TD5?12 TD3?12 TD4?5 MAN?10 TXI* CTB* {_NOTE}
    [N1 N2?2 N3?2 N4?1 NX2* REF?12 PER* SI* FOB?1 TD1?2 TD5?12 TD3?12 TD4?5 PKG?25 MSG*]?200
    [ADV DTM* MTX*]*
    """,
    detail=f"""
    [PO1 LIN* SI* CUR?1 PO3?25 CTP* PAM?10 MEA?40 [PID MEA?10]?1000 PWK?25 PO4* REF* PER?3 [SAC CUR?1]?25
        IT8?1 CSH* ITD?2 DIS?20 INC?1 TAX* FOB* SDQ?500 DTM?10 LDT?12 TD1?1 TD5?12 TD3?12 TD4?5
        [ACK DTM?1]?104 MAN?10 AMT?1 CTB* TXI* [QTY SI*]* [PKG MEA*]?200
        [SCH TD1?2 TD5?12 TD3?12 TD4?5 REF*]?200 {_LINE_NOTE}
        [N1 N2?2 N3?2 N4?1 NX2* REF?12 PER?3 SI* DTM?1 FOB?1 SCH?200 TD1?2 TD5?12 TD3?12 TD4?5 QTY*
            PKG?25]?200
        [SLN MSG* SI* PID?1000 PO3?25 CTP?25 PAM?10 ACK?104 [SAC CUR?1]?10 DTM?10 PO4?1 TAX?3 ADV*
            [QTY SI*]* {_SUBLINE_NOTE} {_SUBLINE_PARTY}]?1000]?100000
    """,
    summary="[CTT AMT?1]?1",
)

_ORDER_CHANGE = SetTable(
    id="860",
    name="purchase order change",
    functional_id="PC",
    line="POC",
    heading=f"""
    BCH CUR?1 REF* PER?3 TAX* FOB* CTP* PAM?10 CSH?5 [SAC CUR?1]?25 ITD?5 DIS?20 INC?1 DTM?10 LDT?12 LIN?5 SI*
    PID?200 MEA?40 PWK?25 PKG?200 TD1?2 TD5?12 TD3?12 TD4?5 CTB* MAN?10 G53* TXI* PCT* EFI*
    [AMT REF* DTM?1 PCT* [FA1 FA2+]*]* {_NOTE}
    [N1 N2?2 N3?2 N4* NX2* REF?12 PER* SI* FOB?1 TD1?2 TD5?12 TD3?12 TD4?5 PKG?200]?200
    [LM LQ+]* [SPI REF?5 DTM?5 MSG?50 [N1 N2?2 N3?2 N4?1 REF?20 G61?1 MSG?50]?20
        [CB1 REF?20 DTM?5 LDT?1 MSG?50]*]* [ADV DTM* MTX*]*
    """,
    detail=f"""
    [POC LIN* SI* CUR?1 CN1?1 PO3?25 CTP* PAM?10 MEA?40 [PID MEA?10]?1000 PWK?25 PKG?200 PO4* REF* PER?3
        [SAC CUR?1]?25 IT8?1 CSH* ITD?2 DIS?20 INC?1 TAX* FOB* SDQ?500 DTM?10 TD1?1 TD5?12 TD3?12 TD4?5
        MAN?10 PCT* TC2?2 CTB* TXI* SPI* MSG* [QTY SI*]* [SCH TD1?2 TD5?12 TD3?12 TD4?5 REF*]?200
        {_LINE_NOTE} [LS [LDT QTY* MSG?1 REF?3 [LM LQ+]*]+ LE]?1 {_LINE_PARTY}
        [SLN MSG* SI* PID?1000 PO3?104 TC2?2 [SAC CUR?1]?10 DTM?10 CTP?25 PAM?10 PO4?1 TAX?3 ADV*
            [QTY SI*]* {_SUBLINE_NOTE} {_SUBLINE_PARTY}]?1000
        [AMT REF?1 PCT*]* [LM LQ+]*]*
    """,
    summary="[CTT AMT?5]?1",
)

_INVOICE_PARTY = "[N1 N2?2 N3?2 N4?1 REF?12 PER?3 DMG?1]?200"
_INVOICE_CODES = "[LM LQ+100]?10"
_INVOICE_VOYAGE_AND_ACCOUNT = "[V1 R4* DTM*]* [FA1 FA2+]*"

_INVOICE = SetTable(
    id="810",
    name="invoice",
    functional_id="IN",
    line="IT1",
    heading=f"""
    BIG NTE?100 CUR?1 REF?12 YNQ?10 PER?3 {_INVOICE_PARTY} ITD* DTM?10 FOB?1 PID?200 MEA?40 PWK?25 PKG?25 L7?1
    BAL* INC?1 PAM* {_INVOICE_CODES} [N9 MSG?10 MTX*]?1 {_INVOICE_VOYAGE_AND_ACCOUNT}
    """,
    detail=f"""
    [IT1 CRC?1 QTY?5 CUR?1 IT3?5 TXI?10 CTP?25 PAM?10 MEA?40 [PID MEA?10]?1000 PWK?25 PKG?25 PO4?1 ITD?2 REF*
        YNQ?10 PER?5 SDQ?500 DTM?10 CAD* L7* SR?1 [SAC TXI?10]?25
        [SLN DTM?1 REF* PID?1000 SAC?25 TC2?2 TXI?10]?1000
        {_INVOICE_PARTY} {_INVOICE_CODES} {_INVOICE_VOYAGE_AND_ACCOUNT}]?200000
    """,
    summary="TDS TXI?10 CAD?1 AMT* [SAC TXI?10]?25 [ISS PID?1]* CTT?1",
)

_FUNCTIONAL_ACKNOWLEDGMENT = SetTable(
    id="997",
    name="functional acknowledgment",
    functional_id="FA",
    heading="AK1 [AK2 [AK3 AK4?99]?999999 AK5]?999999 AK9",
)

SETS = {
    table.id: table
    for table in (
        _PURCHASE_ORDER,
        _ORDER_ACKNOWLEDGMENT,
        _ORDER_CHANGE,
        _INVOICE,
        _FUNCTIONAL_ACKNOWLEDGMENT,
    )
}
"""The sets that have a table, by id."""
