"""How somebody asks for the state of a ticket, in Spanish and English: lower case, without accents and punctuation.

One form a line; ``?`` before it: only with a question mark does it ask, without one it may be telling. Names in angle
brackets are the parts below.
"""

import re
from functools import cache
from typing import NamedTuple

__all__ = ["AGENT", "COURTESY", "GENERAL", "LEAD", "NUMBER", "OWN_NUMBER", "TRAIL", "WORTH_A_LOOK", "Form", "forms"]

AGENT = "xagentx"
"""What stands for the name of an agent that takes tickets."""

NUMBER = r"(?:tkt_[0-9a-z]+|[a-z]{2,10}-\d[\da-z-]*|[a-z]{2,10}\d{2,}|#\d+|\d{1,12})"
"""What may be a ticket's number."""

OWN_NUMBER = re.compile(r"tkt_[0-9a-z]+|tck-?\d+|ticket-?\d+|#\d+")
"""What is one without doubt."""

_PARTS = {
    "AGENT": AGENT,
    "NUMBER": NUMBER,
    "YET": r"(?: (?:ya|todavia|aun|o no|yet|already|now|so far|or not|hoy|today))?",
    "STATE": r"(?:abiert[oa]s?|cerrad[oa]s?|resuelt[oa]s?|pendientes?|en (?:cola|curso|marcha|proceso)|list[oa]s?|hech[oa]s?|terminad[oa]s?|acabad[oa]s?|aceptad[oa]s?|rechazad[oa]s?|entregad[oa]s?|solucionad[oa]s?|completad[oa]s?|atendid[oa]s?|asignad[oa]s?|finalizad[oa]s?|parad[oa]s?|arreglad[oa]s?|tramitad[oa]s?|open|opened|closed|resolved|pending|queued|in (?:progress|the queue)|ready|done|finished|completed?|accepted|rejected|delivered|fixed|solved|handled|processed|assigned|sorted(?: out)?|being (?:worked on|handled|looked at))",
    "DID": r"(?:\w+(?:ado|ada|ados|adas|ido|ida|idos|idas)|hech[oa]s?|dich[oa]|puest[oa]s?|resuelt[oa]s?|abiert[oa]s?|visto)",
    "DONE": r"(?:\w+ed|done|reset|shut(?: down)?|set(?: up)?|put|given|taken|made|sent|run|begun|started|said|told|seen)",
    "WENT": r"(?:termino|acabo|contesto|respondio|hizo|dijo|resolvio|cerro|acepto|empezo|rechazo|devolvio)",
    "TICKET": r"(?:(?:el|los|mi|mis|ese|este|esos|estos|nuestro|nuestros|su|my|the|this|that|our|these|those)(?: (?:ultimos?|otros?|primer|nuevos?|last|latest|other|open|new))? tickets?(?: (?:numero |number |num |no )?<NUMBER>)?|ticket (?:numero |number |num |no )?<NUMBER>|(?:mi|mis|nuestra|nuestro|my|our)(?: (?:ultimas?|ultimos?|last|latest))? (?:peticion|peticiones|solicitud|solicitudes|pedido|caso|requests?|case)|(?:el|la|los|las) (?:peticion|peticiones|solicitud|solicitudes) que (?:te |le |os |les )?(?:pedi|hice|hicimos|pase|pasaste|mande|mandaste|he hecho|has pasado)(?: a <AGENT>)?|lo que (?:te |le |os |les )?(?:pedi|pediste|pedimos|pase|pasaste|encargue|encargaste|solicite|mande|mandaste|he pedido|has pasado|hemos pedido)(?: a <AGENT>)?|what (?:i|we) (?:have )?asked (?:you |<AGENT> )?(?:for|to do)|what you (?:handed|passed)(?: over| on)?(?: to <AGENT>)?)",
    "ABOUT": r"(?: (?:de|sobre|para|por|con|en|for|about|on|regarding|to|with|of|que|that|which|i|abiert[oa]|opened|raised) (?P<things>.+?))?",
    # What an agent was asked to act on, and what a thing is that has no other name.
    "WITH": r"(?: (?:con |de |en |a |on |with |about |for )*(?P<things>.+?))?",
    "THINGS": r"(?P<things>.+?)",
}

