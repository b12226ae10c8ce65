// The clients of the page: adding, closing and removing them, their ids, their
// lists and their limit.
import assert from 'node:assert/strict';
import { eventually, pageTest } from './harness.mjs';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

async function connected(visitor) {
  return (await fetch(`${visitor.server.origin}/clients`)).json();
}

async function position(visitor, at) {
  return visitor.panel(at).locator('.log').evaluate((log) => ({
    top: log.scrollTop,
    below: log.scrollHeight - log.scrollTop - log.clientHeight,
  }));
}

async function publishMany(visitor, from, to) {
  for (let n = from; n <= to; n += 1) {
    await fetch(`${visitor.server.origin}/publish/status/n${n}`);
  }
}

pageTest('the page without clients says how to begin', {}, async (visitor) => {
  await visitor.page.getByText('No clients yet.').waitFor();
  assert.equal(await visitor.panels.count(), 0);
  assert.equal(await visitor.page.title(), 'Rivulet');
  assert.equal(await visitor.addButton.isEnabled(), true);
});

pageTest('a client without a typed id gets a random one', {}, async (visitor) => {
  await visitor.add();
  await visitor.add();
  const ids = [await visitor.id(0), await visitor.id(1)];
  assert.match(ids[0], UUID);
  assert.match(ids[1], UUID);
  assert.notEqual(ids[0], ids[1]);
  assert.deepEqual((await connected(visitor)).sort(), ids.sort());
  assert.equal(await visitor.page.getByText('No clients yet.').isVisible(), false);
});

pageTest('ids are random also where the browser has no randomUUID', {
  prepare: (page) => page.addInitScript(() => { delete Crypto.prototype.randomUUID; }),
}, async (visitor) => {
  assert.equal(await visitor.page.evaluate(() => typeof crypto.randomUUID), 'undefined');
  await visitor.add();
  assert.match(await visitor.id(0), UUID);
});

pageTest('a typed id reaches the server as it was typed', {}, async (visitor) => {
  const ids = ["a/b?c#d%2e&'e\"", 'jörg 🦊', '<b>ana</b>', '...'];
  for (const id of ids) await visitor.add(id);
  assert.deepEqual((await connected(visitor)).sort(), [...ids].sort());
  for (const [at, id] of ids.entries()) {
    assert.equal(await visitor.id(at), id);
    await visitor.publish(`for ${id}`, id);
    await visitor.shows(at, [`for ${id}`]);
  }
});

pageTest('Enter in the id field adds a client and empties the field', {}, async (visitor) => {
  await visitor.newId.fill('ana');
  await visitor.newId.press('Enter');
  await visitor.becomes(0, 'open');
  assert.equal(await visitor.id(0), 'ana');
  assert.equal(await visitor.newId.inputValue(), '');
});

pageTest('an id that cannot be is refused with the reason', {}, async (visitor) => {
  const refusals = [
    ['🦊'.repeat(33), /132 bytes.*128/],
    ['a\tb', /control characters/],
    ['.', /“\.” cannot be sent/],
    ['..', /“\.\.” cannot be sent/],
  ];
  for (const [id, reason] of refusals) {
    await visitor.newId.fill(id);
    await visitor.addButton.click();
    assert.match(await visitor.page.locator('#add-problem').textContent(), reason);
    assert.equal(await visitor.newId.getAttribute('aria-invalid'), 'true');
  }
  assert.equal(await visitor.panels.count(), 0);
  assert.deepEqual(await connected(visitor), []);
});

pageTest('text with half a character in it is refused with the reason', {},
  async (visitor) => {
    // Only a script can put a lone surrogate into a field.
    await visitor.page.evaluate(() => {
      document.querySelector('#new-id').value = '\ud83e';
      document.querySelector('#add').click();
      document.querySelector('#status').value = '\ud83e';
      document.querySelector('#publish').click();
    });
    assert.match(await visitor.page.locator('#add-problem').textContent(),
      /The id holds half a character/);
    await visitor.complains(/The status holds half a character/);
    assert.equal(await visitor.panels.count(), 0);
  });

pageTest('an id of 128 bytes is accepted', {}, async (visitor) => {
  await visitor.add('🦊'.repeat(32));
  assert.deepEqual(await connected(visitor), ['🦊'.repeat(32)]);
});

pageTest('two panels with one id both receive, and one goes on when the other closes', {},
  async (visitor) => {
    await visitor.add('ana');
    await visitor.add('ana');
    await visitor.publish('first', 'ana');
    await visitor.shows(0, ['first']);
    await visitor.shows(1, ['first']);
    await visitor.panel(0).getByRole('button', { name: 'Close' }).click();
    await visitor.becomes(0, 'closed');
    await visitor.publish('second', 'ana');
    await visitor.shows(1, ['first', 'second']);
    await visitor.shows(0, ['first']);
    assert.equal(await visitor.count(0), '1 event');
    assert.equal(await visitor.count(1), '2 events');
  });

