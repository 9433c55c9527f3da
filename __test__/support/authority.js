/**
 * A certificate authority for tests of TLS: X.509 by hand on `node:crypto`, so that nothing has to be installed and nothing
 * checked in can expire.
 */

const crypto = require('node:crypto');

const DAY = 24 * 60 * 60 * 1000;
const ECDSA_WITH_SHA256 = [1, 2, 840, 10045, 4, 3, 2];
const COMMON_NAME = [2, 5, 4, 3];
const SUBJECT_ALT_NAME = [2, 5, 29, 17];
const BASIC_CONSTRAINTS = [2, 5, 29, 19];

/** A DER element. */
function der(tag, ...contents) {
  const content = Buffer.concat(contents.map((one) => Buffer.from(one)));
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...contents) => der(0x30, ...contents);

function oid([first, second, ...rest]) {
  const bytes = rest.flatMap((number) => {
    const digits = [number & 127];
    for (let more = number >> 7; more > 0; more >>= 7) digits.unshift((more & 127) | 128);
    return digits;
  });
  return der(6, [first * 40 + second, ...bytes]);
}

const text = (value) => der(12, Buffer.from(value));
const bits = (bytes) => der(3, [0], bytes);
const time = (at) => der(0x18, Buffer.from(`${new Date(at).toISOString().replace(/[-:T]|\..*/g, '')}Z`));
const named = (name) => sequence(der(0x31, sequence(oid(COMMON_NAME), text(name))));
const pem = (label, bytes) =>
  `-----BEGIN ${label}-----\n${bytes
    .toString('base64')
    .match(/.{1,64}/g)
    .join('\n')}\n-----END ${label}-----\n`;

/** A host's name, or its IPv4 address. */
function altName(host) {
  const parts = host.split('.').map(Number);
  return parts.length === 4 && parts.every(Number.isInteger)
    ? der(0x87, parts)
    : der(0x82, Buffer.from(host));
}

let serial = 0;

function certificate({ subject, issuer, publicKey, signer, from, until, extensions }) {
  const algorithm = sequence(oid(ECDSA_WITH_SHA256));
  const body = sequence(
    der(0xa0, der(2, [2])),
    der(2, [1, ++serial]),
    algorithm,
    named(issuer),
    sequence(time(from), time(until)),
    named(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  return pem('CERTIFICATE', sequence(body, algorithm, bits(crypto.sign('sha256', body, signer))));
}

const keys = () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** Signs certificates. */
class Authority {
  #keys = keys();
  #name;

  constructor(name = 'test authority') {
    this.#name = name;
    /** Its own certificate. */
    this.pem = certificate({
      subject: name,
      issuer: name,
      publicKey: this.#keys.publicKey,
      signer: this.#keys.privateKey,
      from: Date.now() - 2 * DAY,
      until: Date.now() + DAY,
      extensions: [sequence(oid(BASIC_CONSTRAINTS), der(1, [255]), der(4, sequence(der(1, [255]))))],
    });
  }

  /**
   * @param {string} host what the certificate is for: a name or an IPv4 address
   * @param {{ from?: number, until?: number }} [when] milliseconds since 1970
   * @returns {{ cert: string, key: string }} PEM
   */
  sign(host, { from = Date.now() - 2 * DAY, until = Date.now() + DAY } = {}) {
    const { publicKey, privateKey } = keys();
    const cert = certificate({
      subject: host,
      issuer: this.#name,
      publicKey,
      signer: this.#keys.privateKey,
      from,
      until,
      extensions: [sequence(oid(SUBJECT_ALT_NAME), der(4, sequence(altName(host))))],
    });
    return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
  }
}

module.exports = { Authority, DAY };
