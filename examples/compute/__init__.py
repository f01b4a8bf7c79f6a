"""The control plane of `idl/demo/compute`, simulated in memory.

    resources, seed -> cloud                 sums, what there is at first; the state
    room, disks, cards, instances, moves,
    resizes                                  what fits and what happens, whoever asks for it
    turns                                    one method at a time
    life, views, devices, hosts, conductor   the methods, as the contract orders them
    endpoints                                what a server serves

A move, a boot, a copy ends at once; everything else is as the contract says.
"""

from examples.compute.cloud import Cloud
from examples.compute.endpoints import Compute, Conductor

__all__ = ["Cloud", "Compute", "Conductor"]
