"""What a server serves: `Compute` and `Conductor`, each on a cloud of its own or on a shared one.

rpcgen serve examples.compute.endpoints:Compute --on http://127.0.0.1:8080
"""

from typing import ClassVar

from examples.compute.conductor import Conductor
from examples.compute.devices import Devices
from examples.compute.hosts import Hosts
from examples.compute.life import Life
from examples.compute.views import Views

__all__ = ["Compute", "Conductor"]


class Compute(Life, Views, Devices, Hosts):
    """Runs instances on hosts."""

    service: ClassVar[str] = "Compute"
