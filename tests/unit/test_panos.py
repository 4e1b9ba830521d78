"""PAN-OS: what devices say, as tables."""

from contextlib import suppress
from pathlib import Path

import pytest
from test_systems_client import Rotating

from sophia.adapters.panos import PanosSource, panos_documents
from sophia.adapters.panos.answer import result_of
from sophia.adapters.panos.views import VIEWS, Table, table_of
from sophia.adapters.systems.source import Place
from sophia.domain.lookups import Finding, Lookup, LookupCaps
from sophia.domain.readonly import PanosPolicy
from sophia.domain.readonly.panos import check_command, role_command
from sophia.errors import InvalidInput, QueryRefused, Unavailable
from sophia.testing.emulators.day import make_day
from sophia.testing.emulators.panos import BOMB, PanosEmulator, error
from sophia.testing.emulators.system import Fault
from sophia.testing.scopes import user_scope

ANA = user_scope("acme", "ana")
DAY = make_day()
RECORDED = Path(__file__).parents[3] / "shared/data/payloads/panos"


def place(url: str, **caps: float) -> Place:
    return Place("acme", "fw-madrid", url, Rotating("t"), caps=LookupCaps(**caps))


def look(view: str, target: str | None = None, *, faults=(), device="fw-madrid-2", targets=None, **source) -> Finding:
    arguments = {"view": view} if target is None else {"view": view, "target": target}
    with PanosEmulator(DAY, key="t", device=device, faults=faults) as emulator:
        panos = PanosSource(place(emulator.url), PanosPolicy(), targets=targets or {}, **source)
        return panos.look_up(ANA, Lookup("show", arguments), lambda: None)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_a_device_is_a_table(view) -> None:
    finding = look(view)
    assert finding.columns
    assert finding.title == f"{VIEWS[view].title} of fw-madrid"
    assert finding.query == VIEWS[view].command
    if view not in ("config-locks", "globalprotect-users"):
        assert finding.rows
    assert all(len(row) == len(finding.columns) for row in finding.rows)


@pytest.mark.parametrize("view", VIEWS)
def test_the_guard_lets_every_view_pass_as_it_is(view) -> None:
    assert check_command(VIEWS[view].command, PanosPolicy()) == VIEWS[view].command


def test_the_state_of_a_pair_is_told() -> None:
    told = dict(look("ha").rows)
    device = DAY.firewall("fw-madrid-2")
    assert (told["enabled"], told["state"]) == ("yes", device.state)
    assert told["configuration synchronisation"] == ("synchronized" if device.in_sync else "not synchronized")


def test_interfaces_have_their_state_and_their_zone() -> None:
    expected = {(one.name, one.zone) for one in DAY.firewall("fw-madrid-2").interfaces}
    rows = look("interfaces").rows
    assert {(name, zone) for name, _, _, zone, _ in rows} == expected
    assert {state for _, state, *_ in rows} <= {"up", "down", ""}


def test_a_device_behind_a_panorama_is_asked_by_its_name() -> None:
    serial = DAY.firewall("fw-madrid-1").serial
    panorama = next(one.name for one in DAY.firewalls if not one.group)
    finding = look("system", "fw-madrid-1", device=panorama, targets={"fw-madrid-1": serial})
    assert ("serial", serial) in finding.rows
    assert finding.title == "System of fw-madrid-1"
    with pytest.raises(InvalidInput, match="/target: expected one of fw-madrid-1"):
        look("system", "fw-madrid-9", device=panorama, targets={"fw-madrid-1": serial})


def test_a_company_can_narrow_the_views() -> None:
    assert look("system", views=("system",)).rows
    with pytest.raises(InvalidInput, match="/view: expected one of system"):
        look("ha", views=("system",))


@pytest.mark.parametrize(
    ("fault", "wrong", "told"),
    [
        (error(17, "show -> foo is unexpected"), InvalidInput, "show -> foo is unexpected"),
        (error(1, "unknown command"), InvalidInput, "unknown command"),
        (error(16, "Unauthorized request"), Unavailable, "credential do this"),
        (error(22, "Session timed out"), Unavailable, "credential do this"),
        (error(13, "0130 not connected"), Unavailable, "0130 not connected"),
        (error(403, "Invalid Credential", 403), Unavailable, "credential do this"),
        (Fault(body=b""), Unavailable, "no answer that can be read"),
        (Fault(body=b"<response status='success'>"), Unavailable, "no answer that can be read"),
        (Fault(body=b"<html/>"), Unavailable, "no answer that can be read"),
        (Fault(body=b"<response status='success'/>"), Unavailable, "no answer that can be read"),
        (Fault(body=b"<response status='success'><result/></response>"), Unavailable, "there is no <system>"),
        (BOMB, Unavailable, "no answer that can be read"),
    ],
)
def test_what_is_wrong_is_told(fault, wrong, told) -> None:
    with pytest.raises(wrong, match=told):
        look("system", faults=[fault])


