/** An Express application with the routes, whose handlers tell what they get. Real HTTP on a free port of loopback. */

const http = require('node:http');
const { createHmac } = require('node:crypto');
const { loadConfig } = require('../../js/config/config');
const { authenticator } = require('../../js/http/auth');
const { mountRoutes } = require('../../js/http/routes');
const { createLoggers } = require('../../js/logger');

/** Both versions that are supported, as packages. */
const EXPRESSES = ['express', 'express4'];
/** 32 bytes and more. */
const SECRET = 'a secret of thirty-two bytes, or of more';

/** Seconds since 1970, from now. */
const inSeconds = (seconds) => Math.floor(Date.now() / 1000) + seconds;

/** The claims of a good token. */
const CLAIMS = Object.freeze({ sub: 'u1', tid: 'acme', roles: ['reader'] });

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * A token, made without the library that verifies it.
 *
 * @param {object} [claims] beside those of a good one
 * @param {{ secret?: string | Buffer, header?: object, hash?: string }} [options]
 */
function token(
  claims = {},
  { secret = SECRET, header = { alg: 'HS256', typ: 'JWT' }, hash = 'sha256' } = {},
) {
  const signed = `${encoded(header)}.${encoded({ ...CLAIMS, exp: inSeconds(60), ...claims })}`;
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`;
}

/** What stands in for the handlers: `load` answers with what it gets, `events` with a stream that stays open. */
const ECHO = {
  load({ params, user, res }) {
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify({ user, params: [...params] }));
  },
  events({ params, user, res, signal }) {
    res.setHeader('Content-Type', 'text/event-stream');
    res.write(`data: ${JSON.stringify({ user, params: [...params] })}\n\n`);
    signal.addEventListener('abort', () => res.end());
  },
  close() {},
};

/** A destination of log records. */
class Log {
  #lines = [];

  write(line) {
    this.#lines.push(line);
  }

  /** A logger that writes to it. */
  get logger() {
    return require('pino')({ level: 'info' }, this);
  }

  get text() {
    return this.#lines.join('');
  }

  get records() {
    return this.#lines.map((line) => JSON.parse(line));
  }

  /** The records of requests, once there are as many: they are written when the connections have done. */
  async requests(count) {
    for (let wait = 0; wait < 200 && this.records.length < count; wait++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return this.records.map(({ level, method, path, tenant, status, reason, msg }) => ({
      level,
      method,
      path,
      tenant,
      status,
      reason,
      msg,
    }));
  }
}

/**
 * Starts it.
 *
 * @param {import('node:test').TestContext} context the test, after which it is stopped
 * @param {object} [options]
 * @param {string} [options.express] one of EXPRESSES
 * @param {object | null} [options.auth]
 * @param {object} [options.http]
 * @param {object} [options.handlers] in place of ECHO's
 * @param {(app: any, express: any) => void} [options.before] adds to the application before the routes
 * @param {(app: any) => void} [options.after]
 * @param {object} [options.limits] of the authenticator
 * @param {object} [options.server] options of the HTTP server
 */
async function startHttp(context, options = {}) {
  const {
    express: name = 'express',
    auth = { secret: SECRET },
    before,
    after,
    limits,
    server: ofServer,
  } = options;
  const express = require(name);
  const app = express();
  const log = new Log();
  const config = loadConfig({ auth, http: options.http, mtdd: { logLevel: 'info' } }, {});
  const { api: logger } = createLoggers(config, log);
  const mount = (handlers = {}) =>
    mountRoutes(app, {
      ...config.http,
      authenticate: authenticator(config.auth, limits),
      logger,
      handlers: { ...ECHO, ...handlers },
    });
  before?.(app, express);
  const routes = mount(options.handlers);
  after?.(app);
  const server = http.createServer(ofServer ?? {}, app);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  context.after(async () => {
    await routes.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    app,
    log,
    mount,
    routes,
    port,
    /** `get('/mtdd/Load', { token, headers, ... })` → the status, the headers and the parsed body. */
    get: (path, how) => request(port, path, how),
  };
}

/** A request by Node's own client, which sends what it is told. */
function request(port, path, { token: bearer, headers = {}, method = 'GET' } = {}) {
  return new Promise((resolve, reject) => {
    const sent = { ...headers, ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }) };
    const req = http.request(
      { host: '127.0.0.1', port, path, method, headers: sent, agent: false },
      (res) => {
        const answer = { status: res.statusCode, headers: res.headers, text: '', body: undefined, req };
        // A stream does not end by itself.
        if (res.headers['content-type']?.startsWith('text/event-stream') && method !== 'HEAD') {
          res.on('error', () => {});
          res.once('data', (chunk) => resolve({ ...answer, text: String(chunk) }));
          return;
        }
        res.setEncoding('utf8');
        res.on('data', (chunk) => {
          answer.text += chunk;
        });
        res.on('error', reject);
        res.on('end', () => {
          if (res.headers['content-type']?.startsWith('application/json') && answer.text !== '') {
            answer.body = JSON.parse(answer.text);
          }
          resolve(answer);
        });
      },
    );
    req.on('error', reject);
    req.end();
  });
}

module.exports = { CLAIMS, EXPRESSES, Log, SECRET, encoded, inSeconds, request, startHttp, token };
