"""Words of both languages, lower case and without accents: what each list is for stands above it."""

__all__ = [
    "ASKS_FIRST",
    "ENGLISH_CONTRADICTIONS",
    "NEGATION",
    "NOT_VERBS",
    "NOUNS",
    "OPENERS",
    "PURPOSE",
    "SHORTHAND",
    "WH_WORDS",
]

# What a light verb is asked to bring: the first of these found after it decides what the request is.
NOUNS: dict[str, str] = {
    "info": """
        lista listado informe reporte grafica grafico estadisticas estadistica cantidad total cifra cifras top
        logs log eventos evento historial historico detalle detalles estado estatus status version versiones
        porcentaje metricas uptime resultado resultados busqueda tendencia comparativa datos dato ranking
        recuento conteo resumen actividad desglose relacion evidencia consumo trafico latencia ocupacion
        temperatura salida intentos conexiones fallos sesiones alertas list report count stats statistics graph
        chart events history details figures breakdown timeline results output trend metrics activity query
        search throughput latency usage volume talkers names hits percentage entries records alerts cambios
        procesos processes conexion changes extract extracto failed fallidos everything board conteos recuentos
        figuras curva curve vistazo
        ojo look glance estadistico reading readings snapshot inventario inventory
        """,
    "text": """
        correo mail email borrador texto plantilla parrafo tabla script consulta chiste poema mensaje aviso
        comunicado carta post presentacion diapositiva diapositivas slogan eslogan checklist esquema guion ejemplo
        traduccion nota acta resumen redaccion frase frases titulo titulos idea ideas preguntas cuestionario cartel
        respuesta version comparativa chuleta metafora analogia refran glosario infografia esqueleto discurso tweet
        draft template paragraph table snippet joke poem message announcement letter slide slides
        example sample translation note notes minutes summary sentence headline title ideas questions quiz poster
        wording reply synonym analogy story outline speech memo bullets bullet rhyme haiku blurb playbook regex
        kql spl sigma yara snort syntax sintaxis tecnicismos jargon fluff tense tagline newsletter one-liner
        oneliner pseudocode tips tip cheat cheatsheet recipe riddle
        """,
    "access": """
        acceso accesos permiso permisos licencia licencias cuenta cuentas usuario usuarios rol token credencial
        credenciales buzon certificado llave tarjeta vm maquina servidor portatil laptop notebook agente sensor
        panel tablero dashboard alerta tunel vlan bucket grupo alta perfil bastion clave apikey key indice
        repositorio carpeta colector sonda mailbox access permission permissions rights licence license licences
        licenses account accounts user login logins role credentials certificate cert badge machine server agent
        tunnel group profile folder share seat yubikey instance cluster sandbox environment namespace database
        subnet collector alert monitor sim movil celular telefono phone headset extension espacio workspace
        channel canal webhook endpoint conector connector vpn mfa admin viewer safe probe feed subscription
        suscripcion codes codigos codigo index ips gafete carne credencial equipo monitoreo entorno honeypot
        alias vault enrolment onboarding
        """,
    "target": """
        puerto puertos regla reglas firewall cortafuegos ip dominio contrasena contrasenas password passwords
        sesion servicio proxy politica switch router interfaz interface rule rules port ports domain session
        service policy policies host hosts node nodo nodos exclusion excepcion exception rango range subred whitelist
        blacklist cuarentena quarantine backup copia antivirus edr waf dns dhcp url sitio web umbral threshold
        lista-blanca timeout cuota quota restart reboot rollback reinicio reset restore failover
        """,
    "ticket": """
        ticket tickets caso incidencia incidente parte solicitud peticion case incident request tiquete folio
        reclamo orden cr chg inc req aviso
        """,
}

