"""Run one simulated vendor as a process: ``python -m mlconnector_sdk.simulators plex --port 8801``.

It prints URLs and credentials as JSON on one line, follows real time, and runs until it is interrupted or
terminated. ``POST /_sim/{command}`` seeds it and looks into it.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from mlconnector_sdk.errors import ConnectorError
from mlconnector_sdk.simulators import PlexSimulator, StediSimulator, VirtualTime, wire

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m mlconnector_sdk.simulators", description=__doc__)
    parser.add_argument("vendor", choices=("plex", "stedi"))
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument("--load", type=Path, help="plex: a JSON file of purchase orders as Plex returns them")
    options = parser.parse_args(arguments)
    time = VirtualTime(follow=True)
    kind = PlexSimulator if options.vendor == "plex" else StediSimulator
    try:
        with kind(time=time, port=options.port, admin=True) as simulator:
            if options.load is not None and isinstance(simulator, PlexSimulator):
                simulator.load(options.load)
            sys.stdout.write(wire.dumps(simulator.connection).decode() + "\n")
            sys.stdout.flush()
            _until_told_to_stop()
    except ConnectorError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


def _until_told_to_stop() -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()


if __name__ == "__main__":
    sys.exit(main())
