"""A plausible day of an invented company, as its Splunk, its firewalls and its Grafana each saw it.

Yesterday evening, in Madrid: `fw-madrid-1` lost a link at 21:31 and `fw-madrid-2` took over; from 22:10 on,
203.0.113.66 tried the passwords of three people; at 22:52 it was blocked, and was denied until 23:40. A disk of a VPN
gateway is filling up. All of it lies in the past, whenever the day is made; names and addresses are invented
(RFC 5737), and go with the documents in ``examples/acme``.
"""

import math
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from attrs import field, frozen

__all__ = [
    "ZONE",
    "AlertRule",
    "Annotation",
    "Dashboard",
    "Day",
    "Event",
    "FiredAlert",
    "Firewall",
    "Interface",
    "Job",
    "Panel",
    "SavedSearch",
    "Series",
    "Today",
    "VpnUser",
    "make_day",
    "present",
]

ZONE = ZoneInfo("Europe/Madrid")
ATTACKER, SCANNER = "203.0.113.66", "198.51.100.77"


@frozen
class Event:
    """Something that was logged: when, and its fields as Splunk extracts them (``host``, ``index``, ``_raw``…)."""

    at: datetime
    fields: Mapping[str, str | Sequence[str]] = field(hash=False)


@frozen
class SavedSearch:
    """A search that Splunk keeps; ``$name$`` in its text is an argument. Those with a schedule may be alerts."""

    name: str
    description: str
    search: str
    earliest: str = "-24h"
    latest: str = "now"
    cron: str = ""


@frozen
class FiredAlert:
    """A time that a saved search's alert was triggered; severity is Splunk's (1 debug … 6 fatal)."""

    search: str
    at: datetime
    severity: int


@frozen
class Interface:
    name: str
    zone: str
    address: str
    is_up: bool = True
    speed: int = 10000


@frozen
class Job:
    """A job of a device; result is OK, FAIL or PEND, and ``ended`` None while it goes on."""

    id: int
    type: str
    user: str
    queued: datetime
    ended: datetime | None
    result: str
    progress: int = 100
    details: tuple[str, ...] = ()


@frozen
class VpnUser:
    name: str
    computer: str
    client: str
    virtual_ip: str
    public_ip: str
    since: datetime


@frozen
class Firewall:
    """A device, or Panorama where it has no group.

    Attributes:
        state: of high availability, and ``state_since``; ``peer`` is the other's name.
        in_sync: whether its running configuration is its peer's.
        error: why it was last out of order, or nothing.
        locks: who holds its configuration, since when, and the comment.
        disks: use in percent, by where they are mounted.
    """

    name: str
    serial: str
    model: str
    version: str
    address: str
    booted: datetime
    state: str = ""
    state_since: datetime | None = None
    peer: str = ""
    group: int = 0
    priority: int = 0
    in_sync: bool = True
    error: str = ""
    interfaces: tuple[Interface, ...] = ()
    jobs: tuple[Job, ...] = ()
    vpn_users: tuple[VpnUser, ...] = ()
    sessions: int = 0
    locks: tuple[tuple[str, datetime, str], ...] = ()
    disks: Mapping[str, int] = field(factory=dict, hash=False)
    counters: Mapping[str, tuple[int, str, str]] = field(factory=dict, hash=False)


@frozen
class Series:
    """A metric in time; None where there is nothing."""

    metric: str
    labels: Mapping[str, str] = field(hash=False)
    at: Callable[[datetime], float | None] = field(hash=False)


@frozen
class Panel:
    """What a dashboard shows: expressions of one data source (none is named: the default one)."""

    id: int
    title: str
    source: str
    expressions: tuple[str, ...]
    kind: str = "timeseries"
    description: str = ""


@frozen
class Dashboard:
    uid: str
    title: str
    folder: str
    tags: tuple[str, ...]
    description: str
    panels: tuple[Panel, ...]


