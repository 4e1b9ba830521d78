"""What a sentence says beyond its verbs: that it asks how, supposes, thanks, wishes, tells, quotes.

Each pattern is matched against a sentence in lower case, without accents and with its spelling put right; what it
finds becomes a flag of the sentence (`reading.FLAGS`).
"""

__all__ = [
    "ABOUT_PASTED",
    "ABOUT_TEXT",
    "ADOPTS",
    "AGAIN",
    "AGO",
    "ASKS_UNMARKED",
    "DESIRE",
    "FOLLOWS",
    "GENERAL",
    "GREETING",
    "HOWTO",
    "HYPOTHETICAL",
    "LACKS",
    "LAUGHS",
    "NOMINAL",
    "NORM",
    "NO_ACTION",
    "OPINION",
    "OWN",
    "PERMITTED",
    "POLITE",
    "POSSIBLE",
    "RESOLVED",
    "SIGNATURES",
    "SINCE",
    "STATUS",
    "TELLS",
    "TOPIC",
    "WANTS_TO_KNOW",
]

# The user's own: a malfunction of these is theirs, not a general question.
OWN = r"\b(?:mi|mis|me|nos|nuestr[oa]s?|tengo|tenemos|estoy|estamos|my|our|ours|me|us|we|i|i'm|we're|im)\b"
# In general, usually, typical: the malfunction is nobody's in particular.
GENERAL = (
    r"\b(?:en general|generalmente|normalmente|normally|usually|typically|in general|generally|suele[n]?|"
    "soler|tipic[oa]s?|typical|common|comun(?:es)?|habitual(?:es|mente)?|curiosidad|curious|curioso|examen|"
    r"exam|teoric[oa]\w*|in theory|en teoria|en terminos generales|en lineas generales|por lo general|"
    "commonly|as a rule|in principle|en principio|broadly|que significa|what does .{1,60} mean|"
    "que quiere decir|what is meant|what makes|que provoca|que causa|que puede causar|what causes|"
    r"what could cause|que hace que|usual suspects|por que se producen|para que sirve)\b"
)

# What decides that a "how" is asked: procedure, steps, where to ask for it.
HOWTO = (
    r"\b(?:como (?:se|hago|hacer|hacemos|hace|puedo|podemos|puede|podria|podriamos|le hago|le hace|se le|"
    r"debo|debemos|deberia|tengo que|tenemos que|\w+o\b|\w+(?:amos|emos|imos)\b|\w{3,}(?:ar|er|ir)(?:me|se|"
    r"lo|la|los|las|le)?\b|es que se|va lo de|funciona\w*|doy|pido|saco|hay que)|de que (?:forma|manera|"
    "modo) se|que (?:hay que hacer|tengo que hacer|debo hacer|hago|hacemos|pasos|procedimiento|proceso|"
    "tramite|formulario|hace uno|se hace|via|necesito para|hace falta para|se necesita para)|"
    "(?:los )?pasos (?:para|de|a seguir)|(?:el )?procedimiento (?:para|de)|guia (?:para|de)|por (?:que|"
    "cual) via|con que procedimiento|donde (?:se )?(?:pido|pide|solicito|solicita|hago|hay que|puedo|"
    "tengo que|encuentro|esta la guia)|a quien|ensenas? a|"
    "ensename a|how (?:do|does|did|would|should|could|can|might|is|are|to|long|one|you)|what(?:'s| is|"
    r" are) the (?:\w+ )?(?:steps?|procedure|process|right way|correct way|best way|way|sequence|"
    "recommended way|form|path|route|runbook)|steps (?:to|for|on)|walk me through|talk me through|"
    "show me how|tell me how|explain how|teach me|procedure (?:for|to)|instructions (?:for|to|on)|"
    "(?:comando|orden de consola|sintaxis|proceso|tramite|instrucciones|manual|runbook|formulario|(?:forma|manera) "
    "(?:correcta|adecuada|segura)) (?:para|de)|(?:command|syntax|process|guide|runbook|form|(?:right|best|safe|"
    "correct) way) (?:for|to|on)|que (?:se (?:hace|prueba|comprueba|revisa|mira)|pruebo|compruebo|reviso|miro|"
    r"intento|le digo|hacer|hay que (?:revisar|comprobar|mirar|probar))|por donde (?:empiez\w+|se empieza)|"
    r"primer paso|"
    "(?:do|does|must|should|would) (?:i|we|one|they|he|she) (?:really |also |even )?need|"
    r"(?:necesit(?:o|amos)|se necesita|hace falta) (?:\w+ )?(?:autorizacion|aprobacion|visto bueno)(?: \w+){0,4}? para|"
    "what (?:to|should be|do (?:i|we|you) (?:tell|try|check|look)|comes) \\w+|first step|which steps|where to start|"
    "where (?:do|can|should|would) (?:i|we|one)|who (?:do|should|must|would) (?:i|we) (?:ask|call|contact|"
    "ring|email|talk)|which (?:form|document|steps|procedure|page|team)|what (?:form|steps|procedure) |"
    "what (?:should|can|could) (?:i|we)|what do (?:i|we) (?:do|need))"
)

