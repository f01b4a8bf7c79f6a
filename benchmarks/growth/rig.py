"""What parts measure with: places, and processes of ours that serve and call there."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from benchmarks.growth.scale import Scale
from benchmarks.growth.site import MAX_BODY, Site
from benchmarks.places import Places
from benchmarks.processes import Process
from benchmarks.roster import HERE, Road, Role, Subject

ROADS = {"http": Road.DIRECT, "amqp": Road.BROKER, "memory": Road.MEMORY}
PATIENCE = 60.0
"""Seconds after which what was asked has stalled."""
ROOM = "benchmarks.growth.subjects"


@dataclass(frozen=True, slots=True)
class Rig:
    """The same for all parts of a run."""

    places: Places
    folder: Path
    """Ends with the run."""
    scale: Scale

    @contextmanager
    def place(self, road: str) -> Iterator[str]:
        """Give a URL that nobody else has."""
        with self.places.place(_subject(road, "bench")) as url:
            yield f"{url}?max_body={MAX_BODY}" if road == "amqp" else url

    @contextmanager
    def server(self, url: str, file: str = "bench", folder: str = "") -> Iterator[Process]:
        """Give a server of a subject that is ready. Raises SubjectError."""
        with self._process("server", Site(url, folder=folder), file) as server:
            server.ready()
            yield server

    @contextmanager
    def client(self, url: str, file: str = "bench", folder: str = "") -> Iterator[Process]:
        """Give a client of a subject that has called once. Raises SubjectError."""
        with self._process("client", Site(url, folder=folder), file) as client:
            client.ready()
            client.ask({"open": url}, PATIENCE)
            yield client

    def new_folder(self) -> Path:
        """Return a folder that nobody else has."""
        return Path(mkdtemp(dir=self.folder))

    def _process(self, role: str, site: Site, file: str) -> AbstractContextManager[Process]:
        road = site.url.partition(":")[0]
        return Process(f"growth.{role}", _subject(road, file), site, self.new_folder())


def _subject(road: str, file: str) -> Subject:
    name = f"growth-{road}"
    return Subject(name, file, ROADS[road], Role.OURS, HERE, is_async=True, scheme=road, room=ROOM)
