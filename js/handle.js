/**
 * Sets the library up on a Knex instance, and makes the handle that closes it.
 */

const { loadConfig } = require('./config/config');
const { ClientClosedError } = require('./errors');
const { authenticator } = require('./http/auth');
const { placeOf } = require('./http/mount');
const { mountRoutes } = require('./http/routes');
const { syncHandlers } = require('./http/sync');
const { attach } = require('./knex/client');
const { explain } = require('./knex/explain');
const { contradictions } = require('./knex/local-database');
const { checkedTenant, checkedTenantType } = require('./knex/route');
const { listen } = require('./notifications/listen');
const { setUpPush } = require('./push/active-clients');
const { createLoggers } = require('./logger');

/**
 * @param {import('knex').Knex} db
 * @param {import('..').LibraryConfig} [config]
 * @param {{ app?: { use: Function } | null, patchNothing?: boolean }} [options] `app`: gets the HTTP routes, unless the
 *   configuration says `http: false`. `patchNothing`: as of `attach`
 * @returns {Promise<Handle>}
 * @throws {ConfigError} a wrong value, with its path; an instance that cannot be supported
 * @throws {ValidationError} `db` is something else
 */
async function setUp(db, config, { app = null, patchNothing = false } = {}) {
  const loaded = loadConfig(config);
  const loggers = createLoggers(loaded);
  const hasRoutes = app !== null && loaded.http !== null;
  // At once: what the application adds after its call comes after the routes, whether it awaits the call or not.
  if (hasRoutes) placeOf(app, loaded.http.path);
  const authenticate = hasRoutes ? authenticator(loaded.auth) : null;
  const runtime = await attach(db, loaded, { loggers, openClient, patchNothing });
  try {
    return await completed(runtime, db, { config, loaded, loggers, app, authenticate });
  } catch (error) {
    // Else the instance would be taken for good, by a handle that nobody has.
    await runtime.close();
    throw error;
  }
}

/** What there is beside queries: warnings, push notifications, the HTTP routes. */
async function completed(runtime, db, { config, loaded, loggers, app, authenticate }) {
  const differing = await contradictions(db.client, loaded.database);
  for (const warning of [...loaded.warnings, ...differing]) loggers.mtdd.warn(warning);
  setUpPush({ account: loaded.firebase, log: loggers.notification });
  const { queryServers, lookupServers } = loaded.settings;
  if (loaded.useMtdd)
    loggers.mtdd.info({ queryServers, lookupServers }, 'Queries with .mtdd() go to the query servers');
  else loggers.mtdd.info('Queries with .mtdd() run on the local connection');
  if (authenticate !== null) {
    const { path, errors, rateLimit } = loaded.http;
    const handlers = syncHandlers(runtime, db.client, loaded, loggers);
    const logger = loggers.api;
    const routes = mountRoutes(app, { path, authenticate, rateLimit, errors, logger, handlers });
    runtime.listeners.add(routes);
  } else if (loaded.auth !== null || (app === null && config?.http)) {
    loggers.mtdd.warn('auth and http have no effect here: no routes are mounted.');
  }
  return new Handle(runtime, db.client, authenticate !== null ? loaded : { ...loaded, http: null }, loggers);
}

function openClient(settings, options) {
  // Loaded late: with useMtdd false an app needs no native addon for its platform.
  const { Client } = require('./native/client');
  return new Client(settings, options);
}

/** What InitializeReplication resolves to, and `db.replication` of createMtddKnex. */
class Handle {
  #runtime;
  #client;
  #loggers;

  constructor(runtime, client, config, loggers) {
    this.#runtime = runtime;
    this.#client = client;
    this.#loggers = loggers;
    /** The configuration in force, without secrets. Read only. */
    this.config = publicConfig(config);
  }

  /**
   * Ends the connections to the servers, and every subscription. Queries with `.mtdd()` are refused from then on
   * (ClientClosedError); those under way, and transactions that are open on a shard, have 5 s to end. The Knex instance
   * goes on working. Idempotent.
   *
   * @returns {Promise<void>}
   */
  async close() {
    await this.#runtime.close();
    this.#loggers.flush();
  }

  /**
   * Registers a tenant with the lookup server. Idempotent: a known tenant keeps its shard.
   *
   * @param {string | number | bigint} tenantId
   * @param {number | string} [tenantType] default 1
   * @returns {Promise<{ tenantId: string, shardIndex: number }>} the lookup server's id of the tenant, and its place in
   *   `queryServers`; with useMtdd false the tenant's own name and 0
   * @throws {TypeError} for a wrong tenant or type
   */
  async addTenant(tenantId, tenantType) {
    const [tenant, type] = this.#tenant(tenantId, tenantType);
    const { native } = this.#runtime;
    return native === null ? { tenantId: tenant, shardIndex: 0 } : native.addTenant(tenant, type);
  }

