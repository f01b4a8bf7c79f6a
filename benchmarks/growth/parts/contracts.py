"""Against the size of the contract: compiling, importing, starting, serving and calling it."""

import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.growth import fresh
from benchmarks.growth.compiled import build
from benchmarks.growth.contract import PACKAGE, contract
from benchmarks.growth.load import load, rss
from benchmarks.growth.part import Column, Curves, Part
from benchmarks.growth.points import Figures
from benchmarks.growth.rig import Rig
from benchmarks.growth.scale import Scale

METHODS = (10, 100, 1_000)
MODELS = (50, 500)
CALLERS = 32
BEFORE = "import pydantic, rpcgen_runtime.generated_v1"
"""What every package stands on; told by another part."""


def _methods(scale: Scale) -> Curves:
    return {"methods, half as many models": scale.sizes(METHODS, 1)}


def _models(scale: Scale) -> Curves:
    return {"models, 10 methods": scale.sizes(MODELS, 1)}


def _measure_methods(rig: Rig, _: str, at: Sequence[int]) -> Generator[Figures, None, None]:
    for methods in at:
        found, out = _compiled(rig, contract(methods, methods // 2))
        yield {**found, **_served(rig, str(out))}


def _measure_models(rig: Rig, _: str, at: Sequence[int]) -> Generator[Figures, None, None]:
    for models in at:
        yield _compiled(rig, contract(10, models))[0]


def _compiled(rig: Rig, text: str) -> tuple[dict[str, float], Path]:
    out, seconds = build(text, rig.new_folder())
    clients = f"from {PACKAGE} import LargeClient"
    cold = fresh.cold(clients, out, BEFORE)
    warm = fresh.warm(clients, out, BEFORE)
    found = {"build_s": seconds, "cold_ms": 1e3 * cold.seconds, "warm_ms": 1e3 * warm.seconds}
    return found, out


def _served(rig: Rig, out: str) -> dict[str, float]:
    with ExitStack() as held:
        url = held.enter_context(rig.place("http"))
        begun = time.monotonic()
        server = held.enter_context(rig.server(url, "large", out))
        ready = time.monotonic() - begun
        client = held.enter_context(rig.client(url, "large", out))
        found = load(client, [server], rig.scale, CALLERS)
        return {**found, "ready_s": ready, "rss_mib": rss(server) / 1024}


_COMPILED = (
    Column("build_s", "build s", has_spread=True, is_drawn=True),
    Column("cold_ms", "import ms, cold"),
    Column("warm_ms", "import ms, warm", has_spread=True, is_drawn=True),
)

WITH_METHODS = Part(
    name="methods",
    title="Methods of the contract",
    axis="methods",
    columns=(
        *_COMPILED,
        Column("ready_s", "server ready after s"),
        Column("rss_mib", "server RSS MiB", is_drawn=True),
        Column("calls_s", "calls/s", has_spread=True, is_drawn=True),
        Column("cpu_us", "CPU µs a call"),
    ),
    curves=_methods,
    measure=_measure_methods,
)
WITH_MODELS = Part(
    name="models",
    title="Models of the contract",
    axis="models",
    columns=_COMPILED,
    curves=_models,
    measure=_measure_models,
)
