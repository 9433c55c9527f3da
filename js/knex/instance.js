/**
 * Which Knex instances the library can work on. Refuses the others at start, each with the reason.
 */

const fs = require('node:fs');
const path = require('node:path');
const { ConfigError, ValidationError } = require('../errors');

/** Versions that the tests cover: from the first up to the last's major version. */
const OLDEST = [2, 5];
const NEWEST_MAJOR = 3;

/**
 * Checks a Knex instance.
 *
 * @param {unknown} knex
 * @returns {{ pg: object, warnings: string[] }} the `pg` that the instance uses: its type parsers are the app's
 * @throws {ValidationError} when it is no Knex instance
 * @throws {ConfigError} when it is one that cannot be supported
 */
function inspect(knex) {
  if (typeof knex !== 'function' || typeof knex.client?.runner !== 'function') {
    throw new ValidationError('db: expected a Knex instance, as knex({ client: "pg", ... }) returns.');
  }
  if (knex.isTransaction) {
    throw new ValidationError('db: expected the Knex instance itself, got one of its transactions.');
  }
  const { client } = knex;
  if (client.dialect !== 'postgresql' || client.driverName !== 'pg') {
    throw new ConfigError(
      `db: expected a Knex instance with client "pg", got "${client.driverName ?? client.dialect}".`,
    );
  }
  const warnings = [];
  const version = versionOf(client);
  if (version !== undefined) {
    const [major, minor] = version.split('.').map(Number);
    if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
      throw new ConfigError(`db: expected Knex ${OLDEST.join('.')} or later, got ${version}.`);
    }
    if (major > NEWEST_MAJOR)
      warnings.push(`Knex ${version} is newer than this library has been tested with.`);
  }
  return { pg: driverOf(client), warnings };
}

function driverOf(client) {
  try {
    // An instance without `connection`, which has no local database at all, has not loaded its driver.
    return client.driver ?? client._driver();
  } catch (cause) {
    throw new ConfigError('db: the package pg is missing: run npm install pg.', undefined, cause);
  }
}

/**
 * The version of the very copy of Knex that made this client: an app may hold several, and an instance does not tell.
 *
 * @returns {string | undefined} undefined when Knex was bundled
 */
function versionOf(client) {
  const Base = baseClassOf(client);
  const module = Object.values(require.cache).find((one) => one?.exports === Base);
  if (module === undefined) return undefined;
  try {
    const file = path.join(path.dirname(module.filename), '..', 'package.json');
    const { name, version } = JSON.parse(fs.readFileSync(file, 'utf8'));
    return name === 'knex' ? version : undefined;
  } catch {
    return undefined;
  }
}

/** Knex's own Client, below every dialect. */
function baseClassOf(client) {
  let Base;
  for (let at = Object.getPrototypeOf(client); at !== null; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, 'runner')) Base = at.constructor;
  }
  return Base;
}

module.exports = { inspect };
