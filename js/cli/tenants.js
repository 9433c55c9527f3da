/**
 * `mtdd tenants`: the commands of `mtdd-server lookup` on the tenants' table, with their flags and exit codes.
 */

const { nearestName } = require('../describe');
const { UsageError, twoColumns } = require('./arguments');
const { runServerBinary } = require('./server-binary');

/** @type {[string, string][]} */
const COMMANDS = [
  ['list', 'List tenants'],
  ['where', 'Show which shard a tenant lives on'],
  ['add', 'Register a tenant'],
  ['move', 'Move a tenant to another shard'],
  ['remove', 'Remove a tenant'],
];

const HELP = `List, find, register, move and remove tenants

Usage: mtdd tenants <COMMAND> [OPTIONS] --database-url <URL>

Commands:
${twoColumns(COMMANDS)}

Each runs \`mtdd-server lookup <COMMAND>\` with the same flags; \`mtdd tenants <COMMAND> --help\` prints them, with their
defaults and units. --database-url is the lookup server's PostgreSQL database [env: DATABASE_URL]. No lookup server has
to run.

Exit codes: 0 done, 1 not done or not known (the message says which), 2 wrong arguments or impossible, 3 no such tenant,
126 mtdd-server is not installed.`;

/**
 * @param {string[]} args
 * @param {import('./output').Output} output
 * @returns {number | undefined} the exit code, unless the binary sets it
 * @throws {UsageError}
 */
function tenants([name, ...args], output) {
  if (name === '--help' || name === '-h' || name === 'help') {
    output.say(HELP);
    return 0;
  }
  const names = COMMANDS.map(([known]) => known);
  if (name === undefined) throw new UsageError(`tenants: expected a command: ${names.join(', ')}`);
  if (!names.includes(name)) {
    const near = nearestName(name, names);
    throw new UsageError(
      `tenants: unknown command: ${name}${near === undefined ? '' : `; did you mean ${near}?`}`,
    );
  }
  runServerBinary(['lookup', name, ...args]);
  return undefined;
}

module.exports = { tenants };
