"""Reads a request's parameters, runs its method where the executor says, writes its result.

What a request asks for is found in the method table; what a handler raises ends here. No I/O.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pydantic_core import to_json

from rpcgen_runtime import errors
from rpcgen_runtime.access import AccessPolicy, Authenticator, Credentials
from rpcgen_runtime.context import CURRENT, Context, Identity, child_traceparent
from rpcgen_runtime.endpoint import Binding, Endpoint
from rpcgen_runtime.errors import DeclaredError, Forbidden, InvalidArguments, InvalidRequest
from rpcgen_runtime.executors import Executor, NotStarted, Threads
from rpcgen_runtime.interceptors import Interceptor, Invocation, around
from rpcgen_runtime.introspection import Introspection, Ping
from rpcgen_runtime.logs import ids
from rpcgen_runtime.messages import EVENT, Failure, Reply, Request, Success
from rpcgen_runtime.methods import Call, Method
from rpcgen_runtime.serializer import Serializer, incoming_params, outgoing_result
from rpcgen_runtime.table import NOT_FOUND, Entry, MethodTable
from rpcgen_runtime.telemetry.requests import Requests

log = logging.getLogger("rpcgen_runtime.dispatch")

Arguments: TypeAlias = tuple[tuple[object, ...], dict[str, object]]

SUCCESS_NULL = Success(b"null")
EXPIRED = Failure(errors.EXPIRED_UNSTARTED, "the deadline passed before the method was started")
UNKNOWN_CALLER = Failure(errors.UNAUTHENTICATED, "the server does not know who calls")
NOT_ALLOWED = Failure(errors.FORBIDDEN, "the server does not let this caller")
TOO_LATE = Failure(errors.DEADLINE_EXCEEDED, "the deadline passed while the method ran")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """What holds for all requests of one server."""

    name: str | None = None
    executor: Executor = field(default_factory=Threads)
    interceptors: Sequence[Interceptor] = ()
    serializer: Serializer | None = None
    max_in_flight: int = 4_096
    """Requests that may run or wait for a place; one more is answered `overloaded` at once."""
    authenticator: Authenticator | None = None
    """Tells who calls; None where that does not matter."""
    access: AccessPolicy | None = None
    """Says who may call what; None where everybody may call everything."""
    introspection: bool | None = None
    """Whether the contract is told to who asks; None: only where neither of the two above is."""

    def __post_init__(self) -> None:
        if self.max_in_flight < 1:
            raise ValueError("`max_in_flight` is from 1 on")

    @property
    def tells_contract(self) -> bool:
        """Whether `rpc.contract` is answered."""
        if self.introspection is not None:
            return self.introspection
        return self.authenticator is None and self.access is None


class Dispatcher:
    """Runs the requests of one server, on one event loop."""

    def __init__(self, endpoints: Iterable[Endpoint], settings: ServerSettings) -> None:
        served = list(endpoints)
        extensions: list[Endpoint] = [Ping()]
        if settings.tells_contract:
            extensions.append(Introspection(served, settings.name))
        self.table = MethodTable(served, extensions)
        self.in_flight = 0
        """How many requests run or wait for a place."""
        self._settings = settings
        self._name, self._executor = settings.name, settings.executor
        self._interceptors, self._serializer = settings.interceptors, settings.serializer
        self._requests = Requests()
        self._begun: set[asyncio.Task[Reply]] = set()

    @property
    def wants_credentials(self) -> bool:
        """Whether nobody is served who is not known."""
        return self._settings.authenticator is not None

    def may_repeat(self, request: Request) -> bool:
        """Whether the contract allows to run a request that another server may have run."""
        method = self.method_of(request)
        return method is None or method.repeatable

    def method_of(self, request: Request) -> Method | None:
        """Return the method that a request means; None where none is served."""
        entry = self.table.find(request)
        return None if isinstance(entry, Failure) else entry.method

    async def identify(self, credentials: Credentials) -> Identity | Failure | None:
        """Return who calls, or what is answered to who is not known. None: nobody is asked."""
        authenticator = self._settings.authenticator
        if authenticator is None:
            return None
        try:
            found = authenticator(credentials)
            identity = await found if isinstance(found, Awaitable) else found
        except Exception:
            log.exception("the authenticator failed")
            return UNKNOWN_CALLER
        return UNKNOWN_CALLER if identity is None else identity

    async def handle_unidentified(self, request: Request) -> Reply:
        """Run one request as `handle` does, once it is known who sent it."""
        identity = await self.identify(Credentials(token=request.token))
        if isinstance(identity, Failure):
            self._tell_refusal(request, identity)
            return identity
        return await self.handle(request._replace(identity=identity))

    async def handle(self, request: Request) -> Reply:
        """Run one request to its end. Raises nothing but the cancellation of the task."""
        entry = self._admit(request)
        if isinstance(entry, Failure):
            if _is_news(request, entry):
                return Success(b"null")
            self._tell_refusal(request, entry)
            return entry
        try:
            if self._requests.is_on():
                return await self._watched(entry, request)
            return await self._run(entry, request)
        finally:
            self.in_flight -= 1

    def begin(self, request: Request) -> Failure | None:
        """Run a request that nobody waits for; returns what keeps it from being run."""
        entry = self._admit(request)
        if isinstance(entry, Failure):
            if _is_news(request, entry):
                return None
            self._tell_refusal(request, entry)
            return entry
        run = self._watched if self._requests.is_on() else self._run
        task = asyncio.ensure_future(run(entry, request))
        self._begun.add(task)
        task.add_done_callback(self._end)
        return None

    def _end(self, task: asyncio.Task[Reply]) -> None:
        self._begun.discard(task)
        self.in_flight -= 1

    def _admit(self, request: Request) -> Entry | Failure:
        """Find what runs a request and count it in, or say why not."""
        entry = self.table.find(request)
        if isinstance(entry, Failure):
            return entry
        access = self._settings.access
        if access is not None and not entry.is_extension:
            try:
                if not access(request.identity, entry.method):
                    return NOT_ALLOWED
            except Exception as error:  # noqa: BLE001  # a policy that fails lets nobody through
                return _internal(entry.method, error, request)
        if self.in_flight >= self._settings.max_in_flight:
            return Failure(errors.OVERLOADED, "the server has too much to do; not executed")
        if request.deadline.at <= time.monotonic():
            return EXPIRED
        self.in_flight += 1
        return entry

    def _tell_refusal(self, request: Request, failure: Failure) -> None:
        if self._requests.is_on():
            entry = self.table.find(request)
            method = None if isinstance(entry, Failure) else entry.method
            self._requests.refused(request, method, failure)

    async def _watched(self, entry: Entry, request: Request) -> Reply:
        with self._requests.around(request, entry.method) as running:
            running.reply = await self._run(entry, request, running.traceparent)
            return running.reply

    async def _run(self, entry: Entry, request: Request, traceparent: str | None = None) -> Reply:
        binding = entry.binding
        method = binding.method
        read = self._read(method, request)
        if isinstance(read, Failure):
            return read
        arguments, data = read
        context = Context(
            request.deadline,
            data,
            method.full_name,
            request.version or str(entry.version),
            request.message_id,
            traceparent or child_traceparent(request.traceparent),
            self._name,
            request.identity,
        )
        call = _Bound(binding.handler, context, arguments)
        token = CURRENT.set(context)
        try:
            if self._interceptors:
                result = await self._intercepted(binding, call, context, arguments)
            else:
                result = await self._executor.run(binding, call, context.deadline)
            return self._success(method, context, result)
        except (Exception, SystemExit, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and _is_cancelled():
                raise
            return _failure(method, context, error, is_begun=call.is_begun)
        finally:
            CURRENT.reset(token)

    def _read(
        self, method: Method, request: Request
    ) -> tuple[Arguments, Mapping[str, str]] | Failure:
        """Return the arguments and the caller's data, or what is answered to what is neither."""
        data, params = request.data, request.params
        try:
            if self._serializer is not None:
                data = self._serializer.deserialize_context(data)
                params = incoming_params(self._serializer, data, params)
            return method.request.decode(params), data
        except InvalidArguments as error:
            return Failure(errors.INVALID_PARAMS, str(error))
        except InvalidRequest as error:
            return Failure(errors.PARSE_ERROR, str(error))
        except Exception as error:  # noqa: BLE001  # a hook's failure is no one else's
            return _internal(method, error, request)

    async def _intercepted(
        self, binding: Binding, call: "_Bound", context: Context, arguments: Arguments
    ) -> object:
        invocation = _invocation(binding.method, context, arguments)
        with around(self._interceptors, invocation):
            result = await self._executor.run(binding, call, context.deadline)
            invocation.result = result
        return result

    def _success(self, method: Method, context: Context, result: object) -> Success:
        if not isinstance(method, Call):
            return SUCCESS_NULL
        encoded = method.reply.encode(result)
        if self._serializer is not None:
            encoded = outgoing_result(self._serializer, context.data, encoded)
        return Success(encoded)


