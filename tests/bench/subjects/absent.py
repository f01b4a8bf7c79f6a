"""A subject whose server cannot start."""

from benchmarks.subject import Host, Place


def serve(place: Place, host: Host) -> None:
    raise OSError("no room\nno wire")


def client(place: Place) -> None: ...
