// npm's @microsoft/fetch-event-source. It is made for browsers, and looks for
// their `window` and `document`.
import { fetchEventSource } from '@microsoft/fetch-event-source';

globalThis.window ??= globalThis;
globalThis.document ??= { addEventListener() {}, removeEventListener() {}, hidden: false };

class Refused extends Error {}

export default {
  name: '@microsoft/fetch-event-source',
  cannot: {
    cutBehindId: 'it takes an id when its line is there, so an event cut in the one byte ' +
      'behind that is lost',
    emptyFirstLine: 'it drops empty lines at the start of data',
    mark: 'it takes a byte order mark away from the start of each line',
  },
  open(inbox, url, { headers }) {
    const controller = new AbortController();
    fetchEventSource(url, {
      headers,
      signal: controller.signal,
      openWhenHidden: true,
      onopen: async ({ status }) => {
        if (status !== 200) {
          inbox.refused(status);
          throw new Refused();
        }
        inbox.opened();
      },
      onmessage: ({ event, data, id }) => inbox.take(event, data, id),
      onclose: () => { throw new Error('it would not come back after a clean end'); },
      onerror: (error) => { if (error instanceof Refused) throw error; },
    }).catch(() => {});
    return () => controller.abort();
  },
};
