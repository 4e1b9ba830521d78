"""What holds of the read-only guard for every text, not only for those that somebody thought of."""

import re
import xml.etree.ElementTree as ET
from itertools import product
from string import ascii_letters, printable

import attrs
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sophia.domain.readonly import GrafanaPolicy, PanosPolicy, SplPolicy, check_command, check_query, check_search
from sophia.domain.readonly.grafana import INTERVAL_MS, QUERY_KEYS, TYPES
from sophia.domain.readonly.panos import SUBJECTS
from sophia.domain.readonly.spl_commands import ALLOWED, RISKY, TIME_WORDS
from sophia.errors import QueryRefused

POLICY = SplPolicy(
    macros=frozenset({"assets"}), lookups=frozenset({"users"}), saved_searches=frozenset({"Failed logins"})
)


def outcome(check, *arguments):
    try:
        return check(*arguments), None
    except QueryRefused as error:
        return None, error


# Clean searches, made from a grammar: a pipeline is a list of stages, a stage a list of texts and pipelines.


@attrs.define
class Pipe:
    stages: list


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("`", "'") + '"'


strings = st.text(st.sampled_from(printable.replace("\x0b", "").replace("\x0c", "") + "ñé€|[]\"'\\"), max_size=12).map(
    quoted
)
fields = st.sampled_from(["user", "src", "'http status'", "data.id", "país"])
terms = st.one_of(
    st.sampled_from(
        ["error", "index=main", "status>=500", "NOT x=1", "(a OR b)", "*\\\\Temp\\\\*", "10.0.0.0/8", "`assets`"]
    ),
    st.builds("{}={}".format, st.sampled_from(["user", "path"]), strings),
    strings,
)
first = st.one_of(
    st.builds(lambda words: ["search " + " ".join(words)], st.lists(terms, min_size=1, max_size=3)),
    st.sampled_from([["tstats count where index=* by host"], ["inputlookup users"], ["makeresults count=2"]]),
)
plain = st.one_of(
    st.builds(lambda field: [f"stats count BY {field}"], fields),
    st.builds(lambda field, text: [f"eval x=if({field}={text}, 1, 0)"], fields, strings),
    st.builds(lambda text: [f"rex field=_raw {text}"], strings),
    st.builds(lambda text: [f"where like(user, {text})"], strings),
    st.sampled_from(
        [["sort - count"], ["head 10"], ["lookup users user OUTPUT department"], ["timechart span=1h count"]]
    ),
)
ends = st.sampled_from([["fields user"], ["return src"], ["table user, src"], ["stats count BY user"]])


def pipelines(depth):
    stages = plain
    if depth:
        inner = pipelines(depth - 1)
        filtering = st.builds(lambda pipe, end: Pipe([*pipe.stages, end]), inner, ends)
        stages = st.one_of(
            plain,
            st.builds(lambda pipe: ["append ", pipe], inner),
            st.builds(lambda pipe: ["join type=left user ", pipe], inner),
            st.builds(lambda one, other: ["union ", one, " ", other], inner, inner),
            st.builds(lambda pipe: ["search index=main NOT ", pipe, " x=1"], filtering),
        )
    return st.builds(lambda start, rest: Pipe([start, *rest]), first, st.lists(stages, max_size=3))


clean = pipelines(3)
spaces = st.text(" \t\n", max_size=2)
comments = st.sampled_from(["", "", "", "``` a | delete ```", "```[```", '```"```', "``````"])


@st.composite
def written(draw, pipe, inner=False):
    """A pipeline as text, with white space and comments wherever they may stand."""
    parts = []
    for number, stage in enumerate(pipe.stages):
        text = "".join(draw(written(piece, inner=True)) if isinstance(piece, Pipe) else piece for piece in stage)
        generating = not text.startswith("search")
        bar = "|" if number or (generating and not inner) else draw(st.sampled_from(["", "|"]))
        gap = draw(st.builds("{}{}{}".format, spaces, comments, spaces))
        parts.append(draw(spaces) + bar + gap + text + draw(spaces))
    text = "".join(parts)
    return f"[{text}]" if inner else text


def stage_lists(pipe):
    yield pipe.stages
    for stage in pipe.stages:
        for piece in stage:
            if isinstance(piece, Pipe):
                yield from stage_lists(piece)


@given(st.data())
def test_a_clean_search_passes_and_is_sent_in_one_way_of_writing(data):
    text = data.draw(clean.flatmap(written))
    sent = check_search(text, POLICY)
    assert check_search(sent, POLICY) == sent
    assert "```" not in sent


# Something else put into a clean search


def any_case(word):
    return st.tuples(*(st.sampled_from([letter.lower(), letter.upper()]) for letter in word)).map("".join)


names = st.text(ascii_letters + "_", min_size=1, max_size=12).filter(lambda name: name.lower() not in ALLOWED)
refused_commands = st.one_of(st.sampled_from(sorted(RISKY - {"savedsearch"})), names).flatmap(any_case)
arguments = st.one_of(
    st.just(""), st.sampled_from(["users.csv", "(x)", "index=main", "[search index=main]", "'x'"]), strings
)


