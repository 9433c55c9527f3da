/** `mtdd-server track`, as an operator runs it on a shard. */

const { spawnSync } = require('node:child_process');
const { BINARY } = require('./servers');

/**
 * Tracks tables of a database.
 *
 * @param {string} databaseUrl
 * @param {...string} args more of the command's
 * @throws {Error} with what the command has printed
 */
function track(databaseUrl, ...args) {
  const env = { PATH: process.env.PATH, DATABASE_URL: databaseUrl };
  const { status, stderr } = spawnSync(BINARY, ['track', ...args], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`mtdd-server track: ${stderr}`);
}

module.exports = { track };
