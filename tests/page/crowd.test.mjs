// What the page costs: its bytes and requests, its first paint, and how it
// feels with a thousand clients and a hundred events a second.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { eventually, pageTest } from './harness.mjs';

const MAX_BYTES = 40_000;
const MAX_REQUESTS = 24;
const FIRST_PAINT_MS = 300;
const ANSWERED_MS = 100;
const EVENT_EVERY_MS = 10;
const KEYS = 60;
const MAX_BUSY = 0.6;

/** Publishes to everyone for as long as it is not stopped. */
function publishSteadily(server) {
  const body = request(`${server.origin}/publish`,
    { method: 'POST', headers: { 'Content-Type': 'text/event-stream' } });
  let sent = 0;
  const timer = setInterval(() => {
    sent += 1;
    body.write(`data: steady ${sent}\n\n`);
  }, EVENT_EVERY_MS);
  return {
    sent: () => sent,
    stop: () => new Promise((resolve) => {
      clearInterval(timer);
      body.on('response', (answer) => answer.resume().on('end', resolve));
      body.end();
    }),
  };
}

// Before the page loads: what moves by itself, what is painted when, and how
// long after a key or click its frame is there.
const measure = (page) => page.addInitScript(() => {
  window.measured = { shifts: [], paints: {}, slow: [], answered: [] };
  const observe = (options, take) => new PerformanceObserver((list) =>
    list.getEntries().forEach(take)).observe({ buffered: true, ...options });
  observe({ type: 'layout-shift' }, ({ hadRecentInput, value, sources }) => {
    if (!hadRecentInput) window.measured.shifts.push([value, sources.map(({ node }) => node?.id || node?.className || node?.nodeName)]);
  });
  observe({ type: 'paint' }, ({ name, startTime }) => { window.measured.paints[name] = startTime; });
  observe({ type: 'event', durationThreshold: 16 }, ({ name, duration }) => window.measured.slow.push([name, duration]));
  addEventListener('keydown', (event) => {
    requestAnimationFrame(() => setTimeout(() =>
      window.measured.answered.push(performance.now() - event.timeStamp)));
  }, true);
});

const measured = (visitor) => visitor.page.evaluate(() => window.measured);

pageTest('the page is small, in few requests, and painted at once', {
  prepare: measure,
}, async (visitor) => {
  const { page } = visitor;
  await page.evaluate(() => document.querySelector('#language').click());
  await page.getByText('O servidor agora').waitFor();
  await page.evaluate(() => fetch('/slow.js').then((file) => file.text())); // a lesson's
  const files = await page.evaluate(() => [
    ...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .map(({ name, transferSize, encodedBodySize }) => ({ name, transferSize, encodedBodySize }))
    .filter(({ name }) => !/\/(clients|stats)/.test(name)));
  assert.ok(files.some(({ name }) => name.endsWith('/pt.js')), 'Portuguese counts too');
  assert.ok(files.some(({ name }) => name.endsWith('/favicon.svg')));
  assert.ok(files.length <= MAX_REQUESTS, `${files.length} requests`);
  const bytes = files.reduce((sum, file) => sum + Math.max(file.transferSize, file.encodedBodySize), 0);
  assert.ok(bytes < MAX_BYTES, `${bytes} bytes, heads included`);
  // The soonest of three visits: what the page takes, whatever else runs here.
  const paints = [];
  for (let visit = 0; visit < 3; visit += 1) {
    await page.waitForFunction(() => 'first-contentful-paint' in window.measured.paints);
    paints.push((await measured(visitor)).paints['first-contentful-paint']);
    await page.reload();
  }
  const paint = Math.min(...paints);
  assert.ok(paint < FIRST_PAINT_MS, `${paint} ms`);
  console.log(`# ${files.length} requests, ${bytes} bytes with their heads, first paint after ${Math.round(paint)} ms`);
});

pageTest('nothing moves by itself while events arrive', { prepare: measure },
  async (visitor) => {
    for (const id of ['ana', 'bob', 'eva', 'rui']) await visitor.add(id);
    await visitor.publish('ping');
    await visitor.answers(/^200/);
    const publisher = publishSteadily(visitor.server);
    await eventually(async () => assert.ok(publisher.sent() > 300));
    await publisher.stop();
    await eventually(async () => assert.equal(await visitor.count(3), `${publisher.sent() + 1} events`));
    const { shifts } = await measured(visitor);
    assert.deepEqual(shifts, []);
  });

/** How long `KEYS` keys took to be answered, 95 of 100 of them at most. */
async function typing(visitor) {
  await visitor.page.evaluate(() => { window.measured.answered = []; window.measured.slow = []; });
  await visitor.data.fill('');
  for (let n = 0; n < KEYS; n += 1) await visitor.data.press('a');
  await visitor.page.waitForFunction((keys) => window.measured.answered.length >= keys, KEYS);
  const { answered, slow } = await measured(visitor);
  const keys = slow.filter(([name]) => name === 'keydown').map(([, duration]) => duration);
  const all = [...answered, ...keys].sort((a, b) => a - b);
  return { most: all.at(-1), usual: all[Math.floor(all.length * 0.95)] };
}

pageTest('with 1,000 clients and 100 events a second, input is answered within 100 ms', {
  prepare: measure,
}, async (visitor) => {
  const { page } = visitor;
  await visitor.add('crowd', { number: 1000, topics: 'news' });
  await visitor.becomes(0, 'open');
  assert.equal(await page.locator('#live-count').textContent(), '1,000 on 1 of 4 connections');
  await page.getByText('share a connection').waitFor();
  // What this machine, with what else it has to do, needs without any event.
  const quiet = await typing(visitor);
  const publisher = publishSteadily(visitor.server);
  await eventually(async () => assert.ok(publisher.sent() > 50));
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busy = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration').value;
  };
  const [before, began] = [await busy(), Date.now()];
  const loud = await typing(visitor);
  await visitor.button('Later clients').click();
  await visitor.field('Filter').pressSequentially('steady 1');
  const share = (await busy() - before) / ((Date.now() - began) / 1000);
  await publisher.stop();
  console.log(`# keys answered within ${Math.round(loud.most)} ms, 95 % within ${Math.round(loud.usual)} ms; without events ${Math.round(quiet.most)} and ${Math.round(quiet.usual)} ms; main thread ${Math.round(100 * share)} % busy`);
  assert.ok(loud.usual <= Math.max(ANSWERED_MS, 2 * quiet.usual), JSON.stringify({ loud, quiet }));
  assert.ok(share < MAX_BUSY, `the main thread is busy for ${share} of the time`);
  await visitor.field('Filter').fill('');
  await eventually(async () => assert.equal(
    await visitor.count(0), `${publisher.sent().toLocaleString('en')} events`));
});
