// The event log: what it shows, follows and keeps, its filter, pause and export.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { eventually, pageTest } from './harness.mjs';

async function position(visitor) {
  return visitor.log.evaluate((log) => ({
    top: log.scrollTop,
    below: log.scrollHeight - log.scrollTop - log.clientHeight,
  }));
}

async function publishMany(visitor, from, to) {
  for (let n = from; n <= to; n += 1) {
    await fetch(`${visitor.server.origin}/publish/status/n${n}`);
  }
}

const counts = (visitor, expected) => eventually(async () =>
  assert.equal(await visitor.page.locator('#log-count').textContent(), expected));

pageTest('the log follows the newest event until its reader scrolls up', {},
  async (visitor) => {
    await visitor.add('ana');
    await publishMany(visitor, 1, 40);
    await counts(visitor, '40 events');
    await eventually(async () => assert.ok((await position(visitor)).below <= 1));
    assert.ok((await position(visitor)).top > 0, 'the list is longer than its window');

    await visitor.log.evaluate((log) => { log.scrollTop = 50; });
    await eventually(async () => assert.equal((await position(visitor)).top, 50));
    await publishMany(visitor, 41, 43);
    await counts(visitor, '43 events');
    await visitor.button('↓ Newest').waitFor();
    assert.equal((await position(visitor)).top, 50);

    await visitor.button('↓ Newest').click();
    await eventually(async () => assert.ok((await position(visitor)).below <= 1));
    await publishMany(visitor, 44, 44);
    await counts(visitor, '44 events');
    await eventually(async () => assert.ok((await position(visitor)).below <= 1));
    assert.equal(await visitor.button('↓ Newest').isVisible(), false);
  });

pageTest('the log keeps the last 500 events and counts all', {}, async (visitor) => {
  await visitor.add('ana');
  await publishMany(visitor, 1, 1100);
  await counts(visitor, '1,100 events');
  const lines = await visitor.lines();
  assert.equal(lines.length, 500);
  assert.equal(lines[0], 'n601');
  assert.equal(lines[499], 'n1100');
});

pageTest('the filter shows what has the text in its client, name or data', {},
  async (visitor) => {
    await visitor.add('ana');
    await visitor.add('bob');
    await visitor.publish('to Ana alone', 'ana');
    await visitor.field('Event name').fill('alarm');
    await visitor.publish('to bob', 'bob');
    await visitor.shows(1, ['to bob']);
    const filter = visitor.field('Filter');
    for (const [text, shown] of [
      ['ANA', ['to Ana alone']], ['bob', ['to bob']], ['alarm', ['to bob']],
      ['to ', ['to Ana alone', 'to bob']], ['nothing', []], ['', ['to Ana alone', 'to bob']],
    ]) {
      await filter.fill(text);
      assert.deepEqual(await visitor.lines(), shown, text);
    }
    await filter.fill('later');
    await visitor.publish('not this');
    await visitor.publish('the later one', 'ana');
    await eventually(async () => assert.deepEqual(await visitor.lines(), ['the later one']));
  });

pageTest('a paused log stands still, and shows what came when it goes on', {},
  async (visitor) => {
    await visitor.add('ana');
    await visitor.publish('one');
    await visitor.shows(0, ['one']);
    await visitor.button('Pause').click();
    assert.equal(await visitor.button('Pause').getAttribute('aria-pressed'), 'true');
    await visitor.publish('two');
    await counts(visitor, '2 events');
    assert.deepEqual(await visitor.lines(), ['one']);
    await visitor.button('Pause').click();
    await visitor.shows(0, ['one', 'two']);
    await visitor.button('Clear').click();
    assert.deepEqual(await visitor.lines(), []);
    await counts(visitor, '0 events');
  });

pageTest('the export has each shown event as a line of JSON', {
  context: { acceptDownloads: true },
}, async (visitor) => {
  await visitor.add('ana');
  await visitor.publish('one\ntwo é');
  await visitor.field('Event name').fill('n');
  await visitor.publish('three');
  await visitor.shows(0, ['one\ntwo é', 'three']);
  const download = visitor.page.waitForEvent('download');
  await visitor.button('Export').click();
  const file = await download;
  assert.equal(file.suggestedFilename(), 'rivulet-events.jsonl');
  const lines = (await readFile(await file.path(), 'utf8')).trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line));
  assert.deepEqual(events.map(({ client, event, data }) => [client, event, data]),
    [['ana', 'message', 'one\ntwo é'], ['ana', 'n', 'three']]);
  assert.match(events[1].id, /-2$/);
});