@given(st.data())
def test_no_refused_command_passes_at_any_position_depth_case_or_spacing(data):
    pipe = data.draw(clean)
    stages = data.draw(st.sampled_from(list(stage_lists(pipe))))
    command = data.draw(refused_commands)
    gap = data.draw(st.sampled_from([" ", "", "\n"]))
    argument = data.draw(arguments)
    assume(gap or not argument[:1].isalnum())
    at = data.draw(st.integers(0, len(stages)))
    stages.insert(at, [f"{command}{gap}{argument}"])
    text = data.draw(written(pipe))
    # At the very beginning and without a pipe a word is no command, unless it is known to be meant as one.
    at_start = at == 0 and stages is pipe.stages and not text.lstrip().startswith(("|", "`"))
    assume(not at_start or command.lower() in RISKY)
    with pytest.raises(QueryRefused):
        check_search(text, POLICY)


ALIKE = {
    "a": "аａɑ",
    "c": "сｃ",
    "d": "ԁｄ",
    "e": "еｅé",
    "i": "іｉı",
    "l": "ⅼｌ1",
    "o": "оｏ0",
    "p": "рｐ",
    "s": "ѕｓſ",
    "t": "ｔτ",
}
UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u00a0\u202e\u3164\u180e\ufe0f\x00\x0b\u2028"


@given(st.data())
def test_no_look_alike_of_a_command_passes(data):
    """Neither of a risky one nor of one that is allowed: what somebody reads is what Splunk reads."""
    command = data.draw(st.sampled_from(sorted(RISKY | ALLOWED)))
    at = data.draw(st.integers(0, len(command) - 1))
    if command[at] in ALIKE and data.draw(st.booleans()):
        changed = command[:at] + data.draw(st.sampled_from(ALIKE[command[at]])) + command[at + 1 :]
    else:
        changed = command[:at] + data.draw(st.sampled_from(UNSEEN)) + command[at:]
    assume(changed.lower() not in ALLOWED)
    bar = data.draw(st.sampled_from(["|", "| ", "\n|\n"]))
    with pytest.raises(QueryRefused):
        check_search(f"index=main {bar}{changed} x", POLICY)


@given(st.sampled_from("|｜∣❘⏐│￨¦ǀ‖"), spaces, st.sampled_from(sorted(RISKY)))
def test_what_looks_like_a_pipe_hides_no_command(bar, gap, command):
    """It is a pipe, or is refused, or is text; and then the command is a word that is searched for."""
    sent, _ = outcome(check_search, f"index=main {bar}{gap}{command}", POLICY)
    assert sent is None or "|" not in sent


@given(
    st.sampled_from(sorted(TIME_WORDS)).flatmap(any_case),
    st.sampled_from(["=", " = ", "!=", "::", "=\n", "```x```="]),
    st.sampled_from(["0", '"-10y"', "rt", "-30d@d", "now"]),
    st.sampled_from(["{}", '"a" {} b', "(a OR {})", "[search {} | fields x]", "| append [search {}]", "| search {}"]),
)
def test_no_time_range_is_set_from_within(word, equals, value, place):
    with pytest.raises(QueryRefused):
        check_search("index=main " + place.format(f"{word}{equals}{value}"), POLICY)


# Any text at all, seen by other readers


TOKENS = st.lists(
    st.sampled_from(
        [
            *"|[]\"'`\\ab= \n(),*",
            '\\"',
            "\\\\",
            "```",
            "|delete",
            "| delete ",
            "search ",
            "| stats ",
            "|append[",
            "x=",
            "`assets`",
        ]
    ),
    max_size=24,
).map("".join)


def command_words(text, *, single_quotes, escapes, quoted_macros):
    """The words in the place of a command, by a reader who differs from the guard's in what is told.

    It reads one character after the other, and takes as quoted no more than its own rules say.
    """
    at, quote, found, expecting = 0, "", [], True
    while at < len(text):
        sign = text[at]
        if sign == "\\" and (quote or escapes):
            at += 2
            continue
        if quote:
            quote = "" if sign == quote else quote
        elif sign == '"' or (single_quotes and sign == "'") or (quoted_macros and sign == "`"):
            quote, expecting = sign, False
        elif sign in "|[":
            expecting = True
        elif expecting and not sign.isspace():
            word = ""
            while at < len(text) and (text[at].isalnum() or text[at] == "_"):
                word += text[at]
                at += 1
            found.append(word)
            expecting = False
            continue
        at += 1
    return found


signs = st.lists(st.sampled_from([*"\"'`\\[ "]), min_size=1, max_size=3).map("".join)
# A command between signs that some reader may take for quotes around it.
enclosed = signs.flatmap(
    lambda before: st.builds(
        "index=a {}| delete {}{}".format,
        st.just(before),
        st.sampled_from([before, before[::-1], before[-1]]),
        signs | st.just(""),
    )
)


