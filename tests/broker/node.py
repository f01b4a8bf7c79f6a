"""One RabbitMQ node of our own: on loopback, in a folder that ends with it or with this process."""

import os
import random
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeAlias
from urllib.parse import quote

import trustme

from tests.broker.api import Api
from tests.broker.kept import Kept
from tests.broker.programs import Programs, find
from tests.broker.settings import Ports, Settings, configuration, enabled_plugins, environment

STARTING = 60.0
"""Seconds in which a node must answer; it takes about 5."""
COMMAND = 60.0
"""Seconds for a command; one takes about 1."""
_ALARMS = {
    "memory": (
        ("set_vm_memory_high_watermark", "0"),
        ("set_vm_memory_high_watermark", "absolute", "512MB"),
    ),
    "disk": (("set_disk_free_limit", "1000000GB"), ("set_disk_free_limit", "10MB")),
}
_PLUGINS = {
    "rabbitmq_prelaunch", "rabbitmq_management", "rabbitmq_management_agent",
    "rabbitmq_web_dispatch",
}  # fmt: skip
_HELLO = b"AMQP\x00\x00\x09\x01"
_PORTS = range(15_000, 32_000)


Alarm: TypeAlias = Literal["memory", "disk"]


class NodeError(Exception):
    """The node did not do what it was asked; the message ends with what it said."""


