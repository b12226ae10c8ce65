// A server of its own, a publisher that pipelines bodies in chunks, and a
// listener that takes the events off the wire with the strictest of readers.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { fileURLToPath } from 'node:url';

const BINARY = process.env.RIVULET_BIN ??
  fileURLToPath(new URL('../../build/rivulet', import.meta.url));

export class Server {
  static async start(...options) {
    const server = new Server();
    server.process = spawn(BINARY, ['--listen', '127.0.0.1:0', ...options],
      { stdio: ['ignore', 'ignore', 'pipe'] });
    server.exit = once(server.process, 'exit');
    server.log = '';
    for await (const text of server.process.stderr.iterator({ destroyOnReturn: false })) {
      server.log += text;
      const found = /msg=listening address=127\.0\.0\.1:(\d+)/.exec(server.log);
      if (!found) continue;
      server.port = Number(found[1]);
      break;
    }
    server.process.stderr.on('data', (text) => { server.log += text; });
    assert.ok(server.port, `it does not listen; log:\n${server.log}`);
    return server;
  }

  /** Ends it, cleanly and without a sanitizer's report. */
  async stop() {
    this.process.kill('SIGTERM');
    const [code, signal] = await this.exit;
    assert.equal(signal ?? code, 0, `exit status; log:\n${this.log}`);
    assert.doesNotMatch(this.log, /Sanitizer|runtime error/);
  }

  /** Ends it as a crash does. */
  async kill() {
    this.process.kill('SIGKILL');
    await this.exit;
    assert.doesNotMatch(this.log, /Sanitizer|runtime error/);
  }

  connect() {
    return net.connect({ port: this.port, host: '127.0.0.1', noDelay: true });
  }
}

const HEAD = 'POST /publish HTTP/1.1\r\nHost: rivulet.test\r\n' +
  'Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';

/** A request whose body comes in chunks, one for each piece. */
function requestOf(pieces) {
  const parts = [Buffer.from(HEAD)];
  for (const piece of pieces) {
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  parts.push(Buffer.from('0\r\n\r\n'));
  return Buffer.concat(parts);
}

/** Publishes each body, in order over one connection; gives the answers. */
export async function publishAll(server, bodies, atOnce = 50) {
  const socket = server.connect();
  const answers = [];
  let sent = 0;
  let buffer = '';
  const send = () => {
    while (sent < bodies.length && sent - answers.length < atOnce) {
      socket.write(requestOf(bodies[sent++]));
    }
  };
  send();
  for await (const data of socket) {
    buffer += data.toString('latin1');
    for (;;) {
      const end = buffer.indexOf('\r\n\r\n');
      if (end < 0) break;
      const length = Number(/content-length: *(\d+)/i.exec(buffer.slice(0, end))[1]);
      if (buffer.length < end + 4 + length) break;
      const body = buffer.slice(end + 4, end + 4 + length);
      assert.match(buffer, /^HTTP\/1\.1 200 /, `body ${answers.length}: ${body}`);
      answers.push(JSON.parse(body));
      buffer = buffer.slice(end + 4 + length);
    }
    send();
    if (answers.length === bodies.length) break;
  }
  assert.equal(answers.length, bodies.length, 'the connection ended early');
  return answers;
}

const EVENT = /^(?:event: ([^\n\r]+)\n)?((?:data: [^\n\r]*\n)+)id: ([0-9a-f]+-[1-9][0-9]*)\n$/;

function readEvent(text) {
  const found = EVENT.exec(text);
  assert.ok(found, `not an event as Rivulet writes them: ${JSON.stringify(text)}`);
  const data = found[2].split('\n').slice(0, -1).map((line) => line.slice('data: '.length));
  return { event: found[1] ?? '', data: data.join('\n'), id: found[3] };
}

/** Collects what a stream receives; HTTP/1.0, so without chunks. */
export class Listener {
  events = [];
  #text = '';
  #head = true;
  #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  static async open(server, path = '/stream') {
    const listener = new Listener();
    listener.socket = server.connect();
    listener.socket.write(`GET ${path} HTTP/1.0\r\n\r\n`);
    listener.socket.on('data', (data) => listener.#take(data));
    while (listener.#head) await once(listener.socket, 'data');
    return listener;
  }

  #take(data) {
    this.#text += this.#decoder.decode(data, { stream: true });
    if (this.#head) {
      const opening = /^HTTP\/1\.1 200 [^]*?\r\n\r\nretry: \d+\n:.*\n/.exec(this.#text);
      if (!opening) return;
      this.#text = this.#text.slice(opening[0].length);
      this.#head = false;
    }
    const parts = this.#text.split('\n\n');
    this.#text = parts.pop();
    for (const part of parts) this.events.push(readEvent(`${part}\n`));
  }

  async waitFor(count) {
    while (this.events.length < count) await once(this.socket, 'data');
    return this.events;
  }
}
