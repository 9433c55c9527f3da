/** One record for each request: method, path, tenant, status and time. Neither the query nor a token is in it. */

const { shownOf } = require('./errors');

const WARN = new Set([401, 403, 429]);
/** nginx's status of a client that went away before it was answered. */
const CLIENT_GONE = 499;

class RequestLog {
  #logger;
  #fields;
  #start = performance.now();
  #error;

  /**
   * Logs the request once it has been answered, or the client is gone.
   *
   * @param {any} logger
   * @param {{ method: string, path: string }} request the path without its query
   * @param {import('node:http').ServerResponse} res
   */
  constructor(logger, { method, path }, res) {
    this.#logger = logger;
    this.#fields = { method, path, tenant: null };
    res.once('close', () => this.#write(res.headersSent ? res.statusCode : CLIENT_GONE));
  }

  /** From now on it is known whose request it is. */
  tenant(name) {
    this.#fields.tenant = name;
  }

  /** What it fails by. */
  failed(error) {
    this.#error = error;
  }

  /** A stream begins, which may last for long. */
  opens() {
    this.#logger.info({ ...this.#fields }, 'The stream of events begins');
  }

  #write(status) {
    const ms = Math.round((performance.now() - this.#start) * 10) / 10;
    const fields = { ...this.#fields, status, ms };
    const error = this.#error;
    if (error !== undefined && (status >= 500 || isUnknown(error))) {
      this.#logger.error({ ...fields, ...reasonOf(error), err: error }, 'The request failed');
    } else if (WARN.has(status))
      this.#logger.warn({ ...fields, ...reasonOf(error) }, 'The request was refused');
    else if (status >= 500) this.#logger.error(fields, 'The request failed');
    else this.#logger.info(fields, 'Request');
  }
}

/** What the answer does not say of an error has to be in the log, also if the headers of a good answer were sent. */
function isUnknown(error) {
  return !(shownOf(error).status < 500);
}

function reasonOf(error) {
  if (error === undefined) return {};
  return { reason: error.context?.reason ?? error.message };
}

module.exports = { RequestLog };
