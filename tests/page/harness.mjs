// What every page test stands on: a server of its own, a fresh browser
// context, words for the parts of the page, and the checks that hold for any
// visit: no console error, no policy violation, no foreign request, and a
// server that ends with 0 on SIGTERM. Waiting is always for a condition.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const SERVER = process.env.RIVULET_BIN ??
  fileURLToPath(new URL('../../build/rivulet', import.meta.url));
export const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const BROWSER_FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update',
  '--disable-sync',
];
const TEST_LIMIT_MS = 60_000;
const CONDITION_LIMIT_MS = 15_000;
const POLL_MS = 20;

/** Repeats `step` until it no longer throws; past the limit its error counts. */
export async function eventually(step, limitMs = CONDITION_LIMIT_MS) {
  const deadline = Date.now() + limitMs;
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
  }
}

/** Runs one line in bash and gives its standard output. */
export async function shell(line) {
  const { stdout } = await promisify(execFile)('bash', ['-c', line]);
  return stdout.trim();
}

export class Server {
  /** Its first address is `address`; with an admin-listen, that one is `admin`. */
  static async start(listen = '127.0.0.1:0', options = [], listeners = 1) {
    const server = new Server();
    server.process = spawn(SERVER, ['--listen', listen, ...options],
      { stdio: ['ignore', 'ignore', 'pipe'] });
    server.exit = new Promise((resolve) => {
      server.process.once('exit', (code, signal) => resolve(signal ?? code));
      server.process.once('error', (error) => resolve(error.message));
    });
    const addresses = await server.#listening(listeners);
    server.address = addresses.find(({ admin }) => !admin).address;
    server.admin = addresses.find(({ admin }) => admin)?.address;
    server.origin = `http://${server.address}`;
    return server;
  }

  async stop() {
    this.process.kill('SIGTERM');
    assert.equal(await this.exit, 0, `exit status; log:\n${this.log}`);
  }

  #listening(listeners) {
    this.log = '';
    return new Promise((resolve, reject) => {
      this.process.stderr.setEncoding('utf8').on('data', (text) => {
        this.log += text;
        const lines = this.log.split('\n').slice(0, -1)
          .filter((line) => line.includes('msg=listening '));
        if (lines.length < listeners) return;
        resolve(lines.map((line) => ({
          address: /address="?([^\s"]+)/.exec(line)[1],
          admin: line.includes('routes=admin'),
        })));
      });
      this.exit.then((how) => reject(new Error(
        `the server ended (${how}) before it listened:\n${this.log}`)));
    });
  }
}

/** The page in the words of someone who uses it. */
export class Visitor {
  constructor(page, server) {
    this.page = page;
    this.server = server;
  }

  get clients() { return this.page.locator('.client'); }
  client(at) { return this.clients.nth(at); }
  state(at) { return this.client(at).locator('.state').textContent(); }
  count(at) { return this.client(at).locator('.count').textContent(); }
  id(at) { return this.client(at).locator('.id').textContent(); }
  get target() { return this.field('To'); }
  get data() { return this.field('Data'); }
  get newId() { return this.field('Id'); }
  get addButton() { return this.button('Add'); }
  get log() { return this.page.getByRole('log', { name: 'Event log' }); }
  get answer() { return this.page.locator('#publish-answer'); }
  get problem() { return this.page.locator('#publish-problem'); }
  curlLine() { return this.page.locator('#curl').textContent(); }
  field(name) { return this.page.getByLabel(name, { exact: true }); }
  button(name) { return this.page.getByRole('button', { name, exact: true }); }
  figure(name) { return this.page.locator(`#live-${name}`).textContent(); }

  /** The data of what the log shows, of client `id` or of all. */
  async lines(id) {
    const lines = this.log.locator('li');
    const own = id === undefined ? lines
      : lines.filter({ has: this.page.locator(`.from:text-is(${JSON.stringify(id)})`) });
    return own.locator('.data').allTextContents();
  }

