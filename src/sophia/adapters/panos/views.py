"""The answers of ``show`` commands as tables."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element  # only its name: what is read is read by defusedxml

from attrs import frozen

from sophia.domain.readonly import PanosView
from sophia.errors import Unavailable

__all__ = ["VIEWS", "Table", "View", "table_of"]

Rows = Sequence[tuple[str, ...]]


@frozen
class Table:
    """What a view shows."""

    columns: tuple[str, ...]
    rows: Rows


@frozen
class View:
    """A ``show`` command, what it tells, and how its answer is read."""

    command: PanosView
    title: str
    told: str
    read: Callable[[Element], Table]


class _Unread(Exception):
    """The answer lacks what every answer to this command has."""


def table_of(name: str, view: View, result: Element) -> Table:
    """The answer to a view's command as a table.

    Raises:
        Unavailable: it is not what the command is answered with; says what is missing.
    """
    try:
        return view.read(result)
    except _Unread as error:
        raise Unavailable(name, f"has sent no answer that can be read: {error}") from error


def _needed(result: Element, path: str) -> Element:
    found = result.find(path)
    if found is None:
        raise _Unread(f"there is no <{path}>")
    return found


def _text(element: Element, path: str) -> str:
    return " ".join((element.findtext(path) or "").split())


def _fields(at: str, names: Mapping[str, str]) -> Callable[[Element], Table]:
    """Some fields of one element, a row each; those that a device does not have are left out."""

    def read(result: Element) -> Table:
        element = result if not at else _needed(result, at)
        rows = [(told, value) for path, told in names.items() if (value := _text(element, path))]
        if not rows:
            raise _Unread(f"none of {', '.join(names)}")
        return Table(("field", "value"), rows)

    return read


def _entries(at: str, each: str, columns: Mapping[str, str]) -> Callable[[Element], Table]:
    """A row for each element of a list, which may be empty but has to be there."""

    def read(result: Element) -> Table:
        where = result if not at else _needed(result, at)
        rows = [tuple(_text(entry, path) for path in columns) for entry in where.findall(each)]
        return Table(tuple(columns.values()), rows)

    return read


_HA = {
    "group/mode": "mode",
    "group/local-info/state": "state",
    "group/local-info/state-duration": "seconds in this state",
    "group/local-info/priority": "priority",
    "group/local-info/preemptive": "preemptive",
    "group/local-info/state-sync": "session synchronisation",
    "group/running-sync": "configuration synchronisation",
    "group/local-info/app-compat": "content versions",
    "group/local-info/last-error-state": "last error state",
    "group/local-info/last-error-reason": "last error reason",
    "group/peer-info/state": "peer state",
    "group/peer-info/conn-status": "connection to peer",
    "group/peer-info/build-rel": "peer version",
}


def _ha(result: Element) -> Table:
    return _fields("", {"enabled": "enabled", **_HA})(result)


def _interfaces(result: Element) -> Table:
    """Hardware and logical interfaces have lists of their own; they are joined by name."""
    hardware = {_text(entry, "name"): entry for entry in _needed(result, "hw").findall("entry")}
    logical = {_text(entry, "name"): entry for entry in result.findall("ifnet/entry")}
    rows = []
    for name in dict.fromkeys([*hardware, *logical]):
        below, above = hardware.get(name), logical.get(name)
        told = ("", "") if below is None else (_text(below, "state"), _text(below, "speed"))
        more = ("", "") if above is None else (_text(above, "zone"), _text(above, "ip"))
        rows.append((name, *told, *more))
    return Table(("name", "state", "speed", "zone", "address"), rows)


_DISK = re.compile(r"(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\d{1,3}%)\s+(/\S*)")


def _disk(result: Element) -> Table:
    lines = _lines(result)
    rows = [match.groups() for line in lines if (match := _DISK.fullmatch(line))]
    if not rows:
        raise _Unread("there is no table of file systems")
    return Table(("file system", "size", "used", "available", "use", "mounted on"), rows)


_LOAD = re.compile(r"load averages?: ([\d.]+), ([\d.]+), ([\d.]+)")
_CPU = re.compile(r"%?Cpu\(s\): *([\d.]+) ?%?us.*?([\d.]+) ?%?id")
_MEMORY = re.compile(r"([KM]i?B)? ?Mem ?: *([\d.]+)k? total,.*?([\d.]+)k? used")


def _resources(result: Element) -> Table:
    rows: list[tuple[str, str]] = []
    for line in _lines(result):
        if load := _LOAD.search(line):
            rows.append(("load average (1, 5, 15 min)", ", ".join(load.groups())))
        elif cpu := _CPU.search(line):
            rows += [("CPU used by processes", f"{cpu[1]} %"), ("CPU idle", f"{cpu[2]} %")]
        elif memory := _MEMORY.search(line):
            unit = memory[1] or "KiB"
            rows += [("memory", f"{memory[2]} {unit}"), ("memory used", f"{memory[3]} {unit}")]
    if not rows:
        raise _Unread("there is no load, CPU or memory")
    return Table(("field", "value"), rows)


_PROCESS = re.compile(r"(?:Process|Group)\s+(\S+)\s+(\w+)(?:\s.*)?")


def _software(result: Element) -> Table:
    rows = [match.groups() for line in _lines(result) if (match := _PROCESS.fullmatch(line))]
    if not rows:
        raise _Unread("there is no process")
    return Table(("process", "state"), rows)


def _locks(result: Element) -> Table:
    rows = [
        (entry.get("name", ""), _text(entry, "type"), _text(entry, "created"), _text(entry, "comment"))
        for entry in _needed(result, "config-locks").findall("entry")
    ]
    return Table(("owner", "type", "since", "comment"), rows)


def _lines(result: Element) -> Iterator[str]:
    return (line.strip() for line in "".join(result.itertext()).splitlines())


_SYSTEM = {
    "hostname": "hostname",
    "model": "model",
    "serial": "serial",
    "sw-version": "software",
    "app-version": "applications",
    "threat-version": "threats",
    "av-version": "antivirus",
    "uptime": "uptime",
    "time": "time",
    "ip-address": "address",
    "operational-mode": "mode",
    "multi-vsys": "multiple virtual systems",
}
_SESSIONS = {
    "num-active": "active sessions",
    "num-max": "most sessions",
    "num-tcp": "TCP",
    "num-udp": "UDP",
    "num-icmp": "ICMP",
    "num-installed": "since start",
    "cps": "new a second",
    "pps": "packets a second",
    "kbps": "kilobits a second",
}
_JOBS = {
    "id": "id",
    "type": "type",
    "user": "user",
    "status": "status",
    "result": "result",
    "progress": "progress",
    "tenq": "queued",
    "tfin": "finished",
    "details/line": "details",
}
_ARP = {"interface": "interface", "ip": "address", "mac": "MAC", "status": "status", "ttl": "seconds left"}
_USERS = {
    "username": "user",
    "computer": "computer",
    "client": "client",
    "virtual-ip": "virtual address",
    "public-ip": "public address",
    "login-time": "since",
}
_COUNTERS = {
    "name": "counter",
    "value": "value",
    "rate": "a second",
    "severity": "severity",
    "category": "category",
    "desc": "about",
}

VIEWS: Mapping[str, View] = {
    "system": View(PanosView.SYSTEM, "System", "host name, model, versions, uptime", _fields("system", _SYSTEM)),
    "ha": View(PanosView.HA, "High availability", "state of the HA pair and whether it is in sync", _ha),
    "jobs": View(PanosView.JOBS, "Jobs", "commits, installs and other jobs", _entries("", "job", _JOBS)),
    "interfaces": View(PanosView.INTERFACES, "Interfaces", "which are up, with zone and address", _interfaces),
    "sessions": View(PanosView.SESSIONS, "Sessions", "how many there are", _fields("", _SESSIONS)),
    "resources": View(PanosView.RESOURCES, "Resources", "load, CPU and memory of the management plane", _resources),
    "disk": View(PanosView.DISK, "Disk space", "file systems and how full they are", _disk),
    "arp": View(PanosView.ARP, "ARP table", "addresses and the MACs they have", _entries("entries", "entry", _ARP)),
    "globalprotect-users": View(
        PanosView.GLOBALPROTECT_USERS, "GlobalProtect users", "who is connected by VPN", _entries("", "entry", _USERS)
    ),
    "config-locks": View(PanosView.CONFIG_LOCKS, "Configuration locks", "who holds one", _locks),
    "software": View(PanosView.SOFTWARE, "Software", "its processes and whether they run", _software),
    "counters": View(
        PanosView.COUNTERS, "Global counters", "packets and drops", _entries("global/counters", "entry", _COUNTERS)
    ),
}
"""What can be looked at, by the name that agents and settings use."""