# Forms that are verbs in Spanish and everyday words in English, or nouns and prepositions in Spanish: verbs only where
# the clause says so.
ENGLISH_CONTRADICTIONS = frozenset(
    """
        quite pare more note come pase mire corte active use cause limite mate den de des para cuenta cuentas
        lista listas copia copias regla alerta corta entre este cambio cambios bloqueo bloqueos acceso registro
        registros reporte parche pase carga cargas baja bajas alta sube cierre corte cierres informe ajuste
        ajustes aviso avisos pruebas consulta consultas salida muestra muestras compra compras prestamos filtro
        filtros limpia reserva include prepare compare revise restaure programa programas orden paso pasos
        permite trace prende plan vista vistas monitor
        """.split()
)

# Never verbs here, though they look like forms of one.
NOT_VERBS = frozenset(
    "adelante ten eleven turno turnos elevado ultimo ultima real orden ordenes correo correos medida "
    "medidas parte partes cero".split()
)

# Words that negate the verb after them.
NEGATION = frozenset(
    "no nunca jamas tampoco sin ni don't dont not never without cannot can't won't doesn't didn't isn't "
    "aren't wasn't nadie".split()
)

# Purpose and relative clauses: a verb after these says what for, not what to do.
PURPOSE = frozenset(
    "para pa por al de sobre tras to of for about by when while before after cuando mientras como aunque porque".split()
)

# Words a clause may open with before its verb.
OPENERS = frozenset(
    """
        y e o pero pues entonces luego ya tambien ademas despues asi que ahora hoy por favor porfa porfi porfis
        porfavor xfa plis pls plz please kindly hola hi hey hello oye oiga oigan oid che wey parce mira bueno
        vale ok okay venga anda va dale sophia victoria team equipo senores chicos jefe and then so but also
        just now or next lastly finally still simply immediately quickly urgent urgente urgentemente asap today
        tonight instead rather por-favor solo nomas mejor primero de paso por-lo-demas igual thanks gracias
        first second third luego-ya directamente inmediatamente enseguida siempre right quick dear sir madam
        estimada estimado estimados buenas buenos dias tardes noches good morning afternoon evening well
        actually everyone guys folks mate amigo compa compadre ustedes usted vos tu someone somebody anyone
        alguien go ahead straight away de-una-vez rapido rapidito urge once more again otra vez
        """.split()
)

# Question words with which a question for knowledge or a look-up starts.
WH_WORDS = frozenset(
    """
    que cual cuales quien quienes cuando cuanto cuanta cuantos cuantas donde como porque adonde cuan ke k q
    what which who whom whose when where why how whats what's who's where's how's when's wats wat hows wheres
    """.split()
)

# Verbs that open a question in English, or a state question in Spanish.
ASKS_FIRST = frozenset(
    """
        is are was were do does did has have had am isn't aren't doesn't didn't hasn't haven't should must shall
        es esta estan son hay hubo hay? sigue siguen existe existen tiene tienen tenemos ha han fue fueron era
        figura figuran queda quedan debe deben
        """.split()
)

# Chat spelling and frequent slips: what is written = what is meant (an underscore is a space).
SHORTHAND: dict[str, str] = {
    written: meant.replace("_", " ")
    for written, _, meant in (
        pair.partition("=")
        for pair in """
    ago=hago ai=hay aki=aqui arent=aren't asap=asap ase=hace ay=hay bloqear=bloquear bpn=vpn cant=can't cmo=como
    cn=can cud=could d=de didnt=didn't dnd=donde dnt=don't doesnt=doesn't giv=give haci=asi hav=have hows=how's
    hw=how id=id im=i'm isnt=isn't ive=i've k=que kada=cada kae=cae ke=que kien=quien komo=como m=me mak=make
    mny=many nd=and nite=night ola=hola pa=para pal=para_el plis=please pls=please plz=please pq=porque q=que
    qe=que qiero=quiero r=are stoy=estoy tb=tambien teh=the tha=the tmb=tambien tody=today toy=estoy u=you
    ur=your w=with wasnt=wasn't wat=what wats=what's wen=when wheres=where's whos=who's wich=which wont=won't
    wud=would xfa=porfa xq=porque y'all=you ya'll=you
    """.split()
    )
}
