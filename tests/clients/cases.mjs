// What every client should be able to rely on, each in its own words:
//
//   { key, title, options of the server, guarded, reconnects, play(stage) }
//
// `reconnects` marks what needs a client that comes back. A client whose API
// rules a case out says so under the case's key (its adapter's `cannot`).
import assert from 'node:assert/strict';
import { KEY } from './stage.mjs';
import { Listener } from './server.mjs';
import { mint } from './token.mjs';
import { until } from './wait.mjs';

const TOKEN = () => mint(KEY, { sub: 'ana', topics: ['news'] });

/** Everything of `sent`, once and in order, each under an id of its own. */
async function assertReceived(inbox, sent) {
  assert.deepEqual(await inbox.holds(sent.length), sent);
  assert.equal(new Set(inbox.events.map(({ id }) => id)).size, sent.length);
}

async function connect(stage) {
  const inbox = await stage.subscribe('/stream/ana');
  assert.deepEqual(await stage.clients(), ['ana']);
  assert.deepEqual(inbox.events, []);
}

async function order(stage) {
  const inbox = await stage.subscribe('/stream');
  const sent = await stage.publishNumbers(0, 2000);
  const large = 'x'.repeat(60 * 1024);
  await stage.publish(large);
  await assertReceived(inbox, [...sent, large]);
}

const TEXTS = ['olá, España', '日本語 and العربية', '😀 e\u0301 \u2028 \u2029 \u0085 \u200b',
  ': no comment', 'id: 7', ' a space first', '{"a": "b"}'];

async function utf8(stage) {
  const inbox = await stage.subscribe('/stream');
  for (const text of TEXTS) await stage.publish(text);
  await assertReceived(inbox, TEXTS);
}

async function bytewise(stage) {
  stage.proxy.bytewise = true;
  await utf8(stage);
}

async function mark(stage) {
  const inbox = await stage.subscribe('/stream');
  await stage.publish('\ufeffa\n\ufeffb');
  await assertReceived(inbox, ['\ufeffa\n\ufeffb']);
}

async function multiLine(stage) {
  const inbox = await stage.subscribe('/stream');
  for (const text of ['a\nb', 'a\r\n\r\n b\rc', 'a\n\n', '']) await stage.publish(text);
  await assertReceived(inbox, ['a\nb', 'a\n\n b\nc', 'a\n\n', '']);
}

async function emptyFirstLine(stage) {
  const inbox = await stage.subscribe('/stream');
  await stage.publish('\n\na');
  await assertReceived(inbox, ['\n\na']);
}

async function named(stage) {
  const inbox = await stage.subscribe('/stream', { names: ['forecast', 'olá x'] });
  await stage.publish('1', '/publish?event=forecast');
  await stage.publish('2');
  await stage.publish('3', `/publish?event=${encodeURIComponent('olá x')}`);
  await assertReceived(inbox, ['1', '2', '3']);
  assert.deepEqual(inbox.events.map(({ type }) => type), ['forecast', 'message', 'olá x']);
}

async function topics(stage) {
  const one = await stage.subscribe('/stream?topic=news');
  const both = await stage.subscribe('/stream/ana?topic=news&topic=weather%2Flisboa');
  await stage.publish('n', '/publish?topic=news');
  await stage.publish('w', '/publish?topic=weather%2Flisboa');
  await stage.publish('nw', '/publish?topic=news&topic=weather%2Flisboa');
  await stage.publish('other', '/publish?topic=other');
  await stage.publish('all');
  await assertReceived(one, ['n', 'nw', 'all']);
  await assertReceived(both, ['n', 'w', 'nw', 'all']);
}

async function targeted(stage) {
  const ana = await stage.subscribe('/stream/ana%2Fjos%C3%A9');
  const again = await stage.subscribe('/stream/ana%2Fjos%C3%A9');
  const bob = await stage.subscribe('/stream/bob');
  const answer = await stage.publish('a', '/publish/ana%2Fjos%C3%A9');
  assert.equal(answer.receivers, 2);
  const oldWay = await fetch(`${stage.origin}/publish/bob/status/ol%C3%A1`);
  assert.equal(await oldWay.text(), 'Ok');
  await stage.publish('all');
  await assertReceived(ana, ['a', 'all']);
  await assertReceived(again, ['a', 'all']);
  await assertReceived(bob, ['olá', 'all']);
}

async function heartbeat(stage) {
  const inbox = await stage.subscribe('/stream');
  await until(() => (stage.proxy.past.match(/\n:/g) ?? []).length >= 4, 'heartbeats');
  await stage.publish('a');
  await assertReceived(inbox, ['a']);
}

