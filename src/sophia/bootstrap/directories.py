"""Tenant directories, as the settings choose them."""

from sophia.adapters.toml_directory.directory import TomlTenantDirectory
from sophia.application.credentials import Credentials
from sophia.bootstrap.credentials import named_credential
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.settings_file import load_settings
from sophia.ports.identity import TenantDirectory

__all__ = ["open_backend_directory", "open_file_directory"]


def open_file_directory(settings: Settings) -> TenantDirectory:
    """The directory of the settings file; companies and limits that change there are known without a restart."""
    return TomlTenantDirectory(settings.tenants, settings.file, lambda path: load_settings(path).tenants)


def open_backend_directory(settings: Settings, credentials: Credentials) -> TenantDirectory:
    """The directory behind the backend's REST interface, with what the settings add to its companies.

    Raises:
        ConfigurationError: its address cannot be used.
    """
    from sophia.adapters.backend.directory import RestTenantDirectory  # noqa: PLC0415 - a fifth of a second

    backend = settings.backend
    return RestTenantDirectory(
        backend.base_url,
        named_credential(credentials, backend.credential),
        {company.id: company.synonyms for company in settings.companies},
        settings.service.language,
        patience=backend.timeout,
        fresh_for=backend.directory_fresh,
        stale_for=backend.directory_stale,
    )
