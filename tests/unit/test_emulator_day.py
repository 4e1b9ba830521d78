"""The day of the emulators: whenever it is made, it tells one story, and the three systems tell the same."""

import ipaddress
import re
from datetime import UTC, datetime, timedelta

import pytest

from sophia.testing.emulators.day import ZONE, Day, Today, make_day
from sophia.testing.emulators.promql import is_about_logs, log_lines, measured
from sophia.testing.emulators.spl import WRITING, fill_in, pipeline, run
from sophia.testing.fakes.system import FrozenClock

DOCUMENTATION = [
    ipaddress.ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "0.0.0.0/32")
]
MOMENTS = [
    pytest.param(datetime(2026, 5, 12, 22, 1, tzinfo=UTC), id="just after midnight, in Madrid"),
    pytest.param(datetime(2026, 5, 12, 10, 30, tzinfo=UTC), id="at noon"),
    pytest.param(datetime(2026, 5, 12, 21, 59, tzinfo=UTC), id="just before midnight"),
    pytest.param(datetime(2026, 3, 29, 1, 30, tzinfo=UTC), id="the night that loses an hour"),
    pytest.param(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), id="the night that has one twice"),
    pytest.param(datetime(2026, 1, 1, 8, 0, tzinfo=UTC), id="new year"),
]


@pytest.fixture(params=MOMENTS)
def day(request) -> Day:
    return make_day(request.param)


def yesterday(day: Day, hour: int, minute: int = 0) -> datetime:
    date = day.made.astimezone(ZONE).date() - timedelta(days=1)
    return datetime(date.year, date.month, date.day, hour, minute, tzinfo=ZONE)


def test_what_happened_lies_in_the_past_and_in_order(day):
    moments = [event.at for event in day.events]
    assert moments == sorted(moments)
    known = [*(one.at for one in day.fired), *(one.at for one in day.annotations)]
    known += [rule.since for rule in day.rules if rule.since]
    known += [job.ended or job.queued for device in day.firewalls for job in device.jobs]
    known += [user.since for device in day.firewalls for user in device.vpn_users]
    assert max([*moments, *known]) <= day.made


def test_last_night_has_the_same_failed_logins_however_night_is_meant(day):
    for since, until in ((18, 9), (20, 6), (22, 6)):
        end = yesterday(day, until) + timedelta(days=1)
        night = list(day.found(yesterday(day, since), min(end, day.made), EventCode="4625"))
        today = [one for one in night if one["_time"] >= end.replace(hour=7).isoformat()]
        assert len(night) - len(today) == 84
        assert {one["IpAddress"] for one in night[:84]} == {"203.0.113.66"}


def test_the_attacker_is_let_through_until_it_is_blocked(day):
    seen = list(day.found(index="pan_traffic", src_ip="203.0.113.66"))
    blocked = next(one.at for one in day.annotations if "bloqueo" in one.tags)
    for one in seen:
        assert one["action"] == ("allow" if datetime.fromisoformat(one["_time"]) < blocked else "deny")
    assert sum(one["action"] == "deny" for one in seen) == 36


def test_traffic_goes_through_the_firewall_that_is_active(day):
    active, passive = day.firewall("fw-madrid-2"), day.firewall("fw-madrid-1")
    assert (active.state, passive.state, active.peer, passive.peer) == ("active", "passive", passive.name, active.name)
    hosts = {one["host"] for one in day.found(active.state_since, index="pan_traffic")}
    assert hosts == {"fw-madrid-2"}
    told = next(day.found(index="pan_system", subtype="ha", host="fw-madrid-2"))
    assert datetime.fromisoformat(told["_time"]) == active.state_since
    curves = {one.labels["device"]: one.at for one in measured("acm:ha_active:bool", day)}
    before = active.state_since - timedelta(minutes=1)
    assert (curves["fw-madrid-2"](before), curves["fw-madrid-2"](day.made)) == (0.0, 1.0)


def test_the_vpn_has_as_many_sessions_in_grafana_as_on_its_gateway(day):
    [gateway] = measured('panGPGWUtilizationActiveTunnels{pasarela="gw-madrid"}', day)
    assert gateway.at(day.made) == len(day.firewall("fw-madrid-2").vpn_users) == 12


def test_a_rule_is_in_the_state_that_its_expression_says(day):
    for rule in day.rules:
        holding = [one for one in measured(rule.expression, day) if one.at(day.made) is not None]
        assert bool(holding) is (rule.state != "inactive"), rule.name
        for curve in holding:
            assert {name: curve.labels[name] for name in rule.labels} == rule.labels
            assert curve.at(day.made) == rule.value
        if rule.state == "firing":
            assert all(one.at(rule.since - timedelta(seconds=rule.seconds)) is not None for one in holding)


def test_every_saved_search_runs_but_the_one_that_writes(day):
    arguments = {"user": "m.serrano", "address": "203.0.113.66"}
    for saved in day.saved:
        text = fill_in(saved.search, arguments)
        if WRITING & {stage.split()[0] for stage in pipeline(text)}:
            assert saved.name == "Summary of logins"
        else:
            assert run(text, day, None, day.made).rows, saved.name


def test_what_the_panels_show_can_be_queried(day):
    for dashboard in day.dashboards:
        for panel in dashboard.panels:
            if panel.source == "cmdb":
                continue
            for expression in panel.expressions:
                if is_about_logs(expression):
                    assert list(log_lines(expression, day, day.made - timedelta(days=2), day.made))
                else:
                    assert measured(expression, day), panel.title


def test_all_addresses_are_for_documentation(day):
    told = re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", repr(day))
    assert len(told) > 1000
    for address in set(told):
        assert any(ipaddress.ip_address(address) in net for net in DOCUMENTATION), address


def test_who_goes_on_over_midnight_has_another_yesterday():
    clock = FrozenClock(datetime(2026, 5, 12, 21, 0, tzinfo=UTC))  # 23:00 in Madrid
    today = Today(clock.now)
    first = today()
    clock.advance(timedelta(minutes=59))
    assert today() is first
    clock.advance(timedelta(minutes=1))
    second = today()
    assert second is today()
    assert [one.made.astimezone(ZONE).day for one in (first, second)] == [12, 13]
    assert second.fired[-1].at - first.fired[-1].at == timedelta(days=1)