@given(st.one_of(enclosed, enclosed, TOKENS.map("index=a ".__add__), clean.flatmap(written)))
@example('index=a \\"| delete "')
@example("index=a it's | delete '")
@example("index=a ' \" ' | delete | eval y=\" ' \"")
def test_other_readers_find_no_other_command_in_what_is_sent(text):
    sent, _ = outcome(check_search, text, POLICY)
    if sent is None:
        return
    without_macros = re.sub("```.*?```|`[^`]*`", " ", sent, flags=re.DOTALL)
    for single_quotes, escapes, quoted_macros in product([True, False], repeat=3):
        for seen in (sent, without_macros):
            words = command_words(seen, single_quotes=single_quotes, escapes=escapes, quoted_macros=quoted_macros)
            assert {word for word in words if word not in {"", "assets"}} <= ALLOWED


@given(st.one_of(st.text(max_size=60), TOKENS))
def test_any_text_is_sent_in_one_way_of_writing_or_refused_with_a_reason(text):
    sent, error = outcome(check_search, text, POLICY)
    if error is None:
        assert check_search(sent, POLICY) == sent
    else:
        assert len(error.what) <= 60
        assert error.what.isprintable()
        assert str(error)


# PAN-OS


names_of_elements = st.sampled_from(
    ["show", "set", "commit", "system", "info", "entry", "config", "jobs", "request", "arp"]
)


def as_xml(tree):
    name, text, children = tree
    inner = "".join(map(as_xml, children)) or text
    return f"<{name}>{inner}</{name}>"


trees = st.recursive(
    st.tuples(names_of_elements, st.sampled_from(["", "all", "a &amp; b"]), st.just([])),
    lambda children: st.tuples(names_of_elements, st.just(""), st.lists(children, max_size=3)),
    max_leaves=6,
)
MARKUP = """
    <show> </show> <clock/> <commit/> <system> </system> <info/> <!-- --> <? ?> <![CDATA[ ]]> &lt; &#60; &x; all
    <!DOCTYPEx> <entry name=" "/> ' > /> <arp> </arp>
""".split()
markup = st.lists(st.sampled_from([*MARKUP, " ", "\n", '<entry name="']), max_size=10).map("".join)


def shape(element):
    text = " ".join((element.text or "").split())
    return element.tag, dict(element.attrib), text, [shape(child) for child in element]


@given(
    st.one_of(trees.map(as_xml), trees.map(lambda tree: f"<show>{as_xml(tree)}</show>"), markup, st.text(max_size=40))
)
def test_what_is_sent_to_panos_is_one_show_that_an_xml_parser_reads_the_same(xml):
    sent, error = outcome(check_command, xml, PanosPolicy())
    if error is not None:
        assert error.what.isprintable()
        return
    root = ET.fromstring(sent)
    assert root.tag == "show"
    assert len(root) == 1
    assert root[0].tag in SUBJECTS or f"{root[0].tag} {root[0][0].tag}" in SUBJECTS
    assert shape(root) == shape(ET.fromstring(xml.strip()))
    assert check_command(sent, PanosPolicy()) == sent


# Grafana


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
queries = st.dictionaries(
    st.sampled_from([*sorted(QUERY_KEYS), "rawSql", "query", "url", "expression"]), json_values, max_size=4
)
sources = st.one_of(
    json_values,
    st.fixed_dictionaries(
        {"uid": st.sampled_from(["prom", "db", "__expr__", "-- Mixed --"])},
        optional={"type": st.sampled_from(["prometheus", "loki", "mysql"]), "rawSql": json_values},
    ),
)


@given(
    st.builds(
        lambda query, named: {**query, **named},
        queries,
        st.fixed_dictionaries({}, optional={"datasource": sources, "expr": st.sampled_from(["up", ""])}),
    ),
    st.sampled_from(["prometheus", "loki", "mysql", "__expr__", ""]),
)
def test_what_is_sent_to_grafana_is_of_a_named_source_and_within_bounds(query, datasource_type):
    policy = GrafanaPolicy(datasources=frozenset({"prom"}))
    sent, _ = outcome(check_query, query, datasource_type, policy)
    if sent is None:
        return
    assert sent["datasource"] == {"uid": "prom", "type": datasource_type}
    assert datasource_type in TYPES
    assert set(query) <= QUERY_KEYS
    assert set(sent) <= {
        "refId",
        "datasource",
        "expr",
        "range",
        "instant",
        "maxDataPoints",
        "intervalMs",
        "queryType",
        "maxLines",
    }
    assert 1 <= sent["maxDataPoints"] <= policy.max_points
    assert INTERVAL_MS[0] <= sent["intervalMs"] <= INTERVAL_MS[1]
    assert sent["range"] is not sent["instant"]
    assert check_query(sent, datasource_type, policy) == sent
