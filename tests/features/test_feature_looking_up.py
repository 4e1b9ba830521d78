"""Looking things up in the company's systems."""

from pytest_bdd import given, scenarios, then
from sentences import sentence
from world import ToldSystem

from sophia.domain.lookups import LookupCaps, System
from sophia.domain.tenancy import reader_group

scenarios("mirar.feature", "looking_up.feature")


@given(sentence("el {system} {name:quoted} de {company}, que contesta:"))
@given(sentence("{company} has the {system} {name:quoted}, which answers:"))
def _(world, system, name, company, datatable):
    world.systems[company, name] = ToldSystem(name, System(system), company, datatable)


@given(sentence("el {system} {name:quoted} de {company}, que no encuentra nada"))
@given(sentence("{company} has the {system} {name:quoted}, which finds nothing"))
def _(world, system, name, company):
    world.systems[company, name] = ToldSystem(name, System(system), company, [["user", "src", "count"]])


@given(sentence("el {system} {name:quoted} de {company}, que no encuentra nada y mira una hora como mucho"))
def _(world, system, name, company):
    caps = LookupCaps(hours=1)
    world.systems[company, name] = ToldSystem(name, System(system), company, [["user", "src", "count"]], caps=caps)


@given(sentence("el {system} {name:quoted} de {company}, que no responde"))
@given(sentence("{company} has the {system} {name:quoted}, which does not answer"))
def _(world, system, name, company):
    world.systems[company, name] = ToldSystem(name, System(system), company, [], answers=False)


@given(sentence("el {system} {name:quoted} de {company}, que es del grupo {group:quoted}"))
def _(world, system, name, company, group):
    rows = world.systems[company, name].rows
    readers = frozenset({reader_group(group)})
    world.systems[company, name] = ToldSystem(name, System(system), company, rows, readers=readers)


@then(sentence("cada cita está comprobada"))
@then(sentence("every citation is verified"))
def _(story):
    assert story.reply.citations
    assert all(citation.verified for citation in story.reply.citations)
    assert story.reply.unsupported == 0


@then(sentence("a {name:quoted} se le ha preguntado una vez"))
@then(sentence("{name:quoted} was asked once"))
def _(world, name):
    assert len(world.system(name).asked) == 1


@then(sentence("a {name:quoted} no se le ha preguntado nada"))
@then(sentence("{name:quoted} was not asked"))
def _(world, name):
    assert world.system(name).asked == []


@then(sentence("a {name:quoted} se le ha preguntado por {value:quoted}"))
def _(world, name, value):
    assert f'"{value}"' in str(world.system(name).asked[-1].arguments)
