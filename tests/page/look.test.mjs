// How the page looks and is served: every width, both colour schemes, the
// files and their headers. RIVULET_SCREENSHOT=file.png also takes the
// README's picture.
import assert from 'node:assert/strict';
import { pageTest } from './harness.mjs';

const SCREENSHOT = process.env.RIVULET_SCREENSHOT;
const PICTURE = { viewport: { width: 1200, height: 800 }, reducedMotion: 'reduce' };

async function sideways(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

for (const width of [320, 360, 768, 1200]) {
  for (const colorScheme of ['light', 'dark']) {
    pageTest(`a ${colorScheme} page ${width} px wide never scrolls sideways`, {
      context: { viewport: { width, height: 740 }, colorScheme },
      expectedErrors: [/404/],
    }, async (visitor) => {
      assert.ok(await sideways(visitor.page) <= 0, 'empty');
      await visitor.add('w'.repeat(128));
      for (const id of ['ana', '', 'é'.repeat(64)]) await visitor.add(id);
      await visitor.publish('w'.repeat(600));
      await visitor.shows(0, ['w'.repeat(600)]);
      assert.ok(await sideways(visitor.page) <= 0, 'full');
      await visitor.target.selectOption('w'.repeat(128));
      await visitor.panel(0).locator('.toggle').click();
      await visitor.button('Publish').click();
      assert.ok(await sideways(visitor.page) <= 0, 'with a problem');
    });
  }
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
    'combobox "To"', 'textbox "Status"', 'textbox "Id"', 'button "Publish"',
    'button "Add client"', 'button "Copy the curl line"', 'group "Publish at once"',
    'article "Client ana"', 'log "Events of ana"', 'button "Close client ana"',
    'button "Remove client ana"', 'region "Publish"',
  ]) assert.ok(tree.includes(line), `${line} in\n${tree}`);
  assert.doesNotMatch(tree, /- (button|textbox|combobox)(:|$)/m);
});

pageTest('the page is small and its files come with a strict policy', {},
  async (visitor) => {
    const urls = await visitor.page.evaluate(() => [location.href,
      ...performance.getEntriesByType('resource').map((entry) => entry.name)]);
    const files = [...new Set(urls)].filter((url) => !url.endsWith('/clients'));
    assert.ok(files.some((url) => url.endsWith('/favicon.svg')));
    let bytes = 0;
    for (const url of files) {
      const response = await fetch(url);
      assert.equal(response.status, 200, url);
      assert.match(response.headers.get('content-security-policy'),
        /default-src 'none'/, url);
      bytes += (await response.arrayBuffer()).byteLength;
    }
    assert.ok(bytes < 40_000, `${bytes} bytes`);
  });

pageTest('three clients and their events fit a desktop page', {
  context: PICTURE,
  ...(SCREENSHOT && { listen: '127.0.0.1:3000', host: 'localhost:3000' }),
}, async (visitor) => {
  for (const id of ['ana', '1234', '']) await visitor.add(id);
  for (const choice of ['saudacao', 'ping', 'sos']) await visitor.button(choice).click();
  await visitor.shows(2, ['saudacao', 'ping', 'sos']);
  await visitor.publish('Bom dia, Ana!\nThis line is for you alone.', 'ana');
  await visitor.answers(/^200 Ok · to ana/);
  await visitor.shows(0, ['saudacao', 'ping', 'sos',
    'Bom dia, Ana!\nThis line is for you alone.']);
  await visitor.shows(1, ['saudacao', 'ping', 'sos']);
  await visitor.page.mouse.move(0, 0);
  if (SCREENSHOT) await visitor.page.screenshot({ path: SCREENSHOT, fullPage: true });
});
