"""The emulated PAN-OS, as a plain HTTP client meets it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import Element

import httpx2
import pytest
from defusedxml import DTDForbidden
from defusedxml.ElementTree import fromstring

from sophia.testing.emulators.day import make_day
from sophia.testing.emulators.panos import BOMB, PanosEmulator, error
from sophia.testing.emulators.system import Fault

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "payloads" / "panos"
NOW = datetime(2026, 5, 12, 10, 30, tzinfo=UTC)
KEY = {"X-PAN-KEY": "k"}
ACTIVE, PASSIVE = "013201000102", "013201000101"
COMMANDS = {
    "arp": "<show><arp><entry name='all'/></arp></show>",
    "commit locks": "<show><commit-locks/></show>",
    "config locks": "<show><config-locks/></show>",
    "counters": "<show><counter><global/></counter></show>",
    "disks": "<show><system><disk-space/></system></show>",
    "ha": "<show><high-availability><state/></high-availability></show>",
    "info": "<show><system><info/></system></show>",
    "interfaces": "<show><interface>all</interface></show>",
    "jobs": "<show><jobs><all/></jobs></show>",
    "resources": "<show><system><resources/></system></show>",
    "sessions": "<show><session><info/></session></show>",
    "software": "<show><system><software><status/></software></system></show>",
    "vpn": "<show><global-protect-gateway><current-user/></global-protect-gateway></show>",
}


@pytest.fixture
def firewall():
    with PanosEmulator(make_day(NOW), key="k") as firewall:
        yield firewall


@pytest.fixture
def panorama():
    with PanosEmulator(make_day(NOW), key="k", device="panorama-1") as panorama:
        yield panorama


def post(panos: PanosEmulator, headers: dict[str, str] = KEY, **form: str) -> httpx2.Response:
    return httpx2.post(f"{panos.url}/api/", data=form, headers=headers)


def show(panos: PanosEmulator, command: str, target: str = "") -> Element:
    response = post(panos, type="op", cmd=COMMANDS.get(command, command), target=target)
    assert response.status_code == 200
    root = fromstring(response.text)
    assert root.attrib["status"] == "success", response.text
    return root.find("result")


def refusal(response: httpx2.Response) -> tuple[int, str, str]:
    root = fromstring(response.text)
    assert root.attrib["status"] == "error"
    return response.status_code, root.attrib["code"], "".join(root.itertext())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_view_is_there_on_every_firewall(panorama, command):
    for serial in (ACTIVE, PASSIVE, "013202000201", "013202000202"):
        assert show(panorama, command, serial) is not None


def test_the_pair_tells_of_the_failover(panorama):
    states = {}
    for serial in (PASSIVE, ACTIVE):
        group = show(panorama, "ha", serial).find("group")
        states[serial] = (group.findtext("local-info/state"), group.findtext("peer-info/state"))
        assert group.findtext("running-sync") == "not synchronized"
    assert states == {PASSIVE: ("passive", "active"), ACTIVE: ("active", "passive")}
    local = show(panorama, "ha", PASSIVE).find("group/local-info")
    assert local.findtext("last-error-reason") == "Link monitoring failure"
    since_2131 = (NOW - datetime(2026, 5, 11, 19, 31, 7, tzinfo=UTC)).total_seconds()
    assert since_2131 <= int(show(panorama, "ha", ACTIVE).findtext("group/local-info/state-duration")) < since_2131 + 60
    assert show(panorama, "ha", "013202000201").findtext("group/running-sync") == "synchronized"
    assert show(panorama, "ha").findtext("enabled") == "no"


def test_what_is_looked_for_is_there_to_be_found(firewall):
    assert show(firewall, "info").findtext("system/hostname") == "fw-madrid-2"
    down = [
        one.findtext("name")
        for one in show(firewall, "interfaces").iterfind("hw/entry")
        if one.findtext("state") == "down"
    ]
    assert down == ["ethernet1/5"]
    jobs = {job.findtext("id"): (job.findtext("status"), job.findtext("result")) for job in show(firewall, "jobs")}
    assert jobs == {"416": ("ACT", "PEND"), "415": ("FIN", "OK"), "414": ("FIN", "FAIL"), "412": ("FIN", "OK")}
    assert len(show(firewall, "vpn").findall("entry")) == 12
    assert [lock.attrib["name"] for lock in show(firewall, "config locks").iter("entry")] == ["redes.turno"]
    assert show(firewall, "sessions").findtext("num-active") == "18432"
    uses = {row.split()[5]: row.split()[4] for row in show(firewall, "disks").text.splitlines()[1:]}
    assert uses["/opt/panlogs"] == "91%"
    dropped = {one.findtext("name"): one.findtext("value") for one in show(firewall, "counters").iter("entry")}
    assert dropped["flow_policy_deny"] == "36128"
    assert "running" in show(firewall, "software").text
    assert "Cpu(s)" in show(firewall, "resources").text
    assert {one.findtext("interface") for one in show(firewall, "arp").iter("entry")} == {
        "ethernet1/1",
        "ethernet1/2",
        "ae1",
    }


def test_one_job_is_shown_by_its_id(firewall):
    assert (
        show(firewall, "<show><jobs><id>414</id></jobs></show>").findtext("job/details/line").startswith("Peer device")
    )
    assert refusal(post(firewall, type="op", cmd="<show><jobs><id>9</id></jobs></show>"))[:2] == (200, "7")


def test_panorama_passes_a_command_on_to_the_device_that_it_names(panorama):
    assert show(panorama, "info").findtext("system/hostname") == "panorama-1"
    assert show(panorama, "info", PASSIVE).findtext("system/hostname") == "fw-madrid-1"
    devices = show(panorama, "<show><devices><connected/></devices></show>")
    assert [one.findtext("hostname") for one in devices.iter("entry")] == [
        "fw-madrid-1",
        "fw-madrid-2",
        "fw-valencia-1",
        "fw-valencia-2",
    ]
    assert refusal(post(panorama, type="op", cmd=COMMANDS["info"], target="999")) == (200, "13", "999 not connected")
    assert panorama.commands[0] == ("show system info", "")
    assert panorama.commands[1] == ("show system info", PASSIVE)


def test_a_firewall_reaches_nobody_else(firewall):
    assert show(firewall, "info", ACTIVE).findtext("system/hostname") == "fw-madrid-2"
    assert refusal(post(firewall, type="op", cmd=COMMANDS["info"], target=PASSIVE))[1] == "13"


@pytest.mark.parametrize(
    ("form", "refused"),
    [
        ({"type": "op", "cmd": "<show><nothing/></show>"}, (200, "17", "show -> nothing is unexpected")),
        ({"type": "op", "cmd": "<show><system>"}, (200, "17", "<show><system> is invalid")),
        ({"type": "op", "cmd": '<!DOCTYPE a [<!ENTITY b "c">]><show>&b;</show>'}, (200, "17", None)),
        ({"type": "op"}, (200, "17", None)),
    ],
)
def test_what_it_does_not_understand_it_says_so(firewall, form, refused):
    status, code, text = refusal(post(firewall, **form))
    assert (status, code) == refused[:2]
    assert refused[2] in {None, text}
    assert not firewall.writes


@pytest.mark.parametrize(
    "form",
    [
        {"type": "commit", "cmd": "<commit/>"},
        {"type": "config", "action": "set", "xpath": "/config", "element": "<x/>"},
        {"type": "user-id", "cmd": "<uid-message/>"},
        {"type": "op", "cmd": "<request><restart><system/></restart></request>"},
        {"type": "op", "cmd": "<clear><session><all/></session></clear>"},
    ],
)
def test_what_would_change_something_is_refused_and_kept(firewall, form):
    assert refusal(post(firewall, **form)) == (200, "16", "Unauthorized request")
    assert len(firewall.writes) == 1


def test_a_key_is_needed_and_is_seen_where_it_comes(firewall):
    form = {"type": "op", "cmd": COMMANDS["info"]}
    assert refusal(post(firewall, {}, **form)) == (403, "403", "Invalid Credential")
    assert refusal(post(firewall, {"X-PAN-KEY": "old"}, **form))[0] == 403
    assert not firewall.keys_in_urls
    assert httpx2.get(f"{firewall.url}/api/", params={**form, "key": "k"}).status_code == 200
    assert len(firewall.keys_in_urls) == 1
    firewall.key = "new"
    assert post(firewall, **form).status_code == 403


def test_it_says_who_asks_and_what_they_may(firewall):
    assert [one.findtext("admin") for one in show(firewall, "<show><admins/></show>").iter("entry")] == ["sophia"]
    asked = (
        "<show><config><running><xpath>mgt-config/users/entry[@name='{}']/permissions</xpath></running></config></show>"
    )
    [permission] = show(firewall, asked.format("sophia")).find("permissions/role-based")
    assert (permission.tag, permission.text) == ("superreader", "yes")
    assert not list(show(firewall, asked.format("admin")))
    with PanosEmulator(make_day(NOW), key="k", role="superuser") as mighty:
        [permission] = show(mighty, asked.format("sophia")).find("permissions/role-based")
    assert permission.tag == "superuser"


def test_no_more_than_five_calls_are_answered_at_once():
    inside, gate = threading.Semaphore(0), threading.Event()

    class Held(dict[str, str]):
        def __contains__(self, command: object) -> bool:
            inside.release()
            gate.wait(60)
            return False

    with PanosEmulator(make_day(NOW), key="k", answers=Held()) as panos, ThreadPoolExecutor(5) as pool:
        calls = [pool.submit(post, panos, type="op", cmd=COMMANDS["info"]) for _ in range(5)]
        for _ in calls:
            assert inside.acquire(timeout=60)
        assert refusal(post(panos, type="op", cmd=COMMANDS["info"]))[0] == 503
        gate.set()
        assert [call.result().status_code for call in calls] == [200] * 5
        assert panos.most_at_once == 6


def test_errors_and_bombs_come_with_http_200():
    faults = [error(22, "Session timed out"), BOMB, Fault(body=b"<response status='success'><result>")]
    with PanosEmulator(make_day(NOW), key="k", faults=faults) as panos:
        assert refusal(post(panos, type="op")) == (200, "22", "Session timed out")
        bomb = post(panos, type="op")
        assert bomb.status_code == 200
        with pytest.raises(DTDForbidden):
            fromstring(bomb.text, forbid_dtd=True)
        assert not post(panos, type="op").text.endswith("</response>")


def test_a_test_may_answer_itself():
    answers = {"show clock": "<response status='success'><result>noon</result></response>"}
    with PanosEmulator(make_day(NOW), key="k", answers=answers) as panos:
        assert show(panos, "<show><clock/></show>").text == "noon"


@pytest.mark.skipif(not RECORDED.exists(), reason="the recordings lie beside the project, in ../shared/data/payloads")
@pytest.mark.parametrize(
    ("command", "recording"),
    [
        ("arp", "extracted/016_test_get_arp_table.xml"),
        ("config locks", "extracted/076_test_get_config_locks.xml"),
        ("ha", "show_ha_state_enabled.abridged.xml"),
        ("info", "extracted/048_test_get_device_software_version.xml"),
        ("jobs", "extracted/035_test_get_jobs.xml"),
        ("sessions", "extracted/020_test_get_session_stats.xml"),
    ],
)
def test_an_answer_is_made_of_what_a_recorded_one_is_made_of(panorama, command, recording):
    def paths(element: Element, path: str = "") -> set[str]:
        here = f"{path}/{element.tag}"
        return {here}.union(*(paths(child, here) for child in element))

    recorded = paths(fromstring((RECORDED / recording).read_text()).find("result"))
    told = paths(show(panorama, command, PASSIVE)) | paths(show(panorama, command, ACTIVE))
    assert told <= recorded
