"""What an attack has to say, in Spanish and English, as patterns over folded text.

Every repetition in them is bounded, and a text that has none of the words a rule begins with is not searched for it.
"""

import re
from enum import StrEnum

from attrs import frozen

__all__ = ["Sign", "is_order", "signs_in"]


class Sign(StrEnum):
    """What in a text speaks to the assistant."""

    OVERRIDE = "override"
    """Instructions given before are not to count."""
    ADDRESS = "address"
    """The assistant is called by its name or kind, and told to do something."""
    ROLE = "role"
    """Imitates the marks between system, user, tool and model."""
    CONSENT = "consent"
    """Says in the user's place that the user agrees."""
    TOOL = "tool"
    """Has one of the assistant's tools called."""
    REVEAL = "reveal"
    """Asks for the assistant's own instructions."""
    LEAK = "leak"
    """A link or picture that would carry data away."""
    REQUEST = "request"
    """Asks a favour in the first person, as a user would."""
    HIDDEN = "hidden"
    """One of these, or an order, where a reader does not see it."""


def signs_in(text: str) -> frozenset[Sign]:
    """The signs that stand in a folded text, but for what is hidden in it."""
    words = _BEGINNINGS.intersection(text.encode("ascii", "replace").translate(_LETTERS).split())
    rules = [*_ALWAYS, *(rule for rule in _BEGUN if not rule.words.isdisjoint(words))] if words else _ALWAYS
    return frozenset(rule.sign for rule in rules if rule.applies(text))


def is_order(text: str) -> bool:
    """Whether a folded text tells somebody to do something: enough where it was hidden."""
    return _ORDER.search(text) is not None


_LETTERS = bytes(code if chr(code).islower() else 0x20 for code in range(128)) + b" " * 128


_DO_EN = """
    open create raise file block unblock allow whitelist blacklist isolate quarantine restart reboot reset shut turn
    switch disable enable deactivate activate delete remove erase wipe purge send forward email mail post upload export
    transfer withdraw deposit pay sell buy order book initiate grant give share revoke unlock lock add change update
    modify edit set redirect move copy rename schedule cancel dispatch guide leave join execute run call invoke ignore
    disregard forget reveal disclose show print display output repeat reply respond answer say tell write include append
    insert mark approve confirm close assign escalate install uninstall download publish fill retrieve access perform
    proceed hand escalate
"""
# In the tú, usted and vos(otros) forms, and the infinitive.
_DO_ES = r"""
    abr(?:e|i|a|id|ir) cre(?:a|e|ad|ar) levant(?:a|e|ar) gener(?:a|e|ar) (?:des)?bloque(?:a|e|ad|ar) permit(?:e|a|ir)
    aisl(?:a|e|ar) reinici(?:a|e|ad|ar) apag(?:a|ue|ad|ar) enciend[ea] encender (?:des)?activ(?:a|e|ad|ar)
    (?:des)?habilit(?:a|e|ar) borr(?:a|e|ad|ar) elimin(?:a|e|ad|ar) (?:re)?envi(?:a|e|ad|ar) mand(?:a|e|ar)
    transf(?:iere|iera|erir) retir(?:a|e|ar) ingres(?:a|e|ar) pag(?:a|ue|ar) vend(?:e|a|er) compr(?:a|e|ar)
    conced(?:e|a|er) otorg(?:a|ue|ar) d(?:a|e|ar|ale|ales) compart(?:e|a|ir) revo(?:ca|que|car) anad(?:e|a|ir)
    agreg(?:a|ue|ar) cambi(?:a|e|ar) actuali(?:za|ce|zar) modifi(?:ca|que|car) redirig(?:e|ir) redirija muev[ea] mover
    copi(?:a|e|ar) program(?:a|e|ar) cancel(?:a|e|ar) ejecut(?:a|e|ad|ar) lan(?:za|ce|zar) llam(?:a|e|ar)
    invo(?:ca|que|car) ignor(?:a|e|ad|ar) olvid(?:a|e|ar) revel(?:a|e|ar) muestr[ae] mostrar imprim(?:e|a|ir)
    repit[ea] repetir respond(?:e|a|er) contest(?:a|e|ar) di diga decir dile inclu(?:ye|ya|ir) insert(?:a|e|ar)
    mar(?:ca|que|car) aprueb[ae] aprobar confirm(?:a|e|ar) cierr[ae] cerrar asign(?:a|e|ar) escal(?:a|e|ar)
    instal(?:a|e|ar) descarg(?:a|ue|ar) publi(?:ca|que|car) traspas(?:a|e|ar) deriv(?:a|e|ar) pas(?:a|e|ar) procede
"""
_NAMED = (
    r"(?:sophia|(?:(?:ai|ia|llm|virtual|digital) )?assistants?|asistentes?(?: (?:de ia|virtual|digital|ia))?|chatbot"
    r"|copilot|chatgpt|(?:ai|llm|language|ia) (?:model|agent|system)s?|modelo de (?:lenguaje|ia)|agente(?: de)? ia)"
)
# An assistant may also be a person, and an "asistente" somebody who is there.
_MACHINE = (
    r"(?:sophia|(?:ai|ia|llm|virtual|digital) (?:assistant|agent|model|system)|language model|chatbot|llm"
    r"|asistente (?:de ia|virtual|digital|ia)|modelo de (?:lenguaje|ia)|agente (?:de )?ia)"
)
_CALLED = (
    r"(?:\b(?:attention|important|notice|note|hey|dear|hello|message|instructions?|atencion|importante|nota|oye|hola"
    r"|aviso|mensaje|instruccion(?:es)?)[^\w\n]{1,3}(?:(?:to|for|para|a|al|de)\s)?(?:(?:the|all|any|el|la|los|todos los)\s)?)"
)
_AT_ONCE = (
    r"(?:(?:please|kindly|por favor|now|ahora|ya|also|tambien|immediately|inmediatamente|silently|you (?:must|should|will"
    r"|have to|need to)|debes|tienes que|has de|deberas)[^\w]{1,3}){0,3}"
)
_NOT_TOLD = (
    r"(?<!not )(?<!never )(?<!n't )(?<!who )(?<!that )(?<!may )(?<!might )(?<!users )(?<!they )(?<!no )(?<!nunca )"
    r"(?<!que )(?<!quien )(?<!si )(?<!se )(?<!cuando )"
)
_ORDERS_EN = (
    r"(?:instructions?|prompts?|directives?|orders|guidelines|guardrails|programming|training|constraints|restrictions"
    r"|rules)\b"
)
_ORDERS_ES = r"(?:instrucciones|indicaciones|ordenes|directrices|directivas|reglas|normas|restricciones|prompt)\b"

