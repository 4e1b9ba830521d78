"""The look-ups that every company has: what is asked most of the systems that SOPHIA looks at."""

from collections.abc import Iterator

from attrs import frozen

from sophia.domain.lookups import System
from sophia.domain.named_lookups.kinds import Kind
from sophia.domain.named_lookups.values import NamedLookup, Parameter

__all__ = ["BUILT_IN", "EventNames", "built_in"]


@frozen
class EventNames:
    """Where a company's Splunk keeps what the built-in look-ups ask for.

    The defaults are those of Windows' security log and of Palo Alto's traffic log with the add-ons of the two vendors,
    whose field names follow Splunk's Common Information Model.

    Attributes:
        failed_logins: the search that finds them.
        user, address: the fields of a failed login: who, and from where.
        denied_traffic: the search that finds connections that a firewall has denied.
        source, target, port, rule: the fields of such a connection.
    """

    failed_logins: str = "index=wineventlog EventCode=4625"
    user: str = "user"
    address: str = "src"
    denied_traffic: str = "index=pan_traffic (action=deny OR action=drop OR action=blocked)"
    source: str = "src_ip"
    target: str = "dest_ip"
    port: str = "dest_port"
    rule: str = "rule"


BUILT_IN = (
    "failed-logins",
    "failed-logins-of-user",
    "denied-traffic-of-address",
    "fired-alerts",
    "ha-state",
    "firewall-system",
    "interfaces-down",
    "vpn-users",
    "firing-alerts",
    "annotations",
)
"""Their names."""

_USUAL_NAMES = EventNames()


def built_in(system: System, source: str = "", names: EventNames = _USUAL_NAMES) -> tuple[NamedLookup, ...]:
    """Those of one system.

    Raises:
        InvalidInput: the names make no search of which values stay values.
    """
    made = {
        System.SPLUNK: _of_splunk(source, names),
        System.PANOS: _of_panos(source),
        System.GRAFANA: _of_grafana(source),
    }
    return tuple(made[system])


