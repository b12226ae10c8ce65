// The publish form: its targets, texts, quick choices, curl line and answers.
import assert from 'node:assert/strict';
import { eventually, pageTest, shell } from './harness.mjs';

const HARD_TEXTS = [
  "it's 'quoted' and \"quoted\" `so` $HOME \\ too!",
  '<img src=x onerror="document.title=1"><script>document.title=2</script>',
  'olá, çñß 漢字 🦊👩‍👩‍👧',
  'one line\nanother\n\nand a fourth',
  'a/b//c?d=e&f#g%41%zz+h',
  '%2e', '...', ' spaces  inside ', '[1-3]{a,b};:@=~*()',
  'data: x', ': not a comment',
];

function labels(visitor) {
  return visitor.target.locator('option').allTextContents();
}

pageTest('a status to everyone reaches every client', {}, async (visitor) => {
  await visitor.add('ana');
  await visitor.add('bob');
  await visitor.publish('hello');
  await visitor.answers(/^200 Ok · to everyone/);
  await visitor.shows(0, ['hello']);
  await visitor.shows(1, ['hello']);
});

pageTest('a status to everyone is fine when nobody listens', {}, async (visitor) => {
  await visitor.publish('hello');
  await visitor.answers(/^200 Ok/);
});

pageTest('a status to one client reaches only that client', {}, async (visitor) => {
  await visitor.add('ana');
  await visitor.add('bob');
  await visitor.publish('private', 'bob');
  await visitor.answers(/^200 Ok · to bob/);
  await visitor.publish('public');
  await visitor.shows(1, ['private', 'public']);
  await visitor.shows(0, ['public']);
});

pageTest('each quick choice publishes at once', {}, async (visitor) => {
  await visitor.add('ana');
  const choices = ['saudacao', 'despedida', 'ping', 'sos'];
  for (const choice of choices) {
    await visitor.button(choice).click();
    assert.equal(await visitor.status.inputValue(), choice);
    assert.match(await visitor.curlLine(), new RegExp(`/status/${choice}'$`));
  }
  await visitor.shows(0, choices);
});

pageTest('texts of every kind arrive as they were written', {}, async (visitor) => {
  await visitor.add('ana');
  for (const text of HARD_TEXTS) await visitor.publish(text, 'ana');
  await visitor.shows(0, HARD_TEXTS);
  assert.equal(await visitor.page.title(), 'Rivulet');
  assert.equal(await visitor.panel(0).locator('li img, li script').count(), 0);
});

pageTest('each line of a status is shown on a line of its own', {}, async (visitor) => {
  await visitor.add('ana');
  await visitor.publish('one');
  await visitor.publish('one\ntwo\nthree');
  await visitor.shows(0, ['one', 'one\ntwo\nthree']);
  const heights = await visitor.panel(0).locator('.data').evaluateAll((all) =>
    all.map((one) => one.getBoundingClientRect().height));
  assert.ok(Math.abs(heights[1] - 3 * heights[0]) < 3, `${heights}`);
});

pageTest('the curl line, run in bash, publishes the same', {}, async (visitor) => {
  await visitor.add("ana's/id?");
  await visitor.add('bob');
  const target = "ana's/id?";
  for (const text of HARD_TEXTS) {
    await visitor.target.selectOption(target);
    await visitor.status.fill(text);
    assert.equal(await shell(await visitor.curlLine()), 'Ok');
  }
  await visitor.shows(0, HARD_TEXTS);
  await visitor.target.selectOption('');
  await visitor.status.fill('to all');
  assert.equal(await shell(await visitor.curlLine()), 'Ok');
  await visitor.shows(0, [...HARD_TEXTS, 'to all']);
  await visitor.shows(1, ['to all']);
});

pageTest('the curl line follows the form', {}, async (visitor) => {
  const { origin } = visitor.server;
  assert.equal(await visitor.curlLine(), `curl '${origin}/publish/status/ping'`);
  await visitor.add('ana');
  await visitor.target.selectOption('ana');
  assert.equal(await visitor.curlLine(), `curl '${origin}/publish/ana/status/ping'`);
  await visitor.status.fill('a b');
  assert.equal(await visitor.curlLine(), `curl '${origin}/publish/ana/status/a%20b'`);
});

pageTest('the copy button puts the curl line on the clipboard', {
  context: { permissions: ['clipboard-read', 'clipboard-write'] },
}, async (visitor) => {
  await visitor.status.fill("it's");
  await visitor.button('Copy the curl line').click();
  await visitor.page.getByText('Copied').waitFor();
  assert.equal(await visitor.page.evaluate(() => navigator.clipboard.readText()),
    await visitor.curlLine());
});

