// curl, each connection a process; what it prints is read by eventsource-parser.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';

const FLAGS = ['--no-buffer', '--silent', '--fail', '--noproxy', '*',
  '--write-out', '%{stderr}%{http_code}'];

class Follower {
  #lastId = '';
  #retry = 3000;
  #closed = false;

  constructor(inbox, url, headers) {
    this.inbox = inbox;
    this.url = url;
    this.headers = headers;
    this.#follow();
  }

  close() {
    this.#closed = true;
    this.process?.kill();
  }

  async #follow() {
    while (!this.#closed) {
      const status = await this.#once();
      if (status >= 400) {
        this.inbox.refused(status);
        return;
      }
      if (!this.#closed) await sleep(this.#retry);
    }
  }

  async #once() {
    const headers = { ...this.headers, ...(this.#lastId && { 'Last-Event-ID': this.#lastId }) };
    const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    this.process = spawn('curl', [...FLAGS, ...fields, this.url],
      { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    this.process.stderr.on('data', (text) => { said += text; });
    this.process.stdout.setEncoding('utf8').once('data', () => this.inbox.opened());
    const parser = createParser({
      onEvent: ({ event, data, id }) => {
        this.#lastId = id ?? this.#lastId;
        this.inbox.take(event, data, id);
      },
      onRetry: (ms) => { this.#retry = ms; },
    });
    this.process.stdout.on('data', (text) => parser.feed(text));
    await once(this.process, 'close');
    return Number(said);
  }
}

export default {
  name: 'curl',
  callerReconnects: true,
  cannot: {},
  open(inbox, url, { headers }) {
    const follower = new Follower(inbox, url, headers);
    return () => follower.close();
  },
};
