"""What a stub calls through: a transport and the call's options.

`_Caller` decides and never waits; the two shells below wait, each in its own way, and are alike
but for `async` and `await` (a test holds them to that).
"""

import copy
import time
from collections.abc import Awaitable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from typing import Generic, TypeVar

from pydantic_core import from_json
from typing_extensions import Self

from rpcgen_runtime import errors
from rpcgen_runtime.context import CURRENT, Context, Deadline, child_traceparent
from rpcgen_runtime.errors import DeclaredError, ExpiredUnstarted, RpcError, VersionCapExceeded
from rpcgen_runtime.interceptors import Invocation, around
from rpcgen_runtime.messages import FANOUT, Failure, Reach, Reply, Request
from rpcgen_runtime.methods import Call, Cast, Event, Fanout, Method
from rpcgen_runtime.options import CallOptions, check_token
from rpcgen_runtime.retries import Attempts
from rpcgen_runtime.serializer import incoming_reply, outgoing_params
from rpcgen_runtime.transport import AsyncToken, AsyncTransport, Transport
from rpcgen_runtime.unique import unique_name

R = TypeVar("R")
T = TypeVar("T", Transport, AsyncTransport)

MAX_TOLD_MESSAGE = 1_000
OUR_CODES = range(-32099, -31999)


class _Caller(Generic[T]):
    """The part of a caller that does no I/O."""

    def __init__(self, transport: T, options: CallOptions) -> None:
        self.transport: T = transport
        self.options = options
        self._settings = transport.settings
        self._calls = transport.calls
        self._is_plain = not self._settings.interceptors and self._calls is None

    def with_options(self, options: CallOptions) -> Self:
        """Return a caller through the same transport."""
        other = copy.copy(self)
        other.options = options
        return other

    def can_send(self, method: Method, values: Sequence[object]) -> bool:
        """Whether `version_cap` allows the call. Raises InvalidArguments."""
        minor = method.request.check(values)
        cap = self.options.version_cap
        return cap is None or cap.serves(method.service.versions[minor][0])

    def _invocation(self, method: Method, values: Sequence[object]) -> Invocation:
        arguments = {it.name: value for it, value in zip(method.params, values, strict=True)}
        name = method.service.name
        return Invocation("client", name, method.name, arguments, self.options.data())

    def _request(self, method: Method, values: Sequence[object], data: dict[str, str]) -> Request:
        params, minor = method.request.encode(values)
        service = method.service
        needed, version = service.versions[minor]
        cap = self.options.version_cap
        if cap is not None and not cap.serves(needed):
            raise VersionCapExceeded(f"`{method.label}` needs {needed}, the cap is {cap}")
        parent = CURRENT.get()
        deadline = self._deadline(method)
        if parent is not None and parent.deadline.at < deadline.at:
            deadline = parent.deadline
            if deadline.passed():
                raise ExpiredUnstarted(f"the deadline passed before `{method.label}` was sent")
        serializer = self._settings.serializer
        if serializer is not None:
            params = outgoing_params(serializer, data, params)
            data = dict(serializer.serialize_context(data))
        target = service.target
        if self.options.server is not None or method.verb is FANOUT:
            fanout = method.verb is FANOUT
            target = replace(target, server=self.options.server, fanout=fanout)
        traceparent = self._traceparent(parent) if parent or self._calls else None
        # By position: by name it takes three times as long. Between: `token` and `identity`.
        return Request(
            method.verb, method.full_name, params, version, deadline, unique_name(), data,
            traceparent, target, None, None, method.repeatable,
        )  # fmt: skip

    def _traceparent(self, parent: Context | None) -> str | None:
        span = None if self._calls is None else self._calls.traceparent()
        if span is not None or parent is None:
            return span
        return child_traceparent(parent.traceparent)

    def _around(self, method: Method, invocation: Invocation) -> AbstractContextManager[object]:
        """Enter what tells of the call, then the interceptors; the result leaves them."""
        interceptors = self._settings.interceptors
        if self._calls is None:
            return around(interceptors, invocation)
        with ExitStack() as stack:
            stack.enter_context(self._calls.around(method))
            stack.enter_context(around(interceptors, invocation))
            return stack.pop_all()

    def _deadline(self, method: Method) -> Deadline:
        return Deadline.after(self.options.timeout or method.timeout or self._settings.timeout)

    def _attempts(self, method: Method, request: Request) -> Attempts:
        policy = self.options.retry or self._settings.retry
        return Attempts(policy, self.transport.budget, method, request.deadline)

    def _conclude(self, method: Call[R], request: Request, reply: Reply) -> R:
        """Return the result that a reply holds, or raise the error that it is."""
        serializer = self._settings.serializer
        if serializer is not None:
            reply = incoming_reply(serializer, request.data, reply)
        if isinstance(reply, Failure):
            raise _error_of(method, reply)
        result = method.reply.decode(reply.result)
        self.transport.budget.succeeded()
        return result


def _error_of(method: Method, failure: Failure) -> RpcError:
    code, message = failure.code, failure.message[:MAX_TOLD_MESSAGE]
    data = None if failure.data is None else from_json(failure.data)
    declared = method.errors.get(code)
    if declared is not None:
        try:
            if failure.is_foreign:
                return _with_note(declared.decode_foreign(failure.data or b"{}"), message)
            return declared.decode(failure.data or b"{}")
        except errors.BadReply:
            # It said no, that much is sure; only its reasons cannot be read.
            return errors.UnknownRemoteError(code, message, data)
    known = errors.BY_CODE.get(code)
    if code != errors.INTERNAL_ERROR and (
        known is None or (failure.is_foreign and code in OUR_CODES)
    ):
        return errors.UnknownRemoteError(code, message, data)
    if failure.is_foreign and isinstance(data, str):
        # Where others tell what is wrong, beside the codes that the specification defines.
        message = f"{message} {data}"[:MAX_TOLD_MESSAGE]
    if known is not None:
        return known(message)
    found = data.get("error_id") if isinstance(data, dict) else None
    error_id = found if isinstance(found, str) else None
    return errors.InternalError(error_id, message if failure.is_foreign else None)


