"""RPC as pika's own tutorial has it: a BlockingConnection, one queue, replies to an exclusive one.

Added to the tutorial is only what no program does without: a deadline, a host list and connecting
again. https://www.rabbitmq.com/tutorials/tutorial-six-python
"""

import json
import signal
import time
import uuid
from importlib import import_module
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.faults.work import Answer, Job, Kind, OnStart, Outcome, Refused, Run, job_from, job_to

pika: Any = import_module("pika")

QUEUE = "rpc_queue"
REFUSED = "refused"


class TutorialAsker:
    """The tutorial's FibonacciRpcClient; not for several threads."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Any = None
        self._channel: Any = None
        self._callbacks = ""
        self._correlation = ""
        self._response: bytes | None = None

    def ask(self, kind: Kind, job: Job, timeout: float) -> Answer:
        """See Asker."""
        until = time.monotonic() + timeout
        try:
            self._connect()
        except Exception as error:
            return Answer(Outcome.NOT_EXECUTED, "", repr(error))
        try:
            self._publish(kind, job)
            if not kind.is_call:
                return Answer(Outcome.RESULT)
            while self._response is None and (left := until - time.monotonic()) > 0:
                self._connection.process_data_events(time_limit=left)
        except Exception as error:
            self._connection = None
            return Answer(Outcome.UNKNOWN, "", repr(error))
        return self._answer()

    def _connect(self) -> None:
        if self._connection is not None and self._connection.is_open:
            return
        self._connection = pika.BlockingConnection(_parameters(self._url))
        self._channel = self._connection.channel()
        self._channel.queue_declare(queue=QUEUE)
        declared = self._channel.queue_declare(queue="", exclusive=True)
        self._callbacks = declared.method.queue
        self._channel.basic_consume(
            queue=self._callbacks, on_message_callback=self._on_response, auto_ack=True
        )

    def _publish(self, kind: Kind, job: Job) -> None:
        self._response = None
        self._correlation = str(uuid.uuid4())
        properties = pika.BasicProperties(
            reply_to=self._callbacks if kind.is_call else None, correlation_id=self._correlation
        )
        body = json.dumps({"kind": kind.value, "job": job_to(job)})
        self._channel.basic_publish(
            exchange="", routing_key=QUEUE, properties=properties, body=body
        )

    def _on_response(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        if properties.correlation_id == self._correlation:
            self._response = body

    def _answer(self) -> Answer:
        if self._response is None:
            return Answer(Outcome.UNKNOWN, "", "timeout")
        said = json.loads(self._response)
        if REFUSED in said:
            return Answer(Outcome.APP_ERROR, said[REFUSED], REFUSED)
        return Answer(Outcome.RESULT, said["key"])

    def close(self) -> None:
        """See Asker."""
        if self._connection is not None and self._connection.is_open:
            self._connection.close()


class Tutorial:
    """See Side."""

    is_shared = False

    def asker(self, url: str) -> TutorialAsker:
        """See Side."""
        return TutorialAsker(url)

    def serve(self, url: str, name: str, run: Run, on_start: OnStart) -> None:
        """See Side."""
        signal.signal(signal.SIGTERM, _leave)
        is_told = False
        while True:
            try:
                channel = _consuming(url, run)
                if not is_told:
                    on_start(url)
                    is_told = True
                channel.start_consuming()
            except pika.exceptions.AMQPError:
                time.sleep(1)


def _leave(number: int, frame: object) -> None:
    raise SystemExit(0)


def _consuming(url: str, run: Run) -> Any:
    channel = pika.BlockingConnection(_parameters(url)).channel()
    channel.queue_declare(queue=QUEUE)

    def on_request(channel: Any, method: Any, properties: Any, body: bytes) -> None:
        asked = json.loads(body)
        job = job_from(asked["job"])
        try:
            response = {"key": run(Kind(asked["kind"]), job, properties.correlation_id)}
        except Refused:
            response = {REFUSED: job.key}
        if properties.reply_to:
            channel.basic_publish(
                exchange="",
                routing_key=properties.reply_to,
                properties=pika.BasicProperties(correlation_id=properties.correlation_id),
                body=json.dumps(response),
            )
        channel.basic_ack(delivery_tag=method.delivery_tag)

    channel.basic_qos(prefetch_count=1)
    channel.basic_consume(queue=QUEUE, on_message_callback=on_request)
    return channel


def _parameters(url: str) -> list[Any]:
    parts = urlsplit(url)
    names, _, hosts = parts.netloc.rpartition("@")
    user, _, password = names.partition(":")
    credentials = pika.PlainCredentials(unquote(user) or "guest", unquote(password) or "guest")
    return [
        pika.ConnectionParameters(
            host=host.rpartition(":")[0],
            port=int(host.rpartition(":")[2]),
            virtual_host=unquote(parts.path.removeprefix("/")) or "/",
            credentials=credentials,
        )
        for host in hosts.split(",")
    ]
