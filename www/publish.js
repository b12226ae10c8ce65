// The publish form: whom to tell, what to tell them, the equal curl line, and
// the server's answer.
import { ask, hasToken } from './access.js';
import { curlLine, eventProblem, topicsIn } from './address.js';
import { clients, listen } from './clients.js';
import { byId, clock, element, setText, showText } from './draw.js';
import { send } from './send.js';
import { t } from './text.js';

const MAX_OTHER_IDS = 100;

const target = byId('target');
const data = byId('data');
const curl = byId('curl');
const copy = byId('copy');
let connectedIds = [];
let listing = null;

export function startPublish() {
  const form = byId('publish-form');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    publish();
  });
  form.addEventListener('input', showCurlLine);
  for (const chip of form.querySelectorAll('.chips button')) {
    chip.addEventListener('click', () => {
      data.value = chip.textContent;
      showCurlLine();
      publish();
    });
  }
  data.addEventListener('keydown', publishOnEnter);
  target.addEventListener('focus', listClients);
  copy.addEventListener('click', copyCurlLine);
  for (const name of ['language', 'tokens']) addEventListener(name, drawTargets);
  listen({ changed: () => { drawTargets(); listClients(); } });
  drawTargets();
  listClients();
}

// --- Whom to tell ---------------------------------------------------------

// Once for all who ask meanwhile, and once more for what they ask it for.
async function listClients() {
  if (listing) return void (listing.again = true);
  listing = { again: false };
  const { ok, text } = await ask('/clients');
  if (ok) connectedIds = JSON.parse(text);
  showText(byId('target-note'), ok ? '' : t('The list of other clients is not at hand.'));
  const { again } = listing;
  listing = null;
  drawTargets();
  if (again) listClients();
}

// The choice made stays, even when that client has gone: falling back to
// everyone would send a private line to all.
function drawTargets() {
  const chosen = target.value || 'all';
  const here = new Map();
  for (const { link } of clients) here.set(link.id, link.live || here.get(link.id) === true);
  const others = connectedIds.filter((id) => !here.has(id));
  const listed = others.slice(0, MAX_OTHER_IDS).map((id) => option(`id:${id}`, id));
  const id = chosen.slice(3);
  if (chosen.startsWith('id:') && !here.has(id) && !others.slice(0, MAX_OTHER_IDS).includes(id)) {
    listed.push(option(chosen, others.includes(id) ? id : t('{id} (gone)', { id })));
  }
  if (others.length > MAX_OTHER_IDS) {
    const more = option('', t('and {n} more', { n: others.length - MAX_OTHER_IDS }));
    more.disabled = true;
    listed.push(more);
  }
  replaceOptions([option('all', t('Everyone')), option('topic', t('A topic')),
    ...group(t('On this page'), [...here].map(([one, live]) => option(`id:${one}`, live ? one : t('{id} (closed)', { id: one })))),
    ...group(t('Elsewhere'), listed)], chosen);
  showCurlLine();
}

// Leaves an unchanged list alone: a change would disturb one that is open.
function replaceOptions(nodes, chosen) {
  const old = target.childNodes;
  if (nodes.length === old.length && nodes.every((node, at) => node.isEqualNode(old[at]))) return;
  target.replaceChildren(...nodes);
  target.value = chosen;
}

const option = (value, text) => element('option', { value }, text);

const group = (label, options) => (options.length === 0 ? []
  : [element('optgroup', { label }, ...options)]);

// --- What to tell them ----------------------------------------------------

function composed() {
  const to = {
    all: {}, topic: { topics: topicsIn(byId('topic').value) },
  }[target.value] ?? { id: target.value.slice(3) };
  return { to, event: byId('event').value, data: data.value };
}

function showCurlLine() {
  byId('topic-field').hidden = target.value !== 'topic';
  const problem = eventProblem(composed());
  setText(curl, problem || curlLine(location.origin, composed(), hasToken('publish')));
  curl.classList.toggle('missing', problem !== '');
  copy.disabled = problem !== '';
}

// An Enter that ends the composition of a character belongs to the keyboard.
function publishOnEnter(event) {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (event.repeat) return;
  publish();
  data.select();
}

async function publish() {
  const what = composed();
  const problem = eventProblem(what);
  data.ariaInvalid = String(problem !== '');
  if (problem) return showAnswer('', problem);
  const asked = performance.now();
  const answer = await send(what);
  const took = Math.round(performance.now() - asked);
  if (answer.status === 401) byId('tokens-box').open = true;
  showAnswer(answer.ok ? `${said(answer)} · ${clock()} · ${took} ms` : '',
    answer.ok ? '' : `${answer.problem} (${clock()})`);
  listClients();
}

function said({ status, text }) {
  const { id, receivers } = JSON.parse(text);
  // Null in a cluster: what other instances deliver nobody counts.
  const streams = receivers !== null &&
    (receivers === 1 ? t('to 1 stream') : t('to {n} streams', { n: receivers }));
  return [status, streams, id && `id ${id}`].filter(Boolean).join(' · ');
}

// Success is a polite announcement, a problem an immediate one.
function showAnswer(answer, problem) {
  setText(byId('publish-answer'), answer);
  setText(byId('publish-problem'), problem);
}

// --- The curl line --------------------------------------------------------

// navigator.clipboard exists on https and localhost only; elsewhere the older
// command copies what is selected.
async function copyCurlLine() {
  try {
    await navigator.clipboard.writeText(curl.textContent);
    copied(true);
  } catch {
    getSelection().selectAllChildren(curl);
    copied(document.execCommand('copy'));
  }
}

function copied(done) {
  const label = copy.firstChild; // which text.js knows
  setText(label, done ? t('Copied') : 'Ctrl+C');
  copy.addEventListener('blur', () => setText(label, t('Copy')), { once: true });
}
