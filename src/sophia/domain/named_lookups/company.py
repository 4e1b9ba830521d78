"""The named look-ups of a company, and what it takes to read them from a message."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from attrs import field, frozen

from sophia.domain.named_lookups.values import NamedLookup

__all__ = ["CompanyLookups"]

_UTC = ZoneInfo("UTC")


@frozen
class CompanyLookups:
    """What can be asked for by name at one company.

    Attributes:
        lookups: those of the same name are one look-up at several sources.
        firewalls: the names of those behind a Panorama, by source; a source without any is a firewall itself.
        zone: where its people are.
        zones: where some of them are, by user id.
    """

    lookups: tuple[NamedLookup, ...] = ()
    firewalls: Mapping[str, tuple[str, ...]] = field(factory=dict, hash=False)
    zone: ZoneInfo = _UTC
    zones: Mapping[str, ZoneInfo] = field(factory=dict, hash=False)

    def zone_of(self, user_id: str) -> ZoneInfo:
        """Where a user is."""
        return self.zones.get(user_id, self.zone)

    def named(self, name: str) -> tuple[NamedLookup, ...]:
        """The look-up of a name, at each of its sources."""
        return tuple(lookup for lookup in self.lookups if lookup.name == name)
