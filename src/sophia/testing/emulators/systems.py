"""Emulated Splunk, PAN-OS and Grafana over one invented day, each day anew, in a process of their own.

    python -m sophia.testing.emulators.systems

is a program (`make run` starts it beside SOPHIA). It reads one line of JSON from stdin: a list of ``{"system",
"device", "secret"}``, where ``device`` is the firewall or Panorama that listens, of PAN-OS only, and ``secret`` is what
lets callers in. It writes the list of their URLs to stdout, in the same order, and ends when stdin does.
"""

import json
import sys
from collections.abc import Mapping
from contextlib import ExitStack

from sophia.domain.lookups import System
from sophia.testing.emulators.day import Today
from sophia.testing.emulators.grafana import GrafanaEmulator
from sophia.testing.emulators.panos import PanosEmulator
from sophia.testing.emulators.splunk import SplunkEmulator
from sophia.testing.emulators.system import EmulatedSystem

__all__: list[str] = []


def _emulator(told: Mapping[str, str], day: Today) -> EmulatedSystem:
    match System(told["system"]):
        case System.SPLUNK:
            return SplunkEmulator(day, token=told["secret"])
        case System.PANOS:
            return PanosEmulator(day, key=told["secret"], device=told["device"])
        case System.GRAFANA:
            return GrafanaEmulator(day, token=told["secret"])


def _main() -> None:
    day = Today()
    with ExitStack() as stack:
        emulators = [stack.enter_context(_emulator(told, day)) for told in json.loads(sys.stdin.readline())]
        print(json.dumps([emulator.url for emulator in emulators]), flush=True)  # noqa: T201 -- what it is asked for
        sys.stdin.read()


if __name__ == "__main__":
    _main()