async function held(stage) {
  const sent = await stage.publishNumbers(0, 5);
  const inbox = await stage.subscribe('/stream?lastEventId=0');
  await assertReceived(inbox, sent);
  stage.proxy.cut();
  await inbox.opensAgain();
  await stage.publish('live');
  await assertReceived(inbox, [...sent, 'live']);
}

/** Cut by `how` in the middle of an event, and away while more are published. */
async function cut(stage, how) {
  const inbox = await stage.subscribe('/stream/ana?topic=news');
  const sent = await stage.publishNumbers(0, 10);
  await inbox.holds(10);
  const gone = stage.proxy.cutBehind(/first line\ndata: sec/, how);
  sent.push('first line\nsecond line');
  await stage.publish(sent.at(-1), '/publish?topic=news');
  await gone;
  stage.proxy.refusing = true;
  sent.push(...await stage.publishNumbers(10, 30));
  await stage.publish('not for this one', '/publish?topic=other');
  stage.proxy.refusing = false;
  await inbox.opensAgain();
  await stage.publish('live');
  await assertReceived(inbox, [...sent, 'live']);
}

async function cutBehindId(stage) {
  const inbox = await stage.subscribe('/stream');
  await stage.publish('before');
  await inbox.holds(1);
  const gone = stage.proxy.cutBehind(/data: cut\nid: [^\n]+\n/, 'FIN');
  await stage.publish('cut');
  await gone;
  await inbox.opensAgain();
  await stage.publish('after');
  await assertReceived(inbox, ['before', 'cut', 'after']);
}

/** A new server knows nothing of before, and says so. */
async function restart(stage, how) {
  const inbox = await stage.subscribe('/stream');
  await stage.publish('before');
  await inbox.holds(1);
  const { id } = inbox.last;
  await stage.replaceServer(how);
  await inbox.opensAgain();
  await stage.publish('after');
  await inbox.holds(3);
  const [, gap, after] = inbox.events;
  assert.equal(gap.type, 'gap');
  assert.equal(JSON.parse(gap.data).after, id);
  assert.equal(after.data, 'after');
  stage.proxy.cut();
  await inbox.opensAgain(3);
  await stage.publish('last');
  await inbox.holds(4);
  assert.equal(inbox.last.data, 'last');
}

async function drain(stage) {
  await restart(stage, 'stop');
  assert.equal(stage.proxy.cleanEnds, 1);
}

async function full(stage) {
  const other = await Listener.open(stage.server);
  const inbox = await stage.subscribe('/stream/ana');
  await until(() => stage.proxy.past.includes('come back later'), 'somebody who is sent away');
  assert.deepEqual(await stage.clients(), []);
  other.socket.destroy();
  await until(async () => (await stage.clients()).length > 0, 'a client that comes back');
  await stage.publish('a');
  await assertReceived(inbox, ['a']);
}

/** Reads ten, then nothing until the server has ended it for `reason`. */
async function fallBehind(stage, reason, count) {
  const inbox = await stage.subscribe('/stream/ana');
  const sent = await stage.publishNumbers(0, 10, 1000);
  await inbox.holds(10);
  stage.proxy.stall();
  sent.push(...await stage.publishNumbers(10, count, 1000));
  await stage.logged(new RegExp(`msg=stream-end id=ana .*reason=${reason}`));
  stage.proxy.cut();
  await inbox.opensAgain();
  return { inbox, sent };
}

async function slow(stage) {
  const { inbox, sent } = await fallBehind(stage, 'slow', 8000);
  const { id } = inbox.events[9];
  await until(() => inbox.last.data === sent.at(-1), 'the last event');
  const gap = inbox.events[10];
  assert.equal(gap.type, 'gap');
  const { after, before } = JSON.parse(gap.data);
  assert.equal(after, id);
  assert.equal(before, inbox.events[11].id);
  const rest = inbox.data.slice(11);
  assert.equal(rest.length, 1000);
  assert.deepEqual(rest, sent.slice(-1000));
}

async function stalled(stage) {
  const { inbox, sent } = await fallBehind(stage, 'timeout', 8000);
  await assertReceived(inbox, sent);
}

/** For a client that its own side ends after some silence. */
export async function ownTimeout(stage) {
  const inbox = await stage.subscribe('/stream/ana');
  await stage.publish('before');
  await until(async () => (await stage.clients()).length === 0, 'a client that gives up');
  await stage.publish('missed');
  await inbox.opensAgain();
  await stage.publish('live');
  await assertReceived(inbox, ['before', 'missed', 'live']);
}

