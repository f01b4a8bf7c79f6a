"""Unix sockets: the file comes and goes with its server."""

import os
import socket
from pathlib import Path

import pytest

from rpcgen_runtime import NO_RETRY, Server, Unreachable, connect
from tests.runtime.generated.new.trial.work.v1 import WorkClient
from tests.runtime.promises.endpoints import Worker


def test_the_socket_goes_with_its_server(tmp_path: Path) -> None:
    path = tmp_path / "a b.sock"
    with Server(f"http+unix://{tmp_path}/a%20b.sock", [Worker()]) as server:
        assert path.is_socket()
        with connect(server.url) as transport:
            assert WorkClient(transport).run("x") == "x"
    assert not path.exists()
    gone = r"no connection \(No such file or directory\): `Work\.run` at http\+unix://"
    with (
        connect(f"http+unix://{path}", retry=NO_RETRY) as transport,
        pytest.raises(Unreachable, match=gone),
    ):
        WorkClient(transport).run("x")


def test_a_socket_that_was_left_behind_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert path.is_socket()
    with Server(f"http+unix://{path}", [Worker()]) as server, connect(server.url) as transport:
        assert WorkClient(transport).run("x") == "x"


def test_a_socket_that_is_served_is_left_alone(tmp_path: Path) -> None:
    url = f"http+unix://{tmp_path}/s"
    with Server(url, [Worker()]) as server, connect(server.url) as transport:
        with pytest.raises(OSError, match="another server listens there"):
            Server(url, [Worker()]).start()
        assert WorkClient(transport).run("x") == "x"


def test_another_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("precious")
    with pytest.raises(OSError, match="there is a file that is no socket"):
        Server(f"http+unix://{path}", [Worker()]).start()
    assert path.read_text() == "precious"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no such file or directory"):
        Server(f"http+unix://{tmp_path}/none/s", [Worker()]).start()
    assert os.listdir(tmp_path) == []
