/**
 * Checks the configuration that the app passed to InitializeReplication, fills the gaps from the environment, and applies
 * the defaults. A wrong value is refused here, at start, with its path.
 */

const { ConfigError } = require('../errors');
const { describe, isMisspelt, kindOf, nearestName } = require('../describe');
const { LONGEST_TOKEN, TOKEN } = require('../limits');
const { read, readFlag, readList, readNumber, readDatabase } = require('./environment');
const { firebaseOf } = require('./firebase-account');
const { authOf, httpOf, httpSchemas, withoutFalse } = require('./http-settings');
const { syncOf, syncSchemas } = require('./sync-settings');

/** Milliseconds that a query may take when neither it nor the config says otherwise. */
const DEFAULT_TIMEOUT = 60_000;
const DEFAULT_MAX_RETRIES = 2;
const DEFAULT_MAX_IN_FLIGHT = 10_000;
/** Bytes of rows that merging one query's result may hold: 64 MiB. */
const DEFAULT_MERGE_MEMORY = 64 * 1024 * 1024;
/** Entries; seconds, as the others. A tenant that is not found may be registered in the next moment: none is remembered. */
const DEFAULT_LOOKUP_CACHE = { size: 100_000, ttl: 300, negativeTtl: 0, maxStale: 3600 };
/** The longest time that a Node timer, and the wire, can count. Milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** How all shards may be asked for: 'explicit' only by `allServers: true`, 'implicit' also by naming no tenant. */
const ALL_SHARDS = ['implicit', 'explicit'];
const LOG_METHODS = ['debug', 'info', 'warn', 'error'];
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
/** Values under these paths are never quoted in a message. */
const SECRET_PATH = /^(auth|mtdd\.(tls|token)|database\.config|portal)\b/;

/** What has to be an object. */
const OBJECTS = [
  ...['mtdd', 'mtdd.tls', 'mtdd.lookupCache', 'database', 'database.config', 'portal'],
  ...['auth', 'http', 'http.rateLimit', 'events', 'load', 'tablesByRole'],
];

/** zod takes tens of milliseconds to load, so it waits until there is something to check. */
let schema;
function librarySchema() {
  schema ??= defineSchema(require('zod').z);
  return schema;
}

function defineSchema(z) {
  const flag = z.boolean({ error: 'expected true or false' });
  const text = z.string({ error: 'expected a string' });
  const count = (error, least) => z.int({ error }).min(least, { error }).max(LONGEST, { error });
  const seconds = z
    .number({ error: 'expected a number of seconds' })
    .min(0, { error: 'expected a number of seconds, at least 0' })
    .max(LONGEST / 1000, { error: `expected at most ${Math.floor(LONGEST / 1000)} seconds` });
  const address = text.trim().refine(isHostPort, { error: 'expected host:port' });
  const pem = z
    .union([text, z.instanceof(Buffer)], { error: 'expected PEM text' })
    .transform(String)
    .refine((value) => value.includes('-----BEGIN '), { error: 'expected PEM text ("-----BEGIN ...")' });
  const logger = z.custom(isLogger, {
    error: `expected a logger with ${LOG_METHODS.join(', ')} and child, as pino makes`,
  });

  const mtdd = z.strictObject({
    useMtdd: flag.nullish(),
    queryServers: z
      .preprocess(withoutBlank, z.array(address, { error: 'expected an array of host:port' }))
      .nullish(),
    lookupServer: z
      .preprocess(
        (value) => (typeof value === 'string' ? listed(value) : withoutBlank(value)),
        z.array(address, { error: 'expected host:port, several of them separated by commas, or an array' }),
      )
      .nullish(),
    isDevelopment: flag.nullish(),
    grpcInsecure: flag.nullish(),
    tls: z
      .strictObject(
        { ca: pem.nullish(), cert: pem.nullish(), key: pem.nullish(), serverName: text.min(1).nullish() },
        { error: objectError('expected an object with ca, cert, key and serverName') },
      )
      .nullish(),
    token: z
      .custom((value) => typeof value === 'function' || (typeof value === 'string' && value !== ''), {
        error: 'expected a string, or a function that returns one',
      })
      .refine((value) => value.length <= LONGEST_TOKEN || typeof value === 'function', {
        error: `expected at most ${LONGEST_TOKEN} characters`,
      })
      .refine((value) => typeof value === 'function' || TOKEN.test(value), {
        error: 'expected visible ASCII characters without spaces',
      })
      .nullish(),
    timeout: count('expected a whole number of milliseconds, at least 1', 1).nullish(),
    maxRetries: count('expected a whole number, at least 0', 0).nullish(),
    maxInFlight: count('expected a whole number, at least 1', 1).nullish(),
    lookupCache: z
      .strictObject(
        {
          size: count('expected a whole number of entries, at least 0', 0).nullish(),
          ttl: seconds.nullish(),
          negativeTtl: seconds.nullish(),
          maxStale: seconds.nullish(),
        },
        { error: objectError('expected an object with size, ttl, negativeTtl and maxStale') },
      )
      .nullish(),
    referenceTables: z
      .array(text.min(1, { error: 'expected a table name' }), { error: 'expected an array of table names' })
      .nullish(),
    mergeMemoryLimit: count('expected a whole number of bytes, at least 1', 1).nullish(),
    logger: logger.nullish(),
    logLevel: z.enum(LOG_LEVELS, { error: `expected one of ${LOG_LEVELS.join(', ')}` }).nullish(),
    allowLocalAfterCreate: flag.nullish(),
    requireTenant: z
      .union([z.boolean(), z.literal('transaction')], { error: "expected true, false or 'transaction'" })
      .nullish(),
    allShards: z.enum(ALL_SHARDS, { error: `expected '${ALL_SHARDS.join("' or '")}'` }).nullish(),
  });

  return z.strictObject({
    mtdd: mtdd.nullish(),
    database: z.strictObject({ enabled: flag.nullish(), config: z.looseObject({}).nullish() }).nullish(),
    portal: z
      .looseObject({
        portalId: count('expected a whole number, at least 0', 0).nullish(),
        tenantColumnName: text.min(1, { error: 'expected a column name' }).nullish(),
        tenantInsertProc: text.min(1, { error: 'expected a procedure name' }).nullish(),
        portalName: text.nullish(),
      })
      .nullish(),
    // firebase-account.js checks it: it may also be the path of a file.
    firebase: z.any().optional(),
    ...httpSchemas(z, { count, objectError }),
    ...syncSchemas(z, { count, objectError }),
    logger: logger.nullish(),
  });
}

