/**
 * Many clients of /mtdd/events in one process: bare sockets, whose bytes are searched for timestamps and not parsed, so
 * that the clients take as little of the machine as they can.
 */

const net = require('node:net');
const { answer, now } = require('./child');

const MARK = Buffer.from('"sent":');
const COMMA = 0x2c;
const BRACE = 0x7d;
const NEWLINE = 0x0a;
/** Latencies are counted in steps of so many microseconds; those beyond the last step count as the last one. */
const STEP = 100;
const STEPS = 600_000;
/** Connections that are opened at the same time. */
const AT_ONCE = 100;
/** All sockets share it: what has been read is used before the next one reads. */
const BUFFER = Buffer.allocUnsafe(65_536);

const sockets = [];
let histogram = new Uint32Array(STEPS);
let received = 0;

/** Resolves once the stream has begun. */
function openStream(port, token) {
  return new Promise((resolve, reject) => {
    let hasBegun = false;
    /** The beginning of an event whose end has not come yet. */
    let rest;
    const take = (length, buffer) => {
      let bytes = buffer.subarray(0, length);
      if (!hasBegun) {
        const text = bytes.toString('latin1');
        if (!text.startsWith('HTTP/1.1 200')) reject(new Error(text.split('\r\n')[0]));
        hasBegun = true;
        resolve(undefined);
      }
      if (rest !== undefined) bytes = Buffer.concat([rest, bytes]);
      const isWhole = bytes[bytes.length - 1] === NEWLINE;
      const used = count(bytes, isWhole);
      rest = isWhole ? undefined : Buffer.from(bytes.subarray(used));
      return true;
    };
    const socket = net.connect({ port, host: '127.0.0.1', onread: { buffer: BUFFER, callback: take } });
    socket.on('error', reject);
    socket.setNoDelay(true);
    socket.write(`GET /mtdd/events HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    sockets.push(socket);
  });
}

/** Counts the events in some bytes; up to where they are used. */
function count(bytes, isWhole) {
  const time = now();
  let used = 0;
  for (let at = bytes.indexOf(MARK); at !== -1; at = bytes.indexOf(MARK, used)) {
    let sent = 0;
    let end = at + MARK.length;
    for (; end < bytes.length && bytes[end] !== COMMA && bytes[end] !== BRACE; end++) {
      sent = sent * 10 + (bytes[end] - 48);
    }
    if (end === bytes.length && !isWhole) return at;
    used = end;
    received++;
    const step = Math.floor((time - sent) / STEP);
    histogram[Math.max(0, Math.min(STEPS - 1, step))]++;
  }
  return isWhole ? bytes.length : Math.max(used, bytes.length - MARK.length);
}

answer({
  /** Opens a stream for each token. */
  async open({ port, tokens }) {
    const queue = [...tokens];
    const opener = async () => {
      for (let token = queue.pop(); token !== undefined; token = queue.pop()) await openStream(port, token);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, opener));
  },

  /** Forgets what has been counted. */
  reset() {
    histogram = new Uint32Array(STEPS);
    received = 0;
  },

  received: () => received,

  latencies: () => ({ histogram, step: STEP }),

  close() {
    for (const socket of sockets.splice(0)) socket.destroy();
  },
});
