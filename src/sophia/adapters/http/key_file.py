"""Secrets in files of their own."""

import os
import stat
from pathlib import Path

from sophia.errors import ConfigurationError, Fault

__all__ = ["read_key"]

_MOST_BYTES = 16_384


def read_key(path: Path, setting: str) -> str:
    """The key in a file that nobody else can read.

    Args:
        path: of the file; it holds the key and nothing else.
        setting: the pointer of the setting that names the file, for the error.

    Raises:
        ConfigurationError: it cannot be read, others can read it too, or there is no key in it.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(Fault(setting, f"cannot read {path}: {error.strerror}")) from error
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        detail = f"others can read or change {path}; take that right away (chmod o-rw)"
        raise ConfigurationError(Fault(setting, detail))
    key = content.decode("ascii", "replace").strip()
    if not key.isascii() or not key.isprintable() or not key or " " in key or len(content) > _MOST_BYTES:
        raise ConfigurationError(Fault(setting, f"{path} holds no key: one line of ASCII is expected"))
    return key
