// How the page looks and reads: every width, both colour schemes, both
// languages, and what axe-core finds. RIVULET_SCREENSHOT=folder also takes the
// README's pictures.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { eventually, pageTest } from './harness.mjs';

const SCREENSHOT = process.env.RIVULET_SCREENSHOT;
const PICTURE = { viewport: { width: 1200, height: 800 }, reducedMotion: 'reduce' };
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

async function sideways(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

async function violations(page) {
  await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations: found } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) =>
    `${html.slice(0, 120)} ${any.map(({ message }) => message).join(' ')}`).join(' | ')}`);
}

for (const width of [320, 360, 768, 1200]) {
  for (const colorScheme of ['light', 'dark']) {
    pageTest(`a ${colorScheme} page ${width} px wide never scrolls sideways`, {
      context: { viewport: { width, height: 740 }, colorScheme },
      expectedErrors: [/404/],
    }, async (visitor) => {
      assert.ok(await sideways(visitor.page) <= 0, 'empty');
      await visitor.add('w'.repeat(128), { topics: 't'.repeat(128) });
      for (const id of ['ana', '', 'é'.repeat(64)]) await visitor.add(id);
      await visitor.field('Event name').fill('e'.repeat(128));
      await visitor.publish('w'.repeat(600));
      await visitor.shows(0, ['w'.repeat(600)]);
      assert.ok(await sideways(visitor.page) <= 0, 'full');
      await visitor.target.selectOption(`id:${'w'.repeat(128)}`);
      await visitor.client(0).locator('.toggle').click();
      await visitor.button('Publish').click();
      assert.ok(await sideways(visitor.page) <= 0, 'with a problem');
      await visitor.page.locator('#language').click();
      await visitor.page.getByText('O servidor agora').waitFor();
      assert.ok(await sideways(visitor.page) <= 0, 'in Portuguese');
    });
  }
}

for (const colorScheme of ['light', 'dark']) {
  pageTest(`axe-core finds nothing wrong, ${colorScheme}`, {
    context: { colorScheme }, expectedErrors: [/404/],
  }, async (visitor) => {
    assert.deepEqual(await violations(visitor.page), [], 'empty');
    await visitor.add('ana', { topics: 'news' });
    await visitor.add('crowd', { number: 100 });
    await visitor.field('Event name').fill('alarm');
    await visitor.publish('two\nlines', 'ana');
    await eventually(async () => assert.deepEqual(await visitor.lines('ana'), ['two\nlines']));
    await visitor.button('Burst of 1,000').click();
    await visitor.page.getByText('1,000 events came:').waitFor();
    await visitor.button('Pause').click();
    await visitor.page.getByText('Tokens', { exact: true }).click();
    await visitor.field('Topics').fill('#');
    await visitor.addButton.click();
    await visitor.data.fill('');
    await visitor.button('Publish').click();
    await visitor.complains(/Write some data/);
    assert.deepEqual(await violations(visitor.page), [], 'full');
    await visitor.page.locator('#language').click();
    await visitor.page.getByText('O servidor agora').waitFor();
    assert.deepEqual(await violations(visitor.page), [], 'in Portuguese');
  });
}

pageTest('the dark scheme is dark and the light one light', {}, async ({ page }) => {
  const brightness = () => page.evaluate(() =>
    getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3)
      .reduce((sum, part) => sum + Number(part), 0));
  await page.emulateMedia({ colorScheme: 'light' });
  assert.ok(await brightness() > 600);
  await page.emulateMedia({ colorScheme: 'dark' });
  assert.ok(await brightness() < 150);
});

pageTest('nothing moves for those who asked for less motion', {
  context: { reducedMotion: 'reduce' },
}, async (visitor) => {
  await visitor.add('ana');
  await visitor.publish('ping');
  await visitor.shows(0, ['ping']);
  assert.equal(await visitor.page.evaluate(() =>
    document.getAnimations().filter((one) => one instanceof CSSAnimation).length), 0);
});

pageTest('every control has a name that a screen reader can say', {}, async (visitor) => {
  await visitor.add('ana');
  const tree = await visitor.page.locator('body').ariaSnapshot();
  for (const line of [
    'combobox "To"', 'textbox "Event name"', 'textbox "Data"', 'textbox "Id"',
    'textbox "Topics"', 'spinbutton "How many"', 'button "Publish"', 'button "Add"',
    'button "Copy"', 'group "Publish at once"', 'log "Event log"', 'button "Close ana"',
    'button "Remove ana"', 'region "Publish"', 'searchbox "Filter"', 'button "Pause"',
    'button "Export"', 'combobox "Client"', 'button "Make me slow"', 'button "Português"',
  ]) {
    const [role, name] = line.split(/ (.*)/);
    assert.ok(await visitor.page.getByRole(role, { name: name.slice(1, -1), exact: true })
      .count() > 0, `${line} in\n${tree}`);
  }
  assert.doesNotMatch(tree, /- (button|textbox|combobox|searchbox|spinbutton)(:|$)/m);
});

pageTest('the keyboard reaches every control, and shows where it is', {}, async ({ page }) => {
  const reached = new Set();
  for (let n = 0; n < 60 && !reached.has('BODY'); n += 1) {
    await page.keyboard.press('Tab');
    const [id, visible] = await page.evaluate(() => {
      const { activeElement: at } = document;
      return [at === document.body ? 'BODY' : at.id || at.textContent,
        getComputedStyle(at).outlineStyle !== 'none'];
    });
    assert.ok(visible || id === 'BODY', `no outline on ${id}`);
    reached.add(id);
  }
  for (const id of ['Tokens', 'language', 'target', 'event', 'data', 'publish', 'copy',
    'new-id', 'new-topics', 'new-number', 'add', 'filter', 'pause', 'clear', 'export',
    'log', 'wire-client', 'wire']) assert.ok(reached.has(id), id);
});

pageTest('its files come with a strict policy and are compressed', {}, async ({ page }) => {
  const urls = await page.evaluate(() => [location.href,
    ...performance.getEntriesByType('resource').map((entry) => entry.name)]);
  const files = [...new Set(urls)].filter((url) => !/\/(clients|stats)$/.test(url));
  assert.ok(files.length > 3);
  for (const url of files) {
    const response = await fetch(url);
    assert.equal(response.status, 200, url);
    const policy = response.headers.get('content-security-policy');
    assert.match(policy, /default-src 'none'/, url);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/, url);
    assert.equal(response.headers.get('content-encoding'), 'gzip', url);
  }
});

pageTest('a reader of Portuguese is spoken to in Portuguese, and may choose', {
  context: { locale: 'pt-BR' },
}, async (visitor) => {
  const { page } = visitor;
  await page.getByText('O servidor agora').waitFor();
  assert.equal(await page.getAttribute('html', 'lang'), 'pt');
  const unseen = await page.evaluate(async () => {
    const { default: words } = await import('/pt.js');
    const shown = document.body.innerText;
    return Object.entries(words).filter(([english, portuguese]) =>
      english !== portuguese && english.length > 12 && shown.includes(english)).map(([english]) => english);
  });
  assert.deepEqual(unseen, [], 'still in English');
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByText('The server now').waitFor();
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
});

for (const width of [320, 390]) {
  pageTest(`on a phone ${width} px wide each label is beside its field, and a client's buttons beside its id`, {
    context: { viewport: { width, height: 740 }, locale: 'pt-BR' },
  }, async ({ page }) => {
    await page.getByText('O servidor agora').waitFor();
    await page.locator('#new-id').fill('ana');
    await page.locator('#add').click();
    const middle = async (selector) => {
      const { y, height } = await page.locator(selector).first().boundingBox();
      return y + height / 2;
    };
    for (const [one, other] of [['[for=new-id]', '#new-id'], ['[for=new-topics]', '#new-topics'],
      ['[for=new-number]', '#new-number'], ['.client .id', '.toggle'], ['.client .id', '.remove']]) {
      assert.ok(Math.abs(await middle(one) - await middle(other)) < 12, `${one} ${other}`);
    }
    await page.evaluate(() => { document.querySelector('.state').textContent = 'reconectando'; });
    assert.ok(await sideways(page) <= 0);
  });
}