pageTest('four clients are the most, and the page says why', {}, async (visitor) => {
  const why = visitor.page.getByText('six HTTP/1.1 connections');
  for (const id of ['a', 'b', 'c']) await visitor.add(id);
  assert.equal(await why.isVisible(), false);
  await visitor.add('d');
  assert.equal(await visitor.addButton.isDisabled(), true);
  assert.equal(await why.isVisible(), true);
  assert.equal(await visitor.page.locator('#live-count').textContent(), '4 of 4');

  await visitor.publish('still works');
  await visitor.answers(/^200 Ok/);
  for (const at of [0, 1, 2, 3]) await visitor.shows(at, ['still works']);

  await visitor.button('Close client b').click();
  assert.equal(await visitor.addButton.isEnabled(), true);
  assert.equal(await why.isVisible(), false);
  await visitor.add('e');
  assert.equal(await visitor.button('Connect client b').isDisabled(), true);
  await visitor.button('Remove client a').click();
  await visitor.button('Connect client b').click();
  await visitor.becomes(0, 'open');
  assert.equal(await visitor.addButton.isDisabled(), true);
});

pageTest('closing a client ends its stream at the server', {}, async (visitor) => {
  await visitor.add('ana');
  await visitor.button('Close client ana').click();
  assert.equal(await visitor.state(0), 'closed');
  await eventually(async () => assert.deepEqual(await connected(visitor), []));
  await visitor.button('Connect client ana').click();
  await visitor.becomes(0, 'open');
  assert.deepEqual(await connected(visitor), ['ana']);
});

pageTest('removing a client ends its stream and keeps the keyboard in place', {},
  async (visitor) => {
    await visitor.add('ana');
    await visitor.add('bob');
    await visitor.button('Remove client ana').press('Enter');
    assert.equal(await visitor.panels.count(), 1);
    const focused = () => visitor.page.evaluate(() =>
      document.activeElement.getAttribute('aria-label') ?? document.activeElement.id);
    assert.equal(await focused(), 'Remove client bob');
    await visitor.page.keyboard.press('Enter');
    assert.equal(await focused(), 'new-id');
    await visitor.page.getByText('No clients yet.').waitFor();
    await eventually(async () => assert.deepEqual(await connected(visitor), []));
  });

pageTest('the list follows the newest event until its reader scrolls up', {},
  async (visitor) => {
    await visitor.add('ana');
    await publishMany(visitor, 1, 40);
    await eventually(async () => assert.equal(await visitor.count(0), '40 events'));
    await eventually(async () => assert.ok((await position(visitor, 0)).below <= 1));
    const { top } = await position(visitor, 0);
    assert.ok(top > 0, 'the list is longer than its window');

    await visitor.panel(0).locator('.log').evaluate((log) => { log.scrollTop = 50; });
    await eventually(async () => assert.equal((await position(visitor, 0)).top, 50));
    await publishMany(visitor, 41, 43);
    await visitor.button('↓ 3 new').waitFor();
    assert.equal((await position(visitor, 0)).top, 50);

    await visitor.button('↓ 3 new').click();
    await eventually(async () => assert.ok((await position(visitor, 0)).below <= 1));
    await publishMany(visitor, 44, 44);
    await eventually(async () => assert.equal(await visitor.count(0), '44 events'));
    await eventually(async () => assert.ok((await position(visitor, 0)).below <= 1));
    assert.equal(await visitor.panel(0).locator('.newest').isVisible(), false);
  });

pageTest('the list keeps the last 500 events and counts all', {}, async (visitor) => {
  await visitor.add('ana');
  await publishMany(visitor, 1, 520);
  await eventually(async () => assert.equal(await visitor.count(0), '520 events'));
  const lines = await visitor.lines(0);
  assert.equal(lines.length, 500);
  assert.equal(lines[0], 'Status: n21');
  assert.equal(lines[499], 'Status: n520');
});

pageTest('a client that is refused says so and can connect again', {
  expectedErrors: [/503/],
}, async (visitor) => {
  await visitor.page.route('**/stream/*', (route) =>
    route.fulfill({ status: 503, contentType: 'text/plain', body: 'full' }));
  await visitor.newId.fill('ana');
  await visitor.addButton.click();
  await visitor.becomes(0, 'closed');
  await visitor.panel(0).getByText('the browser gave up').waitFor();
  await visitor.page.unroute('**/stream/*');
  await visitor.button('Connect client ana').click();
  await visitor.becomes(0, 'open');
  assert.equal(await visitor.panel(0).locator('.note').isVisible(), false);
});