/**
 * @typedef {object} Config
 * @property {boolean} useMtdd queries with .mtdd() go to the query servers; false: to the local Knex connection
 * @property {boolean} isDevelopment
 * @property {object} settings what the native client takes, except `session`, which the Knex config decides
 * @property {boolean} timeoutGiven `settings.timeout` is the user's, not the default
 * @property {boolean} allowLocalAfterCreate
 * @property {boolean | 'transaction'} requireTenant refuse queries that name no tenant; 'transaction': inside a
 *   transaction they belong to the tenant that it is pinned to
 * @property {boolean} explicitAllShards all shards are reached by `allServers: true` alone
 * @property {object} portal
 * @property {{ enabled: boolean, config: object | null }} database
 * @property {object | null} firebase a service account
 * @property {import('./http-settings').AuthSettings | null} auth
 * @property {import('./http-settings').HttpSettings | null} http
 * @property {import('./sync-settings').SyncSettings} sync
 * @property {object | null} logger the app's own
 * @property {string} logLevel
 * @property {string[]} warnings sentences to log once there is a logger
 */

/**
 * Checks and completes the configuration.
 *
 * @param {object} [given] a LibraryConfig
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Config}
 * @throws {ConfigError} whose message begins with the path of the wrong field, one line for each
 */
function loadConfig(given, env = process.env) {
  const { mtdd, database, portal, firebase, auth, http, logger, ...sync } = withoutNulls(check(given ?? {}));
  const options = mtdd ?? {};
  const warnings = [];

  const asked = options.useMtdd ?? readFlag('USE_MTDD', env);
  const useMtdd = asked ?? false;
  const isDevelopment = options.isDevelopment ?? env.NODE_ENV === 'development';
  const queryServers = options.queryServers?.length > 0 ? options.queryServers : serversFrom(env);
  const lookupServers = options.lookupServer?.length > 0 ? options.lookupServer : lookupServersFrom(env);
  const insecure = options.grpcInsecure ?? readFlag('GRPC_INSECURE', env) ?? false;
  const account = firebaseOf(firebase, env, warnings);

  refuseDuplicates(queryServers);
  refuseRepeated(lookupServers);
  if (useMtdd) {
    if (queryServers.length === 0) {
      throw new ConfigError('QUERY_SERVERS configuration required when USE_MTDD=1');
    }
    if (queryServers.length > 1 && lookupServers.length === 0) {
      throw new ConfigError('LOOKUP_SERVER configuration required when USE_MTDD=1');
    }
    if (options.requireTenant === undefined) {
      warnings.push(
        'mtdd.requireTenant is not set: a query that names no tenant, by mistake too, runs on the local database. Set it to true, which refuses such queries, or to false if they are meant.',
      );
    }
  } else if (queryServers.length > 0 && asked === undefined) {
    const state = 'Query servers are configured, but mtdd.useMtdd is not';
    if (env.NODE_ENV === 'production') {
      throw new ConfigError(
        `mtdd.useMtdd: ${state}: with NODE_ENV=production it has to be said whether queries with .mtdd() go to them (true) or run on the local connection (false). Set mtdd.useMtdd or USE_MTDD.`,
      );
    }
    warnings.push(
      `${state}: queries with .mtdd() run on the local connection. Set mtdd.useMtdd or USE_MTDD.`,
    );
  }
  const tls = tlsOf(options.tls, insecure);
  if (insecure && ![...queryServers, ...lookupServers].every(isLoopback)) {
    warnings.push('mtdd.grpcInsecure sends queries and rows beyond this machine without encryption.');
  }

  const appLogger = options.logger ?? logger ?? null;
  if (appLogger !== null) refuseChildless(appLogger, options.logger === appLogger ? 'mtdd.logger' : 'logger');
  const logLevel = options.logLevel ?? appLogger?.level ?? (isDevelopment ? 'debug' : 'warn');
  const cache = { ...DEFAULT_LOOKUP_CACHE, ...options.lookupCache };
  const tenantColumn = portal?.tenantColumnName ?? read('TENANT_COLUMN_NAME', env) ?? null;
  return {
    useMtdd,
    isDevelopment,
    settings: {
      queryServers,
      lookupServers,
      insecure,
      tls,
      token: options.token ?? null,
      timeout: options.timeout ?? DEFAULT_TIMEOUT,
      maxRetries: options.maxRetries ?? DEFAULT_MAX_RETRIES,
      lookupCache: {
        size: cache.size,
        ttl: Math.round(cache.ttl * 1000),
        negativeTtl: Math.round(cache.negativeTtl * 1000),
        maxStale: Math.round(cache.maxStale * 1000),
      },
      maxInFlight: options.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT,
      logLevel: LOG_LEVELS.includes(logLevel) ? logLevel : 'warn',
      tenantColumn,
      referenceTables: options.referenceTables ?? [],
      mergeMemoryLimit: options.mergeMemoryLimit ?? DEFAULT_MERGE_MEMORY,
    },
    timeoutGiven: options.timeout !== undefined,
    allowLocalAfterCreate: options.allowLocalAfterCreate ?? false,
    requireTenant: options.requireTenant ?? false,
    explicitAllShards: options.allShards === 'explicit',
    portal: {
      ...portal,
      portalId: portal?.portalId ?? readNumber('PORTAL_ID', env),
      tenantColumnName: tenantColumn ?? undefined,
    },
    database: {
      enabled: database?.enabled ?? false,
      config: database?.config ?? readDatabase(env) ?? null,
    },
    firebase: account,
    auth: authOf(auth, warnings),
    http: httpOf(given?.http, http),
    sync: syncOf(sync),
    logger: appLogger,
    logLevel,
    warnings,
  };
}

