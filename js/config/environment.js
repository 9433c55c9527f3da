/**
 * The environment variables that fill what the config object leaves out. This file checks only their syntax; config.js
 * checks the values.
 */

const { ConfigError } = require('../errors');

const FLAGS = new Map([
  ['1', true],
  ['true', true],
  ['0', false],
  ['false', false],
]);

/**
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined} trimmed; an empty variable counts as unset
 */
function read(name, env) {
  return env[name]?.trim() || undefined;
}

/**
 * A boolean: 1, 0, true or false.
 *
 * @throws {ConfigError} naming the variable
 */
function readFlag(name, env) {
  const text = read(name, env);
  if (text === undefined) return undefined;
  const flag = FLAGS.get(text.toLowerCase());
  if (flag === undefined) throw new ConfigError(`${name}: expected 1, 0, true or false, got "${text}"`);
  return flag;
}

/**
 * A list: a JSON array of strings, or strings separated by commas.
 *
 * @returns {string[] | undefined}
 * @throws {ConfigError} naming the variable
 */
function readList(name, env) {
  const text = read(name, env);
  if (text === undefined) return undefined;
  if (!text.startsWith('[')) return text.split(',').map((one) => one.trim());
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`${name}: expected a JSON array or a comma list, got "${text}"`, undefined, cause);
  }
}

/**
 * A whole number.
 *
 * @throws {ConfigError} naming the variable
 */
function readNumber(name, env) {
  const text = read(name, env);
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new ConfigError(`${name}: expected a whole number, got "${text}"`);
  return Number(text);
}

/** What DB_* says of the local database; undefined when none of them is set. */
function readDatabase(env) {
  const database = {
    host: read('DB_HOST', env),
    port: readNumber('DB_PORT', env),
    user: read('DB_USER', env),
    password: env.DB_PASSWORD || undefined,
    database: read('DB_NAME', env),
  };
  return Object.values(database).some((value) => value !== undefined) ? database : undefined;
}

module.exports = { read, readFlag, readList, readNumber, readDatabase };
