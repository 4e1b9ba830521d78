"""The use cases give nobody what is another's, whatever is done in whatever order; on each system of record."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import attrs
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from isolation import Crowd, records_in_memory, records_in_sqlite
from sqlalchemy import Engine

from sophia.adapters.sql import SqlRecords
from sophia.domain.tenancy import Actor, TenantScope
from sophia.ports.records import Records, Transaction
from sophia.ports.system import Clock
from sophia.testing.fakes.memory import MemoryRecords

SETTINGS = settings(
    max_examples=6,
    stateful_step_count=25,
    database=None,
    suppress_health_check=list(HealthCheck),
    # The steps that led to a leak are printed as they were: to find fewer takes minutes.
    phases=[Phase.generate],
)
FINDING = settings(SETTINGS, max_examples=60, derandomize=True)


def test_nothing_crosses_in_memory() -> None:
    run_state_machine_as_test(lambda: Crowd(records_in_memory), settings=SETTINGS)


def test_nothing_crosses_in_sqlite() -> None:
    run_state_machine_as_test(lambda: Crowd(records_in_sqlite), settings=SETTINGS)


def test_nothing_crosses_in_postgres(make_postgres: Callable[[], Engine]) -> None:
    def make_records(clock: Clock, _: Path) -> Records:
        return SqlRecords(make_postgres(), clock)

    run_state_machine_as_test(lambda: Crowd(make_records), settings=settings(SETTINGS, max_examples=3))


class WithoutUsers(MemoryRecords):
    """Reads what is the company's, whoever of it asks."""

    def read(self, scope: TenantScope) -> AbstractContextManager[Transaction]:
        return super().read(attrs.evolve(scope, actor=Actor.SYSTEM))


class WithoutCompanies(MemoryRecords):
    """Reads what is a user's of the same id in one company."""

    def read(self, scope: TenantScope) -> AbstractContextManager[Transaction]:
        return super().read(attrs.evolve(scope, company_id="acme") if scope.actor is Actor.USER else scope)


class WithoutReaders(MemoryRecords):
    """Reads documents whoever may read them."""

    def read(self, scope: TenantScope) -> AbstractContextManager[Transaction]:
        return super().read(attrs.evolve(scope, groups=frozenset({"hr"})))


@pytest.mark.parametrize("leaky", [WithoutUsers, WithoutCompanies, WithoutReaders])
def test_what_crosses_is_found(leaky: type[MemoryRecords]) -> None:
    with pytest.raises(AssertionError, match="zq-"):
        run_state_machine_as_test(lambda: Crowd(lambda clock, _: leaky(clock)), settings=FINDING)
