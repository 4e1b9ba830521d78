"""What the read-only guard lets through and what not, over a corpus of attacks and one of ordinary work."""

import json
from pathlib import Path

import pytest

from sophia.domain.readonly import (
    GrafanaPolicy,
    PanosPolicy,
    PanosView,
    Rule,
    SplPolicy,
    check_command,
    check_query,
    check_search,
    explain,
)
from sophia.domain.readonly.grafana import EXPRESSION_LIMIT, INTERVAL_MS
from sophia.domain.readonly.panos import COMMAND_LIMIT, SUBJECTS
from sophia.domain.readonly.panos import DEPTH_LIMIT as ELEMENTS_LIMIT
from sophia.domain.readonly.spl import SEARCH_LIMIT
from sophia.domain.readonly.spl_commands import ALLOWED, FILTERS, KEEP_FIELDS, NAME_FIELDS, NEED_PIPE, RISKY
from sophia.domain.readonly.spl_syntax import DEPTH_LIMIT
from sophia.domain.readonly.wording import WORDING
from sophia.errors import QueryRefused

DATA = Path(__file__).parents[1] / "data" / "readonly"

SPLUNK = SplPolicy(
    macros=frozenset({"assets", "ctime"}),
    lookups=frozenset({"users", "assets.csv"}),
    saved_searches=frozenset({"Failed logins"}),
)
GRAFANA = GrafanaPolicy(datasources=frozenset({"prom", "logs"}))


def cases(name):
    return [json.loads(line) for line in (DATA / name).read_text("ascii").splitlines()]


def lines(name):
    return (DATA / name).read_text("utf-8").splitlines()


def outcome(check, *arguments):
    try:
        return check(*arguments), None
    except QueryRefused as error:
        return None, error


def refusal(check, *arguments):
    with pytest.raises(QueryRefused) as caught:
        check(*arguments)
    return caught.value


@pytest.mark.parametrize("case", cases("splunk-attacks.jsonl"), ids=lambda case: ascii(case["search"])[:60])
def test_an_attack_on_splunk_is_refused(case):
    assert refusal(check_search, case["search"], SPLUNK).rule == case["rule"]


@pytest.mark.parametrize("case", cases("panos-attacks.jsonl"), ids=lambda case: ascii(case["command"])[:60])
def test_an_attack_on_panos_is_refused(case):
    assert refusal(check_command, case["command"], PanosPolicy()).rule == case["rule"]


@pytest.mark.parametrize("case", cases("grafana-attacks.jsonl"), ids=lambda case: ascii(case["query"])[:60])
def test_an_attack_on_grafana_is_refused(case):
    assert refusal(check_query, case["query"], case["type"], GRAFANA).rule == case["rule"]


@pytest.mark.parametrize("search", lines("splunk-searches.txt"))
def test_an_ordinary_search_passes(search):
    sent = check_search(search, SPLUNK)
    assert check_search(sent, SPLUNK) == sent


@pytest.mark.parametrize("command", lines("panos-commands.txt"))
def test_an_ordinary_show_passes(command):
    sent = check_command(command, PanosPolicy())
    assert check_command(sent, PanosPolicy()) == sent


@pytest.mark.parametrize("case", cases("grafana-queries.jsonl"), ids=lambda case: case["expr"])
def test_an_ordinary_expression_passes(case):
    sent = check_query({"datasource": {"uid": "prom"}, "expr": case["expr"]}, case["type"], GRAFANA)
    assert sent["expr"] == case["expr"]
    assert check_query(sent, case["type"], GRAFANA) == sent


def test_every_rule_is_broken_by_some_attack():
    told = {case["rule"] for system in ("splunk", "panos", "grafana") for case in cases(f"{system}-attacks.jsonl")}
    assert told == set(Rule) - {Rule.SIZE, Rule.DEPTH}  # these are made below