# What would happen if: nothing is asked for.
HYPOTHETICAL = (
    r"\b(?:que (?:pasa(?:ria)?|ocurr(?:e|iria)|suced(?:e|eria)|implica(?:ria)?|efecto|impacto|"
    r"consecuencias?|riesgos?|supondria|habria(?! que))|y si (?:un dia )?(?:\w+ ){0,3}?\w+(?:ara|ase|iera|iese|"
    r"aramos|ieramos|aran|ieran|asemos)|(?:^|\b)si (?:\w+ ){0,3}?\w{2,}(?:aramos|ieramos|asemos|iesemos)|"
    r"si (?:\w+ ){0,2}?(?:quisiera|quisieramos|tuviera|tuvieramos|hubiera|hubiese|cayera|fallara)|"
    "supon(?:gamos|iendo|ed|gan)? que|imagin(?:a|emos|ad|en|ate) que|imaginemos|pongamos que|"
    "en el supuesto|hipoteticamente|teoricamente|what if|what (?:would|might|could) (?:happen|break|be|go|"
    r"it|change|stop)|what happens|would (?:it|we|anything|there|the|this|that|our|i|my) \w+|suppos(?:e|"
    "ing)|imagine|hypothetically|let'?s say|say (?:a|an|we|someone|that|ransomware)|if (?:we|i|someone|"
    r"somebody|one|an?|the) (?:\w+ )?(?:were|was|had|did|\w+ed)\b|seria (?:muy )?(?:grave|peligroso|"
    r"arriesgado|legal|seguro|malo|recomendable|imprudente)|deberia(?:mos)? preocupar\w*|"
    r"en caso de (?:que )?(?:un|una|ransomware|incidente|brecha|fuga)|worst that could)\b"
)

# Asked about something already asked for, or already done.
STATUS = (
    r"\b(?:como va\w*|que (?:tal va|hay de|paso con|fue de|se sabe)|en que (?:quedo|estado|va|quedaron|"
    r"anda)|ya (?:se|le|les|me|nos|lo|la|los|las|esta|estan|fue|quedo|han|ha|hicieron|\w+aron|\w+ieron|"
    r"\w+ada|\w+ado)|sigue[n]? (?:abiert|bloquead|activ|pendient|en|vigent|sin)|alguna novedad|novedades|"
    "any (?:news|update|progress|word|movement|luck)|is (?:it|that|this|my|the) .{0,60}(?:done|finished|"
    "complete|ready|approved|closed|resolved|still)|has (?:victoria|it|my|the|anyone|anybody|that|someone)|"
    r"have (?:they|you|we) (?:\w+ )?\w+ed|did (?:\w+ ){1,4}(?:go|get|finish|approve|complete|patch|block|"
    "open)|where (?:are we|r we|is my|does .{0,30}stand)|status of|estado de|how'?s (?:my|the|it)|"
    "what(?:'s| is| has)? (?:happened|happening|the status)|se (?:hizo|aplico|cerro|abrio|aprobo|completo|"
    "ejecuto|bloqueo|desbloqueo|revoco|termino) (?:ya)?|ha (?:terminado|acabado|cerrado|hecho)|"
    "cuando (?:estara|estaria|va a estar)|still (?:open|pending|blocked|locked|waiting|in)|was (?:the|my|"
    r"that) .{0,50}(?:ed|done)\b)"
)

# The user takes somebody else's words for their own: do it.
ADOPTS = (
    r"\b(?:hacedl[oa]s?|hazl[oa]s?|haganl[oa]s?|hagal[oa]s?|hacel[oa]s?|hagase|hazme el favor|"
    "hay que (?:hacerlo|ejecutarlo|aplicarlo|cumplirlo)|(?:que|y) (?:se haga|lo hagan|se cumpla|"
    "se ejecute)|encargate|encarguense|encargaos|encargues|ejecutal[oa]|ejecutadl[oa]|ejecutenl[oa]|"
    "ejecutese|aplical[oa]|aplicadl[oa]|apliquenl[oa]|apliquese|cumplel[oa]|cumplidl[oa]|cumplanl[oa]|"
    "procede|procedan|proceded|proceda|procedi|adelante|dale curso|denle curso|haganle|metele mano|"
    "lo suscribo|lo firmo|pues venga|(?:lo )?mismo (?:pido|digo) yo|a ello|tramitadl[oa]|tramitenl[oa]|"
    "tramital[oa]|pongan(?:lo|se) en marcha|ponedlo en marcha|ponlo en marcha|asi que eso|hagan eso|"
    "haz eso|haced eso|hace eso|haz lo que (?:dice|pide)|hagan lo que (?:dice|pide)|haced lo que (?:dice|"
    "pide)|me sumo|(?:please |so |just |and |pls )?(?<!not )(?<!n't )(?<!never )do (?:it|that|this|so|"
    "exactly that|just that|what (?:it|he|she|they) says?)|please do(?! not)|"
    "make it (?:so|happen)|go ahead|go for it|get (?:it|that|this|"
    r"them) (?:done|sorted|actioned|fixed)|carry (?:it|that|this|them) out|action (?:it|this|that)\b|"
    "see to (?:it|that)|make (?:that|this|it) happen|consider (?:this|that|it) (?:the|a|my|our) request|"
    "(?:please )?proceed|have (?:it|that|this) done|i (?:second|agree with) (?:that|it)|"
    "same (?:request )?from me|put (?:it|that|this) (?:in|into) (?:place|effect)|implement (?:it|that|"
    "this)|execute (?:it|that|this)|apply (?:it|that|this)|that'?s (?:what i (?:want|need)|an order|"
    "my request)|by all means do|let'?s do (?:it|that)|handle (?:it|that|this)|take care of (?:it|that|"
    r"this)|sort (?:it|that|this) (?:out)?|(?:do|act) as (?:it|they|he|she) "
    r"(?:says?|asks?)|(?:have|get) (?:it|that|this|them|ours|mine) (?:applied|actioned|implemented|done)|you heard "
    r"(?:him|her|them|it))\b"
)