/** Checks the object's shape; the result has trimmed and transformed values. */
function check(given) {
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new ConfigError(`config: expected an object, got ${describe(given)}`);
  }
  refuseOtherObjects(given);
  const result = librarySchema().safeParse(withoutFalse(given), { reportInput: true });
  if (result.success) {
    refuseMisspeltPortal(given.portal);
    return result.data;
  }
  throw new ConfigError(result.error.issues.map(sentenceOf).join('\n'));
}

/** A Date, a Map and the like are objects without keys to zod, and what they hold would not be seen. */
function refuseOtherObjects(given) {
  for (const path of OBJECTS) {
    const value = path.split('.').reduce((at, key) => at?.[key], given);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
    const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
    if (kind !== 'Object')
      throw new ConfigError(`${path}: expected a plain object, got one of class ${kind}`);
  }
}

/** The portal may hold what else the app keeps there, so that only a near miss is a mistake for certain. */
function refuseMisspeltPortal(portal) {
  const known = Object.keys(withinWrappers(librarySchema().shape.portal).shape);
  for (const key of Object.keys(portal ?? {})) {
    const meant = known.includes(key) ? undefined : known.find((name) => isMisspelt(key, name));
    if (meant !== undefined) {
      throw new ConfigError(`portal.${key}: unknown option; did you mean "${meant}"?`);
    }
  }
}

/** One of zod's issues as `path: expected ..., got ...`. */
function sentenceOf(issue) {
  const path = pathOf(issue.path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey(key, issue.path)).join('\n');
  const expected = issue.message.startsWith('expected') ? issue.message : 'expected an object';
  const got = SECRET_PATH.test(path) ? kindOf(issue.input) : describe(issue.input);
  return `${path}: ${expected}, got ${got}`;
}

function pathOf(keys) {
  return keys.reduce(
    (path, key) => (typeof key === 'number' ? `${path}[${key}]` : `${path}${path && '.'}${key}`),
    '',
  );
}