async function shown(stage, { headers = {}, query = '' }) {
  const inbox = await stage.subscribe(`/stream/ana?topic=news${query}`, { headers });
  const refused = await fetch(`${stage.origin}/publish`, { method: 'POST', body: 'x' });
  assert.equal(refused.status, 401);
  await stage.publish('1', '/publish/ana');
  await stage.publish('2', '/publish?topic=news');
  await inbox.holds(2);
  stage.proxy.cut();
  await stage.publish('3', '/publish?topic=news');
  await inbox.opensAgain();
  await assertReceived(inbox, ['1', '2', '3']);
}

async function twoRefused(stage) {
  const both = [stage.join('/stream/ana'), stage.join(`/stream/bob?token=${TOKEN()}`)];
  await until(() => both.every(({ refusal }) => refusal), 'two refusals');
  return both;
}

/** Somebody else has come back several times, and they have not. */
async function away(stage) {
  const both = await twoRefused(stage);
  const other = await stage.subscribe(`/stream/ana?token=${TOKEN()}`);
  for (let opens = 2; opens <= 6; opens += 1) {
    stage.proxy.cut();
    await other.opensAgain(opens);
  }
  assert.deepEqual(both.map(({ opens }) => opens), [0, 0]);
  const metrics = await fetch(`${stage.origin}/metrics`);
  assert.match(await metrics.text(), /^rivulet_streams_refused_total\{reason="token"\} 2$/m);
}

async function says(stage) {
  const both = await twoRefused(stage);
  assert.deepEqual(both.map(({ refusal }) => refusal), [401, 403]);
}

const withToken = (how) => (stage) => shown(stage, how(TOKEN()));

export const CASES = [
  { key: 'connect', title: 'opens before anything is published', play: connect },
  { key: 'order', title: '2,000 events and one of 60 KiB, in order', play: order },
  { key: 'utf8', title: 'UTF-8', play: utf8 },
  { key: 'bytewise', title: 'the same, in packets of one byte', play: bytewise },
  { key: 'mark', title: 'a line that starts with a byte order mark', play: mark },
  { key: 'multiLine', title: 'data of several lines, and of none', play: multiLine },
  { key: 'emptyFirstLine', title: 'data whose first line is empty', play: emptyFirstLine },
  { key: 'named', title: 'named events', play: named },
  { key: 'topics', title: 'topics', play: topics },
  { key: 'targeted', title: 'events for one client', play: targeted },
  { key: 'heartbeat', title: 'heartbeats, which it does not notice', play: heartbeat,
    options: ['--heartbeat', '100ms'] },
  { key: 'held', title: 'all that is held, by `?lastEventId=0`, and that once', play: held,
    reconnects: true },
  { key: 'fin', title: 'cut by FIN inside an event, and away for a while', reconnects: true,
    play: (stage) => cut(stage, 'FIN') },
  { key: 'rst', title: 'the same by RST', reconnects: true,
    play: (stage) => cut(stage, 'RST') },
  { key: 'cutBehindId', title: 'cut between `id:` and the blank line', play: cutBehindId,
    reconnects: true },
  { key: 'crash', title: 'a crash of the server: `gap`, and on', reconnects: true,
    play: (stage) => restart(stage, 'kill') },
  { key: 'drain', title: 'a clean restart: the same', play: drain, reconnects: true },
  { key: 'full', title: 'sent away by a full server, and back', play: full, reconnects: true,
    options: ['--max-streams', '1'] },
  { key: 'slow', title: 'ended as slow: `gap`, then all that is held', play: slow,
    reconnects: true, options: ['--history-events', '1000'] },
  { key: 'stalled', title: 'ended after `write-timeout`: nothing missed', play: stalled,
    reconnects: true, options: ['--write-timeout', '500ms'] },
  { key: 'header', title: 'token in `Authorization`', guarded: true, reconnects: true,
    play: withToken((token) => ({ headers: { Authorization: `Bearer ${token}` } })) },
  { key: 'query', title: 'token in `?token=`', guarded: true, reconnects: true,
    play: withToken((token) => ({ query: `&token=${token}` })) },
  { key: 'cookie', title: 'token in a cookie', guarded: true, reconnects: true,
    play: withToken((token) => ({ headers: { Cookie: `rivulet_token=${token}` } })) },
  { key: 'away', title: 'stays away after 401 and 403', play: away, guarded: true },
  { key: 'says', title: 'says which of the two it was', play: says, guarded: true },
];
