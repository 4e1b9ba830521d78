"""The search of the test run finds what is let out on purpose."""

import json
import shutil
import textwrap
from pathlib import Path

import httpx
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leaks import Overheard, find_leaks, overheard, telling

from sophia.testing.emulators.server import LoopbackServer

pytest_plugins = ["pytester"]

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("hunter2-hunter2", "the password is hunter2-hunter2."),
        ("¿Quién puede entrar aquí?", json.dumps({"event": "asked", "text": "¿Quién puede entrar aquí?"})),
        ("¿Quién puede entrar aquí?", repr({"text": "¿Quién puede entrar aquí?"})),
        ('two\nlines and a "quote"', json.dumps(['two\nlines and a "quote"'])),
        ("two\nlines and a 'quote'", repr(["two\nlines and a 'quote'"])),
    ],
)
def test_what_was_planted_is_found_however_it_is_written(kept, told):
    (leak, *_) = find_leaks([("a log", "dull"), ("a log", told)], {kept: "a secret"})
    assert (leak.what, leak.where, leak.text) == ("a secret", "a log", told)


def test_all_that_was_planted_is_found_whether_one_lies_in_another_or_no_utf8_holds_it():
    planted = {"a key of acme's": "1", "key of acme": "2", "lone \ud800 surrogate": "3", "nowhere to be seen": "4"}
    told = [("a log", "it is a key of acme's, yes"), ("a log", "a lone \ud800 surrogate"), ("a log", "\udfff")]
    assert sorted(leak.what for leak in find_leaks(told, planted)) == ["1", "2", "3"]
    assert list(find_leaks(told, {})) == []


@given(st.lists(st.text('ab"\\ñ\ud800', min_size=1, max_size=6)), st.text('ab"\\ñ\ud800', max_size=30))
def test_it_finds_what_a_plain_search_finds(kept, told):
    spelt = {kept: (kept, json.dumps(kept)[1:-1], repr(kept)[1:-1]) for kept in kept}
    plainly = {kept for kept, forms in spelt.items() if any(form in told for form in forms)}
    assert {leak.what for leak in find_leaks([("", told)], {kept: kept for kept in spelt})} <= plainly
    assert bool(plainly) == bool(list(find_leaks([("", told)], {kept: kept for kept in spelt})))


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("an access key", f"key sph_0123456789ab_{'a1B2' * 8} was used"),
        ("a secret of a webhook", f"whsec_{'QUJD' * 8}"),
        ("a token", f"Authorization: Bearer eyJhbGciOiJI.eyJzdWIiOiJhbmEi.{'s1gn' * 8}"),
        ("a private key", "-----BEGIN EC PRIVATE KEY-----"),
        ("a canary", f"What about canary{'0a' * 8}?"),
        ("a canary", "zq-acme-ana-1"),
    ],
)
def test_what_has_the_shape_of_a_secret_is_found_whoever_made_it(what, told):
    assert [leak.what for leak in find_leaks([("stderr", told)], {})] == [what]


def test_what_may_be_told_is_no_leak():
    told = [
        ("a log", "{'event': 'http.request', 'key': 'sph_0123456789ab', 'thread': 'thr_01h', 'secret': '***'}"),
        ("an error", '{"detail": "send an access key in X-Agent-Access-Key or a token in Authorization: Bearer"}'),
    ]
    assert list(find_leaks(told, {"hunter2-hunter2": "a secret"})) == []


def test_processes_of_one_run_are_searched_together(tmp_path):
    one, other = Overheard(), Overheard()
    for each in (one, other):
        each.collect(tmp_path)
    one.plant("a secret", "hunter2-hunter2")
    one.plant("a word", "short")
    one.plant("a filler", "x" * 31)
    other.tell("a log", f"short of hunter2-hunter2{'x' * 31}")
    (leak,) = Overheard.leaks(tmp_path)
    assert (leak.what.partition(" (")[0], leak.text) == ("a secret", f"short of hunter2-hunter2{'x' * 31}")
    assert Overheard.counts(tmp_path) == (1, 1)