# No action, just curious, for later: the user says themselves that nothing is to be done.
NO_ACTION = (
    r"\b(?:(?:cancel|anul)\w* (?:that|it|this|my|eso|lo|mi)|(?:fixed|sorted|solved) itself|"
    r"leave (?:[\w.-]+ ){1,4}?(?:alone|be|as[- ]is|as (?:it|they) (?:is|are|stands?))|"
    r"dej(?:a|ad|en|e|a|emos) (?:[\w.-]+ ){0,4}?(?:como esta[n]?|tal cual|en paz|quiet[oa]s?)|"
    r"nothing (?:needs|has|is) (?:to be )?\w+(?:ing|ed)|nada que \w+[aei]r\b|"
    r"^(?:no |nah )?,? ?leave it|hold (?:off|fire|on)\b|"
    r"esperate|frena (?:eso|lo)|dejal[oa]s?|"
    r"no (?:envies|envien|mandes|manden|vengas|vengan|hagas|hagan|haga|hagais|"
    r"hace falta (?:que )?(?:hacer|tocar|hagas|nada|seguir|mas|activar|"
    r"\w+)|toques|toquen|toqueis|quiero que (?:hagas|toques|cambies|\w+es)|te pido que|pido (?:que|ningun|"
    r"nada)|hay que (?:hacer|tocar|\w+ar|\w+er|\w+ir)|necesito que (?:hagas|\w+es)|abras|abran|abra|"
    "es (?:una )?peticion|es necesario|tienes que hacer)|nada (?:mas|pendiente|que hacer)|sin (?:abrir |"
    r"crear |levantar )?(?:ticket|tocar|ejecutar\w*|cambiar|bloquear|hacer (?:nada|cambios)|aplicar\w*|"
    "que hagas)|solo (?:quiero|quisiera|dime|necesito|queria|me) (?:saber|ver|entender|el|la|que|conocer|"
    r"interesa|desahogo|quejaba|leer\w*)|solo (?:informo|aviso|pregunto|me desahogo|por saber|probaba|"
    "para que lo sepas|queria|el numero|la traduccion|quiero)|te (?:aviso|informo|comento|cuento)|"
    "para que (?:lo )?(?:sepas|conste|sepan|tengas|estes)|por si (?:te|alguien|os|sirve)|(?:a titulo|"
    r"meramente) informativo|es (?:solo )?para (?:un|una|el|la|mi|estudiar\w*|aprender|documentar\w*)|"
    "lo que (?:iba|ibamos|queria) a? ?(?:pedir|reportar|solicitar|decir)|what i was (?:going|about)|"
    "i was (?:about|going) to (?:ask|request|report|open)|iba a (?:pedir|reportar|pediros|solicitar|abrir)|"
    "(?:to|will) let you know|os informo|les informo|(?:os|les) (?:cuento|comento|aviso)|me (?:confundi|"
    "equivoque de (?:chat|ventana|persona|grupo))|mensaje equivocado|wrong (?:chat|window|person)|(?:borra|"
    "ignora|ignoren|ignorad|disregard|ignore) (?:lo|mi|my|that|what|the (?:previous|last))|olvid(?:a|"
    r"al[oa]|ate|ad|en)\b|ya (?:no|lo (?:hice|hicimos|arregl\w+|resolv\w+|solucion\w+))|falsa alarma|dejalo|"
    "por curiosidad|mera curiosidad|todavia no|aun no|de momento no|por ahora no|no lo ejecutes|"
    "la ejecuto yo|lo (?:hago|hare|reviso|envio|tramito|mando|ejecuto|lanzo|probare) yo|yo (?:misma|"
    "mismo) (?:lo|la)?|no (?:action|need to|need for|changes?|ticket|requests?)|don'?t (?:worry|bother)|"
    r"no (?:te|se|os) preocup\w+|after all\b|al final no|solo (?:coment|inform|dec|avis)\w+|"
    "(?:i )?just (?:mentioning|saying|reporting)|nothing (?:to do|needed|pending|for you|is being|deployed|"
    "else)|just (?:curious|asking|wondering|fyi|letting you know|an? fyi|venting|to know|so you know|"
    "let me know|tell me|show me|explain)|fyi|for (?:your )?(?:info|information|records?|reference)|"
    "heads[- ]?up|never ?mind|scratch that|forget (?:it|about|the|that|what)|false alarm|purely for|"
    r"out of curiosity|(?:don'?t|do not|dont|please don'?t|not) (?:\w+ )?(?:touch|change|block|restart|run|"
    "execute|raise|open|do|escalate|action|apply|quarantine|isolate|delete|disable|deploy|create|send|file|"
    "log|asking(?!.*, i(?:'m asking| am asking| want| need))|after)|"
    "without (?:touching|changing|blocking|running|opening|doing|raising)|i'?ll (?:run|"
    "do|send|review|go over|handle|file|submit|raise|look|be doing)|i (?:only|just|simply|"
    "merely) want(?:ed)? to (?:know|see|read|understand|say|learn)|not to be run|only to (?:read|study|"
    "learn)|already (?:fixed|done|sorted|resolved|handled|patched|blocked|closed|took care)|"
    "no longer needed|no further (?:action|help)|(?:please|so|just) disregard|all (?:sorted|set|good|fixed)|"
    r"we'?re (?:fine|good)|not (?:a request|requesting|run|now|"
    r"yet))\b"
)