  /** Adds clients and waits until the first of them is open. */
  async add(id = '', { topics = '', number = 1 } = {}) {
    const at = await this.clients.count();
    await this.newId.fill(id);
    await this.field('Topics').fill(topics);
    await this.field('How many').fill(String(number));
    await this.addButton.click();
    if (number === 1) await this.becomes(at, 'open');
  }

  /** Has the page's own tokens field take a token. */
  async useToken(token, label = 'To publish and to see the figures') {
    const field = this.field(label);
    if (!await field.isVisible()) await this.page.getByText('Tokens', { exact: true }).click();
    await field.fill(token);
    await field.press('Enter');
  }

  async becomes(at, state, limitMs) {
    await eventually(async () => assert.equal(await this.state(at), state),
      limitMs);
  }

  /** Publishes to client `to`, or to everyone. */
  async publish(data, to) {
    await this.target.selectOption(to === undefined ? 'all' : `id:${to}`);
    await this.data.fill(data);
    await this.button('Publish').click();
  }

  /** Waits until the log shows exactly this data for the client at `at`. */
  async shows(at, expected) {
    const id = await this.id(at);
    await eventually(async () => assert.deepEqual(await this.lines(id), expected));
  }

  async answers(pattern) {
    await eventually(async () => assert.match(await this.answer.textContent(), pattern));
    assert.equal(await this.problem.textContent(), '');
  }

  async complains(pattern) {
    await eventually(async () => assert.match(await this.problem.textContent(), pattern));
    assert.equal(await this.answer.textContent(), '');
  }
}

let browser;

/**
 * A test of the page. `options`: `listen`, `host`, `server` (more options, with
 * `{name}` for the path of one of `files`) and `listeners` of the server, `admin`
 * for the page on its admin address, `context` for the browser context, `prepare(page)` before the
 * page loads, and `expectedErrors`, patterns of console errors that the test
 * itself causes.
 */
export function pageTest(name, options, body) {
  test(name, { timeout: TEST_LIMIT_MS }, async () => {
    browser ??= await chromium.launch({ executablePath: BROWSER, args: BROWSER_FLAGS });
    const folder = await mkdtemp(`${tmpdir()}/rivulet-page-`);
    for (const [name, content] of Object.entries(options.files ?? {})) {
      await writeFile(`${folder}/${name}`, content, { mode: 0o600 });
    }
    const flags = (options.server ?? []).map((flag) =>
      flag.replace(/\{(\w+)\}/, `${folder}/$1`));
    const server = await Server.start(options.listen, flags, options.listeners);
    const address = options.admin ? server.admin : server.address;
    const origin = `http://${options.host ?? address}`;
    const context = await browser.newContext(options.context);
    const faults = watch(context, origin, options.expectedErrors ?? []);
    const page = await context.newPage();
    const visitor = new Visitor(page, server);
    try {
      await options.prepare?.(page);
      await page.goto(origin);
      await body(visitor);
      assert.deepEqual(faults, []);
    } finally {
      await context.close();
      await visitor.server.stop();
      await rm(folder, { recursive: true });
    }
  });
}

after(() => browser?.close());

function watch(context, origin, expectedErrors) {
  const faults = [];
  context.on('console', (message) => {
    const text = message.text();
    const expected = expectedErrors.some((pattern) => pattern.test(text));
    if (message.type() === 'error' && !expected) faults.push(`console: ${text}`);
  });
  context.on('weberror', (error) => faults.push(`script: ${error.error()}`));
  context.on('request', (request) => {
    // A blob of the page's own, which it exports, is no request to anybody.
    if (new URL(request.url()).origin !== origin) {
      faults.push(`foreign request: ${request.url()}`);
    }
  });
  context.exposeFunction('reportViolation', (text) => faults.push(`policy: ${text}`));
  context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) =>
      globalThis.reportViolation(`${event.violatedDirective} ${event.blockedURI}`));
  });
  return faults;
}
