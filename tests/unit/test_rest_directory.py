"""The tenant directory behind REST, against a backend that does as a test says."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars

from sophia.adapters.backend.cache import Cache
from sophia.adapters.backend.directory import RestTenantDirectory
from sophia.adapters.backend.translate_directory import companies_from_wire, users_from_wire
from sophia.application.credentials import CachedCredential
from sophia.domain.limits import NO_LIMITS, Limits
from sophia.domain.secrets import Secret
from sophia.domain.tenancy import USUAL, HandoffSetting, Permission
from sophia.errors import CompanySuspended, ConfigurationError, NotFound, Unavailable
from sophia.testing.emulators.backend import BackendEmulator, Fault
from sophia.testing.emulators.server import Request

TOKEN = "s3cret-t0ken"
DIGEST = "ab" * 32


@define
class Clock:
    """Seconds that pass when a test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@define
class World:
    """A directory, the backend behind it, and what goes wrong there from now on."""

    directory: RestTenantDirectory
    backend: BackendEmulator
    companies: dict[str, Any]
    clock: Clock
    fault: Fault | None = None

    @property
    def asked(self) -> list[str]:
        return [request.path for request in self.backend.requests]


def usual() -> dict[str, Any]:
    return {
        "acme": {"name": "Acme", "users": {"ana": {"groups": ["soc"]}, "luis": {}}},
        "globex": {"users": {"ana": {"permissions": ["chat"]}}},
    }


@contextmanager
def world(companies: dict[str, Any] | None = None, **more: Any) -> Iterator[World]:
    companies, clock = usual() if companies is None else companies, Clock()

    def fault(_: Request) -> Fault | None:
        return made.fault

    with BackendEmulator(companies=companies, token=TOKEN, directory_faults=fault) as backend:
        # A breaker that rests would be one more thing to think of; it has a test of its own.
        settings = {"patience": 5.0, "failures": 1000, "clock": clock} | more
        made = World(
            RestTenantDirectory(backend.url, CachedCredential(lambda: Secret(TOKEN)), **settings),
            backend,
            companies,
            clock,
        )
        yield made


BAD = [
    pytest.param(Fault(status=500), id="500"),
    pytest.param(Fault(status=503, headers={"Retry-After": "7"}), id="503"),
    pytest.param(Fault(status=429), id="429"),
    pytest.param(Fault(status=401), id="401"),
    pytest.param(Fault(status=302, headers={"Location": "http://127.0.0.1:9/"}), id="redirect"),
    pytest.param(Fault(cuts=True), id="cut"),
    pytest.param(Fault(status=200, body=b"<html>"), id="html"),
    pytest.param(Fault(status=200, body=b"null"), id="null"),
    pytest.param(Fault(status=200, body=b"[]"), id="list"),
    pytest.param(Fault(status=200, body=b"[" * 100_000), id="deep"),
    pytest.param(Fault(status=200, body=b'{"items": 1, "companies": 1}'), id="shape"),
    pytest.param(Fault(status=200, body=b'{"companies": [], "items": [{}]}'), id="no id"),
    pytest.param(Fault(status=200, body=b'{"id": "ana", "items": [1], "companies": [1]}'), id="items"),
    pytest.param(Fault(status=200, body=b'{"id": "ana", "items": [{"id": ".."}], "companies": [{}]}'), id="ids"),
    pytest.param(Fault(status=200, body=b'{"items": [], "nextCursor": "1"}'), id="endless"),
    pytest.param(Fault(status=200, body=b" " * 300_000), id="long"),
]


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_answer_is_none(fault: Fault) -> None:
    with world() as w:
        w.fault = fault
        for ask in (
            w.directory.companies,
            lambda: w.directory.company("acme"),
            lambda: w.directory.companies_of("ana"),
            lambda: w.directory.company_of_key(DIGEST),
            lambda: w.directory.user("acme", "ana"),
        ):
            with pytest.raises(Unavailable) as caught:
                ask()
            assert caught.value.dependency == "backend"
            assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("fault", BAD)
