// npm's reconnecting-eventsource, which in Node stands on npm's eventsource.
import { EventSource } from 'eventsource';
import ReconnectingEventSource from 'reconnecting-eventsource';
import { fetchWith } from './eventsource.mjs';

export default {
  name: 'reconnecting-eventsource',
  cannot: {
    away: 'it comes back after any answer',
    says: 'it does not say which answer it was',
  },
  open(inbox, url, { headers, names }) {
    const source = new ReconnectingEventSource(url, {
      eventSourceClass: EventSource, fetch: fetchWith(headers), max_retry_time: 200,
    });
    source.onopen = () => inbox.opened();
    // By `onmessage` alone it would not remember ids.
    for (const name of names) {
      source.addEventListener(name, (event) =>
        inbox.take(event.type, event.data, event.lastEventId));
    }
    return () => source.close();
  },
};
