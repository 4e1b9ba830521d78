"""The XML API of PAN-OS, as far as SOPHIA looks: ``show`` commands of a firewall, or of those behind a Panorama.

Source: https://docs.paloaltonetworks.com/pan-os/10-2/pan-os-panorama-api

    with PanosEmulator(make_day(), key="k", device="panorama-1") as panorama:
        ...  # POST f"{panorama.url}/api/" with type=op, cmd=<show>…</show>, target=013201000102 and X-PAN-KEY

As the real one does, it says most of what goes wrong with HTTP 200: `error` makes such an answer for a test.
"""

import ssl
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from html import escape
from types import MappingProxyType
from urllib.parse import parse_qs
from xml.etree.ElementTree import Element, ParseError  # only their names: what is read is read by defusedxml

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from sophia.testing.emulators.day import ZONE, Day, Firewall, Job, Today, present
from sophia.testing.emulators.server import Exchange, Request
from sophia.testing.emulators.system import Answer, EmulatedSystem, Fault, Faults

__all__ = ["BOMB", "PanosEmulator", "error"]

BOMB = Fault(
    body=b"""<?xml version="1.0"?>
<!DOCTYPE response [
<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">
]>
<response status="success"><result>&d;</result></response>""",
    headers={"Content-Type": "application/xml; charset=UTF-8"},
)
"""An answer whose entities grow to a quarter of a megabyte: harmless, and to be refused all the same."""

_XML = {"Content-Type": "application/xml; charset=UTF-8"}


def error(code: int, text: str, status: int = 200) -> Fault:
    """An answer that says what is wrong: 16 unauthorized, 17 invalid command, 22 session timed out, and so on."""
    return Fault(status=status, body=_error_body(code, text), headers=_XML)


