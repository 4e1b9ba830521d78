"""What is asked to be done, and to what: taken from the words of a message, never made up.

An action is named by its verb as a dictionary has it ("bloquear", "dar de alta", "roll back"). Its objects stand as
the user wrote them: addresses, hosts, accounts, ports, rules, links, hashes, names, and failing those the words after
the verb.
"""
# ruff: noqa: PLR2004 - lengths of words are plainest where they are compared

import re

from sophia.domain.asked import Action
from sophia.domain.intent import patterns, phrases, words, words_en, words_es
from sophia.domain.intent.masking import QUOTE
from sophia.domain.intent.parts import Reading, Verb, acts
from sophia.domain.intent.problems import reports_problem
from sophia.domain.intent.reading import read
from sophia.domain.intent.verbs import english_verbs, fold, spanish_verbs

__all__ = ["actions_of", "objects_in", "quotes_action"]

_MOST_ACTIONS, _MOST_OBJECTS, _LONGEST = 8, 12, 120

_DOT = r"(?:\.|\[\.\])"
_OBJECTS = re.compile(
    rf"""
    (?P<quoted>["«“`][^"»”`\n]{{2,60}}["»”`])
    |(?P<link>(?:https?|hxxps?|ftp)://[^\s«»"“”<>]+)
    |(?P<mail>[\w.+-]+@(?:[\w-]+\.)*[\w-]*)
    |(?P<address>(?<![\w.])\d{{1,3}}(?:{_DOT}\d{{1,3}}){{3}}(?:/\d{{1,2}}|:\d{{2,5}})?(?![\w]))
    |(?P<six>(?<![\w:])(?:[0-9a-fA-F]{{1,4}}:){{2,7}}(?::?[0-9a-fA-F]{{1,4}})*(?:/\d{{1,3}})?(?![\w:]))
    |(?P<digest>(?<!\w)[0-9a-fA-F]{{32,64}}(?!\w))
    |(?P<path>\\\\[\w.$\\-]+|(?<![\w/])/(?:[\w.-]+/)*[\w.-]+|[A-Za-z]:\\[\w\\.-]+)
    |(?P<size>\b\d+\ ?(?:[KMGT]B|[kmgt]b|gigas?|megas?|[MG]bps)\b)
    |(?P<numbered>\b(?i:puertos?|ports?|reglas?|rules?|vlan|nodo|node|rack|interfaz|interface|switch|sw|rama|piso|planta|floor|case|caso|ticket|index|[ií]ndice)
        (?:\ (?:n[.ºo]*|no\.|number|n[uú]mero|id))?\ [#]?\d[\w/.:-]*(?:(?:\ ?,\ ?|\ (?:y|and|e)\ )\d[\w/.:-]*)*)
    |(?P<domain>(?<![\w@])(?:[*\w](?:[\w-]*{_DOT}))+[a-zA-Z]{{2,}}(?!\w))
    |(?P<host>(?<![\w@.])(?=[\w./-]*\d)(?=[\w./-]*[A-Za-z])[A-Za-z0-9]+(?:[-_/.][A-Za-z0-9]+)*(?![\w]))
    |(?P<service>(?<![\w@.])(?:svc|srv|usr|adm|grp|pc|lt|ws|dc|fw|gw|vm|db|app|sg|ou|gpo|rule|host)[-_][\w-]+(?!\w))
    |(?P<under>(?<![\w@.])[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+(?!\w))
    |(?P<port>(?<=\bel\ )\d{{2,5}}\b|(?<=\bthe\ )\d{{2,5}}\b|(?<=\bal\ )\d{{2,5}}\b
        |\b(?:TCP|UDP|tcp|udp)[/ ]?\d{{1,5}}\b
        |(?<=[a-zA-Z]\ )\d{{2,5}}(?=\ (?:de|del|en|of|in|on|for|from)\b))
    |(?P<names>[A-ZÁÉÍÓÚÑ][\wáéíóúñü'’-]*(?:\ (?:(?:de\ la|de|del|y)\ (?![A-Z]{{2}}))?[A-ZÁÉÍÓÚÑ][\wáéíóúñü'’-]*)*)
    """,
    re.VERBOSE,
)

