"""What earlier minors of a contract said, replayed against the code that is served. Reads files."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import JsonValue

from rpcgen.contract.ledger import BrokenLedgerError, folder_of, read, read_vectors
from rpcgen.contract_tests.codecs import MethodCodec
from rpcgen.contract_tests.findings import RELEASES, Finding
from rpcgen.contract_tests.replay import replayed
from rpcgen.contract_tests.subjects import Subject, SubjectError


class Releases:
    """The released vectors of one subject's package."""

    def __init__(self, subject: Subject, root: Path) -> None:
        """Read them from the ledger below the source root. Raises SubjectError."""
        self._subject = subject
        package = subject.package
        try:
            entries = read(folder_of(package, root), package.name, package.version.major)
            self._recorded = [it for entry in entries if (it := read_vectors(entry)) is not None]
        except BrokenLedgerError as error:
            raise SubjectError(str(error)) from error

    def __bool__(self) -> bool:
        return bool(self._recorded)

    def findings(self, codec: MethodCodec) -> Iterator[Finding]:
        """Yield what is not as it was released, of one method."""
        key = self._subject.service.name, codec.contract.name
        for recorded in self._recorded:
            of_method = _only(recorded, *key)
            if of_method is None:
                continue
            for it in replayed(of_method, {key: codec}):
                expected = "what was released, for all that the released minor could say"
                yield Finding(self._subject.label(codec.contract), RELEASES, str(it), expected)


def _only(recorded: JsonValue, service: str, method: str) -> JsonValue:
    """Return the vectors of one method, or None where there are none."""
    services = recorded.get("services") if isinstance(recorded, dict) else None
    methods = services.get(service) if isinstance(services, dict) else None
    if not isinstance(recorded, dict) or not isinstance(methods, dict) or method not in methods:
        return None
    return {**recorded, "services": {service: {method: methods[method]}}}
