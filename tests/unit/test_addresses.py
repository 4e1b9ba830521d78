"""Which machines SOPHIA speaks to, whatever a name server says."""

import socket

import pytest

from sophia.adapters.http.client import HttpClient
from sophia.adapters.http.urls import url_fault
from sophia.domain.addresses import is_loopback, is_off_limits, names_this_machine
from sophia.errors import Unavailable
from sophia.testing.emulators.server import LoopbackServer

OFF_LIMITS = [
    "169.254.169.254",
    "169.254.0.1",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "fd20:ce::254",
    "::",
    "ff02::1",
    "::ffff:169.254.169.254",
    "::169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::",
]


@pytest.mark.parametrize("address", OFF_LIMITS)
def test_what_is_never_called(address):
    assert is_off_limits(address)
    assert not is_loopback(address)
    host = f"[{address}]" if ":" in address else address
    assert "are not called" in (url_fault(f"https://{host}/latest/meta-data") or "")


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "10.0.0.7", "192.168.1.1", "172.16.0.1", "100.64.0.1", "fd12::7", "93.184.215.14"]
)
def test_a_company_has_its_systems_at_private_addresses_too(address):
    assert not is_off_limits(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_what_is_this_machine(address):
    assert is_loopback(address)
    assert names_this_machine(address)


@pytest.mark.parametrize(
    "address",
    ["2002:7f00:1::", "64:ff9b::7f00:1", "::127.0.0.1", "localhost.", "127.1", "0x7f000001", "", "127.0.0.1 "],
)
def test_what_only_looks_like_this_machine(address):
    assert not is_loopback(address)
    assert not names_this_machine(address)


@pytest.fixture
def server():
    with LoopbackServer(lambda _, exchange: exchange.send(200, b"{}")) as server:
        yield server


@pytest.fixture
def resolve(monkeypatch):
    """A name server that says what a test wants of every name."""

    def to(*addresses):
        def found(host, port, *_, **__):
            kinds = ((socket.AF_INET6 if ":" in address else socket.AF_INET, address) for address in addresses)
            return [(kind, socket.SOCK_STREAM, 6, "", (address, port)) for kind, address in kinds]

        monkeypatch.setattr(socket, "getaddrinfo", found)

    return to


@pytest.mark.parametrize("address", [a for a in OFF_LIMITS if "%" not in a])
def test_no_name_leads_there(server, resolve, address):
    port = server.url.rpartition(":")[2]
    for found in ((address,), ("127.0.0.1", address)):
        resolve(*found)
        with pytest.raises(Unavailable, match="cannot be reached"):
            HttpClient("backend", f"http://backend.example:{port}", 2).get("/", {})
    assert server.requests == []


def test_what_is_called_this_machine_is_this_machine(server, resolve):
    client = HttpClient("backend", server.url.replace("127.0.0.1", "localhost"), 2)
    assert client.get("/", {}).status == 200
    resolve("127.0.0.1", "10.0.0.7")
    with pytest.raises(Unavailable, match="cannot be reached"):
        client.get("/", {})
    assert len(server.requests) == 1


def test_a_name_that_is_not_known_or_is_none(server):
    for host in ("nowhere.invalid", "a" * 64 + ".example"):
        with pytest.raises(Unavailable, match="cannot be reached"):
            HttpClient("backend", f"https://{host}", 2).get("/", {})


def test_the_next_address_is_tried_where_one_does_not_answer(server, resolve):
    resolve("127.0.0.2", "127.0.0.1")
    port = server.url.rpartition(":")[2]
    assert HttpClient("backend", f"http://backend.example:{port}", 2).get("/", {}).status == 200
