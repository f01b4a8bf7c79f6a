"""Servers that go in order while calls come: nobody notices."""

from rpcgen_runtime import Server
from tests.amqp.load import Load
from tests.amqp.scene import Scene
from tests.runtime.generated.new.trial.work.v1 import WorkClient
from tests.runtime.promises.endpoints import Worker

ROUNDS = 15


def test_servers_are_replaced_under_load_and_every_call_has_its_result(scene: Scene) -> None:
    """What the broker hands out while a server says goodbye is given back as if it had not been."""
    client = scene.client(WorkClient)
    serving = [_started(scene) for _ in range(2)]
    try:
        with Load(client.run, threads=12) as load:
            for _ in range(ROUNDS):
                serving.append(_started(scene))
                oldest = serving.pop(0)
                oldest.stop()
                oldest.wait()
                assert load.goes_on(within=10)
    finally:
        for server in serving:
            server.stop()
            server.wait()
    load.check()
    assert not load.failures


def _started(scene: Scene) -> Server:
    server = Server(scene.at("prefetch=20"), [Worker()])
    server.start()
    return server
