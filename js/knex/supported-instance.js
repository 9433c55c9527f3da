/**
 * Which Knex instances the library can work on. Refuses the others at start, each with the reason.
 */

const fs = require('node:fs');
const path = require('node:path');
const { ConfigError, ValidationError } = require('../errors');

/** Versions that the tests cover (`npm run versions`): from the oldest up to the newest's major version. */
const TESTED = {
  knex: { name: 'Knex', oldest: [2, 5], newestMajor: 3 },
  pg: { name: 'pg', oldest: [8, 11], newestMajor: 8 },
};

/**
 * Checks a Knex instance.
 *
 * @param {any} knex
 * @returns {{ pg: object, warnings: string[] }} the `pg` that the instance uses: its type parsers are the app's
 * @throws {ValidationError} when it is no Knex instance
 * @throws {ConfigError} when it is one that cannot be supported
 */
function checkedInstance(knex) {
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
  const pg = driverOf(client);
  const warnings = [
    ...checkVersion(TESTED.knex, versionOf('knex', baseClassOf(client))),
    ...checkVersion(TESTED.pg, versionOf('pg', pg)),
  ];
  return { pg, warnings };
}

/**
 * @param {{ name: string, oldest: number[], newestMajor: number }} tested
 * @param {string | undefined} version
 * @returns {string[]} warnings
 * @throws {ConfigError} when it is too old
 */
function checkVersion({ name, oldest, newestMajor }, version) {
  if (version === undefined) return [];
  const [major, minor] = version.split('.').map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    throw new ConfigError(`db: expected ${name} ${oldest.join('.')} or later, got ${version}.`);
  }
  return major > newestMajor ? [`${name} ${version} is newer than this library has been tested with.`] : [];
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
 * The version of the very copy of a package that an object comes from: an app may hold several, and neither a Knex
 * instance nor `pg` tells.
 *
 * @param {string} name
 * @param {unknown} exported what a file in the package's `lib` exports
 * @returns {string | undefined} undefined when it was bundled
 */
function versionOf(name, exported) {
  const module = Object.values(require.cache).find((one) => one?.exports === exported);
  if (module === undefined) return undefined;
  try {
    const file = path.join(path.dirname(module.filename), '..', 'package.json');
    const description = JSON.parse(fs.readFileSync(file, 'utf8'));
    return description.name === name ? description.version : undefined;
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

module.exports = { checkedInstance };
