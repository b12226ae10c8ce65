// The server's figures on the page, and servers that ask for a token.
import assert from 'node:assert/strict';
import { eventually, pageTest } from './harness.mjs';

const TOKEN = 'a-token-of-the-test-0123456789';

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

pageTest('a token for streams is shown where EventSource would show it', {},
  async (visitor) => {
    await visitor.page.getByText('Tokens', { exact: true }).click();
    await visitor.field('To open streams').fill('a b&c');
    await visitor.field('To open streams').press('Enter');
    const asked = visitor.page.waitForRequest('**/stream/**');
    await visitor.add('ana', { topics: 'x' });
    assert.ok((await asked).url().endsWith('/stream/ana?topic=x&token=a%20b%26c'));
    await eventually(async () =>
      assert.match(await visitor.page.locator('#wire').textContent(), /token=…/));
  });

pageTest('a client that was sent away for want of a token comes back with one', {
  expectedErrors: [/401/],
  prepare: (page) => page.route('**/stream/**', (route) =>
    (route.request().url().includes('token=right') ? route.continue()
      : route.fulfill({ status: 401, contentType: 'text/plain', body: 'this needs a token\n' }))),
}, async (visitor) => {
  await visitor.newId.fill('ana');
  await visitor.addButton.click();
  await visitor.becomes(0, 'closed');
  assert.match(await visitor.client(0).locator('.note').textContent(), /^401 .*“Tokens”/);
  await visitor.page.getByText('Tokens', { exact: true }).click();
  const field = visitor.field('To open streams');
  for (const [token, state] of [['wrong', 'closed'], ['right', 'open']]) {
    await field.fill(token);
    await field.press('Enter');
    await visitor.becomes(0, state);
  }
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

pageTest('an address without figures or publishing says where they are', {
  expectedErrors: [/404/],
  prepare: (page) => page.route(/\/(stats|publish)$/, (route) => route.fulfill({
    status: 404, contentType: 'text/plain', body: 'nothing is here; the page at / shows what is\n',
  })),
}, async (visitor) => {
  await eventually(async () => assert.match(
    await visitor.page.locator('#live-problem').textContent(), /admin-listen/));
  await visitor.publish('x');
  await visitor.complains(/^404 .*admin-listen/);
});
