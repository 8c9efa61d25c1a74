"""python's http.client against the example `reference`: a line for each check."""

import http.client
import os
import socket
import sys
import traceback

PORT = int(sys.argv[1])
failed = 0


def connect():
    return http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)


def ask(connection, method, path, body=None, headers={}, **more):
    connection.request(method, path, body, headers, **more)
    answer = connection.getresponse()
    return answer.status, answer.read()


def check(name):
    def run(function):
        global failed
        try:
            function()
            print(f"ok    http.client: {name}", flush=True)
        except Exception:
            failed += 1
            print(f"fail  http.client: {name}\n{traceback.format_exc()}", flush=True)

    return run


class Unclosed:
    """A reader for many answers: `HTTPResponse` wants a socket, and closes the file it makes."""

    def __init__(self, sock):
        self.file = sock.makefile("rb")

    def makefile(self, _mode):
        return self

    def __getattr__(self, name):
        return getattr(self.file, name)

    def close(self):
        pass


@check("200 requests of all kinds on one connection")
def keeps_alive():
    connection = connect()
    connection.connect()
    sock = connection.sock
    for number in range(50):
        assert ask(connection, "GET", "/hello") == (200, b"Hello, World!")
        assert ask(connection, "HEAD", "/bytes/1000") == (200, b"")
        assert ask(connection, "GET", f"/chunked/{number}") == (200, b"x" * number)
        assert ask(connection, "POST", "/echo", b"y" * number) == (200, b"y" * number)
        assert connection.sock is sock, "another connection"
    connection.close()


@check("a chunked upload comes back")
def chunked():
    pieces = [os.urandom(size) for size in (1, 10, 1000, 70000, 3)]
    connection = connect()
    for _ in range(10):
        got = ask(connection, "PUT", "/echo", iter(pieces), encode_chunked=True)
        assert got == (200, b"".join(pieces))
    connection.close()


@check("a request in HTTP/1.0")
def old_version():
    connection = connect()
    connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"
    assert ask(connection, "GET", "/chunked/100000") == (200, b"x" * 100000)


@check("what nobody reads does not get into the next answer")
def unread():
    connection = connect()
    for _ in range(20):
        # Its status is 405: the body is thrown away, and the connection kept.
        assert ask(connection, "POST", "/hello", b"GET /headers HTTP/1.1\r\n\r\n" * 100)[0] == 405
        assert ask(connection, "GET", "/hello") == (200, b"Hello, World!")
    connection.close()


# http.client sends all before it reads anything: nothing of the answer may be lost to a reset.
@check("a refusal while 900 KB are on their way is read whole")
def refused():
    for _ in range(20):
        connection = connect()
        assert ask(connection, "POST", "/nothing", bytes(900_000)) == (404, b"not found\n")
        connection.close()


@check("a refusal while more is sent than the server will read")
def refused_far():
    connection = connect()
    try:
        connection.request("POST", "/nothing", bytes(100_000_000))
    except (BrokenPipeError, ConnectionResetError):
        pass
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (404, b"not found\n")


@check("three requests in one write, the last one closes")
def pipelined():
    request = b"GET /chunked/5 HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"POST /upper HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"
    with socket.create_connection(("127.0.0.1", PORT), 10) as sock:
        sock.sendall(request + request + last)
        # It is heard though our side is closed.
        sock.shutdown(socket.SHUT_WR)
        answers = Unclosed(sock)
        for body in (b"xxxxx", b"xxxxx", b"ABC\n"):
            answer = http.client.HTTPResponse(answers)
            answer.begin()
            assert (answer.status, answer.read()) == (200, body)
        assert answers.read() == b""


sys.exit(failed > 0)
