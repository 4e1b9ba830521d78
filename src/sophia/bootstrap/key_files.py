"""The files that hold secrets, looked at before anything is served."""

from sophia.adapters.http.key_file import read_key
from sophia.bootstrap.settings import Settings

__all__ = ["check_key_files"]


def check_key_files(settings: Settings) -> None:
    """Pass when the files that the settings name can be used.

    Raises:
        ConfigurationError: one cannot.
    """
    if settings.agent.runtime == "openai" and (path := settings.model_endpoint.key_file) is not None:
        read_key(path, "/agent/openai/api_key_file")
    if settings.desk == "backend":
        for route in settings.routes.values():
            read_key(route.token_file, "/backend/token_file")
