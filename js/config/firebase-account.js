/**
 * The Firebase service account: an object, the path of a file, or FIREBASE_SERVICE_ACCOUNT_JSON / _PATH. No error message
 * contains any part of it.
 */

const fs = require('node:fs');
const { ConfigError } = require('../errors');
const { read } = require('./environment');

/** What sending needs, in Google's spelling and in firebase-admin's. */
const ESSENTIAL = [
  ['project_id', 'projectId'],
  ['private_key', 'privateKey'],
  ['client_email', 'clientEmail'],
];
/** What may be quoted: anything else that was meant to be a path may be a key, or a whole account. */
const PLAIN_PATH = /^[\w.~:@ \\/-]{1,255}\.json$/i;

/**
 * @param {unknown} given `firebase` of the config
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} warnings gets a sentence when the account is incomplete
 * @returns {object | null} null: not configured
 * @throws {ConfigError} for a wrong type, or a file that cannot be read
 */
function firebaseOf(given, env, warnings) {
  const { account, path, missing } = findAccount(given, env);
  if (missing.length === 0) return account;
  warnings.push(`${path}: ${missing.join(', ')} missing, so push notifications are off.`);
  return null;
}

/**
 * The service account, complete or not.
 *
 * @param {unknown} given an account, the path of its file, or nothing
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ account: object | null, path: string, missing: string[] }} null: there is none. `path`: where it was found.
 *   `missing`: which of the fields that sending needs are not there
 * @throws {ConfigError} for a wrong type, or a file that cannot be read
 */
function findAccount(given, env) {
  const [account, path] = find(given, env);
  if (account === null) return { account, path, missing: [] };
  if (typeof account !== 'object' || Array.isArray(account)) {
    throw new ConfigError(
      `${path}: expected a service account or the path of its file, got a ${typeof account}`,
    );
  }
  for (const [key, value] of Object.entries(account)) {
    if (value !== undefined && value !== null && typeof value !== 'string') {
      throw new ConfigError(`${path}.${key}: expected a string, got a ${typeof value}`);
    }
  }
  const missing = ESSENTIAL.filter((spellings) => !spellings.some((key) => account[key])).map(([key]) => key);
  return { account, path, missing };
}

/** The account and where it came from. */
function find(given, env) {
  if (typeof given === 'string' && given.trim() !== '') return [readAccount(given, 'firebase'), 'firebase'];
  if (given !== undefined && given !== null && given !== '') return [given, 'firebase'];
  const json = read('FIREBASE_SERVICE_ACCOUNT_JSON', env);
  if (json !== undefined) {
    return [parse(json, 'FIREBASE_SERVICE_ACCOUNT_JSON'), 'FIREBASE_SERVICE_ACCOUNT_JSON'];
  }
  const file = read('FIREBASE_SERVICE_ACCOUNT_PATH', env);
  if (file === undefined) return [null, ''];
  return [readAccount(file, 'FIREBASE_SERVICE_ACCOUNT_PATH'), 'FIREBASE_SERVICE_ACCOUNT_PATH'];
}

function readAccount(file, path) {
  if (file.trimStart().startsWith('{')) {
    throw new ConfigError(
      `${path}: expected the path of a file, got JSON: pass the account as an object, or as JSON in FIREBASE_SERVICE_ACCOUNT_JSON`,
    );
  }
  let text;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (cause) {
    const got = PLAIN_PATH.test(file) ? JSON.stringify(file) : 'text that is no path of a .json file';
    throw new ConfigError(`${path}: expected a readable file, got ${got} (${cause.code})`);
  }
  return parse(text, path);
}

function parse(text, path) {
  try {
    return JSON.parse(text);
  } catch {
    // V8's error quotes the text around the mistake, so it must not become the cause.
    throw new ConfigError(`${path}: expected a service account as JSON, got text that is not JSON`);
  }
}

module.exports = { findAccount, firebaseOf };
