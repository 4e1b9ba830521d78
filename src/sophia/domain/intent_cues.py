"""What can be told from the words of a message alone: its sentences, its verbs and what they are doing there.

A message is read in three steps. `mask` blanks out what the user only quotes (quotation marks, code,
quoted lines, logs, forwarded mail, signatures, the text that is to be translated). `read` finds the verbs in the rest
and decides for each whether it is a request, a prohibition, the past, a how-to or a supposition.
`cues` names what was found, for a linear model to weigh.

Verb forms and spellings come from `intent_verbs`, word lists from `intent_words`.
"""
# ruff: noqa: PLR2004 - counts of words and windows of tokens are plainest where they are used

import re
from collections.abc import Iterator
from functools import cache

from attrs import field, frozen

from sophia.domain import intent_words as words
from sophia.domain.intent_verbs import english_verbs, fold, spanish_verbs, spelt, vocabulary

__all__ = [
    "QUOTE",
    "Reading",
    "Sentence",
    "Token",
    "Verb",
    "acts",
    "cues",
    "fold",
    "grams",
    "mask",
    "problem_pattern",
    "read",
]

QUOTE = "\ue000"
"""Stands where quoted text was."""

_LIMIT_HEAD, _LIMIT_TAIL = 1400, 600
_REQUEST = "req"
_ACTING = ("change", "create", "fix")

