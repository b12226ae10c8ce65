// The server's figures, from its own stream (GET /stats): five numbers, each
// with its last minute. Closed while nobody sees the page.
import { ask, bearer } from './access.js';
import { links, liveLinks } from './clients.js';
import { byId, bytes, count, setText, showText, sleep } from './draw.js';
import { Link } from './link.js';
import { t } from './text.js';

const SECONDS = 60;
const LAG_EVERY_MS = 2000;
const past = {}; // figure -> its last values
let last = null;

const link = new Link(() => ({ path: '/stats', headers: bearer() }), {
  change: showState,
  head() { last = null; },
  read(from, frames) {
    for (const { event, data } of frames) if (event === 'stats') take(JSON.parse(data));
  },
});

export function startStats() {
  const run = () => (document.hidden ? link.close() : link.open());
  document.addEventListener('visibilitychange', run);
  addEventListener('tokens', () => link.open());
  addEventListener('language', showState);
  byId('live-token').addEventListener('click', () => {
    byId('tokens-box').open = true;
    byId('publish-token').focus();
  });
  run();
  watchLag();
}

function take(now) {
  const seconds = last ? (now.milliseconds - last.milliseconds) / 1000 : 1;
  const rate = (name) => (last ? (now[name] - last[name]) / seconds : 0);
  show('streams', now.streams, count);
  show('events', rate('published'), count);
  show('deliveries', rate('deliveries'), count);
  show('queued', now.queued_bytes, bytes);
  show('dropped', now.slow, count);
  last = now;
}

function show(name, value, format) {
  const values = past[name] ??= [];
  values.push(value);
  if (values.length > SECONDS) values.shift();
  const most = Math.max(...values, 1);
  setText(byId(`live-${name}`), format(value));
  byId(`past-${name}`).setAttribute('points', values.map((one, at) =>
    `${SECONDS - values.length + at},${(23 - (21 * one) / most).toFixed(1)}`).join(' '));
}

function showState() {
  const waits = link.state === 'reconnecting' ? t('The server does not answer. Trying again…') : '';
  showText(byId('live-problem'), link.problem || waits);
  byId('live-token').hidden = !link.problem.startsWith('401');
}

// How far behind the server sees each of this page's connections. One that does
// not tell who is connected is not asked again until there is another token.
async function watchLag() {
  let told = true;
  addEventListener('tokens', () => { told = true; });
  for (;;) {
    await sleep(LAG_EVERY_MS);
    for (const one of document.hidden || !told ? [] : liveLinks()) {
      if (one.state !== 'open') continue;
      const answer = await ask(`/clients/${encodeURIComponent(one.id)}`);
      told = answer.ok || /^(0|404 no client)/.test(`${answer.status} ${answer.text}`);
      one.lag = lagText(answer);
    }
    if (links().length > 0) dispatchEvent(new Event('lag'));
  }
}

// Ids of one server count up behind the '-'; those of Redis are times.
function behindText(newest, seen) {
  const [[epoch, sequence], [ofSeen, sequenceOfSeen]] = [newest, seen].map((id) => (id ?? '').split('-'));
  const n = sequence - sequenceOfSeen;
  if (epoch !== ofSeen || !(n > 0)) return t('catching up');
  return n === 1 ? t('1 event behind') : t('{n} events behind', { n: count(n) });
}

function lagText({ ok, text }) {
  if (!ok) return '';
  const seen = JSON.parse(text);
  const behind = seen.find((stream) => stream.catching_up);
  const queued = Math.max(...seen.map((stream) => stream.bytes_queued));
  if (behind) return behindText(last?.newest, behind.last_event_id);
  return queued > 0 ? t('{n} queued', { n: bytes(queued) }) : t('no lag');
}
