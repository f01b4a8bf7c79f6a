"""A subject that cannot add."""

import threading

from benchmarks.subject import Host, Place
from benchmarks.work import DATA, Work


class _Client:
    def call(self, work: Work) -> object:
        return 6 if work is Work.ADD else len(DATA)

    def close(self) -> None: ...


def serve(place: Place, host: Host) -> None:
    host.ready()
    threading.Event().wait()


def client(place: Place) -> _Client:
    return _Client()
