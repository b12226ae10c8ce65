// Reads an event stream (HTML standard, §9.2) frame by frame. A frame is what
// the server encodes at once and sends as one chunk: an event, or a comment
// with the `retry:` before it.
export class FrameReader {
  #rest = '';
  #lines = [];

  /** Takes text as it came, and gives the frames that it completes. */
  read(text) {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop();
    const frames = [];
    for (const line of lines) {
      this.#lines.push(line);
      if (line === '' || line.startsWith(':')) {
        frames.push(frame(this.#lines));
        this.#lines = [];
      }
    }
    return frames;
  }
}

function frame(lines) {
  const found = { lines, data: null, event: 'message', id: null, retry: null, comment: null };
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === '') found.comment = colon < 0 ? found.comment : value;
    if (name === 'data') found.data = found.data === null ? value : `${found.data}\n${value}`;
    if (name === 'event') found.event = value || 'message';
    if (name === 'id') found.id = value;
    if (name === 'retry' && /^\d+$/.test(value)) found.retry = Number(value);
  }
  return found;
}
