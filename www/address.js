// Ids, topics and events as parts of an address: whether the text can stand
// there, the path it makes, and the curl line for a publish. No DOM.
import { t } from './text.js';

const MAX_NAME_BYTES = 128;

/** Why `id` cannot be a client's id, or '' when it can. */
export function idProblem(id) {
  const problem = nameProblem(id, t('The id'));
  if (problem || (id !== '.' && id !== '..')) return problem;
  return t('The id “{id}” cannot be sent: in a path it means a folder, and browsers and curl take it out, even when it is percent-encoded.', { id });
}

/** Why one of `topics` cannot be a topic, or ''. */
export function topicProblem(topics) {
  if (topics.length > 64) return t('A stream or an event has at most 64 topics.');
  for (const topic of topics) {
    const problem = nameProblem(topic, t('The topic'));
    if (problem) return problem;
    if (/[*#+]/.test(topic)) return t('A topic holds none of the characters * # + ,');
  }
  return '';
}

/** The topics in what somebody has typed. */
export const topicsIn = (text) => [...new Set(text.split(/[\s,]+/).filter(Boolean))];

/** Why this cannot be published, or ''. `to` is {id}, {topics} or {}. */
export function eventProblem({ to, event, data }) {
  if (to.id !== undefined && idProblem(to.id)) return idProblem(to.id);
  if (to.topics?.length === 0) return t('Write a topic first.');
  if (topicProblem(to.topics ?? [])) return topicProblem(to.topics);
  if (event && nameProblem(event, t('The event name'))) return nameProblem(event, t('The event name'));
  if (data === '') return t('Write some data first.');
  if (data.includes('\0')) return t('The data holds a NUL, which no event stream can.');
  return surrogateProblem(data, t('The data'));
}

/** The path of the stream of client `id` with these topics. */
export function streamPath(id, topics) {
  return `/stream/${segment(id)}${query(topics.map((topic) => ['topic', topic]))}`;
}

/** The path that an event is POSTed to. */
export function publishPath({ to, event }) {
  const path = to.id === undefined ? '/publish' : `/publish/${segment(to.id)}`;
  const pairs = (to.topics ?? []).map((topic) => ['topic', topic]);
  return path + query(event ? [...pairs, ['event', event]] : pairs);
}

/** The shell command that publishes the same. */
export function curlLine(origin, what, token) {
  const field = token ? ' -H "Authorization: Bearer $TOKEN"' : '';
  return `curl${field} --data-raw '${what.data.replaceAll("'", "'\\''")}' '${origin}${publishPath(what)}'`;
}

/** A new id nobody has. randomUUID exists on https and localhost only. */
export function randomId() {
  return crypto.randomUUID?.() ?? uuidFrom(new Uint8Array(16));
}

function uuidFrom(bytes) {
  crypto.getRandomValues(bytes);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  return hex.join('').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function nameProblem(name, what) {
  const bytes = new TextEncoder().encode(name).length;
  if (bytes === 0) return t('{what} has at least one character.', { what });
  if (bytes > MAX_NAME_BYTES) {
    return t('{what} is {bytes} bytes long. At most 128 are allowed.', { what, bytes });
  }
  if (/\p{Cc}/u.test(name)) {
    return t('{what} cannot hold control characters, such as a tab.', { what });
  }
  return surrogateProblem(name, what);
}

function surrogateProblem(text, what) {
  return /\p{Surrogate}/u.test(text)
    ? t('{what} holds half a character (a lone surrogate).', { what }) : '';
}

const query = (pairs) => (pairs.length
  ? `?${pairs.map(([name, value]) => `${name}=${segment(value)}`).join('&')}` : '');

// The single quote too, so that the whole address fits in shell quotes.
function segment(text) {
  return encodeURIComponent(text).replaceAll("'", '%27');
}
