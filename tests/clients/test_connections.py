"""Bodies that are too large, requests that end half way, clients that are slow: the server goes on."""

import json
import socket

import pytest

from door import ECS, FORM, JSON, assert_refused

pytestmark = pytest.mark.usefixtures("server_goes_on")

MEGABYTE = 1_000_000
LIMIT = 262_144
WHO = b"Action=GetCallerIdentity&Version=2011-06-15"


def answer_to(connection):
    """What the server says on a bare connection until it closes it."""
    received = b""
    try:
        while chunk := connection.recv(65_536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


def test_declared_100_megabytes_are_refused_before_they_are_sent(door):
    head = door.head(a_request(door), Content_Length=100 * MEGABYTE)
    with door.connect() as connection:
        connection.sendall(head)
        answer = answer_to(connection)
    assert answer.startswith(b"HTTP/1.1 413 ") and b"RequestEntityTooLargeException" in answer
    assert str(LIMIT).encode() in answer


def test_client_that_asks_before_it_sends_is_told(door):
    body = b'{"maxResults":1}'
    headers = {"Content-Type": JSON, "X-Amz-Target": f"{ECS}.ListClusters", "Connection": "close"}
    request = door.signed(headers=headers, body=body)
    with door.connect() as connection:
        connection.sendall(door.head(request, Content_Length=len(body), Expect="100-continue"))
        assert connection.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert answer_to(connection).startswith(b"HTTP/1.1 200 OK")
    with door.connect() as connection:
        connection.sendall(door.head(request, Content_Length=100 * MEGABYTE, Expect="100-continue"))
        assert answer_to(connection).startswith(b"HTTP/1.1 413 ")


def test_chunked_100_megabytes_are_cut_off(door):
    head = door.head(a_request(door), Content_Length=None, Transfer_Encoding="chunked")
    chunk = b"%x\r\n%s\r\n" % (65_536, b"{" * 65_536)
    sent = 0
    with door.connect() as connection:
        connection.sendall(head)
        try:
            while sent < 100 * MEGABYTE:
                connection.sendall(chunk)
                sent += 65_536
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = answer_to(connection)
    assert sent < 20 * MEGABYTE, "what the socket buffers hold, not the whole"
    # A reset may overtake the answer; that the server stopped reading is what matters.
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413 ")


def a_request(door):
    headers = {"Content-Type": JSON, "X-Amz-Target": f"{ECS}.RegisterTaskDefinition"}
    return door.signed(headers=headers, body=b"{}")


def test_body_just_over_the_limit_is_refused_and_just_below_is_read(door):
    def padded(size):
        empty = len(json.dumps({"maxResults": 1, "pad": ""}))
        return json.dumps({"maxResults": 1, "pad": "x" * (size - empty)}).encode()

    assert door.ecs("ListClusters", padded(LIMIT)).status == 200
    assert_refused(door.ecs("ListClusters", padded(LIMIT + 1)), 413, "RequestEntityTooLargeException", str(LIMIT))


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"POST",
        b"POST / HTTP/1.1\r\nHost: x\r\nAuthor",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 1000,
    ],
)
def test_half_a_request_is_forgotten(door, part):
    with door.connect() as connection:
        connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        answer = answer_to(connection)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))


def test_half_a_signed_body_is_forgotten(door, name):
    request = door.signed(
        headers={"Content-Type": JSON, "X-Amz-Target": f"{ECS}.CreateCluster"},
        body=json.dumps({"clusterName": name}).encode(),
    )
    with door.connect() as connection:
        connection.sendall(door.head(request, Content_Length=len(request.data)) + request.data[:-1])
        connection.shutdown(socket.SHUT_WR)
        answer = answer_to(connection)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    assert door.ecs("DescribeClusters", {"clusters": [name]}).json["clusters"] == []


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"G\x00T / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + b"".join(b"H%d: x\r\n" % number for number in range(200)) + b"\r\n",
        b"POST / HTTP/1.1\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n",
        b"POST /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
def test_head_that_is_no_http_or_too_large_is_refused(door, head):
    with door.connect() as connection:
        try:
            connection.sendall(head)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the server has hung up
        answer = answer_to(connection)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), answer[:200]


def test_slow_clients_hold_up_nobody(door):
    """Many connections that say a little and then nothing, while others are served."""
    slow = [door.connect() for _ in range(200)]
    try:
        for connection in slow:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: ")
        assert door.ecs("ListClusters", {}).status == 200
    finally:
        for connection in slow:
            connection.close()


def test_pipelined_requests_are_answered_in_order(door):
    requests = [door.signed(headers={"Content-Type": FORM}, body=WHO, service="sts") for _ in range(3)]
    requests[-1].headers["Connection"] = "close"
    with door.connect() as connection:
        connection.sendall(b"".join(door.head(request, Content_Length=len(WHO)) + WHO for request in requests))
        answer = answer_to(connection)
    assert answer.count(b"HTTP/1.1 200 OK") == 3


def test_every_answer_has_its_own_request_id(door):
    ids = [door.ecs("ListClusters", {}).headers["x-amzn-requestid"] for _ in range(3)]
    ids.append(door.ecs("MakeCoffee", {}).headers["x-amzn-requestid"])
    assert len(set(ids)) == 4 and all(ids)
