/**
 * The public face of the library. Types and their documentation: index.d.ts.
 */

const errors = require('./errors');
const { setUp } = require('./handle');
const { tenantContext } = require('./http/tenant-context');
const { createMtddKnex } = require('./create');
const { runLocal, withTenant } = require('./knex/with-tenant');
const { withSignal } = require('./knex/signal');
const { ActiveClients } = require('./push/active-clients');
const { MemoryDeviceStore } = require('./push/stores/memory');
const { PostgresDeviceStore } = require('./push/stores/postgres');
const { RedisDeviceStore } = require('./push/stores/redis');

const { argumentError: _forArguments, errorFromCode: _forCodes, ...errorClasses } = errors;
const { ValidationError } = errors;

/**
 * Sets the library up on a Knex instance, whose queries can then use `.mtdd(tenant)`, and mounts the HTTP routes on the
 * application, unless the configuration says `http: false`.
 *
 * `handle.close()` or `db.destroy()` closes it. A handle that is never closed does not keep the process alive. A Knex
 * instance has one handle at a time.
 *
 * @param {object} app an Express application (or a router, or Nest's application: what has `use`)
 * @param {import('knex').Knex} db a Knex instance with client "pg"
 * @param {import('..').LibraryConfig} [config] what it leaves out comes from the environment
 * @returns {Promise<import('..').MtddHandle>}
 * @throws {ConfigError} a wrong value, with its path; an instance that cannot be supported
 * @throws {ValidationError} `app` or `db` is something else
 */
async function InitializeReplication(app, db, config) {
  if (typeof app?.use !== 'function') {
    throw new ValidationError('app: expected an Express application, which has a method `use`.');
  }
  return setUp(db, config, { app });
}

module.exports = {
  InitializeReplication,
  createMtddKnex,
  withTenant,
  withSignal,
  runLocal,
  tenantContext,
  ActiveClients,
  MemoryDeviceStore,
  PostgresDeviceStore,
  RedisDeviceStore,
  ...errorClasses,
};
