"""The settings of ``[[companies.sources]]``, a class for each ``type``."""

from typing import Any, Literal, TypeAlias

import attrs
from attrs import field, frozen

from sophia.bootstrap.settings_lookups import EventSettings
from sophia.domain.lookups import LookupCaps, System
from sophia.domain.tenancy import EVERYONE, reader_group, reader_user

__all__ = [
    "AnySystemSettings",
    "FolderSettings",
    "GrafanaSettings",
    "PanosSettings",
    "SourceSettings",
    "SplunkSettings",
    "SystemSettings",
]

_USUAL = LookupCaps()
_USUAL_EVENTS = EventSettings()


def _within(least: float, most: float) -> Any:
    return [attrs.validators.ge(least), attrs.validators.le(most)]


@frozen
class CapsSettings:
    """What a look-up at a source may cost at the most, see `sophia.domain.lookups.LookupCaps`."""

    hours: int = field(default=_USUAL.hours, validator=_within(1, 24 * 366))
    rows: int = field(default=_USUAL.rows, validator=_within(1, 1_000))
    megabytes: int = field(default=_USUAL.megabytes, validator=_within(1, 64))
    seconds: float = field(default=_USUAL.seconds, validator=_within(1, 300))
    at_once: int = field(default=_USUAL.at_once, validator=_within(1, 32))
    a_turn: int = field(default=_USUAL.a_turn, validator=_within(1, 16))
    a_day: int = field(default=_USUAL.a_day, validator=_within(1, 1_000_000))


@frozen
class FolderSettings:
    """A folder of documents; ``groups`` or ``owner`` narrow who finds them."""

    name: str
    path: str
    type: Literal["folder"] = "folder"
    groups: tuple[str, ...] = ()
    owner: str = ""

    @property
    def readers(self) -> frozenset[str]:
        """The reader tokens of its documents."""
        return frozenset({reader_user(self.owner)}) if self.owner else _readers(self.groups)


@frozen(kw_only=True)
class SystemSettings:
    """A system that SOPHIA looks at, and never changes.

    Attributes:
        url: where it is.
        credential: ``category/name`` of what SOPHIA shows there, in the company's vault.
        groups: of users who may look, and who find what it has told; none: everybody of the company.
        ca_file: certificates (PEM) that are trusted for it, instead of the machine's.
        lookups: whether questions may look at it.
        knowledge: whether what it tells becomes documents.
        caps: what one look-up may cost.
    """

    name: str
    url: str
    credential: str
    groups: tuple[str, ...] = ()
    ca_file: str = ""
    lookups: bool = True
    knowledge: bool = True
    caps: CapsSettings = CapsSettings()

    @property
    def readers(self) -> frozenset[str]:
        """The reader tokens of those who may look."""
        return _readers(self.groups)

    @property
    def lookup_caps(self) -> LookupCaps:
        """The caps as the source keeps them."""
        return LookupCaps(**attrs.asdict(self.caps))


@frozen(kw_only=True)
class SplunkSettings(SystemSettings):
    """A Splunk search head.

    Attributes:
        scheme: how the credential is shown: a token (``Bearer``) or a session key (``Splunk``).
        web_url: of its pages, for links; empty: none are made.
        commands: of SPL, if a search may use only some of those that read.
        macros, lookup_tables, saved_searches: that a search may name.
        events: where it keeps what the built-in look-ups ask for.
    """

    type: Literal["splunk"] = "splunk"
    scheme: Literal["Bearer", "Splunk"] = "Bearer"
    web_url: str = ""
    commands: tuple[str, ...] = ()
    macros: tuple[str, ...] = ()
    lookup_tables: tuple[str, ...] = ()
    saved_searches: tuple[str, ...] = ()
    events: EventSettings = _USUAL_EVENTS

    @property
    def system(self) -> System:
        """What it is."""
        return System.SPLUNK


@frozen(kw_only=True)
class PanosSettings(SystemSettings):
    """A firewall, or a Panorama.

    Attributes:
        views: that may be looked at; empty: all of them.
        admin: the administrator whose key it is, for `doctor` to tell their role.
        targets: the firewalls behind a Panorama, their serial numbers by the names that people call them.
    """

    type: Literal["panos"] = "panos"
    views: tuple[str, ...] = ()
    admin: str = ""
    targets: dict[str, str] = field(factory=dict, hash=False)

    @property
    def system(self) -> System:
        """What it is."""
        return System.PANOS


@frozen(kw_only=True)
class GrafanaSettings(SystemSettings):
    """A Grafana.

    Attributes:
        datasources: uids of those whose data may be asked for.
    """

    type: Literal["grafana"] = "grafana"
    datasources: tuple[str, ...] = ()

    @property
    def system(self) -> System:
        """What it is."""
        return System.GRAFANA


AnySystemSettings: TypeAlias = SplunkSettings | PanosSettings | GrafanaSettings
"""A system, of whichever kind."""

SourceSettings: TypeAlias = FolderSettings | AnySystemSettings
"""A source, by its ``type``; a folder where none is said."""


def _readers(groups: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(reader_group, groups)) or frozenset({EVERYONE})
