// A server that stops and comes back under an open page.
import assert from 'node:assert/strict';
import { eventually, pageTest, Server } from './harness.mjs';

const RECONNECT_LIMIT_MS = 45_000;

pageTest('streams come back by themselves when the server does', {
  expectedErrors: [/ERR_CONNECTION_REFUSED/, /ERR_CONNECTION_RESET/,
    /ERR_EMPTY_RESPONSE/, /ERR_INCOMPLETE_CHUNKED_ENCODING/],
}, async (visitor) => {
  await visitor.add('ana');
  await visitor.add('bob');
  await visitor.publish('before');
  await visitor.shows(0, ['before']);

  const { address } = visitor.server;
  await visitor.server.stop();
  await visitor.becomes(0, 'reconnecting');
  await visitor.becomes(1, 'reconnecting');
  await visitor.button('Publish').click();
  await visitor.complains(/^The server cannot be reached/);
  await visitor.page.getByText('The list of other clients is not at hand').waitFor();
  await visitor.page.getByText('The server does not answer. Trying again…').waitFor();

  visitor.server = await Server.start(address);
  await visitor.becomes(0, 'open', RECONNECT_LIMIT_MS);
  await visitor.becomes(1, 'open', RECONNECT_LIMIT_MS);
  await visitor.publish('after');
  await visitor.answers(/^200 · to 2 streams/);
  // The new server's history does not know what they saw last.
  const data = async () => (await visitor.lines('ana')).filter((line) => !line.startsWith('{'));
  await eventually(async () => assert.deepEqual(await data(), ['before', 'after']));
  assert.ok((await visitor.lines('ana')).some((line) => line.startsWith('{"after":')), 'a gap');
  await eventually(async () =>
    assert.equal(await visitor.page.locator('#target-note').isVisible(), false));
  await eventually(async () =>
    assert.equal(await visitor.page.locator('#live-problem').isVisible(), false),
  RECONNECT_LIMIT_MS);
  await eventually(async () => assert.equal(await visitor.figure('streams'), '2'));
});