# An account or group named in plain letters after the word for it.
_NAMED = re.compile(
    r"\b(?:usuari[oa]|user|cuenta|account|buz[oó]n|mailbox|grupo|group|perfil|profile|login|host|equipo|"
    r"servidor|server|rol|role)s?(?: (?:de|del|of|for|named|called|llamad[oa]))? ([a-z][\w.-]{2,})\b"
)
_NOT_NAMES = frozenset(
    """
        ip sophia victoria hola hi hey hello buenos buenas gracias thanks dear please por si el la los las un una
        the a an i i'm i'd we my our it if ok para que no es monday tuesday wednesday thursday friday saturday
        sunday lunes martes miercoles jueves viernes sabado domingo january february march april may june july
        august september october november december estimada estimado saludos regards kind best
        """.split()
)
_GRANTED = frozenset(
    "acceso accesos permiso permisos licencia licencias alta baja reset restart reboot rollback access "
    "permission permissions rights".split()
)
_PARTICLES = frozenset("up off down out on back over".split())
_PLACES_PARTICLES = frozenset(
    "turn switch shut set spin stand roll take pull kick boot power cut hook sign log bring put hand roll".split()
)
_LIGHT = frozenset(
    "dar hacer poner meter give get make do put take pasar tener have open abrir raise conseguir tramitar".split()
)
_STOPS = frozenset(".,;:!?¿¡()…—–\n" + QUOTE)
_UNTIL = frozenset(
    "que porque pues because since so para cuando when before after antes y and e por please ya now hoy "
    "today asap si if a al en con desde hacia to from on in for by at with until hasta sin without as como "
    "pls xfa porfa tonight immediately inmediatamente which who".split()
)


def objects_in(text: str, start: int = 0, end: int | None = None) -> tuple[str, ...]:
    """The things that are named in a stretch of text, in order, as written."""
    return tuple(dict.fromkeys(name for _, name, _ in _named(text, start, end)))[:_MOST_OBJECTS]


def _named(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, str, bool]]:
    """Where each thing is named, its name, and whether that is exact (an address, a host) or a mere word."""
    end = len(text) if end is None else end
    letters = [c for c in text if c.isalpha()]
    shouted = len(letters) > 12 and sum(c.isupper() for c in letters) > 0.7 * len(letters)
    found: list[tuple[int, str, bool]] = []
    lowered = text.lower() if shouted else text
    for match in _OBJECTS.finditer(lowered if len(lowered) == len(text) else text, start, end):
        named = text[match.start() : match.end()].rstrip(".,;:)")
        if match.lastgroup == "quoted":
            named = named.strip('"«»“”`')
            if any(acts(verb) for verb in read(named).requests):
                continue
        if match.lastgroup == "names":
            before = text[: match.start()].rstrip(' ¿¡"«“*-')
            head = not before or before[-1] in ".!?\n:;…"
            parts = named.split(" ")
            while parts and (fold(parts[0]) in _NOT_NAMES or (head and len(parts) == 1 and not named[1:].isupper())):
                parts = parts[1:]
            if head and len(parts) > 1 and _is_verb(parts[0]):
                parts = parts[1:]
            if parts and _is_verb(parts[0]) and len(parts) == 1:
                parts = []
            named = " ".join(parts)
            if len(named) < 2 or fold(named) in _NOT_NAMES:
                continue
        found.append((match.start(), named, match.lastgroup != "names"))
    covered = {name for _, name, _ in found}
    for match in _NAMED.finditer(text, start, end):
        name = match.group(1)
        common = fold(name) in _COMMON
        if name not in covered and not common:
            found.append((match.start(1), name, True))
    return sorted(found)


_COMMON = frozenset(
    {word for nouns in words.NOUNS.values() for word in nouns.split()}
    | words_es.SPANISH_FUNCTION
    | words_en.ENGLISH_FUNCTION
    | words.OPENERS
    | words.ASKS_FIRST
    | words.WH_WORDS
    | frozenset(
        """
        servicio red dominio local nuevo nueva externo externa externos temporal compartido compartida admin
        administrador administradores service shared domain local new external temporary guest invitados pruebas
        test read solo lectura activo activa nomina nominas correo emergencia proveedor proveedores directivo
        bloqueada locked disabled called named uso sales finance sap web linux windows all everyone nuestro
        generico generic huerfanas huerfanos inactivos inactivas antigua antiguo old
        """.split()
    )
)


def _is_verb(word: str) -> bool:
    word = fold(word)
    if any(word.endswith(clitic) and word.removesuffix(clitic) in spanish_verbs()[1] for clitic in words_es.CLITICS):
        return True
    return word in spanish_verbs()[1] or word in english_verbs()[1]


def _label(reading: Reading, verb: Verb) -> str:
    """What an action is called: its verb, with the particle or noun without which it says nothing."""
    tokens = reading.sentences[verb.sentence].tokens
    after = tokens[verb.token + 1 : verb.token + 7]
    around = fold(" ".join(t.raw for t in tokens[verb.token : verb.token + 7]))
    for _, label, pattern in phrases.PHRASES:
        if label.split()[0] in {"dar", "poner", "meter"} and re.match(pattern, around):
            return label
    if verb.lemma in _PLACES_PARTICLES:
        for token in after:
            if token.raw in _STOPS:
                break
            if token.word in _PARTICLES:
                return f"{verb.lemma} {token.word}"
    if verb.lemma in _LIGHT:
        for token in after:
            if token.raw in _STOPS:
                break
            if token.word in _GRANTED:
                return f"{verb.lemma} {token.raw}"
    return verb.lemma