_PARTS = {
    "@gap": r"[^\w.!?|]{1,4}",
    "@some": r"(?:\w{1,20}[^\w.!?|]{1,4}){0,4}",
    "@few": r"(?:\w{1,20}[^\w.!?|]{1,4}){0,2}",
    "@many": r"(?:\w{1,20}[^\w.!?|]{1,4}){0,10}",
    "@begins": r"(?:^|[\n.!?:;>(\"'|#•-]\s{0,4})",
    "@do": f"(?:{'|'.join(_DO_EN.split() + _DO_ES.split())})\\b",
    "@at-once": _AT_ONCE,
    "@called": _CALLED,
    "@named": _NAMED,
    "@machine": _MACHINE,
    "@not-told": _NOT_TOLD,
    "@orders-en": _ORDERS_EN,
    "@orders-es": _ORDERS_ES,
}
_PART = re.compile("|".join(sorted(_PARTS, key=len, reverse=True)))


def _pattern(*choices: str) -> re.Pattern[str]:
    return re.compile(_PART.sub(lambda part: _PARTS[part[0]], "|".join(choices)))


@frozen
class _Rule:
    """A text is searched for the pattern if it has one of the words, and of the marks, and what is near them.

    Attributes:
        words: at least one of them stands in the text; none: whatever stands there.
        marks: at least one of these does; none: any.
        near: a quick look at what stands beside the words.
    """

    sign: Sign
    words: frozenset[bytes]
    marks: tuple[str, ...]
    near: re.Pattern[str] | None
    pattern: re.Pattern[str]

    def applies(self, text: str) -> bool:
        if self.marks and not any(mark in text for mark in self.marks):
            return False
        if self.near is not None and self.near.search(text) is None:
            return False
        return self.pattern.search(text) is not None


def _rule(sign: Sign, begins: str, *choices: str, marks: str = "", near: str = "") -> _Rule:
    words = frozenset(word.encode() for word in begins.split())
    return _Rule(sign, words, tuple(marks.split()), _pattern(near) if near else None, _pattern(*choices))


