"""The libraries under test, by name; each is imported where it is asked for."""

from tests.faults.work import Side

OURS = "rpcgen"
PEERS = ("oslo", "pika")


def side(name: str) -> Side:
    """Return what a name means. Raises KeyError."""
    if name == "oslo":
        from tests.faults.peers.oslo import Oslo

        return Oslo()
    if name == "pika":
        from tests.faults.peers.tutorial import Tutorial

        return Tutorial()
    if name != OURS:
        raise KeyError(name)
    from tests.faults.ours import Ours

    return Ours()
