"""The emulated Splunk, as a plain HTTP client meets it."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from sophia.testing.emulators.day import ZONE, make_day
from sophia.testing.emulators.splunk import ADMIN, READER, Found, Message, Search, SplunkEmulator
from sophia.testing.emulators.system import Fault

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "payloads" / "splunk" / "results" / "resultsExport.json"
NOW = datetime(2026, 5, 12, 10, 30, tzinfo=UTC)
BEARER = {"Authorization": "Bearer t"}
EXPORT = "/services/search/v2/jobs/export"
FAILED = "search index=wineventlog EventCode=4625"


@pytest.fixture
def splunk():
    with SplunkEmulator(make_day(NOW), token="t") as splunk:
        yield splunk


def export(splunk: SplunkEmulator, search: str, earliest: str = "-24h", latest: str = "now", **more: str):
    form = {"search": search, "earliest_time": earliest, "latest_time": latest, "output_mode": "json", **more}
    return httpx2.post(splunk.url + EXPORT, data=form, headers=BEARER)


def lines(response: httpx2.Response) -> list[dict]:
    return [json.loads(line) for line in response.text.removeprefix("\ufeff").splitlines()]


def rows(splunk: SplunkEmulator, search: str, earliest: str = "-24h", latest: str = "now") -> list[dict]:
    response = export(splunk, search, earliest, latest)
    assert response.status_code == 200, response.text
    return [line["result"] for line in lines(response) if not line["preview"] and "result" in line]


def get(splunk: SplunkEmulator, path: str, **query: str | int) -> httpx2.Response:
    return httpx2.get(splunk.url + path, params={"output_mode": "json", **query}, headers=BEARER)


def entries(response: httpx2.Response) -> dict[str, dict]:
    return {entry["name"]: entry["content"] for entry in response.json()["entry"]}


def told(response: httpx2.Response) -> tuple[int, str, str]:
    [message] = response.json()["messages"]
    return response.status_code, message["type"], message["text"]


# --- searches


@pytest.mark.parametrize(
    ("search", "found"),
    [
        (f"{FAILED} IpAddress=203.0.113.66 | stats count", [{"count": "84"}]),
        (
            f"{FAILED} IpAddress=203.* | stats count by TargetUserName | sort -count | head 2",
            [{"TargetUserName": "m.serrano", "count": "47"}, {"TargetUserName": "j.robles", "count": "22"}],
        ),
        (
            "search index=pan_traffic action=deny | stats count dc(dest_port) as ports by src_ip | where ports > 20",
            [{"src_ip": "198.51.100.77", "count": "27", "ports": "27"}],
        ),
        (
            "search index=pan_traffic src_ip IN (203.0.113.66, 203.0.113.67) | stats values(action) as did",
            [{"did": ["allow", "deny"]}],
        ),
        (
            'search index=pan_system "Passive to state Active" | table host subtype',
            [{"host": "fw-madrid-2", "subtype": "ha"}],
        ),
        (
            "search index=pan_threat | top limit=1 severity",
            [{"severity": "high", "count": "5", "percent": "71.428571"}],
        ),
        (
            ("search index=pan_traffic action=deny (dest_port>5000 OR dest_port=22) NOT src_ip=203.0.113.66"
            " | dedup dest_port | sort dest_port | rename dest_port as port | table port"),
            [{"port": port} for port in ("22", "5432", "5900", "5986", "8080", "8443")],
        ),
        (
            f"{FAILED} | bin _time span=5m | stats count by _time IpAddress | where count > 10 | head 1",
            [{"_time": "2026-05-11T22:10:00.000+02:00", "IpAddress": "203.0.113.66", "count": "11"}],
        ),
        (f"{FAILED} host=nowhere | stats count by host", []),
        (f"{FAILED} host=nowhere | stats count", [{"count": "0"}]),
        ('| savedsearch "Traffic of an address" address="203.0.113.66" | head 1 | fields count', [{"count": "36"}]),
    ],
)  # fmt: skip
def test_a_search_finds_what_it_asks_for(splunk, search, found):
    assert rows(splunk, search) == found


def test_or_binds_closer_than_and_in_a_search_and_not_in_where(splunk):
    split = f"{FAILED} | stats count by host, TargetUserName"
    found = rows(splunk, f"{split} | search host=dc-madrid-1 TargetUserName=j.robles OR TargetUserName=p.ibarra")
    assert {row["host"] for row in found} == {"dc-madrid-1"}
    condition = 'host="dc-madrid-1" AND TargetUserName="j.robles" OR TargetUserName="p.ibarra"'
    found = rows(splunk, f"{split} | where {condition}")
    assert {row["host"] for row in found} == {"dc-madrid-1", "dc-madrid-2"}


def test_events_come_newest_first_with_all_their_fields(splunk):
    found = rows(splunk, FAILED)
    times = [row["_time"] for row in found]
    assert times == sorted(times, reverse=True)
    assert {"_raw", "host", "index", "sourcetype", "EventCode", "TargetUserName"} <= found[0].keys()


@pytest.mark.parametrize(
    ("earliest", "latest", "count"),
    [
        ("-1d@d", "@d", 84 + 19),
        ("@d", "now", 5),
        ("-1d@d+22h", "-1d@d+23h", 84),
        ("2026-05-11T22:10:00+02:00", "2026-05-11T22:30:00+02:00", 42),
        (str(datetime(2026, 5, 11, 20, 10, tzinfo=UTC).timestamp()), "1778531400", 42),
        ("0", "now", 84 + 19 + 5 + 6 * 12),
    ],
)
def test_the_time_that_is_asked_for_is_kept(splunk, earliest, latest, count):
    assert rows(splunk, f"{FAILED} | stats count", earliest, latest) == [{"count": str(count)}]


def test_a_time_in_the_search_itself_counts_more(splunk):
    assert rows(splunk, f"{FAILED} earliest=-1d@d latest=@d | stats count", "@d") == [{"count": "103"}]


def test_a_timechart_has_a_row_for_each_hour_also_where_nothing_was(splunk):
    chart = rows(splunk, f"{FAILED} | timechart span=1h count", "-1d@d", "@d")
    assert len(chart) == 24
    assert [row["count"] for row in chart if row["_time"].startswith("2026-05-11T22")] == ["84"]
    assert sum(int(row["count"]) for row in chart) == 103
    split = rows(splunk, f"{FAILED} | timechart span=12h count by host", "-1d@d", "@d")
    assert split[1] == {
        "_time": "2026-05-11T12:00:00.000+02:00",
        "_span": "43200",
        "dc-madrid-1": split[1]["dc-madrid-1"],
        "dc-madrid-2": split[1]["dc-madrid-2"],
        "dc-valencia-1": split[1]["dc-valencia-1"],
    }


@pytest.mark.parametrize(
    ("search", "status", "says"),
    [
        ("index=wineventlog", 400, "Unknown search command 'index'"),
        ("search index=x | frobnicate", 400, "Unknown search command 'frobnicate'"),
        ("search index=x | stats", 400, "At least one function"),
        ("search index=x | stats median(y)", 400, "'median' is invalid"),
        ("search index=x | | head", 400, "Missing a search command"),
        ('search index="x', 400, "Mismatched quotes"),
        ("search (index=x", 400, "Missing ')'"),
        ("search index=", 400, "ends too early"),
        ("search `macro(1)`", 400, "macro 'macro(1)' that cannot be found"),
        ("search index=x [search index=y]", 400, "runs no subsearches"),
        ("search index=x | timechart span=0h count", 400, "Invalid value for 'span'"),
        ("search index=x earliest=yesterday", 400, "Invalid time modifier"),
        ("| stats count", 400, "must not be the first command"),
        ('| savedsearch "Failed logins of a user"', 400, "missing $user$"),
        ("", 400, "Empty search"),
    ],
)
def test_what_it_cannot_run_it_refuses_and_never_guesses(splunk, search, status, says):
    code, _, text = told(export(splunk, search))
    assert code == status
    assert says in text
    assert not splunk.writes


@pytest.mark.parametrize(
    "search",
    [
        "search index=x | collect index=summary",
        "search index=x [search index=y | OUTPUTLOOKUP z.csv]",
        "search index=x [| delete ]",
        '| savedsearch "Summary of logins"',
    ],
)
def test_what_would_write_is_refused_and_kept_wherever_it_stands(splunk, search):
    status, _, text = told(export(splunk, search))
    assert (status, len(splunk.writes)) == (403, 1)
    assert "writes nothing" in text


def test_an_argument_that_breaks_out_of_its_quotes_is_seen(splunk):
    dispatch = f"{splunk.url}/services/saved/searches/Failed%20logins%20of%20a%20user/dispatch"
    form = {"args.user": 'x" | delete | search "', "output_mode": "json"}
    assert httpx2.post(dispatch, data=form, headers=BEARER).status_code == 403
    assert len(splunk.writes) == 1


def test_words_in_quotes_write_nothing(splunk):
    assert rows(splunk, 'search index=x "| delete" "[ collect"') == []
    assert not splunk.writes


def test_a_bar_in_quotes_and_a_comment_split_nothing(splunk):
    assert rows(splunk, f'{FAILED} ```| head 1``` user!="a|b" | stats count', "-1d@d", "@d") == [{"count": "103"}]


# --- the stream


def test_previews_come_first_and_only_what_is_final_is_whole(splunk):
    told = lines(export(splunk, f"{FAILED} | stats count by TargetUserName"))
    previews, final = [line for line in told if line["preview"]], [line for line in told if not line["preview"]]
    assert told == previews + final
    assert 0 < len(previews) != len(final)
    for generation in (previews, final):
        assert generation[-1]["lastrow"]
    assert [line["offset"] for line in final] == list(range(len(final)))
    assert [line for line in final if "lastrow" in line] == final[-1:]


def test_previews_can_be_declined_and_rows_be_counted(splunk):
    told = lines(export(splunk, f"{FAILED} | stats count by TargetUserName", preview="false", count="3"))
    assert [(line["preview"], line["offset"], line.get("lastrow")) for line in told] == [
        (False, 0, None),
        (False, 1, None),
        (False, 2, True),
    ]


def test_nothing_found_is_said_in_a_line(splunk):
    assert lines(export(splunk, "search index=nothing")) == [{"preview": False, "lastrow": True}]


@pytest.mark.skipif(not RECORDED.exists(), reason="the recordings lie beside the project, in ../shared/data/payloads")
def test_a_stream_has_the_shape_of_a_recorded_one():
    """The same keys in the same order, the same types, a byte order mark, and several generations of previews."""

    def shapes(text: str) -> set[tuple]:
        assert text.startswith("\ufeff")
        told = [json.loads(line) for line in text[1:].splitlines() if line]
        return {(*((name, type(value).__name__) for name, value in line.items()), line["preview"]) for line in told} | {
            type(value).__name__ for line in told for value in line["result"].values()
        }

    found = Found([{"host": name, "count": "2"} for name in "abcdef"], previews=2, bom=True)
    with SplunkEmulator(make_day(NOW), token="t", answers=lambda _: found) as splunk:
        emulated = export(splunk, "search x").content.decode()
    assert shapes(emulated) == shapes(RECORDED.read_text(encoding="utf-8"))


def test_messages_come_between_rows_and_a_fatal_one_ends_the_search():
    answers = {
        "warns": Found(
            [{"n": "1"}, {"n": "2"}], messages=(Message("WARN", "one peer is down", 1), Message("INFO", "done", 2))
        ),
        "fails": Found([{"n": "1"}, {"n": "2"}], messages=(Message("FATAL", "out of memory", 1),)),
        "fails late": Found([{"n": "1"}], messages=(Message("FATAL", "out of memory", 9),)),
    }
    with SplunkEmulator(make_day(NOW), token="t", answers=lambda search: answers[search.text]) as splunk:
        assert lines(export(splunk, "warns")) == [
            {"preview": False, "offset": 0, "result": {"n": "1"}},
            {"messages": [{"type": "WARN", "text": "one peer is down"}]},
            {"preview": False, "offset": 1, "lastrow": True, "result": {"n": "2"}},
            {"messages": [{"type": "INFO", "text": "done"}]},
        ]
        for search in ("fails", "fails late"):
            assert lines(export(splunk, search)) == [
                {"preview": False, "offset": 0, "result": {"n": "1"}},
                {"messages": [{"type": "FATAL", "text": "out of memory"}]},
            ]
        assert [job.state for job in splunk.jobs] == ["done", "failed", "failed"]


def test_a_test_may_answer_itself_and_sees_what_was_asked():
    asked: list[Search] = []

    def answer(search: Search) -> Found | None:
        asked.append(search)
        return Found([{"many": ["a", "b"]}]) if "mine" in search.text else None

    with SplunkEmulator(make_day(NOW), token="t", answers=answer) as splunk:
        assert rows(splunk, "| mine", "-5m", "now") == [{"many": ["a", "b"]}]
        assert len(rows(splunk, FAILED, "@d")) == 5
    assert (asked[0].text, asked[0].earliest, asked[0].latest) == ("| mine", "-5m", "now")
    assert asked[0].parameters["output_mode"] == "json"


def test_a_huge_result_is_streamed_as_it_is_made():
    made = itertools.count()
    endless = Found({"n": str(next(made)), "text": "x" * 1000} for _ in itertools.repeat(None))
    with SplunkEmulator(make_day(NOW), token="t", answers=lambda _: endless) as splunk:
        form = {"search": "search x", "output_mode": "json"}
        with httpx2.stream("POST", splunk.url + EXPORT, data=form, headers=BEARER) as response:
            first = next(response.iter_lines())
        assert json.loads(first)["result"]["n"] == "0"
        splunk.left.wait(30)
        assert splunk.left.is_set()
    assert [job.state for job in splunk.jobs] == ["cancelled"]


def slow(_: Search) -> Found:
    return Found(({"n": str(at)} for at in range(1000)), pause=0.02)


def test_a_search_ends_when_its_client_hangs_up():
    quiet = Found(({"n": str(at)} for at in range(3)), pause=60)
    with SplunkEmulator(make_day(NOW), token="t", answers=lambda _: quiet) as splunk:
        form = {"search": "search x", "output_mode": "json"}
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(splunk.url + EXPORT, data=form, headers=BEARER, timeout=0.3)
        assert splunk.left.wait(30)
        assert [job.state for job in splunk.jobs] == ["cancelled"]


def test_a_search_that_was_given_an_id_is_cancelled_by_it():
    with SplunkEmulator(make_day(NOW), token="t", answers=slow) as splunk:
        form = {"search": "search x", "output_mode": "json", "id": "sophia-1"}
        with httpx2.stream("POST", splunk.url + EXPORT, data=form, headers=BEARER) as response:
            told = response.iter_lines()
            next(told)
            control = f"{splunk.url}/services/search/v2/jobs/sophia-1/control"
            done = httpx2.post(control, data={"action": "cancel", "output_mode": "json"}, headers=BEARER)
            rest = [json.loads(line) for line in told]
        assert done.status_code == 200
        assert not any("lastrow" in line for line in rest)
        assert splunk.jobs[0].state == "cancelled"
        assert told_of_sid(splunk, "sophia-2") == 404


def told_of_sid(splunk: SplunkEmulator, sid: str) -> int:
    return get(splunk, f"/services/search/v2/jobs/{sid}").status_code


def test_a_search_out_of_time_is_finalized_and_says_so():
    with SplunkEmulator(make_day(NOW), token="t", answers=slow) as splunk:
        *found, last = lines(export(splunk, "search x", max_time="0.2"))
        assert found[-1]["lastrow"]
        assert last["messages"][0]["type"] == "WARN"
        assert "auto-finalized after time limit (0.2 seconds)" in last["messages"][0]["text"]
        assert splunk.jobs[0].state == "finalized"


def test_no_more_searches_than_allowed_run_at_once():
    with SplunkEmulator(make_day(NOW), token="t", answers=slow, max_searches=1) as splunk:
        form = {"search": "search x", "output_mode": "json"}
        with httpx2.stream("POST", splunk.url + EXPORT, data=form, headers=BEARER) as response:
            under_way = response.iter_lines()
            next(under_way)
            status, kind, text = told(export(splunk, "search y"))
            assert (status, kind) == (503, "FATAL")
            assert "maximum number of concurrent" in text
        assert splunk.most_at_once == 2


# --- who is asking


@pytest.mark.parametrize("shown", [None, "Bearer old", "Splunk t", "t"])
def test_whoever_is_not_known_gets_a_401(splunk, shown):
    headers = {} if shown is None else {"Authorization": shown}
    answer = httpx2.get(f"{splunk.url}/services/server/info?output_mode=json", headers=headers)
    assert told(answer) == (401, "WARN", "call not properly authenticated")


def test_a_token_is_rotated(splunk):
    splunk.token = "u"
    assert get(splunk, "/services/server/info").status_code == 401
    splunk.token = "t"
    assert get(splunk, "/services/server/info").status_code == 200


def test_a_session_is_opened_and_ends():
    with SplunkEmulator(make_day(NOW), users={"sophia": "p4ss"}) as splunk:
        login = f"{splunk.url}/services/auth/login"
        form = {"username": "sophia", "password": "p4ss", "output_mode": "json"}
        assert httpx2.post(login, data={**form, "password": "no"}).status_code == 401
        key = httpx2.post(login, data=form).json()["sessionKey"]
        info = f"{splunk.url}/services/server/info?output_mode=json"
        assert httpx2.get(info, headers={"Authorization": f"Splunk {key}"}).status_code == 200
        splunk.sessions.clear()
        assert httpx2.get(info, headers={"Authorization": f"Splunk {key}"}).status_code == 401


@pytest.mark.parametrize(("capabilities", "can_delete"), [(READER, False), (ADMIN, True)])
def test_it_says_what_the_credential_may(capabilities, can_delete):
    with SplunkEmulator(make_day(NOW), token="t", capabilities=capabilities, roles=["r"]) as splunk:
        context = entries(get(splunk, "/services/authentication/current-context"))["context"]
    assert ("delete_by_keyword" in context["capabilities"]) is can_delete
    assert (context["roles"], context["username"]) == (["r"], "sophia")


def test_who_may_not_search_is_told_so():
    with SplunkEmulator(make_day(NOW), token="t", capabilities=["rest_properties_get"]) as splunk:
        status, _, text = told(export(splunk, FAILED))
    assert status == 403
    assert "'search' is needed" in text


def test_what_would_change_something_is_refused_and_kept(splunk):
    for path in ("saved/searches", "authentication/users", "search/jobs/export"):
        assert httpx2.post(f"{splunk.url}/services/{path}", data={"name": "x"}, headers=BEARER).status_code == 403
    assert httpx2.delete(f"{splunk.url}/services/saved/searches/HA%20events", headers=BEARER).status_code == 403
    assert len(splunk.writes) == 4


# --- saved searches and alerts


def test_saved_searches_are_listed_by_pages(splunk):
    first = get(splunk, "/services/saved/searches", count=5)
    assert first.json()["paging"] == {"total": 12, "perPage": 5, "offset": 0}
    all_names = list(entries(get(splunk, "/servicesNS/-/-/saved/searches", count=0)))
    paged = [
        name
        for offset in (0, 5, 10)
        for name in entries(get(splunk, "/services/saved/searches", count=5, offset=offset))
    ]
    assert paged == all_names
    assert len(set(paged)) == 12


def test_a_saved_search_is_read_and_run_with_its_arguments(splunk):
    name = "Failed logins of a user"
    content = entries(get(splunk, "/services/saved/searches/Failed%20logins%20of%20a%20user"))[name]
    assert 'TargetUserName="$user$"' in content["search"]
    assert content["dispatch.earliest_time"] == "-24h"
    dispatch = f"{splunk.url}/services/saved/searches/Failed%20logins%20of%20a%20user/dispatch"
    form = {"args.user": "p.ibarra", "output_mode": "json", "dispatch.earliest_time": "-1d@d"}
    sid = httpx2.post(dispatch, data=form, headers=BEARER).json()["sid"]
    assert entries(get(splunk, f"/services/search/v2/jobs/{sid}"))[sid]["isDone"] is True
    results = get(splunk, f"/services/search/v2/jobs/{sid}/results").json()["results"]
    assert sum(int(row["count"]) for row in results) == 15
    assert {row["IpAddress"] for row in results} == {"203.0.113.66"}
    form = {"search": f"{FAILED} | head 2", "output_mode": "json", "id": "mine"}
    assert httpx2.post(f"{splunk.url}/services/search/v2/jobs", data=form, headers=BEARER).json() == {"sid": "mine"}
    page = get(splunk, "/services/search/v2/jobs/mine/results", offset=1, count=5).json()
    assert (page["init_offset"], len(page["results"])) == (1, 1)
    missing = httpx2.post(dispatch, data={"output_mode": "json"}, headers=BEARER)
    assert missing.status_code == 400
    assert get(splunk, "/services/saved/searches/nothing").status_code == 404


def test_fired_alerts_are_counted_and_listed(splunk):
    counts = entries(get(splunk, "/services/alerts/fired_alerts"))
    assert {name: one["triggered_alert_count"] for name, one in counts.items()} == {
        "-": 3,
        "ACM-R-011 Barrido externo": 1,
        "ACM-R-052 Fuerza bruta": 2,
    }
    fired = entries(get(splunk, "/services/alerts/fired_alerts/ACM-R-052%20Fuerza%20bruta"))
    times = [datetime.fromtimestamp(one["trigger_time"], ZONE) for one in fired.values()]
    assert [at.strftime("%H:%M") for at in times] == ["22:45", "22:30"]
    assert all(NOW - at < timedelta(days=1) for at in times)


def test_it_speaks_xml_to_whoever_does_not_ask_for_json(splunk):
    answer = httpx2.get(f"{splunk.url}/services/saved/searches/nothing", headers=BEARER)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/xml; charset=UTF-8")
    assert '<msg type="ERROR">Could not find object id=nothing</msg>' in answer.text


def test_a_fault_is_told_in_its_own_words():
    faults = [Fault(status=503, headers={"Retry-After": "7"}), Fault(status=401), None]
    with SplunkEmulator(make_day(NOW), token="t", faults=faults) as splunk:
        busy = get(splunk, "/services/server/info")
        assert (told(busy)[:2], busy.headers["retry-after"]) == ((503, "FATAL"), "7")
        assert told(get(splunk, "/services/server/info"))[0] == 401
        assert entries(get(splunk, "/services/server/info"))["server-info"]["version"] == "9.2.3"
