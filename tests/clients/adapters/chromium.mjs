// Chromium's own EventSource, in one page for all cases. The page takes what to
// do from a stream of this process, and posts back what it was told:
//
//   this process ──/commands──> page ──EventSource──> server of the case
//        └────────<── /said ──────┘
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { until } from '../wait.mjs';

const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run',
  '--disable-background-networking', '--disable-component-update',
  '--disable-background-timer-throttling', '--remote-debugging-port=0'];

/** What runs in the page. */
function inPage() {
  const sources = new Map();
  const said = [];
  let posting = false;

  async function say(what) {
    said.push(what);
    if (posting) return;
    posting = true;
    while (said.length > 0) {
      await fetch('/said', { method: 'POST', body: JSON.stringify(said.splice(0)) });
    }
    posting = false;
  }

  function open({ key, url, names, cookie }) {
    if (cookie) document.cookie = cookie;
    const source = new EventSource(url, { withCredentials: Boolean(cookie) });
    sources.set(key, source);
    source.onopen = () => say({ key, opened: true });
    source.onerror = () => { if (source.readyState === EventSource.CLOSED) say({ key, closed: true }); };
    for (const name of names) {
      source.addEventListener(name, ({ type, data, lastEventId }) =>
        say({ key, type, data, id: lastEventId }));
    }
  }

  new EventSource('/commands').onmessage = ({ data }) => {
    const command = JSON.parse(data);
    if (command.url) open(command);
    else sources.get(command.key).close();
  };
}

class Browser {
  #inboxes = [];
  #page = null;  // the answer that carries commands

  async start() {
    this.desk = http.createServer((request, answer) => this.#answer(request, answer));
    this.desk.listen(0, '127.0.0.1');
    await once(this.desk, 'listening');
    this.origin = `http://127.0.0.1:${this.desk.address().port}`;
    this.folder = await mkdtemp(`${tmpdir()}/rivulet-chromium-`);
    this.process = spawn(BROWSER, [...FLAGS, `--user-data-dir=${this.folder}`, this.origin],
      { stdio: 'ignore', detached: true });
    this.exit = once(this.process, 'exit');
    process.once('exit', () => this.#kill());
    await until(() => this.#page, 'a page in Chromium');
    return this;
  }

  async stop() {
    this.#kill();
    await this.exit;
    this.desk.close();
    this.desk.closeAllConnections();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #kill() {
    if ((this.process.exitCode ?? this.process.signalCode) !== null) return;
    process.kill(-this.process.pid, 'SIGKILL');
  }

  open(inbox, command) {
    const key = this.#inboxes.push(inbox) - 1;
    this.#command({ key, ...command });
    return () => this.#command({ key });
  }

  #command(what) { this.#page.write(`data: ${JSON.stringify(what)}\n\n`); }

  async #answer(request, answer) {
    if (request.url === '/commands') {
      answer.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(': \n');
      this.#page = answer;
      return;
    }
    if (request.url === '/said') {
      const parts = await request.toArray();
      for (const said of JSON.parse(Buffer.concat(parts))) this.#hear(said);
    }
    answer.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
    answer.end(request.url === '/' ? `<!doctype html><script>(${inPage})()</script>` : '');
  }

  #hear({ key, opened, closed, type, data, id }) {
    if (opened) this.#inboxes[key].opened();
    else if (closed) this.#inboxes[key].refused('closed');
    else this.#inboxes[key].take(type, data, id);
  }
}

let starting;
let browser;

export default {
  name: 'EventSource of Chromium',
  isInstalled: existsSync(BROWSER),
  cannot: {
    header: 'it cannot set a field of the request',
    says: 'it does not say which answer it was',
  },
  /** What the server of a case has to be told: whose page it is. */
  async prepare() {
    starting ??= new Browser().start();
    browser = await starting;
    return ['--allow-origin', browser.origin];
  },
  async stop() { await (await starting)?.stop(); },
  open(inbox, url, { headers, names }) {
    return browser.open(inbox, { url, names, cookie: headers.Cookie });
  },
};
