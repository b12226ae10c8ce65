// JSON Web Tokens (RFC 7519) signed by HS256, as the site of a visitor mints them.
import { createHmac } from 'node:crypto';

const encode = (bytes) => Buffer.from(bytes).toString('base64url');

/** A token that is good for an hour. */
export function mint(key, claims) {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const text = [{ alg: 'HS256', typ: 'JWT' }, { exp, ...claims }]
    .map((part) => encode(JSON.stringify(part))).join('.');
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}
