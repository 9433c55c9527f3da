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
/** How a request to a proxy begins; every server has to take it: RFC 9112, section 3.2.2. */
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i;

/** Applications, and their places by path. @type {WeakMap<object, Map<string, Place>>} */
const places = new WeakMap();

/**
 * @typedef {(route: string, req: any, res: any, next: (error?: unknown) => void) => void} Answer
 */

/** One path of an application. */
class Place {
  /** The newest comes last. @type {Answer[]} */
  #open = [];

  #isRoot;

  /** @param {boolean} isRoot it is the whole application's place */
  constructor(isRoot) {
    this.#isRoot = isRoot;
  }

  /** The middleware. */
  handle(req, res, next) {
    const route = routeOf(req.url);
    // Preflights are the business of the application's CORS middleware.
    if (route === undefined || req.method === 'OPTIONS') {
      // A misspelt route has a token too; at the root it may be one that the application's own route waits for.
      if (route !== undefined || !this.#isRoot) hideToken(req);
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
    const made = new Place(path === '/');
    app.use(path, function mtddRoutes(req, res, next) {
      made.handle(req, res, next);
    });
    known.set(key, made);
    place = made;
  }
  return place;
}

/** `/Load`, `/load/`, `/LOAD?x=1` and `http://host/Load` are one route. */
function routeOf(url) {
  const [path] = url.replace(ORIGIN, '').split('?', 1);
  const plain = path.endsWith('/') ? path.slice(0, -1) : path;
  return ROUTES.get(plain.toLowerCase());
}

module.exports = { placeOf };
