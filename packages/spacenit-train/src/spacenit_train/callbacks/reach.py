"""Whether a server answers, on the way that the environment prescribes: directly or through a proxy."""

import base64
import ipaddress
import socket
from http.client import HTTPConnection, HTTPException
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

_PORTS = {"http": 80, "https": 443}


def answers(url: str, seconds: float) -> bool:
    """Try to reach a server as programs do that honour HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in any case.

    A proxy for HTTP is asked for a tunnel to the server, so that one without a way out does not count; of other
    proxies (SOCKS, TLS) it is known only that they are there.

    Args:
        url: the server.
        seconds: to wait at most, for each answer.
    """
    try:
        server = urlsplit(url)
        host, port = server.hostname or "", server.port or _PORTS.get(server.scheme, 443)
        proxy = proxy_for(server)
        if proxy is None:
            socket.create_connection((host, port), timeout=seconds).close()
        elif proxy.scheme == "http":
            _tunnel(proxy, host, port, seconds)
        else:
            socket.create_connection((proxy.hostname or "", proxy.port or 1080), timeout=seconds).close()
    except (OSError, ValueError, HTTPException):
        return False
    return True


def proxy_for(server: SplitResult) -> SplitResult | None:
    """The proxy that the environment names for a server; None where it is reached directly."""
    proxies = getproxies()
    named = proxies.get(server.scheme) or proxies.get("all")
    if not named or _is_bypassed(server.hostname or "", server.port, proxies.get("no", "")):
        return None
    return urlsplit(named if "://" in named else f"http://{named}")


def _is_bypassed(host: str, port: int | None, exceptions: str) -> bool:
    if proxy_bypass(host if port is None else f"{host}:{port}") or proxy_bypass(host):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(_contains(network.strip(), address) for network in exceptions.split(","))


def _contains(network: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _tunnel(proxy: SplitResult, host: str, port: int, seconds: float) -> None:
    connection = HTTPConnection(proxy.hostname or "", proxy.port or _PORTS["http"], timeout=seconds)
    headers = {}
    if proxy.username is not None:
        secret = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        headers["Proxy-Authorization"] = f"Basic {base64.b64encode(secret.encode()).decode()}"
    connection.set_tunnel(host, port, headers)
    try:
        connection.connect()
    finally:
        connection.close()