# Text work: a command for these has its object after it, as words and not as orders.
ABOUT_TEXT = (
    r"\b(?:traduc\w*|translat\w*|corri(?:ge|ja|jan|jame|geme|gelo)\w*|corregi\w*|proofread\w*|grammar|"
    r"gramatica\w*|ortografia\w*|spell\w*|rephras\w*|reword\w*|rewrite|parafrase\w*|reescrib\w*|reformul\w*|"
    r"resum\w*|summar\w*|shorten|acort\w*|condense|simplif\w*|convert (?:this|these)|convierte\w*|"
    r"converti\b|en (?:ingles|espanol|castellano|mayusculas|tono)|(?:al|a) (?:ingles|espanol|castellano|"
    r"frances|portugues)\w*|(?:in|into|to) (?:english|spanish|plain english|french|portuguese)|pol(?:ish|e)|"
    r"pul(?:e|eme|ir)\b|emojis?|emoticon\w*|negritas?|bold|italics|headings?|encabezados?|"
    r"(?:stop|keep) (?:answer|reply|apologi[sz])ing|"
    r"tone|tono|wording|phras(?:e|ing)|frase|suena|sound(?:s)?|redact\w*|borrador|"
    r"draft\w*|boil|suavi\w*|spelling|tildes|mas corto|shorter|politer|formal|headline|titular|bullet|"
    r"vinetas|tu respuesta|your (?:last )?(?:answer|reply|response)|tecnicismos|jargon|tense|(?:a|into) (?:list|"
    r"table)|checklist|"
    r"una (?:tabla|lista)|al[fp]h?abet\w+|orden\w* (?:estas|estos)|sensible order|say in)\b"
)

# A question about a text that is pasted under it, or after a colon.
ABOUT_PASTED = (
    r"\A[^\n]{0,200}?(?:"
    r"\b(?:que|what|como|how|es|is|are|do|does|explica\w*|explain|analiza\w*|analy[sz]e|interpreta\w*|revisa\w*|"
    r"check|read"
    r"|lee\w*|mira\w*|look|comprueba\w*|review)\b[^\n]{0,80}?"
    r"\b(?:est[ea]|es[ea]|this|that|the following|el siguiente|la siguiente) (?:\w{1,20} )?(?:correo|mail|e-?mail"
    r"|mensaje|message|sms|alerta|alert|aviso|notice|log|linea|line|texto|text|nota|note|evento|event|notificacion"
    r"|notification|registro|comentario|comment|post|tweet|documento|document|pagina|page|web)\b"
    r"(?:(?! y | e | and )[^\n?:]){0,80}(?:\?[ \t]*\n|:\s)"
    r"|\b(?:es (?:esto )?|is (?:this|it) |sera (?:esto )?)(?:an? |una? )?(?:phishing|scam|spam|estafa|fraude|fraud"
    r"|legit\w*|genuine|real|fiable|segur[oa]|safe|suspicious|sospechos[oa]|malicious|malicios[oa])\b"
    r"(?:(?! y | e | and )[^\n?:]){0,60}(?:\?[ \t]*\n|\??:\s)"
    # "I got this mail, is it genuine? …": the text stands on the same line, unless what follows speaks of it.
    r"|\b(?:est[ea]|this) (?:\w{1,20} )?(?:correo|mail|e-?mail|mensaje|message|sms|aviso|notice|texto|text|nota|note)\b"
    r"[^\n?:]{0,40}[,;.] ?¿?(?:es|is (?:this|it)|sera)\b[^\n?:]{0,40}\?\s"
    r"(?!(?:si (?:lo )?es|if (?:so|it is|it's|not)|en (?:ese|tal) caso|in that case)\b|[^\n]*\b(?:remitente|sender)\b))"
)

