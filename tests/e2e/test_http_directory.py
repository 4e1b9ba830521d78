"""The backend knows the companies: what it says takes effect without a restart, and what it leaves unsaid as well."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs import define
from click.testing import CliRunner
from conformance import Contract
from harness import QUESTION, WAIT, Caller, Outside, World

from sophia.bootstrap.settings_file import parse_settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.access_keys import key_digest
from sophia.domain.secrets import Secret
from sophia.entrypoints.cli.main import cli
from sophia.testing.emulators.backend import BackendEmulator, Fault
from sophia.testing.fakes.memory import MemoryRecords

TOKEN = "s3cret-t0ken"
KEY = "a key that the backend has made"
TYPE = "urn:sophia:problem:"


@define
class Backend:
    """What the backend knows, and what goes wrong there."""

    url: str
    companies: dict[str, Any]
    fault: Fault | None = None


@pytest.fixture
def backend() -> Iterator[Backend]:
    companies: dict[str, Any] = {
        "acme": {"accessKeySha256": [key_digest(KEY)], "users": {"ana": {}, "nobody": {"permissions": []}}}
    }
    with BackendEmulator(companies=companies, token=TOKEN, directory_faults=lambda _: made.fault) as emulator:
        made = Backend(emulator.url, companies)
        yield made


@pytest.fixture
def world(tmp_path: Path, contract: Contract, backend: Backend) -> Iterator[World]:
    # So short that each request asks anew.
    said = {
        "base_url": backend.url,
        "credential": "platform:backend/token",
        "directory": "rest",
        "directory_fresh": 1e-9,
    }
    outside = Outside()
    adapters = outside.adapters() | {"sources": lambda company: outside.sources.get(company, ())}
    for port in ("directory", "key_verifier", "desk"):
        del adapters[port]
    settings = parse_settings({"backend": said}, tmp_path)
    sophia = Sophia(settings, records=MemoryRecords(outside.clock), **adapters)
    sophia.platform_vault.put("backend", "token", Secret(TOKEN))
    made = World(sophia, outside, contract)
    yield made
    made.close()


def caller(world: World, user: str | None = "ana", company: str = "acme", key: str = KEY, **more: Any) -> Caller:
    return world.caller(user, company, key=key, **more)


def test_a_user_may_do_what_the_backend_says(world: World, backend: Backend) -> None:
    assert caller(world).ask().status_code == 200
    for user in ("nobody", "eve"):
        assert caller(world, user).ask().json()["type"] == TYPE + "permission-denied"
    backend.companies["acme"]["users"] = {"eve": {}}
    assert caller(world).ask().json()["type"] == TYPE + "permission-denied"
    assert caller(world, "eve").ask().status_code == 200


def test_a_company_appears_and_goes(world: World, backend: Backend) -> None:
    zoe = caller(world, "zoe", "initech", "another key")
    assert zoe.ask().status_code == 401
    backend.companies["initech"] = {"accessKeySha256": [key_digest("another key")], "users": {"zoe": {}}}
    assert zoe.ask().status_code == 200
    assert zoe.ask(companyId="acme").json()["type"] == TYPE + "company-mismatch"
    del backend.companies["initech"]
    assert zoe.ask().status_code == 401


def test_the_limits_of_a_company_change(world: World, backend: Backend) -> None:
    ana, acme = caller(world), backend.companies["acme"]
    assert [ana.get("/threads").status_code for _ in range(3)] == [200] * 3
    acme["limits"] = {"userRequests": 2}
    assert [ana.get("/threads").status_code for _ in range(3)] == [200, 200, 429]
    acme["limits"] = {"userRequests": 3}
    assert [ana.get("/threads").status_code for _ in range(2)] == [200, 429]
    acme["limits"] = {"userRequests": None}
    assert [ana.get("/threads").status_code for _ in range(3)] == [200] * 3
    acme["limits"] = {"userRequests": -1}
    assert ana.get("/threads").status_code == 503
    del acme["limits"]


def test_a_company_is_suspended_and_its_live_streams_end(world: World, backend: Backend) -> None:
    app = world.app_with(follow_run=partial(world.sophia.services.follow_run, heartbeat=0.01))
    ana = caller(world, app=app)
    with ana.ask_streaming(WAIT) as events:
        next(events)
        backend.companies["acme"]["suspended"] = "not paid"
        assert "run.completed" not in [event.name for event in events]
    world.outside.gate.set()
    refused = ana.get("/threads")
    assert (refused.status_code, refused.json()["type"]) == (403, TYPE + "company-suspended")
    assert "not paid" in refused.json()["detail"]
    backend.companies["acme"]["suspended"] = None
    assert ana.get("/threads").status_code == 200


@pytest.mark.parametrize("fault", [Fault(status=500), Fault(cuts=True), Fault(status=200, body=b"<html>")], ids=str)
def test_who_is_known_is_served_through_an_outage_and_others_are_told_to_wait(
    world: World, backend: Backend, fault: Fault
) -> None:
    assert caller(world).ask().status_code == 200
    backend.fault = fault
    assert caller(world).ask().status_code == 200
    waits = caller(world, "nobody").ask()
    assert (waits.status_code, waits.json()["type"]) == (503, TYPE + "unavailable")
    assert "retry-after" in waits.headers
    assert TOKEN not in waits.text


def test_sophia_ends_in_peace_while_nobody_knows_the_companies(world: World, backend: Backend) -> None:
    backend.fault = Fault(status=500)
    world.sophia.__enter__()
    world.sophia.close()


def test_the_command_line_knows_the_backends_companies(tmp_path: Path, backend: Backend) -> None:
    config = tmp_path / "sophia.toml"
    config.write_text(
        f'[backend]\nbase_url = "{backend.url}"\ncredential = "platform:backend/token"\ndirectory = "rest"\n'
    )
    kept = CliRunner().invoke(
        cli, ["credentials", "set", "backend/token", "--platform", "--config", str(config)], input=TOKEN
    )
    assert kept.exit_code == 0

    def ask(company: str) -> Any:
        return CliRunner().invoke(cli, ["ask", QUESTION, "--company", company, "--config", str(config)])

    assert ask("acme").exit_code == 0
    unknown = ask("initech")
    assert (unknown.exit_code, "no company 'initech'" in unknown.stderr) == (1, True)
    backend.companies["acme"]["suspended"] = "not paid"
    suspended = ask("acme")
    assert (suspended.exit_code, "not paid" in suspended.stderr) == (1, True)
