// One client on the page: its EventSource, the state of that connection, and
// the list of what it received. It reports changes and knows nothing of the
// other panels. Whatever came from outside is set as text only.
//
//   connecting --open--> open --error--> reconnecting --open--> open
//        any --close(), or the browser gives up--> closed --connect()-->
//                                                             connecting
import { streamPath } from './address.js';

const MAX_LINES = 500;
const BOTTOM_SLACK_PX = 8;

export class ClientPanel {
  /** `onChange(panel)` runs after each change of state. */
  constructor(id, template, onChange) {
    this.id = id;
    this.state = 'closed';
    this.element = template.content.firstElementChild.cloneNode(true);
    this.onChange = onChange;
    this.source = null;
    this.received = 0;
    this.pending = [];
    this.unseen = 0;
    this.following = true;
    this.frameAsked = false;
    this.#label();
    this.#listen();
  }

  get live() {
    return this.state !== 'closed';
  }

  connect() {
    const source = new EventSource(streamPath(this.id));
    source.onopen = () => this.#enter('open');
    source.onmessage = (event) => this.#receive(event.data);
    source.onerror = () => this.#fail();
    this.source = source;
    this.#enter('connecting');
  }

  close() {
    this.source?.close();
    this.source = null;
    this.#enter('closed');
  }

  /** Whether a closed panel may connect now. */
  allowConnect(allowed) {
    this.#find('.toggle').disabled = !this.live && !allowed;
  }

  // The browser tries again by itself after a fault, but never after an answer
  // other than a stream.
  #fail() {
    if (this.source.readyState === EventSource.CONNECTING) {
      this.#enter('reconnecting');
      return;
    }
    this.close();
    this.#note('The server did not answer with a stream, so the browser gave up.');
  }

  #enter(state) {
    if (state === this.state) return;
    this.state = state;
    this.element.dataset.state = state;
    this.#find('.state').textContent = state;
    this.#note('');
    const toggle = this.#find('.toggle');
    toggle.textContent = this.live ? 'Close' : 'Connect';
    toggle.setAttribute('aria-label', `${toggle.textContent} client ${this.id}`);
    this.onChange(this);
  }

  #note(text) {
    const note = this.#find('.note');
    note.textContent = text;
    note.hidden = text === '';
  }

  #receive(data) {
    this.received += 1;
    this.pending.push({ data, time: new Date() });
    if (this.pending.length > MAX_LINES) this.pending.shift();
    this.#askFrame();
  }

  // One layout for each frame, however many events came since the last.
  #askFrame() {
    if (this.frameAsked) return;
    this.frameAsked = true;
    requestAnimationFrame(() => {
      this.frameAsked = false;
      this.#draw();
    });
  }

  #draw() {
    const list = this.#find('ol');
    list.append(...this.pending.map(line));
    while (list.childElementCount > MAX_LINES) list.firstElementChild.remove();
    if (!this.following) this.unseen += this.pending.length;
    this.pending = [];
    this.#count();
    if (this.following) this.#toBottom();
  }

  #count() {
    this.#find('.count').textContent =
      this.received === 1 ? '1 event' : `${this.received} events`;
    this.#find('.waiting').hidden = this.received > 0;
    const newest = this.#find('.newest');
    newest.hidden = this.unseen === 0;
    newest.textContent = `↓ ${this.unseen} new`;
  }

  #toBottom() {
    const log = this.#find('.log');
    log.scrollTop = log.scrollHeight;
  }

  // Scroll events come before the frame's drawing, so a reader who has just
  // scrolled up is never pulled down by the events of that frame.
  #scrolled() {
    const log = this.#find('.log');
    const below = log.scrollHeight - log.scrollTop - log.clientHeight;
    this.following = below <= BOTTOM_SLACK_PX;
    if (!this.following || this.unseen === 0) return;
    this.unseen = 0;
    this.#count();
  }

  #label() {
    this.element.setAttribute('aria-label', `Client ${this.id}`);
    this.#find('.id').textContent = this.id;
    this.#find('.remove').setAttribute('aria-label', `Remove client ${this.id}`);
    this.#find('.remove').title = 'Remove';
    this.#find('.log').setAttribute('aria-label', `Events of ${this.id}`);
    this.#count();
  }

  #listen() {
    this.#find('.toggle').addEventListener('click', () =>
      this.live ? this.close() : this.connect());
    this.#find('.remove').addEventListener('click', () => {
      this.close();
      this.element.dispatchEvent(new Event('remove'));
    });
    this.#find('.log').addEventListener('scroll', () => this.#scrolled());
    this.#find('.newest').addEventListener('click', () => {
      this.#toBottom();
      this.#find('.log').focus();
    });
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }
}

function line({ data, time }) {
  const item = document.createElement('li');
  const label = document.createElement('span');
  const text = document.createElement('span');
  label.className = 'label';
  label.textContent = 'Status: ';
  text.className = 'data';
  text.textContent = data;
  text.dir = 'auto';
  item.dataset.time = time.toLocaleTimeString('en-GB');
  item.append(label, text);
  return item;
}