# What is sent


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("index=main", "search index=main"),
        ("  search   index=main\n| STATS  count\tby user ", "search index=main | stats count by user"),
        ("search(index=main)|stats count", "search (index=main) | stats count"),
        ("|tstats count where index=*", "| tstats count where index=*"),
        ("| search index=main", "search index=main"),
        ('index=main "two  spaces | [x]"', 'search index=main "two  spaces | [x]"'),
        ("index=main ```why``` | stats```how```count", "search index=main | stats count"),
        (
            "index=a [ search index=b |fields user ] | append [ | inputlookup users ]",
            "search index=a [search index=b | fields user] | append [| inputlookup users]",
        ),
        ("searching for it", "search searching for it"),
        ("index=main %7C delete", "search index=main %7C delete"),
    ],
)
def test_a_search_is_sent_in_one_way_of_writing(text, sent):
    assert check_search(text, SPLUNK) == sent


def test_a_command_is_sent_in_one_line():
    xml = "<show>\n  <arp> <entry name = 'all' ></entry> </arp>\n</show>\n"
    assert check_command(xml, PanosPolicy()) == PanosView.ARP


@pytest.mark.parametrize("view", PanosView)
def test_every_view_is_a_command_as_it_is_sent(view):
    assert check_command(view, PanosPolicy()) == view


def test_a_query_is_built_anew_within_its_bounds():
    query = {
        "refId": "CPU 1",
        "datasource": {"uid": "logs", "type": "loki", "url": "http://elsewhere.example"},
        "expr": '{job="x"}',
        "legendFormat": "{{job}}",
        "maxDataPoints": 10**9,
        "maxLines": 10**9,
        "intervalMs": 1,
    }
    assert check_query(query, "loki", GRAFANA) == {
        "refId": "CPU 1",
        "datasource": {"uid": "logs", "type": "loki"},
        "expr": '{job="x"}',
        "range": True,
        "instant": False,
        "maxDataPoints": GRAFANA.max_points,
        "intervalMs": INTERVAL_MS[0],
        "queryType": "range",
        "maxLines": GRAFANA.max_points,
    }
    instant = check_query({"datasource": {"uid": "prom"}, "expr": "up", "instant": True}, "prometheus", GRAFANA)
    assert (instant["instant"], instant["range"]) == (True, False)


# What a company may and may not change


def test_nothing_of_a_companys_own_is_allowed_until_it_names_it():
    for search in ("`assets`", "| inputlookup users", '| savedsearch "Failed logins"'):
        refusal(check_search, search, SplPolicy())
        check_search(search, SPLUNK)
    query = {"datasource": {"uid": "prom"}, "expr": "up"}
    assert refusal(check_query, query, "prometheus", GrafanaPolicy()).rule == Rule.DATASOURCE


def test_a_company_can_narrow_and_not_widen():
    policy = SplPolicy(commands=frozenset({"search", "stats", "delete", "outputlookup"}))
    assert policy.commands == {"search", "stats"}
    assert refusal(check_search, "index=main | table user", policy).what == "table"
    subjects = PanosPolicy(subjects=frozenset({"clock", "config", "system state"}))
    assert subjects.subjects == {"clock"}
    assert refusal(check_command, PanosView.SYSTEM, subjects).rule == Rule.SUBJECT


def test_a_data_source_named_by_a_company_still_has_to_be_of_a_type_that_only_reads():
    query = {"datasource": {"uid": "db"}, "expr": "up"}
    policy = GrafanaPolicy(datasources=frozenset({"db"}))
    assert refusal(check_query, query, "mysql", policy).rule == Rule.DATASOURCE_TYPE


def test_the_tables_of_commands_agree():
    assert not ALLOWED & (RISKY - {"savedsearch"})
    assert FILTERS | NAME_FIELDS | KEEP_FIELDS <= ALLOWED
    assert NEED_PIPE - RISKY - {"loadjob", "inputcsv"} <= ALLOWED
    assert not {"config", "log", "system", "system state"} & SUBJECTS