def test_the_last_good_answer_serves_meanwhile_and_then_no_more(fault: Fault) -> None:
    with world(fresh_for=10, stale_for=60) as w:
        assert (w.directory.company("acme").name, w.directory.user("acme", "ana").groups) == ("Acme", {"soc"})
        w.fault = fault
        for _ in range(2):
            w.clock.now += 29
            assert (w.directory.company("acme").name, w.directory.user("acme", "ana").groups) == ("Acme", {"soc"})
            assert w.directory.companies_of("ana") == ("acme", "globex")
        w.clock.now += 3
        for ask in (w.directory.companies, lambda: w.directory.user("acme", "ana")):
            with pytest.raises(Unavailable):
                ask()
        w.fault = None
        assert w.directory.company("acme").name == "Acme"


def test_a_backend_that_is_down_is_unavailable() -> None:
    with BackendEmulator() as backend:
        url = backend.url
    with pytest.raises(Unavailable, match="cannot be reached"):
        RestTenantDirectory(url, CachedCredential(lambda: Secret(TOKEN))).companies()


def test_a_slow_backend_keeps_nobody_waiting_who_has_an_old_answer() -> None:
    with world(fresh_for=10, stale_for=60, patience=20.0) as w:
        assert w.directory.company("acme").suspended is None
        w.fault, w.companies["acme"]["suspended"] = Fault(takes=True, delay=60.0), "not paid"
        w.clock.now += 11
        for _ in range(3):
            assert w.directory.company("acme").suspended is None
        assert len(w.asked) == 2  # one question is under way


def test_a_slow_backend_is_waited_for_with_patience() -> None:
    with world(patience=0.2) as w:
        w.fault = Fault(takes=True, delay=60.0)
        with pytest.raises(Unavailable, match="not answered in time"):
            w.directory.companies()


def test_what_changes_takes_effect_when_the_answer_is_no_longer_fresh() -> None:
    with world(fresh_for=10) as w:
        assert [company.id for company in w.directory.companies()] == ["acme", "globex"]
        assert w.directory.companies_of("zoe") == ()
        w.companies["acme"]["suspended"] = "not paid"
        w.companies["initech"] = {"users": {"zoe": {}}, "accessKeySha256": [DIGEST.upper()]}
        del w.companies["globex"]
        w.clock.now += 9
        assert w.directory.company("acme").suspended is None
        w.clock.now += 2
        with pytest.raises(CompanySuspended, match="not paid"):
            w.directory.company("acme").require_active()
        assert w.directory.companies_of("zoe") == ("initech",)
        assert w.directory.company_of_key(DIGEST) == "initech"
        with pytest.raises(NotFound):
            w.directory.company("globex")
        assert w.directory.companies_of("ana") == ("acme",)


def test_strangers_cost_the_backend_nothing() -> None:
    with world() as w:
        for i in range(50):
            assert w.directory.company_of_key(f"{i:064x}") is None
            with pytest.raises(NotFound):
                w.directory.company(f"company-{i}")
        for user in ("", ".", "..", "a\nb", "\ud800", "x" * 201):
            assert w.directory.companies_of(user) == ()
            with pytest.raises(NotFound):
                w.directory.user("acme", user)
        assert w.asked == ["/companies?limit=200"]


@pytest.mark.parametrize("user", ["a/b", "../companies", "a?b=c", "a#b", "ñandú", "a b", "%2e%2e", "auth0|1"])
def test_an_id_is_asked_for_as_it_is(user: str) -> None:
    with world({"acme": {"users": {user: {}}}}) as w:
        assert w.directory.companies_of(user) == ("acme",)
        assert w.directory.user("acme", user).permissions == USUAL


def test_an_answer_about_somebody_else_is_none() -> None:
    with world() as w:
        w.directory.companies()
        w.fault = Fault(status=200, body=json.dumps({"id": "ana", "companies": [{"id": "acme"}]}).encode())
        assert w.directory.companies_of("ANA") == ()


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_a_user_whom_the_backend_does_not_know_is_nobody(status: int) -> None:
    with world() as w:
        w.directory.companies()
        w.fault = Fault(status=status)
        assert w.directory.companies_of("eve") == ()


