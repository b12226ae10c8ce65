// The server's figures on the page, and servers that ask for a token.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { eventually, pageTest } from './harness.mjs';

const TOKEN = 'a-token-of-the-test-0123456789';
const KEY = 'a-key-of-the-test-of-32-characters-or-more';

function jwt(claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'HS256' })}.${part(claims)}`;
  return `${text}.${createHmac('sha256', KEY).update(text).digest('base64url')}`;
}

const publish = (visitor, data) => fetch(`${visitor.server.origin}/publish`,
  { method: 'POST', body: data, headers: { Authorization: `Bearer ${TOKEN}` } });

const shows = (visitor, name, expected) => eventually(async () =>
  assert.match(await visitor.figure(name), expected));

pageTest('the figures are the server\'s, and follow it', {}, async (visitor) => {
  await shows(visitor, 'streams', /^0$/);
  await visitor.add('ana');
  await visitor.add('bob');
  await shows(visitor, 'streams', /^2$/);
  for (let n = 0; n < 10; n += 1) await publish(visitor, 'x');
  await shows(visitor, 'events', /^[1-9]\d*$/);
  await shows(visitor, 'deliveries', /^0$/);
  await shows(visitor, 'queued', /^0 B$/);
  await shows(visitor, 'dropped', /^0$/);
  const points = await visitor.page.locator('#past-streams').getAttribute('points');
  const heights = points.split(' ').map((point) => Number(point.split(',')[1]));
  assert.equal(heights.at(0), 23, 'none at first');
  assert.equal(heights.at(-1), 2, 'two, which is the most');
});

pageTest('a page that nobody sees watches nothing', {}, async (visitor) => {
  await shows(visitor, 'streams', /^0$/);
  const hide = (hidden) => visitor.page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  const ended = visitor.page.waitForEvent('requestfailed',
    (request) => request.url().endsWith('/stats'));
  let asked = 0;
  visitor.page.on('request', (request) => { asked += request.url().endsWith('/stats'); });
  await hide(true);
  await ended;
  await visitor.add('ana');
  assert.equal(asked, 0);
  await hide(false);
  await shows(visitor, 'streams', /^1$/);
});

pageTest('without the token the page says how to get in, and with it all works', {
  server: ['--publish-token', TOKEN], expectedErrors: [/401/],
}, async (visitor) => {
  const problem = visitor.page.locator('#live-problem');
  await eventually(async () => assert.match(await problem.textContent(), /^401 .*“Tokens”/));
  assert.equal(await visitor.figure('streams'), '–');
  await visitor.publish('hello');
  await visitor.complains(/^401 .*“Tokens”, at the top/);
  await visitor.button('Enter the token').click();
  assert.equal(await visitor.page.evaluate(() => document.activeElement.id), 'publish-token');

  await visitor.useToken('wrong');
  await eventually(async () => assert.match(await problem.textContent(), /not one that may publish/));
  await visitor.useToken(TOKEN);
  await shows(visitor, 'streams', /^0$/);
  assert.equal(await problem.isVisible(), false);
  await visitor.add('ana');
  await visitor.publish('hello');
  await visitor.answers(/^200 · to 1 stream/);
  await visitor.shows(0, ['hello']);
  assert.match(await visitor.curlLine(), /^curl -H "Authorization: Bearer \$TOKEN" /);
});

pageTest('a token that cannot be one is refused with the reason; the box of one that can be closes', {
  server: ['--publish-token', TOKEN], expectedErrors: [/401/],
}, async (visitor) => {
  const reason = visitor.page.locator('#token-problem');
  for (const token of [`${TOKEN}…`, 'sénha', 'two words']) {
    await visitor.useToken(token);
    await eventually(async () => assert.match(await reason.textContent(), /only ASCII/));
    assert.equal(await reason.isVisible(), true);
  }
  await visitor.useToken(` ${TOKEN} `);
  await shows(visitor, 'streams', /^0$/);
  assert.equal(await reason.isVisible(), false);
  assert.equal(await visitor.page.evaluate(() => document.activeElement.textContent), 'Tokens');
});

pageTest('a token is in the page\'s memory and nowhere else', {
  server: ['--publish-token', TOKEN], expectedErrors: [/401/],
}, async (visitor) => {
  await visitor.useToken(TOKEN);
  await shows(visitor, 'streams', /^0$/);
  const { page } = visitor;
  const kept = await page.evaluate(() => JSON.stringify(
    [{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]));
  assert.ok(!kept.includes(TOKEN), kept);
  assert.ok(!(await page.content()).includes(TOKEN));
  await page.reload();
  await page.getByText('401').first().waitFor();
});

pageTest('a client that was sent away for want of a token comes back with one', {
  expectedErrors: [/401/, /403/],
  files: { keys: `${KEY}\n` }, server: ['--subscribe-key-file', '{keys}'],
}, async (visitor) => {
  await visitor.newId.fill('ana');
  await visitor.field('Topics').fill('news');
  await visitor.addButton.click();
  await visitor.becomes(0, 'closed');
  const note = visitor.client(0).locator('.note');
  assert.match(await note.textContent(), /^401 .*“Tokens”/);
  const use = (token) => visitor.useToken(token, 'To open streams');
  const claims = { sub: 'ana', topics: ['news'], exp: Math.floor(Date.now() / 1000) + 3600 };
  for (const [token, said] of [[jwt({ ...claims, sub: 'bob' }), /^403/], ['wrong', /^401/]]) {
    await use(token);
    await eventually(async () => assert.match(await note.textContent(), said));
    assert.equal(await visitor.state(0), 'closed');
  }
  await use(jwt(claims));
  await visitor.becomes(0, 'open');
  await visitor.publish('hello', 'ana');
  await visitor.shows(0, ['hello']);
  // Shown to the server, and to nobody who looks over the reader's shoulder.
  await eventually(async () => assert.match(
    await visitor.page.locator('#wire').textContent(), /Authorization: Bearer …\n/));
  assert.ok(!(await visitor.page.content()).includes(jwt(claims)));
});

pageTest('a proxy that lets nobody watch or publish is named as such', {
  expectedErrors: [/403/],
  prepare: (page) => page.route(/\/(stats|publish)$/, (route) => route.fulfill({
    status: 403, contentType: 'text/html', body: '<html><h1>403 Forbidden</h1></html>',
  })),
}, async (visitor) => {
  await eventually(async () => assert.match(
    await visitor.page.locator('#live-problem').textContent(), /^403 · .*proxy/));
  await visitor.publish('x');
  await visitor.complains(/^403 · .*proxy/);
});

pageTest('with admin-listen the public page opens streams and says where the rest is', {
  expectedErrors: [/404/], server: ['--admin-listen', '127.0.0.1:0'], listeners: 2,
  prepare: (page) => page.clock.install(),
}, async (visitor) => {
  const problem = visitor.page.locator('#live-problem');
  await eventually(async () => assert.match(await problem.textContent(), /^404 .*admin-listen/));
  await visitor.add('ana');
  await visitor.publish('x');
  await visitor.complains(/^404 .*admin-listen/);
  const answer = await fetch(`http://${visitor.server.admin}/publish/ana`, { method: 'POST', body: 'from there' });
  assert.equal(answer.status, 200);
  await visitor.shows(0, ['from there']);
  // Who does not tell about clients is not asked each time anew.
  const asked = [];
  await visitor.page.waitForResponse('**/clients/ana');
  visitor.page.on('request', (request) => asked.push(request.url()));
  for (let n = 0; n < 5; n += 1) {
    await visitor.page.clock.runFor(2_000);
    await visitor.page.evaluate(() => fetch('/').then((answer) => answer.text()));
  }
  assert.deepEqual(asked.filter((url) => url.endsWith('/clients/ana')), []);
});

