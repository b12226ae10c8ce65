// One connection with an event stream, by fetch: like EventSource it reconnects
// and says what it saw last; unlike that it shows each byte and can be cut.
//
//   connecting ──> open ──end or fault──> reconnecting ──> open
//       any ──close(), or an answer that is no stream──> closed ──open()──> ...
import { explain } from './access.js';
import { sleep } from './draw.js';
import { FrameReader } from './sse.js';
import { t } from './text.js';

export class Link {
  state = 'closed';
  problem = ''; // why it is closed, or not open
  lastId = '';
  retry = 3000;
  #run = null; // the loop that counts; an older one ends by itself
  #abort = null;

  /**
   * `request()` gives {path, headers} for each attempt; `on` has change(link),
   * head(link, request, response) and read(link, frames, bytes).
   */
  constructor(request, on) {
    this.request = request;
    this.on = on;
  }

  get live() { return this.state !== 'closed'; }

  open() {
    this.#abort?.abort();
    this.#run = {};
    this.#enter('connecting');
    this.#loop(this.#run);
  }

  close(problem = '') {
    this.#run = null;
    this.#abort?.abort();
    this.#enter('closed', problem);
  }

  /** Loses the connection, and comes back when `until` is there. */
  async cut(until) {
    const run = this.#run = {};
    this.#abort?.abort();
    this.#enter('reconnecting');
    await until;
    if (this.#run === run) this.#loop(run);
  }

  /** What it asks for when it comes back. */
  next() {
    const { path, headers } = this.request();
    const resume = this.lastId ? { 'Last-Event-ID': this.lastId } : {};
    return { path, headers: { ...headers, ...resume } };
  }

  #enter(state, problem = '') {
    if (state === this.state && problem === this.problem) return;
    this.state = state;
    this.problem = problem;
    this.on.change(this);
  }

  async #loop(run) {
    while (this.#run === run) {
      await this.#attempt(run);
      if (this.#run !== run) return;
      this.#enter('reconnecting', this.problem);
      await sleep(this.retry);
    }
  }

  async #attempt(run) {
    const abort = this.#abort = new AbortController();
    const request = this.next();
    try {
      const response = await fetch(request.path, { headers: request.headers,
        cache: 'no-store', signal: abort.signal });
      const type = response.headers.get('Content-Type') ?? '';
      if (response.status !== 200 || !type.startsWith('text/event-stream')) {
        const text = await response.text();
        if (this.#run === run) this.close(explain(response.status, text));
        return;
      }
      this.on.head(this, request, response);
      this.#enter('open');
      await this.#readAll(run, response.body.getReader());
    } catch {
      // A fault of the network: the loop tries again.
    }
  }

  async #readAll(run, reader) {
    const decoder = new TextDecoder();
    const frames = new FrameReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done || this.#run !== run) return;
      this.#take(frames.read(decoder.decode(value, { stream: true })), value.length);
    }
  }

  #take(frames, bytes) {
    for (const { id, retry, comment } of frames) {
      this.lastId = id ?? this.lastId;
      this.retry = retry ?? this.retry;
      if (comment?.trim() === 'come back later') {
        this.problem = t('The server is full or shutting down. This client comes back when it was told to.');
      }
    }
    this.on.read(this, frames, bytes);
  }
}
