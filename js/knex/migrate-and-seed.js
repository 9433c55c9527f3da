/**
 * Knex's `migrate` and `seed` have no option for a tenant. One that is given all the same would be ignored, so it is
 * rejected.
 */

const { isMisspelt } = require('../describe');
const { ConfigError, argumentError } = require('../errors');

const TOOLS = ['migrate', 'seed'];
const TENANT_NAMES = ['mtdd', 'tenant', 'tenantId', 'tenantType'];
const guarded = new WeakSet();

/**
 * @param {any} knex an instance of Knex's, or a transaction
 */
function guardMigrateAndSeed(knex) {
  if (guarded.has(knex)) return;
  guarded.add(knex);
  for (const tool of TOOLS) {
    const { get } = Object.getOwnPropertyDescriptor(knex, tool);
    Object.defineProperty(knex, tool, {
      get() {
        return guardedTool(tool, get.call(this));
      },
      configurable: true,
    });
  }
  const { context } = knex;
  const { withUserParams } = context;
  context.withUserParams = function (params) {
    const clone = withUserParams.call(this, params);
    guardMigrateAndSeed(clone);
    return clone;
  };
}

/** A Migrator or Seeder whose methods refuse a tenant in their options, where it would be overlooked. */
function guardedTool(tool, made) {
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(made))) {
    const method = made[name];
    if (name === 'constructor' || name.startsWith('_') || typeof method !== 'function') continue;
    made[name] = function (...args) {
      const named = args.map(tenantIn).find((option) => option !== undefined);
      if (named !== undefined) {
        throw argumentError(`config.${named}: ${instead(tool)}`, `${tool}.${name}()`);
      }
      return method.apply(this, args);
    };
  }
  return made;
}

/**
 * Refuses a tenant in the instance's own configuration of its tools.
 *
 * @param {{ migrations?: object, seeds?: object }} config Knex's
 * @throws {ConfigError}
 */
function refuseTenantsInMigrateAndSeed({ migrations, seeds }) {
  for (const [path, tool, options] of [
    ['migrations', 'migrate', migrations],
    ['seeds', 'seed', seeds],
  ]) {
    const named = tenantIn(options);
    if (named !== undefined) throw new ConfigError(`${path}.${named}: ${instead(tool)}`);
  }
}

function tenantIn(options) {
  if (options === null || typeof options !== 'object') return undefined;
  return Object.keys(options).find((name) =>
    TENANT_NAMES.some((known) => name === known || isMisspelt(name, known, 1)),
  );
}

function instead(tool) {
  return `Knex takes no such option, and what it runs would be nobody's; expected none: run it inside withTenant(tenant, () => db.${tool}...), or on an instance of forTenant(tenant)`;
}

module.exports = { guardMigrateAndSeed, refuseTenantsInMigrateAndSeed };