# How somebody asks kindly: could you, would you mind, any chance, te importa, me ayudas.
POLITE = (
    r"\b(?:podri(?:as|a|an|ais|amos)|podes|puedes|puede|pueden|podeis|podemos|podras?|podran|podreis|"
    "me ayuda[sn]?|me echas|os importa(?:ria)?|te importa(?:ria)?|le importa(?:ria)?|les importa(?:ria)?|"
    "les molesta(?:ria)?|te molesta(?:ria)?|le molesta(?:ria)?|seria(?:s|n)? (?:posible|tan amable|"
    "factible)|es posible|cabria la posibilidad|habra (?:manera|forma|modo|posibilidad|chance)|"
    "como (?:lo )?(?:ves|veis|ven) (?:si|que|para)|que tal si|y si (?:me|nos|le|les|lo|la)|por que no (?:me|le|"
    r"lo|la|nos|les) \w+s\b|how about|what about|why (?:don'?t|not) (?:you|we|someone|just)|"
    r"hab(?:ria|ra) (?:manera|forma|modo|posibilidad|inconveniente|chance|hueco|sitio)|hay (?:alguna )?(?:manera|"
    r"forma|"
    r"modo|chance|posibilidad|hueco)|existe la posibilidad|quien me (?:puede|hace|ayuda)|who can (?:give|get|do|"
    r"make|set|help) me|cab(?:ria|e)|(?:te|le|les|os) puedo (?:pedir|encargar)|puedo pedir\w+|(?:can|could|may) i "
    "(?:ask|get|trouble)|seria mucho|como ves|que te parece|"
    "would it be (?:too much|an? (?:pain|bother|hassle|problem|nuisance|stretch))|ser(?:ia|a) (?:un lio|mucho pedir)|"
    "do you (?:think|reckon) .{1,40}? could|any (?:hope|prospect) of|"
    r"(?:could|might) (?:[\w'-]+ ){1,6}?(?:be|go|get) |"
    r"would (?:it hurt|anyone|anybody|somebody)|any objection|(?:any|is there) (?:room|space) for|sera que|"
    r"se podra|se podria|se puede|(?:me|nos|le|les) (?:hac(?:es|e|en|eis)|hari(?:a|"
    r"as|an|ais))|me colabora\w*|me regala\w*|tendri(?:as|a|an) (?:la|un)|can (?:that|this|it|these|those|"
    "they) be|could (?:that|this|it|these|those|they) be|(?:can|could) (?:my|our|his|her|the|this|"
    "that|these|those)(?: [\\w'-]+){1,6} (?:be|get)|could we (?:get|have)|can (?:you|u|we|i|someone|somebody|anyone|"
    "one of you|the team)|could (?:you|u|we|i|someone|somebody|anyone|one of|the team|i get|i have)|"
    "would (?:one of|you|u|someone|anyone|it be possible|you be able)|will you|any chance|is it possible|"
    "might (?:you|i|we|one of|someone)|may (?:i|we)|(?:can|could|would|will|might) (?:a|an|any|the|"
    r"one of the|some) (?:\w+ )?(?:soul|colleague|admin\w*|engineer|technician|analyst|member|person|team|"
    r"guys|folks|desk|people|owner|expert|specialist)|mind \w+ing|(?:would|wouldn't) you mind|couldn't you|"
    "are you able|"
    r"is there any way|any way (?:you|to|of)|might it be possible|do you think you could)\b"
)

# Wishes and needs: what is wanted follows.
DESIRE = (
    r"\b(?:necesit\w+|nesesit\w+|nececit\w+|(?<!ya no )quier[oae]\w*|quiero que|queremos|quisiera\w*|querria\w*|"
    r"me gustaria|"
    r"nos gustaria|me encantaria|preferiria\w*|agradeceri\w+|agradezco|ruego|rogamos|solicit[oa]\w*|"
    r"requier[oe]\w*|requerimos|ocup[oa](?:mos)?|precis[oa](?:mos)?|(?<!no )hace[n]? falta|me falta[n]?|"
    r"(?<!no )(?<!no te )(?<!no os )(?<!no les )(?<!no le )pido (?:que|el|la|un)|"
    "nos falta[n]?|falta[n]?|urge|(?<!no )hay que|habria que|habra que|toca|tocaria|conviene|convendria|"
    "deberia[ns]?|deberiamos|deberiais|debe[n]?|tendri(?:a|an|amos) que|tiene[n]? que|tenemos que|"
    r"estaria (?:bien|genial|padre|bueno|guay)|no estaria mal|(?:nos|me|le|les) vendria\w*|seria (?:ideal|"
    r"bueno|genial|estupendo|conveniente|deseable|fantastico|bienvenid\w+)|que bueno seria|ojala|"
    "mas (?:tranquil[oa]s?|comod[oa]s?|segur[oa]s?) si|sleep (?:better|easier)|feel (?:better|safer|easier|"
    "happier)|(?:more comfortable|happier|easier|safer) if|va siendo hora|ya es hora|lo suyo seria|"
    r"que alguien|a ver si|(?<!no )need\w*|(?<!don't )(?<!dont )(?<!not )want\w*|require\w*|requesting|"
    r"(?:i'?m|we'?re) after|i'?d (?:like|love|appreciate|prefer|rather|"
    "be grateful)|we'?d (?:like|love|appreciate|prefer|rather|be grateful)|would (?:like|love|appreciate|"
    "prefer|rather|be (?:great|nice|ideal|good|handy|lovely|grateful|wonderful))|should|must|has to|"
    "have to|ought to|wish|hoping|hope|it'?s time|it is time|i'?m asking (?:for|you)|(?:make sure|see) that|high time|"
    "would settle|looking (?:to|for)|"
    r"(?:has|have|had) no business|overdue|due for|better (?:be|get)|had better|had to)\b"
)
GREETING = (
    r"\b(?:hola|hi|hello|hey|buen[oa]s(?: dias| tardes| noches)?|good (?:morning|afternoon|evening|night)|"
    r"gracias|thanks|thank you|thx|ty|cheers|grasias|jaja\w*|haha\w*|lol|genial|perfecto|que tal|"
    "como (?:estas|andas|va todo|te va)|how are you|how'?s it going|chao|adios|bye|hasta (?:luego|manana|"
    r"pronto)|see you|que onda|feliz|happy|happy \w+|crack|genio|genia|eres|are you|sos|quien (?:eres|te)|"
    "who (?:are|made|built) you|me alegro|ok|okay|vale|listo|got it|entendido|buen finde|weekend|lo siento|"
    "sorry for|excelente|great job|nice|awesome|brilliant|love|hate|odio|ugh|uf|menos mal|appreciate|"
    r"agradezco|favorit[oe]|favourite|cafe|coffee|lunes|monday|friday|chiste|joke)\b"
)

