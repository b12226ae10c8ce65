// What the page shows of the wire, compared with the wire, and its lessons.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { eventually, pageTest } from './harness.mjs';

const LESSON_LIMIT_MS = 45_000;

/** All that the server sends on a connection of its own for this stream. */
async function tap(server, path) {
  const [host, port] = server.address.split(':');
  const socket = connect(Number(port), host);
  const wire = { text: '', end: () => socket.destroy() };
  socket.setEncoding('utf8').on('data', (text) => { wire.text += text; });
  await once(socket, 'connect');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
  await eventually(async () => assert.match(wire.text, /rivulet\n\r\n$/));
  return wire;
}

const spans = (visitor, kind) =>
  visitor.page.locator(`#wire .${kind}`).allTextContents();

async function says(visitor, pattern) {
  await eventually(async () => assert.match(
    await visitor.page.locator('#lesson').textContent(), pattern), LESSON_LIMIT_MS);
}

pageTest('the frames shown are those on the wire, chunk framing too', {},
  async (visitor) => {
    await visitor.add('ana', { topics: 'news' });
    const wire = await tap(visitor.server, '/stream/ana');
    await visitor.field('Event name').fill('forecast');
    await visitor.publish('sun é\n\nrain', 'ana');
    await eventually(async () => assert.match(wire.text, /id: .*\n\n\r\n$/));
    wire.end();
    const sent = wire.text.slice(wire.text.lastIndexOf('rivulet\n\r\n') + 10);
    const shown = sent.replaceAll('\r\n', '\\r\\n¶').replaceAll('\n', '\\n¶').replaceAll('¶', '\n');
    await eventually(async () => assert.ok(
      (await visitor.page.locator('#wire').textContent()).endsWith(shown), shown));
    assert.match((await spans(visitor, 'piece')).at(-1), /^one piece: 1 frame, \d+ B\n$/);
    assert.deepEqual(await spans(visitor, 'event'), ['event: forecast\\n\n']);
    assert.deepEqual(await spans(visitor, 'data'),
      ['data: sun é\\n\n', 'data: \\n\n', 'data: rain\\n\n']);
    assert.match((await spans(visitor, 'id')).join(), /^id: [0-9a-f]+-1\\n\n$/);
    assert.match((await spans(visitor, 'retry')).join(), /^retry: \d+\\n\n$/);
    assert.deepEqual(await spans(visitor, 'comment'), [': rivulet\\n\n']);
    assert.match((await spans(visitor, 'request')).join(''),
      /^GET \/stream\/ana\?topic=news HTTP\/1\.1\n\n$/);
    assert.match((await spans(visitor, 'head')).join(''),
      /^HTTP\/1\.1 200 OK\n[^]*content-type: text\/event-stream\n/);
    await visitor.page.getByText('The sizes shown are computed').waitFor();
  });

pageTest('a page that came over HTTP/2 says so, and shows no chunks', {
  prepare: (page) => page.addInitScript(() => {
    Object.defineProperty(PerformanceResourceTiming.prototype, 'nextHopProtocol', { get: () => 'h2' });
  }),
}, async (visitor) => {
  await visitor.add('ana');
  await eventually(async () => assert.match(await visitor.page.locator('#wire').textContent(),
    /^GET \/stream\/ana HTTP\/2\n\nHTTP\/2 200[^]*\nretry: \d+\\n\n: rivulet\\n\n$/));
  assert.deepEqual(await spans(visitor, 'size'), []);
  await visitor.page.getByText('This page came over HTTP/2').waitFor();
  assert.equal(await visitor.page.getByText('The sizes shown').isVisible(), false);
  assert.match(await visitor.page.locator('#live-count').textContent(), /of 60 connections/);
});

pageTest('another connection can be picked', {}, async (visitor) => {
  await visitor.add('ana');
  await visitor.add('bob');
  const picked = visitor.page.locator('#wire .request').first();
  assert.match(await picked.textContent(), /ana/);
  await visitor.field('Client').selectOption('bob');
  assert.match(await picked.textContent(), /bob/);
  await visitor.button('Remove ana').click();
  assert.match(await picked.textContent(), /bob/);
});

pageTest('there are no lessons without a client', {}, async (visitor) => {
  const lesson = visitor.button('Cut my connection');
  assert.equal(await lesson.isDisabled(), true);
  await visitor.add('ana');
  assert.equal(await lesson.isEnabled(), true);
  await visitor.button('Close ana').click();
  await lesson.click();
  await says(visitor, /connect it first/);
});

for (const topics of ['', 'news']) {
  pageTest(`a cut connection gets what it missed${topics && ' on its topic'}`, {},
    async (visitor) => {
      await visitor.add('ana', { topics });
      await visitor.button('Cut my connection').click();
      await says(visitor, /Three events are published.*said “Last-Event-ID: [0-9a-f]+-1”, and got all three/);
      await visitor.shows(0, ['before the cut', 'missed 1', 'missed 2', 'missed 3']);
      assert.match((await spans(visitor, 'request')).join(''), /Last-Event-ID: [0-9a-f]+-1\n/);
      assert.equal(await visitor.button('Cut my connection').isEnabled(), true);
    });
}

pageTest('a server without a history has nothing to give back', {
  server: ['--history-events', '0'],
}, async (visitor) => {
  await visitor.add('ana');
  await visitor.button('Cut my connection').click();
  await says(visitor, /keeps no history/);
});

pageTest('a slow client is served from the history, ended, and told of the gap', {
  server: ['--history-bytes', '4MiB'], expectedErrors: [/404/, /ERR_/],
}, async (visitor) => {
  await visitor.add('ana');
  await visitor.publish('hello');
  await visitor.button('Make me slow').click();
  await says(visitor, /the history, which all share/);
  await says(visitor, /ended this stream as too slow.*“event: gap” told it what is gone/);
  await visitor.becomes(0, 'open');
  assert.match(visitor.server.log, /msg=stream-end id=ana .*reason=slow/);
  await eventually(async () => assert.equal(await visitor.figure('dropped'), '1'));
});

pageTest('a burst comes in far fewer pieces than events', {}, async (visitor) => {
  await visitor.add('ana');
  await visitor.button('Burst of 1,000').click();
  await says(visitor, /1,000 events came: \d+/);
  const text = await visitor.page.locator('#lesson').textContent();
  assert.ok(Number(/came: (\d+)/.exec(text)[1]) < 200, text);
  await eventually(async () => assert.equal(await visitor.count(0), '1,000 events'));
  assert.match(await visitor.page.locator('#wire').textContent(), /… and \d+ frames more/);
});

pageTest('a lesson that may not publish says what is missing', {
  server: ['--publish-token', 'a-token-of-the-test'], expectedErrors: [/401/],
}, async (visitor) => {
  await visitor.add('ana');
  for (const name of ['Cut my connection', 'Make me slow', 'Burst of 1,000']) {
    await visitor.button(name).click();
    await says(visitor, /401 .*“Tokens”/);
    await eventually(async () => assert.equal(await visitor.button(name).isEnabled(), true));
  }
  await visitor.becomes(0, 'open');
});
