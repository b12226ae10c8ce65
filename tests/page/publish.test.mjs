// The publish form: its targets, texts, quick choices, curl line and answers.
import assert from 'node:assert/strict';
import { eventually, pageTest, shell } from './harness.mjs';

const HARD_TEXTS = [
  "it's 'quoted' and \"quoted\" `so` $HOME \\ too!",
  '<img src=x onerror="document.title=1"><script>document.title=2</script>',
  'olá, çñß 漢字 🦊👩‍👩‍👧',
  'one line\nanother\n\nand a fourth',
  'a/b//c?d=e&f#g%41%zz+h',
  '.', '..', '%2e', '...', ' spaces  inside ', '[1-3]{a,b};:@=~*()',
  'data: x', ': not a comment', '@file', '-d',
];

function labels(visitor) {
  return visitor.target.locator('option').allTextContents();
}

pageTest('an event to everyone reaches every client', {}, async (visitor) => {
  await visitor.add('ana');
  await visitor.add('bob');
  await visitor.publish('hello');
  await visitor.answers(/^200 · to 2 streams · id [0-9a-f]+-1 · /);
  await visitor.shows(0, ['hello']);
  await visitor.shows(1, ['hello']);
});

pageTest('an event to everyone is fine when nobody listens', {}, async (visitor) => {
  await visitor.publish('hello');
  await visitor.answers(/^200 · to 0 streams/);
});

pageTest('an event to one client reaches only that client', {}, async (visitor) => {
  await visitor.add('ana');
  await visitor.add('bob');
  await visitor.publish('private', 'bob');
  await visitor.answers(/^200 · to 1 stream · /);
  await visitor.publish('public');
  await visitor.shows(1, ['private', 'public']);
  await visitor.shows(0, ['public']);
});

pageTest('an event to a topic reaches whoever has it', {}, async (visitor) => {
  await visitor.add('ana', { topics: 'news' });
  await visitor.add('bob');
  assert.equal(await visitor.field('Topic').isVisible(), false);
  await visitor.target.selectOption('topic');
  await visitor.button('Publish').click();
  await visitor.complains(/Write a topic first/);
  await visitor.field('Topic').fill('news');
  await visitor.button('Publish').click();
  await visitor.answers(/^200 · to 1 stream · /);
  await visitor.publish('public');
  await visitor.shows(0, ['ping', 'public']);
  await visitor.shows(1, ['public']);
});

pageTest('an event may have a name', {}, async (visitor) => {
  await visitor.add('ana');
  await visitor.field('Event name').fill('forecast é');
  await visitor.publish('sun');
  await visitor.shows(0, ['sun']);
  assert.equal(await visitor.log.locator('.event').textContent(), 'forecast é');
  await visitor.field('Event name').fill('a\tb');
  await visitor.button('Publish').click();
  await visitor.complains(/event name cannot hold control characters/);
});

pageTest('each quick choice publishes at once', {}, async (visitor) => {
  await visitor.add('ana');
  const choices = ['saudacao', 'despedida', 'ping', 'sos'];
  for (const choice of choices) {
    await visitor.button(choice).click();
    assert.equal(await visitor.data.inputValue(), choice);
    assert.match(await visitor.curlLine(), new RegExp(`'${choice}'`));
  }
  await visitor.shows(0, choices);
});

pageTest('texts of every kind arrive as they were written', {}, async (visitor) => {
  await visitor.add('ana');
  for (const text of HARD_TEXTS) await visitor.publish(text, 'ana');
  await visitor.shows(0, HARD_TEXTS);
  assert.equal(await visitor.page.title(), 'Rivulet');
  assert.equal(await visitor.log.locator('img, script').count(), 0);
});

pageTest('each line of an event is shown on a line of its own', {}, async (visitor) => {
  await visitor.add('ana');
  await visitor.publish('one');
  await visitor.publish('one\ntwo\nthree');
  await visitor.shows(0, ['one', 'one\ntwo\nthree']);
  const heights = await visitor.log.locator('.data').evaluateAll((all) =>
    all.map((one) => one.getBoundingClientRect().height));
  assert.ok(Math.abs(heights[1] - 3 * heights[0]) < 3, `${heights}`);
});

pageTest('the curl line, run in bash, publishes the same', {}, async (visitor) => {
  const target = "ana's/id?";
  await visitor.add(target, { topics: "it's&" });
  await visitor.add('bob');
  const run = async (receivers) => assert.match(await shell(await visitor.curlLine()),
    new RegExp(`^\\{"id":"[0-9a-f]+-\\d+","receivers":${receivers}\\}$`));
  for (const text of HARD_TEXTS) {
    await visitor.target.selectOption(`id:${target}`);
    await visitor.data.fill(text);
    await run(1);
  }
  await visitor.shows(0, HARD_TEXTS);
  await visitor.target.selectOption('topic');
  await visitor.field('Topic').fill("it's&");
  await visitor.field('Event name').fill("n'ame & all");
  await visitor.data.fill('to a topic');
  await run(1);
  await visitor.target.selectOption('all');
  await visitor.data.fill('to all');
  await run(2);
  await visitor.shows(0, [...HARD_TEXTS, 'to a topic', 'to all']);
  await visitor.shows(1, ['to all']);
  assert.deepEqual(await visitor.log.locator('.event').allTextContents(),
    ["n'ame & all", "n'ame & all", "n'ame & all"]);
});

