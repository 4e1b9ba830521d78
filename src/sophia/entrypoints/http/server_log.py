"""What gunicorn itself has to say, in the same log as everything else."""

import sys
from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger

__all__ = ["ServerLog"]


class ServerLog(Logger):  # type: ignore[misc]
    """Hands gunicorn's lines to whatever the program has configured. Its access log is ours: `observation`."""

    def setup(self, cfg: Config) -> None:
        """Take the level over, and no handler."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """An error of gunicorn's; where it names the address that was asked for, without the query.

        That a client leaves the server waiting for too long is the client's (a socket with a time limit says it so).
        """
        if isinstance(sys.exception(), BlockingIOError):
            self.debug("A client has sent or read nothing for too long.")
            return
        super().exception(msg, *(arg.partition("?")[0] if isinstance(arg, str) else arg for arg in args), **kwargs)
