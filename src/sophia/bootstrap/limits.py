"""The limits of each company, as the settings have them."""

from attrs import asdict

from sophia.bootstrap.settings import LimitSettings, Settings
from sophia.domain.limits import Limits

__all__ = ["ConfiguredLimits"]

_MEBIBYTE = 2**20


class ConfiguredLimits:
    """Knows the limits of a company: its own, and the usual ones where it has none."""

    def __init__(self, settings: Settings) -> None:
        self._usual = _limits(settings.limits, LimitSettings())
        self._own = {company.id: _limits(settings.limits, company.limits) for company in settings.companies}

    def __call__(self, company_id: str) -> Limits:
        """Those of one company."""
        return self._own.get(company_id, self._usual)


def _limits(usual: LimitSettings, own: LimitSettings) -> Limits:
    chosen = asdict(usual) | {name: value for name, value in asdict(own).items() if value is not None}
    values = {name: value or 0 for name, value in chosen.items()}
    return Limits(storage=values.pop("storage_mb") * _MEBIBYTE, **values)
