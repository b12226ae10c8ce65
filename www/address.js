// Ids and statuses as parts of an address: whether the text can stand there,
// the path it makes, and the curl line for that path. Pure functions, no DOM.

const MAX_ID_BYTES = 128;

/** Why `id` cannot be a client's id, or '' when it can. */
export function idProblem(id) {
  const bytes = new TextEncoder().encode(id).length;
  if (bytes === 0) return 'An id has at least one character.';
  if (bytes > MAX_ID_BYTES) {
    return `This id is ${bytes} bytes long. At most ${MAX_ID_BYTES} are allowed.`;
  }
  if (/\p{Cc}/u.test(id)) {
    return 'An id cannot hold control characters, such as a tab.';
  }
  return segmentProblem(id, 'id');
}

/** Why `status` cannot be published in a path, or '' when it can. */
export function statusProblem(status) {
  if (status === '') return 'Write a status first.';
  return segmentProblem(status, 'status');
}

/** The path of the stream of client `id`. */
export function streamPath(id) {
  return `/stream/${segment(id)}`;
}

/** The path that publishes `status` to client `target`; '' means everyone. */
export function publishPath(target, status) {
  const to = target === '' ? '' : `/${segment(target)}`;
  return `/publish${to}/status/${segment(status)}`;
}

/** The shell command that asks for `path`. */
export function curlLine(origin, path) {
  return `curl '${origin}${path}'`;
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

function segmentProblem(text, what) {
  if (text === '.' || text === '..') {
    return `The ${what} “${text}” cannot be sent: in a path it means a folder, ` +
      'and browsers and curl take it out, even when it is percent-encoded.';
  }
  if (/\p{Surrogate}/u.test(text)) {
    return `The ${what} holds half a character (a lone surrogate).`;
  }
  return '';
}

// The single quote too, so that the whole address fits in shell quotes.
function segment(text) {
  return encodeURIComponent(text).replaceAll("'", '%27');
}
