// npm's launchdarkly-eventsource. Without an agent of its own Node's global one
// ends its socket after 5 s of silence.
import http from 'node:http';
import launchdarkly from 'launchdarkly-eventsource';

/** `agentOf` makes the agent of a connection. */
export const launchdarklyWith = (agentOf) => ({
  name: 'launchdarkly-eventsource',
  cannot: {},
  open(inbox, url, { headers, names }) {
    const agent = agentOf();
    const source = new launchdarkly.EventSource(url, { headers, agent });
    source.addEventListener('open', () => inbox.opened());
    source.addEventListener('error', ({ status }) => { if (status) inbox.refused(status); });
    for (const name of names) {
      source.addEventListener(name, (event) =>
        inbox.take(event.type, event.data, event.lastEventId));
    }
    return () => source.close();
  },
});

export default launchdarklyWith(() => new http.Agent());
