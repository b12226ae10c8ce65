// The page's clients and the connections they are on. A client has one of its
// own while there are any; clients under one id and with the same topics get
// the same from the server, so they can share one.
import { streamPath } from './address.js';
import { bearer } from './access.js';
import { Link } from './link.js';
import { t } from './text.js';

// A browser opens six HTTP/1.1 connections to a host: four are for clients, one
// for the figures, one for everything else. HTTP/2 has a hundred streams in one.
const [visit] = performance.getEntriesByType('navigation');
export const overHttp2 = /^h[23]/.test(visit?.nextHopProtocol);
export const MAX_LINKS = overHttp2 ? 60 : 4;

export const clients = []; // in the order they came
const listeners = [];
let made = 0;

/** Tells `on` of changes: {changed(link), head(…), read(link, frames, bytes)};
    without a link the list itself has changed. */
export const listen = (on) => listeners.push(on);

const tell = (what, ...about) => {
  for (const on of listeners) on[what]?.(...about);
};

// Who was sent away for want of a token tries again with one.
addEventListener('tokens', () => {
  for (const link of links()) if (/^40[13]/.test(link.problem)) link.open();
});

export const links = () => [...new Set(clients.map(({ link }) => link))];
export const liveLinks = () => links().filter((link) => link.live);
export const membersOf = (link) => clients.filter((client) => client.link === link);

/** Adds `number` clients; says why not, or ''. */
export function add(id, topics, number) {
  const free = liveLinks().length < MAX_LINKS;
  const link = (number === 1 && free ? null : sharable(id, topics)) ?? (free && newLink(id, topics));
  if (!link) return t('No connection is free.');
  for (let n = 0; n < number; n += 1) {
    link.joined += 1;
    clients.push({ link, number: link.joined, received: 0 });
  }
  if (!link.live) link.open();
  tell('changed');
  return '';
}

export function remove(client) {
  clients.splice(clients.indexOf(client), 1);
  if (membersOf(client.link).length === 0) client.link.close();
  tell('changed');
}

export function removeAll() {
  const all = links();
  clients.length = 0;
  for (const link of all) link.close();
  tell('changed');
}

/** Why no connection can be opened now, or ''. */
export function limit() {
  if (liveLinks().length < MAX_LINKS) return '';
  if (overHttp2) return t('{n} connections are in use, and this page opens no more. Close a client to add another, or add more under the id and topics of one that is here: they share its connection.', { n: MAX_LINKS });
  return t('{n} connections are in use: a browser opens only six HTTP/1.1 connections to a server, and the figures and publishing need two of them. Close a client to add another, or add more under the id and topics of one that is here: they share its connection.', { n: MAX_LINKS });
}

/** What a client is called where several share its id. */
export function nameOf({ link, number }) {
  return link.joined > 1 ? `${link.id} #${number}` : link.id;
}

const sharable = (id, topics) => liveLinks().find((link) =>
  link.id === id && link.topics.join() === topics.join());

function newLink(id, topics) {
  const link = new Link(() => ({ path: streamPath(id, topics), headers: bearer('subscribe') }), {
    change: () => tell('changed', link),
    head: (...about) => tell('head', ...about),
    read(from, frames, size) {
      const events = frames.filter((frame) => frame.data !== null).length;
      for (const client of clients) if (client.link === from) client.received += events;
      tell('read', from, frames, size);
    },
  });
  made += 1;
  return Object.assign(link, { id, topics, key: String(made), joined: 0, lag: '' });
}
