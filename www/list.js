// The list of clients, a page of it at a time, and the form that adds some.
import { idProblem, randomId, topicProblem, topicsIn } from './address.js';
import * as all from './clients.js';
import { byId, count, unhurried, element, setText, showText } from './draw.js';
import { t } from './text.js';

const ROWS = 20;
const rows = new Map(); // of the clients that are shown
let first = 0;
let shown = [];

export function startList() {
  byId('add-form').addEventListener('submit', submit);
  byId('remove-all').addEventListener('click', () => {
    all.removeAll();
    byId('new-id').focus();
  });
  byId('earlier').addEventListener('click', () => turn(-ROWS));
  byId('later').addEventListener('click', () => turn(ROWS));
  addEventListener('language', () => {
    rows.clear();
    shown = [];
    draw();
  });
  all.listen({ changed, read: redraw });
  draw();
}

function submit(event) {
  event.preventDefault();
  const id = byId('new-id').value || randomId();
  const topics = topicsIn(byId('new-topics').value);
  const number = byId('new-number').valueAsNumber;
  const ofNumber = Number.isInteger(number) && number >= 1 && number <= 1000
    ? '' : t('Add 1 to 1,000 clients at a time.');
  const problem = idProblem(id) || topicProblem(topics) || ofNumber;
  byId('new-id').setAttribute('aria-invalid', String(idProblem(id) !== ''));
  const refused = problem || all.add(id, topics, number);
  showText(byId('add-problem'), refused);
  if (refused) return;
  byId('new-id').value = '';
  first = Math.floor((all.clients.length - number) / ROWS) * ROWS; // of the new ones
  draw();
}

function turn(by) {
  first += by;
  draw();
}

function changed(link) {
  if (link) setText(byId('announcer'), `${link.id}: ${t(link.state)}`);
  if (!all.limit()) showText(byId('add-problem'), '');
  draw();
}

const redraw = unhurried(draw);

/** Draws what has changed. */
export function draw() {
  const { clients } = all;
  if (first >= clients.length) first = Math.max(0, Math.ceil(clients.length / ROWS - 1) * ROWS);
  const now = clients.slice(first, first + ROWS);
  if (now.length !== shown.length || now.some((client, at) => client !== shown[at])) place(now);
  for (const client of now) fill(rows.get(client), client);
  const shared = all.liveLinks().length < clients.filter(({ link }) => link.live).length;
  setText(byId('live-count'), t('{n} on {links} of {most} connections',
    { n: count(clients.length), links: all.liveLinks().length, most: all.MAX_LINKS }));
  showText(byId('limit'), all.limit() || (shared ? t('Clients under one id with the same topics share a connection here, for a browser opens only a few to a server. Each gets what it would get alone; the server counts one stream.') : ''));
  byId('empty').hidden = clients.length > 0;
  byId('pager').hidden = clients.length <= ROWS;
  byId('remove-all').hidden = clients.length === 0;
  setText(byId('range'), `${count(first + 1)}–${count(first + now.length)} / ${count(clients.length)}`);
  byId('earlier').disabled = first === 0;
  byId('later').disabled = first + ROWS >= clients.length;
}

function place(now) {
  for (const client of rows.keys()) if (!now.includes(client)) rows.delete(client);
  for (const client of now) if (!rows.has(client)) rows.set(client, row(client));
  byId('clients').replaceChildren(...now.map((client) => rows.get(client).node));
  shown = now;
}

function row(client) {
  const parts = {
    id: element('h3', { className: 'id', dir: 'auto' }),
    topics: element('p', { className: 'topics', dir: 'auto' }),
    state: element('span', { className: 'state' }),
    received: element('span', { className: 'count' }),
    lag: element('span', { className: 'lag' }),
    toggle: element('button', { type: 'button', className: 'quiet toggle' }),
    remove: element('button', { type: 'button', className: 'quiet remove' }, '✕'),
    note: element('p', { className: 'hint note', hidden: true }),
  };
  parts.toggle.addEventListener('click', () =>
    client.link.live ? client.link.close() : client.link.open());
  parts.remove.addEventListener('click', () => removeRow(client));
  parts.node = element('li', { className: 'client' }, ...Object.values(parts));
  return parts;
}

function fill(parts, client) {
  const { link } = client;
  const name = all.nameOf(client);
  parts.node.dataset.state = link.state;
  setText(parts.id, name);
  setText(parts.topics, link.topics.join(' '));
  setText(parts.state, t(link.state));
  setText(parts.received, client.received === 1 ? t('1 event') : t('{n} events', { n: count(client.received) }));
  setText(parts.lag, link.live ? link.lag : '');
  setText(parts.toggle, link.live ? t('Close') : t('Connect'));
  parts.toggle.ariaLabel = `${parts.toggle.textContent} ${name}`;
  parts.toggle.disabled = !link.live && all.limit() !== '';
  parts.remove.ariaLabel = `${t('Remove')} ${name}`;
  showText(parts.note, link.problem);
}

// The focus goes to the next one, so that the keyboard keeps its place.
function removeRow(client) {
  const at = shown.indexOf(client);
  all.remove(client);
  const next = shown[Math.min(at, shown.length - 1)];
  (next ? rows.get(next).remove : byId('new-id')).focus();
}