function unknownKey(key, parents) {
  const known = parents.reduce((at, name) => withinWrappers(at.shape[name]), librarySchema());
  const nearest = nearestName(key, Object.keys(known.shape));
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
  return `${pathOf([...parents, key])}: unknown option${hint}`;
}

/** The object schema inside optional and nullable. */
function withinWrappers(type) {
  return typeof type.unwrap === 'function' ? withinWrappers(type.unwrap()) : type;
}

/** zod asks this for a wrong type as well as for unknown keys, which sentenceOf words. */
function objectError(message) {
  return (issue) => (issue.code === 'unrecognized_keys' ? undefined : message);
}

/** `''.split(',')` gives one blank: that is no server rather than a wrong one. */
function withoutBlank(servers) {
  return Array.isArray(servers) && servers.length === 1 && servers[0] === '' ? [] : servers;
}

/**
 * A null option counts as one that was left out. What else the app keeps in an object is used as it is: it may be of any
 * depth, or contain itself.
 */
function withoutNulls(value, path = '') {
  const entries = Object.entries(value).filter(([, one]) => one !== null && one !== undefined);
  const kept = entries.map(([key, one]) => {
    const at = path === '' ? key : `${path}.${key}`;
    const isOptions = OBJECTS.includes(at) || at === 'firebase';
    return [key, isOptions && isPlain(one) ? withoutNulls(one, at) : one];
  });
  return Object.fromEntries(kept);
}

function isPlain(value) {
  return typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
}

function isHostPort(value) {
  const match = /^(?:\[([0-9a-f:.%]+)\]|([a-z0-9_.-]+)):(\d{1,5})$/i.exec(value);
  if (match === null) return false;
  const port = Number(match[3]);
  return port >= 1 && port <= 65_535 && (match[1] === undefined || require('node:net').isIPv6(match[1]));
}

function isLoopback(server) {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]):/i.test(server);
}

function isLogger(value) {
  return typeof value === 'object' && canLog(value) && typeof value.child === 'function';
}

function canLog(value) {
  return LOG_METHODS.every((name) => typeof value?.[name] === 'function');
}

/** The library logs to children of the app's logger. */
function refuseChildless(logger, path) {
  const child = logger.child({ name: 'knex-mtdd' });
  if (canLog(child)) return;
  throw new ConfigError(
    `${path}: expected child() to return a logger with ${LOG_METHODS.join(', ')}, got ${describe(child)}`,
  );
}

/** QUERY_SERVERS, or BACKEND_SERVERS, its name of old. */
function serversFrom(env) {
  const name = read('QUERY_SERVERS', env) === undefined ? 'BACKEND_SERVERS' : 'QUERY_SERVERS';
  const servers = readList(name, env) ?? [];
  return servers.map((server, index) => checkedAddress(server, `${name}[${index}]`));
}

function lookupServersFrom(env) {
  const servers = readList('LOOKUP_SERVER', env) ?? [];
  const path = (index) => (servers.length === 1 ? 'LOOKUP_SERVER' : `LOOKUP_SERVER[${index}]`);
  return servers.map((server, index) => checkedAddress(server, path(index)));
}

function checkedAddress(server, path) {
  if (typeof server === 'string' && isHostPort(server)) return server;
  throw new ConfigError(`${path}: expected host:port, got ${describe(server)}`);
}

/** A place in the list is a shard: a server that stands there twice would be asked, and counted, twice. */
function refuseDuplicates(servers) {
  const places = servers.map((server) => server.toLowerCase());
  servers.forEach((server, index) => {
    const first = places.indexOf(places[index]);
    if (first === index) return;
    throw new ConfigError(
      `mtdd.queryServers[${index}]: expected a server of its own for each shard, got "${server}", which is queryServers[${first}] too`,
    );
  });
}

function refuseRepeated(servers) {
  const places = servers.map((server) => server.toLowerCase());
  servers.forEach((server, index) => {
    if (places.indexOf(places[index]) === index) return;
    throw new ConfigError(`mtdd.lookupServer[${index}]: expected each server once, got "${server}" again`);
  });
}

/** The servers of a comma list; none in a blank one. */
function listed(text) {
  return text.trim() === '' ? [] : text.split(',');
}

function tlsOf(tls, insecure) {
  if (tls === undefined) return null;
  if (insecure)
    throw new ConfigError('mtdd.tls: expected nothing while mtdd.grpcInsecure is true, got an object');
  for (const [one, other] of [
    ['cert', 'key'],
    ['key', 'cert'],
  ]) {
    if (tls[one] !== undefined && tls[other] === undefined) {
      throw new ConfigError(`mtdd.tls.${other}: expected PEM text, because mtdd.tls.${one} is given`);
    }
  }
  return {
    ca: tls.ca ?? null,
    cert: tls.cert ?? null,
    key: tls.key ?? null,
    serverName: tls.serverName ?? null,
  };
}

module.exports = { loadConfig };
