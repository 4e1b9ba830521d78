"""What can go wrong with every emulated system: on the wire, and with what it is reached by."""

import socket
import ssl

import httpx2
import pytest

from sophia.testing.emulators.certificates import issue_certificates
from sophia.testing.emulators.day import make_day
from sophia.testing.emulators.grafana import GrafanaEmulator
from sophia.testing.emulators.panos import PanosEmulator
from sophia.testing.emulators.server import LoopbackServer, nobody_listens
from sophia.testing.emulators.splunk import Found, SplunkEmulator
from sophia.testing.emulators.system import Fault, html_page, redirect

INFO = "<show><system><info/></system></show>"
SYSTEMS = {
    "splunk": (lambda **more: SplunkEmulator(make_day(), **more), "/services/server/info?output_mode=json"),
    "panos": (lambda **more: PanosEmulator(make_day(), key="k", **more), f"/api/?type=op&cmd={INFO}&key=k"),
    "grafana": (lambda **more: GrafanaEmulator(make_day(), **more), "/api/health"),
}


@pytest.fixture(params=SYSTEMS)
def emulate(request):
    return SYSTEMS[request.param]


def answer_to(emulate, fault: Fault | None, **more) -> httpx2.Response:
    make, path = emulate
    with make(faults=[fault]) as system:
        return httpx2.get(system.url + path, **more)


def test_no_fault_is_no_fault(emulate):
    assert answer_to(emulate, None).status_code == 200


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 502, 503])
def test_a_status_comes_with_a_body_of_the_system(emulate, status):
    told = answer_to(emulate, Fault(status=status, headers={"Retry-After": "2"}))
    assert (told.status_code, told.headers["retry-after"]) == (status, "2")
    assert told.headers["content-type"].split(";")[0] in {"application/json", "application/xml", "text/xml"}
    assert len(told.content) > 10


def test_it_sends_elsewhere(emulate):
    with LoopbackServer(lambda _, exchange: exchange.send(200)) as other:
        told = answer_to(emulate, redirect(other.url + "/stolen"))
        assert (told.status_code, told.headers["location"]) == (302, other.url + "/stolen")
        assert not other.requests


def test_a_page_for_people_stands_in_between(emulate):
    told = answer_to(emulate, html_page(502))
    assert (told.status_code, told.headers["content-type"]) == (502, "text/html; charset=utf-8")


def test_it_hangs_up(emulate):
    with pytest.raises(httpx2.RemoteProtocolError):
        answer_to(emulate, Fault(cuts=True))


@pytest.mark.parametrize("length", [0, 1, 20])
def test_it_hangs_up_in_the_middle(emulate, length):
    make, path = emulate
    with make(faults=[Fault(cuts_after=length)]) as system:
        got = b""
        with httpx2.stream("GET", system.url + path) as response, pytest.raises(httpx2.RemoteProtocolError):  # noqa: PT012
            for piece in response.iter_raw():
                got += piece
        assert len(got) == length


def test_it_is_slow_to_begin(emulate):
    with pytest.raises(httpx2.ReadTimeout):
        answer_to(emulate, Fault(delay=60), timeout=0.2)


def test_it_drips(emulate):
    make, path = emulate
    drop = Fault(body=b"drop by drop", drips=0.01)
    with make(faults=[drop]) as system, httpx2.stream("GET", system.url + path) as response:
        pieces = list(response.iter_raw())
    assert b"".join(pieces) == b"drop by drop"
    assert len(pieces) > 3


def test_it_floods(emulate):
    told = answer_to(emulate, Fault(floods=300_000))
    assert len(told.content) > 300_000
    assert told.content[-300_000:].strip() == b""
    assert told.content.strip()[-1:] in {b"}", b">"}


def test_what_it_says_may_be_anything(emulate):
    assert answer_to(emulate, Fault(body=b"{not json")).content == b"{not json"


def test_faults_are_decided_by_what_is_asked(emulate):
    make, path = emulate
    with make(faults=lambda request: Fault(status=500) if "again" in request.path else None) as system:
        statuses = [httpx2.get(system.url + path + more).status_code for more in ("", "&again=1", "")]
    assert statuses == [200, 500, 200]


def test_nobody_listens():
    with nobody_listens() as url, pytest.raises(httpx2.ConnectError):
        httpx2.get(url)


def test_https_is_believed_by_whoever_is_told_the_authority(emulate, tmp_path):
    make, path = emulate
    certificates = issue_certificates(tmp_path)
    with make(tls=certificates.server) as system:
        assert system.url.startswith("https://127.0.0.1:")
        told = ssl.create_default_context(cafile=certificates.ca_file)
        told.verify_flags |= ssl.VERIFY_X509_STRICT
        with httpx2.Client(verify=told) as client:
            assert [client.get(system.url + path).status_code for _ in range(2)] == [200, 200]
            assert client.get(system.url.replace("127.0.0.1", "localhost") + path).status_code == 200
        with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx2.get(system.url + path)
        with httpx2.Client(verify=told) as client:  # one that failed keeps nobody out
            assert client.get(system.url + path).status_code == 200


def test_a_client_that_says_nothing_keeps_nobody_waiting(tmp_path):
    certificates = issue_certificates(tmp_path)
    with GrafanaEmulator(make_day(), tls=certificates.server) as grafana:
        host, port = grafana.url.removeprefix("https://").split(":")
        with socket.create_connection((host, int(port))):
            told = ssl.create_default_context(cafile=certificates.ca_file)
            assert httpx2.get(f"{grafana.url}/api/health", verify=told).status_code == 200


def test_a_slow_search_over_https_is_not_taken_for_one_that_was_left(tmp_path):
    certificates = issue_certificates(tmp_path)
    told = ssl.create_default_context(cafile=certificates.ca_file)
    slow = Found([{"n": str(at)} for at in range(3)], pause=0.2)
    with SplunkEmulator(make_day(), answers=lambda _: slow, tls=certificates.server) as splunk:
        form = {"search": "search x", "output_mode": "json"}
        answer = httpx2.post(f"{splunk.url}/services/search/v2/jobs/export", data=form, verify=told)
        assert len(answer.text.splitlines()) == 3
        assert [job.state for job in splunk.jobs] == ["done"]