pageTest('the curl line follows the form', {}, async (visitor) => {
  const { origin } = visitor.server;
  const line = (data, path) => `curl --data-raw '${data}' '${origin}${path}'`;
  assert.equal(await visitor.curlLine(), line('ping', '/publish'));
  await visitor.add('ana');
  await visitor.target.selectOption('id:ana');
  assert.equal(await visitor.curlLine(), line('ping', '/publish/ana'));
  await visitor.data.fill('a b');
  await visitor.field('Event name').fill('x y');
  assert.equal(await visitor.curlLine(), line('a b', '/publish/ana?event=x%20y'));
});

pageTest('the copy button puts the curl line on the clipboard', {
  context: { permissions: ['clipboard-read', 'clipboard-write'] },
}, async (visitor) => {
  await visitor.data.fill("it's");
  await visitor.button('Copy').click();
  await visitor.page.getByText('Copied').waitFor();
  assert.equal(await visitor.page.evaluate(() => navigator.clipboard.readText()),
    await visitor.curlLine());
});

pageTest('the copy button works where the browser has no clipboard object', {
  prepare: (page) => page.addInitScript(() => { delete Navigator.prototype.clipboard; }),
}, async (visitor) => {
  const line = await visitor.curlLine();
  await visitor.button('Copy').click();
  await visitor.page.getByText('Copied').waitFor();
  await visitor.data.fill('');
  await visitor.data.press('Control+V');
  assert.equal(await visitor.data.inputValue(), line);
});

pageTest('Enter publishes and Shift+Enter starts a line', {}, async (visitor) => {
  await visitor.add('ana');
  await visitor.data.fill('');
  await visitor.data.press('a');
  await visitor.data.press('Shift+Enter');
  await visitor.data.press('b');
  await visitor.data.press('Enter');
  await visitor.shows(0, ['a\nb']);
  await visitor.data.press('c');
  await visitor.data.press('Enter');
  await visitor.shows(0, ['a\nb', 'c']);
});

pageTest('a later event never overtakes one that is under way', {}, async (visitor) => {
  await visitor.add('ana');
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  let first = true;
  await visitor.page.route('**/publish', async (route) => {
    if (first) {
      first = false;
      await held;
    }
    await route.continue();
  });
  const pingAsked = visitor.page.waitForRequest('**/publish');
  await visitor.button('ping').click();
  await visitor.button('sos').click();
  await pingAsked;
  // A whole round trip: an event sent with the click would be there by now.
  await visitor.page.evaluate(() => fetch('/clients').then((answer) => answer.text()));
  release();
  await visitor.shows(0, ['ping', 'sos']);
});

pageTest('an event without data is refused with the reason', {}, async (visitor) => {
  const asked = [];
  visitor.page.on('request', (request) => asked.push(request.url()));
  await visitor.publish('');
  await visitor.complains(/Write some data first/);
  assert.match(await visitor.curlLine(), /Write some data first/);
  assert.equal(await visitor.button('Copy').isDisabled(), true);
  assert.deepEqual(asked.filter((url) => url.includes('publish')), []);
});

pageTest('publishing to a client that has gone shows the 404 and its line', {
  expectedErrors: [/404/],
}, async (visitor) => {
  await visitor.add('ana');
  await visitor.target.selectOption('id:ana');
  await visitor.button('Close ana').click();
  await eventually(async () => assert.ok((await labels(visitor)).includes('ana (closed)')));
  await eventually(async () => {
    await visitor.button('Publish').click();
    await visitor.complains(/^404 no client is connected/);
  });
  await visitor.button('Remove ana').click();
  await eventually(async () => assert.ok((await labels(visitor)).includes('ana (gone)')));
  assert.equal(await visitor.target.inputValue(), 'id:ana');
});

pageTest('clients from elsewhere can be chosen', { expectedErrors: [/404/] },
  async (visitor) => {
    const leave = new AbortController();
    const stream = await fetch(`${visitor.server.origin}/stream/far%20away`,
      { signal: leave.signal });
    await visitor.target.focus();
    await eventually(async () => assert.deepEqual(await labels(visitor),
      ['Everyone', 'A topic', 'far away']));
    await visitor.publish('over there', 'far away');
    await visitor.answers(/^200 · to 1 stream · /);
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
      ['Everyone', 'A topic', 'far away (gone)']));
  });

pageTest('a long list of clients is cut short and says so', {
  prepare: (page) => page.route('**/clients', (route) => route.fulfill({
    json: Array.from({ length: 20_000 }, (_, n) => `id-${n}`),
  })),
}, async (visitor) => {
  await eventually(async () => assert.equal((await labels(visitor)).length, 103));
  assert.equal((await labels(visitor)).at(-1), 'and 19900 more');
});

pageTest('a publish that hangs is given up and says so', {
  prepare: async (page) => {
    await page.clock.install();
    await page.route('**/publish', () => {});
  },
}, async (visitor) => {
  const sent = visitor.page.waitForRequest('**/publish');
  await visitor.publish('hello');
  await sent;
  await visitor.page.clock.fastForward(10_000);
  await visitor.complains(/^No answer within 10 s/);
});