_FUNCTION = words_es.SPANISH_FUNCTION | words_en.ENGLISH_FUNCTION
_THINGS = frozenset(word for kind in ("access", "target", "ticket") for word in words.NOUNS[kind].split())


def _phrase(reading: Reading, verb: Verb, label: str) -> tuple[str, int]:
    """The words after a verb up to the next pause or preposition, and where they end: its object."""
    taken: list[str] = []
    ends = 0
    skipped = set(label.lower().split()[1:]) | {
        "me",
        "nos",
        "us",
        "ya",
        "also",
        "now",
        "hoy",
        "porfa",
        "it",
        "them",
        "that",
        "this",
        "up",
        "off",
        "down",
        "out",
    }
    for token in reading.sentences[verb.sentence].tokens[verb.token + 1 : verb.token + 14]:
        if token.raw in _STOPS or token.word in _UNTIL:
            break
        if not taken and token.word in skipped:
            continue
        taken.append(token.raw)
        ends = token.start + len(token.raw)
    while taken and fold(taken[-1]) in _COMMON - _THINGS and fold(taken[-1]) in _FUNCTION:
        taken.pop()
    phrase = " ".join(taken).strip(" ,")
    return phrase[:_LONGEST], ends


def _mentioned(reading: Reading, end: int) -> str:
    """The thing last spoken of before a place in the text: what "it" stands for."""
    tokens = [token for sentence in reading.sentences for token in sentence.tokens if token.start < end]
    for at in range(len(tokens) - 1, -1, -1):
        if tokens[at].word in _THINGS:
            first = at - 1 if at and tokens[at - 1].word in _FUNCTION else at
            return " ".join(token.raw for token in tokens[first : at + 1] if token.raw not in _STOPS)
    return ""


def _span(reading: Reading, verb: Verb, following: Verb | None, preceding: Verb | None = None) -> tuple[int, int]:
    """Where the objects of a verb are looked for: behind it, or for a passive before it too."""
    tokens = reading.sentences[verb.sentence].tokens
    start = tokens[verb.token].start + len(tokens[verb.token].raw)
    end = next(
        (end for start, end in reading.quotes if start == tokens[-1].start), tokens[-1].start + len(tokens[-1].raw)
    )
    passive = verb.manner == "passive"
    if following is not None and following.sentence == verb.sentence:
        end = start if passive and following.manner == "passive" else tokens[following.token].start
    if passive:
        beside = preceding is not None and preceding.sentence == verb.sentence
        start = tokens[preceding.token + 1 if preceding is not None and beside else 0].start
    return start, max(start, end)


def _flags(reading: Reading, verb: Verb) -> frozenset[str]:
    return reading.sentences[verb.sentence].flags


def _behind_tickets(reading: Reading, wanted: list[Verb]) -> list[Verb]:
    """What a ticket is to be opened for, where that is said, in place of the opening."""
    behind: list[Verb] = []
    for verb in wanted:
        purposes = [
            other
            for other in reading.verbs
            if other.sentence == verb.sentence and other.token > verb.token and acts(other) and other.role == "plain"
        ]
        behind.extend(purposes if verb.target == "ticket" and purposes else [verb])
    return behind


_ONE = frozenset("it that this him her".split())
_MANY = frozenset("them these those".split())


def _refers(reading: Reading, verb: Verb) -> bool | None:
    """Whether a verb's object is a pronoun for several things before it (True), for one (False), or none (None)."""
    tokens = reading.sentences[verb.sentence].tokens
    word = tokens[verb.token].word
    following = tokens[verb.token + 1].word if verb.token + 1 < len(tokens) else ""
    if following in _ONE | _MANY:
        return following in _MANY
    clitic = re.search(r"(?:l[oa]|le)(s?)$", word)
    if clitic is None or word in spanish_verbs()[1] or word in english_verbs()[1]:
        return None
    return bool(clitic.group(1))


def _before(reading: Reading, verb: Verb) -> tuple[str, ...]:
    """The things spoken of before a verb, those of the verb before it first: what its pronoun stands for."""
    place = reading.sentences[verb.sentence].tokens[verb.token].start
    earlier = [other for other in reading.verbs if (other.sentence, other.token) < (verb.sentence, verb.token)]
    nearest: tuple[str, ...] = ()
    if earlier:
        start, _ = _span(reading, earlier[-1], None)
        nearest = objects_in(reading.text, start, place) or tuple(filter(None, [_phrase(reading, earlier[-1], "")[0]]))
    return nearest or objects_in(reading.text, 0, place) or tuple(filter(None, (_mentioned(reading, place),)))