class _Bound:
    """A handler with its arguments, which knows whether it has begun."""

    __slots__ = ("_arguments", "_context", "_handler", "is_begun")

    def __init__(
        self, handler: Callable[..., object], context: Context, arguments: Arguments
    ) -> None:
        self._handler, self._context, self._arguments = handler, context, arguments
        self.is_begun = False

    def __call__(self) -> object:
        positional, named = self._arguments
        self.is_begun = True
        try:
            return self._handler(self._context, *positional, **named)
        except (StopIteration, GeneratorExit, SystemExit) as error:
            # These mean something to whatever runs the handler: a future, a thread, a loop.
            raise RuntimeError(f"the handler raised {type(error).__name__}") from error


def _invocation(method: Method, context: Context, arguments: Arguments) -> Invocation:
    positional, named = arguments
    names = [it.name for it in method.params]
    told = {**dict(zip(names, positional, strict=False)), **named}
    return Invocation("server", method.service.name, method.name, told, dict(context.data))


def _is_cancelled() -> bool:
    """Whether it is the request that is given up, rather than what its handler waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _failure(method: Method, context: Context, error: BaseException, *, is_begun: bool) -> Failure:
    """Return what is answered to what a handler, or what stands before it, raised."""
    if isinstance(error, NotStarted):
        return EXPIRED
    if isinstance(error, DeclaredError):
        return _declared(method, error, context)
    # What another server forbids the handler is not what we forbid its caller.
    if isinstance(error, Forbidden) and not is_begun:
        return Failure(errors.FORBIDDEN, str(error))
    if isinstance(error, TimeoutError) and context.deadline.passed():
        return TOO_LATE
    return _internal(method, error, context)


def _declared(method: Method, error: DeclaredError, context: Context) -> Failure:
    codec = method.errors.get(error.code)
    if codec is None or not isinstance(error, codec.error):
        return _internal(method, error, context)
    try:
        return Failure(error.code, errors.message_of(type(error)), codec.encode(error))
    except TypeError as problem:
        return _internal(method, problem, context)


def _is_news(request: Request, failure: Failure) -> bool:
    """Whether it is an event that this side has never heard of: a newer service may tell more."""
    return request.verb is EVENT and failure is NOT_FOUND


def _internal(method: Method, error: BaseException, of: Request | Context) -> Failure:
    """Log what happened under an id, and tell the caller the id alone."""
    error_id = secrets.token_hex(8)
    told = {**ids(method, of), "error_id": error_id}
    log.error("%s failed, error_id=%s", method.label, error_id, exc_info=error, extra=told)
    data = to_json({"error_id": error_id})
    return Failure(errors.INTERNAL_ERROR, "internal error", data)
