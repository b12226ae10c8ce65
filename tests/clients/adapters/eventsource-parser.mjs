// npm's eventsource-parser over Node's fetch: a parser, so that coming back is a
// loop of the caller's.
import { setTimeout as sleep } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';

async function follow(inbox, url, headers, signal) {
  let lastId = '';
  let retry = 3000;
  while (!signal.aborted) {
    try {
      const seen = lastId ? { 'Last-Event-ID': lastId } : {};
      const response = await fetch(url, { headers: { ...headers, ...seen }, signal });
      if (response.status !== 200) {
        inbox.refused(response.status);
        return;
      }
      inbox.opened();
      const parser = createParser({
        onEvent({ event, data, id }) {
          lastId = id ?? lastId;
          inbox.take(event, data, id);
        },
        onRetry(ms) { retry = ms; },
      });
      const decoder = new TextDecoder();
      for await (const bytes of response.body) {
        parser.feed(decoder.decode(bytes, { stream: true }));
      }
    } catch {
      // Cut off, or nobody there: the same as an end.
    }
    await sleep(retry, undefined, { signal }).catch(() => {});
  }
}

export default {
  name: 'eventsource-parser',
  callerReconnects: true,
  cannot: {},
  open(inbox, url, { headers }) {
    const controller = new AbortController();
    follow(inbox, url, headers, controller.signal);
    return () => controller.abort();
  },
};