pageTest('the page on the admin address has everything', {
  server: ['--admin-listen', '127.0.0.1:0'], listeners: 2, admin: true,
}, async (visitor) => {
  await shows(visitor, 'streams', /^0$/);
  await visitor.add('ana');
  await visitor.publish('x', 'ana');
  await visitor.shows(0, ['x']);
  await shows(visitor, 'streams', /^1$/);
});

pageTest('on an admin address with tokens the page says how to get in, and lets in', {
  server: ['--admin-listen', '127.0.0.1:0', '--publish-token', TOKEN, '--subscribe-key-file', '{keys}'],
  files: { keys: `${KEY}\n` }, listeners: 2, admin: true, expectedErrors: [/401/],
}, async (visitor) => {
  const problem = visitor.page.locator('#live-problem');
  await eventually(async () => assert.match(await problem.textContent(), /^401 .*“Tokens”/));
  await visitor.newId.fill('ana');
  await visitor.addButton.click();
  await visitor.becomes(0, 'closed');
  assert.match(await visitor.client(0).locator('.note').textContent(), /^401 .*“Tokens”/);
  await visitor.useToken(TOKEN);
  await shows(visitor, 'streams', /^0$/);
  const exp = Math.floor(Date.now() / 1000) + 3600;
  await visitor.useToken(jwt({ sub: 'ana', exp }), 'To open streams');
  await visitor.becomes(0, 'open');
  await visitor.publish('x', 'ana');
  await visitor.shows(0, ['x']);
  await shows(visitor, 'streams', /^1$/);
});
