/**
 * Every error of the library. An error from PostgreSQL is not among them: it stays `pg`'s DatabaseError, with the
 * SQLSTATE in `code`. Codes are stable and never reused.
 */

/** Keys of a context that must not show, whatever put them there. */
const SECRET_KEY = /token|password|secret|private|credential|authorization|apikey|api_key/i;
/** The password of a URL such as postgres://user:password@host. */
const URL_PASSWORD = /(\b[a-z][\w+.-]*:\/\/[^\s:@/]*):[^\s@/]*@/gi;
const NO_CONTEXT = Object.freeze({});

/**
 * The base of all errors of this library.
 *
 * @property {string} code stable, in capitals: branch on this
 * @property {number} statusCode the HTTP status that fits
 * @property {object} context what is known about the failure (shard, tenant, field, ...), safe to log
 * @property {unknown} [cause] the error behind it
 */
class MtddError extends Error {
  /** The sentence as it was made: Knex puts the SQL and its bindings in front of `message`. */
  #sentence;

  /**
   * @param {string} message a whole sentence that says what to do
   * @param {string} code
   * @param {number} statusCode
   * @param {object} [context]
   * @param {unknown} [cause]
   */
  constructor(message, code, statusCode, context, cause) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.statusCode = statusCode;
    this.context = context ?? NO_CONTEXT;
    this.#sentence = message;
  }

  /**
   * What may be logged or sent to a client: without stack, cause, SQL, bindings and secrets.
   *
   * @returns {{ name: string, code: string, statusCode: number, message: string, context: object }}
   */
  toJSON() {
    return {
      name: this.name,
      code: this.code,
      statusCode: this.statusCode,
      message: withoutPasswords(this.#sentence),
      context: withoutSecrets(this.context),
    };
  }
}

Object.defineProperty(MtddError.prototype, 'name', {
  value: 'MtddError',
  writable: true,
  configurable: true,
});

/** Classes by their code. */
const byCode = new Map();

/** Makes a class of the table below; `usual` is the message when none is given. */
function define(name, code, statusCode, usual) {
  const Class = class extends MtddError {
    /**
     * @param {string} [message]
     * @param {object} [context]
     * @param {unknown} [cause]
     */
    constructor(message, context, cause) {
      super(message || usual, code, statusCode, context, cause);
    }
  };
  Object.defineProperty(Class, 'name', { value: name });
  Object.defineProperty(Class.prototype, 'name', { value: name, writable: true, configurable: true });
  byCode.set(code, Class);
  return Class;
}

