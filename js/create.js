/**
 * `createMtddKnex(config)` makes a Knex instance of its own and patches nothing. Its builders are subclasses of Knex's,
 * and it has `forTenant`.
 */

const { describe } = require('./describe');
const { ConfigError } = require('./errors');
const { setUp } = require('./handle');
const { binderOf } = require('./knex/bound-instance');
const { routeOfTenant } = require('./knex/route');

/**
 * Makes a Knex instance with the library under it. Knex's classes, and other instances of the process, stay as they
 * are.
 *
 * @param {object} config a LibraryConfig, and as `knex` what would be passed to `knex()`
 * @returns {Promise<import('knex').Knex>} with `forTenant(tenantId, tenantType?, options?)`, which gives a Knex
 *   instance that is bound to the tenant, and `replication`, the handle. `destroy()` ends everything
 * @throws {ConfigError} a wrong value, with its path; a Knex configuration that cannot be supported
 */
async function createMtddKnex(config) {
  const { knex: knexConfig, ...libraryConfig } = config ?? {};
  if (knexConfig === null || typeof knexConfig !== 'object' || Array.isArray(knexConfig)) {
    throw new ConfigError(`knex: expected Knex's configuration, an object, got ${describe(knexConfig)}`);
  }
  const db = createKnex()(knexConfig);
  try {
    const handle = await setUp(db, libraryConfig, { patchNothing: true });
    const bind = binderOf(db);
    const forTenant = (tenantId, tenantType, options) =>
      bind(routeOfTenant('forTenant()', tenantId, tenantType, options));
    // Not enumerable: Knex copies the rest to the clones of `withUserParams`, which would bind to this instance.
    Object.defineProperties(db, { forTenant: { value: forTenant }, replication: { value: handle } });
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/** Loaded late: an app that sets the library up on its own instance may have another copy of Knex. */
function createKnex() {
  try {
    return require('knex');
  } catch (cause) {
    throw new ConfigError('knex: the package knex is missing: run npm install knex.', undefined, cause);
  }
}

module.exports = { createMtddKnex };
