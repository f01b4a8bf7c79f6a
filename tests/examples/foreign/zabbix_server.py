"""A Zabbix as its manual describes it, on json-rpc and http.server; nothing in it is ours.

What it says of rights and of mistakes is what Zabbix 7.0 says: no HTTP statuses, a reason in `data`.
"""

import functools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from jsonrpc import Dispatcher, JSONRPCResponseManager
from jsonrpc.exceptions import JSONRPCDispatchException

PATH = "/api_jsonrpc.php"
USER, PASSWORD = "Admin", "zabbix"
TOKEN = "f" * 64
SESSION = "5" * 32
MEDIA_TYPES = {"application/json-rpc", "application/json", "application/jsonrequest"}

Thing = dict[str, Any]
Method = Callable[..., Any]


class Zabbix:
    """Two hosts, one item, one trigger, two problems; keeps what it was told."""

    def __init__(self) -> None:
        self.hosts = [_web(), _switch()]
        self.sessions = {TOKEN, SESSION}
        self.media_types: list[str] = []
        self.requests: list[Thing] = []
        self.acknowledged: list[Thing] = []

    def dispatcher(self) -> Any:
        """Return the methods by their names on the wire."""
        found = Dispatcher()
        public: Mapping[str, Method] = {
            "apiinfo.version": lambda: "7.0.5",
            "user.login": self._login,
        }
        private: Mapping[str, Method] = {
            "user.logout": self._logout,
            "host.get": self._get_hosts,
            "host.create": self._create_host,
            "host.update": self._update_host,
            "host.delete": self._delete_hosts,
            "item.get": lambda **query: _chosen([_item()], query, "itemid"),
            "problem.get": self._get_problems,
            "trigger.get": self._get_triggers,
            "event.acknowledge": self._acknowledge,
        }
        for name, method in public.items():
            found.add_method(_unsigned(name, method), name, context_arg="context")
        for name, method in private.items():
            found.add_method(self._signed(method), name, context_arg="context")
        return found

    def _signed(self, method: Method) -> Method:
        @functools.wraps(method)
        def checked(*args: Any, context: Thing, **params: Any) -> Any:
            token = context["token"]
            if token is None or (len(token) == 64 and token not in self.sessions):
                raise _invalid("Not authorized.")
            if token not in self.sessions:
                raise _invalid("Session terminated, re-login, please.")
            self.requests.append(params)
            return method(*args, **params)

        return checked

    def _login(self, username: str, password: str) -> str:
        if (username, password) != (USER, PASSWORD):
            why = "Incorrect user name or password or account is temporarily blocked."
            raise _refused(why)
        return SESSION

    def _logout(self) -> bool:
        self.sessions.discard(SESSION)
        return True

    def _get_hosts(self, **query: Any) -> Any:
        return _chosen(self.hosts, query, "hostid")

    def _create_host(self, **host: Any) -> Thing:
        if "groups" not in host:
            raise _invalid('Invalid parameter "/1": the parameter "groups" is missing.')
        if any(it["host"] == host["host"] for it in self.hosts):
            raise _invalid(f'Host with the same name "{host["host"]}" already exists.')
        hostid = str(10_700 + len(self.hosts))
        self.hosts.append({"name": host["host"], "status": "0", **host, "hostid": hostid})
        return {"hostids": [hostid]}

    def _update_host(self, hostid: str, **changes: Any) -> Thing:
        self._host(hostid).update(changes)
        return {"hostids": [hostid]}

    def _delete_hosts(self, *hostids: str) -> Thing:
        for hostid in hostids:
            self.hosts.remove(self._host(hostid))
        return {"hostids": list(hostids)}

    def _host(self, hostid: str) -> Thing:
        for host in self.hosts:
            if host["hostid"] == hostid:
                return host
        raise _refused("No permissions to referred object or it does not exist!")

    def _get_problems(self, severities: Sequence[str] | None = None, **query: Any) -> Any:
        found = [it for it in _problems() if severities is None or it["severity"] in severities]
        return _chosen(found, query, "eventid")

    def _get_triggers(self, **query: Any) -> Any:
        wanted = query.pop("selectHosts", None)
        found = _chosen([_trigger()], query, "triggerid")
        if wanted is not None:
            found[0]["hosts"] = _chosen(self.hosts[:1], {"output": wanted}, "hostid")
        return found

    def _acknowledge(self, **what: Any) -> Thing:
        self.acknowledged.append(what)
        # PHP makes numbers of texts that look like them once they were keys.
        return {"eventids": [int(it) for it in what["eventids"]]}


