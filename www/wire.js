// What happens on the wire: one connection's request, head and body, line by
// line. A browser takes the chunk framing off before a page can see it, so the
// sizes are computed by the server's rule: each frame is one chunk. Over HTTP/2 a
// proxy has taken it off already, and none are shown.
import { links, listen, overHttp2 } from './clients.js';
import { byId, bytes, count, unhurried, element } from './draw.js';
import { t } from './text.js';

const MAX_LINES = 200;
const MAX_CHARACTERS = 160;
const FRAMES_OF_A_READ = 4; // shown of each piece that came; of a longer one, one less
const PROTOCOL = overHttp2 ? 'HTTP/2' : 'HTTP/1.1'; // the browser's own, to whoever it talks to
const traces = new WeakMap(); // link -> [[kind, text]]

export function startWire() {
  byId('framing').hidden = overHttp2;
  byId('no-framing').hidden = !overHttp2;
  listen({ changed, head, read });
  byId('wire-client').addEventListener('change', draw);
}

/** The connection that is looked at; undefined while there is none. */
export const chosen = () => links().find(({ key }) => key === byId('wire-client').value) ?? links()[0];

// A list that is the same is left alone, for it may be open.
function changed() {
  const select = byId('wire-client');
  const same = links().map(({ key }) => key).join() === [...select.options].map(({ value }) => value).join();
  if (same) return;
  const before = chosen();
  select.replaceChildren(...links().map(({ id, key }) => element('option', { value: key }, id)));
  select.value = before?.key ?? '';
  draw();
}

function head(link, { path, headers }, { status, statusText, headers: fields }) {
  const shown = Object.entries(headers).map(([name, value]) =>
    ['request', `${name}: ${name === 'Authorization' ? 'Bearer …' : value}`]);
  note(link, ['request', `GET ${path} ${PROTOCOL}`], ...shown, ['request', ''],
    ['head', `${PROTOCOL} ${status} ${statusText}`.trim()],
    ...[...fields].map(([name, value]) => ['head', `${name}: ${value}`]), ['head', '']);
}

function read(link, frames, size) {
  const few = frames.slice(0, FRAMES_OF_A_READ - (frames.length > FRAMES_OF_A_READ));
  const more = frames.length - few.length;
  note(link, ['piece', frames.length === 1 ? t('one piece: 1 frame, {size}', { size: bytes(size) }) : t('one piece: {n} frames, {size}', { n: count(frames.length), size: bytes(size) })],
    ...few.flatMap(linesOf), ...(more ? [['piece', t('… and {n} frames more', { n: count(more) })]] : []));
}

function linesOf({ lines }) {
  const shown = lines.map((line) => [/^(id|event|data|retry)/.exec(line)?.[0] ?? (line ? 'comment' : 'blank'), `${line}\\n`]);
  if (overHttp2) return shown;
  const size = new TextEncoder().encode(`${lines.join('\n')}\n`).length;
  return [['size', `${size.toString(16)}\\r\\n`], ...shown, ['size', '\\r\\n']];
}

function note(link, ...lines) {
  const trace = [...(traces.get(link) ?? []), ...lines.map(([kind, text]) =>
    [kind, text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text])];
  traces.set(link, trace.slice(-MAX_LINES));
  if (link === chosen()) redraw();
}

const redraw = unhurried(draw);

function draw() {
  const trace = traces.get(chosen()) ?? [];
  byId('wire').replaceChildren(...trace.map(([kind, text]) => element('span', { className: kind }, `${text}\n`)));
  byId('wire').scrollTop = byId('wire').scrollHeight;
}
