"""The step of the tour through a broker: the same clients, servers and story, another URL."""

import os
import threading
import time

from demo.calculator.v1 import CalculatorClient
from examples.demo.cloud_step import Tally, told_at
from examples.demo.commands import StepFailed, served
from examples.demo.screen import Screen
from rpcgen_runtime import NotExecuted, connect
from rpcgen_runtime.caller import Caller
from rpcgen_runtime.introspection import PING
from rpcgen_runtime.options import CallOptions
from rpcgen_runtime.url import parse_url

VARIABLE = "RPCGEN_DEMO_AMQP_URL"
USUAL = "amqp://localhost/"
CALLS = 200


def broker(screen: Screen) -> None:
    """Do over RabbitMQ what was done without, where there is one."""
    screen.step("The same through RabbitMQ")
    url = os.environ.get(VARIABLE) or USUAL
    shown = parse_url(url).shown
    if not _answers(url):
        screen.say(f"No broker answers at {shown}. To see this step, start one and come again:")
        screen.command("docker compose up -d")
        screen.command("sudo apt-get install rabbitmq-server")
        screen.say(f"Or say where one is: {VARIABLE}=amqp://user:password@host/vhost make demo")
        return
    screen.say("Nothing changes but the URL. Two servers share the calculator's topic:")
    screen.command(f"rpcgen serve examples.calculator:Calculator --on {shown}   # twice")
    screen.result(_calls_go_on(url))
    screen.say("The servers and the story of virtual machines, through the broker as well:")
    with told_at(url, Tally()) as (_, story):
        started = time.perf_counter()
        rows = story.rows()
        seconds = time.perf_counter() - started
    screen.result(f"{len(rows)} lines of the same table, in {seconds * 1000:.0f} ms")
    screen.say("The broker keeps the queues for when the servers come back:")
    screen.command(f"rpcgen topology plan {shown} examples.calculator:Calculator")


def _answers(url: str) -> bool:
    with connect(url, timeout=5) as transport:
        try:
            # Nobody need be there to answer: that a broker says so is enough.
            Caller(transport, CallOptions()).call(PING, [])
        except NotExecuted as error:
            return not isinstance(error, ConnectionError | TimeoutError)
        return True


def _calls_go_on(url: str) -> str:
    """Call all the time while one of two servers is stopped; return what came of it."""
    answers: list[float] = []

    def call() -> None:
        with connect(url, timeout=20) as transport:
            calculator = CalculatorClient(transport)
            answers.extend(calculator.add(a=number, b=1) for number in range(CALLS))

    with served("examples.calculator:Calculator", on=url):
        with served("examples.calculator:Calculator", on=url):
            caller = threading.Thread(target=call)
            caller.start()
            while len(answers) < CALLS // 2 and caller.is_alive():
                time.sleep(0.001)
        caller.join()
    if answers != [number + 1 for number in range(CALLS)]:
        raise StepFailed(f"{len(answers)} of {CALLS} calls were answered rightly")
    return f"{CALLS} of {CALLS} calls answered, although one server was stopped midway"