def _of_splunk(source: str, names: EventNames) -> Iterator[NamedLookup]:
    yield NamedLookup(
        "failed-logins",
        {"es": "Inicios de sesión fallidos", "en": "Failed logins"},
        System.SPLUNK,
        "search",
        {"search": f"{names.failed_logins} | stats count by {names.user}, {names.address} | sort -count"},
        (
            "¿cuántos logins fallidos hubo anoche?",
            "inicios de sesión fallidos de hoy",
            "¿ha habido muchos intentos de acceso fallidos?",
            "¿quién ha fallado al iniciar sesión?",
            "fallos de autenticación en las últimas horas",
            "¿qué usuarios se han equivocado de contraseña?",
            "¿qué cuentas tienen más errores de inicio de sesión?",
            "¿ha habido un ataque de fuerza bruta?",
            "¿de dónde vienen los inicios de sesión fallidos?",
            "how many failed logins were there last night?",
            "failed logins by user today",
            "were there many failed login attempts?",
            "who failed to log in?",
            "authentication failures in the last hours",
            "failed sign-ins by source address",
            "which accounts have the most sign-in errors?",
            "was there a brute force attack?",
            "bad logons to the domain",
            "where do the failed logins come from?",
        ),
        source=source,
        total="count",
    )
    yield NamedLookup(
        "failed-logins-of-user",
        {"es": "Inicios de sesión fallidos de un usuario", "en": "Failed logins of a user"},
        System.SPLUNK,
        "search",
        {"search": f'{names.failed_logins} {names.user}="$user$" | stats count by {names.address}, host | sort -count'},
        (
            "¿cuántos inicios de sesión fallidos tiene el usuario m.garcia?",
            "logins fallidos de m.garcia ayer",
            "¿ha fallado la contraseña de la cuenta m.garcia?",
            "¿desde dónde ha intentado entrar m.garcia sin éxito?",
            "errores de autenticación de m.garcia",
            "¿ha intentado alguien entrar en la cuenta m.garcia?",
            "how many failed logins does user m.garcia have?",
            "failed logins of m.garcia yesterday",
            "did the account m.garcia fail to log in?",
            "where do the failed sign-ins of m.garcia come from?",
            "authentication errors of m.garcia",
            "has anybody tried to get into the account m.garcia?",
        ),
        (Parameter("user", Kind.USER),),
        source=source,
        total="count",
    )
    yield NamedLookup(
        "denied-traffic-of-address",
        {"es": "Tráfico denegado de una dirección IP", "en": "Denied traffic of an IP address"},
        System.SPLUNK,
        "search",
        {
            "search": f'{names.denied_traffic} ({names.source}="$address$" OR {names.target}="$address$")'
            f" | stats count by {names.source}, {names.target}, {names.port}, {names.rule} | sort -count"
        },
        (
            "¿se ha bloqueado tráfico de la IP 203.0.113.9?",
            "conexiones denegadas de 203.0.113.9 desde ayer",
            "¿qué ha cortado el cortafuegos de la dirección 203.0.113.9?",
            "¿cuántas veces se ha denegado 203.0.113.9?",
            "¿está bloqueada la IP 203.0.113.9?",
            "¿sigue intentando entrar 203.0.113.9?",
            "¿a qué puertos ha intentado llegar 203.0.113.9?",
            "was traffic from the IP 203.0.113.9 blocked?",
            "denied connections of 203.0.113.9 since yesterday",
            "what did the firewall drop from address 203.0.113.9?",
            "how often was 203.0.113.9 denied?",
            "is the IP 203.0.113.9 being blocked?",
            "is 203.0.113.9 still trying to get in?",
            "which ports did 203.0.113.9 try to reach?",
        ),
        (Parameter("address", Kind.IP),),
        source=source,
        total="count",
    )
    yield NamedLookup(
        "fired-alerts",
        {"es": "Alertas de Splunk que han saltado", "en": "Splunk alerts that have fired"},
        System.SPLUNK,
        "fired_alerts",
        {},
        (
            "¿qué alertas de Splunk saltaron anoche?",
            "alertas del SIEM de hoy",
            "¿ha saltado alguna alerta en Splunk?",
            "¿se ha disparado alguna regla de correlación del SIEM?",
            "which Splunk alerts fired last night?",
            "SIEM alerts of today",
            "has any alert been triggered in Splunk?",
            "did any correlation rule of the SIEM fire?",
        ),
        source=source,
    )


