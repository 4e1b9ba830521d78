"""The system of record in memory, role by role."""

from sophia.testing.fakes.memory.records import MemoryRecords

__all__ = ["MemoryRecords"]
