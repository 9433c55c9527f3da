/**
 * How often the routes may be asked, by express-rate-limit: each user, and each address whose tokens are refused. Counts
 * are those of this process.
 */

const { rateLimited } = require('./errors');

class RateLimits {
  #settings;
  #limiters;

  /** @param {{ windowMs: number, limit: number, failedLimit: number } | null} settings null: no limits */
  constructor(settings) {
    this.#settings = settings;
  }

  /**
   * Counts a request of a user. The response gets the RateLimit headers.
   *
   * @param {import('./auth').User} user
   * @throws {import('../errors').MtddError} RATE_LIMITED (429)
   */
  async count({ tenantType, tid, sub }, res) {
    if (this.#settings === null) return;
    await asked(this.#loaded().ofUsers, JSON.stringify([tenantType, tid, sub]), res);
  }

  /**
   * Counts a refused token of an address.
   *
   * @throws {import('../errors').MtddError} RATE_LIMITED (429)
   */
  async countFailed(req, res) {
    if (this.#settings === null) return;
    const { ofFailed, ipKeyGenerator } = this.#loaded();
    // Express's `req.ip` obeys `trust proxy`; elsewhere there is only the connection.
    const address = req.ip ?? req.socket?.remoteAddress ?? '';
    await asked(ofFailed, ipKeyGenerator(address), res);
  }

  /** Forgets the counts. */
  close() {
    for (const store of this.#limiters?.stores ?? []) store.shutdown();
    this.#limiters = undefined;
    this.#settings = null;
  }

  /** Loaded at the first request: it takes tens of milliseconds, and an application may never have one. */
  #loaded() {
    if (this.#limiters !== undefined) return this.#limiters;
    const { rateLimit, ipKeyGenerator, MemoryStore } = require('express-rate-limit');
    const { windowMs, limit, failedLimit } = this.#settings;
    const stores = [];
    const limiter = (most, reason) => {
      const store = new MemoryStore();
      stores.push(store);
      return rateLimit({
        windowMs,
        limit: most,
        store,
        standardHeaders: 'draft-7',
        legacyHeaders: false,
        // Its checks are for applications that configure it themselves, and write to the console.
        validate: false,
        keyGenerator: (/** @type {any} */ { key }) => key,
        handler: (_req, _res, next) => next(rateLimited(reason)),
      });
    };
    this.#limiters = {
      ofUsers: limiter(limit, `more than ${limit} requests of one user in ${windowMs} ms`),
      ofFailed: limiter(
        failedLimit,
        `more than ${failedLimit} refused tokens of one address in ${windowMs} ms`,
      ),
      ipKeyGenerator,
      stores,
    };
    return this.#limiters;
  }
}

/** Counts by a limiter; fails if that was one too many. It gets a request of its own: it writes to it. */
function asked(limiter, key, res) {
  return /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      limiter({ key }, res, (error) => (error === undefined ? resolve() : reject(error)));
    })
  );
}

module.exports = { RateLimits };