def test_of_an_app_the_errors_and_the_numbers_are_told(tmp_path, monkeypatch):
    heard = []
    monkeypatch.setattr(overheard, "tell", lambda where, text: heard.append((where, text)))

    def app(environ, start_response):
        start_response(environ["status"], [])
        return [b"one ", b"two"]

    def ask(path, status):
        environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET", "status": status}
        return b"".join(telling(app)(environ, lambda *_: None))

    assert ask("/chat", "200 OK") == ask("/chat", "404 NOT FOUND") == ask("/metrics", "200 OK") == b"one two"
    assert heard == [
        ("the answer 404 NOT FOUND of GET /chat", "one two"),
        ("the answer 200 OK of GET /metrics", "one two"),
    ]


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_what_another_process_answers_is_heard_by_who_asks_it(library, monkeypatch):
    heard = []
    monkeypatch.setattr(overheard, "tell", lambda where, text: heard.append((where, text)))

    def answer(request, exchange):
        path = request.path.partition("?")[0]
        status = {"/metrics": 200, "/healthz": 200}.get(path, 404)
        exchange.send(status, path.encode(), {} if path == "/others" else {"X-Request-Id": "req_1"})

    with LoopbackServer(answer) as server:
        for path in ("/metrics?x=1", "/healthz", "/others", "/chat"):
            library.get(server.url + path)
        with library.stream("GET", f"{server.url}/runs") as response:
            response.read()
    assert heard == [
        ("the answer 200 of GET /metrics over HTTP", "/metrics"),
        ("the answer 404 of GET /chat over HTTP", "/chat"),
        ("the answer 404 of GET /runs over HTTP", "/runs"),
    ]


LEAKY = """
    import logging, subprocess, sys
    import pytest
    from leaks import overheard
    from sophia.application.start_run import Question
    from sophia.domain.secrets import Secret

    def test_log():
        logging.getLogger("sophia.x").debug({"event": "x", "key": Secret("kept-in-the-vault").reveal()})

    def test_traceback():
        try:
            raise RuntimeError(Question("Where do we keep the spare keys?").text)
        except RuntimeError:
            logging.getLogger("another").exception("failed")

    def test_program():
        Secret("handed-to-a-program")
        told = "import sys; sys.stderr.write('handed-to-' + 'a-program')"
        subprocess.run([sys.executable, "-c", told], capture_output=True, check=True)

    def test_server(tmp_path):
        (tmp_path / "stderr.txt").write_text("whsec_" + "QUJD" * 8)
"""


FOUND = [
    "a secret (test_run.py::test_log) in the log (test_run.py::test_log): *kept-in-the-vault*",
    "a message (test_run.py::test_traceback) in the log *Where do we keep the spare keys?*",
    "a secret (test_run.py::test_program) in stderr *handed-to-a-program*",
    "a secret of a webhook in stderr of the server of test_server*",
]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_run_in_which_something_leaks_fails(pytester, monkeypatch, workers):
    pytester.makeconftest("pytest_plugins = ['overhear']")
    pytester.makepyfile(test_run=textwrap.dedent(LEAKY))
    monkeypatch.setenv("PYTHONPATH", f"{HERE}:{Path(__file__).parents[2] / 'src'}")
    run = pytester.runpytest_subprocess("-n", str(workers), "--basetemp", "temporary")
    run.assert_outcomes(passed=len(FOUND))
    assert run.ret == pytest.ExitCode.TESTS_FAILED
    shutil.rmtree(pytester.path / "temporary")  # or the run that this test is of would find it, too
    for found in FOUND:
        run.stdout.fnmatch_lines([found])


def test_a_run_in_which_nothing_leaks_passes(pytester, monkeypatch):
    pytester.makeconftest("pytest_plugins = ['overhear']")
    pytester.makepyfile(test_run=textwrap.dedent(LEAKY.replace(".reveal()", "")))
    monkeypatch.setenv("PYTHONPATH", f"{HERE}:{Path(__file__).parents[2] / 'src'}")
    run = pytester.runpytest_subprocess("-k", "test_log", "--basetemp", "temporary")
    assert run.ret == pytest.ExitCode.OK
    run.stdout.fnmatch_lines(["1 logs, errors and metrics searched for 1 secrets and messages: none found"])
