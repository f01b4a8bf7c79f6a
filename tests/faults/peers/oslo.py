"""oslo.messaging: its RPC client and server as its documentation has them.

Imported in the peers' own environment alone. Over several hosts it is told to use quorum queues,
without which the death of a node takes its queues along.
"""

import os
import signal
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from tests.faults.work import Answer, Job, Kind, OnStart, Outcome, Refused, Run, job_from, job_to

messaging: Any = import_module("oslo_messaging")
cfg: Any = import_module("oslo_config.cfg")

TOPIC = "work"


class OsloAsker:
    """Calls through one transport, which threads share."""

    def __init__(self, url: str) -> None:
        self._transport = _transport(url)
        self._client = messaging.get_rpc_client(self._transport, messaging.Target(topic=TOPIC))

    def ask(self, kind: Kind, job: Job, timeout: float) -> Answer:
        """See Asker."""
        client = self._client.prepare(timeout=timeout)
        try:
            if kind.is_call:
                return Answer(Outcome.RESULT, client.call({}, kind.value, job=job_to(job)))
            client.cast({}, kind.value, job=job_to(job))
            return Answer(Outcome.RESULT)
        except messaging.MessagingTimeout as error:
            return Answer(Outcome.UNKNOWN, "", repr(error))
        except messaging.MessageUndeliverable as error:
            return Answer(Outcome.NOT_EXECUTED, "", repr(error))
        except messaging.RemoteError as error:
            refused = error.exc_type == Refused.__name__
            return Answer(Outcome.APP_ERROR if refused else Outcome.BROKEN, job.key, repr(error))
        except Exception as error:
            return Answer(Outcome.BROKEN, "", repr(error))

    def close(self) -> None:
        """See Asker."""
        self._transport.cleanup()


class _Endpoint:
    """What a remote caller reaches by name."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def once(self, context: object, job: dict[str, Any]) -> str:
        return self._run(Kind.ONCE, job_from(job), "")

    def again(self, context: object, job: dict[str, Any]) -> str:
        return self._run(Kind.AGAIN, job_from(job), "")

    def later(self, context: object, job: dict[str, Any]) -> None:
        self._run(Kind.LATER, job_from(job), "")


class Oslo:
    """See Side."""

    is_shared = True

    def asker(self, url: str) -> OsloAsker:
        """See Side."""
        return OsloAsker(url)

    def serve(self, url: str, name: str, run: Run, on_start: OnStart) -> None:
        """See Side."""
        server = messaging.get_rpc_server(
            _transport(url),
            messaging.Target(topic=TOPIC, server=name),
            [_Endpoint(run)],
            executor="threading",
        )
        signals = {signal.SIGTERM, signal.SIGINT}
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        server.start()
        on_start(url)
        signal.sigwait(signals)
        server.stop()
        server.wait()
        # Its threads of the heartbeat outlive it.
        os._exit(0)


def _transport(url: str) -> Any:
    # Its metrics know no other configuration than that of the process.
    return messaging.get_rpc_transport(cfg.CONF, _its_url(url))


def _its_url(url: str) -> str:
    """Return `amqp://user:password@a,b/vhost` as oslo.messaging writes it."""
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    listed = hosts.split(",")
    quorum = "?rabbit_quorum_queue=true" if len(listed) > 1 else ""
    every = ",".join(f"{credentials}@{host}" for host in listed)
    return f"rabbit://{every}{parts.path or '/'}{quorum}"
