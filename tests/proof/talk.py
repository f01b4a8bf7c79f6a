"""Everything that a client of one contract and a server of another may say to each other.

Values are valid for whoever sends them. What fails is told; what only one side knows is no failure.
"""

import json
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rpcgen.language import model
from rpcgen.samples import problems
from rpcgen_runtime import NotExecuted, RpcError
from tests.proof.agree import members
from tests.proof.answers import Answer, error_answer, lost_error, lost_result, result_answer
from tests.proof.closure import closure
from tests.proof.failures import Failure, Form, Part
from tests.proof.line import Line, refusal_of
from tests.proof.pools import Wire
from tests.proof.table import Row
from tests.proof.values import Values, edges, result_edges


@dataclass(slots=True, kw_only=True)
class Talk:
    """A conversation over one line."""

    line: Line
    client: Values
    server: Values
    tries: int
    """Values for each method and direction."""
    edges: int
    """Values at the limits of both contracts, the same way."""
    is_late: bool
    """Whether the server is the older side."""
    has_strangers: bool
    """Whether requests come from others than our clients, too."""
    newest: Mapping[str, int]
    """The minor that the server knows, by the package's name."""
    exchanged: int = 0
    """Messages so far."""

    async def failures(self, *, all_methods: bool) -> AsyncGenerator[Failure]:
        """Yield what does not get through; of all methods, or of those that differ at all."""
        same = set() if all_methods else {closure(it) for it in self.line.server_rows}
        for row in self.line.client_rows:
            if closure(row) in same:
                continue
            if row.declared.verb == "event":
                said = self._event(row)
            else:
                said = self._method(row, self._counterpart(row))
            async for failure in said:
                yield failure

    def _counterpart(self, row: Row) -> Row | None:
        """Return the server's method of that name; of a call and a cast, the one that is meant."""
        name = row.made.full_name
        found = [it for it in self.line.server_rows if name in it.names()]
        answered = [
            it for it in found if (it.declared.verb == "call") == (row.declared.verb == "call")
        ]
        return next(iter([*answered, *found]), None)

    # Requests and results.

    async def _method(self, row: Row, other: Row | None) -> AsyncGenerator[Failure]:
        requests, answers = [*self._requests(row, other)], [*self._answers(row, other)]
        good: list[dict[str, Wire]] = []
        for at in range(max(len(requests), len(answers))):
            params, answer = requests[at % len(requests)], answers[at % len(answers)]
            for form in self._forms(row, params):
                found = [it async for it in self._exchange(row, other, form, params, answer)]
                for failure in found:
                    yield failure
                if form == "stub" and self.line.desk.arrived:
                    good.append(params)
        if good and other is not None and row.declared.verb == "call":
            async for failure in self._errors(row, other, good[0]):
                yield failure

    def _requests(self, row: Row, other: Row | None) -> Iterator[dict[str, Wire]]:
        """Yield parameters that are valid for the client."""
        yield from self.client.objects(row.declared.parameters, self.tries)
        known = None if other is None else other.declared
        yield from self.client.few(_valid_edges(row, known), self.edges)

    def _answers(self, row: Row, other: Row | None) -> Iterator[Answer]:
        """Yield results that are valid for the server."""
        type_ = None if other is None else other.declared.result
        if other is None or type_ is None:
            yield Answer(other, lambda: None, None)
            return
        for value in self.server.results(type_, self.tries):
            yield result_answer(other, value)
        for value in self.server.few(result_edges(type_, row.declared.result), self.edges):
            yield result_answer(other, value)

    def _forms(self, row: Row, params: dict[str, Wire]) -> list[Form]:
        """Return how such parameters can be sent."""
        if not self.has_strangers:
            return ["stub"]
        forms: list[Form] = ["stub", "named"]
        if [*params] == [it.wire for it in row.declared.parameters[: len(params)]]:
            forms.append("positional")
        return [*forms, "legacy"] if row.service.legacy_namespaces else forms

    async def _exchange(
        self, row: Row, other: Row | None, form: Form, params: dict[str, Wire], answer: Answer
    ) -> AsyncGenerator[Failure]:
        arguments = row.arguments(json.dumps(params).encode())
        result, error = await self._asked(row, form, arguments, params, answer)
        refused = refusal_of(result) if error is None else f"{type(error).__name__}: {error}"
        if not self.line.desk.arrived:
            if not self._is_newer(row, arguments, error):
                yield self._failure("request", row, form, params, f"did not arrive: {refused}")
            return
        reached, got = self.line.desk.arrived[0]
        lost = _lost_arguments(row, arguments, reached, got)
        if lost is not None:
            yield self._failure("request", row, form, params, lost)
        if form == "stub" and row.declared.verb == "call":
            lost = refused or lost_result(row, reached, result, answer.wire)
            if lost is not None:
                yield self._failure("reply", row, form, answer.wire, lost)

    async def _asked(
        self,
        row: Row,
        form: Form,
        arguments: Sequence[object],
        params: dict[str, Wire],
        answer: Answer,
    ) -> tuple[object, RpcError | None]:
        self.line.desk.arrived.clear()
        self.line.desk.answer = lambda reached: self._act(reached, answer)
        self.exchanged += 1
        try:
            result = await self.line.ask(row, form, arguments, params)
        except RpcError as error:
            return None, error
        if form == "stub" and row.declared.verb != "call":
            await self.line.settled(self.line.desk)
        return result, None

    def _act(self, reached: Row, answer: Answer) -> object:
        """Do what the answer says, or anything allowed where another method was reached."""
        if reached is answer.row:
            return answer.act()
        return next(self._answers(reached, reached)).act()

    def _is_newer(self, row: Row, arguments: Sequence[object], error: RpcError | None) -> bool:
        """Whether a refusal is right: the request uses what came after the server."""
        if not self.is_late or (error is not None and not isinstance(error, NotExecuted)):
            return False
        needed = max(row.service.since, row.made.request.check(arguments))
        return needed > self._newest(row)

    def _newest(self, row: Row) -> int:
        return self.newest.get(row.service.package.name, -1)

    # Errors.

    async def _errors(
        self, row: Row, other: Row, params: dict[str, Wire]
    ) -> AsyncGenerator[Failure]:
        arguments = row.arguments(json.dumps(params).encode())
        for raised in other.declared.raises:
            for data in self.server.objects(raised.error.fields, self.tries):
                answer = error_answer(other, raised.error, data)
                _, caught = await self._asked(row, "stub", arguments, params, answer)
                lost = lost_error(row, raised.error, caught, answer.wire)
                if lost is not None:
                    yield self._failure("error", row, "stub", answer.wire, lost)

    # Events.

    async def _event(self, row: Row) -> AsyncGenerator[Failure]:
        """Let the server publish what the client listens to."""
        other = next(
            (
                it
                for it in self.line.server_rows
                if it.made.full_name in row.names() and it.declared.verb == "event"
            ),
            None,
        )
        if other is None:
            if not self.is_late or max(row.declared.since, row.service.since) <= self._newest(row):
                yield self._failure("event", row, "stub", None, "nobody publishes it")
            return
        for params in self._requests_of_event(row, other):
            lost = await self._told(other, params)
            if lost is not None:
                yield self._failure("event", row, "stub", params, lost)

    def _requests_of_event(self, row: Row, other: Row) -> Iterator[dict[str, Wire]]:
        """Yield parameters that are valid for who publishes."""
        yield from self.server.objects(other.declared.parameters, self.tries)
        yield from self.server.few(_valid_edges(other, row.declared), self.edges)

    async def _told(self, other: Row, params: dict[str, Wire]) -> str | None:
        ear = self.line.ear
        ear.arrived.clear()
        self.exchanged += 1
        arguments = other.arguments(json.dumps(params).encode())
        try:
            await self.line.tell(other, arguments)
        except RpcError as error:
            return f"was not published: {type(error).__name__}: {error}"
        await self.line.settled(ear)
        if not ear.arrived:
            return "was not delivered"
        return _lost_arguments(other, arguments, *ear.arrived[0])

    def _failure(self, part: Part, row: Row, form: Form, value: Wire, what: str) -> Failure:
        return Failure(part, row.label, form, value, what, self.is_late)


def _lost_arguments(
    row: Row, sent: Sequence[object], reached: Row, got: Sequence[object]
) -> str | None:
    lost = members(
        row.written(sent),
        row.declared.parameters,
        reached.written(got),
        reached.declared.parameters,
    )
    return None if lost is None else f"arrived otherwise: {lost}"


def _valid_edges(row: Row, other: model.Method | None) -> Iterator[dict[str, Wire]]:
    """Yield arguments at the limits of either contract that are valid for the side of a row."""
    fields = {it.wire: it for it in row.declared.parameters}
    for found in edges(row.declared, other):
        params = {name: value for name, value in found.items() if name in fields}
        is_whole = all(it.wire in params for it in fields.values() if it.required)
        if is_whole and not any(_wrong(fields[name], it) for name, it in params.items()):
            # What this side does not know it does not say.
            known = row.written(row.arguments(json.dumps(params).encode()))
            yield {name: known[name] for name in params}


def _wrong(field: model.Field, value: Wire) -> bool:
    return any(problems(field.type, value))
