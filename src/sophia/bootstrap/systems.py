"""The systems that each company lets SOPHIA look at, as the settings list them."""

from collections.abc import Sequence

from sophia.adapters.grafana import GrafanaSource, grafana_documents
from sophia.adapters.panos import PanosSource, panos_documents
from sophia.adapters.splunk import SplunkSource, splunk_documents
from sophia.adapters.systems.source import Place
from sophia.application.credentials import Credentials
from sophia.application.identity import SystemIdentity
from sophia.bootstrap.credentials import CompanyCredential
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.settings_sources import (
    AnySystemSettings,
    FolderSettings,
    GrafanaSettings,
    PanosSettings,
    SplunkSettings,
    SystemSettings,
)
from sophia.domain.readonly import GrafanaPolicy, PanosPolicy, SplPolicy
from sophia.ports.documents import DocumentSource
from sophia.ports.security_source import SecuritySource

__all__ = ["ConfiguredSystems"]


class ConfiguredSystems:
    """Knows which systems a company has."""

    def __init__(self, settings: Settings, credentials: Credentials, system: SystemIdentity) -> None:
        self._settings = settings
        self._credentials = credentials
        self._system = system
        self._sources = {
            company.id: tuple(
                _source(source, self._place(company.id, source))
                for source in company.sources
                if not isinstance(source, FolderSettings) and source.lookups
            )
            for company in settings.companies
        }

    def sources(self, company_id: str) -> Sequence[SecuritySource]:
        """Those that questions may look at, in the order of the settings."""
        return self._sources.get(company_id, ())

    def documents(self, company_id: str, source: AnySystemSettings) -> DocumentSource:
        """What one of a company's systems tells, as documents."""
        return _documents(source, self._place(company_id, source))

    def _place(self, company_id: str, source: SystemSettings) -> Place:
        ca_file = self._settings.directory / source.ca_file if source.ca_file else None
        credential = CompanyCredential(self._credentials, self._system, company_id, source.credential)
        return Place(company_id, source.name, source.url, credential, source.readers, source.lookup_caps, ca_file)


def _source(settings: AnySystemSettings, place: Place) -> SecuritySource:
    match settings:
        case SplunkSettings():
            return SplunkSource(place, _spl_policy(settings), settings.scheme, settings.web_url)
        case PanosSettings():
            return PanosSource(place, PanosPolicy(), settings.views, settings.targets, settings.admin)
        case GrafanaSettings():
            return GrafanaSource(place, GrafanaPolicy(frozenset(settings.datasources)))


def _documents(settings: AnySystemSettings, place: Place) -> DocumentSource:
    match settings:
        case SplunkSettings():
            return splunk_documents(place, settings.scheme, settings.web_url)
        case PanosSettings():
            return panos_documents(place, PanosPolicy(), settings.targets)
        case GrafanaSettings():
            return grafana_documents(place)


def _spl_policy(settings: SplunkSettings) -> SplPolicy:
    return SplPolicy(
        frozenset(settings.commands) or SplPolicy().commands,
        frozenset(settings.macros),
        frozenset(settings.lookup_tables),
        frozenset(settings.saved_searches),
    )