def _of_panos(source: str) -> Iterator[NamedLookup]:
    yield NamedLookup(
        "ha-state",
        {"es": "Estado de la alta disponibilidad", "en": "High availability state"},
        System.PANOS,
        "show",
        {"view": "ha"},
        (
            "¿está sincronizado el clúster HA de los firewalls?",
            "¿qué nodo está activo y cuál pasivo?",
            "estado HA del cortafuegos",
            "¿ha conmutado el clúster de Palo Alto?",
            "¿fw-centro-1 está activo o pasivo?",
            "¿cuál es el nodo activo?",
            "¿están sincronizadas las configuraciones de los cortafuegos?",
            "¿quién es el primario, fw-centro-1 o fw-centro-2?",
            "¿está bien la alta disponibilidad?",
            "¿están en sync los firewalls?",
            "is the HA pair in sync?",
            "which firewall is active and which is passive?",
            "HA status of the firewall",
            "did the Palo Alto cluster fail over?",
            "is fw-centre-1 active or passive?",
            "which node is active?",
            "are the configurations of the firewalls in sync?",
            "who is primary, fw-centre-1 or fw-centre-2?",
            "is high availability healthy?",
            "are the firewalls in sync?",
        ),
        source=source,
        ranged=False,
        only={
            "field": (
                "enabled",
                "mode",
                "state",
                "peer state",
                "connection to peer",
                "session synchronisation",
                "configuration synchronisation",
                "last error state",
                "last error reason",
            )
        },
    )
    yield NamedLookup(
        "firewall-system",
        {"es": "Versión y estado del sistema de los cortafuegos", "en": "Firewall version and system state"},
        System.PANOS,
        "show",
        {"view": "system"},
        (
            "¿qué versión de PAN-OS lleva el cortafuegos?",
            "¿cuánto lleva encendido el firewall?",
            "información del sistema de fw-centro-1",
            "modelo, número de serie y versión del firewall",
            "¿qué versión tiene fw-centro-1?",
            "¿qué modelo es fw-centro-1?",
            "número de serie de fw-centro-1",
            "versión de software de los cortafuegos",
            "¿cuándo se reinició por última vez fw-centro-1?",
            "datos del sistema del firewall",
            "what PAN-OS version does the firewall run?",
            "how long has the firewall been up?",
            "system information of fw-centre-1",
            "model, serial number and software version of the firewall",
            "what version is fw-centre-1 on?",
            "what model is fw-centre-1?",
            "serial number of fw-centre-1",
            "software version of the firewalls",
            "when was fw-centre-1 last rebooted?",
            "system details of the firewall",
        ),
        source=source,
        ranged=False,
        only={
            "field": (
                "hostname",
                "model",
                "serial",
                "software",
                "applications",
                "threats",
                "antivirus",
                "uptime",
                "mode",
            )
        },
    )
    yield NamedLookup(
        "interfaces-down",
        {"es": "Interfaces caídas de los cortafuegos", "en": "Firewall interfaces that are down"},
        System.PANOS,
        "show",
        {"view": "interfaces"},
        (
            "¿hay alguna interfaz caída en el firewall?",
            "interfaces caídas del cortafuegos",
            "interfaces que no están up",
            "¿qué puertos de fw-centro-1 están down?",
            "¿están levantadas todas las interfaces?",
            "¿se ha caído algún enlace del firewall?",
            "¿está levantada la ethernet1/1 de fw-centro-1?",
            "is any interface of the firewall down?",
            "firewall interfaces that are not up",
            "which ports of fw-centre-1 are down?",
            "are all interfaces up?",
            "did a link of the firewall go down?",
            "is ethernet1/1 of fw-centre-1 up?",
        ),
        source=source,
        ranged=False,
        only={"state": ("down",)},
    )
    yield NamedLookup(
        "vpn-users",
        {"es": "Usuarios conectados por GlobalProtect", "en": "Users connected with GlobalProtect"},
        System.PANOS,
        "show",
        {"view": "globalprotect-users"},
        (
            "¿quién está conectado a la VPN?",
            "¿cuántos usuarios hay conectados por GlobalProtect?",
            "usuarios remotos conectados ahora",
            "sesiones abiertas de la VPN",
            "número de conexiones de GlobalProtect",
            "¿cuánta gente está teletrabajando por la VPN?",
            "who is connected to the VPN?",
            "how many users are connected with GlobalProtect?",
            "remote users online right now",
            "open VPN sessions",
            "number of GlobalProtect connections",
            "how many people are working over the VPN?",
        ),
        source=source,
        ranged=False,
    )


def _of_grafana(source: str) -> Iterator[NamedLookup]:
    yield NamedLookup(
        "firing-alerts",
        {"es": "Alertas activas de Grafana", "en": "Firing Grafana alerts"},
        System.GRAFANA,
        "alerts",
        {},
        (
            "¿qué alertas hay activas en Grafana?",
            "¿hay alguna alarma sonando ahora?",
            "¿qué alertas están disparadas en este momento?",
            "¿hay algo en rojo en la monitorización?",
            "alertas de monitorización activas",
            "which alerts are firing in Grafana?",
            "is any alarm going off right now?",
            "what alerts are active at the moment?",
            "is anything red in monitoring?",
            "active monitoring alerts",
        ),
        source=source,
        ranged=False,
    )
    yield NamedLookup(
        "annotations",
        {"es": "Anotaciones de Grafana", "en": "Grafana annotations"},
        System.GRAFANA,
        "annotations",
        {},
        (
            "¿qué se anotó ayer en Grafana?",
            "anotaciones",
            "anotaciones de Grafana de esta semana",
            "¿qué cambios hay anotados en los paneles?",
            "¿hay alguna anotación de despliegues o incidencias hoy?",
            "notas de Grafana de anoche",
            "what was noted in Grafana yesterday?",
            "annotations",
            "Grafana annotations of this week",
            "which changes are annotated on the dashboards?",
            "is there an annotation about deployments or incidents today?",
            "Grafana notes from last night",
        ),
        source=source,
    )
