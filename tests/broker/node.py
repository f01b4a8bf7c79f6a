"""One RabbitMQ node of our own: on loopback, in a folder that ends with it or with this process."""

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeAlias
from urllib.parse import quote

from tests.broker import files
from tests.broker.api import Api
from tests.broker.kept import Kept
from tests.broker.ports import answers, free_ports
from tests.broker.programs import find
from tests.broker.settings import Settings, environment

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
# `stop_app`, without the five seconds for which a handler of the management plugin waits in vain
# when it is ended together with the rest.
_STOP = "gen_event:delete_handler(rabbit_event, rabbit_mgmt_db_handler, []), rabbit:stop()."
_HELLO = b"AMQP\x00\x00\x09\x01"

Alarm: TypeAlias = Literal["memory", "disk"]


class NodeError(Exception):
    """The node did not do what it was asked; the message ends with what it said."""


class Node:
    """A node that is started and ended. Not for use from several threads at once.

    A small one, as tests want it, unless it is to be as RabbitMQ is installed (see `Settings`).
    `tls` opens a second listener, with a certificate for `localhost` and 127.0.0.1. Without
    `settings` the node has its own folder, name, cookie and ports, the same after a restart.
    """

    def __init__(
        self,
        *,
        tls: bool = False,
        lines: Sequence[str] = (),
        is_small: bool = True,
        settings: Settings | None = None,
        kept: Kept | None = None,
        prefix: Sequence[str] = (),
    ) -> None:
        programs = find()
        if programs is None:
            raise NodeError("there is no `rabbitmq-server` here: python -m tests.broker.install")
        self._programs = programs
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
            is_small=is_small,
            tls=tls,
        )
        self._prefix = tuple(prefix)
        self._variables = environment(self.settings, programs)
        self._epmd: int | None = None
        self._vm: int | None = None
        self.authority = files.write(self.settings, programs)
        """Signs certificates that the node trusts; None without TLS."""

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
            self._until(lambda: answers(address, ports.epmd), COMMAND)
        self._vm = self._run(self._programs.server)

    def wait(self) -> None:
        """Return when it takes connections."""
        ports, address = self.settings.ports, self.settings.address
        self._until(lambda: answers(address, ports.amqp, _HELLO), STARTING)

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
        if self._vm is not None:
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
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def stop_app(self) -> None:
        """Stop RabbitMQ but not Erlang: connections end, ports are closed."""
        self.ctl("eval", _STOP)

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
        said = [self.settings.log, *sorted((self.settings.folder / "log").glob("*.log"))]
        return "\n".join(it.read_text("utf-8", "replace") for it in said if it.exists())

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

    def _run(self, program: Path, *arguments: str) -> int:
        command = [*self._prefix, str(program), *arguments]
        return self._kept.start(command, self._variables, self.settings.log)

    def _signal(self, number: signal.Signals) -> None:
        if self._vm is None or not self.running:
            raise NodeError("the node does not run")
        os.kill(self._vm, number)

    def _until(self, reached: Callable[[], bool], seconds: float) -> None:
        patient_until = time.monotonic() + seconds
        while not reached():
            for process in (self._epmd, self._vm):
                if process is not None and self._kept.ended(process) is not None:
                    raise NodeError(f"the node has ended: {self.log()[-4000:]}")
            if time.monotonic() > patient_until:
                raise NodeError(f"nothing after {seconds:g} s: {self.log()[-4000:]}")
            time.sleep(0.05)
