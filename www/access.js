// Getting in: the tokens, which stay in this variable and nowhere else, and
// what an answer other than 200 means for whoever reads the page.
import { t } from './text.js';

const tokens = { publish: '', subscribe: '' };
const ANSWER_TIMEOUT_MS = 10_000;

/** Takes tokens; an event `tokens` tells who may try again. Says why not, or ''. */
export function setTokens(publish, subscribe) {
  // fetch refuses a field with any other character, as if nobody had answered.
  if (!/^[!-~]*$/.test(publish + subscribe)) return t('A token has no blanks and only ASCII characters: copy it again.');
  Object.assign(tokens, { publish, subscribe });
  dispatchEvent(new Event('tokens'));
  return '';
}

export const hasToken = (kind) => tokens[kind] !== '';

/** The field that shows a token: EventSource could not, and proxies log queries. */
export function bearer(kind = 'publish') {
  return hasToken(kind) ? { Authorization: `Bearer ${tokens[kind]}` } : {};
}

/** One request: {ok, status (0 for no answer), text, problem ('' when ok)}. */
export async function ask(path, options = {}) {
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const timer = setTimeout(() => giveUp.abort(), ANSWER_TIMEOUT_MS);
  try {
    const response = await fetch(path, { cache: 'no-store', signal, ...options,
      headers: { ...bearer(), ...options.headers } });
    const text = (await response.text()).trim();
    return { ok: response.ok, status: response.status, text,
      problem: response.ok ? '' : explain(response.status, text) };
  } catch {
    return { ok: false, status: 0, text: '', problem: signal.aborted
      ? t('No answer within 10 s. Streams in other tabs may be using up the browser’s six connections to this server: close some.')
      : t('The server cannot be reached. Try again once it runs.') };
  } finally {
    clearTimeout(timer);
  }
}

/** The server's own words, and what to do about it. */
export function explain(status, text) {
  const line = text.startsWith('<') ? '' : text.split('\n')[0].slice(0, 200); // no proxy's page
  return [`${status} ${line}`.trim(), advice(status, text)].filter(Boolean).join(' · ');
}

function advice(status, text) {
  if (status === 401) return t('Write the token under “Tokens”, at the top of the page.');
  if (status === 403) return t('The server, or the proxy in front of it, does not let this page do that.');
  if (status === 404 && text.startsWith('nothing is here')) {
    return t('This address does not offer that: open the page on the server’s other address (listen, admin-listen).');
  }
  if (status === 503) return t('The server is shutting down: try again soon.');
  return '';
}
