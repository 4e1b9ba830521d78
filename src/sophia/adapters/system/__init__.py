"""The clock of this machine, and identifiers made on it."""

from sophia.adapters.system.clock import SystemClock
from sophia.adapters.system.ids import UlidIds

__all__ = ["SystemClock", "UlidIds"]
