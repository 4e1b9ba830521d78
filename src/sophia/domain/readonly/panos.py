"""Which PAN-OS commands may run: a single ``<show>`` of a subject that is known to hold no secrets.

The grammar is a small part of XML, read here without an XML parser: elements, text, the five entities of XML and the
attribute ``name`` of ``entry``. There is nothing in it that a parser could expand, fetch or read in another way.

Source: PAN-OS and Panorama XML API Guide (Run Operational Mode Commands).
"""

import re
from collections.abc import Iterable
from enum import StrEnum

from attrs import define, field, frozen

from sophia.domain.readonly.refusing import check_characters, check_size, refused
from sophia.domain.readonly.rules import Rule
from sophia.errors import QueryRefused

__all__ = [
    "COMMAND_LIMIT",
    "DEPTH_LIMIT",
    "REQUEST_TYPE",
    "SUBJECTS",
    "PanosPolicy",
    "PanosView",
    "check_command",
    "role_command",
]

REQUEST_TYPE = "op"
"""The only ``type`` of a request to the XML API; ``config``, ``commit``, ``import`` and the others change things."""

COMMAND_LIMIT = 2_000
"""Characters of a command."""

DEPTH_LIMIT = 12
"""Elements within one another."""

SUBJECTS = frozenset(
    {
        *"advanced-routing arp chassis clock commit-locks config-locks counter devicegroups devices".split(),
        *"global-protect-gateway high-availability interface jobs lldp mac ntp resource routing running".split(),
        *"session user vlan vpn zone-protection".split(),
        *"system disk-partition,system disk-space,system environmentals,system info,system logdb-quota".split(","),
        *"system raid,system resources,system services,system software".split(","),
    }
)
"""What may follow ``show``, as one word or two. Not among them: the configuration and `system state`, which hold
password hashes and keys, and the logs."""


class PanosView(StrEnum):
    """The typed look-ups; the value is the command."""

    SYSTEM = "<show><system><info/></system></show>"
    HA = "<show><high-availability><state/></high-availability></show>"
    JOBS = "<show><jobs><all/></jobs></show>"
    INTERFACES = "<show><interface>all</interface></show>"
    SESSIONS = "<show><session><info/></session></show>"
    RESOURCES = "<show><system><resources/></system></show>"
    DISK = "<show><system><disk-space/></system></show>"
    ARP = '<show><arp><entry name="all"/></arp></show>'
    GLOBALPROTECT_USERS = "<show><global-protect-gateway><current-user/></global-protect-gateway></show>"
    CONFIG_LOCKS = "<show><config-locks/></show>"
    SOFTWARE = "<show><system><software><status/></software></system></show>"
    COUNTERS = "<show><counter><global/></counter></show>"


def _narrowed(names: Iterable[str]) -> frozenset[str]:
    return SUBJECTS.intersection(names)


@frozen
class PanosPolicy:
    """What a company allows of PAN-OS; ``subjects`` can only narrow `SUBJECTS`."""

    subjects: frozenset[str] = field(default=SUBJECTS, converter=_narrowed)


_TOKEN = re.compile(
    r"""
    <(?P<open>[a-z][a-z0-9-]*+)(?:[ ]++(?P<attribute>[A-Za-z_:][\w:.-]*+)[ ]*+=[ ]*+(?P<value>"[^"<]*+"|'[^'<]*+'))?
        [ ]*+(?P<empty>/?)>
    | </(?P<close>[a-z][a-z0-9-]*+)[ ]*+>
    | (?P<text>[^<]++)
    """,
    re.VERBOSE | re.ASCII,
)
_ADMIN = re.compile(r"[A-Za-z0-9_.-]{1,63}", re.ASCII)
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos);|([^\s<&;]*;?))")
_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


@define
class _Element:
    name: str
    entry: str | None = None
    text: str = ""
    children: "list[_Element]" = field(factory=list)

    def __str__(self) -> str:
        start = self.name if self.entry is None else f'{self.name} name="{_escaped(self.entry)}"'
        inner = "".join(map(str, self.children)) or _escaped(self.text)
        return f"<{start}>{inner}</{self.name}>" if inner else f"<{start}/>"


def check_command(xml: str, policy: PanosPolicy) -> str:
    """The command to send, in one line: no space between elements, ``<info/>`` for an empty one.

    The command that is given back is accepted again, and given back as it is.

    Raises:
        QueryRefused: it is not a single ``<show>`` of an allowed subject, or has more in it than elements and text.
    """
    check_size(xml, COMMAND_LIMIT)
    check_characters(xml)
    show = _read(" ".join(xml.split()))
    if show.name != "show":
        raise refused(Rule.ROOT, show.name)
    if len(show.children) != 1:
        raise refused(Rule.SUBJECT, " ".join(child.name for child in show.children) or show.text)
    subject = show.children[0]
    names = [subject.name, *(f"{subject.name} {child.name}" for child in subject.children)]
    if subject.name not in policy.subjects and (len(names) != 2 or names[1] not in policy.subjects):  # noqa: PLR2004
        raise refused(Rule.SUBJECT, names[-1])
    return str(show)


def role_command(admin: str) -> str:
    """The command that tells what an administrator may do: the only piece of the configuration that is ever asked for.

    Raises:
        QueryRefused: the name is none that an administrator can have.
    """
    if not _ADMIN.fullmatch(admin):
        raise refused(Rule.SUBJECT, admin)
    xpath = f"mgt-config/users/entry[@name='{admin}']/permissions"
    return f"<show><config><running><xpath>{xpath}</xpath></running></config></show>"


def _read(xml: str) -> _Element:
    above = [_Element("")]
    at = 0
    while at < len(xml):
        token = _TOKEN.match(xml, at)
        if token is None:
            raise _unread(xml, at)
        if token["open"]:
            element = _Element(token["open"], _entry(token))
            above[-1].children.append(element)
            if not token["empty"]:
                above.append(element)
            if len(above) > DEPTH_LIMIT + 1:
                raise refused(Rule.DEPTH, str(DEPTH_LIMIT))
        elif token["close"]:
            if above.pop().name != token["close"]:
                raise refused(Rule.XML, _where(at, token[0]))
        else:
            above[-1].text += _unescaped(token["text"]).strip()
        if above[-1].text and (above[-1].children or len(above) == 1):
            raise refused(Rule.XML, _where(at, token[0]))
        at = token.end()
    roots = above[0].children
    if len(above) > 1:
        raise refused(Rule.XML, _where(at, f"</{above[-1].name}>"))
    if len(roots) != 1:
        raise refused(Rule.ROOT, " ".join(root.name for root in roots))
    return roots[0]


def _entry(token: re.Match[str]) -> str | None:
    if token["attribute"] is None:
        return None
    if token["open"] != "entry" or token["attribute"] != "name":
        raise refused(Rule.ATTRIBUTE, token["attribute"])
    return _unescaped(token["value"][1:-1])


def _unread(xml: str, at: int) -> QueryRefused:
    """Why no token begins here."""
    if xml.startswith(("<!", "<?"), at):
        return refused(Rule.MARKUP, xml[at : at + 9])
    return refused(Rule.XML, _where(at, xml[at : at + 20]))


def _unescaped(text: str) -> str:
    def character(found: re.Match[str]) -> str:
        if found[1] is None:
            raise refused(Rule.ENTITY, found[0])
        return _CHARACTERS[found[1]]

    return _ENTITY.sub(character, text)


def _escaped(text: str) -> str:
    for character, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot")):
        text = text.replace(character, f"&{name};")
    return text


def _where(at: int, text: str) -> str:
    return f"{text} ({at + 1})"
