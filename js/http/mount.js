/**
 * The places in applications where the routes are. Express cannot take a middleware away again, so there is one for each
 * path of an application, which passes requests to the newest handle that is open.
 */

const { ClientClosedError } = require('../errors');
const { answerError } = require('./errors');
const { hideToken } = require('./request-token');

/** By their lower-case paths below the place. */
const ROUTES = new Map([
  ['/load', 'Load'],
  ['/events', 'events'],
]);

/** Applications, and their places by path. @type {WeakMap<object, Map<string, Place>>} */
const places = new WeakMap();

/**
 * @typedef {(route: string, req: any, res: any, next: (error?: unknown) => void) => void} Answer
 */

/** One path of an application. */
class Place {
  /** The newest comes last. @type {Answer[]} */
  #open = [];

  /** The middleware. */
  handle(req, res, next) {
    const route = routeOf(req.url);
    // Preflights are the business of the application's CORS middleware.
    if (route === undefined || req.method === 'OPTIONS') {
      next();
      return;
    }
    const answer = this.#open.at(-1);
    if (answer === undefined) {
      hideToken(req);
      answerError(res, new ClientClosedError());
    } else answer(route, req, res, next);
  }

  /**
   * @param {Answer} answer answers requests from now on
   * @returns {() => void} ends that; whoever was there before answers again, if it is still open
   */
  open(answer) {
    // Not the function itself, which may be here twice.
    const entry = /** @type {Answer} */ ((...args) => answer(...args));
    this.#open.push(entry);
    return () => {
      this.#open = this.#open.filter((one) => one !== entry);
    };
  }
}

/**
 * The place of a path. It is where the application's chain of middleware ends when it is first asked for; until it is
 * opened, requests are answered by 503.
 *
 * @param {{ use: Function }} app
 * @param {string} path
 * @returns {Place}
 */
function placeOf(app, path) {
  let known = places.get(app);
  if (known === undefined) {
    known = new Map();
    places.set(app, known);
  }
  // Express does not tell them apart.
  const key = path.toLowerCase();
  let place = known.get(key);
  if (place === undefined) {
    const made = new Place();
    app.use(path, function mtddRoutes(req, res, next) {
      made.handle(req, res, next);
    });
    known.set(key, made);
    place = made;
  }
  return place;
}

/** `/Load`, `/load/` and `/LOAD?x=1` are one route. */
function routeOf(url) {
  const [path] = url.split('?', 1);
  const plain = path.endsWith('/') ? path.slice(0, -1) : path;
  return ROUTES.get(plain.toLowerCase());
}

module.exports = { placeOf };
