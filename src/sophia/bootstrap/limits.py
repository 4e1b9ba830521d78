"""The limits of each company."""

from sophia.bootstrap.settings import Settings
from sophia.domain.limits import NO_LIMITS, Limits
from sophia.ports.identity import TenantDirectory

__all__ = ["ConfiguredLimits"]


class ConfiguredLimits:
    """Knows the limits of a company: those that the directory names, then its own in the settings, then the usual."""

    def __init__(self, settings: Settings, directory: TenantDirectory) -> None:
        self._usual = NO_LIMITS.but(settings.limits.said)
        self._own = {company.id: self._usual.but(company.limits.said) for company in settings.companies}
        self._directory = directory

    def __call__(self, company_id: str) -> Limits:
        """Those of one company, as they are now.

        Raises:
            NotFound: there is no such company.
            Unavailable: the directory does not answer.
        """
        return self._own.get(company_id, self._usual).but(self._directory.company(company_id).limits)
