// Event streams as nobody would write them, from a seed: the same seed gives
// the same streams on every machine.

/** Numbers from 0 up to 1 (mulberry32). */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6D2B79F5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const MARK = '\uFEFF';
const TEXTS = [
  '', ' ', '  ', 'x', ' x', '  x', 'x ', '\t', '\tx', ':', ': ', '::', 'a: b',
  'data: x', 'event: x', 'é', 'Grüße, 世界', '🎉', '👩‍👩‍👧', 'a\u2028b\u2029c', 'a\u0085b',
  '\u000b\u000c', '\u0001\u007f', MARK, `${MARK}x`, `x${MARK}`, '\uFFFD', '{"a": [1, 2]}',
  '0', '-1', 'x'.repeat(300), '🎉'.repeat(80),
];
const UNKNOWN = [
  'foo', 'foo: bar', 'dat', 'dat: x', 'datax', 'datax: x', 'Data: x', 'DATA: x',
  ' data: x', 'data : x', 'data\t: x', `${MARK}data: x`, 'events: x', 'eventx',
  'Event: x', ' event: x', 'even: x', '\u00A0data: x', '-', 'é: ü', '🎉',
  `x${'y'.repeat(500)}: z`,
];
const RETRIES = ['0', '10', '3000', 'soon', '-1', '1.5', '', '99999999999999'];
const LINE_ENDS = ['\n', '\r', '\r\n'];

export class Generator {
  #random;

  constructor(seed) {
    this.#random = randomNumbers(seed);
  }

  #below(count) {
    return Math.floor(this.#random() * count);
  }

  #chance(share) {
    return this.#random() < share;
  }

  #one(list) {
    return list[this.#below(list.length)];
  }

  #text() {
    return this.#chance(0.2) ? this.#one(TEXTS) + this.#one(TEXTS) : this.#one(TEXTS);
  }

  /** A field with or without its value, and with odd spaces before that. */
  #field(name, value) {
    if (this.#chance(0.08)) return name;
    return `${name}:${this.#one(['', ' ', ' ', ' ', '  '])}${value}`;
  }

  #line() {
    const kind = this.#random();
    if (kind < 0.30) return '';
    if (kind < 0.62) return this.#field('data', this.#text());
    if (kind < 0.72) return this.#field('event', this.#text());
    if (kind < 0.80) return this.#field('id', this.#text());
    if (kind < 0.85) return this.#field('retry', this.#one(RETRIES));
    if (kind < 0.92) return `:${this.#text()}`;
    return this.#one(UNKNOWN);
  }

  /** One stream; its last line may have no end, its last event no blank line. */
  #stream() {
    let text = MARK.repeat(this.#one([0, 0, 0, 1, 1, 2]));
    const lineEnd = this.#chance(0.5) ? this.#one(LINE_ENDS) : null;
    const lines = this.#below(30);
    for (let n = 0; n < lines; ++n) {
      text += this.#line() + (lineEnd ?? this.#one(LINE_ENDS));
    }
    if (this.#chance(0.3)) text += this.#line();
    return text;
  }

  /** The bytes of a stream in pieces, cut anywhere: in a letter, in a CRLF. */
  next() {
    const text = this.#stream();
    const bytes = new TextEncoder().encode(text);
    const pieces = [];
    const most = this.#one([1, 3, 20, 1000, 100_000]);
    for (let at = 0; at < bytes.length;) {
      const end = Math.min(bytes.length, at + 1 + this.#below(most));
      pieces.push(bytes.subarray(at, end));
      at = end;
    }
    return { text, pieces };
  }
}