def _from_requests(reading: Reading, *, adopted: bool) -> list[Action]:
    wanted = [
        v
        for v in reading.verbs
        if acts(v)
        and (v.role == "req" or (adopted and v.role in {"plain", "howto"} and v.kinds & {"change", "create", "fix"}))
    ]
    wanted = [v for v in wanted if v.target or v.kinds - {"light", "read"} or "problem" not in _flags(reading, v)]
    wanted = [v for v in wanted if "ticket" not in v.kinds or v.kinds & {"change", "create"} or len(wanted) == 1]
    wanted = _behind_tickets(reading, wanted)
    made: list[Action] = []
    for at, verb in enumerate(wanted):
        following = wanted[at + 1] if at + 1 < len(wanted) else None
        start, end = _span(reading, verb, following, wanted[at - 1] if at else None)
        label = _label(reading, verb)
        named = _named(reading.text, start, end)
        objects = tuple(dict.fromkeys(name for _, name, _ in named))
        phrase, ends = _phrase(reading, verb, label)
        if phrase and not any(exact and where < ends for where, _, exact in named):
            objects = (phrase, *(name for name in objects if name not in phrase))
        several = _refers(reading, verb)
        if several is not None or not (phrase or objects):
            earlier = _before(reading, verb)
            objects = tuple(dict.fromkeys((*(earlier if several else earlier[:1]), *objects)))
        made.append(Action(label, objects[:_MOST_OBJECTS]))
    return made


def _quoted(reading: Reading) -> list[Reading]:
    """What a message quotes, read for itself."""
    return [read(reading.text[start:end].strip("«»“”\"'`‘’> \n")) for start, end in reading.quotes]


def quotes_action(reading: Reading) -> bool:
    """Whether something that a message quotes is an order."""
    return any(acts(verb) for inner in _quoted(reading) for verb in inner.requests)


def actions_of(reading: Reading) -> tuple[Action, ...]:
    """What a message that asks for action asks for.

    Commands in quotation marks count only if the user adopts them ("…": hacedlo). Where no verb says what is to be
    done, the report ("no funciona"), the wish ("necesito acceso") or the sentence stands as the action.
    """
    made = _from_requests(reading, adopted=False)
    if any("adopt" in s.flags for s in reading.sentences):
        for inner in _quoted(reading):
            made = [*_from_requests(inner, adopted=True), *(a for a in made if a.action not in _DO_IT)]
    if not made:
        made = _from_report(reading) or _from_wish(reading) or _in_so_many_words(reading)
    unique = {(action.action, action.objects): action for action in made}
    return tuple(unique.values())[:_MOST_ACTIONS]


_DO_IT = frozenset(
    "hacer ejecutar aplicar cumplir proceder tramitar do get go make apply execute implement carry action "
    "proceed".split()
)
_WISH = re.compile(patterns.DESIRE)


def _from_wish(reading: Reading) -> list[Action]:
    made: list[Action] = []
    for sentence in reading.sentences:
        if "desire" not in sentence.flags and "lacks" not in sentence.flags and "please" not in sentence.flags:
            continue
        for at, token in enumerate(sentence.tokens):
            if token.word in _THINGS and not sentence.question:
                verb = next((t.raw for t in sentence.tokens[:at] if _WISH.fullmatch(t.word)), "")
                end = sentence.tokens[-1].start + len(sentence.tokens[-1].raw)
                objects = objects_in(reading.text, token.start + len(token.raw), end)
                named = " ".join(part for part in (verb.lower(), token.raw) if part)
                start = sentence.tokens[0].start
                made.append(Action(named, objects or objects_in(reading.text, start, end)))
                break
    return made[:1]


def _in_so_many_words(reading: Reading) -> list[Action]:
    """The sentence that says most plainly that something is wanted, when no verb or noun of it is known."""
    plain = [s for s in reading.sentences if not s.question and len(s.tokens) > 1] or list(reading.sentences)
    wishes = [s for s in plain if s.flags & {"desire", "please", "lacks"}] or plain
    if not wishes or not wishes[0].tokens:
        return []
    start, last = wishes[0].tokens[0].start, wishes[0].tokens[-1]
    end = last.start + len(last.raw)
    told = " ".join(reading.text[start:end].split())
    return [Action(told[:_LONGEST], objects_in(reading.text, start, end))] if told else []


def _from_report(reading: Reading) -> list[Action]:
    for sentence in reading.sentences:
        if "problem" in sentence.flags and sentence.tokens and reports_problem(sentence.text):
            start = sentence.tokens[0].start
            end = sentence.tokens[-1].start + len(sentence.tokens[-1].raw)
            told = " ".join(reading.text[start:end].split())
            objects = objects_in(reading.text, start, end) or objects_in(reading.text)
            return [Action(told[:_LONGEST], objects)]
    return []
