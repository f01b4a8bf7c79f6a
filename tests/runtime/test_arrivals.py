"""A server that stood still begins nothing whose caller has given up meanwhile."""

import threading
import time
from collections.abc import Iterator

import pytest

from rpcgen_runtime import Context, DeadlineExceeded, Server, connect
from tests.runtime.generated.new.trial.work.v1 import WorkClient
from tests.runtime.places import PATIENCE
from tests.runtime.promises.endpoints import Worker

STILL = 2.5


class Standing(Worker):
    """`other` keeps the event loop to itself for a while, as a stopped process would."""

    def __init__(self) -> None:
        super().__init__()
        self.stands = threading.Event()
        self.begun: list[str] = []

    def run(self, ctx: Context, name: str) -> str:
        self.begun.append(name)
        return name

    async def other(self, ctx: Context, name: str) -> str:
        self.stands.set()
        time.sleep(STILL)  # noqa: ASYNC251  # on purpose
        return name


@pytest.fixture
def standing() -> Iterator[tuple[Standing, str]]:
    endpoint = Standing()
    with Server("http://127.0.0.1:0", [endpoint]) as server:
        yield endpoint, server.url


def test_what_waited_while_the_server_stood_still_is_not_begun_behind_its_deadline(
    standing: tuple[Standing, str],
) -> None:
    endpoint, url = standing
    with connect(url) as transport:
        client = WorkClient(transport)
        assert client.run("before") == "before"
        blocking = threading.Thread(target=client.other, args=("x",))
        blocking.start()
        assert endpoint.stands.wait(PATIENCE)
        with pytest.raises(DeadlineExceeded):
            client.with_options(timeout=0.5).run("late")
        patient = client.with_options(timeout=PATIENCE)
        assert patient.run("patient") == "patient"
        blocking.join()
        assert client.run("after") == "after"
    assert endpoint.begun == ["before", "patient", "after"]
