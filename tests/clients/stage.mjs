// Where a case plays: a server, a proxy in front of it, and clients of one kind.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Inbox } from './inbox.mjs';
import { Proxy } from './proxy.mjs';
import { Server } from './server.mjs';
import { until } from './wait.mjs';

export const KEY = 'the-key-of-this-test-0123456789abcdef';
export const PUBLISH_TOKEN = 'the-token-of-this-test-0123';

export class Stage {
  #closers = [];

  /** With `guarded`, publishers and listeners need tokens. */
  static async open(adapter, { options = [], guarded = false }) {
    const stage = new Stage();
    stage.adapter = adapter;
    stage.folder = await mkdtemp(`${tmpdir()}/rivulet-clients-`);
    stage.options = ['--retry', '100ms', ...options, ...await adapter.prepare?.() ?? []];
    stage.publishHeaders = {};
    if (guarded) await stage.#guard();
    stage.server = await Server.start(...stage.options);
    stage.proxy = await Proxy.start(stage.server.port);
    return stage;
  }

  async #guard() {
    for (const [name, text] of [['keys', KEY], ['tokens', PUBLISH_TOKEN]]) {
      await writeFile(`${this.folder}/${name}`, `${text}\n`, { mode: 0o600 });
    }
    this.options.push('--subscribe-key-file', `${this.folder}/keys`,
      '--publish-token-file', `${this.folder}/tokens`);
    this.publishHeaders = { Authorization: `Bearer ${PUBLISH_TOKEN}` };
  }

  async close() {
    for (const close of this.#closers) close();
    this.proxy.stop();
    await this.server.stop();
    await rm(this.folder, { recursive: true });
  }

  get origin() { return `http://127.0.0.1:${this.server.port}`; }

  /** A client of the kind at hand, through the proxy; not yet open. */
  join(path, { headers = {}, names = [] } = {}) {
    const inbox = new Inbox();
    this.#closers.push(this.adapter.open(inbox, `http://127.0.0.1:${this.proxy.port}${path}`,
      { headers, names: ['message', 'gap', ...names] }));
    return inbox;
  }

  /** The same, once it is open. */
  async subscribe(path, how) {
    const inbox = this.join(path, how);
    await until(() => inbox.opens > 0, 'a stream that opens');
    return inbox;
  }

  async publish(data, path = '/publish', headers = {}) {
    const answer = await fetch(this.origin + path, {
      method: 'POST', body: data, headers: { ...this.publishHeaders, ...headers },
    });
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    return JSON.parse(text);
  }

  /** Publishes events that hold these numbers, as one body; gives their data. */
  async publishNumbers(from, to, size = 0) {
    const numbers = Array.from({ length: to - from }, (_, n) => `${from + n} `.padEnd(size, 'x'));
    const body = numbers.map((data) => `data: ${data}\n\n`).join('');
    await this.publish(body, '/publish', { 'Content-Type': 'text/event-stream' });
    return numbers;
  }

  async clients() {
    return (await fetch(`${this.origin}/clients`)).json();
  }

  /** The server is gone, by `how`: 'stop' or 'kill'. Another takes its place. */
  async replaceServer(how) {
    this.proxy.refusing = true;
    await this.server[how]();
    this.server = await Server.start(...this.options);
    this.proxy.target = this.server.port;
    this.proxy.refusing = false;
  }

  async logged(pattern) {
    await until(() => pattern.test(this.server.log),
      () => `${pattern} in the log:\n${this.server.log}`);
  }
}