# Where the message ends and its signature or a forwarded mail begins (start of a line).
SIGNATURES = (
    r"(?m)^[ \t]*(?:--+[ \t]*$|__+[ \t]*$|(?:un (?:cordial )?saludo|saludos(?: cordiales)?|atentamente|"
    r"atte\.?|cordialmente|best(?: regards)?|kind regards|regards|warm regards|sincerely|yours (?:sincerely|"
    "faithfully)|many thanks|thanks and regards|br|sent from my|enviado desde mi|get outlook for|"
    "this (?:e-?mail|message) (?:is|and)|este (?:correo|mensaje) (?:es|y|contiene|puede)|aviso legal|"
    r"confidentiality notice|disclaimer)\b[^\n]{0,80}$)"
)

# Somebody or something is without what they should have: a wish for it.
LACKS = (
    r"\b(?:sin|no (?:tiene|tienen|tengo|tenemos|hay|existe|dispone|cuenta con)|le falta|les falta|"
    "nunca (?:le|les|me|nos) (?:dieron|han dado|crearon|hicieron)|aun no|todavia no|without|has no|have no|"
    "has(?:n'?t| not) (?:got|been given|received)|have(?:n'?t| not) (?:got|been given)|lacks?|never (?:got|"
    "given|had|been given|received)|still (?:needs?|without|no|missing|waiting)|missing|short of|"
    r"no(?! (?:quier\w+|queremos|hac\w+|need|want|longer|reason|action|ticket)))(?: \w+){0,5} (?:cuenta|acceso|"
    r"accesos|permisos?|usuario|licencia|licencias|portatil|buzon|token|"
    "tarjeta|certificado|credenciales|vpn|panel|alerta|rol|laptop|equipo|correo|clave|account|access|"
    "permissions?|user|licen[cs]es?|mailbox|card|badge|certificate|credentials?|dashboard|alert|login|"
    r"rights|role|phone|extension|backup|agent|agente|sensor|copia)\b"
)

# The user wants to know or see something.
WANTS_TO_KNOW = (
    r"\b(?:necesit\w+|quier[oe]|queremos|quisiera\w*|queria\w*|me gustaria|nos gustaria|me encantaria|"
    "me urge|me interesa|need|needs|want|wanted|like|love|keen|curious|trying|hoping|wish) (?:to |"
    "de )?(?:saber|conocer|entender|comprender|ver|averiguar|leer|tener claro|know|understand|see|learn|"
    r"find out|hear|read|figure out)\b|\b(?:me falta un dato|me faltan datos|what i'?m after|all i'?m after|"
    "lo que busco es|busco (?:el|la|un dato|saber)|me pregunto|i wonder|wondering|tengo una duda|una duda|"
    r"quick question|una pregunta)\b"
)

# What somebody or something is, uses, is called, looks after, has so many of, when it opens: told, so that it is
# known.
# Start of a sentence.
TELLS = (
    r"^(?:[\w ]{1,24}[,:] )?(?:(?:apunta|anota|recuerda|ten en cuenta|que sepas|toma nota|note|remember|keep in mind|"
    r"bear in mind)(?: de)?(?: que| that)? )?(?:(?:(?:mi|mis|nuestr\w+|el|la|los|las|my|our|the) (?!.{0,40}\b(?:que|"
    r"that|which)\b)(?:\S+ ){1,8}?(?:es|son|se llaman?|esta en|estan en|empieza|acaba|termina en|lleva (?:el|la|los|"
    r"las)|"
    r"gestiona|is|are|starts|ends|comes|terminates)\b(?! (?!called|named|based|located|"
    r"managed|owned|hosted|run)(?:\w+ )?(?:\w+ing|\w+ed|not|no|never|down|up|dead|broken|so|too|"
    r"very|all|stuck|gone|off|out|lost|full|blind|slow|blank|unable|still|un desastre|a (?:mess|joke|disaster|pain)|"
    r"muy|tan|lent[oa]|imposible|un asco)\b))|(?:mi|mis|nuestr\w+|el|la|los|las|my|our|the) "
    r"(?!.{0,60}\b(?:que|that|which|no|not|sin|without|nunca|never|se|blan\w+|negro|slow\w*|lent[oa]s?|dead|broken|"
    r"faulty|down|caid[oa]s?|rot[oa]s?|averiad[oa]s?|error\w*|cortes|outages?)\b)(?:\S+ ){1,6}?(?:(?:has|have|"
    r"tienen?|"
    r"houses?|holds?|cuentan? con|aloja[n]?|suma[n]?) "
    r"(?:(?:about|some|around|unas|unos|casi|over) )?(?:\d+|two|three|four|"
    r"five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|hundred|several|both|"
    r"its own|"
    r"dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|doce|quince|veinte|treinta|cuarenta|cincuenta|cien|varias|"
    r"varios|su propi[oa])\b|(?:opens?|closes?|works?|runs|operates?|abren?|cierran?|trabajan?|funcionan?|opera[n]?) "
    r"(?:at|in|from|until|on|a las|a la|de|desde|en|hasta|por|los|las)\b)|"
    r"(?:el|la|los|las) (?:\S+ ){1,6}?(?:lo|la|los|las) (?:lleva|mantiene|gestiona|administra|cubre|hace)n?\b|"
    r"soy|somos|me llamo|trabaj(?:o|amos)|llev(?:o|amos)|me (?:encargo|ocupo)|"
    r"gestion(?:o|amos)|administr(?:o|amos)|us(?:o|amos)|utiliz(?:o|amos)|tenemos|estoy (?:en|con|destinad[oa])|"
    r"reporto|"
    r"(?:aqui|en (?:\S+ ){0,2}\S+) (?:trabajamos|usamos|hay|tenemos|somos)|(?:here )?(?:(?:i'm|i am|we're|"
    r"we are)(?! (?:\w+ing|\w+ed|"
    "not|still|all|unable|stuck|down)) |(?:i|we) (?:work|look after|manage|joined|report|sit|use|run|have|keep|own|"
    r"cover|moved|handle|started)\b(?! \w+ing)))\b"
)

