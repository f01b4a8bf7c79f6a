"""How many files processes may have open: a node has one for each connection."""

import resource

SPARE = 1_000
"""What a node opens beside its connections."""


def raise_limit(connections: int) -> str | None:
    """Let this process and what it starts have as many as may be; return why that is too few."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    needed = connections + SPARE
    if most != resource.RLIM_INFINITY and most < needed:
        return f"this needs {needed:,} open files, and at most {most:,} are allowed (`ulimit -Hn`)"
    return None