@contextmanager
def serving(zabbix: Zabbix) -> Iterator[str]:
    """Serve it on a free port; yield the address of its API."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        methods = zabbix.dispatcher()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            media_type = self.headers["content-type"].partition(";")[0]
            zabbix.media_types.append(media_type)
            if self.path != PATH:
                return self._answer(404, b"")
            if media_type not in MEDIA_TYPES:
                return self._answer(412, b"")
            kind, _, token = self.headers.get("authorization", "").partition(" ")
            context = {"token": token if kind == "Bearer" else None}
            response = JSONRPCResponseManager.handle(body, self.methods, context)
            return self._answer(200, response.json.encode() if response is not None else b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{PATH}"
        finally:
            server.shutdown()
            thread.join()


def _unsigned(name: str, method: Method) -> Method:
    @functools.wraps(method)
    def checked(*args: Any, context: Thing, **params: Any) -> Any:
        if context["token"] is not None:
            raise _invalid(f'The "{name}" method must be called without authorization header.')
        return method(*args, **params)

    return checked


def _invalid(why: str) -> Exception:
    error: Exception = JSONRPCDispatchException(-32602, "Invalid params.", why)
    return error


def _refused(why: str) -> Exception:
    error: Exception = JSONRPCDispatchException(-32500, "Application error.", why)
    return error


def _chosen(things: Sequence[Thing], query: Thing, key: str) -> Any:
    """Do what all `get` methods do alike: search, sort, shorten, count."""
    found = [it for it in things if _fits(it, query, key)]
    if query.get("countOutput"):
        return str(len(found))
    for field in reversed(query.get("sortfield", [])):
        found.sort(key=lambda it: str(it[field]), reverse=query.get("sortorder") == "DESC")
    return [_shown(it, query, key) for it in found[: query.get("limit")]]


def _fits(thing: Thing, query: Thing, key: str) -> bool:
    ids, status = query.get(f"{key}s"), thing.get("status")
    if ids is not None and thing[key] not in ids:
        return False
    if query.get("monitored_hosts") and status != "0":
        return False
    equal = query.get("filter", {}).items()
    parts = query.get("search", {}).items()
    return all(thing[name] in values for name, values in equal) and all(
        text.lower() in thing[name].lower() for name, text in parts
    )


def _shown(thing: Thing, query: Thing, key: str) -> Thing:
    parts = {"interfaces": "selectInterfaces", "hostgroups": "selectHostGroups"}
    parts["tags"] = "selectTags"
    shown = {name: it for name, it in thing.items() if name not in parts}
    if "output" in query:
        shown = {name: it for name, it in shown.items() if name in {key, *query["output"]}}
    for name, option in parts.items():
        if option in query:
            fields = query[option]
            shown[name] = [{field: it[field] for field in fields} for it in thing.get(name, [])]
    return shown


def _web() -> Thing:
    return {
        "hostid": "10084",
        "host": "web-1",
        "name": "The web server",
        "description": "",
        "status": "0",
        "active_available": "1",
        "maintenance_status": "0",
        "inventory_mode": "-1",
        # What the contract does not know.
        "proxyid": "0",
        "vendor_name": "",
        "hostgroups": [{"groupid": "2", "name": "Linux servers"}],
        "tags": [{"tag": "site", "value": "here", "automatic": "0"}],
        "interfaces": [
            {
                "interfaceid": "1",
                "hostid": "10084",
                "type": "1",
                "main": "1",
                "useip": "1",
                "ip": "10.0.0.1",
                "dns": "",
                "port": "10050",
                "available": "1",
                "error": "",
                "details": [],
            }
        ],
    }


def _switch() -> Thing:
    return {
        **_web(),
        "hostid": "10085",
        "host": "switch-1",
        "name": "The switch",
        # Newer than the contract.
        "status": "7",
        "interfaces": [
            {
                **_web()["interfaces"][0],
                "interfaceid": "2",
                "hostid": "10085",
                "type": "2",
                "port": "161",
                "details": {"version": "2", "community": "{$SNMP}", "bulk": "1"},
            }
        ],
    }


def _item() -> Thing:
    return {
        "itemid": "23298",
        "hostid": "10084",
        "name": "Load",
        "key_": "system.cpu.load",
        "type": "0",
        "value_type": "0",
        "units": "",
        "delay": "1m",
        "status": "0",
        "state": "0",
        "error": "",
        "lastclock": "1767225600",
        "lastvalue": "0.25",
        "lastns": "12",
    }


def _problems() -> list[Thing]:
    calm = {
        "eventid": "1245463",
        "source": "0",
        "object": "0",
        "objectid": "15112",
        "name": "The disk is nearly full",
        "severity": "2",
        "clock": "1767225600",
        "r_eventid": "0",
        "acknowledged": "1",
        "suppressed": "0",
        "opdata": "",
        "urls": [],
        "tags": [{"tag": "scope", "value": "capacity"}],
    }
    bad = {**calm, "eventid": "1245464", "name": "web-1 is down", "severity": "5"}
    return [calm, {**bad, "acknowledged": "0"}]


def _trigger() -> Thing:
    return {
        "triggerid": "15112",
        "description": "The disk of {HOST.NAME} is nearly full",
        "expression": "{29184}>90",
        "comments": "",
        "priority": "2",
        "status": "0",
        "state": "0",
        "value": "1",
        "lastchange": "1767225600",
        "error": "",
        "manual_close": "0",
        "flags": "0",
    }