def test_many_companies_come_in_pages() -> None:
    with world({f"c{i}": {} for i in range(450)}) as w:
        assert [company.id for company in w.directory.companies()] == [f"c{i}" for i in range(450)]
        assert len(w.asked) == 3


def test_more_companies_than_are_kept_are_no_answer() -> None:
    with world({f"c{i}": {} for i in range(10_001)}, patience=60.0) as w, pytest.raises(Unavailable, match="10000"):
        w.directory.companies()


def test_many_at_once_ask_once() -> None:
    with world() as w, ThreadPoolExecutor(16) as pool:
        w.fault = Fault(takes=True, delay=0.3)
        at_once = threading.Barrier(16)

        def ask(_: int) -> frozenset[str]:
            at_once.wait()
            w.directory.company("acme")
            return w.directory.user("acme", "ana").groups

        assert set(pool.map(ask, range(16))) == {frozenset({"soc"})}
        assert sorted(w.asked) == ["/companies?limit=200", "/users/ana"]


def test_a_backend_that_fails_again_and_again_is_left_alone() -> None:
    with world(failures=3, rest=60.0) as w:
        w.fault = Fault(status=500)
        for _ in range(10):
            with pytest.raises(Unavailable) as caught:
                w.directory.user("acme", "ana")
        assert caught.value.retry_after == 60.0
        assert len(w.asked) == 3
        w.fault = None
        assert w.directory.company("acme").name == "Acme"  # the list has a breaker of its own


def test_the_log_tells_when_it_begins_to_fail_and_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "sophia")
    with world() as w:
        for fault in (Fault(status=500), Fault(status=500), None):
            w.fault = fault
            w.clock.now += 1000
            if fault is None:
                w.directory.companies()
            else:
                with pytest.raises(Unavailable):
                    w.directory.companies()
    told = [record.msg["event"] for record in caplog.records if isinstance(record.msg, dict)]
    assert told == ["directory.failing", "directory.recovered"]
    assert TOKEN not in caplog.text


def test_it_tells_whether_it_answers_now_whatever_is_kept() -> None:
    with world() as w:
        w.directory.check()
        assert w.directory.companies()
        w.fault = Fault(status=500)
        assert w.directory.companies()
        with pytest.raises(Unavailable, match="HTTP 500"):
            w.directory.check()
        w.fault = Fault(body=b"<html>", takes=True)
        with pytest.raises(Unavailable, match="cannot be read"):
            w.directory.check()
        w.fault = None
        w.directory.check()


def test_what_is_asked_belongs_to_the_trace_of_who_asks() -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with world() as w:
        with bound_contextvars(trace_id=trace):
            w.directory.companies()
            w.directory.companies_of("ana")
        w.directory.check()
        traced = [request.headers.get("traceparent", "")[3:35] for request in w.backend.requests]
    assert traced == [trace, trace, ""]


def test_a_token_that_is_gone_is_no_answer() -> None:
    def none() -> Secret:
        raise Unavailable("vault", "the token cannot be had")

    with pytest.raises(Unavailable, match="token"):
        RestTenantDirectory("http://127.0.0.1:1", CachedCredential(none)).companies()
    with pytest.raises(ConfigurationError, match="https"):
        RestTenantDirectory("http://backend.example.com", CachedCredential(none))


@pytest.mark.parametrize(
    "wrong",
    [
        {"handoff": "maybe"},
        {"handoff": 1},
        {"suspended": True},
        {"suspended": "x" * 301},
        {"suspended": "a\nb"},
        {"name": ["Acme"]},
        {"accessKeySha256": DIGEST},
        {"accessKeySha256": ["secret"]},
        {"accessKeySha256": [DIGEST] * 21},
        {"fileSearch": "yes"},
        {"limits": []},
        {"limits": {"requests": -1}},
        {"limits": {"requests": 1.5}},
        {"limits": {"requests": True}},
        {"limits": {"requests": "9"}},
    ],
    ids=str,
)
def test_a_company_that_cannot_be_read_lets_nobody_in_and_keeps_nobody_else_out(wrong: dict[str, Any]) -> None:
    with world(usual() | {"initech": wrong | {"users": {"zoe": {}}}}) as w:
        assert [company.id for company in w.directory.companies()] == ["acme", "globex"]
        assert w.directory.companies_of("zoe") == ("initech",)
        with pytest.raises(Unavailable, match=next(iter(wrong))):
            w.directory.company("initech")


