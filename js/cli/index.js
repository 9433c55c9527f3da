/**
 * `mtdd`: finds the command, and says by its exit code how it went: 0 done, 1 not done, 2 wrong arguments.
 */

const { UsageError, twoColumns } = require('./arguments');
const { nearestName } = require('../describe');
const { doctor } = require('./doctor');
const { migrate } = require('./migrate');
const { Output } = require('./output');
const { tenants } = require('./tenants');
const { version } = require('../platform');

/** @type {{ [name: string]: { about: string, run: (args: string[], output: Output) => unknown } }} */
const COMMANDS = {
  migrate: { about: "Run Knex's migrations on every shard", run: migrate },
  doctor: { about: 'Ask every shard and every server, and say what to do', run: doctor },
  tenants: { about: 'List, find, register, move and remove tenants', run: tenants },
};

const HELP = `Operate the shards of MTDD

Usage: mtdd <COMMAND> [ARGUMENTS]

Commands:
${twoColumns(Object.entries(COMMANDS).map(([name, { about }]) => [name, about]))}

Options:
${twoColumns([
  ['-h, --help', 'Print this help; `mtdd <COMMAND> --help` prints that of a command'],
  ['--version', 'Print the version'],
])}

Exit codes: 0 done, 1 not done, 2 wrong arguments: nothing was run.`;

/**
 * Runs the command that the arguments name, and sets the exit code.
 *
 * @param {string[]} args
 */
async function main(args) {
  const output = new Output();
  try {
    const code = await run(args, output);
    if (typeof code !== 'number') return;
    await output.flush();
    // Whatever a knexfile or a migration has left open does not keep it alive.
    process.exit(code);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    output.note(`error: ${isUsage ? error.message : (error.stack ?? error)}`);
    if (isUsage) output.note(`Try \`mtdd ${helpFor(args)}--help\`.`);
    process.exitCode = isUsage ? 2 : 1;
  }
}

async function run(all, output) {
  const [name, ...args] = all;
  if (name === '--version') {
    output.say(version);
    return 0;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    if (name === undefined) output.note(HELP);
    else output.say(HELP);
    return name === undefined ? 2 : 0;
  }
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name].run(args, output);
  const near = nearestName(name, Object.keys(COMMANDS));
  throw new UsageError(`unknown command: ${name}${near === undefined ? '' : `; did you mean ${near}?`}`);
}

function helpFor(args) {
  const [name] = args;
  return Object.hasOwn(COMMANDS, name ?? '') ? `${name} ` : '';
}

module.exports = { main };
