// The publish form: whom to tell, what to tell them, the equal curl line, and
// the server's answer. It learns of the page's panels through setPanels().
import { curlLine, idProblem, publishPath, statusProblem } from './address.js';

const ANSWER_TIMEOUT_MS = 10_000;
const MAX_ANSWER_CHARACTERS = 300;
const MAX_OTHER_IDS = 100;

const target = document.querySelector('#target');
const targetNote = document.querySelector('#target-note');
const status = document.querySelector('#status');
const curl = document.querySelector('#curl');
const copy = document.querySelector('#copy');
const answer = document.querySelector('#publish-answer');
const problem = document.querySelector('#publish-problem');

let panelIds = new Map(); // id -> whether one of its panels is live
let otherIds = []; // connected, but not on this page
let connectedIds = [];
let listing = false;
let listAgain = false;
let lastPublish = Promise.resolve();

export function startPublishForm() {
  const form = document.querySelector('#publish-form');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    publish();
  });
  form.addEventListener('input', showCurlLine);
  for (const chip of form.querySelectorAll('[data-status]')) {
    chip.addEventListener('click', () => publishQuick(chip.dataset.status));
  }
  status.addEventListener('keydown', publishOnEnter);
  target.addEventListener('focus', listClients);
  copy.addEventListener('click', copyCurlLine);
  drawTargets();
  listClients();
}

/** Tells the form which panels the page has; asks the server for the rest. */
export function setPanels(panels) {
  panelIds = new Map();
  for (const { id, live } of panels) {
    panelIds.set(id, live || panelIds.get(id) === true);
  }
  drawTargets();
  listClients();
}

// --- Whom to tell ---------------------------------------------------------

async function listClients() {
  listAgain = listing;
  if (listing) return;
  listing = true;
  try {
    const response = await fetch('/clients', { cache: 'no-store' });
    connectedIds = await response.json();
    note('');
  } catch {
    note('The list of other clients is not at hand: the server does not answer.');
  }
  listing = false;
  drawTargets();
  if (listAgain) listClients();
}

function note(text) {
  targetNote.textContent = text;
  targetNote.hidden = text === '';
}

// The choice made stays, even when that client has gone: falling back to
// everyone would send a private line to all.
function drawTargets() {
  const chosen = target.value;
  otherIds = connectedIds.filter((id) => !panelIds.has(id));
  const known = chosen === '' || panelIds.has(chosen) || otherIds.includes(chosen);
  const everyone = option('', 'Everyone');
  const here = Array.from(panelIds, ([id, live]) =>
    option(id, live ? id : `${id} (closed)`));
  const others = otherIds.slice(0, MAX_OTHER_IDS).map((id) => option(id, id));
  if (chosen !== '' && (!known || otherIds.indexOf(chosen) >= MAX_OTHER_IDS)) {
    others.push(option(chosen, known ? chosen : `${chosen} (gone)`));
  }
  if (otherIds.length > MAX_OTHER_IDS) {
    const more = option('', `and ${otherIds.length - MAX_OTHER_IDS} more`);
    more.disabled = true;
    others.push(more);
  }
  replaceOptions([everyone, ...group('On this page', here),
    ...group('Elsewhere', others)], chosen);
  showCurlLine();
}

// Leaves an unchanged list alone: a change would disturb one that is open.
function replaceOptions(nodes, chosen) {
  const same = nodes.length === target.childNodes.length &&
    nodes.every((node, at) => node.isEqualNode(target.childNodes[at]));
  if (same) return;
  target.replaceChildren(...nodes);
  target.value = chosen;
}

function option(value, text) {
  const node = document.createElement('option');
  node.value = value;
  node.textContent = text;
  return node;
}

function group(label, options) {
  if (options.length === 0) return [];
  const node = document.createElement('optgroup');
  node.label = label;
  node.append(...options);
  return [node];
}

// --- What to tell them ----------------------------------------------------

function formProblem() {
  const ofTarget = target.value === '' ? '' : idProblem(target.value);
  return ofTarget || statusProblem(status.value);
}

function showCurlLine() {
  const wrong = formProblem();
  curl.textContent = wrong ||
    curlLine(location.origin, publishPath(target.value, status.value));
  curl.classList.toggle('missing', wrong !== '');
  copy.disabled = wrong !== '';
}

function publishQuick(text) {
  status.value = text;
  showCurlLine();
  publish();
}

// An Enter that ends the composition of a character belongs to the keyboard.
function publishOnEnter(event) {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (event.repeat) return;
  publish();
  status.select();
}

// One after the other: two requests at once could overtake one another.
function publish() {
  const wrong = formProblem();
  status.setAttribute('aria-invalid', String(wrong !== ''));
  if (wrong) {
    showAnswer(wrong, false);
    return;
  }
  const to = target.value;
  const text = status.value;
  lastPublish = lastPublish.then(() => send(to, text));
}

async function send(to, text) {
  const asked = performance.now();
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), ANSWER_TIMEOUT_MS);
  try {
    const response = await fetch(publishPath(to, text),
      { cache: 'no-store', signal: giveUp.signal });
    const line = (await response.text()).trim().slice(0, MAX_ANSWER_CHARACTERS);
    const took = Math.round(performance.now() - asked);
    const where = response.ok ? ` · to ${to || 'everyone'}` : '';
    showAnswer(`${response.status} ${line}${where} · ${now()} · ${took} ms`,
      response.ok);
  } catch {
    showAnswer(failure(giveUp.signal.aborted), false);
  } finally {
    clearTimeout(timer);
  }
  listClients();
}

function failure(timedOut) {
  return timedOut
    ? `No answer within ${ANSWER_TIMEOUT_MS / 1000} s. Streams in other tabs may be `
      + `using up the browser's six connections to this server. (${now()})`
    : `The server cannot be reached, so nothing was published. (${now()})`;
}

// Success is a polite announcement, a problem an immediate one.
function showAnswer(text, ok) {
  answer.textContent = ok ? text : '';
  problem.textContent = ok ? '' : text;
}

function now() {
  return new Date().toLocaleTimeString('en-GB');
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
  copy.textContent = done ? 'Copied' : 'Press Ctrl+C';
  copy.addEventListener('blur', () => { copy.textContent = 'Copy'; },
    { once: true });
}
