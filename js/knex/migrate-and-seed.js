/**
 * Knex's `migrate` and `seed` have no option for a tenant. One that is given all the same would be ignored, so it is
 * rejected.
 */

const { isMisspelt } = require('../describe');
const { ConfigError, argumentError } = require('../errors');
const { adoptCopy } = require('./copies');
const { RUNTIME } = require('./runtime');

const TOOLS = ['migrate', 'seed'];
const TENANT_NAMES = ['mtdd', 'tenant', 'tenantId', 'tenantType'];
/** Instances, and prototypes of tools, that are guarded. */
const guarded = new WeakSet();

/**
 * Guards an instance of the library's own, whose Knex is to stay as it is.
 *
 * @param {any} knex an instance of Knex's, or a transaction
 */
function guardMigrateAndSeed(knex) {
  if (guarded.has(knex)) return;
  guarded.add(knex);
  for (const tool of TOOLS) {
    const { get } = Object.getOwnPropertyDescriptor(knex, tool);
    Object.defineProperty(knex, tool, {
      get() {
        const made = get.call(this);
        for (const [name, method] of methodsOf(Object.getPrototypeOf(made))) {
          made[name] = guardedMethod(tool, name, method, () => true);
        }
        return made;
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

/**
 * Guards the tools of all instances of this Knex that the library is on: also those of their clones and transactions
 * that are older than it, and tools that were made before.
 *
 * @param {any} knex an instance
 */
function guardToolsOf(knex) {
  // Enough for a tool to be made, and without settings that it might warn of.
  const bare = { client: { config: {}, logger: knex.client.logger } };
  for (const tool of TOOLS) {
    const prototype = Object.getPrototypeOf(Object.getOwnPropertyDescriptor(knex, tool).get.call(bare));
    if (guarded.has(prototype)) continue;
    guarded.add(prototype);
    for (const [name, method] of methodsOf(prototype)) {
      prototype[name] = guardedMethod(tool, name, method, isOurs);
    }
  }
}

/** Whether a Migrator or Seeder works for an instance that the library is on. */
function isOurs({ knex: { client } }) {
  adoptCopy(client);
  return client[RUNTIME] !== undefined;
}

/** The methods of a Migrator's or Seeder's prototype that applications call. */
function methodsOf(prototype) {
  return Object.getOwnPropertyNames(prototype)
    .filter((name) => name !== 'constructor' && !name.startsWith('_'))
    .map((name) => [name, prototype[name]])
    .filter(([, method]) => typeof method === 'function');
}

/** A method that refuses a tenant in its options, where it would be overlooked. */
function guardedMethod(tool, name, method, isGuarded) {
  return function (...args) {
    const named = args.map(tenantIn).find((option) => option !== undefined);
    if (named !== undefined && isGuarded(this)) {
      throw argumentError(`config.${named}: ${instead(tool)}`, `${tool}.${name}()`);
    }
    return method.apply(this, args);
  };
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

/** The name under which options hold a tenant, their own or an inherited one. */
function tenantIn(options) {
  if (options === null || typeof options !== 'object') return undefined;
  const known = TENANT_NAMES.find((name) => name in options);
  if (known !== undefined) return known;
  for (const name in options) {
    if (TENANT_NAMES.some((known) => isMisspelt(name, known, 1))) return name;
  }
  return undefined;
}

function instead(tool) {
  return `Knex takes no such option, and what it runs would be nobody's; expected none: run it inside withTenant(tenant, () => db.${tool}...), or on an instance of forTenant(tenant)`;
}

module.exports = { guardMigrateAndSeed, guardToolsOf, refuseTenantsInMigrateAndSeed };