# A thing to read up on, as it is typed into a search box.
TOPIC = (
    r"^(?:(?:el|la|los|las|the) )?(?:\S+ ){0,2}?(?:retencion|conservacion|caducidad|vigencia|requisitos|horarios?|"
    r"plazos?|"
    "politica|niveles|aprobador(?:es)?|longitud|diferencia|periodo|duracion|criterios?|responsables?|tipos|"
    r"clasificacion|frecuencia|retention|expiry|requirements|hours|deadline|policy|levels|approvers?|length|"
    r"difference|"
    r"period|duration|criteria|owners?|types|classification|frequency|validity)\b"
)

# A question that leans on the one before: "and for contractors?".
FOLLOWS = r"^¿?(?:y|and|tambien|also|what about|how about|que hay de)\b"
# Whether something can be done at all, by nobody in particular and to nothing named.
POSSIBLE = (
    r"\bse (?:puede|pueden|podria|podrian) \w+[aei]r(?:se)?(?: un[oa]? \w+)?(?: (?:mas|otra|en|por|con|sin|fuera|"
    r"durante|antes|varias|"
    r"a|de|"
    r"desde)\b.*)?$|\bcan (?:it|that|this|they|these|those) be \w+(?: (?:more|again|by|over|without|in|out|on|twice|"
    r"at)\b.*)?$"
)

# Whether something may be done or will do: asked before it is done, by who would do it.
PERMITTED = (
    r"^(?:\W|and |but |so |y |o |pero |entonces |oye |hi |hola )*(?:(?:can|may|could|should|must) (?:i|"
    r"we)(?: (?:also|still|just|really|even))? "
    r"(?!(?:get|have|ask|trouble|please|request|borrow|see|be (?:given|added|granted|moved|unlocked|put))\b)|"
    r"(?:can|may) (?!(?:you|u|i|we|it|that|this|someone|somebody|anyone|the team|one of)\b)(?:an? )?[\w-]+ [\w-]+|"
    r"(?:am i|are we|are \w+) (?:allowed|permitted|supposed|entitled)|(?:is|are) (?:it|that|this|\w+) (?:ok|"
    r"okay|fine|allowed|permitted|"
    r"acceptable|enough) (?:to|if|for)|do (?:i|we) (?:have|need) to|puedo (?!(?:tener|pedir|contar)\b)|"
    r"podemos (?!(?:tener|contar)\b)|"
    r"(?:me|nos|te|se) (?:dejan?|permiten?|admiten?|aceptan?)\b|(?:esta|estan) (?:permitid|prohibid|autorizad)[oa]s?|"
    r"(?:me |nos )?vale(?:n)? (?:con |un|una|el|la)|(?:hay|tengo|tenemos) que (?!\w+ (?:ya|urgente))|(?:debo|"
    r"deberia|debemos|hace falta) )"
)

# What asks for a thing by its name without an accent or a mark: "que codigo se devuelve", "cada cuanto se cambia".
ASKS_UNMARKED = (
    r"^(?:(?:y|pero|oye|hola|una duda|duda|perdon|buenas)\W+)*(?:(?:a|de|en|con|desde|hasta|cada|segun|"
    r"sobre) (?:que|quien(?:es)?|cual(?:es)?|"
    r"cuant[oa]s?|cuando|donde) (?!(?:me|te|se lo|no)\b)|que (?!(?:me|te|se|le|les|nos|os|lo|la|los|las|el|un|"
    r"una|alguien|mi|mis|su|sus|"
    r"no|tal|por)\b)(?:[\w.-]+ ){1,4}?(?:se|nos|hay|es|son|era|eran|esta|estan|tiene|tienen|tenemos|usa|usan|"
    r"usamos|utiliza|utilizan|utilizamos|hace|"
    r"hacen|lleva|llevan|llevamos|debe|deben|puede|pueden|puedo|podemos|aplica|aplican|corresponde|hemos|ha|han|"
    r"fue|fueron|pide|piden|les|le|permite|"
    r"permiten|cubre|cubren|incluye|incluyen|dura|duran|vale|valen|sirve|sirven|existe|existen|necesito|"
    r"necesita|toca|tocan)\b)"
)

