/**
 * Which shards there are: from --shard-url, else MTDD_SHARD_URLS, else `shards` of the knexfile. The position of a shard
 * is its index, as in `mtdd.queryServers`.
 */

const { isDeepStrictEqual } = require('node:util');
const { kindOf } = require('../describe');
const { UsageError } = require('./arguments');

const EXAMPLE = 'a URL such as postgres://user:password@host/database';

/**
 * @param {string[] | undefined} urls of --shard-url
 * @param {unknown} configured `shards` of the knexfile
 * @param {NodeJS.ProcessEnv} env
 * @param {import('./output').Output} output learns the passwords
 * @returns {(string | object | Function)[]} what Knex takes as `connection`, in the order of the shards
 * @throws {UsageError}
 */
function shardConnections(urls, configured, env, output) {
  const [source, list] = listed(urls, configured, env);
  if (!Array.isArray(list)) throw new UsageError(`${source}: expected an array, got ${kindOf(list)}`);
  if (list.length === 0) throw new UsageError(`${source}: expected at least one shard`);
  list.forEach((connection, index) => {
    check(connection, `${source}[${index}]`, output);
    const twin = list.findIndex((other) => isDeepStrictEqual(other, connection));
    if (twin < index) throw new UsageError(`${source}[${index}]: is the same as ${source}[${twin}]`);
  });
  return list;
}

/** Where the list is from, for messages, and the list. */
function listed(urls, configured, env) {
  if (urls !== undefined) return ['--shard-url', urls];
  const text = env.MTDD_SHARD_URLS?.trim();
  if (text)
    return ['MTDD_SHARD_URLS', text.startsWith('[') ? fromJson(text) : text.split(/[\s,]+/).filter(Boolean)];
  if (configured !== undefined) return ['shards', configured];
  throw new UsageError(
    'no shards: pass --shard-url for each, or set MTDD_SHARD_URLS, or list them as `shards` in the knexfile',
  );
}

function fromJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message would quote the text, and a password with it.
    throw new UsageError('MTDD_SHARD_URLS: expected a JSON array of URLs, or URLs with commas between them');
  }
}

/** Refuses what is no connection. What it is stays unsaid: it may be a password. */
function check(connection, place, output) {
  if (typeof connection === 'function') return;
  if (typeof connection === 'string') {
    output.hide(checkedUrl(connection, place).password);
    return;
  }
  if (connection === null || typeof connection !== 'object' || Array.isArray(connection)) {
    throw new UsageError(`${place}: expected ${EXAMPLE}, or a Knex connection, got ${kindOf(connection)}`);
  }
  output.hide(connection.password);
  if (typeof connection.connectionString === 'string') {
    output.hide(checkedUrl(connection.connectionString, `${place}.connectionString`).password);
  }
}

function checkedUrl(text, place) {
  let url;
  try {
    url = new URL(text);
  } catch {
    throw new UsageError(
      `${place}: expected ${EXAMPLE}; encode special characters of the password, such as @ / ? # %`,
    );
  }
  if (!['postgres:', 'postgresql:'].includes(url.protocol))
    throw new UsageError(`${place}: expected ${EXAMPLE}`);
  return url;
}

module.exports = { shardConnections };