pageTest('numbers are written as the page\'s language does', {
  context: { locale: 'de-DE' },
}, async (visitor) => {
  const { page } = visitor;
  await visitor.add('crowd', { number: 1000 });
  await page.getByText('1,000 on 1 of 4').waitFor();
  await page.locator('#language').click();
  await page.getByText('1.000 em 1 de 4').waitFor();
});

pageTest('every text of the page is there in Portuguese, and no other', {}, async ({ page }) => {
  const { missing, unused } = await page.evaluate(async () => {
    const { default: words } = await import('/pt.js');
    const names = performance.getEntriesByType('resource').map(({ name }) => name)
      .filter((name) => name.endsWith('.js') && !name.endsWith('/pt.js'));
    const sources = await Promise.all(names.map(async (name) => (await fetch(name)).text()));
    const html = (await (await fetch('/')).text()).replace(/\s+/g, ' ');
    const used = sources.flatMap((source) =>
      [...source.matchAll(/\bt\('((?:[^'\\]|\\.)*)'/g)].map(([, text]) => text.replace(/\\'/g, "'")));
    const states = ['connecting', 'open', 'reconnecting', 'closed'];
    const blank = new DOMParser().parseFromString(html, 'text/html');
    for (const node of blank.querySelectorAll('noscript, title, h1, .chips')) node.remove();
    const walker = blank.createTreeWalker(blank.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.data.trim();
      if (/[a-z]/i.test(text) && text !== 'ping') used.push(text);
    }
    for (const name of ['aria-label', 'placeholder']) {
      for (const node of blank.querySelectorAll(`[${name}]:not([placeholder="message"])`)) {
        used.push(node.getAttribute(name));
      }
    }
    return {
      missing: [...used, ...states].filter((text) => words[text] === undefined),
      unused: Object.keys(words).filter((text) => ![...used, ...states].includes(text) && !html.includes(text)),
    };
  });
  assert.deepEqual({ missing, unused }, { missing: [], unused: [] });
});

pageTest('clients, their events and the figures fit a desktop page', {
  context: PICTURE,
  ...(SCREENSHOT && { listen: '127.0.0.1:3000', host: 'localhost:3000' }),
}, async (visitor) => {
  const { page } = visitor;
  await visitor.add('ana', { topics: 'news' });
  await visitor.add('1234');
  await visitor.add('crowd', { number: 10, topics: 'news sport' });
  for (const choice of ['saudacao', 'ping', 'sos']) await visitor.button(choice).click();
  await visitor.shows(1, ['saudacao', 'ping', 'sos']);
  await visitor.field('Event name').fill('greeting');
  await visitor.publish('Bom dia, Ana!\nThis line is for you alone.', 'ana');
  await visitor.answers(/^200 · to 1 stream · /);
  await visitor.shows(0, ['saudacao', 'ping', 'sos', 'Bom dia, Ana!\nThis line is for you alone.']);
  await visitor.shows(1, ['saudacao', 'ping', 'sos']);
  await visitor.button('Burst of 1,000').click();
  await page.getByText('1,000 events came:').waitFor();
  await page.mouse.move(0, 0);
  if (SCREENSHOT) await page.screenshot({ path: `${SCREENSHOT}/screenshot.png`, fullPage: true });
});