# <S> is a ticket: named as one, or by its number alone.
_OF_TICKETS = r"""
(?:como|que tal)(?: me)?(?: (?:va|van|anda|andan|sigue|siguen|esta|estan|lleva|llevan|vamos|vais|marcha|avanza|avanzan|evoluciona|quedo|quedaron|ha quedado))?(?: (?:con|lo de))? <S>
(?:en )?(?:que|cual)(?: es)?(?: el)? (?:estado|punto|situacion|fase|estatus|status)(?: actual)?(?: (?:esta|estan|anda|andan|se encuentra|se encuentran|va|tiene|tienen|quedo))?(?: de)? <S>
(?:el )?(?:estado|estatus|status|situacion)(?: actual)?(?: de)? <S>
(?:y )?que (?:hay|sabes|se sabe|sabemos|ha pasado|paso|pasa|fue|ha sido|noticias hay|novedades hay) (?:de|con|sobre) <S>
(?:(?:sabes|se sabe|sabemos|tienes|tenemos|hay|ha habido) )?(?:alguna? )?(?:algo|novedad|novedades|noticias?|avances?|actualizacion|respuesta)(?: nuevo| nuevas?)? (?:de|con|sobre|en|para) <S>
<S> (?:como (?:va|van|esta|sigue)|que tal(?: va)?)<YET>
? <S> (?:ya )?(?:sigue|siguen|esta|estan|continua)(?: ya| todavia| aun)? <STATE><YET>
? (?:ya )?(?:sigue|siguen|esta|estan|quedo|quedaron)(?: ya| todavia| aun)? <STATE>(?: ya)? <S>
? (?:ya )?(?:se |me |te |nos |lo )?(?:ha|han)(?: ya)? (?:<STATE>|<DID>)(?: ya)?(?: algo)?(?: (?:a|de|con|en|sobre))? <S>
? (?:ya )?(?:se |me )?(?:resolvio|resolvieron|cerro|cerraron|termino|terminaron|atendieron|aceptaron|rechazaron|entregaron)(?: ya)? <S>
(?:por )?donde (?:esta|estan|anda|va) <S>
quien (?:tiene|lleva|esta con|atiende) <S>
(?:para )?cuando (?:esta|estara|estaran|se resuelve|se resolvera|tendre)(?: <STATE>)? <S>
(?:que|cuales|cuantos)(?: son)?(?: mis)? tickets(?: (?:tengo|tenemos|hay|siguen|estan|quedan))+(?: <STATE>)?
? (?:tengo|tenemos|hay)(?: algun)? tickets? mios?(?: <STATE>)?
? tengo(?: algun)? tickets?(?: <STATE>)?
(?:cuales son |lista |listar |ver |muestra )?mis tickets(?: <STATE>)?
(?:how|what is up with|what is happening (?:with|to)|what is going on with|what happened (?:with|to)|what (?:became|has become) of|what about|how about)(?: (?:is|are))? <S>(?: (?:going|doing|coming (?:along|on)|getting (?:on|along)|progressing|looking))?<YET>
(?:what is |is there |are there |have you (?:got |had |heard )?|do you have |give me |check |get )?(?:the |an? |any )?(?:current |latest )?(?:status|state|progress|updates?|news|word|eta|anything new)(?: (?:of|on|for|about|with|from|regarding|de))? <S>
(?:my |the )?tickets? (?:<NUMBER> )?(?:status|state|update|progress)
(?:in )?(?:what|which) (?:status|state|stage) (?:is|are) <S>(?: (?:in|at))?
? (?:is|are|was|has|have|did) <S>(?: (?:been|already|still|yet|now|get))*(?: (?:<STATE>|<DONE>))<YET>
where is <S>(?: now| at)?
where (?:are|r) (?:we|you) (?:with|on) <S>
en que (?:quedo|ha quedado|quedaron) <S>
(?:que|cuantos|cuales) tickets (?:le |les )?(?:has|he|hemos|habeis) pasado a <AGENT>(?: hoy| esta semana)?
who (?:has|owns|is on|is working on|is handling|took) <S>
? (?:is|has) (?:any(?:one|body)|some(?:one|body)) (?:working on|looking (?:at|into)|picked up|taken|on) <S><YET>
when will <S> be <STATE>
(?:which|what) (?:<STATE> )?tickets (?:do (?:i|we) have|have (?:i|we)(?: got)?|of mine are|are mine)(?: <STATE>)?
? do (?:i|we) have (?:any )?(?:<STATE> )?tickets(?: <STATE>)?
(?:list |see |check )?my (?:<STATE> )?tickets(?: <STATE>)?
"""