def test_codes_of_success_are_success() -> None:
    for code in ("19", "20"):
        body = f'<response status="success" code="{code}"><result><x/></result></response>'
        assert result_of("fw", body.encode()).find("x") is not None


@pytest.mark.parametrize(("role", "writes"), [("superreader", ()), ("superuser", ("superuser",))])
def test_the_role_of_the_key_is_read(role, writes) -> None:
    with PanosEmulator(DAY, key="t", role=role) as emulator:
        access = PanosSource(place(emulator.url), PanosPolicy(), admin="sophia").access(ANA)
        assert (access.reads, access.writes) == (role, writes)
        assert PanosSource(place(emulator.url), PanosPolicy()).access(ANA).reads == ""


@pytest.mark.parametrize("name", ["", "a'b", "a]/../x", "a b", "x" * 64, "ñ"])
def test_an_administrators_name_is_a_name(name) -> None:
    with pytest.raises(QueryRefused):
        role_command(name)


def test_devices_become_documents_that_stay_as_they_are() -> None:
    panorama = next(one.name for one in DAY.firewalls if not one.group)
    targets = {one.name: one.serial for one in DAY.firewalls if one.group}
    with PanosEmulator(DAY, key="t", device=panorama) as emulator:
        source = panos_documents(place(emulator.url), PanosPolicy(), targets)
        first, second = ([(one.external_id, one.fingerprint) for one in source.list()] for _ in range(2))
        assert first == second
        assert [name for name, _ in first] == ["device/fw-madrid", *(f"device/{name}" for name in targets)]
        text = source.fetch("device/fw-madrid-2").content.decode()
    assert text.startswith("# fw-madrid-2\n")
    assert "| serial | " + DAY.firewall("fw-madrid-2").serial in text
    assert "uptime" not in text


def recorded(name: str, view: str) -> Table:
    path = RECORDED / name
    if not path.is_file():
        pytest.skip("the recordings are not there")
    return table_of("fw", VIEWS[view], result_of("fw", path.read_bytes()))


@pytest.mark.parametrize(
    ("name", "view", "row"),
    [
        ("show_ha_state_enabled.abridged.xml", "ha", ("state", "passive")),
        ("show_system_info.abridged.xml", "system", ("hostname", "Panorama")),
        (
            "extracted/016_test_get_arp_table.xml",
            "arp",
            ("ethernet1/1", "10.10.11.1", "aa:bb:cc:dd:ee:ff:ab", "c", "1777"),
        ),
        ("extracted/004_test_get_nics_ok.xml", "interfaces", ("ethernet1/1", "up", "ukn", "", "")),
        ("extracted/026_test_get_disk_utilization_ok.xml", "disk", ("/dev/root", "38G", "5.0G", "31G", "14%", "/")),
    ],
)
def test_recorded_answers_read_as_they_were_meant(name, view, row) -> None:
    assert row in recorded(name, view).rows


def test_a_recorded_job_has_its_end() -> None:
    (job,) = recorded("show_jobs_all.abridged.xml", "jobs").rows
    assert job[:5] == ("385", "RefreshLic", "", "FIN", "OK")
    rows = recorded("extracted/035_test_get_jobs.xml", "jobs").rows
    assert rows[0][:5] == ("4", "WildFire", "Auto update agent", "FIN", "OK")


@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("018_test_get_arp_table_malformed_response.xml", "arp"),
        ("060_test_get_mp_cpu_utilization_unexpected_response_format.xml", "resources"),
        ("075_test_get_mp_mem_utilization_bad_string.xml", "disk"),
    ],
)
def test_recorded_answers_that_are_malformed_are_named(name, view) -> None:
    with pytest.raises(Unavailable, match="no answer that can be read"):
        recorded(f"extracted/{name}", view)


def test_an_empty_table_is_empty() -> None:
    assert recorded("extracted/017_test_get_arp_table_empty.xml", "arp").rows == []
    assert recorded("extracted/077_test_get_config_locks_no_locks.xml", "config-locks").rows == []


def test_every_recorded_answer_is_a_table_or_a_clear_error() -> None:
    if not RECORDED.is_dir():
        pytest.skip("the recordings are not there")
    files = sorted(RECORDED.rglob("*.xml"))
    assert len(files) > 80
    tables = 0
    for file in files:
        for view in VIEWS.values():
            with suppress(Unavailable, InvalidInput):  # anything else is a fault of ours
                tables += bool(table_of("fw", view, result_of("fw", file.read_bytes())).columns)
    assert tables > 100
