"""Tickets, while workers and servers are killed and the backend fails, or takes a ticket and says nothing.

Every caller asks for one action after the other and repeats a request whose answer never came under the same key;
whoever is told that the run was interrupted, and finds no ticket of it, asks again. In the end what users see of their
tickets is compared with what the backend has.
"""

import http.client
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from callers import PATIENCE, Caller, eventually
from reaper import Reaper
from served import Served

from sophia.adapters.file_vault.vault import VaultFile
from sophia.domain.secrets import Secret
from sophia.testing.emulators.backend import BackendEmulator, Fault
from sophia.testing.emulators.server import Request

pytestmark = pytest.mark.proof

CALLERS = 25
ACTION = "Block the IP {ip} on the perimeter firewall. (pieces 3) (every 50)"
BROKEN = (OSError, http.client.HTTPException, json.JSONDecodeError)
TIMEOUT = 2  # seconds that SOPHIA gives the backend
SETTLED_WITHIN = 420.0  # the longest pause between two attempts, and a while

SECTIONS = """
[backend]
base_url = "{url}"
credential = "platform:backend/token"
timeout = {timeout}
[[targets]]
name = "VICTORIA"
honours_keys = {honours_keys}
"""

FAILS = (
    Fault(status=500),
    Fault(status=503, headers={"Retry-After": "1"}),
    Fault(status=429, headers={"Retry-After": "2"}),
    Fault(status=502, body=b"<html>"),
    Fault(cuts=True),
)
SILENT = (
    Fault(takes=True, cuts=True),
    Fault(takes=True, body=b'{"ticketId":'),
    Fault(takes=True, delay=2.5 * TIMEOUT),
    Fault(takes=True, status=504, body=b"<html>"),
)