# Bounds


@pytest.mark.parametrize(
    "text",
    [
        "index=main " + "by " * 6_000,
        "index=main " + "[" * 19_000,
        "index=main " + "| stats count " * 1_400,
        'index=main "' + "\\" * 19_000,
        "index=main " + '"' * 19_000,
        "index=main " + "'" * 19_000,
        "index=main " + "`" * 19_000,
        "`assets(" + " " * 19_000,
        "`assets" + " " * 19_000 + "x`",
        "index=main " + "savedsearch " * 1_600,
        "index=main " + "```" * 6_000,
        "index=main [search x | rename " + "a as b " * 2_700 + "| fields b]",
        "index=main " + "lookup( " * 2_400,
        "index=main [search x | eval " + "a" * 19_000 + " | fields x]",
        "index=main [tstats " + "where from " * 1_800 + "]",
        "index=main [search x | format " + "mvsep" * 3_800 + "| fields x]",
        "index=main " + "\\" * 19_000,
    ],
    ids=lambda text: text[:24],
)
def test_the_longest_search_is_read_to_its_end(text):
    assert len(text) <= SEARCH_LIMIT
    sent, error = outcome(check_search, text, SPLUNK)
    assert sent or error.rule in set(Rule)


def test_what_is_longer_or_deeper_than_the_limits_is_refused():
    nested = "index=main" + " | append [search index=main" * DEPTH_LIMIT + "]" * DEPTH_LIMIT
    assert check_search(nested, SPLUNK)
    deeper = nested.replace("index=main]", "index=main | append [search index=main]]", 1)
    assert refusal(check_search, deeper, SPLUNK).rule == Rule.DEPTH
    assert check_search("index=main " + "x" * (SEARCH_LIMIT - 11), SPLUNK)
    assert refusal(check_search, "index=main " + "x" * (SEARCH_LIMIT - 10), SPLUNK).rule == Rule.SIZE

    tree = "<show><session>" + "<a>" * (ELEMENTS_LIMIT - 2) + "</a>" * (ELEMENTS_LIMIT - 2) + "</session></show>"
    assert check_command(tree, PanosPolicy())
    assert refusal(check_command, tree.replace("<a></a>", "<a><a></a></a>"), PanosPolicy()).rule == Rule.DEPTH
    long = "<show><clock/></show>" + " " * COMMAND_LIMIT
    assert refusal(check_command, long, PanosPolicy()).rule == Rule.SIZE

    query = {"datasource": {"uid": "prom"}, "expr": "x" * EXPRESSION_LIMIT}
    assert check_query(query, "prometheus", GRAFANA)
    query["expr"] += "x"
    assert refusal(check_query, query, "prometheus", GRAFANA).rule == Rule.SIZE


# Words


@pytest.mark.parametrize("rule", Rule)
def test_every_rule_is_worded_in_both_languages(rule):
    spanish, english = explain(rule, "WHAT", "es"), explain(rule, "WHAT", "en")
    assert spanish != english
    for sentence in (spanish, english):
        assert sentence[0].isupper() or sentence[0] in "«“"
        assert sentence.endswith(".")
        assert "{" not in sentence
    assert ("WHAT" in spanish) == ("WHAT" in english) == (rule is not Rule.EMPTY)
    assert len(WORDING) == len(Rule)


def test_a_refusal_says_what_and_why_and_holds_no_more_of_the_query_than_that():
    error = refusal(check_search, 'index=main password="hunter2" | outputlookup users.csv', SPLUNK)
    assert (error.rule, error.what) == ("command", "outputlookup")
    assert "“outputlookup”" in str(error)
    assert "stats" in str(error)
    assert "hunter2" not in str(error)
    assert "«outputlookup»" in explain(error.rule, error.what, "es")
    long = refusal(check_search, "index=main | " + "x" * 5_000, SPLUNK)
    assert len(long.what) <= 60
