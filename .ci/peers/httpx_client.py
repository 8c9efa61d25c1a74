"""httpx against the example `reference`: a line for each check."""

import asyncio
import os
import sys
import traceback

import httpx

BASE = f"http://127.0.0.1:{sys.argv[1]}"
failed = 0


def check(name):
    def run(function):
        global failed
        try:
            function()
            print(f"ok    httpx: {name}", flush=True)
        except Exception:
            failed += 1
            print(f"fail  httpx: {name}\n{traceback.format_exc()}", flush=True)

    return run


def client():
    return httpx.Client(base_url=BASE, timeout=10, limits=httpx.Limits(max_connections=1))


def pieces(count, size):
    for _ in range(count):
        yield bytes(size)


@check("50 requests on a pool of one connection")
def keeps_alive():
    with client() as one:
        streams = set()
        for _ in range(50):
            answer = one.get("/hello")
            assert (answer.status_code, answer.text) == (200, "Hello, World!")
            address = answer.extensions["network_stream"].get_extra_info("client_addr")
            streams.add(address)
        assert len(streams) == 1, streams


@check("uploads with a length and in chunks come back")
def uploads():
    noise = os.urandom(200_000)
    with client() as one:
        assert one.post("/echo", content=noise).content == noise
        parts = (noise[at : at + 7001] for at in range(0, len(noise), 7001))
        assert one.put("/echo", content=parts).content == noise


@check("a download of 30 MB, piece by piece")
def download():
    with client() as one, one.stream("GET", "/chunked/30000000") as answer:
        assert sum(len(piece) for piece in answer.iter_bytes()) == 30_000_000


@check("a refusal while a long upload is on its way")
def refused():
    with client() as one:
        for _ in range(10):
            answer = one.post("/nothing", content=pieces(400, 250_000))
            assert (answer.status_code, answer.text) == (404, "not found\n")
        assert one.get("/hello").status_code == 200


@check("HEAD, OPTIONS, and statuses of refusals")
def methods():
    with client() as one:
        answer = one.head("/bytes/1000")
        assert (answer.headers["content-length"], answer.content) == ("1000", b"")
        answer = one.options("/echo")
        assert (answer.status_code, answer.headers["allow"]) == (204, "POST, PUT, OPTIONS")
        assert one.delete("/echo").status_code == 405


@check("64 at once")
def at_once():
    async def ask():
        async with httpx.AsyncClient(base_url=BASE, timeout=20) as many:
            asked = (many.post("/upper", content=b"abc %d" % n) for n in range(64))
            return await asyncio.gather(*asked)

    assert [answer.text for answer in asyncio.run(ask())] == [f"ABC {n}\n" for n in range(64)]


sys.exit(failed > 0)