  /**
   * The tenant's shard, as the lookup server says now. While none can be reached, it is the shard that queries go to.
   *
   * @param {string | number | bigint} tenantId
   * @param {number | string} [tenantType] default 1
   * @returns {Promise<number>} its place in `queryServers`; 0 with useMtdd false
   * @throws {TypeError} for a wrong tenant or type
   * @throws {TenantNotFoundError}
   */
  async tenantShard(tenantId, tenantType) {
    const [tenant, type] = this.#tenant(tenantId, tenantType);
    const { native } = this.#runtime;
    return native === null ? 0 : native.tenantShard(tenant, type);
  }

  /**
   * Listens to a channel of PostgreSQL's NOTIFY. It listens again by itself after a loss, and keeps the process alive
   * until it is closed.
   *
   * @param {string} channel exactly as in `LISTEN "channel"`, 1 to 63 bytes
   * @param {(notification: object) => void} listener called with `{ channel, payload, shard, processId, receivedAt }`
   * @param {object} [options]
   * @param {string | number | bigint} [options.tenantId] only this tenant's shard
   * @param {number | string} [options.tenantType] default 1
   * @param {number} [options.shard] only this shard; default all of them
   * @param {(gap: { channel: string, shard: number, reason: string }) => void} [options.onGap] called when a shard is
   *   listened to again after a loss: some of its notifications before this call may have been missed
   * @returns {Promise<{ channel: string, shards: number[], close(): Promise<void> }>} once LISTEN is in force on each
   *   of the shards: what is notified from then on comes, or there is a gap
   * @throws {TypeError} for a wrong argument, by its name
   * @throws {ShardUnavailableError} when one of the shards cannot be listened to now
   */
  async listen(channel, listener, options) {
    return listen(this.#runtime, this.#client, channel, listener, options);
  }

  /**
   * What a query with `.mtdd()` would do, without running it.
   *
   * @param {object} query a query builder, a Raw, or a schema builder
   * @returns {Promise<object>} `{ route, shards, plan, statements, steps, refusal? }`; of a schema builder with several
   *   statements an array of these
   * @throws {ValidationError} for anything else
   * @throws {QueryCancelledError} once a signal of the query is aborted
   * @throws {ClientClosedError} after `close()`
   */
  async explain(query) {
    if (this.#runtime.isClosed) throw new ClientClosedError();
    return explain(query, this.#runtime);
  }

  /** @returns {[tenant: string, tenantType: number]} */
  #tenant(tenantId, tenantType) {
    if (this.#runtime.isClosed) throw new ClientClosedError();
    return [checkedTenant(tenantId), checkedTenantType(tenantType)];
  }
}

/** What of the configuration may be shown. */
function publicConfig({
  useMtdd,
  isDevelopment,
  requireTenant,
  explicitAllShards,
  logLevel,
  portal,
  http,
  settings,
}) {
  const { queryServers, lookupServers, insecure, tls, timeout, maxRetries, lookupCache, maxInFlight } =
    settings;
  const { referenceTables, mergeMemoryLimit } = settings;
  return Object.freeze({
    useMtdd,
    isDevelopment,
    requireTenant,
    allShards: explicitAllShards ? 'explicit' : 'implicit',
    queryServers: Object.freeze([...queryServers]),
    lookupServer: lookupServers.length === 0 ? null : lookupServers.join(','),
    grpcInsecure: insecure,
    tls: tls !== null,
    timeout,
    maxRetries,
    lookupCache: Object.freeze({
      size: lookupCache.size,
      ttl: lookupCache.ttl / 1000,
      negativeTtl: lookupCache.negativeTtl / 1000,
      maxStale: lookupCache.maxStale / 1000,
    }),
    maxInFlight,
    referenceTables: Object.freeze([...referenceTables]),
    mergeMemoryLimit,
    logLevel,
    http: publicHttp(http),
    portalId: portal.portalId,
    portalName: portal.portalName,
    tenantColumnName: portal.tenantColumnName,
  });
}

function publicHttp(http) {
  if (http === null) return false;
  const { path, errors, rateLimit } = http;
  return Object.freeze({
    path,
    errors,
    rateLimit: rateLimit === null ? false : Object.freeze({ ...rateLimit }),
  });
}

module.exports = { setUp };