def test_what_a_company_has_at_azure_is_told_by_the_backend() -> None:
    acme = {"id": "acme", "azureAgentId": "asst_1", "vectorStoreId": "vs_1", "fileSearch": True}
    known = companies_from_wire([acme, {"id": "globex", "azureAgentId": ""}], "es", {}).readable
    told = [(c.azure_agent_id, c.vector_store_id, c.file_search) for c in known.values()]
    assert told == [("asst_1", "vs_1", True), (None, None, None)]


def test_the_limits_of_a_company_are_told_by_the_backend(caplog: pytest.LogCaptureFixture) -> None:
    said = {
        "requests": 1,
        "userRequests": 2,
        "runs": 3,
        "userRuns": 4,
        "tokens": 5,
        "userTokens": 6,
        "documents": 7,
        "storageMb": 8,
    }
    wire = [
        {"id": "a", "limits": said},
        {"id": "b", "limits": {"runs": None, "tickets": 1}},
        {"id": "c", "limits": None},
    ]
    a, b, c = companies_from_wire(wire, "es", {}).readable.values()
    assert NO_LIMITS.but(a.limits) == Limits(1, 2, 3, 4, 5, 6, 7, 8 * 2**20)
    assert (b.limits, c.limits) == ({}, {})
    told = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert [(line["event"], line["value"]) for line in told] == [("directory.unknown_limit", "tickets")]


def test_a_company_that_is_there_twice_is_neither() -> None:
    known = companies_from_wire([{"id": "acme"}, {"id": "acme", "suspended": "x"}, {"id": "globex"}], "es", {})
    assert (list(known.readable), list(known.unreadable)) == (["globex"], ["acme"])


def test_a_key_that_two_companies_name_is_nobodys() -> None:
    items = [{"id": id_, "accessKeySha256": [DIGEST, other * 32]} for id_, other in (("a", "01"), ("b", "02"))]
    assert companies_from_wire(items, "es", {}).of_keys == {"01" * 32: "a", "02" * 32: "b"}


def test_what_is_not_said_is_as_usual() -> None:
    known = companies_from_wire([{"id": "a", "language": "fr", "suspended": ""}], "en", {"a": {"x": ("y",)}})
    (company,) = known.readable.values()
    assert (company.name, company.language, company.handoff) == ("a", "en", HandoffSetting.AUTO)
    assert (company.suspended, company.synonyms) == (None, {"x": ("y",)})
    said = {"id": "ana", "companies": [{"id": "a", "permissions": None}, {"id": "b", "permissions": []}]}
    assert [user.permissions for user in users_from_wire(said, "ana").values()] == [USUAL, frozenset()]


def test_an_unknown_permission_is_passed_over_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    said = {"id": "ana", "companies": [{"id": "a", "permissions": ["chat", "lookup:unheard-of"]}]}
    for _ in range(2):
        assert users_from_wire(said, "ana")["a"].permissions == {Permission.CHAT}
    told = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert [(line["event"], line["value"]) for line in told] == [("directory.unknown_permission", "lookup:unheard-of")]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "companies",
                    "groups",
                    "permissions",
                    "handoff",
                    "suspended",
                    "language",
                    "accessKeySha256",
                    "limits",
                    "requests",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(json_values)
def test_whatever_comes_is_read_or_refused(value: Any) -> None:
    for read in (lambda: users_from_wire(value, "ana"), lambda: companies_from_wire([value], "es", {})):
        with suppress(Unavailable):
            read()


def test_a_cache_keeps_so_many_and_no_more() -> None:
    asked: list[int] = []

    def ask(key: int) -> int:
        asked.append(key)
        return key

    cache = Cache("x", ask, fresh_for=10, stale_for=10, most=2, patience=5.0)
    for key in (1, 2, 1, 3, 1, 2):
        assert cache(key) == key
    assert asked == [1, 2, 3, 2]  # 2 was used least lately