const ConfigError = define(
  'ConfigError',
  'CONFIG_INVALID',
  500,
  'The configuration is wrong: correct it, then start again.',
);
const ClientClosedError = define(
  'ClientClosedError',
  'CLIENT_CLOSED',
  503,
  'MTDD has been closed: call InitializeReplication again before running queries with .mtdd().',
);
const TenantNotFoundError = define(
  'TenantNotFoundError',
  'TENANT_NOT_FOUND',
  404,
  "The lookup server does not know this tenant: register it with .mtdd(tenant, null, 'addTenantShard').",
);
const ShardNotFoundError = define(
  'ShardNotFoundError',
  'SHARD_NOT_FOUND',
  404,
  'The shard is missing in mtdd.queryServers, or another one stands in its place, or the tenant has just been moved: list every shard, in the order of --shard; nothing was run.',
);
const ShardUnavailableError = define(
  'ShardUnavailableError',
  'SHARD_UNAVAILABLE',
  503,
  'The query server of this shard cannot be reached: nothing was run, try again later.',
);
const LookupUnavailableError = define(
  'LookupUnavailableError',
  'LOOKUP_UNAVAILABLE',
  503,
  'The lookup server cannot be reached: nothing was run, try again later.',
);
const OverloadedError = define(
  'OverloadedError',
  'OVERLOADED',
  429,
  'Too many queries are under way: nothing was run, try again later.',
);
const QueryTimeoutError = define(
  'QueryTimeoutError',
  'TIMEOUT',
  504,
  'The query did not finish in time: make it faster, or raise `timeout`.',
);
const QueryCancelledError = define('QueryCancelledError', 'CANCELLED', 499, 'The query was cancelled.');
const OutcomeUnknownError = define(
  'OutcomeUnknownError',
  'OUTCOME_UNKNOWN',
  502,
  'Whether the query took effect is not known: look before running it again.',
);
/** The only class with more than a code: what has become of the query on each shard. */
class PartialFailureError extends define(
  'PartialFailureError',
  'PARTIAL_FAILURE',
  502,
  'The query failed on some shards: see `outcomes`.',
) {
  /**
   * @param {string} [message]
   * @param {object} [context] `context.shards`: the outcomes without their errors, safe to log
   * @param {unknown} [cause] the first error
   * @param {object[]} [outcomes]
   */
  constructor(message, context, cause, outcomes = []) {
    super(message, context, cause);
    this.outcomes = outcomes;
  }
}
byCode.set('PARTIAL_FAILURE', PartialFailureError);
const PlanUnsupportedError = define(
  'PlanUnsupportedError',
  'PLAN_UNSUPPORTED',
  501,
  'This query cannot be run in this way: nothing was sent.',
);
const CrossShardTransactionError = define(
  'CrossShardTransactionError',
  'CROSS_SHARD_TRANSACTION',
  409,
  'One transaction runs on one shard: use a transaction for each.',
);
const ProtocolError = define(
  'ProtocolError',
  'PROTOCOL',
  502,
  'The server answered in a way that this version does not understand: check that both have the same major version.',
);
const ValidationError = define('ValidationError', 'VALIDATION_ERROR', 400, 'The input is not valid.');
const AuthenticationError = define(
  'AuthenticationError',
  'AUTHENTICATION_ERROR',
  401,
  'The caller is not known: send a valid token.',
);
const AuthorizationError = define(
  'AuthorizationError',
  'AUTHORIZATION_ERROR',
  403,
  'The caller is not allowed to do this.',
);

/**
 * The error of a code, as the native client reports it.
 *
 * @param {string} code one of the table's; any other gives a plain MtddError with status 500
 * @param {string} [message] the class's usual message when empty
 * @param {object} [context]
 * @param {unknown} [cause]
 * @returns {MtddError}
 */
function errorFromCode(code, message, context, cause) {
  const Class = byCode.get(code);
  if (Class !== undefined) return new Class(message, context, cause);
  return new MtddError(message || `The query failed with the code ${code}.`, code, 500, context, cause);
}

/**
 * The error for a wrong argument: a TypeError with a code and an HTTP status.
 *
 * @param {string} sentence what was expected and what was got, beginning with the argument's name
 * @param {string} [call] what was called
 * @returns {TypeError & { code: string, statusCode: number }}
 */
function argumentError(sentence, call = '.mtdd()') {
  return Object.assign(new TypeError(`${call}: ${sentence}`), { code: 'VALIDATION_ERROR', statusCode: 400 });
}

function withoutPasswords(text) {
  return text.replace(URL_PASSWORD, '$1:[redacted]@');
}

function withoutSecrets(value) {
  if (typeof value === 'string') return withoutPasswords(value);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  // JSON has no bigint, and an error must never fail to be logged.
  if (typeof value === 'bigint') return String(value);
  if (value === null || typeof value !== 'object' || typeof value.toJSON === 'function') return value;
  const safe = {};
  for (const key of Object.keys(value)) {
    safe[key] = SECRET_KEY.test(key) ? '[redacted]' : withoutSecrets(value[key]);
  }
  return safe;
}

module.exports = {
  MtddError,
  ConfigError,
  ClientClosedError,
  TenantNotFoundError,
  ShardNotFoundError,
  ShardUnavailableError,
  LookupUnavailableError,
  OverloadedError,
  QueryTimeoutError,
  QueryCancelledError,
  OutcomeUnknownError,
  PartialFailureError,
  PlanUnsupportedError,
  CrossShardTransactionError,
  ProtocolError,
  ValidationError,
  AuthenticationError,
  AuthorizationError,
  argumentError,
  errorFromCode,
};
