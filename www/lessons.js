// Three things to do to a connection and see what the server makes of it: cut
// it, leave it unread, and send it a thousand events at once.
import { ask } from './access.js';
import { listen } from './clients.js';
import { byId, bytes, count, element, setText, sleep } from './draw.js';
import { send, sendMany } from './send.js';
import { t } from './text.js';
import { chosen } from './wire.js';

const WAIT_MS = 20_000;
const BURST = 1000;
const LARGE = 'x'.repeat(60_000);
const LARGE_EVENTS = 16; // in one body: about 1 MB
const MAX_BODIES = 100;
const SLEEP_MS = 60_000;
const waiting = new Set();
let running = false;

export function startLessons() {
  listen({ changed: enable, read: (...read) => waiting.forEach((hear) => hear(...read)) });
  enable();
  for (const [name, lesson] of Object.entries({ cut, slow, burst })) {
    byId(name).addEventListener('click', () => run(lesson));
  }
}

function enable() {
  for (const button of byId('lessons').children) button.disabled = running || !chosen();
}

async function run(lesson) {
  const link = chosen();
  byId('lesson').replaceChildren();
  running = true;
  enable();
  if (link.state === 'open') await lesson(link);
  else say(t('This client is not connected: connect it first.'));
  running = false;
  enable();
}

function say(text) {
  const step = element('li', {}, text);
  byId('lesson').append(step);
  return step;
}

/** Until `done(frames)` of what `link` reads is true; false when time is up. */
function until(link, done) {
  return new Promise((resolve) => {
    const stop = (result) => {
      waiting.delete(hear);
      clearTimeout(timer);
      resolve(result);
    };
    const hear = (from, frames) => from === link && done(frames) && stop(true);
    const timer = setTimeout(stop, WAIT_MS, false);
    waiting.add(hear);
  });
}

/** Publishes one event that it gets, so that it has an id; says why not. */
async function showId(link, to) {
  const first = until(link, (frames) => frames.some(({ id }) => id));
  const answer = await send({ to, event: '', data: t('before the cut') });
  if (!answer.ok) return answer.problem;
  if (!JSON.parse(answer.text).id) return t('This server keeps no history (history-events 0): what is missed is gone.');
  await first;
  return '';
}

async function cut(link) {
  const to = link.topics.length > 0 ? { topics: link.topics.slice(0, 1) } : {};
  const problem = await showId(link, to);
  if (problem) return say(problem);
  const id = link.lastId;
  say(t('It has seen event {id}. Cut.', { id }));
  const missed = [];
  const back = until(link, (frames) => {
    missed.push(...frames.filter(({ data }) => data?.startsWith(t('missed'))));
    return missed.length >= 3;
  });
  const publish = async () => {
    for (const n of [1, 2, 3]) await send({ to, event: '', data: `${t('missed')} ${n}` });
    say(t('Three events are published meanwhile. Nobody is there to get them.'));
  };
  link.cut(publish());
  say(await back
    ? t('It came back, said “Last-Event-ID: {id}”, and got all three.', { id })
    : t('They have not come back within 20 s.'));
}

// A worker takes the connection's place and falls asleep.
async function slow(link) {
  const problem = await showId(link, { id: link.id });
  if (problem) return say(problem);
  const sleeper = new Worker('/slow.js');
  const asleep = new Promise((resolve) => { sleeper.onmessage = resolve; });
  let wake;
  link.cut(new Promise((resolve) => { wake = resolve; }));
  sleeper.postMessage({ ...link.next(), sleepMs: SLEEP_MS });
  await Promise.race([asleep, sleep(WAIT_MS)]);
  say(t('This client has stopped reading. Large events are published to it until the server has had enough.'));
  const answer = await flood(link.id, say(''));
  if (answer.status !== 404) say(answer.ok ? t('The server holds it still.') : answer.problem);
  else say(t('The server has ended this stream as too slow (reason=slow in its log): what it needed next is no longer in the history. Now it reads on.'));
  const gap = until(link, (frames) => frames.some(({ event }) => event === 'gap'));
  sleeper.terminate();
  wake();
  if (await gap) say(t('It came back with the last id that it had seen, and “event: gap” told it what is gone.'));
}

/** Publishes to a client until it is gone; gives the last answer. */
async function flood(id, step) {
  let answer = { ok: true };
  for (let n = 1; n <= MAX_BODIES && answer.ok; n += 1) {
    answer = await sendMany(id, Array(LARGE_EVENTS).fill(LARGE));
    const seen = await ask(`/clients/${encodeURIComponent(id)}`);
    if (answer.ok && seen.ok) setText(step, progress(n, JSON.parse(seen.text)));
  }
  return answer;
}

function progress(bodies, seen) {
  const queued = Math.max(...seen.map((one) => one.bytes_queued));
  const behind = seen.some((one) => one.catching_up);
  return t('Published: {sent}. Waiting in the server: {queued}, {how}.', {
    sent: bytes(bodies * LARGE_EVENTS * LARGE.length), queued: bytes(queued),
    how: behind ? t('and the rest in the history, which all share') : t('the rest in the buffers of kernel and browser') });
}

async function burst(link) {
  let frames = 0;
  let pieces = 0;
  const all = until(link, (read) => {
    const found = read.filter(({ data }) => data?.startsWith('burst ')).length;
    frames += found;
    pieces += found > 0;
    return frames >= BURST;
  });
  const answer = await sendMany(link.id, Array.from({ length: BURST }, (_, n) => `burst ${n + 1}`));
  if (!answer.ok) return say(answer.problem);
  if (await all) say(t('Pieces in which {n} events came: {pieces}. What waits together for a socket leaves in one write.', { n: count(frames), pieces: count(pieces) }));
}
