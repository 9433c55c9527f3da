/**
 * The routes `Load` and `events`: who asks, how often, and what a failure gives. What the routes answer is the
 * handlers' business.
 */

const { isNativeError } = require('node:util').types;
const { ClientClosedError } = require('../errors');
const { answerError, methodNotAllowed, setHeaders, shownOf } = require('./errors');
const { placeOf } = require('./mount');
const { RateLimits } = require('./rate-limit');
const { RequestLog } = require('./request-log');
const { hideToken, queryOf, tokenOf } = require('./request-token');

/** Names of the handlers by the names of the routes. */
const HANDLERS = /** @type {const} */ ({ Load: 'load', events: 'events' });

/**
 * @typedef {object} HttpRequest what a handler gets
 * @property {URLSearchParams} params each name once, without the token
 * @property {import('./auth').User} user
 * @property {any} req
 * @property {any} res the handler answers by it, with Node's own methods: the application may not be Express
 * @property {AbortSignal} signal aborted once the response is closed, or the client has gone away
 *
 * @typedef {object} Handlers
 * @property {(request: HttpRequest) => Promise<void> | void} load
 * @property {(request: HttpRequest) => Promise<void> | void} events never called for HEAD
 * @property {() => Promise<void> | void} close ends the streams that are open
 */

/**
 * Mounts the routes on an application. A handler may throw before it has sent headers, and the caller gets the error;
 * after that, the connection is broken off.
 *
 * @param {{ use: Function }} app
 * @param {object} options
 * @param {string} options.path
 * @param {(token: string | undefined) => Promise<import('./auth').User>} options.authenticate
 * @param {{ windowMs: number, limit: number, failedLimit: number } | null} options.rateLimit
 * @param {'json' | 'app'} options.errors who answers errors: this library by JSON, or the application's error handler
 * @param {any} options.logger
 * @param {Handlers} options.handlers
 * @returns {{ close(): Promise<void> }} the routes answer 503 from then on, unless another handle is open. Idempotent
 */
function mountRoutes(app, { path, authenticate, rateLimit, errors, logger, handlers }) {
  const limits = new RateLimits(rateLimit);
  /** @type {Promise<void> | undefined} */
  let closing;
  const prefix = path === '/' ? '' : path;

  async function answer(route, req, res, next) {
    const log = new RequestLog(logger, { method: req.method, path: `${prefix}/${route}` }, res);
    const signal = signalOf(res);
    try {
      const request = await admitted(route, req, res, log);
      // Who has gone away meanwhile needs no answer.
      if (signal.aborted) return;
      // A stream that began now would outlive the handle.
      if (closing !== undefined) throw new ClientClosedError();
      if (route === 'events' && req.method === 'HEAD') answerHead(res);
      else {
        if (route === 'events') log.opens();
        await handlers[HANDLERS[route]]({ ...request, req, res, signal });
      }
    } catch (thrown) {
      const error = isNativeError(thrown)
        ? thrown
        : new Error('What was thrown is no Error.', { cause: thrown });
      log.failed(error);
      if (errors === 'json' || res.headersSent) answerError(res, error);
      else {
        setHeaders(res, shownOf(error).status);
        next(error);
      }
    }
  }

  /** Whose request it is, and what it asks for. */
  async function admitted(route, req, res, log) {
    let params;
    try {
      params = queryOf(req);
    } finally {
      hideToken(req);
    }
    if (req.method !== 'GET' && req.method !== 'HEAD') throw methodNotAllowed(`${prefix}/${route}`);
    let user;
    try {
      user = await authenticate(tokenOf(req, params, route === 'events'));
    } catch (error) {
      // Whoever has a good token is served, also if others behind the same address have not.
      if (error?.statusCode === 401 || error?.statusCode === 403) await limits.countFailed(req, res);
      throw error;
    }
    log.tenant(user.tid);
    await limits.count(user, res);
    return { params, user };
  }

  const leave = placeOf(app, path).open(answer);
  return {
    close() {
      leave();
      closing ??= (async () => {
        await handlers.close();
        limits.close();
      })();
      return closing;
    },
  };
}

/** Aborted with the response: also when it has been answered, where nothing is left to stop. */
function signalOf(res) {
  const gone = new AbortController();
  res.once('close', () => gone.abort(new Error('The client closed the connection.')));
  if (res.destroyed || res.closed) gone.abort(new Error('The client closed the connection.'));
  return gone.signal;
}

function answerHead(res) {
  res.statusCode = 200;
  res.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
  res.setHeader('Cache-Control', 'no-store');
  res.end();
}

module.exports = { mountRoutes };
