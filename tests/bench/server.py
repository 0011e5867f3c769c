"""A loopback server that answers prebuilt pages of purchase orders as fast as it can.

Run as a process of its own: ``python server.py PAGES ITEMS``; it prints its port. Page n is at
``/orders?pageToken=n`` and names the next one in ``nextPageToken``.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from uuid import UUID


def order(number: int) -> dict[str, object]:
    """One purchase order of about 1 kB, in Plex's words."""
    return {
        "id": str(UUID(int=number)),
        "poNumber": f"PO-{number:07}",
        "currencyCode": "USD",
        "status": "On Order",
        "active": True,
        "type": "Standard",
        "supplierId": str(UUID(int=number % 150)),
        "supplierAddressId": str(UUID(int=number % 150 + 1000)),
        "poDate": "2026-02-03T15:04:05.12Z",
        "terms": "Net 30",
        "freightTerms": "Prepaid",
        "lineItemCount": 12,
        "lineItemTotal": 15407.25,
        "shipTo": "Plant 1, Dock 4, 1200 Industrial Parkway",
        "shipVia": "Truck",
        "orderedById": str(UUID(int=77)),
        "orderedDate": "2026-02-03T15:04:05.12Z",
        "fob": "Origin",
        "dueDate": "2026-03-20T05:00:00Z",
        "internalNote": "Blanket agreement 2026-11, price list of January, confirm by phone when late",
        "note": "Deliver between 7 and 11 in the morning; the gate closes at noon on Fridays",
        "consignment": False,
        "building": "Plant 1",
        "department": "Purchasing",
        "weightQuantityTotal": 1204.5,
        "blanketOrder": False,
        "createdDate": "2026-02-03T15:04:05.1234567Z",
        "modifiedDate": "2026-02-04T08:00:00Z",
    }


def page(index: int, pages: int, items: int) -> bytes:
    """One whole HTTP answer."""
    content: dict[str, object] = {"items": [order(index * items + n) for n in range(items)]}
    if index + 1 < pages:
        content["nextPageToken"] = str(index + 1)
    body = json.dumps(content).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def main(pages: int, items: int) -> None:
    answers = [page(index, pages, items) for index in range(pages)]
    asked = re.compile(rb"pageToken=(\d+)")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                found = asked.search(head)
                writer.write(answers[int(found[1]) if found else 0])
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