@frozen
class AlertRule:
    """A rule of Grafana's, and what it finds: its state is inactive, pending or firing."""

    uid: str
    name: str
    folder: str
    expression: str
    seconds: int
    severity: str
    summary: str
    state: str = "inactive"
    since: datetime | None = None
    labels: Mapping[str, str] = field(factory=dict, hash=False)
    value: float = 0.0


@frozen
class Annotation:
    id: int
    at: datetime
    text: str
    tags: tuple[str, ...]
    dashboard: str = ""
    panel: int = 0


@frozen(eq=False)
class Day:
    """What happened, and what there is.

    Attributes:
        made: when it was made; the clock of the three systems starts there (see `now`).
        began: the same moment on the machine's monotonic clock.
        events: oldest first, none of them after ``made``.
    """

    made: datetime
    events: tuple[Event, ...]
    saved: tuple[SavedSearch, ...]
    fired: tuple[FiredAlert, ...]
    firewalls: tuple[Firewall, ...]
    series: tuple[Series, ...]
    dashboards: tuple[Dashboard, ...]
    rules: tuple[AlertRule, ...]
    annotations: tuple[Annotation, ...]
    began: float

    def now(self) -> datetime:
        """The time that the systems have: that of `made`, and what has gone by since."""
        return self.made + timedelta(seconds=time.monotonic() - self.began)

    def found(
        self, since: datetime | None = None, until: datetime | None = None, **fields: str
    ) -> Iterator[Mapping[str, Any]]:
        """The events of a time with these fields, oldest first."""
        for event in self.events:
            is_then = (since is None or event.at >= since) and (until is None or event.at < until)
            if is_then and all(event.fields.get(name) == value for name, value in fields.items()):
                yield event.fields

    def firewall(self, name: str) -> Firewall:
        """By its name or its serial."""
        return next(one for one in self.firewalls if name in {one.name, one.serial})


def make_day(now: datetime | None = None) -> Day:
    """The day, as it is at ``now`` (aware; the present where it is not given)."""
    began, made = time.monotonic(), (now or datetime.now(UTC)).astimezone(UTC)
    told = _Told(made)
    events = sorted(chain(told.logins(), told.traffic(), told.threats(), told.system()), key=lambda event: event.at)
    return Day(
        made=made,
        began=began,
        events=tuple(event for event in events if event.at <= made),
        saved=_SAVED,
        fired=(
            FiredAlert("ACM-R-011 Barrido externo", told.on(-1, 16, 35), 3),
            FiredAlert("ACM-R-052 Fuerza bruta", told.on(-1, 22, 30), 5),
            FiredAlert("ACM-R-052 Fuerza bruta", told.on(-1, 22, 45), 5),
        ),
        firewalls=told.firewalls(),
        series=told.series(),
        dashboards=_DASHBOARDS,
        rules=told.rules(),
        annotations=(
            Annotation(31, told.on(-1, 21, 5), "CAM-5190: commit desde Panorama", ("cambio", "fw-madrid")),
            Annotation(
                32,
                told.on(-1, 21, 31, 7),
                "Conmutación HA: fw-madrid-2 pasa a activo",
                ("ha", "fw-madrid"),
                "acm-110",
                3,
            ),
            Annotation(33, told.on(-1, 22, 52), f"Bloqueo de {ATTACKER} en edl-bloqueo-soc", ("bloqueo", "soc")),
        ),
    )


