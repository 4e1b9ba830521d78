"""The named look-ups of each company: those that every company has, and those of the settings."""

from zoneinfo import ZoneInfo

from sophia.application.look_up import SecuritySources
from sophia.bootstrap.settings import CompanySettings, Settings
from sophia.bootstrap.settings_sources import PanosSettings, SplunkSettings
from sophia.domain.lookups import System
from sophia.domain.named_lookups import CompanyLookups, EventNames, NamedLookup, built_in

__all__ = ["ConfiguredLookups"]

_NOTHING = CompanySettings("")
_USUAL_NAMES = EventNames()


class ConfiguredLookups:
    """Knows what can be asked for by name at each company."""

    def __init__(self, settings: Settings, systems: SecuritySources) -> None:
        self._companies = {company.id: company for company in settings.companies}
        self._systems = systems
        self._made: dict[tuple[str, tuple[tuple[str, System], ...]], CompanyLookups] = {}

    def __call__(self, company_id: str) -> CompanyLookups:
        """What a company's users can ask for; nothing where it has no system."""
        there = tuple((source.name, source.system) for source in self._systems(company_id))
        key = (company_id, there)
        if key not in self._made:
            self._made[key] = _made(self._companies.get(company_id, _NOTHING), dict(there))
        return self._made[key]


def _made(company: CompanySettings, systems: dict[str, System]) -> CompanyLookups:
    own = [
        lookup.named(systems[lookup.source])
        for lookup in company.lookups
        if lookup.source in systems and lookup.enabled
    ]
    replaced = {lookup.name for lookup in company.lookups}
    return CompanyLookups(
        (*(lookup for lookup in _built_in(company, systems) if lookup.name not in replaced), *own),
        {source.name: tuple(source.targets) for source in company.sources if isinstance(source, PanosSettings)},
        ZoneInfo(company.time_zone or "UTC"),
        {user.id: ZoneInfo(user.time_zone) for user in company.users if user.time_zone},
    )


def _built_in(company: CompanySettings, systems: dict[str, System]) -> tuple[NamedLookup, ...]:
    """One for each Splunk, which keeps its events where it keeps them; the others are the same everywhere."""
    names = {source.name: source.events.names for source in company.sources if isinstance(source, SplunkSettings)}
    made: list[NamedLookup] = []
    for name, system in systems.items():
        if system is System.SPLUNK:
            made += built_in(system, name, names.get(name, _USUAL_NAMES))
    for system in (System.PANOS, System.GRAFANA):
        if system in systems.values():
            made += built_in(system)
    return tuple(made)
