/**
 * What `.mtdd(...)` said, checked: the route of one query. Every wrong argument is a TypeError here, before anything
 * is compiled or sent, because a tenant that is missing by mistake must never turn into "all tenants".
 */

const { describe, isMisspelt, nearestName } = require('../describe');
const { argumentError } = require('../errors');

const DEFAULT_TENANT_TYPE = 1;
const METHODS = ['executeQuery', 'addTenantShard', 'auto'];
/** Without a prototype, like all checked options: what others put on Object.prototype is no option. */
const NO_OPTIONS = Object.freeze(Object.create(null));
/** What a lookup server can be set to take at most. */
const MOST_NAME_BYTES = 2048;
const GREATEST_INT32 = 2 ** 31 - 1;

const isBoolean = (value) => typeof value === 'boolean';
const isText = (value) => typeof value === 'string' && value !== '';
/** Of whatever copy: older programs bring their own. */
const isSignal = (value) =>
  typeof value?.aborted === 'boolean' && typeof value.addEventListener === 'function';
const isId = (value) => isText(value) || Number.isFinite(value) || typeof value === 'bigint';

/** Every option: what it must be, in words and as a test. A name that is near to one of these is refused. */
const OPTIONS = {
  allServers: ['true or false', isBoolean],
  partialResults: ['true or false', isBoolean],
  operationType: ["'read' or 'write'", (value) => value === 'read' || value === 'write'],
  timeout: [
    'a number of milliseconds above 0',
    (value) => typeof value === 'number' && value > 0 && value <= GREATEST_INT32,
  ],
  cacheTTL: ['a number of seconds, at least 0', (value) => Number.isFinite(value) && value >= 0],
  skipCache: ['true or false', isBoolean],
  cacheKey: ['a string', isText],
  auditLog: ['true or false', isBoolean],
  maxRetries: [
    'a whole number, at least 0',
    (value) => Number.isInteger(value) && value >= 0 && value <= GREATEST_INT32,
  ],
  idempotencyKey: ['a string', isText],
  readPreference: ["'primary' or 'replica'", (value) => value === 'primary' || value === 'replica'],
  userId: ['a string or a number', isId],
  requestId: ['a string or a number', isId],
  sessionId: ['a string or a number', isId],
  signal: ['an AbortSignal', isSignal],
  IsReRun: ['true or false', isBoolean],
};
const OPTION_NAMES = Object.keys(OPTIONS);
/** What stands beside the options in the object form of `.mtdd()`, and nowhere else. */
const ARGUMENT_NAMES = ['tenantId', 'tenantType', 'methodType'];
const KNOWN_NAMES = [...OPTION_NAMES, ...ARGUMENT_NAMES];
/** Options that do nothing yet: the values with which something was expected of them. */
const IGNORED = {
  cacheTTL: (value) => value > 0,
  skipCache: (value) => value === true,
  cacheKey: () => true,
  auditLog: (value) => value === true,
  readPreference: (value) => value === 'replica',
  idempotencyKey: () => true,
};
/** Names of metadata that are no misspelt options. An app has a handful; what comes from outside must not pile up. */
const metadataNames = new Set();
const MOST_METADATA_NAMES = 1000;

/** Where one query goes, and how. Immutable once made; shared by the clones of a builder. */
class Route {
  /**
   * @param {string | null} tenant null: all shards
   * @param {number} tenantType
   * @param {'execute' | 'register' | 'auto'} method 'auto' registers the tenant when the SQL calls the portal's
   *   tenantInsertProc
   * @param {object} options as given and checked, unknown ones included
   * @param {'null' | 'allServers'} [asked] how all shards were asked for; undefined: by naming no tenant
   */
  constructor(tenant, tenantType, method, options, asked) {
    this.tenant = tenant;
    this.asked = asked;
    this.tenantType = tenantType;
    this.method = method;
    this.options = options;
    /** Names of options that do nothing yet, if there are any. */
    this.ignoredOptions = options === NO_OPTIONS ? undefined : ignoredOptionsOf(options);
  }

  /** Whether a part of a query may name this route inside a query of the other. */
  fitsIn(other) {
    return this.isSameTenant(other) && (this.method !== 'register' || other.method === 'register');
  }

  isSameTenant(other) {
    return this.tenant === other.tenant && this.tenantType === other.tenantType;
  }

  /**
   * The tenant alone, for what is not the query itself: its options, and whether to register the tenant, concern only it.
   *
   * @param {number} [timeout] milliseconds
   */
  withoutOptions(timeout) {
    const options = timeout === undefined ? NO_OPTIONS : Object.freeze({ __proto__: null, timeout });
    return new Route(this.tenant, this.tenantType, 'execute', options, this.asked);
  }

  toString() {
    return this.tenant === null ? 'all shards' : `tenant "${this.tenant}" (type ${this.tenantType})`;
  }
}