pageTest('the copy button works where the browser has no clipboard object', {
  prepare: (page) => page.addInitScript(() => { delete Navigator.prototype.clipboard; }),
}, async (visitor) => {
  const line = await visitor.curlLine();
  await visitor.button('Copy the curl line').click();
  await visitor.page.getByText('Copied').waitFor();
  await visitor.status.fill('');
  await visitor.status.press('Control+V');
  assert.equal(await visitor.status.inputValue(), line);
});

pageTest('Enter publishes and Shift+Enter starts a line', {}, async (visitor) => {
  await visitor.add('ana');
  await visitor.status.fill('');
  await visitor.status.press('a');
  await visitor.status.press('Shift+Enter');
  await visitor.status.press('b');
  await visitor.status.press('Enter');
  await visitor.shows(0, ['a\nb']);
  await visitor.status.press('c');
  await visitor.status.press('Enter');
  await visitor.shows(0, ['a\nb', 'c']);
});

pageTest('a later status never overtakes one that is under way', {}, async (visitor) => {
  await visitor.add('ana');
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await visitor.page.route('**/status/ping', async (route) => {
    await held;
    await route.continue();
  });
  const pingAsked = visitor.page.waitForRequest('**/status/ping');
  await visitor.button('ping').click();
  await visitor.button('sos').click();
  await pingAsked;
  // A whole round trip: a status sent with the click would be there by now.
  await visitor.page.evaluate(() => fetch('/clients').then((answer) => answer.text()));
  release();
  await visitor.shows(0, ['ping', 'sos']);
});

pageTest('a status that no path can carry is refused with the reason', {},
  async (visitor) => {
    const asked = [];
    visitor.page.on('request', (request) => asked.push(request.url()));
    for (const [text, reason] of [
      ['', /Write a status first/],
      ['.', /“\.” cannot be sent/],
      ['..', /“\.\.” cannot be sent/],
    ]) {
      await visitor.publish(text);
      await visitor.complains(reason);
      assert.match(await visitor.curlLine(), reason);
      assert.equal(await visitor.button('Copy the curl line').isDisabled(), true);
    }
    assert.deepEqual(asked.filter((url) => url.includes('publish')), []);
  });

pageTest('publishing to a client that has gone shows the 404 and its line', {
  expectedErrors: [/404/],
}, async (visitor) => {
  await visitor.add('ana');
  await visitor.target.selectOption('ana');
  await visitor.button('Close client ana').click();
  await eventually(async () => assert.ok((await labels(visitor)).includes('ana (closed)')));
  await eventually(async () => {
    await visitor.button('Publish').click();
    await visitor.complains(/^404 \S+.* · /);
  });
  await visitor.button('Remove client ana').click();
  await eventually(async () => assert.ok((await labels(visitor)).includes('ana (gone)')));
  assert.equal(await visitor.target.inputValue(), 'ana');
});

pageTest('clients from elsewhere can be chosen', { expectedErrors: [/404/] },
  async (visitor) => {
    const leave = new AbortController();
    const stream = await fetch(`${visitor.server.origin}/stream/far%20away`,
      { signal: leave.signal });
    await visitor.target.focus();
    await eventually(async () => assert.deepEqual(await labels(visitor),
      ['Everyone', 'far away']));
    await visitor.publish('over there', 'far away');
    await visitor.answers(/^200 Ok · to far away/);
    const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('over there')) text += (await reader.read()).value;
    assert.match(text, /^data: over there$/m);

    leave.abort();
    await eventually(async () => {
      await visitor.button('Publish').click();
      await visitor.complains(/^404 /);
    });
    await eventually(async () => assert.deepEqual(await labels(visitor),
      ['Everyone', 'far away (gone)']));
  });

pageTest('a long list of clients is cut short and says so', {
  prepare: (page) => page.route('**/clients', (route) => route.fulfill({
    json: Array.from({ length: 20_000 }, (_, n) => `id-${n}`),
  })),
}, async (visitor) => {
  await eventually(async () => assert.equal((await labels(visitor)).length, 102));
  assert.equal((await labels(visitor)).at(-1), 'and 19900 more');
});

pageTest('a publish that hangs is given up and says so', {
  prepare: async (page) => {
    await page.clock.install();
    await page.route('**/publish/**', () => {});
  },
}, async (visitor) => {
  const sent = visitor.page.waitForRequest('**/publish/**');
  await visitor.publish('hello');
  await sent;
  await visitor.page.clock.fastForward(10_000);
  await visitor.complains(/^No answer within 10 s/);
});
