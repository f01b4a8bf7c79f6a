"""Values of a contract's types in the form that they have in JSON. Pure; knows only the language.

least, fullest (values) -> boundaries (one rule just met or just broken) -> judge (which rules a
value breaks) -> strategies (hypothesis; imported by who asks for it, as it is an extra)
"""

from rpcgen.samples.boundaries import Boundary, argument_boundaries, boundaries
from rpcgen.samples.judge import Problem, problems
from rpcgen.samples.texts import NoSampleError
from rpcgen.samples.values import fullest, fullest_of, least, least_of

__all__ = [
    "Boundary",
    "NoSampleError",
    "Problem",
    "argument_boundaries",
    "boundaries",
    "fullest",
    "fullest_of",
    "least",
    "least_of",
    "problems",
]
