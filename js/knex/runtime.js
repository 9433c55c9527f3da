/**
 * The state behind one Knex instance: the native client, if queries go to the shards, and what every routed query
 * asks of it. Runs nothing itself.
 */

const { ClientClosedError, PlanUnsupportedError, ValidationError } = require('../errors');
const { callOf } = require('./procedure');

class Runtime {
  /**
   * @param {import('../config').Config} config
   * @param {object | null} native the native client; null: `.mtdd()` queries run on the local connection
   * @param {object} logger
   */
  constructor(config, native, logger) {
    this.native = native;
    this.logger = logger;
    /** Listeners on the local database, to be closed with the rest. */
    this.listeners = new Set();
    this.shards = config.settings.queryServers.length;
    /** @type {(text: string) => boolean} */
    this.callsInsertProc = callOf(config.portal.tenantInsertProc);
    /** Queries that name no tenant, and have none in the air, are refused. */
    this.requiresTenant = config.requireTenant;
    this.isClosed = false;
    this.closing = undefined;
  }

  /**
   * Why a query cannot run, if it cannot: known before a connection is asked for.
   *
   * @param {import('./route').Route} route
   * @param {object} builder
   * @param {object} client the Knex client that is to run it
   * @returns {Error | undefined}
   */
  refusalOf(route, builder, client) {
    if (this.isClosed) return new ClientClosedError();
    if (builder._connection) {
      return new ValidationError(
        '.mtdd() and .connection() exclude each other: the first picks the shard, the second a connection.',
      );
    }
    if (this.native === null) return undefined;
    // In a transaction the shard's own party refuses it, by the transaction's error.
    if (route.tenant === null && this.shards > 1 && !client.transacting) {
      return new PlanUnsupportedError(
        '.mtdd() on all shards is not supported with more than one query server: nothing was sent. Name a tenant.',
        { feature: 'all shards' },
      );
    }
    return undefined;
  }

  /**
   * Ends the native client and the listeners. From the call on, `.mtdd()` queries are refused; those under way are the native client's
   * to finish or stop.
   *
   * @returns {Promise<void>} the same one each time
   */
  close() {
    this.isClosed = true;
    this.closing ??= Promise.all([
      this.native?.close(),
      ...[...this.listeners].map((listener) => listener.close()),
    ]).then(() => {});
    return this.closing;
  }
}

module.exports = { Runtime };
