"""The document sources of each company, as the settings list them."""

from collections.abc import Sequence

from sophia.adapters.folder.source import FolderSource
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.settings_sources import FolderSettings, SourceSettings
from sophia.bootstrap.systems import ConfiguredSystems
from sophia.ports.documents import DocumentSource

__all__ = ["ConfiguredSources"]


class ConfiguredSources:
    """Knows which sources a company has."""

    def __init__(self, settings: Settings, systems: ConfiguredSystems) -> None:
        self._settings = settings
        self._systems = systems
        self._sources = {
            company.id: tuple(
                self._make(company.id, source)
                for source in company.sources
                if isinstance(source, FolderSettings) or source.knowledge
            )
            for company in settings.companies
        }

    def __call__(self, company_id: str) -> Sequence[DocumentSource]:
        """The company's sources, in the order of the settings."""
        return self._sources.get(company_id, ())

    def _make(self, company_id: str, source: SourceSettings) -> DocumentSource:
        if not isinstance(source, FolderSettings):
            return self._systems.documents(company_id, source)
        limits = self._settings.knowledge.limits
        return FolderSource(
            source.name,
            self._settings.directory / source.path,
            readers=source.readers,
            max_bytes=limits.file_bytes,
            max_documents=limits.documents,
        )