_NAMES = (
    "sophia assistant assistants asistente asistentes chatbot bot copilot chatgpt language model models modelo agente llm "
    "llms ai ia artificial"
)
_RULES = (
    _rule(
        Sign.OVERRIDE,
        "ignore disregard forget override obey follow",
        r"(?:(?=[idf])@not-told\b(?:ignore|disregard|forget)|@begins@at-onceoverride|\b(?:do not|don't) (?:follow|obey))@gap(?:"
        r"@some(?:previous|prior|above|earlier|preceding|foregoing|past|original|initial|your|system|developer)@gap@few"
        r"@orders-en"
        r"|@few(?:instructions?|prompts?|directives?|rules)@gap(?:above|before|you (?:were|have|got))\b"
        r"|@feweverything@gap(?:above|before|you)\b)",
    ),
    _rule(
        Sign.OVERRIDE,
        "ignora ignore ignorad ignoren ignorar olvida olvide olvidad olviden olvidar olvidate descarta descarte descartad "
        "descartar omite omita omitid omitir salta saltate caso deja sigas obedezcas",
        r"(?=[iodsthn])@not-told\b(?:ignor(?:a|e|ad|en)|olvid(?:a|ad|e|en|ate de)|descart(?:a|e|ad)|omit(?:e|a|id)|salta(?:te)?"
        r"|(?:haz|haga|hagan) caso omiso (?:de|a)|no (?:hagas caso (?:de|a)|sigas|obedezcas)|deja de (?:seguir|obedecer"
        r"|hacer caso (?:de|a))|(?:debes|tienes que|deberas|has de) (?:ignorar|olvidar|descartar|omitir))@gap@some(?:"
        r"(?:vuestr[ao]s|tus|previas|anteriores)@gap@few@orders-es"
        r"|@orders-es@gap@few(?:anteriores|previas|precedentes|iniciales|originales|recibidas|(?:del|de) sistema"
        r"|(?:de )?arriba|que (?:te|has|tienes|recibiste|recibieras))\b"
        r"|todo lo (?:anterior|dicho|que)\b)",
    ),
    _rule(
        Sign.ADDRESS,
        _NAMES,
        r"(?:@begins|@called)(?:sophia\W{1,6}|@named\s{0,2}[,:!\])>-]\W{0,4})@at-once@do",
        r"@called(?:ai|ia|llms?|models?|modelo|bot|inteligencia artificial)\s{0,2}[,:!\])>-]\W{0,4}@at-once@do",
        near=r"sophia|(?:assistants?|asistentes?|virtual|digital|ia|ai|chatbot|copilot|chatgpt|models?|agents?|systems?"
        r"|lenguaje|llms?|modelo|bot|artificial)\s{0,2}[,:!\])>-]",
    ),
    _rule(
        Sign.ADDRESS,
        _NAMES,
        r"\b@machine(?:@gap(?:that|who|which|que)@gap@many|@gap)(?:must|should|shall|has to|needs to|will"
        r"|is (?:instructed|required|ordered|authori[sz]ed|told) to|debe(?:ra)?|tiene que|ha de|tendra que)@gap"
        r"(?:(?:now|always|also|immediately|siempre|ahora|inmediatamente|tambien)@gap){0,2}@do",
        r"\bif you are (?:an? |the )?(?:\w{1,20} )?@machine",
        r"\bif you are an? (?:ai|assistant)\b",
        r"\bsi eres (?:una? |el |la )?(?:\w{1,20} )?@machine",
        r"\bsi eres (?:una ia|un asistente)\b",
        r"\bas an? (?:ai|llm|language model)(?: \w{1,20})?, you\b",
        near=r"@machine|if you are an? (?:ai|assistant)\b|si eres una? (?:ia|asistente)\b"
        r"|as an? (?:ai|llm|language model)(?: \w{1,20})?, you\b",
    ),
    _rule(
        Sign.ADDRESS,
        "now ahora pretend dan root unrestricted actua comportate real true new nueva nuevo nuevas verdadera verdadero "
        "unica unico",
        r"\byou are now (?:an? |in |the )?(?:\w{1,20} )?(?:dan|developer mode|debug mode|unrestricted|jailbroken"
        r"|admin\w{0,12}|root|ai|assistant|chatbot|free|no longer)\b",
        r"\bfrom now on,? you (?:are|must|only|will (?:only|be|act|answer|respond|ignore|obey))\b",
        r"\ba partir de ahora,? (?:eres|debes|tienes que|responde|vas a|actua|ignora|di|contesta)\b",
        r"\bpretend (?:to be|you are|that you)\b",
        r"\bact as (?:if you (?:are|were) )?(?:an? )?(?:unrestricted|dan|root)\b",
        r"\b(?:actua|comportate) como si (?:fueras|no tuvieras)\b",
        r"\byour (?:new|real|true) (?:task|instructions?|role|goal|objective|job|orders|mission) (?:is|are)\b",
        r"\btu (?:nuev[ao]|verdader[ao]|unic[ao]) (?:tarea|mision|funcion|instruccion|objetivo|papel) es\b",
        r"\btus nuevas (?:instrucciones|ordenes)\b",
        r"\bnew (?:system )?instructions?(?: for (?:you|the (?:ai|assistant|model))\b| ?:)",
        r"\bnuevas instrucciones(?: (?:para (?:ti|el (?:asistente|modelo)|la ia|sophia)|del sistema)\b| ?:)",
    ),
    _rule(
        Sign.ADDRESS,
        "answer reply response respond respuesta responde contesta",
        r"\b(?:in|at the end of|begin|start|end|prefix) your (?:final |next )?(?:answer|reply|response),? (?:with\b|@do)",
        r"\byour (?:final |next )?(?:answer|reply|response) (?:must|should|has to) (?:be|say|include|contain|claim|end)\b",
        r"\b(?:reply|respond|answer) (?:only |exactly )(?:with|that) ?(?:the (?:word|text|phrase)|[\"'])",
        r"\b(?:en|al final de|empieza|termina|acaba) tu (?:proxima |siguiente )?respuesta,? (?:con\b|@do)",
        r"\btu respuesta (?:debe|tiene que|ha de) (?:ser|decir|incluir|contener|acabar)\b",
        r"\b(?:responde|contesta) (?:solo|unicamente|exactamente|siempre) (?:que\b|con ?(?:la palabra|el texto|[\"']))",
    ),
    _rule(
        Sign.ROLE,
        "",
        r"<\|\s?/?(?:im_start|im_end|system|assistant|user|tool|endoftext|eot_id|start_header_id|end_header_id)\s?\|>",
        r"\[/?inst\]",
        r"<<\s?/?sys\s?>>",
        r"</(?:passages|earlier-messages|tool_results?|function_results?|context)>",
        r"</?(?:tool_results?|tool_calls?|function_results?|function_calls?|system-?prompt)>",
        near=r"<[|/<tfs]|\[/?inst",
    ),
    _rule(
        Sign.ROLE,
        "role",
        r"[\"']role[\"']\s?:\s?[\"'](?:system|assistant|tool|developer)[\"']",
        marks="role\" role'",
    ),
    _rule(
        Sign.ROLE,
        "system sistema developer",
        r"(?:^|\n)[#>\[(\s-]{0,6}(?:system|sistema|developer)(?: (?:prompt|message|override|note))?\s?[:\])>]+\s{0,3}(?:"
        r"you (?:are|must|will|should|have|can)|(?:the )?user (?:has |is )?(?:confirm|approv|authori|verif|admin)"
        r"|eres\b|debes\b|tienes\b|el usuario (?:ha |ya |es )|@at-once@do)",
        near=r"(?:system|sistema|developer)(?: (?:prompt|message|override|note))?\s?[:\])>]",
    ),
    _rule(
        Sign.ROLE,
        "system sistema passages",
        r"\b(?:begin|start of|end of|fin de|inicio de)(?: the| el| la| los)? (?:system prompt|passages|prompt del sistema)\b",
    ),
    _rule(
        Sign.CONSENT,
        "confirm confirms confirmed confirmo confirma confirmado approve approves approved authorized authorised "
        "authorises authorizes autorizo autoriza autorizado aprobado aprueba consents consented agrees agreed consiente",
        r"\b(?<!if )(?<!when )(?<!once )(?<!after )(?<!until )(?<!unless )(?<!si )(?<!cuando )(?<!que )(?<!the )"
        r"(?:(?:the )?(?:user|customer|analyst|administrator|admin|ciso) (?:has |have )?(?:already |just |explicitly "
        r"|hereby )?(?:confirm|approv|authori[sz]|consent|agree)\w{0,3}"
        r"|(?:el|la) (?:usuari[oa]|analista|administradora?|ciso) (?:ya )?(?:lo |la )?(?:ha )?"
        r"(?:confirm|autoriz|aprob|aprueb|consient)\w{0,5})(?: [^.,:;\n]{0,50})?[.,:;\n-]\s{0,3}"
        r"(?:(?:so|and|therefore|asi que|por tanto|y|sin) )?@at-once(?:@do|go ahead|no need|adelante|mas preguntas)",
        r"@begins(?:si|yes)[,.!]?\s{0,3}(?:(?:lo|i|yo) )?(?:hereby |do )?(?:confirmo|confirm|confirmed|confirmado|approve"
        r"|autorizo)\b(?! ?\?)",
    ),
    _rule(
        Sign.TOOL,
        "ticket search query status fetch",
        r"\b(?:call|calls|calling|invoke|invoking|use|using|run|execute|trigger|tool|function|name|tool_call|result|llama"
        r"|llame|llamar|usa|usar|ejecuta|invoca|lanza|herramienta|funcion|resultado)\b[^\n]{0,40}"
        r"\b(?:create_ticket|rag_search|splunk_query|palo_alto_status|grafana_fetch)\b",
        r"\b(?:create_ticket|rag_search|splunk_query|palo_alto_status|grafana_fetch)[\"']?\s?[({:=]",
        r"\b(?:call|use|run|llama a|usa|ejecuta) (?:the|la|el) (?:tool|function|herramienta|funcion)\b",
        marks="create_ticket rag_search splunk_query palo_alto_status grafana_fetch",
    ),
    _rule(
        Sign.REVEAL,
        "prompt prompts instructions instrucciones sistema",
        r"(?<!to )\b(?:reveal|print|show|output|repeat|display|disclose|leak|tell me|summari[sz]e|give me|send)@gap@some"
        r"(?:your|system|hidden|initial)@gap@few(?:prompt|instructions)\b",
        r"\b(?:revela|muestra|imprime|repite|dime|ensename|ensena|escribe|copia|envia)@gap@some"
        r"(?:tu|tus|prompt)@gap@few(?:prompt|instrucciones|sistema)\b",
    ),
    _rule(
        Sign.LEAK,
        "http https",
        r"\]\(https?://[^()\[\]\s{<]{1,400}(?:\{|<|\[\w|%7b)",
    ),
    _rule(
        Sign.LEAK,
        "append include insert add encode anade incluye inserta pon mete codifica",
        r"\b(?:append|include|insert|add|encode|anade|incluye|inserta|pon|mete|codifica)@gap@many"
        r"(?:conversation|secrets?|passwords?|credentials|api keys?|tokens?|prompt|chat|conversacion|secretos|contrasenas?"
        r"|credenciales|historial)@gap@many(?:url|link|image|picture|query string|enlace|imagen)\b",
    ),
    _rule(
        Sign.REQUEST,
        "please kindly favor",
        r"\b(?:please|kindly|por favor)[^\w\n]{1,3}(?:use\b|@do)[^!?\n]{1,200}?(?:\b(?:my|mine|i'm|for me|mi|mis)\b"
        r"|\b(?:id|code|account|number|user ?name|titled|cuenta|numero|codigo|titulad[oa])\W{1,4}[\"'\[]?[\w-]{0,12}\d"
        r"|['\"\[(][\w@./~ -]{2,60}['\"\])])",
    ),
    _rule(
        Sign.REQUEST,
        "my mi mis",
        r"@begins@do[ ,]{1,2}(?:[\w-]{1,20}[ ,]{1,2}){1,8}(?:my|mi|mis) \w{2,20} \w",
        r"@begins@do (?:my|mi|mis) (?:\w{2,20} ){1,4}(?:to|for|from|with|al|para|por|con)\b",
    ),
)
_ALWAYS = tuple(rule for rule in _RULES if not rule.words)
_BEGUN = tuple(rule for rule in _RULES if rule.words)
_BEGINNINGS = frozenset(word for rule in _BEGUN for word in rule.words)
_ORDER = _pattern(r"@begins(?:@named\W{1,4})?@at-once@do@gap\w{1,20}@gap\w")
