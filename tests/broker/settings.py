"""What a node is told: its ports, its configuration file, its environment. No I/O."""

import os
from dataclasses import dataclass
from pathlib import Path

from tests.broker.programs import PATH, Programs


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a node listens."""

    amqp: int = 5672
    amqps: int = 5671
    api: int = 15672
    distribution: int = 25672
    epmd: int = 4369


@dataclass(frozen=True, slots=True)
class Settings:
    """One node; all that it writes is below its folder."""

    folder: Path
    name: str
    """With the host behind the `@`: `localhost`, or an IP address in a cluster."""
    cookie: str
    """Who has the same one may command the node."""
    ports: Ports = Ports()
    address: str = "127.0.0.1"
    plugins: tuple[str, ...] = ("rabbitmq_management",)
    is_small: bool = True
    """One scheduler, little memory, and counters that are told soon: of such nodes many run at once.
    Without it, what RabbitMQ itself chooses."""
    lines: tuple[str, ...] = ()
    """More of the configuration file."""
    tls: bool = False
    """Listen for `amqps`, too, with the three files below."""

    @property
    def ca(self) -> Path:
        """Return the certificate of whoever signed the node's."""
        return self.folder / "ca.pem"

    @property
    def certificate(self) -> Path:
        """Return the node's certificate."""
        return self.folder / "node.pem"

    @property
    def key(self) -> Path:
        """Return the node's private key."""
        return self.folder / "node.key"

    @property
    def home(self) -> Path:
        """Return where RabbitMQ finds itself."""
        return self.folder / "home"

    @property
    def log(self) -> Path:
        """Return where the node's Erlang and the scripts around it complain."""
        return self.folder / "said.log"


def configuration(settings: Settings) -> str:
    """Return the text of `rabbitmq.conf`."""
    ports, address = settings.ports, settings.address
    lines = [
        f"listeners.tcp.1 = {address}:{ports.amqp}",
        "loopback_users = none",
        "log.file.level = info",
    ]
    if settings.is_small:
        lines += [
            # Independent of what the machine has, and of who else fills it.
            "vm_memory_high_watermark.absolute = 512MB",
            "disk_free_limit.absolute = 10MB",
            # A default of 512 MB is written to the disk before it is used for the first time.
            "raft.wal_max_size_bytes = 16000000",
        ]
    if "rabbitmq_management" in settings.plugins:
        lines += [
            f"management.tcp.ip = {address}",
            f"management.tcp.port = {ports.api}",
            *(
                f"management.sample_retention_policies.{it}.minute = 1"
                for it in ("global", "basic", "detailed")
            ),
        ]
        if settings.is_small:
            # Connections and counters are seen after a second at most, not after five and more.
            lines.append("collect_statistics_interval = 250")
    if settings.tls:
        lines += [
            f"listeners.ssl.1 = {address}:{ports.amqps}",
            f"ssl_options.cacertfile = {settings.ca}",
            f"ssl_options.certfile = {settings.certificate}",
            f"ssl_options.keyfile = {settings.key}",
            # A client may show a certificate, and where it does it must be a good one.
            "ssl_options.verify = verify_peer",
            "ssl_options.fail_if_no_peer_cert = false",
        ]
    return "".join(f"{it}\n" for it in [*lines, *settings.lines])


def enabled_plugins(settings: Settings) -> str:
    """Return the text of the file that enables plugins."""
    return f"[{','.join(settings.plugins)}].\n"


def environment(settings: Settings, programs: Programs) -> dict[str, str]:
    """Return all variables for the node and the programs that command it.

    Nothing of the machine's own configuration, and nothing of this process's, is left in it.
    """
    folder = settings.folder
    interface = "{" + settings.address.replace(".", ",") + "}"
    listening = f"-kernel inet_dist_use_interface {interface}"
    return {
        "PATH": os.pathsep.join((str(programs.epmd.parent), PATH)),
        # Where Erlang looks for its cookie.
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "ERL_CRASH_DUMP": os.devnull,
        "ERL_EPMD_PORT": str(settings.ports.epmd),
        "ERL_EPMD_ADDRESS": settings.address,
        "RABBITMQ_SCRIPTS_DIR": str(settings.home / "sbin"),
        "RABBITMQ_NODENAME": settings.name,
        "RABBITMQ_USE_LONGNAME": str("." in settings.name).lower(),
        "RABBITMQ_DIST_PORT": str(settings.ports.distribution),
        "RABBITMQ_CONF_ENV_FILE": os.devnull,
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONFIG_FILES": str(folder / "conf.d"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        # The script then becomes the Erlang VM and does not wait for it: one process, one id.
        "RUNNING_UNDER_SYSTEMD": "true",
        # The default binds each scheduler to a processor, and so all small nodes to the first one.
        **({"RABBITMQ_SCHEDULER_BIND_TYPE": "u"} if settings.is_small else {}),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
            f"+S 1:1 {listening}" if settings.is_small else listening
        ),
        "RABBITMQ_CTL_ERL_ARGS": f"+S 1:1 {listening}",
        # Any that is free: several commands may run at once.
        "RABBITMQ_CTL_DIST_PORT_MIN": "0",
        "RABBITMQ_CTL_DIST_PORT_MAX": "0",
    }
