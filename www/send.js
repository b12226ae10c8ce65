// Publishing, as the form and the lessons do it: one after the other, for two
// requests at once could overtake one another.
import { ask } from './access.js';
import { publishPath } from './address.js';

let before = Promise.resolve();

/** Publishes {to, event, data}; see ask() for the answer. */
export function send(what) {
  return post(publishPath(what), what.data, 'text/plain; charset=utf-8');
}

/** Publishes many events to client `id` in one body. */
export function sendMany(id, events) {
  return post(publishPath({ to: { id } }), events.map((data) => `data: ${data}\n\n`).join(''), 'text/event-stream');
}

function post(path, body, type) {
  before = before.then(() => ask(path, { method: 'POST', body, headers: { 'Content-Type': type } }));
  return before;
}
