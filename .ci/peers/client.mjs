// node's http, fetch and sockets against the example `reference`: a line for each check.

import assert from "node:assert/strict";
import http from "node:http";
import net from "node:net";
import { once } from "node:events";
import { randomBytes } from "node:crypto";

const port = Number(process.argv[2]);
const base = `http://127.0.0.1:${port}`;
let failed = 0;

async function check(name, run) {
    let timer;
    const late = new Promise((_, no) => {
        timer = setTimeout(no, 15000, new Error("15 seconds are over"));
    });
    try {
        await Promise.race([run(), late]);
        console.log(`ok    node: ${name}`);
    } catch (error) {
        failed += 1;
        console.log(`fail  node: ${name}\n${error.stack}`);
    }
    clearTimeout(timer);
}

async function whole(stream) {
    const pieces = [];
    for await (const piece of stream) pieces.push(piece);
    return Buffer.concat(pieces);
}

async function ask(options, body) {
    const request = http.request({ host: "127.0.0.1", port, ...options });
    // Whoever is refused while it sends may see that as a failure of its sending, too.
    request.on("error", () => {});
    request.end(body);
    const [answer] = await once(request, "response");
    return { request, answer, body: await whole(answer) };
}

await check("100 requests of an agent with one socket", async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set();
    for (let n = 0; n < 100; n += 1) {
        const { request, body } = await ask({ agent, path: `/bytes/${n}` });
        assert.equal(body.toString(), "x".repeat(n));
        ports.add(request.socket.localPort);
    }
    agent.destroy();
    assert.equal(ports.size, 1);
});

await check("a chunked upload comes back", async () => {
    const noise = randomBytes(3_000_000);
    const request = http.request({ host: "127.0.0.1", port, path: "/echo", method: "POST" });
    const sending = (async () => {
        for (let at = 0; at < noise.length; at += 9001) {
            if (!request.write(noise.subarray(at, at + 9001))) await once(request, "drain");
        }
        // Trailers behind a body are read, and nobody takes them for a request.
        request.addTrailers({ "X-Sum": "7" });
        request.end();
    })();
    const [answer] = await once(request, "response");
    const [body] = await Promise.all([whole(answer), sending]);
    assert.ok(body.equals(noise));
});

await check("trailers are heard", async () => {
    const headers = { "Transfer-Encoding": "chunked" };
    const { answer, body } = await ask({ path: "/measured", method: "PUT", headers }, "abcde");
    assert.equal(body.toString(), "abcde");
    assert.deepEqual(answer.trailers, { "x-length": "5" });
});

await check("Expect: 100-continue", async () => {
    const headers = { Expect: "100-continue", "Content-Length": 5 };
    const request = http.request({ host: "127.0.0.1", port, path: "/upper", method: "POST", headers });
    // Upper case is streamed: the head of the answer may come in one packet with the 100.
    const response = once(request, "response");
    request.flushHeaders();
    await once(request, "continue");
    request.end("hello");
    const [answer] = await response;
    assert.equal((await whole(answer)).toString(), "HELLO\n");
});

await check("a refusal while 900 KB are on their way is read whole", async () => {
    for (let n = 0; n < 20; n += 1) {
        const { answer, body } = await ask({ path: "/nothing", method: "POST" }, Buffer.alloc(900_000));
        assert.equal(answer.statusCode, 404);
        assert.equal(body.toString(), "not found\n");
    }
});

await check("fetch: 50 at once, and an upload", async () => {
    const texts = await Promise.all(
        Array.from({ length: 50 }, async (_, n) => (await fetch(`${base}/chunked/${n}`)).text()),
    );
    assert.deepEqual(texts, texts.map((_, n) => "x".repeat(n)));
    const answer = await fetch(`${base}/upper`, { method: "POST", body: "hello" });
    assert.equal(await answer.text(), "HELLO\n");
});

await check("fetch: an upload while its answer is read", async () => {
    const pieces = Array.from({ length: 300 }, () => randomBytes(10_000));
    const body = ReadableStream.from(pieces);
    const answer = await fetch(`${base}/echo`, { method: "POST", body, duplex: "half" });
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(Buffer.concat(pieces)));
});

await check("a socket: 16 requests in one write, answered in order", async () => {
    const socket = net.connect(port, "127.0.0.1");
    let requests = "";
    for (let n = 0; n < 16; n += 1) requests += `GET /bytes/${n} HTTP/1.1\r\nHost: a\r\n\r\n`;
    socket.end(requests.replace(/\r\n\r\n$/, "\r\nConnection: close\r\n\r\n"));
    const bytes = (await whole(socket)).toString();
    const lengths = [...bytes.matchAll(/^content-length: (\d+)\r$/gim)].map((found) => Number(found[1]));
    assert.deepEqual(lengths, Array.from({ length: 16 }, (_, n) => n));
    assert.equal(bytes.match(/HTTP\/1\.1 200 OK\r/g).length, 16);
});

process.exit(failed > 0 ? 1 : 0);