# When something was done or began: over and told, or since then failing.
AGO = (
    r"\b(?:ayer|anoche|anteayer|antier|hace (?:un[oa]?|dos|tres|\d+|unos|poco|rato)|esta (?:manana|tarde)|"
    r"la semana pasada|"
    r"el (?:mes|ano) pasado|(?:el|este|pasado) (?:lunes|martes|miercoles|jueves|viernes|sabado|domingo)|yesterday|"
    r"last "
    "(?:night|week|month|year|monday|tuesday|wednesday|thursday|friday)|this (?:morning|afternoon)|(?:on )?(?:monday|"
    r"tuesday|wednesday|thursday|friday|saturday|sunday)|\w+ ago|earlier|just|ya|already)\b"
)
SINCE = (
    r"\b(?:desde (?:ayer|anoche|hace|las|la una|el|esta|entonces|que)|(?:ever )?since(?: \w+)?|"
    r"lleva[n]? .{1,30}? sin|"
    r"cada (?:dos|tres|cinco|diez|\d+|pocos|media) ?(?:minutos|horas?|dias)?|every (?:few|two|three|five|ten|"
    r"\d+) \w+)\b"
)
AGAIN = (
    r"\b(?:otra vez|de nuevo|again|sigue[n]? sin|still (?:not|no|can'?t|won'?t)|by it ?self|por si sol[oa]|"
    r"and (?:now|"
    r"never|it)|y (?:ahora|ya) no|y no)\b"
)

# What the user thinks of something, which asks for nothing.
OPINION = (
    r"\b(?:fed up|sick of|tired of|over the top|absurd\w*|ridicul\w*|daft|silly|horribl\w*|hart[oa]s?|excesiv\w+|"
    r"que (?:pesadez|mania|rollo|pereza|lata|cansancio|bien|chimba|envidia)|un rollo|me parece|pesad[oa]s?|"
    r"hasta (?:el|la) "
    r"\w+ de|i could weep|i hate|me choca|odio|ugh|overkill|too far|me dan? (?:sueno|pereza)|cheesy|sleepy|"
    r"se pasa|vent|desahog\w+|what names)\b"
)

# Laughing: hardly ever a request.
LAUGHS = r"\b(?:lol|rofl|lmao|jaja\w*|haha\w*|jeje\w*|hehe\w*|xd|crikey|menudo|vaya)\b"
# It is over: what failed works again.
RESOLVED = (
    r"\b(?:(?:(?:everything|all)(?:'s| is| are)?|(?:it|that)(?:'s| is|s)) (?:\w+ )?(?:back|fixed|working|resolved|"
    r"solved|"
    "sorted|fine|ok)|did (?:solve|fix)|(?:fixed|solved|sorted|resolved|patched) (?:it|that)|works (?:now|"
    "again|fine|perfectly)|working (?:now|again|fine)|ya (?:esta|quedo|funciona|pude|puedo|me|nos|le|lo|"
    r"va) ?(?:funciona|solucionad\w+|arreglad\w+|resuelt\w+|list\w+|hecho|bien|entrar|va)?|lo (?:arregl|"
    r"solucion|resolv)\w+|se (?:arreglo|soluciono|resolvio)|volvio (?:todo|a funcionar|solo)|todo (?:ok|"
    r"bien|en orden|correcto|funciona\w*|quedo|volvio)|ya va|va fino|va bien|funciona (?:bien|perfect\w+)|(?:quedo|"
    r"esta) "
    r"(?:estable|limpi[oa]|operativ[oa]|resuelt[oa])|nadie se (?:ha )?quej\w+|nobody (?:has )?(?:complained|noticed)|"
    r"sin (?:incidencias?|novedad(?:es)?|problemas?|quejas)|(?:it's|is|are|"
    "up|running|went|runs|came up|looks) (?:clean|stable|healthy|fine|ok|well|good|smoothly)|all good|no (?:issues|"
    r"problems|complaints)|thanks to|gracias a)\b"
)

# Actions said as nouns: la emision de, the removal of.
NOMINAL = (
    r"\b(?:emision|revocacion|creacion|instalacion|apertura|cierre|bloqueo|desbloqueo|eliminacion|baja|alta|"
    "habilitacion|deshabilitacion|reinicio|restauracion|solucion|reparacion|asignacion|concesion|"
    "ampliacion|renovacion|actualizacion|activacion|desactivacion|configuracion|incorporacion|retirada|"
    "rotacion|removal|creation|revocation|blocking|unblocking|installation|deployment|restart|reboot|reset|"
    "rotation|deletion|renewal|extension|upgrade|activation|deactivation|provisioning|enrolment|"
    r"unlock) (?:de|del|a|al|of|for|para)\b"
)

# What a norm or document says: asked about, nothing is to be done.
NORM = (
    r"\b(?:politica|norma\w*|manual|procedimiento\w*|protocolo|guia|runbook|estandar|standard|policy|"
    "policies|rules?book|documentation|documentacion|playbook|handbook|allowed|permitid[oa]s?|permite la|"
    "prohibid[oa]s?|obligatori[oa]s?|mandatory|compulsory|forbidden|permissible|autorizad[oa]|"
    "authori[sz]ed|entitled|supposed to|obliged|exige|exigen|contempla|sla|ens|nis2|iso|gdpr|rgpd|cab|"
    "criteri[oa]s?|responsable|responsible|diferencia|difference|significa|mean|means|meaning|definition|"
    r"tiene[n]? razon|es (?:asi|cierto|verdad)$|is (?:that|this|it|he|she) (?:so|right|true|correct)$|"
    r"defin\w+|best practice|recomend\w+|conviene|buena practica|que es|what is|what are|what's|"
    r"para que sirve|purpose)\b"
)