# What an agent has done, said, or is at.
_OF_AGENTS = r"""
? (?:ya )?ha(?: ya)? <DID>(?: (?:ya|algo|eso|todo))* <AGENT><WITH>
? <AGENT> (?:ya )?(?:no )?ha(?: ya)? <DID>(?: (?:ya|algo|eso|todo))*<WITH>
? (?:ya )?(?:lo )?<WENT>(?: (?:ya|algo))? <AGENT><WITH>
? <AGENT> (?:ya )?(?:lo )?<WENT>(?: ya| algo)?<WITH>
(?:que|como) (?:dice|dijo|ha dicho|contesta|contesto|ha contestado|ha respondido|respondio|va|anda|lo lleva|lleva|sabes de|se sabe de|hay de|esta haciendo)(?: lo de)? <AGENT><WITH>
(?:(?:sabes|se sabe|hay|tienes|tenemos) )?(?:alguna? )?(?:algo|noticias?|novedad|novedades|respuesta) de <AGENT><WITH>
en que (?:anda|esta|ha quedado|quedo) <AGENT><WITH>
? (?:ya )?(?:sigue|esta|continua)(?: ya)? <AGENT> (?:con|en|trabajando|haciendo)<WITH>
? has <AGENT>(?: (?:already|yet|even|ever))? <DONE><WITH>
? did <AGENT> \w+<WITH>
? is <AGENT> (?:done|finished|ready|still|on it|working|\w+ing)<WITH>
what (?:did|does|has) <AGENT> (?:say|said|reply|replied|answer|answered|report|reported|tell|told)<WITH>
what is <AGENT> (?:doing|saying|up to)<WITH>
how is <AGENT> (?:doing|getting (?:on|along)|coming (?:along|on)|going|progressing)<WITH>
(?:is there |have you |do we have )?(?:had |got )?(?:any )?(?:news|word|updates?|reply|answer|response|progress|heard)(?: back)?(?: anything)? from <AGENT><WITH>
"""

# About a ticket only where a ticket is about these things.
_OF_THINGS = r"""
(?:y )?(?:que (?:hay|paso|ha pasado|pasa|sabes|tal) (?:de |con )?|como (?:va|vamos|vais|anda|sigue|esta|quedo) (?:con )?|en que quedo |(?:sabes |hay )?(?:algo|noticias|novedades) de |(?:el )?estado de )lo de <THINGS>
? (?:y )?lo de <THINGS>
? (?:y )?lo de <THINGS> (?:como (?:va|sigue|esta)|que tal(?: va)?)
? (?:ya )?(?:se |me )?(?:ha|han|has|habeis)(?: ya)? (?:sido )?(?P<deed><DID>|<STATE>)(?: ya)? <THINGS>
? (?:ya )?(?:se |le |les |me |nos )*(?:(?P<deed>\w{2,}aron|\w{2,}ieron)|(?:pudieron|llego a) (?P<tried>\w+))(?: ya)?(?: de alta| de baja)? <THINGS>
? (?:ya )?se (?P<deed>\w{3,}o)(?: ya)? <THINGS>
? (?:sigue|siguen|quedo|quedaron)(?: ya| todavia| aun)? (?P<deed><DID>|<STATE>) (?:lo de )?<THINGS>
(?:sabes|se sabe|hay)? ?(?:algo|noticias|novedades) de <THINGS>
en que (?:quedo|ha quedado|quedaron) <THINGS>
? ya (?:esta|estan) (?P<deed><DID>|<STATE>) <THINGS>
? (?:esta|estan) (?:ya|todavia|aun) (?P<deed><DID>|<STATE>) <THINGS>
? (?:esta|estan) (?P<deed><DID>|<STATE>) (?:ya|todavia|aun) <THINGS>
? (?:and )?(?:what|how) about <THINGS><YET>
? (?:and )?(?:has|have) <THINGS> been (?P<deed><DONE>|<STATE>)<YET>
? (?:is|are) <THINGS> (?P<deed><DONE>|<STATE>) (?:yet|already|now)
? (?:is|are) <THINGS> still <STATE>
? (?:was|were) <THINGS> (?P<deed><DONE>|<STATE>)(?: in the end| last night)?<YET>
? (?:did|has|have) (?:you|they|some(?:one|body)|any(?:one|body))(?: already)?(?: manage to)? (?P<deed>\w+) <THINGS>
? did <THINGS> (?:actually )?(?:go through|get (?P<deed><DONE>|<STATE>))(?: last night)?<YET>
? have (?:you|they|we)(?: already)? (?P<deed><DONE>|<STATE>) <THINGS>(?: yet| already)?
how is the \w+ (?:of|on|for) <THINGS> (?:going|coming (?:along|on)|progressing)
(?:what is |any |is there any )?(?:the )?(?:news|updates?|word|progress|status) (?:on|about|of) <THINGS>
"""