_QUOTED = re.compile(
    r"```.*?(?:```|\Z)"
    r"|`[^`\n]+`"
    r"|«[^»]*(?:»|\Z)"
    r"|“[^”]*(?:”|\Z)"
    r"|„[^“”]*[“”]"
    r'|"[^"\n]*(?:"|$)'
    r"|(?<![\w])‘[^’\n]+’(?!\w)"
    r"|(?<![\w'])'(?=\S)(?:[^'\n]|(?<=\w)'(?=\w))+'(?!\w)"
    r"|^[ \t]*(?:>|\|)[^\n]*"
    r"|^[ \t]*\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d[^\n]*"
    r"|^[ \t]*(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec) +\d{1,2} \d\d:\d\d:\d\d[^\n]*"
    r"|^[ \t]*<\d+>[^\n]*"
    r"|\b\w+=(?:\"[^\"\n]*\"|\S+)",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"^[ \t]*(?:-{3,} ?(?:original|forwarded|mensaje|reenviado|message)[^\n]*|on [^\n]{5,80} wrote:|"
    r"el [^\n]{5,80} escribi[oó]:|(?:de|from): [^\n]+\n[ \t]*(?:enviado|sent|para|to|fecha|date): ).*\Z",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_SIGNED = re.compile(words.SIGNATURES, re.IGNORECASE)
_TOKEN = re.compile(
    r"\ue000|[^\s.,;:!?¿¡()\[\]{}\"“”«»…\ue000—–]+(?:(?:[.:@/\\]|\[[.:]\])[^\s.,;:!?¿¡()\[\]{}\"“”«»…\ue000—"
    r"–]+)*|[.,;:!?¿¡()\[\]…—–\n]"
)
_BREAKS = frozenset(".?!…\n;")
_PAUSES = frozenset(",:()[]—–¿¡-")
_CONJUNCTIONS = frozenset("y e and but pero pues then luego entonces so sino o or &".split())


@frozen
class Token:
    """A word or mark: as written, folded, and where it stands in the message."""

    raw: str
    word: str
    start: int


@frozen
class Verb:
    """A verb as it is used.

    Attributes:
        lemma: infinitive in Spanish, base form in English.
        kinds: what it asks for (the keys of `intent_words.SPANISH_VERBS`).
        role: req, neg, past, howto, hyp, or plain where it is none of them.
        manner: how a request is worded: imp, imp0 (first word), clitic, modal, need, passive, that, inf, ask.
        target: the kind of the first telling noun after it, or nothing.
        article: how its object is introduced (def, indef, bare) and for whom (me, him).
        opens: the conjunction or question word right after it: if, why, how, which.
        sentence: which sentence it is in.
        token: which token of that sentence it is.
    """

    lemma: str
    kinds: frozenset[str]
    role: str
    manner: str
    target: str
    article: str
    opens: str
    sentence: int
    token: int


@frozen
class Sentence:
    """One sentence outside quotes."""

    tokens: tuple[Token, ...]
    text: str
    question: bool
    flags: frozenset[str] = field(default=frozenset())


@frozen
class Reading:
    """A message, read."""

    text: str
    masked: str
    plain: str
    sentences: tuple[Sentence, ...]
    verbs: tuple[Verb, ...]
    quotes: tuple[tuple[int, int], ...]

    @property
    def requests(self) -> tuple[Verb, ...]:
        """The verbs that ask for something."""
        return tuple(verb for verb in self.verbs if verb.role == _REQUEST)


# --- Masking ------------------------------------------------------------------------------------


@cache
def _search(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def problem_pattern() -> re.Pattern[str]:
    """One of these phrases reports a malfunction."""
    return re.compile("|".join(words.PROBLEM))


def _blank(text: str, start: int, end: int, *, keep: bool = True) -> str:
    filling = (QUOTE if keep else " ") + " " * (end - start - 1)
    return text[:start] + filling + text[end:]


def mask(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The message with everything that the user only quotes blanked out, at the same length.

    Returns:
        The masked text, and where the quotes were.
    """
    spans: list[tuple[int, int]] = []
    masked = text
    forwarded = _FORWARDED.search(masked)
    if forwarded and forwarded.end() > forwarded.start():
        spans.append(forwarded.span())
        masked = _blank(masked, *forwarded.span())
    signed = _SIGNED.search(masked)
    if signed and signed.start() > 0:
        masked = _blank(masked, signed.start(), len(masked), keep=False)
    for found in reversed(list(_QUOTED.finditer(masked))):
        if found.end() > found.start():
            spans.append(found.span())
            masked = _blank(masked, *found.span())
    for found in re.finditer(r":", masked):
        head = masked[: found.start()]
        head = re.split(r"[.?!\n]\s", head)[-1]
        rest = masked[found.end() :]
        end = re.search(r"\n\s*\n", rest)
        length = end.start() if end else len(rest)
        if not rest[:1].isspace() or not rest[:length].strip(" \n" + QUOTE):
            continue
        if re.search(words.ABOUT_TEXT, fold(head)) and _COMMAND_FOR_TEXT.search(fold(head)):
            spans.append((found.end() + 1, found.end() + length))
            masked = _blank(masked, found.end() + 1, found.end() + length)
            break
    return masked, tuple(sorted(spans))


_WISH_IF = re.compile(
    r"\b(?:grateful|appreciate (?:it)?|great|nice|lovely|good|better|tranquil\w+|love it|ideal|helpful|"
    r"handy|happier|easier|safer|comfortable|bien|genial|padre|bueno|agradeceri\w+|contento|comod\w+|"
    r"segur[oa]|wonderful|brilliant|relief|kind|estupendo|favor) (?:if|si)\b"
)
_COMMAND_FOR_TEXT = re.compile(
    r"\b(?:traduc|translat|corri|correg|proofread|check my|rephrase|reword|rewrite|reescrib|reformul|resum|"
    "summar|shorten|acort|condense|simplif|convert|conviert|put|turn|pon|pasa|polish|pul[ei]|boil|suavi|"
    "spelling|is this|suena|sound|say|orden|mejora|make this|dale|haz)"
)


# --- Reading ------------------------------------------------------------------------------------


def _tokens(masked: str) -> list[Token]:
    return [Token(found.group(), fold(found.group()).strip("'*_~"), found.start()) for found in _TOKEN.finditer(masked)]


def _split(tokens: list[Token]) -> Iterator[tuple[list[Token], str]]:
    """Sentences with the mark that ends each. A colon with much before it is kept inside."""
    held: list[Token] = []
    for token in tokens:
        if token.raw in _BREAKS:
            if held:
                yield held, token.raw
                held = []
        else:
            if token.raw == "¿" and len(held) > 3:
                yield held, "."
                held = []
            held.append(token)
    if held:
        yield held, ""


_FLAGS = {
    "howto": words.HOWTO,
    "hyp": words.HYPOTHETICAL,
    "status": words.STATUS,
    "adopt": words.ADOPTS,
    "noaction": words.NO_ACTION,
    "polite": words.POLITE,
    "desire": words.DESIRE,
    "own": words.OWN,
    "general": words.GENERAL,
    "greeting": words.GREETING,
    "text": words.ABOUT_TEXT,
    "norm": words.NORM,
    "suggest": r"\b(?:how about|what about|why (?:don'?t|not)|que tal si|y si (?:me|nos|le|les|lo|la)|por que no (?:me|"
        r"le|lo|la|nos|les) \w+s\b)",
    "whyown": r"\b(?:por que|porque|why|how come) (?:ya |diablos )?(?:(?:no |se )?(?:me|nos)\b|no (?:puedo|podemos|"
        "recibo|recibimos|tengo|tenemos|consigo|veo|vemos)|(?:esta|estan|sigue|siguen|va|van|"
        r"tarda) (?:tan )?(?:mi|mis|nuestr)|mi|mis|nuestr\w+|(?:does|do|is|are|has|have|won'?t|doesn'?t|isn'?t|"
        "did) (?:my|our)|(?:can'?t|cannot|cant|am|couldn'?t) (?:i|we|anyone|nobody)|(?:do|did) (?:i|we) (?:get|"
        "see|keep|receive)|(?:is|are) (?:everything|everyone|nobody))",
    "lacks": words.LACKS,
    "wantsknow": words.WANTS_TO_KNOW,
    "laughs": words.LAUGHS,
    "resolved": words.RESOLVED,
    "nominal": words.NOMINAL,
    "suppose": r"\b(?:supon\w*|imagin\w+|pongamos|what if|suppos\w+|hypothetic\w+|let'?s say|say (?:a|an|we|someone|"
        r"that)|in theory|teoricamente|en teoria)\b",
    "if": r"\b(?:si|if|unless|once|en caso de que|en cuanto|como aparezca|cuando|salvo que|siempre que|provided|"
        r"as soon as|should)\b",
    "victoria": r"\bvictoria\b",
    "please": r"\b(?:por favor|porfa\w*|porfi\w*|please|kindly|plis|gracias de antemano)\b",
    "reported": r"\b(?:dice[n]?|dijo|jura[n]?|asegura[n]?|cree[n]?|opina[n]?|sostiene|swears|claims?|thinks?|insists?|"
        "believes?|pide[n]?|pidio|escribio|ha escrito|pone|recomienda[n]?|exige|avisa|says?|said|wrote|writes|"
        r"states|asks|asked|told|recommends?|according to|segun|words|suggests|insiste|insistio)\b",
    "urgent": r"\b(?:urge\w*|asap|ya mismo|ahora mismo|cuanto antes|right now|immediately|inmediatamente|today|hoy|"
        r"now|de inmediato|at once)\b",
    "anyoneup": r"\b(?:alguien|someone|somebody|anyone|anybody)\b",
}  # fmt: skip


def _spanishness(found: list[Token]) -> int:
    return sum((t.word in words.SPANISH_FUNCTION) - (t.word in words.ENGLISH_FUNCTION) for t in found)


_KNOWING = frozenset(
    "saber decir dime decime digame diganme decidme dinos decirme explicar explicarme explica explicame "
    "aclarar aclarame aclareme confirmar confirmame conocer entender averiguar ver mira comprobar "
    "comprueba verificar verifica revisar revisa indicar indicame cuentame contame know tell check verify "
    "confirm explain see understand find clarify wonder wondering learn show".split()
)
_CAN = frozenset("puede pueden podria podrian can could would".split())
_BEFORE_CAN = frozenset(
    "me te se lo la los las le les nos os alguien usted ustedes no si que ya como donde someone somebody "
    "anyone you we i one vosotros vos tu y and mind if also tambien".split()
)
_AUXILIARY = frozenset("be been being get gets got getting is are was were gotten have has had it them".split())
_AFTER_PARTICIPLE = frozenset(
    "by on off to from at in for before after until asap today tonight now please up down out over back "
    "again with as and or if the into immediately".split()
) | {""}
# What is said not to be wanted, right before the verb that names it.
_UNWANTED = re.compile(
    r"\bno (?:me |nos |os |le |te )?(?:hace falta|hara falta|hay|quiero|queremos|necesito|necesitamos|pido|"
    r"pedimos|busco|es necesario|es preciso|tienes|tienen|teneis)(?: \w+){0,3}$|\b(?:no need|don't (?:need|"
    r"want)|do not (?:need|want)|not asking|no reason|no point|no longer (?:need|want))(?: \w+){0,4}$"
)
_SUBJECTS = frozenset(
    "i you we they he she it to who that which can could would should will may might must did do does and "
    "or let's cannot just".split()
)
_CLITIC_BEFORE = frozenset("me te se lo la los las le les nos os".split())
_DETERMINERS = frozenset(
    "el la los las un una unos unas mi mis tu su sus nuestro nuestra este esta estos estas ese esa esos "
    "esas me lo le les nos todo toda todos todas al a the a an my our your this that these those all every "
    "each any both".split()
)


def _strip_clitics(word: str) -> Iterator[tuple[str, str]]:
    for clitic in words.CLITICS:
        if word.endswith(clitic) and len(word) - len(clitic) >= (4 if clitic in {"te", "se", "os"} else 2):
            yield word[: -len(clitic)], clitic


def _lookup_spanish(token: Token, word: str) -> tuple[str, set[str], str] | None:
    """The infinitive, moods and clitic of a word, with the accent taken into account."""
    _, forms, _ = spanish_verbs()
    found = forms.get(word)
    if found:
        verb = next(iter(found))
        moods = set(found[verb])
        ending = token.raw[-1:].lower()
        if word in {"de", "den", "des"} and verb == "dar" and not (ending == "é" or word == "den"):
            return None
        if ending == "ó":
            moods &= {"pret"}
        elif ending == "é":
            moods &= {"pret"} if verb.endswith("ar") and word != "de" else {"imp", "sub"}
        elif ending in "áí" and ending:
            moods &= {"imp", "pret", "fut"} if ending == "í" else {"imp", "fut"}
        elif "pret" in moods and len(moods) > 1:
            moods -= {"pret"}
        return (verb, moods, "") if moods else None
    for base, clitic in _strip_clitics(word):
        found = forms.get(base)
        if found:
            for verb, moods in found.items():
                kept = moods & {"imp", "imp2", "sub", "inf", "ger"}
                if kept and clitic != "os":
                    return verb, kept, clitic
        if clitic == "os" and base + "d" in forms:
            return next(iter(forms[base + "d"])), {"imp2"}, clitic
    return None


def _noun_kind(found: list[Token], at: int) -> str:
    """The kind of the first telling noun after a verb."""
    nouns = _nouns()
    verb = found[at].word
    for where, token in enumerate(found[at + 1 : at + 10], start=at + 1):
        if token.raw in _PAUSES and token.raw != "(":
            break
        if token.word in {"lista", "list"} and _LISTING.match(" ".join(t.word for t in found[where : where + 4])):
            return "target"
        if token.word in {"lista", "list"} and (
            found[where - 1].word in _LISTED
            or re.match(r"lista de (?:distribucion|correo|avisos)", " ".join(t.word for t in found[where : where + 3]))
        ):
            return "access"
        if token.word in _VIEWS and verb[:3] in {"abr", "ope", "loa", "car"}:
            return "info"
        kind = nouns.get(token.word) or nouns.get(token.word.removesuffix("s"))
        if kind:
            following = nouns.get(found[where + 1].word) if where + 1 < len(found) else None
            if following == "info" and token.word in _LISTED:
                return "target"
            if following:
                continue
            if kind in {"access", "target"} and token.word.endswith("s") and token.word not in _GRANTED:
                return "many"
            return kind
        if token.word in {"numero", "number"}:
            if where + 1 < len(found) and found[where + 1].word in {"de", "of"}:
                return "info"
            continue
        if any(c.isdigit() for c in token.word) and len(token.word) > 2:
            return "target"
    return ""


_DEFINITE = frozenset(
    "el la los las the last ultimos ultimas ultima ultimo top all todos todas my mis mi these those todo "
    "everything yesterday's today's their".split()
)
_INDEFINITE = frozenset(
    "un una a an otro otra another new nuevo nueva some unos unas one more mas extra any algun alguna "
    "temporal temporary".split()
)
_OPENS = {
    word: kind
    for kind, listed in (
        ("if", "si if whether"),
        ("that", "que that"),
        ("which", "cual cuales which"),
        ("count", "cuantos cuantas cuanto cuanta"),
        ("who", "quien quienes who"),
        ("when", "cuando when"),
        ("where", "donde where"),
        ("why", "por why"),
        ("how", "how como"),
        ("what", "what"),
        ("about", "about"),
    )
    for word in listed.split()
}


def _article(found: list[Token], at: int) -> str:
    """How what is asked for is introduced, and for whom it is asked."""
    word = found[at].word
    whom = ""
    if re.search(r"(?:me|nos|me[ln][oa]s?)$", word) and len(word) > 3:
        whom = "me"
    elif re.search(r"(?:le|les|sel[oa]s?)$", word) and len(word) > 4:
        whom = "him"
    for token in found[at + 1 : at + 4]:
        if token.word in {"me", "us", "nos"}:
            whom = "me"
        elif token.word in {"him", "her", "them", "le", "les"}:
            whom = "him"
        elif token.word in _INDEFINITE:
            return "indef" + whom
        elif token.word in _DEFINITE or token.word.isdigit():
            return "def" + whom
        elif token.word not in {"please", "porfa", "tambien", "ya", "por", "favor", "also", "just", "to", "a"}:
            break
    return "bare" + whom


def _complement(found: list[Token], at: int) -> str:
    """The conjunction or question word that follows a verb."""
    for where in range(at + 1, min(at + 3, len(found))):
        word = found[where].word
        if word in _OPENS:
            following = found[where + 1].word if where + 1 < len(found) else ""
            return _OPENS[word] if word != "por" or following == "que" else ""
    return ""


_LISTING = re.compile(
    "lista (?:negra|blanca|gris|de (?:bloqueo|bloqueados|permitidos|exclusion|exclusiones|confianza))|"
    "list of (?:blocked|allowed)"
)
_LISTED = frozenset("distribution mailing block allow deny access exclusion exception watch white black".split())
_GRANTED = frozenset(
    "permisos permissions rights credenciales credentials accesos access licencias licences licenses "
    "privilegios privileges codes codigos".split()
)
_VIEWS = frozenset(
    "panel tablero dashboard board grafica grafico graph chart vista view query consulta busqueda search".split()
)


@cache
def _nouns() -> dict[str, str]:
    table: dict[str, str] = {}
    for kind, listed in words.NOUNS.items():
        for noun in listed.split():
            table.setdefault(noun, kind)
    return table


_MODAL_ES = re.compile(words.POLITE)
_NEED = re.compile(words.DESIRE)


def _role(
    flags: frozenset[str],
    question: bool,
    moods: set[str],
    clitic: str,
    before: list[str],
    clause: list[str],
    opening: bool,
    first: bool,
    modal: bool,
    need: bool,
    next_word: str,
) -> tuple[str, str]:
    """Role and manner of a Spanish verb form from its mood and what stands before it."""
    last = before[-1] if before else ""
    near = before[-3:]
    negated = any(w in words.NEGATION for w in clause[-3:] if w not in _CLITIC_BEFORE) and not any(
        w in {"si", "solo"} for w in near
    )
    if "wishif" in flags and "isub" in moods:
        return "req", "that"
    if "cond" in moods and question and last in {"me", "nos", "le", "les"} and "suppose" not in flags:
        return "req", "ask"
    if moods & {"isub", "cond"} and not moods & {"imp", "sub"}:
        if "que" in near and need and "hyp" not in flags:
            return "req", "that"
        return "hyp", ""
    if negated and moods & {"imp", "sub", "sub2", "inf", "imp2"}:
        return "neg", ""
    if moods <= {"pret", "part"}:
        if "part" in moods and need and not question:
            return "plain", "part"
        return "past", ""
    if clitic and moods & {"imp", "imp2", "sub"} and not moods & {"inf", "ger"}:
        return "req", "imp0" if first else "clitic"
    if opening and moods & {"imp", "imp2", "sub"} and (not question or clitic or "imp2" in moods):
        return "req", "imp0" if first else "imp"
    if "imp2" in moods and "imp" not in moods:
        return "req", "imp"
    if moods & {"sub", "sub2"}:
        if last in _CLITIC_BEFORE:
            last = before[-2] if len(before) > 1 else ""
        if "que" in clause[-4:] and _UNWANTED.search(" ".join(clause)):
            return "neg", ""
        if "victoria" in before and "que" in before[-4:]:
            return "req", "that"
        if "que" in before[-4:] and ("para" not in before[-5:]):
            if "howto" in flags:
                return "howto", ""
            wished = need or modal or before[0] == "que" or before[:2] == ["a", "ver"]
            return ("req", "that") if wished else ("plain", "that")
        return "plain", "sub"
    if moods == {"ger"} and modal:
        return "req", "modal"
    if "inf" in moods and _UNWANTED.search(" ".join(clause)):
        return "neg", ""
    if "inf" in moods:
        if "howto" in flags:
            return "howto", ""
        if modal:
            return "req", "modal"
        if "hyp" in flags:
            return "hyp", ""
        if need and last not in words.PURPOSE:
            return ("howto", "") if question else ("req", "need")
        if opening and not question and (first or last not in _CONJUNCTIONS):
            return "req", "inf"
        if opening and question:
            return "plain", "inf"
        return "plain", "inf"
    if (
        "pres2" in moods
        and not question
        and last in _CLITIC_BEFORE
        and before[-2:-1]
        and before[-2] in {"me", "nos", "me-lo"}
    ):
        return "req", "ask"
    if "pres2" in moods and not question and last in {"me", "nos"}:
        return "req", "ask"
    if question and "howto" not in flags and "hyp" not in flags and moods & {"pres2", "pres3p", "imp", "pres1p"}:
        near_clitic = last in _CLITIC_BEFORE - {"se"}
        if near_clitic and moods & {"pres2", "pres3p", "imp"} and not any(w in words.WH_WORDS for w in before[:-1]):
            return "req", "ask"
        if opening and moods & {"pres2", "pres3p"} and next_word in _DETERMINERS:
            return "req", "ask2"
    if "howto" in flags:
        return "howto", ""
    return "plain", ""


def _role_english(
    flags: frozenset[str],
    question: bool,
    moods: set[str],
    before: list[str],
    clause: list[str],
    opening: bool,
    first: bool,
    modal: bool,
    need: bool,
    after: str,
) -> tuple[str, str]:
    """Role and manner of an English verb form."""
    near = before[-3:]
    last = before[-1] if before else ""
    negated = any(w in words.NEGATION for w in clause[-3:])
    if "base" in moods and negated and last not in {"the", "a"}:
        return "neg", ""
    if moods & {"base", "past"} and _UNWANTED.search(" ".join(clause)):
        return "neg", ""
    if "ing" in moods:
        if re.search(r"\b(?:mind|would you mind)\b", " ".join(before[-4:])):
            return "req", "modal"
        if need and re.search(r"needs?|requires?|wants?", " ".join(before[-2:])):
            return "req", "passive"
        if "without" in near:
            return "neg", ""
    if (
        "base" in moods
        and opening
        and (not question or first or last in _CONJUNCTIONS)
        and after not in {"is", "are", "was", "were", "has", "of", "rate", "status", "only", "access"}
    ):
        return "req", "imp0" if first else "imp"
    if "base" in moods and last in {"please", "kindly", "pls", "just", "go", "then", "porfa"}:
        return "req", "imp"
    if "base" in moods:
        if "howto" in flags:
            return "howto", ""
        if modal and last not in words.PURPOSE - {"to"} and last not in _DETERMINERS:
            return "req", "modal"
        if "hyp" in flags:
            return "hyp", ""
        if need and question and last in {"should", "must", "we", "i", "one", "to"}:
            return "howto", ""
        if need and last in {
            "to",
            "should",
            "must",
            "you",
            "someone",
            "somebody",
            "team",
            "victoria",
            "better",
            "would",
        }:
            return "req", "need"
    if "base" in moods and after in {"it", "them"} and not question and last not in _SUBJECTS and "hyp" not in flags:
        return "req", "mid"
    if "base" in moods and last == "to" and {"victoria", "someone", "somebody"} & set(before[-3:]):
        return "req", "need"
    if moods == {"past"} and "please" in flags and not question and not _SUBJECTS & set(before):
        return "req", "passive"
    if "past" in moods:
        adjective = last not in _AUXILIARY and after not in _AFTER_PARTICIPLE
        if "wishif" in flags and "base" not in moods:
            return "req", "passive"
        if adjective and "base" not in moods and not (modal and before[-1:] and last not in _DETERMINERS):
            return "plain", ""
        if "base" not in moods and (need or "polite" in flags) and not question and "hyp" not in flags:
            return "req", "passive"
        if modal:
            return "req", "passive"
        if (
            before[-1:]
            and re.search(r"\b(?:get|have|got|getting)\b", " ".join(before[-6:]))
            and ("please" in flags or modal or need)
        ):
            return "req", "passive"
        return "past", ""
    if "howto" in flags:
        return "howto", ""
    return "plain", ""


def _verbs(number: int, sentence: Sentence) -> Iterator[Verb]:
    found = list(sentence.tokens)
    spanish_kinds, _, _ = spanish_verbs()
    english_kinds, english_forms, _ = english_verbs()
    spanishness = _spanishness(found)
    opening, first = True, True
    before: list[str] = []
    clause: list[str] = []
    modal = need = asking = known = False
    polite, desire = "polite" in sentence.flags, "desire" in sentence.flags
    for at, token in enumerate(found):
        if token.raw in _PAUSES:
            opening, clause, asking, known = True, [], False, False
            continue
        if token.word in _CONJUNCTIONS:
            opening, clause, asking = True, [], False
            before.append(token.word)
            continue
        if opening and token.word in words.WH_WORDS and sentence.question and "suggest" not in sentence.flags:
            asking = True
        word = token.word.removeprefix("re-")
        word = word if word in vocabulary() else spelt(word)
        after = found[at + 1].word if at + 1 < len(found) else ""
        context = " ".join([*before[-6:], word])
        if known and (token.word in words.WH_WORDS or word in {"si", "if", "whether"}):
            asking = True
            modal = need = False
        if word in {"why", "how"} or (word == "que" and before[-1:] == ["por"]):
            asking = not ("suggest" in sentence.flags and first)
            modal = need = False
        told = word in _CAN and (
            after == "victoria"
            or bool(before and before[-1] not in _BEFORE_CAN and (not opening or before[-1] == "victoria"))
        )
        modal = not asking and not told and (modal or (polite and bool(_MODAL_ES.search(context))))
        asking = asking or bool(told and sentence.question)
        need = not asking and (need or (desire and bool(_NEED.search(context))))
        hit = (
            None
            if len(word) < 2 or word in words.NOT_VERBS or (word == "contar" and after == "con")
            else _lookup_spanish(token, word)
        )
        english = english_forms.get(word)
        ambiguous = word in words.ENGLISH_CONTRADICTIONS
        if hit and (english or ambiguous):
            if english and spanishness <= 0:
                hit = None
            elif ambiguous and not hit[2]:
                determined = before[-1:] and before[-1] in (_DETERMINERS - {"me", "lo", "le", "les", "nos"})
                starts = opening and (
                    after in _DETERMINERS or any(c.isdigit() for c in after) or after in {"en", "si", "cuantos", "que"}
                )
                starts = starts or before[-1:] in (["que"], ["please"], ["porfa"])
                if determined or (not starts and not (before[-1:] and before[-1] in _CLITIC_BEFORE)) or spanishness < 0:
                    hit = None
        if hit and english and spanishness > 0:
            english = None
        if hit:
            lemma, moods, clitic = hit
            role, manner = _role(
                sentence.flags, sentence.question, moods, clitic, before, clause, opening, first, modal, need, after
            )
            if role == _REQUEST and "suppose" in sentence.flags and manner not in {"imp", "imp0", "clitic"}:
                role, manner = "hyp", ""
            yield Verb(
                lemma,
                spanish_kinds.get(lemma, frozenset()),
                role,
                manner,
                _noun_kind(found, at),
                _article(found, at),
                _complement(found, at),
                number,
                at,
            )
        elif english and not (
            before[-1:] and before[-1] in (_DETERMINERS | {"no"}) and "base" in next(iter(english.values()))
        ):
            lemma = next(iter(english))
            moods = english[lemma]
            role, manner = _role_english(
                sentence.flags, sentence.question, moods, before, clause, opening, first, modal, need, after
            )
            if role == _REQUEST and "suppose" in sentence.flags and manner not in {"imp", "imp0", "clitic"}:
                role, manner = "hyp", ""
            yield Verb(
                lemma,
                english_kinds[lemma],
                role,
                manner,
                _noun_kind(found, at),
                _article(found, at),
                _complement(found, at),
                number,
                at,
            )
        if word in _KNOWING:
            known = True
        before.append(word)
        clause.append(word)
        if not (token.word in words.OPENERS or (token.raw[:1].isupper() and after == "" and len(before) == 1)):
            opening = first = False
        if opening and at + 1 < len(found) and found[at + 1].raw == ",":
            first = True


def read(text: str) -> Reading:
    """Reads a message: masks what is quoted, splits the rest into sentences and finds their verbs."""
    if len(text) > _LIMIT_HEAD + _LIMIT_TAIL:
        text = text[:_LIMIT_HEAD] + "\n" + text[-_LIMIT_TAIL:]
    masked, quotes = mask(text)
    sentences: list[Sentence] = []
    verbs: list[Verb] = []
    written: list[str] = []
    for held, ending in _split(_tokens(masked)):
        plain = " ".join(spelt(t.word) if t.raw not in _PAUSES else t.raw for t in held)
        plain = plain.replace(" ,", ",").replace("¿ ", "¿")
        written.append(plain)
        first = next((spelt(t.word) for t in held if t.raw not in _PAUSES and t.word not in words.OPENERS), "")
        asked = ending == "?" or any(t.raw == "¿" for t in held)
        flags = {name for name, pattern in _FLAGS.items() if _search(pattern).search(plain)}
        if _WISH_IF.search(plain):
            flags.discard("hyp")
            flags.add("wishif")
        if "whyown" in flags:
            flags.add("problem")
        if problem_pattern().search(plain):
            flags.add("problem")
        if first in words.WH_WORDS or (first in words.ASKS_FIRST and ending not in {".", "!"}):
            flags.add("wh")
        if QUOTE in plain:
            flags.add("quote")
        question = asked or (
            "wh" in flags and first in words.WH_WORDS and first not in {"como", "cuando", "que", "when", "who", "while"}
        )
        sentence = Sentence(tuple(held), plain, question, frozenset(flags))
        verbs.extend(_verbs(len(sentences), sentence))
        sentences.append(sentence)
    return Reading(text, masked, " . ".join(written), tuple(sentences), tuple(verbs), quotes)


# --- Cues ---------------------------------------------------------------------------------------


def _purpose(verb: Verb) -> str:
    """What a request is about: its kind, and for a light verb what it is asked to bring."""
    kinds = verb.kinds
    if "light" in kinds:
        if verb.target:
            return "light>" + verb.target
        return "light" if len(kinds) == 1 else "light+" + min(kinds - {"light"})
    for kind in ("change", "create", "fix", "ticket", "read", "write", "tell"):
        if kind in kinds:
            return kind
    return "other"


def acts(verb: Verb) -> bool:
    """Whether a request asks that something be changed, made or repaired, rather than read, told or written."""
    if verb.opens in {"who", "which", "count", "when", "where", "how", "what"} and verb.kinds & {
        "light",
        "read",
        "tell",
    }:
        return False
    if "light" in verb.kinds:
        if verb.target == "ticket" and "write" in verb.kinds:
            return False
        if verb.target in {"access", "target", "ticket"}:
            return True
        if verb.target in {"info", "text"} or (verb.target == "many" and not verb.article.endswith("him")):
            return False
        return bool(verb.kinds & {"change", "create"})
    if verb.kinds & {"read", "tell", "write"} and not verb.kinds & {"change", "fix"}:
        return False
    if verb.target == "text" and "change" not in verb.kinds:
        return False
    return bool(verb.kinds & {*_ACTING, "ticket"})


def cues(reading: Reading) -> dict[str, float]:
    """What was found in a message, by name; 1 where it is there."""
    found: dict[str, float] = {}

    def see(name: str) -> None:
        found[name] = 1.0

    sentences, verbs = reading.sentences, reading.verbs
    last = len(sentences) - 1
    requests = [verb for verb in verbs if verb.role == _REQUEST]
    acting = [verb for verb in requests if acts(verb)]
    for verb in verbs:
        purpose = _purpose(verb)
        if verb.role == _REQUEST:
            see("req:" + purpose)
            see(f"req:{purpose}:{verb.manner}")
            if not purpose.startswith("light") and verb.target:
                see(f"req:{purpose}>{verb.target}")
            flags = sentences[verb.sentence].flags
            for flag in (
                "howto",
                "hyp",
                "noaction",
                "if",
                "wh",
                "own",
                "text",
                "status",
                "victoria",
                "norm",
                "reported",
                "suppose",
                "resolved",
                "laughs",
            ):
                firm = flag in {"howto", "hyp"} and verb.manner in {"imp", "imp0", "clitic"}
                if flag in flags and not firm:
                    see(f"req:{'act' if acts(verb) else 'know'}&{flag}")
            if "light" in verb.kinds or "read" in verb.kinds:
                see(f"{purpose}={verb.article}")
                see(f"{'light' if 'light' in verb.kinds else 'read'}={verb.article}")
            if verb.opens and not acts(verb):
                see("know>" + verb.opens)
            if verb.sentence == last:
                see(f"last:{purpose}")
        elif verb.role != "plain":
            see(f"{verb.role}:{'act' if acts(verb) else 'know'}")
        elif acts(verb):
            see("plain:act" + ("?" if sentences[verb.sentence].question else ""))
    for number, sentence in enumerate(sentences):
        flags = sentence.flags
        mark = "?" if sentence.question else ""
        for flag in flags:
            see(flag)
            see(flag + ("@q" if mark else "@s"))
        if number == last:
            for flag in ("howto", "adopt", "noaction", "problem", "desire", "wh", "status", "polite", "hyp"):
                if flag in flags:
                    see("last:" + flag)
        if "problem" in flags:
            own = "own" in flags or "anyoneup" in flags
            see("problem:" + ("own" if own else "its") + mark)
            if "whyown" in flags:
                see("problem&whyown")
            for flag in (
                "resolved",
                "laughs",
                "suppose",
                "general",
                "norm",
                "wh",
                "hyp",
                "howto",
                "status",
                "noaction",
                "greeting",
                "if",
                "quote",
            ):
                if flag in flags:
                    see("problem&" + flag)
            looked = any(
                v.sentence == number
                and v.role == _REQUEST
                and not acts(v)
                and (v.opens not in {"", "why"} or "write" in v.kinds or v.target in {"info", "many", "text"})
                for v in verbs
            )
            if looked or "wantsknow" in flags:
                see("problem&looked")
            elif not flags & {"general", "resolved", "laughs", "suppose", "hyp", "howto", "noaction", "status", "wh"}:
                see("problem:clean" + mark)
        if mark and not any(verb.sentence == number and verb.role == _REQUEST and acts(verb) for verb in verbs):
            see("asks")
            first = next((t.word for t in sentence.tokens if t.raw not in _PAUSES and t.word not in words.OPENERS), "")
            if first in words.WH_WORDS:
                see("asks:" + first)
            elif first in words.ASKS_FIRST:
                see("asks:state")
            else:
                see("asks:else")
        if "desire" in flags and not any(verb.sentence == number and verb.role == _REQUEST for verb in verbs):
            wanted = max((m.end() for m in _NEED.finditer(sentence.text)), default=0)
            named = [_nouns()[w] for w in re.findall(r"[\w-]+", sentence.text[wanted:]) if w in _nouns()]
            see("wish>" + (named[0] if named else "nothing") + mark)
            if named and named[0] == "text":
                see("writes")
        if {"desire", "nominal"} <= flags:
            see("desire&nominal" + mark)
        for kind, label, pattern in words.PHRASES:
            if _search(pattern).search(sentence.text):
                gate = "howto" if "howto" in flags else "hyp" if "hyp" in flags else "wh" if "wh" in flags else mark
                see(f"phrase:{kind}:{gate}")
                see(f"phrase:{label}")
        if not any(
            verb.sentence == number and verb.role in {_REQUEST, "neg", "past", "hyp", "howto"} for verb in verbs
        ):
            named = [_nouns()[t.word] for t in sentence.tokens if t.word in _nouns()]
            kind = "" if not named else "access" if "access" in named else named[0]
            see(f"bare>{kind}{mark}")
            if "please" in flags or "urgent" in flags:
                see(f"bare>{kind}&please{mark}")
            if {"for", "para"} & {t.word for t in sentence.tokens}:
                see(f"bare>{kind}&for{mark}")
    everything = reading.plain
    any_problem = "problem:clean" in found
    quoted = bool(reading.quotes)
    adopted = any("adopt" in s.flags for s in sentences)
    if quoted:
        see("quoted")
        see("quoted:" + ("adopted" if adopted else "acted" if acting else "problem" if any_problem else "only"))
    if adopted:
        see(
            "adopted:"
            + ("quoted" if quoted else "reported" if any("reported" in s.flags for s in sentences) else "bare")
        )
    noact = any("noaction" in s.flags for s in sentences)
    weight = "act" if acting else "adopt" if adopted else "problem" if any_problem else "know" if requests else "none"
    see("sum:" + weight)
    see(f"sum:{weight}&{'asks' if 'asks' in found else 'tells'}")
    if noact:
        see(f"sum:{weight}&noaction")
    if acting and all(verb.manner in {"imp", "imp0", "clitic"} for verb in acting):
        see("sum:orders")
    if acting and any(verb.manner in {"imp0", "clitic"} for verb in acting):
        see("sum:firm")
    if acting and not any("text" in s.flags for s in sentences):
        see("sum:act&notext")
    writing = [
        v for v in requests if (v.kinds & {"write"} and not acts(v)) or ("light" in v.kinds and v.target == "text")
    ]
    if writing:
        see("writes")
        see("writes&" + weight)
        if writing[0] is requests[0]:
            see("writes:first")
            see("writes:first&" + weight)
        if any(v.sentence > writing[0].sentence for v in acting):
            see("writes:then-act")
    if requests:
        see("first:" + _purpose(requests[0]))
        see("final:" + _purpose(requests[-1]))
        if not acts(requests[0]) and acting:
            see("know-then-act")
        if acts(requests[0]) and not acts(requests[-1]):
            see("act-then-know")
    if any("text" in s.flags and "quote" in s.flags for s in sentences):
        see("text&quote")
    if last <= 0:
        see("one")
    length = everything.count(" ") + 1
    see("short" if length <= 5 else "middle" if length < 40 else "long")
    if _spanishness([t for s in sentences for t in s.tokens]) < 0:
        see("english")
    return found


def grams(reading: Reading) -> list[str]:
    """Word n-grams, word beginnings and endings, and verbs with their role: what is hashed."""
    listed: list[str] = []
    for sentence in reading.sentences:
        marked = ["^", *(w for w in re.findall(r"[a-z0-9_'\ue000]+", sentence.text))]
        marked = [re.sub(r"\d+", "0", w) for w in marked][:60]
        marked.append("?" if sentence.question else ".")
        for at, word in enumerate(marked):
            listed.append("w" + word)
            if at:
                listed.append(f"b{marked[at - 1]} {word}")
            if at > 1 and at < 6:
                listed.append(f"t{marked[at - 2]} {marked[at - 1]} {word}")
            if len(word) > 4:
                listed.append("p" + word[:4])
                listed.append("s" + word[-3:])
    listed.extend(f"v{verb.lemma} {verb.role}" for verb in reading.verbs)
    listed.extend(f"V{verb.lemma} {verb.role} {verb.target}" for verb in reading.verbs)
    listed.extend(f"a{verb.lemma} {verb.role} {verb.article}" for verb in reading.verbs)
    return list(dict.fromkeys(listed))
