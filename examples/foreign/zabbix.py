"""What Zabbix watches, and what is wrong: `python -m examples.foreign.zabbix URL`.

The URL is such as http://127.0.0.1/api_jsonrpc.php; the environment variable ZABBIX_TOKEN holds an
API token. Exit codes: 0 all told, 1 Zabbix did not answer as it should, 2 wrong usage.
"""

import datetime as dt
import os
import sys
from collections.abc import Sequence

from rpcgen_runtime import (
    InvalidArguments,
    RpcError,
    UnknownRemoteError,
    Unrecognized,
    connect,
)
from zabbix.v7 import (
    HostField,
    InterfaceField,
    Problem,
    ProblemField,
    Severity,
    ZabbixClient,
    ZabbixCountsClient,
    ZabbixLoginClient,
)

USAGE = "usage: ZABBIX_TOKEN=… python -m examples.foreign.zabbix URL"
MAX_LINES = 10


def main(arguments: Sequence[str]) -> int:
    """Tell what the Zabbix at the URL watches; return the exit code."""
    token = os.environ.get("ZABBIX_TOKEN")
    if len(arguments) != 1 or not token:
        return _complain(USAGE, 2)
    url = arguments[0]
    try:
        # Zabbix refuses to tell its version to whoever shows a token.
        with connect(url, timeout=10.0) as transport:
            print("zabbix  ", ZabbixLoginClient(transport).api_version())
        with connect(url, timeout=10.0, token=token) as transport:
            _tell_hosts(ZabbixClient(transport))
            _tell_problems(ZabbixClient(transport), ZabbixCountsClient(transport))
    except UnknownRemoteError as error:
        return _complain(f"zabbix: {error.message} {error.data}", 1)
    except InvalidArguments as error:
        return _complain(f"zabbix: {error} Is ZABBIX_TOKEN right?", 1)
    except RpcError as error:
        return _complain(f"zabbix: {error}", 1)
    except (TypeError, ValueError) as error:
        return _complain(f"zabbix: {error}", 2)
    return 0


def _tell_hosts(zabbix: ZabbixClient) -> None:
    hosts = zabbix.host_get(
        output=[HostField.host],
        monitored_hosts=True,
        select_interfaces=[InterfaceField.ip, InterfaceField.port],
        sortfield=[HostField.host],
        limit=MAX_LINES,
    )
    for host in hosts:
        places = [f"{it.ip}:{it.port}" for it in host.interfaces or []]
        print("host    ", host.host, *places)


def _tell_problems(zabbix: ZabbixClient, counts: ZabbixCountsClient) -> None:
    print("problems", counts.problem_count(count_output=True))
    problems = zabbix.problem_get(
        output=[ProblemField.name_, ProblemField.severity, ProblemField.clock],
        severities=[Severity.average, Severity.high, Severity.disaster],
        sortfield=[ProblemField.eventid],
        limit=MAX_LINES,
    )
    for problem in problems:
        print("        ", _since(problem), _how_bad(problem.severity), problem.name)


def _since(problem: Problem) -> str:
    return dt.datetime.fromtimestamp(int(problem.clock or "0"), dt.UTC).isoformat()


def _how_bad(severity: Severity | Unrecognized | None) -> str:
    return severity.name if isinstance(severity, Severity) else f"severity {severity}"


def _complain(why: str, code: int) -> int:
    print(why, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
