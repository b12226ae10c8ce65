// A TCP proxy that does to a stream what networks do: it cuts it at a given
// place, stops reading, hands over single bytes, and is not there for a while.
import { once } from 'node:events';
import net from 'node:net';

// As much of what went past as a place to cut at may have to be found in.
const MEMORY = 8192;

export class Proxy {
  refusing = false;   // whether who connects is cut off at once
  bytewise = false;   // whether each byte is a write of its own
  cleanEnds = 0;      // answers that ended with their last chunk, then FIN
  past = '';          // the latest that went to a client, as latin1
  #pairs = new Set();
  #place = null;

  static async start(target) {
    const proxy = new Proxy();
    proxy.target = target;
    proxy.listener = net.createServer({ noDelay: true }, (client) => proxy.#join(client));
    proxy.listener.listen(0, '127.0.0.1');
    await once(proxy.listener, 'listening');
    proxy.port = proxy.listener.address().port;
    return proxy;
  }

  stop() {
    this.cut();
    this.listener.close();
  }

  /** Cuts off everybody, who sees a RST. */
  cut() {
    for (const { client, upstream } of this.#pairs) {
      client.resetAndDestroy();
      upstream.destroy();
    }
    this.#pairs.clear();
  }

  /** Cuts right behind what matches, once, by `how`: 'FIN' or 'RST'. */
  cutBehind(pattern, how) {
    return new Promise((resolve) => { this.#place = { pattern, how, resolve }; });
  }

  /** Reads nothing more for the clients of now; they hear nothing until a cut(). */
  stall() {
    for (const pair of this.#pairs) {
      pair.upstream.pause();
      pair.stalled = true;
    }
  }

  #join(client) {
    client.on('error', () => {});
    if (this.refusing) {
      client.resetAndDestroy();
      return;
    }
    const upstream = net.connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    const pair = { client, upstream, stalled: false };
    this.#pairs.add(pair);
    client.on('data', (data) => upstream.write(data));
    client.on('close', () => {
      upstream.destroy();
      this.#pairs.delete(pair);
    });
    upstream.on('data', (data) => { if (!pair.stalled) this.#pass(pair, data); });
    upstream.on('end', () => {
      if (this.past.endsWith('\r\n0\r\n\r\n')) this.cleanEnds += 1;
      client.end();
    });
    upstream.on('error', () => client.resetAndDestroy());
  }

  #pass(pair, data) {
    const before = this.past.length;
    const text = this.past + data.toString('latin1');
    this.past = text.slice(-MEMORY);
    const found = this.#place?.pattern.exec(text);
    if (!found) {
      this.#write(pair.client, data);
      return;
    }
    const end = found.index + found[0].length - before;
    const { how, resolve } = this.#place;
    this.#place = null;
    this.past = '';
    pair.upstream.removeAllListeners('data').destroy();
    const cut = () => (how === 'RST' ? pair.client.resetAndDestroy() : pair.client.end());
    pair.client.write(data.subarray(0, Math.max(end, 0)), () => { cut(); resolve(); });
  }

  #write(client, data) {
    if (!this.bytewise) {
      client.write(data);
      return;
    }
    for (const byte of data) client.write(Buffer.of(byte));
  }
}
