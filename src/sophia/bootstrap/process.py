"""What a process is called where several share a database."""

import os
import secrets
import socket

__all__ = ["process_name"]


def process_name() -> str:
    """A name that no other process has, now or later: leases are told apart by it."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
