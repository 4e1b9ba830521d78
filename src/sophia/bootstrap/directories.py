"""Tenant directories whose libraries take a while to load, made here so that only who chooses them waits."""

from functools import partial

from sophia.adapters.http.key_file import read_key
from sophia.bootstrap.settings import Settings
from sophia.ports.identity import TenantDirectory

__all__ = ["open_backend_directory"]


def open_backend_directory(settings: Settings) -> TenantDirectory:
    """The directory behind the backend's REST interface, with what the settings add to its companies.

    Raises:
        ConfigurationError: its address or the token file cannot be used.
    """
    from sophia.adapters.backend.directory import RestTenantDirectory  # noqa: PLC0415 - a fifth of a second

    backend = settings.backend
    return RestTenantDirectory(
        backend.base_url,
        partial(read_key, settings.directory / backend.token_file, "/backend/token_file"),
        {company.id: company.synonyms for company in settings.companies},
        settings.service.language,
        patience=backend.timeout,
        fresh_for=backend.directory_fresh,
        stale_for=backend.directory_stale,
    )
