// The README's table of clients and cases.
import { readFileSync } from 'node:fs';

const PLACE = /(<!-- scripts\/readme-clients -->\n)[^]*?(<!-- end of the clients -->\n)/;
const LOCK = JSON.parse(readFileSync(new URL('package-lock.json', import.meta.url)));

/** The README with this table in its place. */
export function inReadme(readme, table) {
  if (!PLACE.test(readme)) throw new Error('README.md has no place for the clients');
  return readme.replace(PLACE, (_, start, end) => start + table + end);
}

function titled({ name }) {
  const version = LOCK.packages[`node_modules/${name}`]?.version;
  return version ? `\`${name}\` ${version}` : name;
}

export class Matrix {
  #passed = new Set();
  #notes = [];

  constructor(clients, cases) {
    this.clients = clients;
    this.cases = cases;
  }

  passed(client, { key }) { this.#passed.add(`${client.name} ${key}`); }

  markdown() {
    this.#notes = [];
    const row = (cells) => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |');
    const lines = [
      row(['', ...this.clients.map(titled)]),
      row(['---', ...this.clients.map(() => '---')]),
      ...this.cases.map((wanted) => row([wanted.title,
        ...this.clients.map((client) => this.#cell(client, wanted))])),
    ];
    const notes = this.#notes.map((text, n) => `${n + 1}. ${text}`);
    return [...lines, '', ...notes, ''].join('\n');
  }

  #cell(client, wanted) {
    const reason = client.cannot[wanted.key];
    if (reason) return `no (${this.#note(reason)})`;
    if (!this.#passed.has(`${client.name} ${wanted.key}`)) return 'fails';
    const byCaller = wanted.reconnects && client.callerReconnects;
    return byCaller ? `yes (${this.#note('the caller comes back, in a loop of its own')})` : 'yes';
  }

  #note(text) {
    if (!this.#notes.includes(text)) this.#notes.push(text);
    return this.#notes.indexOf(text) + 1;
  }
}