# About a ticket only in a thread that has one.
_OF_IT = r"""
? (?:ya )?(?:esta|lo han|lo ha|se ha|quedo)(?: ya)? <STATE>(?: ya| todo)?
? (?:y )?(?:hay |tienes |alguna )*(?:novedad|novedades|noticias?|avances?|actualizacion)
? (?:y )?como (?:va|sigue|anda)(?: (?:eso|la cosa|el tema|el asunto|todo|lo mio))?
? (?:y )?(?:que (?:hay|paso|ha pasado|sabes) (?:de|con)|en que quedo) (?:eso|lo mio|aquello)
? (?:is|was) (?:it|that|this)(?: all)? (?:<STATE>|<DONE>)<YET>
? (?:has|did) (?:it|that|this) (?:been|get|gotten) <DONE><YET>
? (?:is there )?any (?:news|updates?|progress|word)(?: yet| on (?:it|that|this))?
? how is (?:it|that|this) (?:going|coming (?:along|on)|looking)
"""


class Form(NamedTuple):
    """One way to ask. ``kind``: of a ``ticket``, by its ``number``, of ``things``, or of ``it``."""

    pattern: re.Pattern[str]
    only_asked: bool
    kind: str


@cache
def forms() -> tuple[Form, ...]:
    """All of them, the surest first."""
    return (
        *_made(_OF_TICKETS.replace("<S>", "<TICKET><ABOUT>"), "ticket"),
        *_made(
            "\n".join(line for line in _OF_TICKETS.splitlines() if "<S>" in line).replace(
                "<S>", "(?:el |la |the )?<NUMBER>"
            ),
            "number",
        ),
        Form(OWN_NUMBER, only_asked=True, kind="number"),
        *_made(_OF_AGENTS, "ticket"),
        *_made(_OF_IT, "it"),
        *_made(_OF_THINGS, "things"),
    )


def _made(block: str, kind: str) -> tuple[Form, ...]:
    return tuple(
        Form(re.compile(_filled(line.removeprefix("? ")) + _PARTS["YET"]), line.startswith("? "), kind)
        for line in block.strip().splitlines()
    )


def _filled(form: str) -> str:
    """The form with its parts in place; they have parts themselves."""
    while (filled := re.sub(r"<([A-Z]+)>", lambda part: _PARTS[part[1]], form)) != form:
        form = filled
    return form


GENERAL = re.compile(
    r"\b(?:si|cuando|if|when|whenever|while|como|how|politica|policy|procedimiento|procedure|proceso|process|norma|runbook|segun|according|tipos?|types?|ejemplo|example|normalmente|usually|suele|suelen|cada|each|every)\b"
)
"""Whatever of these stands behind a ticket makes the question one about how things are done."""

LEAD = re.compile(
    r"(?:(?:hola|buenas|buenos dias|buenas tardes|buenas noches|oye|oiga|perdona|perdon|disculpa|sophia|por favor|porfa|y|pero|entonces|una pregunta|una cosa|me (?:puedes|podrias|podes) (?:decir|confirmar|consultar|mirar)|(?:puedes|podrias|podes) (?:decirme|mirar|mirarme|consultar|confirmarme|comprobar|revisar)|dime|dame|decime|sabes(?= (?:si|como|en|que|cuando|quien|donde))|si|quiero saber|quisiera saber|queria saber|necesito saber|me gustaria saber|queria ver|quiero ver|ver|consulta|consultame|revisa|comprueba|muestrame|ensename|confirmame|hi|hello|hey|good (?:morning|afternoon)|please|and|but|so|ok|okay|sorry|excuse me|(?:can|could|would|will) you(?: please)? (?:tell|check|show|give|look up|confirm)(?: me)?|tell me|show me|do you know|i (?:want|need|would like|wanted) to know|i am wondering|i wonder|just checking|quick question|if|whether)\s+)+"
)
"""What somebody says before the question."""

TRAIL = re.compile(
    r"(?:\s+(?:por favor|porfa|gracias|muchas gracias|please|thanks|thank you|sophia|ahora|ahora mismo|hoy|de momento|hasta ahora|por ahora|now|right now|today|so far|at the moment|currently))+\Z"
)
"""What somebody says after it."""

COURTESY = re.compile(
    r"(?:(?:hola|hello|hi|hey|buenas|buenos dias|buenas tardes|buenas noches|good morning|good afternoon|gracias|muchas gracias|mil gracias|thanks|thank you|thanks a lot|por favor|porfa|please|sophia|oye|un saludo|saludos|cheers|ok|okay|vale|perdona|sorry|una pregunta|quick question)\s*)*"
)
"""A clause that says nothing."""

WORTH_A_LOOK = re.compile(
    r"\btickets?\b|\bxagentx\b|\b(?:estado|estatus|status|state|news|update|updates|progress|word|novedad\w*|noticias?|avances?|actualizacion|como|que|en que|how|what|where|who|when|donde|quien|cuando|lo de|ya|han?|has|have|habeis|esta|estan|is|are|was|did|any|sigue|siguen|quedo|mis?|my)\b|tkt_|#\d"
)
"""What each of the forms has some of; most messages have none, and are not looked at further."""
