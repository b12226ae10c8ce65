// What one client was told, in the order in which its API told it.
import { until } from './wait.mjs';

export class Inbox {
  opens = 0;
  refusal = null;  // the status of an answer that ended it for good, as far as its API says
  events = [];     // {type, data, id}

  opened() { this.opens += 1; }
  refused(status) { this.refusal = status; }
  take(type, data, id) { this.events.push({ type: type || 'message', data, id }); }

  get data() { return this.events.map(({ data }) => data); }
  get last() { return this.events.at(-1); }

  /** Waits for as many events as these. What they are is for the caller to say. */
  async holds(count) {
    await until(() => this.events.length >= count,
      () => `${count} events; there are ${this.events.length}`);
    return this.data;
  }

  async opensAgain(count = 2) {
    await until(() => this.opens >= count, () => `open ${count}; there are ${this.opens}`);
  }
}
