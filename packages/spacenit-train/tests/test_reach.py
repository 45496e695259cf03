"""Whether a server answers, directly and through proxies."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from spacenit_train.callbacks.reach import answers

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
SERVER = "https://wandb.invalid"
Proxy = Callable[..., str]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@contextmanager
def proxy(status: str = "200 Connection established") -> Iterator[tuple[str, list[str]]]:
    """A proxy that gives one answer to all: where it is, and the requests that it got."""
    asked: list[str] = []
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(5)

        def serve() -> None:
            while True:
                try:
                    line, _ = server.accept()
                except OSError:
                    return
                asked.append(line.recv(1000).decode())
                line.sendall(f"HTTP/1.1 {status}\r\n\r\n".encode())
                line.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}", asked


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_proxy_is_asked_for_a_tunnel(monkeypatch: pytest.MonkeyPatch, name: str, scheme: str) -> None:
    with proxy() as (place, asked):
        monkeypatch.setenv(name, f"{scheme}{place}")
        assert answers(SERVER, 2)
    assert [text.splitlines()[0].split()[:2] for text in asked] == [["CONNECT", "wandb.invalid:443"]]


def test_its_password_goes_with_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy() as (place, asked):
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:p%40ss@{place}")
        assert answers("https://wandb.invalid:8443", 2)
    assert "CONNECT wandb.invalid:8443 " in asked[0] and "Proxy-Authorization: Basic bWU6cEBzcw==" in asked[0]


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "502 Bad Gateway", "nonsense"])
def test_a_proxy_that_reaches_nothing_does_not_count(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    with proxy(status) as (place, asked):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{place}")
        assert not answers(SERVER, 2)
    assert asked


@pytest.mark.parametrize("exceptions", ["127.0.0.1", "*", "127.0.0.0/8", "localhost,127.0.0.1"])
def test_servers_that_are_excepted_are_reached_directly(monkeypatch: pytest.MonkeyPatch, exceptions: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://nowhere.invalid:1")
    monkeypatch.setenv("NO_PROXY", exceptions)
    with proxy() as (place, asked):
        assert answers(f"https://{place}", 2)
        monkeypatch.setenv("NO_PROXY", "other.example")
        assert not answers(f"https://{place}", 2)
    assert len(asked) <= 1


@pytest.mark.parametrize("value", ["http://127.0.0.1:1", "http://127.0.0.1:port", "socks5://127.0.0.1:1", "::"])
def test_a_proxy_that_is_not_there_is_no_error(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    assert not answers(SERVER, 2)


def test_of_a_socks_proxy_it_is_known_that_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy() as (place, _):
        monkeypatch.setenv("ALL_PROXY", f"socks5h://{place}")
        assert answers(SERVER, 2)
