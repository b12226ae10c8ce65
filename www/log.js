// The event log: what the page's connections received, with filters, a pause
// and an export. Keeps the last lines.
import { listen, membersOf } from './clients.js';
import { byId, clock, count, unhurried, element, setText } from './draw.js';
import { t } from './text.js';

const MAX_LINES = 500;
const MAX_CHARACTERS = 4000; // of an event's data
const BOTTOM_SLACK_PX = 8;

let lines = []; // the last that came, those filtered out too
let pending = []; // not drawn yet
let paused = false;
let following = true;
let received = 0;

export function startLog() {
  listen({ read: take });
  byId('filter').addEventListener('input', redrawAll);
  byId('pause').addEventListener('click', togglePause);
  byId('clear').addEventListener('click', clear);
  byId('export').addEventListener('click', save);
  byId('log').addEventListener('scroll', scrolled);
  byId('newest').addEventListener('click', () => {
    toBottom();
    byId('log').focus();
  });
  addEventListener('language', draw);
}

function take(link, frames) {
  const members = membersOf(link).length;
  for (const { data, event, id } of frames) {
    if (data === null) continue;
    received += 1;
    pending.push({ time: clock(), client: link.id, members, event, data: data.slice(0, MAX_CHARACTERS), id });
  }
  if (pending.length > MAX_LINES) pending = pending.slice(-MAX_LINES);
  redraw();
}

const redraw = unhurried(draw);

function draw() {
  setText(byId('log-count'), received === 1 ? t('1 event') : t('{n} events', { n: count(received) }));
  byId('log-empty').hidden = received > 0;
  if (!paused) append();
  byId('newest').hidden = paused || following;
}

function append() {
  lines = [...lines, ...pending].slice(-MAX_LINES);
  const list = byId('lines');
  list.append(...pending.filter(passes).map(line));
  pending = [];
  while (list.childElementCount > MAX_LINES) list.firstElementChild.remove();
  if (following) toBottom();
}

function passes({ client, event, data }) {
  const wanted = byId('filter').value.trim().toLowerCase();
  return [client, event, data].some((text) => text.toLowerCase().includes(wanted));
}

function redrawAll() {
  byId('lines').replaceChildren(...lines.filter(passes).map(line));
  toBottom();
}

function line({ time, client, members, event, data, id }) {
  const from = element('span', { className: 'from', dir: 'auto' }, members > 1 ? `${client} ×${members}` : client);
  const name = event === 'message' ? [] : [element('span', { className: 'event', dir: 'auto' }, event)];
  const item = element('li', { title: id ?? '' }, from, ...name,
    element('span', { className: 'data', dir: 'auto' }, data));
  item.dataset.time = time;
  return item;
}

function togglePause() {
  paused = !paused;
  byId('pause').ariaPressed = String(paused);
  draw();
}

function clear() {
  lines = [];
  pending = [];
  received = 0;
  redrawAll();
  draw();
}

/** One event a line, as JSON, into a file of the reader's own. */
function save() {
  const text = [...lines, ...pending].filter(passes).map((one) => `${JSON.stringify(one)}\n`).join('');
  const href = URL.createObjectURL(new Blob([text], { type: 'application/jsonl' }));
  element('a', { href, download: 'rivulet-events.jsonl' }).click();
  URL.revokeObjectURL(href);
}

function toBottom() {
  byId('log').scrollTop = byId('log').scrollHeight;
}

// A reader who has scrolled up is not pulled down by what comes.
function scrolled() {
  const { scrollHeight, scrollTop, clientHeight } = byId('log');
  following = scrollHeight - scrollTop - clientHeight <= BOTTOM_SLACK_PX;
  byId('newest').hidden = paused || following;
}
