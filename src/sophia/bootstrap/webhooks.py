"""The secrets that companies' backends sign with, from files."""

from collections.abc import Mapping
from pathlib import Path

from sophia.adapters.http.key_file import read_key
from sophia.errors import ConfigurationError, Unavailable
from sophia.logs import get_logger

__all__ = ["WebhookSecretFiles"]

_log = get_logger(__name__)


class WebhookSecretFiles:
    """Reads a company's secret anew each time, so that a new one needs no restart.

    Raises:
        ConfigurationError: a file cannot be read, others can read it too, or there is no secret in it.
    """

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = dict(files)
        for company_id, path in self._files.items():
            read_key(path, _pointer(company_id))

    def __call__(self, company_id: str) -> str | None:
        """The secret of a company; None where it has none.

        Raises:
            Unavailable: its file cannot be used any more.
        """
        path = self._files.get(company_id)
        try:
            return None if path is None else read_key(path, _pointer(company_id))
        except ConfigurationError as error:
            _log.error("webhooks.no_secret", tenant=company_id, problem=str(error))
            raise Unavailable("webhooks", "the secret of this company cannot be read") from error


def _pointer(company_id: str) -> str:
    return f"/companies/{company_id}/webhook_secret_file"
