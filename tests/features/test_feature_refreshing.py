"""Refreshing the knowledge."""

import pytest
from answers import assert_quotes
from pytest_bdd import given, scenarios, then, when
from sentences import sentence
from world import PEOPLE

from sophia.domain.tenancy import reader_group, reader_user

scenarios("refreshing.feature")


def readers_of(words):
    group = words.removeprefix("the group ")
    return reader_user(PEOPLE[words].id) if group == words else reader_group(group)


@pytest.fixture
def spent(world):
    """What had been embedded before the refresh that the scenario is about."""
    return list(world.embedder.passages)


@given(sentence("{company} has the document {name:quoted} for {readers} only:"))
def _(world, company, name, readers, docstring):
    world.source(company, f"docs for {readers}", readers=readers_of(readers)).documents[name] = docstring


@when(sentence("the document {name:quoted} of {company} is given to {readers}"))
def _(world, name, company, readers):
    world.source_of(company, name).readers = frozenset({readers_of(readers)})


@given(sentence("{name:quoted} of {company} is taken away"))
@when(sentence("{name:quoted} of {company} is taken away"))
def _(world, name, company):
    del world.source(company).documents[name]


@given(sentence("a company may have {number:d} documents"))
def _(world, number):
    world.limit(documents=number)


@given(sentence("a company may store {number:n} bytes of text"))
def _(world, number):
    world.limit(storage=number)


@given(sentence("{name:quoted} of {company} grows by {number:d} bytes"))
def _(world, name, company, number):
    world.source(company).documents[name] += "and so on " * (number // 10)


@given(sentence("{name:quoted} of {company} cannot be read any more because {reason:quoted}"))
def _(world, name, company, reason):
    world.source(company).failures[name] = reason


@when(sentence("{name:quoted} of {company} can be read again"))
def _(world, name, company):
    del world.source(company).failures[name]


@given(sentence("the source of {company} does not answer"))
def _(world, company):
    world.source(company).outage = "the share is not mounted"


@given(sentence("embedding is out of order"))
def _(world):
    world.embedder.working = False


@when(sentence("embedding works again"))
def _(world):
    world.embedder.working = True


@given(sentence("{company} has a slow source {name:quoted}"), target_fixture="slow")
def _(world, company, name):
    return world.slow_source(company, name)


@given(sentence("a refresh of globex is under way"), target_fixture="under_way")
def _(driver, world, slow):
    under_way = driver.begin_refresh(PEOPLE["Grace"])
    assert slow.reached.wait(30)
    world.wait_for_others("globex")
    return under_way


@when(sentence("the slow source answers"))
def _(slow):
    slow.released.set()


@given(sentence("{who:person} has refreshed the knowledge"), target_fixture="report")
@when(sentence("{who:person} refreshes the knowledge"), target_fixture="report")
def _(driver, world, spent, who):
    spent[:] = world.embedder.passages
    return driver.end_refresh(who, driver.begin_refresh(who))


@when(sentence("{who:person} tries a refresh as a dry run"), target_fixture="report")
def _(driver, world, spent, who):
    spent[:] = world.embedder.passages
    return driver.end_refresh(who, driver.begin_refresh(who, dry_run=True))


@when(sentence("{who:person} starts a refresh"))
def _(driver, story, who):
    with story.refusals():
        driver.begin_refresh(who)


@then(sentence("the report counts {added:d} added, {updated:d} updated, {removed:d} removed, {unchanged:d} unchanged"))
def _(report, added, updated, removed, unchanged):
    assert report.status == "completed", report.problem
    counted = {name: report.counts[name] for name in ("added", "updated", "removed", "unchanged")}
    assert counted == {"added": added, "updated": updated, "removed": removed, "unchanged": unchanged}


@then(sentence("no passage was embedded"))
def _(world, spent):
    assert world.embedder.passages == spent


@then(sentence("{number:d} passage was embedded, and {words:quoted} stands in it"))
def _(world, spent, report, number, words):
    embedded = world.embedder.passages[len(spent) :]
    assert len(embedded) == number
    assert all(words in text for text in embedded)
    assert report.counts["embedded"] == number


@then(sentence("{number:d} passages were used as they were"))
def _(report, number):
    assert report.counts["reused"] == number


@then(sentence("it tells that {number:d} passage would be embedded"))
def _(report, number):
    assert report.counts["embedded"] == number


@then(sentence("the report names {name:quoted} as failed because {reason:quoted}"))
def _(report, name, reason):
    assert report.failures == ((name, reason),)


@then(sentence("the report names nothing as failed"))
def _(report):
    assert report.failures == ()


@then(sentence("the source {source:quoted} names {name:quoted} as failed because {reason:quoted}"))
def _(driver, source, name, reason):
    assert failures_of(driver, source) == ((name, reason),)
    assert [d.failure for d in driver.documents(PEOPLE["Grace"]) if d.name == name] == [reason]


@then(sentence("the source {source:quoted} names nothing as failed"))
def _(driver, source):
    assert failures_of(driver, source) == ()
    assert [document.failure for document in driver.documents(PEOPLE["Grace"])] == [None, None]


@then(sentence("the source {source:quoted} is named as failed"))
def _(driver, report, source):
    ((name, reason),) = report.failures
    assert name == ""
    assert "the share is not mounted" in reason
    assert failures_of(driver, source) == report.failures


@then(sentence("the refresh has failed, and says that the embedder does not answer"))
def _(report):
    assert report.status == "failed"
    assert "embedder" in report.problem


@then(sentence("the refresh under way is completed"))
def _(driver, under_way):
    assert driver.end_refresh(PEOPLE["Grace"], under_way).status == "completed"


@then(sentence("{who:person} may refresh again"))
def _(driver, who):
    assert driver.end_refresh(who, driver.begin_refresh(who)).status == "completed"


@then(sentence("{who:person} is answered {words:quoted} from {name:quoted} on {said:quoted}"))
def _(driver, story, who, words, name, said):
    story.tell(who, said, lambda: driver.ask(who, said))
    assert_quotes(driver, who, story.reply, words, name)


@then(sentence("{who:person} is not answered on {said:quoted}"))
def _(driver, who, said):
    assert driver.ask(who, said).citations == ()


@then(sentence("the list of documents is {name:quoted}"))
def _(driver, name):
    assert [document.name for document in driver.documents(PEOPLE["Grace"])] == [name]


@then(sentence("{who:person} does not find {name:quoted} in the list of documents"))
def _(driver, who, name):
    assert name not in [document.name for document in driver.documents(who)]


@then(sentence("{name:quoted} is listed with {number:d} passage that waits to be embedded"))
@then(sentence("{name:quoted} is listed with {number:d} passages that wait to be embedded"))
def _(driver, name, number):
    assert [d.pending for d in driver.documents(PEOPLE["Grace"]) if d.name == name] == [number]


def failures_of(driver, name):
    (source,) = [source for source in driver.sources(PEOPLE["Grace"]) if source.name == name]
    return source.failures