class Today:
    """The day for a program that goes on over midnight: what happened "yesterday evening" did so whenever it is asked.

    Args:
        now: what the time is (aware).
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._day = make_day(now())
        self._lock = Lock()

    def __call__(self) -> Day:
        """The day, made anew when another date has begun in Madrid."""
        with self._lock:
            now = self._now()
            if now.astimezone(ZONE).date() != self._day.made.astimezone(ZONE).date():
                self._day = make_day(now)
            return self._day


def present(day: Day | Today) -> Day:
    """The day as it is now, of one that stays or of one that goes on."""
    return day if isinstance(day, Day) else day()


class _Told:
    """The story, told from one moment on."""

    def __init__(self, made: datetime) -> None:
        self._made = made.astimezone(UTC)  # where an hour is always an hour
        self._today = made.astimezone(ZONE).date()
        self._random = random.Random(6)  # noqa: S311 - the same day for all

    def on(self, days: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
        """A time of the clock of Madrid, so many days from today."""
        date = self._today + timedelta(days=days)
        return datetime(date.year, date.month, date.day, hour, minute, second, tzinfo=ZONE)

    def logins(self) -> Iterator[Event]:
        attempts = self._mixed({"m.serrano": 47, "j.robles": 22, "p.ibarra": 15})
        hosts = self._mixed({"dc-madrid-1": 52, "dc-madrid-2": 32})
        for at, user, host in zip(_spread(self.on(-1, 22, 10), self.on(-1, 22, 50), 84), attempts, hosts, strict=True):
            yield _login(at, user, host, ATTACKER, failed=True)
        users = self._mixed({"l.vega": 6, "c.mora": 5, "a.rios": 4, "m.serrano": 3, "svc-backup": 1})
        hosts = self._mixed({"dc-madrid-1": 9, "dc-madrid-2": 6, "dc-valencia-1": 4})
        for at, user, host in zip(_spread(self.on(-1, 8, 30), self.on(-1, 17, 30), 19), users, hosts, strict=True):
            yield _login(at, user, host, _DESKS[user], failed=True)
        for minute, user in ((5, "l.vega"), (6, "l.vega"), (7, "l.vega"), (55, "c.mora"), (56, "c.mora")):
            yield _login(self.on(0, 8, minute), user, "dc-madrid-1", _DESKS[user], failed=True)
        for days in range(-7, -1):
            users = self._mixed({"l.vega": 4, "c.mora": 3, "a.rios": 3, "m.serrano": 2})
            for at, user in zip(_spread(self.on(days, 8, 30), self.on(days, 17, 30), 12), users, strict=True):
                yield _login(at, user, "dc-madrid-1", _DESKS[user], failed=True)
        for days in range(-7, 1):
            for at in _spread(self.on(days, 7, 30), self.on(days, 18), 42):
                user = self._random.choice(sorted(_DESKS))
                yield _login(at, user, "dc-madrid-1", _DESKS[user], failed=False)

    def traffic(self) -> Iterator[Event]:
        for at in _spread(self.on(-1, 22, 8), self.on(-1, 22, 48), 10):
            yield _traffic(at, "fw-madrid-2", ATTACKER, "192.0.2.11", 443, "allow", "ACM-UNTRUST-DMZ-010")
        tried = self._mixed({"443": 24, "4501": 12})
        for at, tunnel in zip(_spread(self.on(-1, 22, 55), self.on(-1, 23, 40), 36), tried, strict=True):
            yield _traffic(at, "fw-madrid-2", ATTACKER, "192.0.2.11", int(tunnel), "deny", "ACM-BLQ-001")
        for at, port in zip(_spread(self.on(-1, 16, 20), self.on(-1, 16, 30), 27), _SCANNED, strict=True):
            yield _traffic(at, "fw-madrid-1", SCANNER, "192.0.2.20", port, "deny", "interzone-default")
        for days in range(-7, 1):
            for at in _spread(self.on(days, 6), self.on(days, 20), 56):
                active = "fw-madrid-2" if at >= self.on(-1, 21, 31, 7) else "fw-madrid-1"
                source = self._random.choice(sorted(_DESKS.values()))
                yield _traffic(at, active, source, "192.0.2.40", 443, "allow", "ACM-OFI-DMZ-021", zone="OFI")

    def threats(self) -> Iterator[Event]:
        for at in _spread(self.on(-1, 22, 15), self.on(-1, 22, 45), 5):
            yield _threat(at, ATTACKER, "high", "Brute force login attempt", "40017")
        for at in _spread(self.on(-1, 16, 22), self.on(-1, 16, 28), 2):
            yield _threat(at, SCANNER, "medium", "TCP port scan", "8001")

    def system(self) -> Iterator[Event]:
        told = (
            (
                (21, 31, 4),
                "fw-madrid-1",
                "general",
                "link-change",
                "critical",
                "Port ethernet1/1: Down 10Gb/s-full duplex",
            ),
            (
                (21, 31, 5),
                "fw-madrid-1",
                "ha",
                "link-monitor-down",
                "critical",
                "HA Group 12: Link group 'enlaces' failure; one or more links are down",
            ),
            (
                (21, 31, 6),
                "fw-madrid-1",
                "ha",
                "state-change",
                "critical",
                "HA Group 12: Moved from state Active to state Non-Functional",
            ),
            (
                (21, 31, 7),
                "fw-madrid-2",
                "ha",
                "state-change",
                "critical",
                "HA Group 12: Moved from state Passive to state Active",
            ),
            (
                (21, 33, 20),
                "fw-madrid-1",
                "general",
                "link-change",
                "informational",
                "Port ethernet1/1: Up 10Gb/s-full duplex",
            ),
            (
                (21, 35, 20),
                "fw-madrid-1",
                "ha",
                "state-change",
                "informational",
                "HA Group 12: Moved from state Tentative to state Passive",
            ),
            (
                (21, 50, 12),
                "fw-madrid-2",
                "ha",
                "config-sync",
                "high",
                "HA Group 12: Running configuration not synchronized after retries",
            ),
        )
        for (hour, minute, second), host, subtype, name, severity, description in told:
            at = self.on(-1, hour, minute, second)
            fields = {"subtype": subtype, "eventid": name, "severity": severity, "description": description}
            yield _event(at, host, "pan_system", "pan:system", fields)

    def firewalls(self) -> tuple[Firewall, ...]:
        boots = self.on(-41, 22, 14)
        device = partial(Firewall, model="PA-3410", version="10.2.9-h1", booted=boots)
        madrid, valencia = partial(device, group=12, in_sync=False), partial(device, group=22)
        return (
            madrid(
                name="fw-madrid-1",
                serial="013201000101",
                address="192.0.2.131",
                state="passive",
                state_since=self.on(-1, 21, 35, 20),
                peer="fw-madrid-2",
                priority=80,
                error="Link monitoring failure",
                interfaces=_INTERFACES,
                jobs=(self._job(388, "Commit", "redes.turno", 21, 5, "OK", "Configuration committed successfully"),),
                sessions=17911,
                disks={"/": 46, "/opt/pancfg": 21, "/opt/panrepo": 38, "/opt/panlogs": 74},
                counters={"flow_policy_deny": (1204, "drop", "Session setup: denied by policy")},
            ),
            madrid(
                name="fw-madrid-2",
                serial="013201000102",
                address="192.0.2.132",
                state="active",
                state_since=self.on(-1, 21, 31, 7),
                peer="fw-madrid-1",
                priority=110,
                interfaces=tuple(
                    one if one.name != "ethernet1/5" else Interface("ethernet1/5", "VIS", "192.0.2.193/27", is_up=False)
                    for one in _INTERFACES
                ),
                jobs=(
                    Job(416, "Content", "Auto update agent", self._ago(3), None, "PEND", 45),
                    self._job(415, "EDLRefresh", "Auto update agent", 22, 52, "OK", "EDL edl-bloqueo-soc refreshed"),
                    self._job(414, "HA-Sync", "redes.turno", 21, 50, "FAIL", "Peer device is not ready; sync aborted"),
                    self._job(412, "Commit", "redes.turno", 21, 5, "OK", "Configuration committed successfully"),
                ),
                vpn_users=self._vpn_users(),
                sessions=18432,
                locks=(("redes.turno", self.on(-1, 21, 2), "CAM-5190 en curso"),),
                disks={"/": 47, "/opt/pancfg": 22, "/opt/panrepo": 38, "/opt/panlogs": 91},
                counters={
                    "flow_policy_deny": (36128, "drop", "Session setup: denied by policy"),
                    "flow_fwd_l3_noroute": (212, "drop", "Packets dropped: no route"),
                    "session_allocated": (9120443, "info", "Sessions allocated"),
                },
            ),
            valencia(
                name="fw-valencia-1",
                serial="013202000201",
                address="198.51.100.131",
                state="active",
                state_since=self.on(-41, 22, 31),
                peer="fw-valencia-2",
                priority=80,
                interfaces=(
                    Interface("ethernet1/1", "UNTRUST", "198.51.100.140/25"),
                    Interface("ae1", "ALM", "198.51.100.161/27"),
                ),
                sessions=5210,
                disks={"/": 41, "/opt/panlogs": 52},
            ),
            valencia(
                name="fw-valencia-2",
                serial="013202000202",
                address="198.51.100.132",
                state="passive",
                state_since=self.on(-41, 22, 40),
                peer="fw-valencia-1",
                priority=110,
                interfaces=(
                    Interface("ethernet1/1", "UNTRUST", "198.51.100.140/25"),
                    Interface("ae1", "ALM", "198.51.100.161/27"),
                ),
                disks={"/": 41, "/opt/panlogs": 50},
            ),
            Firewall(
                name="panorama-1",
                serial="000702000001",
                model="Panorama",
                version="10.2.9",
                address="192.0.2.130",
                booted=boots,
                jobs=(
                    self._job(9041, "CommitAll", "redes.turno", 21, 5, "OK", "Configuration committed successfully"),
                    self._job(9040, "Commit", "redes.turno", 21, 3, "OK", "Configuration committed successfully"),
                ),
                disks={"/": 33, "/opt/panlogs": 63},
            ),
        )

    def series(self) -> tuple[Series, ...]:
        filling = {"instance": "vpn-madrid-1", "mountpoint": "/var/log", "sede": "mad"}
        full = {"instance": "vpn-madrid-1", "mountpoint": "/", "sede": "mad"}
        other = {"instance": "vpn-valencia-1", "mountpoint": "/var/log", "sede": "vlc"}
        failover = self.on(-1, 21, 31, 7)
        return (
            Series("acm:disk_free:percent", filling, self._filling),
            Series("acm:disk_free:percent", full, lambda _: 58.0),
            Series("acm:disk_free:percent", other, lambda _: 44.5),
            Series("panGPGWUtilizationActiveTunnels", {"pasarela": "gw-madrid", "sede": "mad"}, self._tunnels(12)),
            Series("panGPGWUtilizationActiveTunnels", {"pasarela": "gw-valencia", "sede": "vlc"}, self._tunnels(5)),
            Series("acm:dataplane_cpu:percent", {"device": "fw-madrid-1"}, lambda at: 34.0 if at < failover else 3.0),
            Series("acm:dataplane_cpu:percent", {"device": "fw-madrid-2"}, lambda at: 3.0 if at < failover else 37.0),
            Series("acm:ha_active:bool", {"device": "fw-madrid-1"}, lambda at: float(at < failover)),
            Series("acm:ha_active:bool", {"device": "fw-madrid-2"}, lambda at: float(at >= failover)),
            Series("acm:order_queue:messages", {"queue": "pedidos"}, self._queue),
            Series("acm:cert_left:days", {"cn": "vpn.acme.example"}, lambda _: 24.0),
            Series("acm:cert_left:days", {"cn": "intranet.acme.example"}, lambda _: 181.0),
            Series("acm:probe_failures:count", {"probe": "sonda-ext-1"}, lambda _: 0.0),
        )

    def rules(self) -> tuple[AlertRule, ...]:
        disk = {"instance": "vpn-madrid-1", "mountpoint": "/var/log", "sede": "mad"}
        return (
            AlertRule(
                "acm-r-disco",
                "DiscoLleno",
                "Operaciones",
                "acm:disk_free:percent < 12",
                900,
                "aviso",
                "Menos del 12 % libre en /var/log de vpn-madrid-1",
                "firing",
                self._ago(84),
                disk,
                7.4,
            ),
            AlertRule(
                "acm-r-disco-crit",
                "DiscoCritico",
                "Operaciones",
                "acm:disk_free:percent < 4",
                300,
                "critica",
                "Menos del 4 % libre en un disco",
            ),
            AlertRule(
                "acm-r-cert",
                "CertificadoCaduca",
                "Operaciones",
                "acm:cert_left:days < 25",
                86_400,
                "aviso",
                "El certificado de vpn.acme.example caduca en 24 días",
                "pending",
                self._ago(240),
                {"cn": "vpn.acme.example"},
                24.0,
            ),
            AlertRule(
                "acm-r-cpu",
                "CPUPlanoDatos",
                "Redes",
                "acm:dataplane_cpu:percent > 82",
                600,
                "alta",
                "CPU del plano de datos por encima del 82 %",
            ),
            AlertRule(
                "acm-r-sonda",
                "SondaExterna",
                "Redes",
                "acm:probe_failures:count >= 3",
                0,
                "critica",
                "Tres fallos seguidos de una sonda externa",
            ),
            AlertRule(
                "acm-r-cola",
                "ColaPedidos",
                "Operaciones",
                "acm:order_queue:messages > 3500",
                0,
                "critica",
                "Más de 3.500 mensajes en la cola de pedidos",
            ),
        )

    def _filling(self, at: datetime) -> float:
        """Free space of the disk, in percent: it goes down to 7.4 now, and has been under 12 for 99 minutes."""
        minutes = max(0.0, (self._made - at).total_seconds() / 60)
        return round(min(38.0, 7.4 + minutes * 0.046), 2)

    def _tunnels(self, now: int) -> Callable[[datetime], float | None]:
        def at(moment: datetime) -> float:
            hours = (self._made - moment).total_seconds() / 3600
            return float(now if hours < 0.5 else round(now * (1 + 0.6 * abs(math.sin(hours)))))

        return at

    def _queue(self, at: datetime) -> float | None:
        """The messages that wait; nothing was measured while the metrics were moved, yesterday at three."""
        if self.on(-1, 3) <= at < self.on(-1, 3, 20):
            return None
        return float(round(420 + 300 * abs(math.sin(at.astimezone(ZONE).hour / 24 * math.pi))))

    def _vpn_users(self) -> tuple[VpnUser, ...]:
        windows, mac = "Microsoft Windows 11 Enterprise , 64-bit", "Apple Mac OS X 14.6.1"
        people = (
            "a.rios c.mora d.soler e.lozano f.barea g.nadal i.pons l.vega m.serrano n.calvo o.prats r.teruel".split()
        )
        return tuple(
            VpnUser(
                name,
                f"PT-{104233 + at}",
                mac if at % 4 == 3 else windows,
                f"198.51.100.{10 + at}",
                f"203.0.113.{120 + at}",
                self._ago(25 + 31 * at),
            )
            for at, name in enumerate(people)
        )

    def _job(self, id: int, type: str, user: str, hour: int, minute: int, result: str, detail: str) -> Job:
        at = self.on(-1, hour, minute, 11)
        return Job(id, type, user, at, at + timedelta(seconds=48), result, details=(detail,))

    def _ago(self, minutes: int) -> datetime:
        return self._made.replace(microsecond=0) - timedelta(minutes=minutes)

    def _mixed(self, counts: Mapping[str, int]) -> list[str]:
        mixed = [name for name, count in counts.items() for _ in range(count)]
        self._random.shuffle(mixed)
        return mixed


_DESKS = {
    "a.rios": "192.0.2.101",
    "c.mora": "192.0.2.102",
    "l.vega": "192.0.2.103",
    "m.serrano": "192.0.2.104",
    "svc-backup": "192.0.2.40",
}
_SCANNED = (
    21, 22, 23, 25, 53, 80, 110, 111, 135, 139, 143, 389, 445, 465, 587, 636, 993, 995, 1433, 1521, 3306, 3389, 5432,
    5900, 5986, 8080, 8443,
)  # fmt: skip
_INTERFACES = (
    Interface("ethernet1/1", "UNTRUST", "192.0.2.11/27"),
    Interface("ethernet1/2", "DMZ", "192.0.2.33/27"),
    Interface("ethernet1/5", "VIS", "192.0.2.193/27"),
    Interface("ae1", "SRV", "192.0.2.65/26"),
    Interface("tunnel.1", "VPN", "198.51.100.1/25", speed=0),
)


def _spread(start: datetime, end: datetime, count: int) -> Iterator[datetime]:
    step = (end - start) / count
    return (start + at * step for at in range(count))


def _event(at: datetime, host: str, index: str, sourcetype: str, fields: Mapping[str, str]) -> Event:
    stamp = at.astimezone(ZONE).isoformat(timespec="milliseconds")
    raw = f"{stamp} {host} " + " ".join(f'{name}="{value}"' for name, value in fields.items())
    known = {
        "_time": stamp,
        "_raw": raw,
        "host": host,
        "index": index,
        "source": f"{index}.log",
        "sourcetype": sourcetype,
        "splunk_server": "spl-idx-1",
    }
    return Event(at, {**known, **fields})


def _login(at: datetime, user: str, host: str, source: str, *, failed: bool) -> Event:
    fields = {
        "EventCode": "4625" if failed else "4624",
        "TargetUserName": user,
        "IpAddress": source,
        "LogonType": "3",
        "user": user,
        "src": source,
        "action": "failure" if failed else "success",
    }
    return _event(at, host, "wineventlog", "XmlWinEventLog", fields)


def _traffic(
    at: datetime, host: str, source: str, target: str, port: int, action: str, rule: str, zone: str = "UNTRUST"
) -> Event:
    fields = {
        "src_ip": source,
        "dest_ip": target,
        "dest_port": str(port),
        "src_zone": zone,
        "dest_zone": "DMZ",
        "action": action,
        "rule": rule,
        "bytes": "0" if action == "deny" else str(800 + port),
    }
    return _event(at, host, "pan_traffic", "pan:traffic", fields)


def _threat(at: datetime, source: str, severity: str, threat: str, id: str) -> Event:
    fields = {"src_ip": source, "dest_ip": "192.0.2.11", "severity": severity, "threat": threat, "threat_id": id}
    return _event(at, "fw-madrid-2" if source == ATTACKER else "fw-madrid-1", "pan_threat", "pan:threat", fields)


_SAVED = (
    SavedSearch(
        "Failed logins by user",
        "Inicios de sesión fallidos por usuario en las últimas 24 horas",
        "index=wineventlog EventCode=4625 | stats count by TargetUserName | sort -count",
    ),
    SavedSearch(
        "Failed logins by source",
        "Inicios de sesión fallidos por dirección de origen",
        "index=wineventlog EventCode=4625 | stats count dc(TargetUserName) as users by IpAddress | sort -count",
    ),
    SavedSearch(
        "Failed logins by host",
        "Inicios de sesión fallidos por controlador de dominio",
        "index=wineventlog EventCode=4625 | stats count by host | sort -count",
    ),
    SavedSearch(
        "Failed logins of a user",
        "De dónde vienen los inicios de sesión fallidos de una persona (argumento: user)",
        'index=wineventlog EventCode=4625 TargetUserName="$user$" | stats count by IpAddress, host | sort -count',
    ),
    SavedSearch(
        "Failed logins per hour",
        "Inicios de sesión fallidos por hora",
        "index=wineventlog EventCode=4625 | timechart span=1h count",
    ),
    SavedSearch(
        "Denied traffic by source",
        "Tráfico denegado por origen, con los puertos distintos que se probaron",
        "index=pan_traffic action=deny | stats count dc(dest_port) as ports by src_ip | sort -count",
    ),
    SavedSearch(
        "Traffic of an address",
        "Lo que los cortafuegos hicieron con una dirección (argumento: address)",
        'index=pan_traffic src_ip="$address$" | stats count by action, rule, host | sort -count',
    ),
    SavedSearch(
        "Threats by severity",
        "Amenazas vistas por los cortafuegos",
        "index=pan_threat | stats count by severity, threat | sort -count",
    ),
    SavedSearch(
        "HA events",
        "Eventos de alta disponibilidad de los cortafuegos",
        "index=pan_system subtype=ha | sort _time | table _time host description",
    ),
    SavedSearch(
        "ACM-R-011 Barrido externo",
        "Más de 20 puertos distintos denegados en cuatro horas",
        "index=pan_traffic action=deny src_zone=UNTRUST"
        " | stats count dc(dest_port) as ports by src_ip | where ports > 20",
        "-4h",
        cron="*/5 * * * *",
    ),
    SavedSearch(
        "ACM-R-052 Fuerza bruta",
        "Más de 20 inicios de sesión fallidos de una dirección en quince minutos",
        "index=wineventlog EventCode=4625 | stats count by IpAddress | where count > 20",
        "-15m",
        cron="*/15 * * * *",
    ),
    SavedSearch(
        "Summary of logins",
        "Guarda cada noche un resumen en el índice de resúmenes: escribe",
        "index=wineventlog | stats count by host, action | collect index=summary",
        cron="40 2 * * *",
    ),
)

_DASHBOARDS = (
    Dashboard(
        "acm-000",
        "Estado general",
        "Operaciones",
        ("operaciones",),
        "Pantalla de la sala de operaciones",
        (
            Panel(1, "Disco libre por servidor", "prom-madrid", ("acm:disk_free:percent",)),
            Panel(2, "Nodo activo del clúster", "prom-madrid", ("acm:ha_active:bool",), "stat"),
            Panel(3, "Avisos", "", (), "text", "La guardia de Infraestructura se releva los miércoles a las 10:00"),
        ),
    ),
    Dashboard(
        "acm-110",
        "Cortafuegos",
        "Redes",
        ("redes", "palo-alto"),
        "Sesiones, CPU de plano de datos, estado del clúster",
        (
            Panel(1, "CPU del plano de datos", "prom-madrid", ("acm:dataplane_cpu:percent",)),
            Panel(2, "Registros del sistema", "loki-1", ('{job="pan_system"}',), "logs"),
            Panel(3, "Nodo activo", "prom-madrid", ('acm:ha_active:bool{device=~"fw-madrid-.*"}',), "state-timeline"),
        ),
    ),
    Dashboard(
        "acm-115",
        "VPN",
        "Redes",
        ("redes", "vpn"),
        "Sesiones por pasarela y errores de conexión",
        (
            Panel(
                1,
                "Sesiones por pasarela",
                "prom-madrid",
                ("sum by (pasarela) (panGPGWUtilizationActiveTunnels)",),
                description="Se considera saturación a partir de 780 sesiones",
            ),
            Panel(2, "Disco de las pasarelas", "prom-madrid", ('acm:disk_free:percent{instance=~"vpn-.*"}',)),
            Panel(3, "Denegados por minuto", "loki-1", ('sum(count_over_time({job="pan_traffic"} |= "deny" [1m]))',)),
        ),
    ),
    Dashboard(
        "acm-210",
        "Almacén",
        "Operaciones",
        ("almacen",),
        "Colas de pedidos, terminales conectados",
        (
            Panel(1, "Cola de pedidos", "prom-madrid", ("acm:order_queue:messages",)),
            Panel(2, "Pedidos de hoy", "cmdb", ("SELECT count(*) FROM pedidos",), "stat"),
        ),
    ),
    Dashboard(
        "acm-305",
        "Copias",
        "Operaciones",
        ("copias",),
        "Certificados y sondas de las copias",
        (Panel(1, "Días de certificado", "", ("acm:cert_left:days",)),),
    ),
    Dashboard(
        "acm-320",
        "Correo",
        "Operaciones",
        ("correo",),
        "Colas y rechazos",
        (Panel(1, "Sondas externas", "prom-madrid", ("acm:probe_failures:count",)),),
    ),
)