/**
 * The route that the arguments of `.mtdd(...)` ask for.
 *
 * @param {unknown[]} args `(tenantId?, tenantType?, methodType?, options?)`; no argument at all is not the
 *   same as `undefined`
 * @param {string} [call] what was called, for the message
 * @returns {Route}
 * @throws {TypeError} naming the argument (`code` VALIDATION_ERROR, `statusCode` 400)
 */
function routeFrom(args, call) {
  if (args.length === 0) return new Route(null, DEFAULT_TENANT_TYPE, 'auto', NO_OPTIONS);
  const [tenantId] = args;
  if (tenantId !== null && typeof tenantId === 'object') return routeOfObject(args, call);
  return routeOfArguments(tenantId, args[1], args[2], checkedOptions(args[3], call), call);
}

/**
 * `.mtdd({ tenantId, tenantType, methodType, ...options })`; positional arguments fill what the object leaves out.
 *
 * @param {any[]} args
 * @param {string} [call]
 */
function routeOfObject([meta, givenType, givenMethod, givenOptions], call) {
  if (
    Array.isArray(meta) ||
    (meta.tenantId === undefined && meta.allServers === undefined && !isPlain(meta))
  ) {
    throw argumentError(
      `tenantId: expected a string, a number or an object with tenantId, got ${describe(meta)}`,
      call,
    );
  }
  const { tenantId, tenantType = givenType, methodType = givenMethod, ...rest } = meta;
  refuseInherited(meta, call);
  refuseInherited(givenOptions, call);
  const options = checkedOptions(Object.assign(Object.create(null), givenOptions, rest), call);
  if ((tenantId === undefined || tenantId === null) && options.allServers !== true) {
    throw argumentError(
      'tenantId: expected a tenant in the object, or allServers: true for all shards',
      call,
    );
  }
  return routeOfArguments(tenantId, tenantType, methodType, options, call);
}

function routeOfArguments(tenantId, givenType, givenMethod, options, call) {
  const method = checkedMethod(givenMethod, call);
  const tenantType = checkedTenantType(givenType, call);
  const register = givenType === null || method === 'addTenantShard';
  if (options.allServers === true && tenantId !== null && tenantId !== undefined) {
    throw argumentError(
      `options.allServers: expected none beside the tenant ${describe(tenantId)}: name the one or the other`,
      call,
    );
  }
  if (tenantId === null || options.allServers === true) {
    if (register) {
      throw argumentError('tenantId: expected the tenant to register; all shards cannot be registered', call);
    }
    return new Route(null, tenantType, 'auto', options, options.allServers ? 'allServers' : 'null');
  }
  const tenant = checkedTenant(tenantId, call);
  return new Route(
    tenant,
    tenantType,
    register ? 'register' : method === 'auto' ? 'auto' : 'execute',
    options,
  );
}

/**
 * The route to one tenant, for the ways in that are not `.mtdd()`: they neither register nor mean all shards.
 *
 * @param {string} call what was called, for the message
 * @param {unknown} tenantId
 * @param {unknown} [tenantType] default 1
 * @param {unknown} [options] as those of `.mtdd()`
 * @returns {Route}
 * @throws {TypeError} naming the argument (`code` VALIDATION_ERROR, `statusCode` 400)
 */
function routeOfTenant(call, tenantId, tenantType, options) {
  if (!isId(tenantId)) {
    throw argumentError(`tenantId: expected a string or a number, got ${describe(tenantId)}`, call);
  }
  const name = checkedName(tenantId, call);
  if (tenantType === null) {
    throw argumentError(
      'tenantType: expected a whole number from 0 to 2147483647, got null; addTenant() registers',
      call,
    );
  }
  const type = checkedTenantType(tenantType, call);
  const checked = checkedOptions(options, call);
  if (checked.allServers === true) {
    throw argumentError('options.allServers: expected none, because this names one tenant', call);
  }
  return new Route(name, type, 'auto', checked);
}

/**
 * A tenant's name.
 *
 * @param {unknown} tenantId
 * @param {string} [call] what was called, for the message
 * @returns {string}
 * @throws {TypeError}
 */
function checkedTenant(tenantId, call) {
  if (isId(tenantId)) return checkedName(tenantId, call);
  const hint = call === undefined ? '; for all shards call .mtdd() or .mtdd(null)' : '';
  throw argumentError(`tenantId: expected a string or a number, got ${describe(tenantId)}${hint}`, call);
}

/**
 * The name of a tenant that has one. What the servers would refuse, or take for another, is refused here: half of a
 * surrogate pair would become U+FFFD, and two tenants one.
 */
