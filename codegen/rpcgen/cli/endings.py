"""How commands that talk to a server end: an exit code and a sentence for every outcome. Pure."""

from collections.abc import Mapping
from textwrap import fill

from rpcgen.cli.live.choose import Chosen
from rpcgen.cli.live.facts import raised
from rpcgen.cli.output import as_json
from rpcgen_runtime.errors import (
    NotExecuted,
    OutcomeUnknown,
    RpcError,
    Unauthenticated,
    UnknownRemoteError,
)

DECLARED, NOT_EXECUTED, UNKNOWN, SERVER_FAILED = 10, 11, 12, 13

EXIT_CODES: Mapping[int, str] = {
    0: "done",
    2: "wrong usage, nothing was sent",
    3: "a bug in rpcgen",
    DECLARED: "the method answered with an error that its contract declares",
    NOT_EXECUTED: "not executed: calling again is safe",
    UNKNOWN: "nobody knows whether it was executed",
    SERVER_FAILED: "the server failed, or said what its contract does not declare",
}


def epilog(codes: Mapping[int, str]) -> str:
    """Return the sentence on exit codes in a command's help."""
    told = "; ".join(f"{code} {what}" for code, what in codes.items())
    return fill(f"Exit codes: {told}.", 79)


def of_error(error: RpcError) -> tuple[int, str]:
    """Return the exit code and the sentence for what went wrong with any request."""
    if isinstance(error, Unauthenticated):
        return NOT_EXECUTED, f"not executed: {error}; see --token-file and --cert"
    if isinstance(error, NotExecuted):
        return NOT_EXECUTED, f"not executed: {error}"
    if isinstance(error, OutcomeUnknown):
        return UNKNOWN, f"nobody knows whether it was executed: {error}"
    return SERVER_FAILED, str(error)


def of_call(error: RpcError, chosen: Chosen) -> tuple[int, str]:
    """Return the exit code and the sentence for what a method's call came to."""
    if isinstance(error, UnknownRemoteError):
        declared = raised(chosen.method, error.code)
        data = "" if error.data in (None, {}) else f"\n{as_json(error.data)}"
        if declared is None:
            return SERVER_FAILED, f"{chosen.label}: {error}{data}"
        # Without documentation the message is the name once more.
        is_said = error.message.strip(". ") in {"", declared.name}
        message = "" if is_said else f": {error.message}"
        return DECLARED, f"{chosen.label}: {declared.name}{message}{data}"
    code, sentence = of_error(error)
    if code == UNKNOWN and (chosen.method.readonly or chosen.method.idempotent):
        promise = "readonly" if chosen.method.readonly else "idempotent"
        sentence += f"; it is {promise}, so it may be called again"
    return code, f"{chosen.label}: {sentence}"
