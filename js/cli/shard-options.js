/** The options of every command that connects to shards. */

const { oneOf, wholeNumber } = require('./arguments');
const { shardConnections } = require('./shard-list');
const { Shard } = require('./shard');

const CONCURRENCY = 4;
const CONNECT_TIMEOUT = 10;
/** Beyond this, a timer of Node.js ends at once. Seconds. */
const MOST_SECONDS = 2_147_483;

/** @type {{ [name: string]: import('./arguments').Option }} */
const SHARD_OPTIONS = {
  knexfile: {
    type: 'string',
    value: 'PATH',
    help: 'The knexfile. Its directory becomes the working directory. Default: knexfile.js, .mjs, .cjs or .ts in the working directory',
  },
  env: {
    type: 'string',
    value: 'NAME',
    help: 'Environment of the knexfile. Default: NODE_ENV, or else development',
  },
  'shard-url': {
    type: 'string',
    value: 'URL',
    multiple: true,
    help: 'PostgreSQL of a shard, once for each, in the order of their indexes. Other users of this machine can read flags, so prefer the variable MTDD_SHARD_URLS (a JSON array, or URLs with commas between them), or `shards` in the knexfile',
  },
  shard: {
    type: 'string',
    value: 'N',
    multiple: true,
    help: 'Only on this shard; may be repeated. Default: on all',
  },
  concurrency: {
    type: 'string',
    value: 'N',
    help: `How many shards are worked on at the same time, 1 to 1000. Default: ${CONCURRENCY}`,
  },
  'connect-timeout': {
    type: 'string',
    value: 'SECONDS',
    help: `How long connecting to a shard may take, in seconds. Default: ${CONNECT_TIMEOUT}`,
  },
  format: { type: 'string', value: 'FORMAT', help: 'Format of the answer: table or json. Default: table' },
};
/**
 * @param {{ [name: string]: any }} values of the options
 * @throws {import('./arguments').UsageError}
 */
function shardSettings(values) {
  return {
    format: oneOf(values.format, '--format', ['table', 'json']),
    concurrency: wholeNumber(values.concurrency, '--concurrency', {
      standard: CONCURRENCY,
      least: 1,
      most: 1000,
    }),
    connectTimeout: secondsOf(values, 'connect-timeout', { standard: CONNECT_TIMEOUT, least: 1 }),
  };
}

/**
 * An option in seconds, as milliseconds.
 *
 * @param {{ [name: string]: any }} values of the options
 * @param {string} name
 * @param {{ standard: number, least?: number }} limits in seconds
 * @returns {number}
 * @throws {import('./arguments').UsageError}
 */
function secondsOf(values, name, { standard, least = 0 }) {
  return wholeNumber(values[name], `--${name}`, { standard, least, most: MOST_SECONDS }) * 1000;
}

/** Knex's own warnings that the report repeats. */
const REPORTED =
  /^(Acquire connection error|Can't take lock|If you are sure migrations|migration file |migration failed)/;

/**
 * The shards that --shard selects, or all.
 *
 * @returns {() => Shard[]} makes them anew, unconnected
 * @throws {UsageError}
 */
function selectedShards(values, { connectTimeout }, { config, knex }, output) {
  const connections = shardConnections(values['shard-url'], config.shards, process.env, output);
  const most = connections.length - 1;
  const wanted = values.shard?.map((text) => wholeNumber(text, '--shard', { standard: 0, most }));
  const indexes = [...connections.keys()].filter((index) => wanted === undefined || wanted.includes(index));
  return () =>
    indexes.map((index) => {
      const say = (message) => {
        if (!REPORTED.test(message)) output.note(`shard ${index}: ${message}`);
      };
      const log = { debug: say, warn: say, error: say, deprecate: say };
      return new Shard(index, connections[index], { knex, config, connectTimeout, log });
    });
}

module.exports = { SHARD_OPTIONS, shardSettings, secondsOf, selectedShards };
