"""Each route asks for the permission that the table in the documentation says, and for no other."""

import re
from pathlib import Path

import pytest
from conformance import Contract
from harness import Caller, World

from sophia.domain.tenancy import Company, Permission, User

TABLE = Path(__file__).parents[2] / "docs" / "configuration.md"
CONTRACT = Contract()
SECURED = [operation for operation in CONTRACT.operations if operation.takes_key]
UNKNOWN = {
    name: f"{name}_{'0' * 26}" for name in ("runId", "threadId", "refreshId", "documentId", "ticketId", "evidenceId")
}
BODIES = {"chat": {"companyId": "acme", "message": "Hello"}, "startRefresh": {"companyId": "acme"}}
QUERIES = {"searchMessages": {"q": "x"}}


def documented() -> dict[str, Permission]:
    """The permission of each route, as the table has it."""
    rows = re.findall(r"^\| (`[A-Z]+ /.+`) \| `(\w+)` \|", TABLE.read_text(), re.MULTILINE)
    return {route: Permission(needs) for routes, needs in rows for route in re.findall(r"`([A-Z]+ [^`]+)`", routes)}


def test_the_table_has_every_route_that_needs_a_key_and_no_other() -> None:
    assert set(documented()) == {f"{operation.method.upper()} {operation.path}" for operation in SECURED}


@pytest.mark.parametrize("operation", SECURED, ids=lambda operation: operation.id)
def test_it_asks_for_that_permission_alone(world: World, operation) -> None:
    needed = documented()[f"{operation.method.upper()} {operation.path}"]
    every = frozenset(Permission)
    some = (User("holder", permissions=frozenset({needed})), User("lacking", permissions=every - {needed}))
    world.outside.directory.add(Company("acme", "Acme", "en"), *some)

    def ask(caller: Caller) -> str:
        path, query = operation.url(**UNKNOWN), QUERIES.get(operation.id, {})
        response = caller(operation.method.upper(), path, params=query, json=BODIES.get(operation.id))
        return str(response.json().get("detail", "")) if response.status_code == 403 else ""

    assert ask(world.caller("holder")) == ""
    assert f"'{needed}'" in ask(world.caller("lacking"))
