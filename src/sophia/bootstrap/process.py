"""How a process gets on with the others beside it."""

import os
import secrets
import socket

__all__ = ["process_name", "share_processors"]


def process_name() -> str:
    """A name that no other process has, now or later: leases are told apart by it."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def share_processors() -> None:
    """Have a matrix product use one processor, unless the environment says otherwise; call it before numpy is loaded.

    A server's requests run beside one another: products that each want all processors wait for one another's threads,
    and four at once take three times the processor time (``docs/measurements.md``).
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
