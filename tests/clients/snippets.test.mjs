// The publishers that README.md gives to copy do publish: each is run as it
// stands there, but for the address, where its runtime is installed.
//
// A block that starts with ```LANGUAGE publishes RUNTIME is one of them.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Listener, Server } from './server.mjs';

const README = new URL('../../README.md', import.meta.url);
const SHOWN = 'http://localhost:3000';
const TOKEN = 'the-token-of-this-test-0123';
const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ALWAYS = ['curl', 'node', 'python3'];
const run = promisify(execFile);

const PROJECT = (version) => `<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup>
<OutputType>Exe</OutputType><TargetFramework>net${version}</TargetFramework>
<ImplicitUsings>enable</ImplicitUsings></PropertyGroup></Project>`;

let folder;
let server;

before(async () => {
  folder = await mkdtemp(`${tmpdir()}/rivulet-snippets-`);
  await writeFile(`${folder}/tokens`, `${TOKEN}\n`, { mode: 0o600 });
  await writeFile(`${folder}/index.html`, '<!doctype html><title>.</title>' +
    '<script src="token.js"></script><script type="module" src="snippet.js"></script>');
  await writeFile(`${folder}/token.js`, `globalThis.token = '${TOKEN}';`);
  server = await Server.start('--publish-token-file', `${folder}/tokens`, '--www', folder);
});

after(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

const origin = () => `http://127.0.0.1:${server.port}`;

function runs(...command) {
  return run(command[0], command.slice(1), {
    cwd: folder,
    env: { ...process.env, RIVULET_TOKEN: TOKEN, no_proxy: '*', GOCACHE: `${folder}/go`,
      GO111MODULE: 'off', DOTNET_CLI_HOME: folder, DOTNET_NOLOGO: '1' },
  });
}

/** How to run `file` by each runtime; gives what it prints. */
const RUNTIMES = {
  curl: { file: 'snippet.sh', run: (file) => runs('sh', file) },
  node: { file: 'snippet.mjs', run: (file) => runs('node', file) },
  python3: { file: 'snippet.py', run: (file) => runs('python3', file) },
  go: { file: 'snippet.go', run: (file) => runs('go', 'run', file) },
  php: { file: 'snippet.php', run: (file) => runs('php', file) },
  dotnet: {
    file: 'Program.cs',
    async run() {
      const { stdout } = await runs('dotnet', '--version');
      const version = /^\d+\.\d+/.exec(stdout)[0];
      await writeFile(`${folder}/snippet.csproj`, PROJECT(version));
      return runs('dotnet', 'run');
    },
  },
};

async function isInstalled(runtime) {
  const command = runtime === 'browser' ? BROWSER : runtime;
  return run('sh', ['-c', 'command -v "$0"', command]).then(() => true, () => false);
}

async function publishesOnce(publish) {
  const listener = await Listener.open(server, '/stream?topic=weather');
  await publish();
  const [event] = await listener.waitFor(1);
  listener.socket.destroy();
  assert.equal(event.event, 'forecast');
  assert.deepEqual(JSON.parse(event.data), { lisbon: 'sun' });
  assert.equal(listener.events.length, 1);
}

/** The page of this server is the snippet; the event says that it ran. */
async function inBrowser(text) {
  await writeFile(`${folder}/snippet.js`, text);
  const browser = spawn(BROWSER, ['--headless', '--no-sandbox', '--disable-gpu',
    '--no-first-run', '--remote-debugging-port=0', `--user-data-dir=${folder}/profile`, origin()],
  { stdio: 'ignore', detached: true });
  const exit = once(browser, 'exit');
  return async () => {
    process.kill(-browser.pid, 'SIGKILL');
    await exit;
  };
}

const readme = await readFile(README, 'utf8');
const snippets = [...readme.matchAll(/^```\w+ publishes (\w+)\n([^]*?)^```$/gm)]
  .map(([, runtime, text]) => ({ runtime, text }));

test('the README has a publisher for each', () => {
  assert.deepEqual(snippets.map(({ runtime }) => runtime).sort(),
    ['browser', ...Object.keys(RUNTIMES)].sort());
});

for (const { runtime, text } of snippets) {
  test(`${runtime} publishes as the README has it`, { timeout: 120_000 }, async (context) => {
    if (!ALWAYS.includes(runtime) && !await isInstalled(runtime)) {
      context.skip(`there is no ${runtime}`);
      return;
    }
    assert.ok(text.includes(SHOWN));
    const own = text.replaceAll(SHOWN, origin());
    if (runtime === 'browser') {
      let close;
      await publishesOnce(async () => { close = await inBrowser(own); })
        .finally(() => close?.());
      return;
    }
    const { file, run: publish } = RUNTIMES[runtime];
    await writeFile(`${folder}/${file}`, own);
    await publishesOnce(async () => {
      const { stdout } = await publish(file);
      assert.match(stdout, /receivers\W+1\b/);
    });
  });
}
