// Every client of the field plays every case that its API makes possible, and
// the README's matrix says how it went.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { after, describe, test } from 'node:test';
import chromium from './adapters/chromium.mjs';
import curl from './adapters/curl.mjs';
import eventsource from './adapters/eventsource.mjs';
import eventsourceParser from './adapters/eventsource-parser.mjs';
import fetchEventSource from './adapters/fetch-event-source.mjs';
import launchdarkly, { launchdarklyWith } from './adapters/launchdarkly-eventsource.mjs';
import python from './adapters/python.mjs';
import reconnecting from './adapters/reconnecting-eventsource.mjs';
import { CASES, ownTimeout } from './cases.mjs';
import { inReadme, Matrix } from './matrix.mjs';
import { Stage } from './stage.mjs';

const README = new URL('../../README.md', import.meta.url);
const ALL = [chromium, eventsource, reconnecting, launchdarkly, fetchEventSource,
  eventsourceParser, curl, python];
const CLIENTS = ALL.filter(({ isInstalled = true }) => isInstalled);
const LIMIT_MS = 60_000;

const matrix = new Matrix(CLIENTS, CASES);

async function play(adapter, wanted) {
  const stage = await Stage.open(adapter, wanted);
  try {
    await wanted.play(stage);
  } finally {
    await stage.close();
  }
}

after(() => chromium.stop());

describe('clients', { concurrency: 3 }, () => {
  test('launchdarkly-eventsource loses nothing by an agent that ends silent sockets',
    { timeout: LIMIT_MS },
    () => play(launchdarklyWith(() => http.globalAgent), { play: ownTimeout }));
  for (const wanted of CASES) {
    for (const adapter of CLIENTS) {
      test(`${adapter.name}: ${wanted.title}`, { timeout: LIMIT_MS }, async (context) => {
        const reason = adapter.cannot[wanted.key];
        if (reason) {
          context.skip(reason);
          return;
        }
        await play(adapter, wanted);
        matrix.passed(adapter, wanted);
      });
    }
  }
});

test('the README shows how it went', async (context) => {
  if (CLIENTS.length < ALL.length) {
    context.skip('a client is not installed');
    return;
  }
  const shown = await readFile(README, 'utf8');
  const current = inReadme(shown, matrix.markdown());
  if (process.env.RIVULET_README === 'write') await writeFile(README, current);
  else assert.ok(shown === current, 'README.md: not current: scripts/readme-clients');
});
