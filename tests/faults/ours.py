"""Our side: the generated stubs over any of our transports."""

from pathlib import Path

from rpcgen_runtime import (
    ClientTls,
    Context,
    DeclaredError,
    NotExecuted,
    OutcomeUnknown,
    Server,
    Threads,
    Transport,
    connect,
    serve,
)
from tests.faults.generated.work import v1
from tests.faults.work import Answer, Fate, Job, Kind, OnStart, Outcome, Refused, Run


class OurAsker:
    """Calls through one transport."""

    def __init__(self, url: str, ca: Path | None = None) -> None:
        tls = None if ca is None else ClientTls(ca=ca)
        self._transport: Transport = connect(url, tls=tls)
        self._work = v1.WorkClient(self._transport)
        self._events = v1.WorkEvents(self._transport)

    def ask(self, kind: Kind, job: Job, timeout: float) -> Answer:
        """See Asker."""
        try:
            return Answer(Outcome.RESULT, self._ask(kind, _to_wire(job), timeout))
        except DeclaredError as error:
            return Answer(Outcome.APP_ERROR, job.key, type(error).__name__)
        except NotExecuted as error:
            return Answer(Outcome.NOT_EXECUTED, "", f"{type(error).__name__}: {error}")
        except OutcomeUnknown as error:
            return Answer(Outcome.UNKNOWN, "", f"{type(error).__name__}: {error}")
        except Exception as error:
            return Answer(Outcome.BROKEN, "", repr(error))

    def _ask(self, kind: Kind, job: v1.Job, timeout: float) -> str:
        work = self._work.with_options(timeout=timeout)
        match kind:
            case Kind.ONCE:
                return work.once(job).key
            case Kind.AGAIN:
                return work.again(job).key
            case Kind.LATER:
                work.later(job)
            case Kind.NOTED:
                self._events.with_options(timeout=timeout).noted(job)
        return ""

    def close(self) -> None:
        """See Asker."""
        self._transport.close()


class _Worker(v1.WorkServer):
    def __init__(self, run: Run) -> None:
        self._run = run

    def once(self, ctx: Context, job: v1.Job) -> v1.Done:
        return self._answered(Kind.ONCE, ctx, job)

    def again(self, ctx: Context, job: v1.Job) -> v1.Done:
        return self._answered(Kind.AGAIN, ctx, job)

    def later(self, ctx: Context, job: v1.Job) -> None:
        self._run(Kind.LATER, _from_wire(job), ctx.message_id)

    def _answered(self, kind: Kind, ctx: Context, job: v1.Job) -> v1.Done:
        try:
            return v1.Done(key=self._run(kind, _from_wire(job), ctx.message_id))
        except Refused:
            raise v1.Refused from None


class _Ear(v1.WorkListener):
    def __init__(self, run: Run) -> None:
        self._run = run

    def noted(self, ctx: Context, job: v1.Job) -> None:
        self._run(Kind.NOTED, _from_wire(job), ctx.message_id)


class Ours:
    """See Side."""

    is_shared = True

    def asker(self, url: str) -> OurAsker:
        """See Side."""
        return OurAsker(url)

    def serve(self, url: str, name: str, run: Run, on_start: OnStart) -> None:
        """See Side; all servers are of one group, so that one of them hears an event."""

        def started(server: Server) -> None:
            on_start(server.url)

        serve(
            url,
            [_Worker(run), _Ear(run)],
            server=name,
            group="ears",
            executor=Threads(workers=WORKERS),
            on_start=started,
        )


WORKERS = 32


def _to_wire(job: Job) -> v1.Job:
    fate = v1.Fate(job.fate.value)
    return v1.Job(key=job.key, seconds=job.seconds, fate=fate, padding=job.padding)


def _from_wire(job: v1.Job) -> Job:
    return Job(job.key, job.seconds, Fate(job.fate.value), job.padding)
