// The clients of the page: adding, closing and removing them, their ids, their
// topics, the connections they share, and the limit.
import assert from 'node:assert/strict';
import { eventually, pageTest } from './harness.mjs';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

async function connected(visitor) {
  return (await fetch(`${visitor.server.origin}/clients`)).json();
}

async function streams(visitor) {
  return (await fetch(`${visitor.server.origin}/clients?detail=1`)).json();
}

pageTest('the page without clients says how to begin', {}, async (visitor) => {
  await visitor.page.getByText('No clients yet.').waitFor();
  assert.equal(await visitor.clients.count(), 0);
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
  const ids = ["a/b?c#d%2e&'e", 'jörg 🦊', '<b>ana</b>', '...'];
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

pageTest('what cannot be an id, a topic or a number is refused with the reason', {},
  async (visitor) => {
    const refusals = [
      ['🦊'.repeat(33), '', 1, /132 bytes.*128/],
      ['a\tb', '', 1, /control characters/],
      ['.', '', 1, /“\.” cannot be sent/],
      ['..', '', 1, /“\.\.” cannot be sent/],
      ['ana', 'a b#c', 1, /none of the characters/],
      ['ana', 'x'.repeat(129), 1, /129 bytes.*128/],
      ['ana', Array.from({ length: 65 }, (_, n) => n).join(' '), 1, /at most 64 topics/],
      ['ana', '', 0, /1 to 1,000/],
      ['ana', '', 1001, /1 to 1,000/],
      ['ana', '', '', /1 to 1,000/],
    ];
    for (const [id, topics, number, reason] of refusals) {
      await visitor.newId.fill(id);
      await visitor.field('Topics').fill(topics);
      await visitor.field('How many').fill(String(number));
      await visitor.addButton.click();
      assert.match(await visitor.page.locator('#add-problem').textContent(), reason);
      assert.equal(await visitor.newId.getAttribute('aria-invalid'), String(id !== 'ana'));
    }
    assert.equal(await visitor.clients.count(), 0);
    assert.deepEqual(await connected(visitor), []);
  });

pageTest('text with half a character in it is refused with the reason', {},
  async (visitor) => {
    // Only a script can put a lone surrogate into a field.
    await visitor.page.evaluate(() => {
      document.querySelector('#new-id').value = '\ud83e';
      document.querySelector('#add').click();
      document.querySelector('#data').value = '\ud83e';
      document.querySelector('#publish').click();
    });
    assert.match(await visitor.page.locator('#add-problem').textContent(),
      /The id holds half a character/);
    await visitor.complains(/The data holds half a character/);
    assert.equal(await visitor.clients.count(), 0);
  });

pageTest('an id of 128 bytes is accepted', {}, async (visitor) => {
  await visitor.add('🦊'.repeat(32));
  assert.deepEqual(await connected(visitor), ['🦊'.repeat(32)]);
});

pageTest('two clients with one id both receive, and one goes on when the other closes', {},
  async (visitor) => {
    await visitor.add('ana');
    await visitor.add('ana');
    assert.equal((await streams(visitor)).length, 2);
    await visitor.publish('first', 'ana');
    for (const at of [0, 1]) {
      await eventually(async () => assert.equal(await visitor.count(at), '1 event'));
    }
    await visitor.client(0).getByRole('button', { name: 'Close' }).click();
    await visitor.becomes(0, 'closed');
    await visitor.publish('second', 'ana');
    await eventually(async () => assert.equal(await visitor.count(1), '2 events'));
    assert.equal(await visitor.count(0), '1 event');
    assert.deepEqual(await visitor.lines('ana'), ['first', 'first', 'second']);
  });

pageTest('topics are what the client subscribes to and gets', {}, async (visitor) => {
  await visitor.add('ana', { topics: 'news, sport news' });
  await visitor.add('bob', { topics: 'news' });
  assert.equal(await visitor.client(0).locator('.topics').textContent(), 'news sport');
  assert.deepEqual((await streams(visitor)).map(({ topics }) => topics), [['news', 'sport'], ['news']]);
  await visitor.target.selectOption('topic');
  for (const [topic, data] of [['sport', 'goal'], ['news, sport', 'both']]) {
    await visitor.field('Topic').fill(topic);
    await visitor.data.fill(data);
    await visitor.button('Publish').click();
  }
  await visitor.shows(0, ['goal', 'both']);
  await visitor.shows(1, ['both']);
});

pageTest('four connections are the most, and the page says why', {}, async (visitor) => {
  const why = visitor.page.locator('#limit');
  for (const id of ['a', 'b', 'c']) await visitor.add(id);
  assert.equal(await why.isVisible(), false);
  await visitor.add('d');
  assert.match(await why.textContent(), /six HTTP\/1\.1 connections/);
  assert.equal(await visitor.page.locator('#live-count').textContent(), '4 on 4 of 4 connections');
  await visitor.newId.fill('e');
  await visitor.addButton.click();
  assert.match(await visitor.page.locator('#add-problem').textContent(), /No connection is free/);
  assert.equal(await visitor.clients.count(), 4);

  await visitor.publish('still works');
  await visitor.answers(/^200 · to 4 streams/);
  for (const at of [0, 1, 2, 3]) await visitor.shows(at, ['still works']);

  await visitor.button('Close b').click();
  assert.equal(await why.isVisible(), false);
  await visitor.add('e');
  assert.equal(await visitor.button('Connect b').isDisabled(), true);
  await visitor.button('Remove a').click();
  await visitor.button('Connect b').click();
  await visitor.becomes(0, 'open');
});

pageTest('a fifth client may share the connection of one with its id and topics', {},
  async (visitor) => {
    for (const id of ['a', 'b', 'c']) await visitor.add(id);
    await visitor.add('d', { topics: 'x' });
    await visitor.add('d', { topics: 'x' });
    assert.equal((await streams(visitor)).length, 4);
    assert.deepEqual([await visitor.id(3), await visitor.id(4)], ['d #1', 'd #2']);
    await visitor.button('Remove d #1').click();
    assert.deepEqual((await connected(visitor)).sort(), ['a', 'b', 'c', 'd']);
    await visitor.publish('on', 'd');
    await eventually(async () => assert.equal(await visitor.count(3), '1 event'));
    await visitor.button('Remove d #2').click();
    await eventually(async () => assert.deepEqual((await connected(visitor)).sort(), ['a', 'b', 'c']));
  });

pageTest('a hundred clients share a connection, and the page says so', {}, async (visitor) => {
  await visitor.add('crowd', { topics: 'news', number: 100 });
  await visitor.becomes(0, 'open');
  assert.match(await visitor.page.locator('#limit').textContent(), /share a connection/);
  assert.equal(await visitor.page.locator('#live-count').textContent(),
    '100 on 1 of 4 connections');
  assert.deepEqual((await streams(visitor)).map(({ id, topics }) => [id, topics]),
    [['crowd', ['news']]]);
  assert.equal(await visitor.clients.count(), 20);
  assert.equal(await visitor.page.locator('#range').textContent(), '1–20 / 100');
  assert.equal(await visitor.id(0), 'crowd #1');
  assert.equal(await visitor.button('Earlier clients').isDisabled(), true);
  await visitor.publish('hello', 'crowd');
  await eventually(async () => assert.equal(await visitor.count(0), '1 event'));
  assert.deepEqual(await visitor.lines('crowd ×100'), ['hello']);
  for (let page = 0; page < 4; page += 1) await visitor.button('Later clients').click();
  assert.equal(await visitor.page.locator('#range').textContent(), '81–100 / 100');
  assert.equal(await visitor.id(19), 'crowd #100');
  assert.equal(await visitor.count(19), '1 event');
  assert.equal(await visitor.button('Later clients').isDisabled(), true);
  await visitor.add('crowd', { topics: 'sport', number: 2 });
  await eventually(async () => assert.deepEqual(
    (await streams(visitor)).map(({ topics }) => topics), [['news'], ['sport']]));
  await visitor.button('Remove all').click();
  assert.equal(await visitor.clients.count(), 0);
  await eventually(async () => assert.deepEqual(await connected(visitor), []));
});

pageTest('closing a client ends its stream at the server', {}, async (visitor) => {
  await visitor.add('ana');
  await visitor.button('Close ana').click();
  assert.equal(await visitor.state(0), 'closed');
  await eventually(async () => assert.deepEqual(await connected(visitor), []));
  await visitor.button('Connect ana').click();
  await visitor.becomes(0, 'open');
  assert.deepEqual(await connected(visitor), ['ana']);
});

pageTest('removing a client ends its stream and keeps the keyboard in place', {},
  async (visitor) => {
    await visitor.add('ana');
    await visitor.add('bob');
    await visitor.button('Remove ana').press('Enter');
    assert.equal(await visitor.clients.count(), 1);
    const focused = () => visitor.page.evaluate(() =>
      document.activeElement.getAttribute('aria-label') ?? document.activeElement.id);
    assert.equal(await focused(), 'Remove bob');
    await visitor.page.keyboard.press('Enter');
    assert.equal(await focused(), 'new-id');
    await visitor.page.getByText('No clients yet.').waitFor();
    await eventually(async () => assert.deepEqual(await connected(visitor), []));
  });

pageTest('the server\'s view of a client shows how far behind it is', {}, async (visitor) => {
  await visitor.add('ana');
  await visitor.client(0).getByText('no lag').waitFor();
});

pageTest('a client that is refused says so and can connect again', {
  expectedErrors: [/503/],
}, async (visitor) => {
  await visitor.page.route('**/stream/*', (route) =>
    route.fulfill({ status: 503, contentType: 'text/plain', body: 'full' }));
  await visitor.newId.fill('ana');
  await visitor.addButton.click();
  await visitor.becomes(0, 'closed');
  await visitor.client(0).getByText('503 full').waitFor();
  await visitor.page.unroute('**/stream/*');
  await visitor.button('Connect ana').click();
  await visitor.becomes(0, 'open');
  assert.equal(await visitor.client(0).locator('.note').isVisible(), false);
});

pageTest('a client that comes while the server is full is told, and comes back', {
  server: ['--max-streams', '1', '--retry', '100ms'],
}, async (visitor) => {
  await visitor.add('ana');
  await visitor.newId.fill('bob');
  await visitor.addButton.click();
  await visitor.client(1).getByText('full or shutting down').waitFor();
  await visitor.button('Close ana').click();
  await visitor.becomes(1, 'open');
  await eventually(async () =>
    assert.equal(await visitor.client(1).locator('.note').isVisible(), false));
});