class Weather:
    """What the backend does to each report: it fails three times in ten, and one time in ten it says nothing."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.is_fine = False
        self.seen: Counter[str] = Counter()

    def __call__(self, _: Request) -> Fault | None:
        self.seen["calls"] += 1
        drawn = self._chance.random()
        if self.is_fine or drawn >= 0.4:
            return None
        kind, faults = ("failed", FAILS) if drawn < 0.3 else ("taken without an answer", SILENT)
        self.seen[kind] += 1
        return self._chance.choice(faults)


@define
class Wanted:
    """One action that a user wants.

    Attributes:
        runs: the runs that were to bring it about; more than one where all before were interrupted.
        told: the handoff as the answer had it, if one came.
    """

    text: str
    runs: list[str] = field(factory=list)
    told: dict[str, Any] | None = None
    posts: int = 0


class Wanting:
    """A caller that wants one action after the other, each in a thread of its own."""

    def __init__(self, server: Served, number: int, actions: int) -> None:
        self.user = number
        self.caller = Caller(server.port, number)
        self.wanted = [Wanted(ACTION.format(ip=_ip(number * actions + n))) for n in range(actions)]

    def __call__(self) -> None:
        for number, wanted in enumerate(self.wanted):
            until = time.monotonic() + 3 * PATIENCE
            while not self._ask(wanted, f"action-{number}-{len(wanted.runs)}", until):
                assert len(wanted.runs) < 10, "every run is interrupted"

    def _ask(self, wanted: Wanted, key: str, until: float) -> bool:
        """Whether there is a ticket."""
        while True:
            assert time.monotonic() < until, "nobody answers"
            wanted.posts += 1
            try:
                found = self.caller.ask(wanted.text, key=key)
            except BROKEN:
                time.sleep(0.1)
                continue
            match found.status, found.body:
                case 200, {"runId": run_id, "handoff": handoff}:
                    wanted.runs.append(run_id)
                    wanted.told = handoff
                    return True
                case 500, {"runId": run_id} if found.problem == "interrupted":
                    wanted.runs.append(run_id)
                    return any(ticket["runId"] == run_id for ticket in self.tickets())
                case (503, _) | (409, _):
                    time.sleep(0.2)
                case _:
                    raise AssertionError(found)

    def tickets(self) -> list[dict[str, Any]]:
        """What the user sees, once somebody answers."""

        def seen() -> dict[str, Any] | None:
            try:
                return {"items": self.caller.items("/tickets")}
            except (*BROKEN, KeyError):  # a server that stops refuses
                return None

        return eventually(seen)["items"]


@contextmanager
def handing_over(
    folder: Path, actions: int, *, honours_keys: bool
) -> Iterator[tuple[Served, list[Wanting], BackendEmulator, Weather]]:
    """A server, its backend and callers that have asked for everything, with what went wrong meanwhile printed."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"\nseed {seed}")
    data = folder / "data" / "vaults"
    VaultFile(data / "platform.vault", "platform", folder / "data" / "vault.key").put(
        "backend", "token", Secret("a-token")
    )
    weather = Weather(random.Random(seed + 1))
    began = time.monotonic()
    with BackendEmulator(weather, token="a-token", honours_keys=honours_keys) as backend:
        keys = str(honours_keys).lower()
        sections = SECTIONS.format(url=backend.url, timeout=TIMEOUT, honours_keys=keys)
        with Served(folder, threads=64, runs=32, users=CALLERS, sections=sections) as server:
            wanting = [Wanting(server, n, actions // CALLERS) for n in range(CALLERS)]
            reaper = Reaper(server, random.Random(seed), longest=2.0)
            reaper.start()
            try:
                with ThreadPoolExecutor(CALLERS) as callers:
                    for done in [callers.submit(asking) for asking in wanting]:
                        done.result()
            finally:
                reaper.stop()
            took = time.monotonic() - began
            yield server, wanting, backend, weather
    all_wanted = [wanted for asking in wanting for wanted in asking.wanted]
    again = sum(len(wanted.runs) - 1 for wanted in all_wanted)
    print(
        f"{len(all_wanted)} actions in {took:.0f} s, settled after {time.monotonic() - began:.0f} s\n"
        f"killed: {reaper.kills['worker']} workers, {reaper.kills['server']} whole servers; "
        f"{sum(wanted.posts for wanted in all_wanted) - len(all_wanted)} requests repeated, {again} asked anew\n"
        f"backend: {dict(weather.seen)}"
    )


def settled(wanting: list[Wanting]) -> list[dict[str, Any]]:
    """All tickets, each as its user sees it, once none is queued."""

    def all_tickets() -> list[dict[str, Any]]:
        found = [ticket for asking in wanting for ticket in asking.tickets()]
        return [] if any(ticket["status"] == "queued" for ticket in found) else found

    return eventually(all_tickets, SETTLED_WITHIN)


def check_one_ticket_each(wanting: list[Wanting], tickets: list[dict[str, Any]]) -> None:
    """Each action has one ticket, which its user sees, and which is the one that the answer named."""
    by_run = {ticket["runId"]: ticket for ticket in tickets}
    assert len(by_run) == len(tickets)
    assert len(tickets) == sum(len(asking.wanted) for asking in wanting)
    for asking in wanting:
        for wanted in asking.wanted:
            (run_id,) = {run_id for run_id in wanted.runs if run_id in by_run}
            if wanted.told is not None:
                assert wanted.told["decision"] == "handed_off"
                assert wanted.told["ticketId"] == by_run[run_id]["ticketId"]


def test_each_action_has_exactly_one_ticket(tmp_path: Path) -> None:
    with handing_over(tmp_path, 500, honours_keys=True) as (_, wanting, backend, weather):
        at_the_end = Counter(ticket["status"] for asking in wanting for ticket in asking.tickets())
        weather.is_fine = True
        tickets = settled(wanting)
        check_one_ticket_each(wanting, tickets)
        assert {ticket["status"] for ticket in tickets} == {"delivered"}
        received = {ticket.report["reportId"]: ticket for ticket in backend.tickets}
        assert len(received) == len(backend.tickets) == len(tickets) == 500
        for ticket in tickets:
            there = received[ticket["ticketId"]]
            assert ticket["externalId"] == there.number
            assert there.report["userId"] in {asking.caller.headers["X-User-Id"] for asking in wanting}
    repeated = sum(ticket.times > 1 for ticket in backend.tickets)
    print(
        f"500 tickets, each once at the backend; {repeated} of them had come there more than once\n"
        f"when the last answer came: {dict(at_the_end)}; in the end all delivered"
    )
    assert weather.seen["failed"] > 100
    assert repeated > 10


def test_without_keys_no_action_has_two_tickets_and_what_nobody_knows_is_told(tmp_path: Path) -> None:
    with handing_over(tmp_path, 100, honours_keys=False) as (_, wanting, backend, weather):
        weather.is_fine = True
        tickets = settled(wanting)
        check_one_ticket_each(wanting, tickets)
        received = Counter(ticket.report["reportId"] for ticket in backend.tickets)
        numbers = {ticket.report["reportId"]: ticket.number for ticket in backend.tickets}
        assert set(received.values()) == {1}
        for ticket in tickets:
            if ticket["status"] == "delivered":
                assert ticket["externalId"] == numbers[ticket["ticketId"]]
        statuses = Counter(ticket["status"] for ticket in tickets)
        unknown = {ticket["ticketId"] for ticket in tickets if ticket["status"] == "unknown"}
    print(f"{dict(statuses)}; of the unknown the backend has {len(unknown & received.keys())}")
    assert statuses.keys() == {"delivered", "unknown"}


def _ip(n: int) -> str:
    """An address that is reserved for documentation (RFC 5737)."""
    return f"{('192.0.2', '198.51.100', '203.0.113')[n // 250]}.{n % 250 + 1}"
