"""Whole expressions that stand for one action."""

__all__ = ["PHRASES"]

# Whole expressions that stand for one action; the label is what the action is called.
PHRASES: tuple[tuple[str, str, str], ...] = (
    ("create", "dar de alta", r"\b(?:d[aei]\w*|dar\w*|de[mnl]\w*) (?:de )?alta\b|^alta de\b|\balta para\b"),
    ("change", "dar de baja", r"\b(?:d[aei]\w*|dar\w*|de[mnl]\w*) de baja\b"),
    (
        "create",
        "dar acceso",
        r"\b(?:d[aei]\w*|dar\w*|concede\w*|otorga\w*)(?: \w+){0,3} (?:acceso|permisos?|licencias?)\b",
    ),
    ("change", "poner en cuarentena", r"\b(?:pon\w*|mete\w*|manda\w*)(?: \w+){0,3} en cuarentena\b"),
    (
        "change",
        "meter en la lista negra",
        (
            r"\b(?:en|a|to|on|onto) (?:la |the )?(?:lista (?:negra|blanca|gris|de (?:bloqueo|permitid[oa]s))|blacklist|"
            r"whitelist|blocklist|allowlist|deny ?list)\b"
        ),
    ),
    (
        "change",
        "poner en silencio",
        (
            r"\b(?:pon\w*|dej\w*|pas\w*|met\w*|put|set|make)(?: \w+){0,4}? (?:en (?:silencio|pausa|mute|solo lectura|"
            r"mantenimiento|modo (?:mantenimiento|silencio\w*|solo lectura))|a solo lectura|on (?:mute|hold)|"
            r"(?:(?:in|into|to) )?(?:read-only|maintenance mode))\b"
        ),
    ),
    ("change", "roll back", r"\broll(?:ing|ed)? (?:it |that |them )?back\b|\brollback\b"),
    ("create", "set up", r"\bset(?:ting)? (?:\w+ )?up\b|\bsetup\b"),
    ("create", "spin up", r"\b(?:spin|stand|stood|spun)(?:ning)? (?:\w+ ){0,3}?up\b"),
    ("change", "turn off", r"\b(?:turn|switch|shut|power)(?:ed|ing)? (?:\w+ ){0,5}?(?:off|down|on)\b"),
    ("change", "take down", r"\b(?:take|pull|kick|boot)(?:ing|n)? (?:\w+ ){0,5}?(?:off|down|out)\b"),
    (
        "ticket",
        "hand over",
        r"\b(?:hand|pass|give|send|route)(?:ing)? (?:this|it|that|them) (?:over|on|along|to victoria)\b",
    ),
    (
        "ticket",
        "pasar a Victoria",
        (
            r"\b(?:dile|dil?ele|decile|digale|diganle|decidle|dinle|pidele|pedile|pidanle|pedidle|avisa\w*|tell|ask|"
            r"have|let|notify|ping) (?:a )?victoria\b|\b(?:pasa\w*|manda\w*|envia\w*|escala\w*|deriva\w*|"
            r"traslada\w*) (?:\w+ ){0,3}?a victoria\b|\bque lo (?:vea|haga|mire|resuelva) victoria\b|"
            r"\bpara victoria\b|\bto victoria\b|\bget victoria\b"
        ),
    ),
    (
        "ticket",
        "abrir ticket",
        (
            r"\b(?:abr\w+|levant\w+|gener\w+|cre\w+|registr\w+|mete\w*|open|raise|log|file|submit|lodge|create|cut|"
            r"get|need|pon\w*|quiero|necesito)(?: \w+){0,3}? (?:ticket|tiquete|caso|incidencia|parte|solicitud|"
            r"peticion|incidente|folio|case|incident|request|reclamo|orden)\b"
        ),
    ),
    (
        "change",
        "fuera",
        (
            r"[,;:] ?(?:por favor,? |please,? |pues )?(?:fuera|out|gone|adios|a la (?:basura|calle|papelera)|"
            r"off (?:it|they|he|she))\b|^(?:fuera|out)\b"
        ),
    ),
    (
        "create",
        "hacer lo mismo",
        r"\b(?:do|set|give|haz|hagan|haced|hace|make|get) (?:\w+ ){0,3}?(?:the same|same thing|lo mismo|another)\b",
    ),
    (
        "tell",
        "poner al dia",
        r"\bpon\w* al (?:dia|tanto|corriente)\b|\b(?:up to (?:speed|date)|bring me up|fill me in|catch me up)\b",
    ),
    (
        "change",
        "get rid of",
        (
            r"\b(?:get|got|getting) rid of\b|\bdeshac\w+ de\b|\b(?:take|get) (?:it|that|them|him|her|this) (?:off|"
            r"out|down|gone)\b|\bcomes? (?:off|out|down)\b|\b(?:has|have|needs?) to go\b"
        ),
    ),
    ("change", "dejar de", r"^(?:deja|dejad|dejen|deje|dejar|stop) (?:de )?\w+(?:ar|er|ir|ing)\b"),
    ("create", "hacer llegar", r"\bh[ai]\w+ llegar\b"),
    ("change", "give the boot", r"\bgive (?:\w+ ){1,6}the (?:boot|chop|push|axe)\b"),
    ("fix", "look into", r"\blook(?:s|ing)? into\b"),
    ("create", "sign up", r"\bsign (?:me|us|him|her|them|\w+) up\b"),
    (
        "fix",
        "echar un ojo",
        (
            r"\b(?:ech\w+|peg\w+|dar\w*|de[mn]\w*|dale)(?: \w+){0,2} (?:un )?(?:ojo|vistazo|mano|revisada|miradita|"
            r"repaso|looks?)\b|\b(?:take|have) a look\b|\blook(?:s|ing)? (?:at|into) (?:it|this|that)\b"
        ),
    ),
)
