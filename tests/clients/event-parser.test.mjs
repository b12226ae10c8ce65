// SSE in, SSE out: what the server makes of a body is what eventsource-parser
// makes of the same bytes, cut in the same places.
//
//   10,000 generated streams ──> POST ──> server ──> stream ──┐
//            └─────────────────> eventsource-parser ──────────┴──> the same
//
// What they see differently, and why it is so:
//
// - The server publishes an event as soon as its blank line is there. When that
//   is a CR at the end of a piece, the library waits for the next line end,
//   because a LF might follow. Given one more LF, which belongs to that CR or
//   ends a last line that nobody counts, it agrees.
// - The library hands on ids and waits; to the server they are about the
//   connection that they came over. So events are compared by name and data.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createParser } from 'eventsource-parser';
import { Generator } from './generator.mjs';
import { Listener, publishAll, Server } from './server.mjs';

const STREAMS = 10_000;
const SEED = Number(process.env.RIVULET_TEST_SEED ?? 1);

const LF = 10;
const CR = 13;
const isLineEnd = (byte) => byte === LF || byte === CR;

let server;
before(async () => { server = await Server.start('--history-events', '100'); });
after(() => server.stop());

/** The library reads text: a decoder that takes a first byte order mark away. */
function readByLibrary(pieces, end = '') {
  const events = [];
  const parser = createParser({
    onEvent: ({ event, data }) => events.push({ event: event ?? '', data }),
  });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (const piece of pieces) parser.feed(decoder.decode(piece, { stream: true }));
  parser.feed(decoder.decode() + end);
  return events;
}

/** Whether no line end follows the CR at the end of some piece. */
function endsInWaiting(pieces) {
  const last = pieces.findLastIndex((piece) => piece.some(isLineEnd));
  return last >= 0 && pieces[last].at(-1) === CR;
}

test(`${STREAMS} generated streams give the same events`, async (context) => {
  const generator = new Generator(SEED);
  const streams = Array.from({ length: STREAMS }, () => generator.next());
  const listener = await Listener.open(server);
  const answers = await publishAll(server, streams.map((stream) => stream.pieces));
  const total = answers.reduce((sum, answer) => sum + answer.events, 0);
  const received = await listener.waitFor(total);

  let at = 0;
  let lateEvents = 0;
  streams.forEach(({ text, pieces }, n) => {
    const events = received.slice(at, at + answers[n].events);
    at += events.length;
    const what = `stream ${n} of seed ${SEED}: ${JSON.stringify(text)}`;
    let expected = readByLibrary(pieces);
    if (endsInWaiting(pieces)) {
      const early = expected;
      expected = readByLibrary(pieces, '\n');
      const late = expected.length - early.length;
      assert.deepEqual(expected.slice(0, early.length), early, what);
      assert.ok(late === 0 || late === 1, what);
      lateEvents += late;
    }
    assert.deepEqual(events.map(({ event, data }) => ({ event, data })), expected, what);
    assert.equal(answers[n].receivers, events.length, what);
    assert.equal(answers[n].id, events.at(-1)?.id ?? null, what);
  });
  assert.equal(received.length, total);
  assert.ok(total > STREAMS, `only ${total} events`);
  assert.ok(lateEvents > 0, 'no event waited for a line feed');
  context.diagnostic(`${total} events; ${lateEvents} that the library would see ` +
    'only after a line feed');
  listener.socket.destroy();
});
