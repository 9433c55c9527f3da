/**
 * Asks query servers and lookup servers for their gRPC health (`grpc.health.v1`), which needs no token, and looks at the
 * certificates that they show. One call for each, in the plainest HTTP/2, needs no gRPC library.
 */

const http2 = require('node:http2');
const { expiry, problem, warning } = require('./doctor-findings');

/** A HealthCheckRequest without a service: flag, length, nothing. */
const REQUEST = Buffer.alloc(5);
/** Field 1 of a HealthCheckResponse: SERVING. */
const SERVING = Buffer.from([8, 1]);
const FRAME_HEADER = 5;
const UNIMPLEMENTED = '12';

/**
 * @typedef {object} ServerAnswer
 * @property {string} role `query server 0`, for example
 * @property {string} address
 * @property {'serving' | 'not serving' | 'no health' | 'unreachable'} state
 * @property {string | null} certificateValidTo ISO date
 * @property {import('./doctor-findings').Finding[]} findings
 */

/**
 * @param {{ role: string, address: string }} server
 * @param {{ ca?: Buffer, cert?: Buffer, key?: Buffer, isPlain: boolean, timeout: number }} options `timeout`:
 *   milliseconds
 * @returns {Promise<ServerAnswer>}
 */
async function askServer({ role, address }, { isPlain, timeout, ca, cert, key }) {
  const what = `${role} (${address})`;
  const findings = [];
  let certificateValidTo = null;
  /** @type {ServerAnswer['state']} */
  let state;
  // Whether the certificate is to be trusted is said, and the server asked all the same.
  const session = http2.connect(`${isPlain ? 'http' : 'https'}://${address}`, {
    ca,
    cert,
    key,
    rejectUnauthorized: false,
  });
  try {
    const socket = /** @type {any} */ (await connected(session, timeout));
    if (!isPlain) {
      const { valid_to: validTo } = socket.getPeerCertificate();
      const expired = expiry(`${what}: its certificate`, validTo);
      findings.push(...expired);
      certificateValidTo = validTo === undefined ? null : new Date(validTo).toISOString();
      if (!socket.authorized && !expired.some(({ level }) => level === 'problem')) {
        const message = `${what}: its certificate is not trusted: ${socket.authorizationError}`;
        findings.push(
          problem('tls', message, 'pass the authority that signed it as --ca, and as mtdd.tls.ca'),
        );
      }
    }
    state = await healthOf(session, timeout);
    if (state === 'not serving') {
      const advice =
        'its database does not answer, it drains, or it hears of no lookup server: its log says which';
      findings.push(problem('reach', `${what} says NOT_SERVING`, advice));
    } else if (state === 'no health') {
      const advice = 'it may be a server of 1.x: upgrade it';
      findings.push(warning('reach', `${what} has no gRPC health`, advice));
    }
  } catch (error) {
    state = 'unreachable';
    const advice = 'start it, or correct its address, TLS (--ca, --insecure), or the firewall between';
    findings.push(problem('reach', `${what} cannot be reached: ${error.message}`, advice));
  } finally {
    session.destroy();
  }
  return { role, address, state, certificateValidTo, findings };
}

/** The socket, once it is connected. */
function connected(session, timeout) {
  return within(timeout, (resolve, reject) => {
    session.once('connect', (_, socket) => resolve(socket));
    session.on('error', reject);
    session.once('close', () => reject(new Error('the connection was closed')));
  });
}

function healthOf(session, timeout) {
  return within(timeout, (resolve, reject) => {
    const call = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    let body = Buffer.alloc(0);
    let status;
    const take = (headers) => {
      status = headers['grpc-status'] ?? status;
    };
    call.on('response', take);
    call.on('trailers', take);
    call.on('data', (data) => {
      body = Buffer.concat([body, data]);
    });
    call.once('error', reject);
    session.on('error', reject);
    session.once('close', () => reject(new Error('the connection was closed')));
    call.once('end', () => {
      if (status === UNIMPLEMENTED) resolve('no health');
      else if (status !== '0')
        reject(new Error(`it does not answer as a gRPC server (grpc-status ${status ?? 'missing'})`));
      else resolve(body.subarray(FRAME_HEADER).equals(SERVING) ? 'serving' : 'not serving');
    });
    call.end(REQUEST);
  });
}

/** A promise that is rejected when its time is up. Milliseconds. */
function within(timeout, begin) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`it does not answer within ${timeout / 1000} s`)),
      timeout,
    );
    const done = (settle) => (value) => {
      clearTimeout(timer);
      settle(value);
    };
    begin(done(resolve), done(reject));
  });
}

module.exports = { askServer };