class Node:
    """A node that is started and ended. Not for use from several threads at once.

    `tls` opens a second listener, with a certificate for `localhost` and 127.0.0.1. Without
    `settings` the node has its own folder, name, cookie and ports, the same after a restart.
    """

    def __init__(
        self,
        *,
        tls: bool = False,
        lines: Sequence[str] = (),
        schedulers: int = 1,
        settings: Settings | None = None,
        kept: Kept | None = None,
        prefix: Sequence[str] = (),
    ) -> None:
        programs = find()
        if programs is None:
            raise NodeError("there is no `rabbitmq-server` here: python -m tests.broker.install")
        self._programs: Programs = programs
        self._own = ExitStack()
        if kept is None:
            kept = Kept()
            self._own.callback(kept.close)
        self._kept = kept
        self.settings = settings or Settings(
            kept.folder,
            f"rpcgen-{secrets.token_hex(4)}@localhost",
            secrets.token_hex(16),
            free_ports(),
            lines=tuple(lines),
            schedulers=schedulers,
            tls=tls,
        )
        self._prefix = tuple(prefix)
        self._variables = environment(self.settings, programs)
        self._epmd: int | None = None
        self._vm: int | None = None
        self.authority = trustme.CA() if self.settings.tls else None
        """Signs certificates that the node trusts."""
        self._write_files()
        self._link_home()

    @property
    def api(self) -> Api:
        """Return the node's HTTP API."""
        ports, address = self.settings.ports, self.settings.address
        return Api(f"http://guest:guest@{address}:{ports.api}")

    @property
    def ca(self) -> Path:
        """Return the file with the certificate that a client of `tls_url` needs."""
        return self.settings.ca

    @property
    def running(self) -> bool:
        """Return whether its Erlang VM runs; one that is frozen does."""
        return self._vm is not None and self._kept.ended(self._vm) is None

    def url(self, vhost: str = "/") -> str:
        """Return where clients connect to."""
        ports, address = self.settings.ports, self.settings.address
        return f"amqp://guest:guest@{address}:{ports.amqp}/{quote(vhost, safe='')}"

    def tls_url(self, vhost: str = "/") -> str:
        """Return where clients connect to with TLS."""
        ports, address = self.settings.ports, self.settings.address
        return f"amqps://guest:guest@{address}:{ports.amqps}/{quote(vhost, safe='')}"

    def start(self) -> Self:
        """Start it and return when it takes connections."""
        self.launch()
        self.wait()
        return self

    def launch(self) -> None:
        """Start it and return at once; `wait()` waits."""
        if self._epmd is None or self._kept.ended(self._epmd) is not None:
            ports, address = self.settings.ports, self.settings.address
            # Before the node starts one that nobody could end.
            self._epmd = self._run(
                self._programs.epmd, "-port", str(ports.epmd), "-address", address
            )
            self._until(lambda: _answers(address, ports.epmd, b""), COMMAND)
        self._vm = self._run(self._programs.server)

    def wait(self) -> None:
        """Return when it takes connections."""
        ports, address = self.settings.ports, self.settings.address
        self._until(lambda: _answers(address, ports.amqp, _HELLO), STARTING)

    def stop(self) -> None:
        """End the node and, where the folder is its own, all that is left of it."""
        self.close()

    def end(self) -> None:
        """End the node in order; what is durable is there when it starts again."""
        self.thaw()
        self.stop_app()
        # Nothing is left to be written, and Erlang takes five seconds more to end by itself.
        self.kill()

    def kill(self) -> None:
        """End its Erlang VM as `kill -9` does."""
        assert self._vm is not None
        self._kept.kill(self._vm)

    def close(self) -> None:
        """End at once what still runs, and remove the folder where it is its own."""
        self._own.close()
        self._vm = self._epmd = None

    def restart(self) -> None:
        """End it in order, and return when it takes connections again."""
        self.end()
        self.start()

    def freeze(self) -> None:
        """Let it do nothing, with all its sockets open, until `thaw()`."""
        assert self._vm is not None
        os.kill(self._vm, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._vm is not None
        os.kill(self._vm, signal.SIGCONT)

    def stop_app(self) -> None:
        """Stop RabbitMQ but not Erlang: connections end, ports are closed."""
        self.ctl("stop_app")

    def start_app(self) -> None:
        """Start RabbitMQ again, and return when it takes connections."""
        self.ctl("start_app")
        self.wait()

    def alarm(self, kind: Alarm) -> None:
        """Let it be short of memory or disk, as far as it knows: it reads from no publisher."""
        self.ctl(*_ALARMS[kind][0])

    def clear(self, kind: Alarm) -> None:
        """Let it have enough again."""
        self.ctl(*_ALARMS[kind][1])

    def ctl(self, *arguments: str, program: str = "rabbitmqctl") -> str:
        """Return what a command of RabbitMQ printed; about a second each, so prefer `api`."""
        command = [*self._prefix, str(self._programs.scripts / program), *arguments]
        try:
            ran = subprocess.run(
                command,
                env=self._variables,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=COMMAND,
                text=True,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise NodeError(f"`{program} {' '.join(arguments)}` does not end") from error
        if ran.returncode:
            raise NodeError(f"`{program} {' '.join(arguments)}`: {ran.stdout}{ran.stderr}")
        return ran.stdout

    def log(self) -> str:
        """Return all that the node has said."""
        files = [self.settings.log, *sorted((self.settings.folder / "log").glob("*.log"))]
        return "\n".join(it.read_text("utf-8", "replace") for it in files if it.exists())

    def __enter__(self) -> Self:
        """Start it."""
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.stop()

    def _write_files(self) -> None:
        settings = self.settings
        (settings.folder / "conf.d").mkdir(parents=True)
        (settings.folder / "rabbitmq.conf").write_text(configuration(settings))
        (settings.folder / "advanced.config").write_text("[].\n")
        (settings.folder / "enabled_plugins").write_text(enabled_plugins(settings))
        cookie = settings.folder / ".erlang.cookie"
        cookie.write_text(settings.cookie)
        cookie.chmod(0o400)
        if self.authority is not None:
            issued = self.authority.issue_cert("localhost", settings.address)
            self.authority.cert_pem.write_to_path(settings.ca)
            issued.cert_chain_pems[0].write_to_path(settings.certificate)
            issued.private_key_pem.write_to_path(settings.key)

    def _link_home(self) -> None:
        """Make a RabbitMQ without plugins that nobody asked for.

        Erlang looks for each module in each of them, which takes a third of the start.
        """
        real, home = self._programs.scripts.parent, self.settings.home
        (home / "plugins").mkdir(parents=True)
        for name in ("sbin", "escript"):
            (home / name).symlink_to(real / name)
        for plugin in sorted((real / "plugins").iterdir()):
            name = plugin.name.partition("-")[0]
            if not name.startswith("rabbitmq_") or name in _PLUGINS:
                (home / "plugins" / plugin.name).symlink_to(plugin)

    def _run(self, program: Path, *arguments: str) -> int:
        command = [*self._prefix, str(program), *arguments]
        return self._kept.start(command, self._variables, self.settings.log)

    def _until(self, reached: Callable[[], bool], seconds: float) -> None:
        patient_until = time.monotonic() + seconds
        while not reached():
            for process in (self._epmd, self._vm):
                if process is not None and self._kept.ended(process) is not None:
                    raise NodeError(f"the node has ended: {self.log()[-4000:]}")
            if time.monotonic() > patient_until:
                raise NodeError(f"nothing after {seconds:g} s: {self.log()[-4000:]}")
            time.sleep(0.05)


def free_ports() -> Ports:
    """Return ports that nobody listens at.

    They lie below those that systems hand out, so that nobody comes by one of them while the node
    is not yet, or for a moment no longer, listening.
    """
    with ExitStack() as held:
        found: list[int] = []
        while len(found) < 5:
            probe = held.enter_context(socket.socket())
            try:
                probe.bind(("127.0.0.1", random.choice(_PORTS)))
            except OSError:
                continue
            found.append(probe.getsockname()[1])
    return Ports(*found)


def _answers(address: str, port: int, hello: bytes) -> bool:
    try:
        with socket.create_connection((address, port), 1.0) as connection:
            connection.sendall(hello)
            return not hello or bool(connection.recv(1))
    except OSError:
        return False
