// The pages of README.md's "Put it to use", as they stand there, but for where the
// server is: handed out as the README has it, by `pages`, and seen by a browser.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { BROWSER, BROWSER_FLAGS, eventually, Server } from './harness.mjs';

const README = fileURLToPath(new URL('../../README.md', import.meta.url));
const SHOWN = 'http://localhost:3000';
const MARKUP = '<img src=x onerror="document.title=1"> & "é"';

const readme = await readFile(README, 'utf8');
const examples = new Map([...readme.matchAll(/^```(\w+) example (\S+)\n([^]*?)^```$/gm)]
  .map(([, language, name, text]) => [`${language} ${name}`, text]));

let folder;
let files; // the process that hands them out
let origin; // of the pages
let browser;

/** Starts what hands out the pages; gives the flags of the server beside it. */
async function handOut() {
  const [python, rivulet] = examples.get('sh pages').trim().split('\n');
  const shown = /--allow-origin (http:\/\/localhost):8000$/.exec(rivulet);
  assert.ok(python.endsWith(' 8000 &') && shown, 'the port of the pages');
  // Port 0 is a free one, which it says.
  files = spawn('sh', ['-c', `exec ${python.replace(/ 8000 &$/, ' 0')}`], {
    cwd: folder, env: { ...process.env, PYTHONUNBUFFERED: '1' },
    stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  for await (const text of files.stdout.iterator({ destroyOnReturn: false })) {
    said += text;
    if (said.includes(' port ')) break;
  }
  origin = `${shown[1]}:${/ port (\d+)/.exec(said)[1]}`;
}

before(async () => {
  folder = await mkdtemp(`${tmpdir()}/rivulet-examples-`);
  await mkdir(`${folder}/pages`);
  await handOut();
  browser = await chromium.launch({ executablePath: BROWSER, args: BROWSER_FLAGS });
});

after(async () => {
  await browser?.close();
  files?.kill();
  await rm(folder, { recursive: true });
});

/** Whoever looks at the examples with one browser, and publishes with curl. */
class Visit {
  constructor(server, context) {
    this.server = server;
    this.context = context;
    this.faults = [];
    context.on('weberror', (error) => this.faults.push(`${error.error()}`));
    context.on('console', (message) => {
      if (message.type() === 'error') this.faults.push(message.text());
    });
  }

  async open(name, query = '') {
    const page = await this.context.newPage();
    await page.goto(`${origin}/${name}.html${query}`);
    return page;
  }

  async publish(data, query) {
    await promisify(execFile)('curl', ['-sS', '--fail-with-body', '--noproxy', '*',
      '--data-raw', data, `${this.server.origin}/publish?${query}`]);
  }
}

async function shows(page, selector, expected) {
  await eventually(async () => assert.deepEqual(
    await page.locator(selector).allTextContents(), expected));
}

/** A test of the page `name`, beside a server with these options. */
function exampleTest(what, name, body, options = ['--allow-origin', '{origin}']) {
  test(what, { timeout: 60_000 }, async () => {
    const server = await Server.start('127.0.0.1:0',
      options.map((option) => option.replace('{origin}', origin)));
    const context = await browser.newContext();
    const visit = new Visit(server, context);
    try {
      const text = examples.get(`html ${name}`);
      assert.ok(text.includes(SHOWN));
      await writeFile(`${folder}/pages/${name}.html`, text.replaceAll(SHOWN, server.origin));
      await body(visit);
      assert.deepEqual(visit.faults.filter((fault) => !/favicon|404/.test(fault)), []);
    } finally {
      await context.close();
      await visit.server.stop();
    }
  });
}

const progress = (state, done, total) => JSON.stringify({ state, done, total });
const bar = (page) => page.locator('progress').evaluate(({ value, max }) => [value, max]);

exampleTest('the bar moves with the job, and says how it ended', 'backup', async (visit) => {
  const page = await visit.open('backup');
  await shows(page, 'output', ['nothing is known of it']);
  for (const [state, done] of [['running', 0], ['running', 1], ['failed', 1]]) {
    await visit.publish(progress(state, done, 4), 'topic=backup&event=progress');
    await shows(page, 'output', [`${done} of 4, ${state}`]);
    assert.deepEqual(await bar(page), [done, 4]);
  }
});

exampleTest('the bar is right for whoever comes late', 'backup', async (visit) => {
  for (const done of [0, 1, 2]) {
    await visit.publish(progress('running', done, 3), 'topic=backup&event=progress');
  }
  const page = await visit.open('backup');
  await shows(page, 'output', ['2 of 3, running']);
  assert.deepEqual(await bar(page), [2, 3]);
});

exampleTest('the log shows what is held, then what comes, as text', 'log', async (visit) => {
  await visit.publish('held', 'topic=web');
  const page = await visit.open('log', '?topic=web');
  await shows(page, 'pre > div', ['held']);
  await visit.publish(MARKUP, 'topic=web');
  await visit.publish('', 'topic=web');
  await visit.publish('of another', 'topic=log');
  await visit.publish('last', 'topic=web');
  await shows(page, 'pre > div', ['held', MARKUP, ' ', 'last']);
  assert.equal(await page.title(), 'Log');
});

exampleTest('the log keeps a thousand lines, and its end in sight', 'log', async (visit) => {
  const page = await visit.open('log');
  const below = () => page.evaluate(() => {
    const { scrollHeight, scrollTop, clientHeight } = document.documentElement;
    return scrollHeight - scrollTop - clientHeight;
  });
  const lines = Array.from({ length: 1200 }, (_, n) => `line ${n}`);
  await promisify(execFile)('bash', ['-c',
    `printf 'data: %s\\n\\n' "$@" | curl -sS --noproxy '*' -T - -H 'Content-Type: text/event-stream' \
      '${visit.server.origin}/publish?topic=log'`, 'bash', ...lines]);
  await shows(page, 'pre > div', lines.slice(200));
  assert.ok(await below() < 2, `${await below()}`);
  await page.evaluate(() => { document.documentElement.scrollTop = 0; });
  await visit.publish('while one reads further up', 'topic=log');
  await eventually(async () => assert.equal(
    await page.locator('pre > div').last().textContent(), 'while one reads further up'));
  assert.ok(await below() > 1000);
});

exampleTest('the log says where lines are missing', 'log', async (visit) => {
  const page = await visit.open('log');
  await visit.publish('before', 'topic=log');
  await shows(page, 'pre > div', ['before']);
  visit.server.process.kill('SIGKILL');
  await visit.server.exit;
  visit.server = await Server.start(visit.server.address, ['--allow-origin', origin]);
  await shows(page, 'pre > div', ['before', '… lines are missing here …']);
  await visit.publish('after', 'topic=log');
  await shows(page, 'pre > div', ['before', '… lines are missing here …', 'after']);
  visit.faults = visit.faults.filter((fault) => !/net::ERR_/.test(fault));
}, ['--allow-origin', '{origin}', '--retry', '100ms']);

async function say(page, who, what) {
  await page.locator('[name=who]').fill(who);
  await page.locator('[name=what]').fill(what);
  await page.getByRole('button').click();
}

exampleTest('what one says in a room, all in it read, in one order', 'chat', async (visit) => {
  assert.equal(examples.get('html chat').trim().split('\n').length <= 30, true);
  const room = '?room=salt%26pepper';
  const [ana, bob, eve] = [await visit.open('chat', room), await visit.open('chat', room),
    await visit.open('chat', '?room=salt')];
  await say(bob, 'Bob', 'hello');
  await shows(bob, 'li', ['Bob: hello']);
  assert.equal(await bob.locator('[name=what]').inputValue(), '');
  await say(ana, 'Ana', MARKUP);
  await shows(ana, 'li', ['Bob: hello', `Ana: ${MARKUP}`]);
  await shows(bob, 'li', ['Bob: hello', `Ana: ${MARKUP}`]);
  const late = await visit.open('chat', room);
  await shows(late, 'li', ['Bob: hello', `Ana: ${MARKUP}`]);
  await say(eve, 'Eve', 'anybody here?');
  await shows(eve, 'li', ['Eve: anybody here?']);
  await shows(ana, 'li', ['Bob: hello', `Ana: ${MARKUP}`]);
  assert.equal(await ana.title(), 'Chat');
});

exampleTest('what could not be said stays, with the reason', 'chat', async (visit) => {
  const page = await visit.open('chat');
  await say(page, 'Ana', 'hello');
  await shows(page, 'output', ['the server is away']);
  assert.equal(await page.locator('[name=what]').inputValue(), 'hello');
  // The answer may not be read either by a page that is not listed.
  visit.faults = visit.faults.filter((fault) => !/CORS policy|net::ERR_|403/.test(fault));
}, ['--allow-origin', 'http://another.example']);

exampleTest('where pages are not listed but may read, it says that they may not publish', 'chat',
  async (visit) => {
    const page = await visit.open('chat');
    await say(page, 'Ana', 'hello');
    await shows(page, 'output', ['pages of another origin may publish when allow-origin lists it\n']);
    visit.faults = visit.faults.filter((fault) => !/403/.test(fault));
  }, []);

test('a page with a script in its HTML does not run as the server\'s own', async () => {
  const server = await Server.start('127.0.0.1:0', ['--www', `${folder}/pages`]);
  const page = await browser.newPage();
  try {
    const text = examples.get('html backup').replace('<title>Backup',
      '<script>document.title = "it runs"</script><title>Backup');
    await writeFile(`${folder}/pages/index.html`, text);
    await page.goto(server.origin);
    assert.equal(await page.title(), 'Backup');
  } finally {
    await page.close();
    await server.stop();
  }
});