class PanosEmulator(EmulatedSystem):
    """Speaks ``/api/`` with ``type=op``.

    Args:
        day: whose devices.
        key: that a caller shows, in ``X-PAN-KEY`` (or as ``key``, which the real one takes too). May be changed.
        device: the name of the firewall, or of the Panorama, that listens.
        role: of the key's administrator: ``superreader``, ``superuser``…
        admin: its name.
        answers: what is said instead of what the day has, by command, in the words of the command line
            (``show system info``): the whole XML.
        max_calls: at once; one more is refused with 503.
        faults, tls: as `EmulatedSystem` takes them.

    Attributes:
        keys_in_urls: the requests whose key stood in the URL, where proxies and logs see it.
        commands: what was asked, each with its target (or nothing).
    """

    def __init__(
        self,
        day: Day | Today,
        *,
        key: str,
        device: str = "fw-madrid-2",
        role: str = "superreader",
        admin: str = "sophia",
        answers: Mapping[str, str] = MappingProxyType({}),
        max_calls: int = 5,
        faults: Iterable[Fault | None] | Faults = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(faults, tls=tls)
        self.key = key
        self.keys_in_urls: list[Request] = []
        self.commands: list[tuple[str, str]] = []
        self._told = day
        self._name = self._day.firewall(device).name
        self._role = role
        self._admin = admin
        self._answers = answers
        self._max_calls = max_calls

    @property
    def _day(self) -> Day:
        return present(self._told)

    @property
    def _device(self) -> Firewall:
        return self._day.firewall(self._name)

    def _refusal(self, status: int) -> Answer:
        if status in {401, 403}:  # where it does not know who asks, it says so in another place
            body = b'<response status="error" code="403"><result><msg>Invalid Credential</msg></result></response>'
            return Answer(status, body, _XML)
        return _error(status, "Something went wrong", status)

    def _answer(self, request: Request, exchange: Exchange) -> Answer:  # noqa: ARG002 - nothing comes in pieces
        path, _, query = request.path.partition("?")
        in_url = parse_qs(query, keep_blank_values=True)
        given = {**in_url, **parse_qs(request.body.decode(errors="replace"), keep_blank_values=True)}
        parameters = {name: values[-1] for name, values in given.items()}
        if "key" in in_url:
            self.keys_in_urls.append(request)
        if path.rstrip("/") != "/api":
            return _error(400, "Not found", 404)
        if request.headers.get("x-pan-key", parameters.get("key")) != self.key:
            return self._refusal(403)
        if self._at_once > self._max_calls:
            return _error(503, "Too many calls at once", 503)
        if parameters.get("type") != "op":
            self.writes.append(request)
            return _error(16, "Unauthorized request")
        return self._op(request, parameters)

    def _op(self, request: Request, parameters: Mapping[str, str]) -> Answer:
        try:
            words = _words(fromstring(parameters.get("cmd", ""), forbid_dtd=True))
        except (ParseError, DefusedXmlException):
            return _error(17, f"{parameters.get('cmd', '')[:60]} is invalid")
        command, target = " ".join(words), parameters.get("target", "")
        self.commands.append((command, target))
        if words[0] != "show":
            self.writes.append(request)
            return _error(16, "Unauthorized request")
        device = self._targeted(target)
        if device is None:
            return _error(13, f"{target} not connected")
        if command in self._answers:
            return Answer(200, self._answers[command].encode(), _XML)
        return self._show(device, command)

    def _targeted(self, target: str) -> Firewall | None:
        """Panorama passes a command on to the device of a serial; a firewall has but itself."""
        if not target:
            return self._device
        is_panorama = not self._device.group
        reached = self._day.firewalls if is_panorama else (self._device,)
        return next((one for one in reached if one.serial == target), None)

    def _show(self, device: Firewall, command: str) -> Answer:
        now = self._day.now()
        if command == "show admins":
            return _success(_admins(self._admin, now))
        if command in {"show devices all", "show devices connected"} and not device.group:
            return _success(self._devices())
        if command.startswith("show config running xpath "):
            return self._configured(command.removeprefix("show config running xpath "))
        if command.startswith("show jobs id "):
            wanted = command.removeprefix("show jobs id ")
            job = next((job for job in device.jobs if str(job.id) == wanted), None)
            return _success(_job(job)) if job else _error(7, f"job {wanted} not found")
        view = _VIEWS.get(command)
        if view is None:
            return _error(17, " -> ".join(command.split()) + " is unexpected")
        return _success(view(device, now))

    def _configured(self, xpath: str) -> Answer:
        """The one piece of the configuration that is there: what an administrator may do."""
        if xpath != f"mgt-config/users/entry[@name='{self._admin}']/permissions":
            return _success("")
        return _success(f"<permissions><role-based><{self._role}>yes</{self._role}></role-based></permissions>")

    def _devices(self) -> str:
        return _tag("devices", *(_connected(one) for one in self._day.firewalls if one.group))


def _words(command: Element) -> list[str]:
    """A command as one would type it: its elements, the names of its entries, and its text."""
    words = [command.attrib["name"]] if command.tag == "entry" and "name" in command.attrib else [command.tag]
    words += (command.text or "").split()
    for part in command:
        words += _words(part)
    return words


def _success(result: str) -> Answer:
    return Answer(200, f'<response status="success"><result>{result}</result></response>'.encode(), _XML)


def _error(code: int, text: str, status: int = 200) -> Answer:
    return Answer(status, _error_body(code, text), _XML)


def _error_body(code: int, text: str) -> bytes:
    return f'<response status="error" code="{code}"><msg><line>{escape(text)}</line></msg></response>'.encode()


def _tag(name: str, *content: object) -> str:
    return f"<{name}>{''.join(str(part) for part in content)}</{name}>"


def _tags(**fields: object) -> str:
    """Elements with text; what has an underscore here has a hyphen there."""
    return "".join(_tag(name.rstrip("_").replace("_", "-"), escape(str(value))) for name, value in fields.items())


def _stamp(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(ZONE).strftime("%Y/%m/%d %H:%M:%S")


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _uptime(device: Firewall, now: datetime) -> str:
    up = now - device.booted
    hours, seconds = divmod(up.seconds, 3600)
    return f"{up.days} days, {hours}:{seconds // 60:02}:{seconds % 60:02}"


def _system_info(device: Firewall, now: datetime) -> str:
    is_panorama = not device.group
    told = _tags(
        hostname=device.name,
        ip_address=device.address,
        netmask="255.255.255.128",
        is_dhcp="no",
        mac_address="00:00:5e:00:53:01",
        time=now.astimezone(ZONE).strftime("%a %b %e %H:%M:%S %Y\n"),
        uptime=_uptime(device, now),
        devicename=device.name,
        family="pc" if is_panorama else "3400",
        model=device.model,
        serial=device.serial,
        sw_version=device.version,
        app_version="8975-9530" if device.name != "fw-madrid-1" else "8971-9512",
        av_version="5112-5630",
        threat_version="8975-9530" if device.name != "fw-madrid-1" else "8971-9512",
        url_db="paloaltonetworks",
        multi_vsys="off",
        operational_mode="normal",
    )
    return _tag("system", told)


def _ha_state(device: Firewall, now: datetime) -> str:
    if not device.group:
        return _tags(enabled="no")
    since = device.state_since or device.booted
    local = _tags(
        state=device.state,
        priority=device.priority,
        preemptive="no",
        mgmt_ip=f"{device.address}/25",
        build_rel=device.version,
        platform_model=device.model,
        state_sync="Complete" if device.in_sync else "Incomplete",
        state_duration=int((now - since).total_seconds()),
        app_compat="Match" if device.in_sync else "Mismatch",
        build_compat="Match",
        **({"last_error_state": "non-functional", "last_error_reason": device.error} if device.error else {}),
    )
    peer = _tags(
        state="passive" if device.state == "active" else "active",
        conn_status="up",
        build_rel=device.version,
        priority=110 if device.priority == 80 else 80,
    ) + _tag("conn-ha1", _tags(conn_status="up", conn_primary="yes", conn_desc="heartbeat status"))
    group = _tags(
        mode="Active-Passive",
        running_sync="synchronized" if device.in_sync else "not synchronized",
        running_sync_enabled="yes",
    )
    return _tags(enabled="yes") + _tag("group", group, _tag("local-info", local), _tag("peer-info", peer))


def _jobs(device: Firewall, _: datetime) -> str:
    return "".join(map(_job, device.jobs))


def _job(job: Job) -> str:
    is_over = job.ended is not None
    told = _tags(
        tenq=_stamp(job.queued),
        tdeq=_stamp(job.queued)[-8:],
        id=job.id,
        user=job.user,
        type=job.type,
        status="FIN" if is_over else "ACT",
        queued="NO",
        stoppable=_yes(not is_over),
        result=job.result,
        tfin=_stamp(job.ended),
        description="",
        positionInQ=0,
        progress=job.progress,
    )
    return _tag("job", told, _tag("details", *(_tags(line=line) for line in job.details)), "<warnings/>")


def _interfaces(device: Firewall, _: datetime) -> str:
    logical, hardware = [], []
    for number, one in enumerate(device.interfaces, start=16):
        logical.append(
            _tag(
                "entry",
                _tags(name=one.name, zone=one.zone, fwd="vr:default", vsys=1, dyn_addr="", addr6="", tag=0),
                _tags(ip=one.address, id=number, addr=""),
            )
        )
        if one.speed:  # a tunnel has no hardware
            state = "up" if one.is_up else "down"
            speed, duplex = (str(one.speed), "full") if one.is_up else ("ukn", "ukn")
            told = _tags(
                name=one.name, id=number, type=0, mac=f"00:00:5e:00:53:{number:02x}", speed=speed, duplex=duplex
            )
            more = _tags(state=state, mode="(autoneg)", st=f"{speed}/{duplex}/{state}")
            hardware.append(_tag("entry", told, more))
    return _tag("ifnet", *logical) + _tag("hw", *hardware)


def _session_info(device: Firewall, _: datetime) -> str:
    active = device.sessions
    return _tags(
        tmo_def=30,
        num_active=active,
        num_tcp=active * 5 // 6,
        num_udp=active // 6 - 42 if active > 252 else 0,
        num_icmp=42 if active else 0,
        num_max=1_400_000,
        num_installed=active * 497,
        cps=active // 59,
        pps=active * 3,
        kbps=active * 15,
    )


def _resources(device: Firewall, now: datetime) -> str:
    busy = 12.4 if device.state == "active" else 4.1
    return escape(
        f"top - {now.astimezone(ZONE):%H:%M:%S} up {(now - device.booted).days} days,  3:42,  0 users,"
        "  load average: 0.62, 0.58, 0.51\n"
        "Tasks: 231 total,   1 running, 229 sleeping,   0 stopped,   1 zombie\n"
        f"%Cpu(s): {busy:4.1f} us,  3.1 sy,  0.0 ni, {96.9 - busy:4.1f} id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st\n"
        "MiB Mem :  15989.4 total,   5204.1 free,   6120.8 used,   4664.5 buff/cache\n"
        "MiB Swap:   8192.0 total,   8192.0 free,      0.0 used.   8911.2 avail Mem\n\n"
        "  PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n"
        " 4021           20   0  512344  81204  12740 S   6.2   0.5 411:26.59 mgmtsrvr\n"
    )


def _disk_space(device: Firewall, _: datetime) -> str:
    rows = [
        f"/dev/md{number:<10} 20G {size * 0.2:5.1f}G {20 - size * 0.2:5.1f}G {size:3}% {mount}"
        for number, (mount, size) in enumerate(device.disks.items(), start=2)
    ]
    return escape("\n".join(["Filesystem      Size  Used Avail Use% Mounted on", *rows, ""]))


def _arp(device: Firewall, _: datetime) -> str:
    entries = [
        _tag(
            "entry",
            _tags(status=" c ", ip=one.address.rpartition(".")[0] + ".254", mac=f"00:00:5e:00:53:a{at}", ttl=1700 - at),
            _tags(interface=one.name, port=one.name),
        )
        for at, one in enumerate(device.interfaces)
        if one.is_up and one.speed
    ]
    return _tags(max=32_000, total=len(entries), timeout=1800, dp="dp0") + _tag("entries", *entries)


def _vpn_users(device: Firewall, _: datetime) -> str:
    return "".join(
        _tag(
            "entry",
            _tags(domain="acme", islocal="no", username=user.name, primary_username=f"acme\\{user.name}"),
            _tags(computer=user.computer, client=user.client, vpn_type="Device Level VPN"),
            _tags(virtual_ip=user.virtual_ip, virtual_ipv6="::", public_ip=user.public_ip, public_ipv6="::"),
            _tags(tunnel_type="IPSec", login_time=user.since.astimezone(ZONE).strftime("%b.%d %H:%M:%S")),
            _tags(login_time_utc=int(user.since.timestamp()), lifetime=39_600),
        )
        for user in device.vpn_users
    )


def _config_locks(device: Firewall, _: datetime) -> str:
    entries = [
        f'<entry name="{escape(who)}">'
        + _tags(type="shared", name="shared", created=_stamp(since), last_activity=_stamp(since), loggedin="yes")
        + f"<comment><![CDATA[{comment}]]></comment></entry>"
        for who, since, comment in device.locks
    ]
    return _tag("config-locks", *entries)


def _software(_: Firewall, __: datetime) -> str:
    processes = "configd devsrvr ha_agent logrcvr mgmtsrvr rasmgr routed sslmgr sslvpn useridd".split()
    rows = [f"Process  {name:<20} running    (pid: {4000 + at})" for at, name in enumerate(processes)]
    return escape("\n".join(["", "Slot 1, Role mp", "-" * 60, "Group    all                  running", *rows, ""]))


def _counters(device: Firewall, _: datetime) -> str:
    entries = [
        _tag(
            "entry",
            _tags(category=name.partition("_")[0], severity=severity, value=value, rate=value // 86_400),
            _tags(aspect="session", desc=text, id=number, name=name),
        )
        for number, (name, (value, severity, text)) in enumerate(device.counters.items(), start=700)
    ]
    return _tags(dp="dp0") + _tag("global", _tags(t=86_400), _tag("counters", *entries))


def _admins(admin: str, now: datetime) -> str:
    told = _tags(admin=admin, type="Web", session_start=now.astimezone(ZONE).strftime("%m/%d %H:%M:%S"))
    return _tag("admins", _tag("entry", _tags(from_="127.0.0.1"), told, _tags(idle_for="00:00:00s")))


def _connected(device: Firewall) -> str:
    told = _tags(serial=device.serial, connected="yes", hostname=device.name, ip_address=device.address)
    more = _tags(model=device.model, sw_version=device.version)
    return f'<entry name="{device.serial}">{told}{more}{_tag("ha", _tags(state=device.state))}</entry>'


_VIEWS: Mapping[str, Callable[[Firewall, datetime], str]] = {
    "show arp all": _arp,
    "show commit-locks": lambda _, __: "<commit-locks/>",
    "show config-locks": _config_locks,
    "show counter global": _counters,
    "show global-protect-gateway current-user": _vpn_users,
    "show high-availability state": _ha_state,
    "show interface all": _interfaces,
    "show jobs all": _jobs,
    "show session info": _session_info,
    "show system disk-space": _disk_space,
    "show system info": _system_info,
    "show system resources": _resources,
    "show system software status": _software,
}
