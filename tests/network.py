"""A guard: no test reaches beyond this machine, whatever the code under test tries; and no test needs certificates."""

import functools
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

_REAL_CONNECT = socket.socket.connect
_REAL_CONNECT_EX = socket.socket.connect_ex
_REAL_GETADDRINFO = socket.getaddrinfo


class NetworkRefused(Exception):
    """A test tried to leave this machine."""


def _is_local(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host)).is_loopback
    except ValueError:
        return False


def _check(family: int, address: Any) -> None:
    if family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
        raise NetworkRefused(f"A test tried to connect to {address[0]}.")


def _connect(self: socket.socket, address: Any) -> None:
    _check(self.family, address)
    _REAL_CONNECT(self, address)


def _connect_ex(self: socket.socket, address: Any) -> int:
    _check(self.family, address)
    return _REAL_CONNECT_EX(self, address)


def _getaddrinfo(host: Any, *arguments: Any, **more: Any) -> Any:
    # `0.0.0.0` and `::` are looked up to listen, and nothing can be connected to that is not loopback anyway.
    if not _is_local(host) and host not in ("0.0.0.0", "::"):  # noqa: S104
        raise socket.gaierror(socket.EAI_NONAME, f"A test tried to look up {host}.")
    return _REAL_GETADDRINFO(host, *arguments, **more)


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections and look-ups that leave this machine."""
    monkeypatch.setattr(socket.socket, "connect", _connect)
    monkeypatch.setattr(socket.socket, "connect_ex", _connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", _getaddrinfo)


@pytest.fixture(scope="session", autouse=True)
def certificates_read_once() -> Iterator[None]:
    """Let all clients share a context: each would read what the machine trusts, for 30 ms, and none here speaks TLS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", functools.cache(ssl.create_default_context))
        yield
