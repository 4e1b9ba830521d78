"""The systems that each company lets SOPHIA look at, as the settings list them."""

from collections.abc import Sequence

from sophia.bootstrap.settings import Settings
from sophia.ports.security_source import SecuritySource

__all__ = ["ConfiguredSystems"]


class ConfiguredSystems:
    """Knows which systems a company has."""

    def __init__(self, settings: Settings) -> None:
        self._systems: dict[str, tuple[SecuritySource, ...]] = {company.id: () for company in settings.companies}

    def __call__(self, company_id: str) -> Sequence[SecuritySource]:
        """The company's systems, in the order of the settings."""
        return self._systems.get(company_id, ())
