"""All rows, in the order of the plan."""

from collections.abc import Mapping

from tests.faults.rows import (
    alarms,
    brokers,
    clients,
    clusters,
    dead,
    http,
    network,
    random_faults,
    servers,
    tls,
    versions,
)
from tests.faults.rows.row import Row

_PLAN = """
    B1 B2 B3 C1 C2 C3 C4 C5 P1 P2 P3 P4 P5 P6 N1 N2 N3 N4 N5 S1 S2 S3 S4 S5 S6 S7 S8 S9 S10
    K1 K2 K3 K4 A1 A2 A3 A4 D1 D2 D3 D4 H1 H2 H3 X1
"""

_FOUND: Mapping[str, Row] = {
    it.id: it
    for module in (
        alarms,
        brokers,
        clients,
        clusters,
        dead,
        http,
        network,
        random_faults,
        servers,
        tls,
        versions,
    )
    for it in module.ROWS
}

ROWS: Mapping[str, Row] = {it: _FOUND[it] for it in _PLAN.split()}
