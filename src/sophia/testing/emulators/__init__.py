"""Outside systems as their wire shows them: real HTTP on a loopback port, told by a test how to behave.

Each emulator is a `sophia.testing.emulators.server.LoopbackServer` and a context manager; ``url`` is where it listens,
``requests`` what it was asked.
"""
