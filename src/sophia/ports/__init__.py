"""The roles that the outside world plays for SOPHIA, as Protocols; the docstring is the contract.

Each has a contract suite in `sophia.testing.contracts` that every adapter and every fake passes.
"""
