"""Servers start, stop, wait and reset; endpoints that cannot be told apart are refused."""

import asyncio
import socket
import threading

import pytest

from rpcgen_runtime import NO_RETRY, Context, DrainTimeout, Server, Target, connect, connect_async
from tests.runtime.generated.new.trial.kinds.v1 import KindsClient
from tests.runtime.generated.new.trial.work.v1 import AsyncWorkClient, WorkClient, WorkServer
from tests.runtime.places import PATIENCE, Place
from tests.runtime.promises.endpoints import AsyncWorker, Echo, Worker
from tests.runtime.promises.test_versions import NewShop, OldShop


def test_stopping_lets_what_was_begun_finish(place: Place) -> None:
    free, begun = threading.Event(), threading.Event()

    def run(_context: Context, name: str) -> str:
        begun.set()
        assert free.wait(PATIENCE)
        return name

    server = place.serve(Worker(run))
    client = place.client(WorkClient, server)
    results: list[str] = []
    caller = threading.Thread(target=lambda: results.append(client.run("x")))
    caller.start()
    assert begun.wait(PATIENCE)
    assert server.in_flight == 1
    server.stop()
    server.stop()
    free.set()
    server.wait()
    server.wait()
    caller.join(PATIENCE)
    assert results == ["x"]
    assert server.in_flight == 0


def test_a_cast_that_was_taken_is_done_before_the_server_is(place: Place) -> None:
    free, begun = threading.Event(), threading.Event()

    def run(_context: Context, name: str) -> str:
        begun.set()
        assert free.wait(PATIENCE)
        return name

    worker = Worker(run)
    server = place.serve(worker)
    place.client(WorkClient, server).note("x")
    assert begun.wait(PATIENCE)
    server.stop()
    free.set()
    server.wait()
    assert worker.notes == ["x"]


def test_a_handler_that_does_not_end_ends_the_drain(place: Place) -> None:
    free, begun = threading.Event(), threading.Event()

    def run(_context: Context, name: str) -> str:
        begun.set()
        free.wait(PATIENCE)
        return name

    async def run_async(_context: Context, name: str) -> str:
        begun.set()
        await asyncio.sleep(PATIENCE)
        return name

    for worker in (Worker(run), AsyncWorker(run_async)):
        begun.clear()
        server = Server(place.fresh_url(), [worker])
        server.start()
        client = place.client(WorkClient, server, retry=NO_RETRY)
        errors: list[BaseException] = []

        def call(client: WorkClient = client, errors: list[BaseException] = errors) -> None:
            try:
                client.with_options(timeout=1).run("x")
            except Exception as error:
                errors.append(error)

        caller = threading.Thread(target=call)
        caller.start()
        try:
            assert begun.wait(PATIENCE)
            server.stop()
            with pytest.raises(DrainTimeout, match=r"1 handlers? still ran after 0\.1 s"):
                server.wait(0.1)
        finally:
            free.set()
            caller.join(PATIENCE)
        assert not caller.is_alive()
        assert len(errors) == 1


def test_a_port_can_be_had_again_once_its_server_has_stopped(aside: object) -> None:
    place = Place("http", "sync", aside)  # type: ignore[arg-type]
    try:
        first = place.serve(Worker())
        client = place.client(WorkClient, first)
        assert client.run("1") == "1"
        with pytest.raises(OSError, match=r"cannot listen at `127\.0\.0\.1`, port \d+: address"):
            Server(first.url, [Worker()]).start()
        assert client.run("2") == "2"
        first.stop()
        first.wait()
        place.serve(Worker(), url=first.url)
        assert client.run("3") == "3"
    finally:
        place.close()


def test_a_host_that_is_not_here_is_an_os_error() -> None:
    for url in ("http://192.0.2.1:0", "http://no-such-host.invalid:0"):
        with pytest.raises(OSError, match="cannot listen at `"):
            Server(url, [Worker()]).start()


def test_a_server_answers_at_the_path_of_its_url(http_place: Place) -> None:
    server = http_place.serve(Worker(), url="http://127.0.0.1:0/rpc/v1%20x")
    assert server.url.endswith("/rpc/v1%20x")
    assert http_place.client(WorkClient, server).run("x") == "x"
    root = server.url.removesuffix("/rpc/v1%20x")
    with pytest.raises(Exception, match="HTTP 404"):
        http_place.client(WorkClient, root).run("x")


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_a_server_may_listen_on_ipv6(http_place: Place) -> None:
    try:
        server = http_place.serve(Worker(), url="http://[::1]:0/")
    except OSError:
        pytest.skip("no IPv6 on this machine")
    assert server.url.startswith("http://[::1]:")
    assert http_place.client(WorkClient, server).run("x") == "x"


def test_a_server_lives_on_the_callers_event_loop_too() -> None:
    async def main(url: str) -> list[str]:
        async with Server(url, [Worker()]) as server, connect_async(server.url) as transport:
            client = AsyncWorkClient(transport)
            names = await asyncio.gather(*(client.run(str(it)) for it in range(50)))
            return [*names, await client.other("x")]

    for url in ("memory://loop", "http://127.0.0.1:0"):
        assert asyncio.run(main(url)) == [*(str(it) for it in range(50)), "x!"]


def test_reset_calls_what_it_was_given(place: Place) -> None:
    calls: list[int] = []
    server = place.serve(Worker(), on_reset=lambda: calls.append(1))
    server.reset()
    server.reset()
    assert calls == [1, 1]
    place.serve(Worker()).reset()


def test_a_server_that_has_stopped_does_not_start_again(place: Place) -> None:
    server = place.serve(Worker())
    server.start()
    server.stop()
    server.wait()
    with pytest.raises(RuntimeError, match="make another"):
        server.start()


def test_endpoints_that_cannot_be_told_apart_are_refused(place: Place) -> None:
    with pytest.raises(ValueError, match=r"`trial\.shop`"):
        Server(place.fresh_url(), [NewShop(), OldShop()])
    with pytest.raises(ValueError, match=r"`Work\.run`"):
        Server(place.fresh_url(), [Worker(), Worker()])
    with pytest.raises(ValueError, match="from 1 on"):
        Server(place.fresh_url(), [Worker()], max_in_flight=0)


def test_a_forgotten_method_is_a_mistake_when_the_endpoint_is_made() -> None:
    class Forgetful(WorkServer):
        def run(self, ctx: Context, name: str) -> str:
            return name

    with pytest.raises(TypeError, match="abstract"):
        Forgetful()  # type: ignore[abstract]  # pyright: ignore[reportAbstractUsage]


def test_old_and_new_names_of_one_package_have_one_target() -> None:
    from tests.runtime.generated.new.trial.shop.v1.methods import SHOP_FIND as NEW
    from tests.runtime.generated.old.trial.shop.v1.methods import SHOP_FIND as OLD

    assert NEW.service.target == Target(topic="trial.shop.Shop", version="1.3")
    assert OLD.service.target == Target(topic="trial.shop.Shop", version="1.0")


def test_nothing_is_left_behind(place: Place) -> None:
    before = {it for it in threading.enumerate() if it.name.startswith("rpcgen")}
    for _ in range(3):
        with Server(place.fresh_url(), [Echo()]) as server, connect(server.url) as transport:
            KindsClient(transport).a_int(1)
    after = {it for it in threading.enumerate() if it.name.startswith("rpcgen") and it.is_alive()}
    assert {it for it in after - before if not it.name.startswith("rpcgen-handler")} == set()
    for thread in after - before:
        thread.join(PATIENCE)
        assert not thread.is_alive()
