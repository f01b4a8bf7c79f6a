"""TLS for both sides: which certificates, checked when they are read rather than at the first call.

Raises ValueError with the file and the reason.
"""

import logging
import os
import ssl
import stat
from dataclasses import dataclass

log = logging.getLogger("rpcgen_runtime.tls")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTls:
    """What a server at `https://` shows, and what it wants to see."""

    certificate: str | os.PathLike[str]
    """A PEM file: the server's certificate, then those between it and the authority's."""
    key: str | os.PathLike[str]
    """A PEM file: the private key, not encrypted."""
    client_ca: str | os.PathLike[str] | None = None
    """A PEM file of authorities: each client must show a certificate of one of them.

    Who shows another one finds no connection; who shows none is told so, with HTTP 401.
    """

    def context(self) -> ssl.SSLContext:
        """Read the files. Raises ValueError."""
        certificate, key = _readable(self.certificate), _readable(self.key)
        _warn_of_mode(key)
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            made.load_cert_chain(certificate, key, password=_no_password)
        except (ssl.SSLError, _EncryptedKeyError) as error:
            raise ValueError(f"`{certificate}` and `{key}` {_reason(error)}") from None
        _check_time(certificate, made)
        if self.client_ca is not None:
            _load_authorities(made, _readable(self.client_ca))
            # Who has none is answered in HTTP, where it can be told that nothing was executed.
            made.verify_mode = ssl.CERT_OPTIONAL
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTls:
    """Whom a client at `https://` trusts, and what it shows."""

    ca: str | os.PathLike[str] | None = None
    """A PEM file of authorities that are trusted beside the system's."""
    certificate: str | os.PathLike[str] | None = None
    """A PEM file: the client's certificate, then those between it and the authority's."""
    key: str | os.PathLike[str] | None = None
    """A PEM file: the private key, not encrypted. Given if and only if `certificate` is."""
    insecure_skip_verify: bool = False
    """Whether any certificate is taken: whoever sits in between reads and changes all. For trying
    things out; a warning is logged."""

    def context(self) -> ssl.SSLContext:
        """Read the files. Raises ValueError."""
        if (self.certificate is None) != (self.key is None):
            raise ValueError("a client shows both a `certificate` and its `key`, or neither")
        made = ssl.create_default_context()
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.ca is not None:
            _load_authorities(made, _readable(self.ca))
        if self.certificate is not None and self.key is not None:
            certificate, key = _readable(self.certificate), _readable(self.key)
            _warn_of_mode(key)
            try:
                made.load_cert_chain(certificate, key, password=_no_password)
            except (ssl.SSLError, _EncryptedKeyError) as error:
                raise ValueError(f"`{certificate}` and `{key}` {_reason(error)}") from None
        if self.insecure_skip_verify:
            log.warning("certificates of servers are not verified: who sits in between reads all")
            made.check_hostname = False
            made.verify_mode = ssl.CERT_NONE
        return made


def told_of_tls(error: Exception) -> str | None:
    """Return what is wrong with the other side's TLS, for people; None where it is not that."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"invalid certificate: {error.verify_message.rstrip('.').lower()}"
    if not isinstance(error, ssl.SSLError):
        return None
    if error.reason in _NO_TLS:
        return "the port does not speak TLS"
    return (error.reason or str(error)).replace("_", " ").lower()


def is_alert(error: Exception) -> bool:
    """Whether the other side has ended TLS and said why, such as for want of a certificate."""
    return isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or "")


def subject_of(certificate: object) -> str:
    """Return the subject of what `SSLSocket.getpeercert` tells, as RFC 4514 writes it."""
    fields = certificate.get("subject", ()) if isinstance(certificate, dict) else ()
    pairs = [pair for group in fields for pair in group]
    return ",".join(f"{_SHORT.get(name, name)}={_escaped(value)}" for name, value in pairs[::-1])


_NO_TLS = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"}
"""What OpenSSL says of the first bytes of who does not speak TLS: plain HTTP, for one."""

_SHORT = {
    "commonName": "CN",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "countryName": "C",
    "localityName": "L",
    "stateOrProvinceName": "ST",
    "domainComponent": "DC",
    "userId": "UID",
}


def _escaped(value: str) -> str:
    return "".join(f"\\{it}" if it in ',+"\\<>;=' else it for it in value)


class _EncryptedKeyError(Exception):
    """The key wants a password."""


def _no_password() -> str:
    raise _EncryptedKeyError


def _readable(path: str | os.PathLike[str]) -> str:
    try:
        with open(path, "rb") as file:
            file.read(1)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise ValueError(f"`{os.fspath(path)}` cannot be read: {reason}") from None
    return os.fspath(path)


def _warn_of_mode(key: str) -> None:
    if stat.S_IMODE(os.stat(key).st_mode) & stat.S_IROTH:
        log.warning("anyone on this machine can read the private key `%s`", key)


def _load_authorities(context: ssl.SSLContext, path: str) -> None:
    try:
        context.load_verify_locations(path)
    except ssl.SSLError:
        raise ValueError(f"`{path}` holds no certificates; accepted: PEM") from None


def _reason(error: Exception) -> str:
    if isinstance(error, _EncryptedKeyError):
        return "cannot be used: the key is encrypted; accepted: a key without a password"
    if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
        return "do not belong together"
    return "are not a certificate and its key; accepted: PEM"


def _check_time(certificate: str, server: ssl.SSLContext) -> None:
    """Raise ValueError for a certificate that is not valid now, found out by talking to ourselves.

    Only its own dates are asked: who trusts it is not known here.
    """
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(certificate)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        server.wrap_bio(to_server, to_client, server_side=True),
        client.wrap_bio(to_client, to_server),
    ]
    for end in ends[::-1] * 3:
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError as error:
            raise ValueError(f"`{certificate}` is not valid: {error.verify_message}") from None
