// The page's start: keeps the list of client panels and its limit, and tells
// the publish form of it. panel.js is one client, publish.js the form,
// address.js what may stand in a path.
import { idProblem, randomId } from './address.js';
import { ClientPanel } from './panel.js';
import { setPanels, startPublishForm } from './publish.js';

// A browser opens six HTTP/1.1 connections to a host. Four streams leave one
// for publishing and one for everything else.
const MAX_LIVE = 4;
const LIMIT_TEXT = 'Four clients are the most on one page: a browser opens only ' +
  'six HTTP/1.1 connections to a server, and publishing needs one of them. ' +
  'Close a client to add another.';

const form = document.querySelector('#add-form');
const input = document.querySelector('#new-id');
const button = document.querySelector('#add');
const problem = document.querySelector('#add-problem');
const template = document.querySelector('#panel-template');
const container = document.querySelector('#panels');

const panels = [];

function addClient(event) {
  event.preventDefault();
  const id = input.value === '' ? randomId() : input.value;
  const wrong = idProblem(id);
  problem.textContent = wrong;
  input.setAttribute('aria-invalid', String(wrong !== ''));
  if (wrong || full()) return;
  input.value = '';
  const panel = new ClientPanel(id, template, panelChanged);
  panel.element.addEventListener('remove', () => removePanel(panel));
  panels.push(panel);
  container.append(panel.element);
  panel.connect();
  // The add button is disabled now and would drop the focus.
  if (full()) panel.element.querySelector('.log').focus();
}

function removePanel(panel) {
  const at = panels.indexOf(panel);
  panels.splice(at, 1);
  panel.element.remove();
  update();
  const next = panels[Math.min(at, panels.length - 1)];
  (next?.element.querySelector('.remove') ?? input).focus();
}

function panelChanged(panel) {
  document.querySelector('#announcer').textContent =
    `Client ${panel.id}: ${panel.state}`;
  update();
}

function live() {
  return panels.filter((panel) => panel.live).length;
}

function full() {
  return live() >= MAX_LIVE;
}

function update() {
  button.disabled = full();
  for (const panel of panels) panel.allowConnect(!full());
  document.querySelector('#limit').textContent = full() ? LIMIT_TEXT : '';
  document.querySelector('#live-count').textContent = `${live()} of ${MAX_LIVE}`;
  document.querySelector('#empty').hidden = panels.length > 0;
  setPanels(panels);
}

form.addEventListener('submit', addClient);
startPublishForm();
update();
