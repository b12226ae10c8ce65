// npm's eventsource: the EventSource of browsers, for Node.
import { EventSource } from 'eventsource';

/** Its fetch, and so the way to fields of the request. */
export const fetchWith = (headers) => (url, init) =>
  fetch(url, { ...init, headers: { ...init.headers, ...headers } });

export default {
  name: 'eventsource',
  cannot: {},
  open(inbox, url, { headers, names }) {
    const source = new EventSource(url, { fetch: fetchWith(headers) });
    source.addEventListener('open', () => inbox.opened());
    source.addEventListener('error', ({ code }) => {
      if (source.readyState === EventSource.CLOSED) inbox.refused(code);
    });
    for (const name of names) {
      source.addEventListener(name, (event) =>
        inbox.take(event.type, event.data, event.lastEventId));
    }
    return () => source.close();
  },
};