def _with_note(error: DeclaredError, message: str) -> DeclaredError:
    """Return the error with what the peer says of it, which may be more than the contract does."""
    error.add_note(f"the peer said: {message}")
    return error


class Caller(_Caller[Transport]):
    """Calls and waits. May be used by several threads."""

    def call(self, method: Call[R], values: Sequence[object]) -> R:
        """Return the method's result. Raises as `rpcgen_runtime.errors` tells."""
        if self._is_plain:
            return self._call(method, values, self.options.data())
        invocation = self._invocation(method, values)
        with self._around(method, invocation):
            result = self._call(method, values, invocation.context)
            invocation.result = result
            return result

    def _call(self, method: Call[R], values: Sequence[object], data: dict[str, str]) -> R:
        request = self._request(method, values, data)
        if self._settings.token is not None:
            request = self._signed(request, self._settings.token)
        attempts: Attempts | None = None
        while True:
            try:
                reply = self.transport.call(request)
                return self._conclude(method, request, reply)
            except RpcError as error:
                attempts = attempts or self._attempts(method, request)
                pause = attempts.pause_after(error)
                if pause is None:
                    raise attempts.verdict(error) from error.__cause__
            time.sleep(pause)

    def cast(self, method: Cast, values: Sequence[object]) -> None:
        """Send without waiting for an answer. Raises as `call` does, short of the answer."""
        self._send(method, values)

    def fanout(self, method: Fanout, values: Sequence[object]) -> Reach:
        """Send to every server that is there; return whom it reached."""
        return self._send(method, values)

    def event(self, method: Event, values: Sequence[object]) -> None:
        """Send to whoever listens."""
        self._send(method, values)

    def _send(self, method: Method, values: Sequence[object]) -> Reach:
        invocation = self._invocation(method, values)
        with self._around(method, invocation):
            request = self._request(method, values, invocation.context)
            if self._settings.token is not None:
                request = self._signed(request, self._settings.token)
            attempts: Attempts | None = None
            while True:
                try:
                    return self.transport.send(request)
                except RpcError as error:
                    attempts = attempts or self._attempts(method, request)
                    pause = attempts.pause_after(error)
                    if pause is None:
                        raise attempts.verdict(error) from error.__cause__
                time.sleep(pause)

    def _signed(self, request: Request, token: AsyncToken) -> Request:
        return request._replace(token=check_token(_asked(token)))


class AsyncCaller(_Caller[AsyncTransport]):
    """Calls and awaits, on the transport's event loop."""

    async def call(self, method: Call[R], values: Sequence[object]) -> R:
        """Return the method's result. Raises as `rpcgen_runtime.errors` tells."""
        if self._is_plain:
            return await self._call(method, values, self.options.data())
        invocation = self._invocation(method, values)
        with self._around(method, invocation):
            result = await self._call(method, values, invocation.context)
            invocation.result = result
            return result

    async def _call(self, method: Call[R], values: Sequence[object], data: dict[str, str]) -> R:
        request = self._request(method, values, data)
        if self._settings.token is not None:
            request = await self._signed(request, self._settings.token)
        attempts: Attempts | None = None
        while True:
            try:
                reply = await self.transport.call(request)
                return self._conclude(method, request, reply)
            except RpcError as error:
                attempts = attempts or self._attempts(method, request)
                pause = attempts.pause_after(error)
                if pause is None:
                    raise attempts.verdict(error) from error.__cause__
            await _sleep(pause)

    async def cast(self, method: Cast, values: Sequence[object]) -> None:
        """Send without waiting for an answer. Raises as `call` does, short of the answer."""
        await self._send(method, values)

    async def fanout(self, method: Fanout, values: Sequence[object]) -> Reach:
        """Send to every server that is there; return whom it reached."""
        return await self._send(method, values)

    async def event(self, method: Event, values: Sequence[object]) -> None:
        """Send to whoever listens."""
        await self._send(method, values)

    async def _send(self, method: Method, values: Sequence[object]) -> Reach:
        invocation = self._invocation(method, values)
        with self._around(method, invocation):
            request = self._request(method, values, invocation.context)
            if self._settings.token is not None:
                request = await self._signed(request, self._settings.token)
            attempts: Attempts | None = None
            while True:
                try:
                    return await self.transport.send(request)
                except RpcError as error:
                    attempts = attempts or self._attempts(method, request)
                    pause = attempts.pause_after(error)
                    if pause is None:
                        raise attempts.verdict(error) from error.__cause__
                await _sleep(pause)

    async def _signed(self, request: Request, token: AsyncToken) -> Request:
        return request._replace(token=check_token(await _asked_async(token)))


def _asked(token: AsyncToken) -> object:
    return token() if callable(token) else token


async def _asked_async(token: AsyncToken) -> object:
    found = _asked(token)
    return await found if isinstance(found, Awaitable) else found


async def _sleep(seconds: float) -> None:
    # Imported here: a sync client does without, and starts a third faster.
    from asyncio import sleep

    await sleep(seconds)
