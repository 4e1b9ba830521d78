"""The settings of look-ups: what is taken, what is refused, and what a company's users can ask for then."""

from pathlib import Path
from typing import Any

import pytest

from sophia.bootstrap.lookups import ConfiguredLookups
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.settings_file import parse_settings
from sophia.domain.lookups import System
from sophia.domain.named_lookups import BUILT_IN, CompanyLookups
from sophia.errors import ConfigurationError
from sophia.testing.fakes.security_source import MemorySecuritySource

SIEM = {"name": "siem", "type": "splunk", "url": "https://splunk.example.com:8089", "credential": "splunk/token"}
PANORAMA = {
    "name": "panorama",
    "type": "panos",
    "url": "https://panorama.example.com",
    "credential": "panos/key",
    "targets": {"fw-madrid-1": "013201000101"},
}
OWN = {
    "name": "orders",
    "description": "Pedidos retenidos",
    "source": "siem",
    "query": 'index=orders site="$site$"',
    "parameters": {"site": "text"},
}


def settings(lookups: list[dict[str, Any]], siem: dict[str, Any] | None = None, **company: Any) -> Settings:
    values = {"id": "acme", "sources": [SIEM | (siem or {}), PANORAMA], "lookups": lookups, **company}
    return parse_settings({"companies": [values]}, Path())


def named(parsed: Settings, *systems: tuple[str, System]) -> CompanyLookups:
    there = systems or (("siem", System.SPLUNK), ("panorama", System.PANOS))
    return ConfiguredLookups(parsed, lambda _: tuple(MemorySecuritySource(*one) for one in there))("acme")


def faults(*args: Any, **more: Any) -> dict[str, str]:
    with pytest.raises(ConfigurationError) as refused:
        settings(*args, **more)
    return {fault.pointer: fault.detail for fault in refused.value.faults}


def test_a_company_has_its_own_besides_those_of_its_systems() -> None:
    there = named(settings([OWN]))
    assert [lookup.name for lookup in there.lookups] == [*BUILT_IN[:8], "orders"]
    (orders,) = there.named("orders")
    assert (orders.title("es"), orders.title("en"), orders.source) == ("Pedidos retenidos", "Pedidos retenidos", "siem")
    assert orders.filled({"site": "Muelle 3"}) == {"search": 'index=orders site="Muelle 3"'}
    assert there.firewalls == {"panorama": ("fw-madrid-1",)}


def test_one_of_the_same_name_takes_the_place_of_a_built_in_one() -> None:
    (mine,) = named(settings([OWN | {"name": "failed-logins"}])).named("failed-logins")
    assert mine.title("es") == "Pedidos retenidos"


def test_a_built_in_one_can_be_taken_away() -> None:
    names = [one.name for one in named(settings([{"name": "vpn-users", "enabled": False}])).lookups]
    assert names == [name for name in BUILT_IN[:8] if name != "vpn-users"]


def test_each_splunk_is_asked_where_it_keeps_its_events() -> None:
    parsed = settings([], siem={"events": {"failed_logins": "index=auth", "user": "account"}})
    there = named(parsed, ("siem", System.SPLUNK), ("other", System.SPLUNK))
    mine, other = there.named("failed-logins")
    assert mine.filled({})["search"] == "index=auth | stats count by account, src | sort -count"
    assert str(other.filled({})["search"]).startswith("index=wineventlog EventCode=4625 ")


def test_a_saved_search_is_given_the_parameters() -> None:
    own = {key: value for key, value in OWN.items() if key != "query"} | {"saved_search": "Pedidos"}
    (orders,) = named(settings([own])).named("orders")
    assert orders.operation == "saved_search"
    assert orders.filled({"site": "Muelle 3"}) == {"saved_search": "Pedidos", "arguments": {"site": "Muelle 3"}}


def test_another_system_is_asked_by_operation() -> None:
    own = {
        "name": "disk",
        "description": "Disco",
        "source": "panorama",
        "operation": "show",
        "arguments": {"view": "disk"},
        "ranged": False,
    }
    (disk,) = named(settings([own])).named("disk")
    assert (disk.system, disk.operation, disk.filled({}), disk.ranged) == (
        System.PANOS,
        "show",
        {"view": "disk"},
        False,
    )


def test_time_zones_are_the_company_s_and_the_user_s() -> None:
    users = [{"id": "ana"}, {"id": "bea", "time_zone": "America/Bogota"}]
    there = named(settings([], time_zone="Europe/Madrid", users=users))
    assert (there.zone_of("ana").key, there.zone_of("bea").key) == ("Europe/Madrid", "America/Bogota")
    assert named(settings([])).zone_of("ana").key == "UTC"


def test_a_company_without_systems_can_ask_for_nothing() -> None:
    assert ConfiguredLookups(settings([OWN]), lambda _: ())("acme").lookups == ()


@pytest.mark.parametrize(
    ("change", "pointer", "detail"),
    [
        ({"query": "index=orders site=$site$"}, "/query", "between double quotes"),
        ({"parameters": {"site": "colour"}}, "/parameters/site", "expected one of"),
        ({"parameters": {"site": "text", "more": "ip"}}, "/parameters/more", "no argument names it"),
        ({"parameters": {}}, "/query", "there is no parameter 'site'"),
        ({"source": "siam"}, "/source", "'siam' is no system of this company; there are 'siem', 'panorama'"),
        ({"source": "panorama"}, "", "'panorama' is no Splunk"),
        ({"description": " "}, "/description", "required key is missing"),
        ({"saved_search": "x"}, "", "expected one of `query`, `saved_search` and `operation`"),
        ({"arguments": {"view": "ha"}}, "/arguments", "goes with `operation`"),
        ({"examples": [""]}, "/examples/0", "expected a text of at most"),
        ({"hours": 0}, "", "'hours' must be >= 1"),
        ({"colour": "red"}, "/colour", "unknown key"),
    ],
)
def test_what_cannot_be_is_refused_by_name(change, pointer, detail) -> None:
    told = faults([OWN | change])
    assert list(told) == [f"/companies/0/lookups/0{pointer}"]
    assert detail in next(iter(told.values()))


def test_names_and_zones_are_checked() -> None:
    assert faults([OWN, OWN]) == {"/companies/0/lookups/1/name": "'orders' is there twice"}
    assert list(faults([], time_zone="Madrid")) == ["/companies/0/time_zone"]
    assert list(faults([], users=[{"id": "ana", "time_zone": "../etc/passwd"}])) == ["/companies/0/users/0/time_zone"]
    assert "/companies/0/sources/0/events" in faults([], siem={"events": {"failed_logins": 'index="a'}})
