"""Addresses as users write them: `scheme://host:port/path`. No I/O.

Raises ValueError with one sentence that says what is wrong and what would be accepted; never
repeats a password.
"""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote, unquote

_URL = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?", re.IGNORECASE)
_HUB = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_HOST = re.compile(r"[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")
_PORT = re.compile(r"[0-9]{1,5}")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_OPTION = re.compile(r"([a-z_]{1,40})=([^&=]{0,200})")

UNIX = "http+unix"
PORTS = {"http": 80, "https": 443, "amqp": 5672, "amqps": 5671}
"""The port of each scheme where none is said."""
AMQP = ("amqp", "amqps")
SCHEMES = (*PORTS, UNIX, "memory")
LOOPBACK = "localhost"
"""Among names that are allowed: every loopback address."""
MAX_HOSTS = 64
MAX_SOCKET_PATH = 107
"""Bytes (unix(7))."""


class Host(NamedTuple):
    """One place that listens."""

    name: str
    """A name or an address, without brackets."""
    port: int

    def __str__(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"{name}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Url:
    """A parsed address."""

    scheme: str
    hosts: Sequence[Host] = ()
    """Of HTTP and AMQP, in the order of the text: at least one."""
    path: str = "/"
    """Of `http://` and `https://`, unquoted; of `http+unix://` always `/`."""
    hub: str = ""
    """Of `memory://`: its name."""
    socket: str = ""
    """Of `http+unix://`: the file."""
    vhost: str = "/"
    """Of AMQP: the virtual host."""
    user: str = "guest"
    """Of AMQP."""
    password: str = field(default="guest", repr=False)
    """Of AMQP."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Of AMQP: what stands behind the `?`."""

    @property
    def is_amqp(self) -> bool:
        """Whether it names a broker."""
        return self.scheme in AMQP

    @property
    def shown(self) -> str:
        """Return a broker's address without user, password and options."""
        vhost = "" if self.vhost == "/" else quote(self.vhost, safe="")
        return f"{self.scheme}://{','.join(map(str, self.hosts))}/{vhost}"

    def at(self, host: Host) -> str:
        """Return the address with this one host."""
        return f"{self.scheme}://{host}{quote(self.path)}"


def parse_url(text: str) -> Url:
    """Read an address. Raises ValueError."""
    match = _URL.fullmatch(text.strip())
    if match is None:
        raise ValueError("this is not a URL; accepted: `http://host:port/` or `memory://name`")
    scheme = match[1].lower()
    if scheme not in SCHEMES:
        known = ", ".join(f"`{it}://`" for it in SCHEMES)
        raise ValueError(f"nothing speaks `{scheme}://`; accepted: {known}")
    if scheme in AMQP and not match[5]:
        return _amqp(scheme, match[2], match[3], match[4] or "?")
    if match[4] or match[5]:
        raise ValueError("a URL has no query and no fragment here")
    if "@" in match[2]:
        raise ValueError(f"`{scheme}://` takes no user and password in the URL")
    if scheme == "memory":
        return _memory(match[2], match[3])
    if scheme == UNIX:
        return _unix(match[2], match[3])
    return _http(scheme, match[2], match[3])


def is_loopback(name: str) -> bool:
    """Whether a host, as in `Host.name`, is this machine alone (RFC 6761 section 6.3, RFC 1122)."""
    name = name.lower().removesuffix(".")
    if name == LOOPBACK or name.endswith(f".{LOOPBACK}"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _memory(name: str, path: str) -> Url:
    if not _HUB.fullmatch(name) or path not in {"", "/"}:
        raise ValueError("a hub's name is 1 to 64 letters, digits and `_ . -`: `memory://name`")
    return Url(scheme="memory", hub=name)


def _unix(place: str, path: str) -> Url:
    file = unquote(path)
    if place or len(file) < 2 or file.endswith("/") or "\0" in file:
        raise ValueError(f"this is not the path of a socket; accepted: `{UNIX}:///run/app.sock`")
    if len(file.encode(errors="replace")) > MAX_SOCKET_PATH:
        raise ValueError(f"the path of a socket has at most {MAX_SOCKET_PATH} bytes")
    return Url(scheme=UNIX, socket=file)


def _http(scheme: str, places: str, path: str) -> Url:
    return Url(scheme=scheme, hosts=_hosts(scheme, places), path=unquote(path) or "/")


def _amqp(scheme: str, places: str, path: str, query: str) -> Url:
    who, at, hosts = places.rpartition("@")
    if "@" in who:
        raise ValueError("a URL has one `@`; write one in a user or a password as `%40`")
    if path.count("/") > 1:
        raise ValueError("a URL has one virtual host; write a `/` in its name as `%2F`")
    user, _, password = who.partition(":") if at else ("guest", ":", "guest")
    options: dict[str, str] = {}
    for item in filter(None, query[1:].split("&")):
        option = _OPTION.fullmatch(item)
        if option is None or option[1] in options:
            raise ValueError("behind the `?` stands `name=value`, each name once, with `&` between")
        options[option[1]] = _unescaped(option[2])
    return Url(
        scheme=scheme,
        hosts=_hosts(scheme, hosts),
        user=_unescaped(user),
        password=_unescaped(password),
        vhost=_unescaped(path[1:]) or "/",
        options=options,
    )


def _unescaped(text: str) -> str:
    if _ESCAPE.search(text):
        raise ValueError("a `%` in a user, a password or a virtual host is written as `%25`")
    found = unquote(text, errors="replace")
    if len(found.encode(errors="replace")) > 255 or "\0" in found:
        raise ValueError("a user, a password or a virtual host has at most 255 bytes, and no NUL")
    return found


def _hosts(scheme: str, places: str) -> Sequence[Host]:
    hosts = [_host(it, scheme) for it in places.split(",")]
    if len(hosts) > MAX_HOSTS:
        raise ValueError(f"a URL has at most {MAX_HOSTS} hosts")
    twice = next((it for it in hosts if hosts.count(it) > 1), None)
    if twice is not None:
        raise ValueError(f"the host `{twice}` stands twice")
    return tuple(hosts)


def _host(place: str, scheme: str) -> Host:
    place = place or ("localhost" if scheme in AMQP else "")
    name, colon, port = place, "", ""
    if not place.endswith("]"):
        name, colon, port = place.rpartition(":")
        name = name if colon else port
        port = port if colon else ""
    if not _HOST.fullmatch(name):
        raise ValueError(f"the host is missing or not one; accepted: `{scheme}://host:port/`")
    number = PORTS[scheme] if not colon else int(port) if _PORT.fullmatch(port) else -1
    if not 0 <= number <= 65535:
        raise ValueError("the port is not a number from 0 to 65535")
    return Host(name.strip("[]"), number)