function checkedName(tenantId, call) {
  if (typeof tenantId === 'number' && Math.abs(tenantId) > Number.MAX_SAFE_INTEGER) {
    throw argumentError(
      `tenantId: expected a number up to ${Number.MAX_SAFE_INTEGER}, got ${tenantId}, which may be another tenant's rounded: use a string or a bigint`,
      call,
    );
  }
  const name = String(tenantId);
  if (!name.isWellFormed()) {
    throw argumentError(
      'tenantId: expected a string of whole characters, got one with half of a surrogate pair',
      call,
    );
  }
  if (name.includes('\0')) throw argumentError('tenantId: expected a string without NUL', call);
  if (name.length > MOST_NAME_BYTES || Buffer.byteLength(name) > MOST_NAME_BYTES) {
    throw argumentError(`tenantId: expected at most ${MOST_NAME_BYTES} bytes, got more`, call);
  }
  return name;
}

/**
 * A tenant's type: 1 when left out or null.
 *
 * @param {any} tenantType a whole number of 31 bits, or the text of one
 * @param {string} [call] what was called, for the message
 * @returns {number}
 * @throws {TypeError}
 */
function checkedTenantType(tenantType, call) {
  if (tenantType === undefined || tenantType === null) return DEFAULT_TENANT_TYPE;
  const number =
    typeof tenantType === 'string' && /^-?\d+$/.test(tenantType) ? Number(tenantType) : tenantType;
  if (Number.isInteger(number) && number >= 0 && number <= GREATEST_INT32) return number;
  throw argumentError(
    `tenantType: expected a whole number from 0 to 2147483647, or null to register, got ${describe(tenantType)}`,
    call,
  );
}

function checkedMethod(method, call) {
  if (method === undefined || method === null) return 'auto';
  if (METHODS.includes(method)) return method;
  const nearest = typeof method === 'string' ? nearestName(method, METHODS) : undefined;
  const hint = nearest === undefined ? '' : `; did you mean '${nearest}'?`;
  throw argumentError(
    `methodType: expected one of '${METHODS.join("', '")}', got ${describe(method)}${hint}`,
    call,
  );
}

function checkedOptions(options, call) {
  if (options === undefined || options === null) return NO_OPTIONS;
  if (typeof options !== 'object' || Array.isArray(options)) {
    throw argumentError(`options: expected an object, got ${describe(options)}`, call);
  }
  refuseInherited(options, call);
  // Read once: a getter, or a Proxy, may say something else the second time.
  const taken = Object.assign(Object.create(null), options);
  for (const name of OPTION_NAMES) {
    const value = taken[name];
    if (value === undefined || value === null) continue;
    const [expected, accepts] = OPTIONS[name];
    if (!accepts(value)) {
      throw argumentError(`options.${name}: expected ${expected}, got ${describe(value)}`, call);
    }
  }
  for (const name of Object.keys(taken)) refuseMisspelt(name, call);
  if (taken.partialResults === true && taken.operationType === 'write') throw partialWrite(call);
  return Object.freeze(taken);
}

/** An option that is not the object's own would be lost when the object is copied. */
function refuseInherited(options, call) {
  if (options === null || typeof options !== 'object' || isPlain(options)) return;
  const inherited = OPTION_NAMES.find((name) => name in options && !Object.hasOwn(options, name));
  if (inherited !== undefined) {
    throw argumentError(
      `options.${inherited}: expected an option of the object's own, got an inherited one`,
      call,
    );
  }
}

function refuseMisspelt(name, call) {
  if (Object.hasOwn(OPTIONS, name) || metadataNames.has(name)) return;
  if (ARGUMENT_NAMES.includes(name)) {
    throw argumentError(
      `options.${name}: expected none, because it is no option but an argument of its own`,
      call,
    );
  }
  const meant = KNOWN_NAMES.find((known) => isMisspelt(name, known));
  if (meant !== undefined) {
    throw argumentError(`options.${name}: unknown option; did you mean "${meant}"?`, call);
  }
  if (metadataNames.size < MOST_METADATA_NAMES) metadataNames.add(name);
}

function ignoredOptionsOf(options) {
  const names = Object.keys(IGNORED).filter((name) => {
    const value = options[name];
    return value !== undefined && value !== null && IGNORED[name](value);
  });
  return names.length === 0 ? undefined : names;
}

function isPlain(value) {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * @param {string} call what was called, for the message
 * @param {unknown} fn
 * @returns {Function} the same
 * @throws {TypeError} if it is no function
 */
function checkedFunction(call, fn) {
  if (typeof fn === 'function') return fn;
  throw argumentError(`fn: expected a function, got ${describe(fn)}`, call);
}

/** What writes must not be done in part. */
function partialWrite(call) {
  return argumentError('options.partialResults: expected a query that only reads, got one that writes', call);
}

function declaredRead(call) {
  return argumentError("options.operationType: got 'read' for a query that writes", call);
}

module.exports = {
  KNOWN_NAMES,
  Route,
  routeFrom,
  routeOfTenant,
  checkedTenant,
  checkedTenantType,
  checkedFunction,
  isSignal,
  declaredRead,
  partialWrite,
};
