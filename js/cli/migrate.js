/**
 * `mtdd migrate`: Knex's own migrations on every shard. See docs/migrations.md.
 */

const { UsageError, optionsHelp, readArguments, twoColumns } = require('./arguments');
const { nearestName } = require('../describe');
const { loadKnexfile } = require('./knexfile');
const { Migrations } = require('./migrations');
const { runReport, statusOf, statusReport, unlockReport } = require('./migration-report');
const { described, runOnShard, stands, unlockShard } = require('./migration-run');
const { inParallel, interruption } = require('./parallel');
const { SHARD_OPTIONS, secondsOf, selectedShards, shardSettings } = require('./shard-options');
const { shardsNamed } = require('./output');

const LOCK_TIMEOUT = 60;
/** @type {{ [name: string]: import('./arguments').Option }} */
const LOCKING = {
  'lock-timeout': {
    type: 'string',
    value: 'SECONDS',
    help: `How long to wait for another \`mtdd migrate\` on the same shard, in seconds; 0: not at all. Default: ${LOCK_TIMEOUT}`,
  },
};
/** @type {{ [name: string]: import('./arguments').Option }} */
const EACH = {
  each: {
    type: 'boolean',
    help: 'Go on if that is not the same migration on all shards. Default: nothing is run then',
  },
};

const COMMANDS = {
  latest: { about: 'Run all pending migrations', options: { ...SHARD_OPTIONS, ...LOCKING } },
  rollback: {
    about: 'Roll back the last batch',
    options: {
      ...SHARD_OPTIONS,
      ...LOCKING,
      ...EACH,
      all: { type: /** @type {const} */ ('boolean'), help: 'Roll back all completed migrations' },
    },
  },
  up: {
    about: 'Run the next pending migration, or the named one',
    takesName: true,
    options: { ...SHARD_OPTIONS, ...LOCKING, ...EACH },
  },
  down: {
    about: 'Roll back the last completed migration, or the named one',
    takesName: true,
    options: { ...SHARD_OPTIONS, ...LOCKING, ...EACH },
  },
  status: { about: 'Show which shard has which migration; changes nothing', options: SHARD_OPTIONS },
  unlock: { about: "Free Knex's lock, which a killed run has left behind", options: SHARD_OPTIONS },
};

const HELP = `Run Knex's migrations on every shard

Usage: mtdd migrate <COMMAND> [OPTIONS]

Commands:
${twoColumns(Object.entries(COMMANDS).map(([name, { about }]) => [name, about]))}

\`mtdd migrate <COMMAND> --help\` prints the options of a command.

Exit codes: 0 done on all shards, 1 not done on some, 2 wrong arguments: nothing was run.`;

/**
 * @param {string[]} args
 * @param {import('./output').Output} output
 * @returns {Promise<number>} the exit code
 * @throws {UsageError}
 */
async function migrate([command, ...args], output) {
  if (command === '--help' || command === '-h' || command === 'help') {
    output.say(HELP);
    return 0;
  }
  const names = Object.keys(COMMANDS);
  if (command === undefined) throw new UsageError(`migrate: expected a command: ${names.join(', ')}`);
  if (!names.includes(command)) {
    const near = nearestName(command, names);
    throw new UsageError(
      `migrate: unknown command: ${command}${near === undefined ? '' : `; did you mean ${near}?`}`,
    );
  }
  const { options, takesName = false } = COMMANDS[command];
  const { values, positionals } = readArguments(args, options, takesName ? 1 : 0);
  if (values.help) {
    output.say(helpOf(command));
    return 0;
  }
  const settings = {
    ...shardSettings(values),
    lockTimeout: secondsOf(values, 'lock-timeout', { standard: LOCK_TIMEOUT }),
  };
  // What migrations log is no part of the answer.
  for (const method of ['log', 'info', 'debug']) console[method] = console.error;

  const knexfile = await loadKnexfile(values);
  const shards = selectedShards(values, settings, knexfile, output);
  const migrations = await Migrations.read(knexfile);
  if (command === 'status') return status(shards(), migrations, settings, output);

  const [name] = positionals;
  if (name !== undefined) migrations.require(name);
  const task = { command, name, all: values.all === true };
  const interrupted = interruption(output);
  const run = {
    migrations,
    task,
    lockTimeout: settings.lockTimeout,
    signal: interrupted.signal,
    hasStray: interrupted.hasStray,
    output,
  };
  try {
    if (command === 'unlock') return await unlock(shards(), run, settings, output);
    const mayDiffer = command === 'latest' || values.each === true || task.all || name !== undefined;
    const expected = mayDiffer ? undefined : await sameOnAll(shards(), run, settings, output);
    if (expected === null) return 1;
    return await runAll(shards(), { ...run, expected }, settings, output);
  } finally {
    interrupted.end();
  }
}

function helpOf(command) {
  const { about, options, takesName = false } = COMMANDS[command];
  return `${about}

Usage: mtdd migrate ${command}${takesName ? ' [NAME]' : ''} [OPTIONS]
${takesName ? `\nArguments:\n${twoColumns([['[NAME]', 'A migration, as its file is called']])}\n` : ''}
Options:
${optionsHelp(options)}`;
}

async function runAll(shards, run, { concurrency, format }, output) {
  const halt = new AbortController();
  const stop = () => halt.abort();
  run.signal.addEventListener('abort', stop);
  const { signal } = halt;
  const results = await inParallel(shards, concurrency, signal, async (shard) => {
    const result = await runOnShard(shard, { ...run, signal });
    // It is the migrations that fail, and would on other shards too. A shard that is not reached says nothing of them.
    if (result.outcome === 'failed') stop();
    return result;
  });
  const all = results.map((result, position) => result ?? stands(shards[position], 'not begun'));
  for (const shard of shards) await shard.close();
  const isDone = all.every(({ outcome }) => outcome === 'done') && !run.hasStray();
  if (format === 'json') output.sayJson({ command: run.task.command, done: isDone, shards: all });
  else output.say(runReport(all, run.task.command));
  return isDone ? 0 : 1;
}

async function unlock(shards, run, { concurrency, format }, output) {
  const results = await inParallel(shards, concurrency, run.signal, (shard) => unlockShard(shard, run));
  const all = results.map((result, position) => result ?? stands(shards[position], 'not begun'));
  const isDone = all.every(({ outcome }) => outcome === 'done');
  if (format === 'json') output.sayJson({ command: 'unlock', done: isDone, shards: all });
  else output.say(unlockReport(all));
  return isDone ? 0 : 1;
}

async function readStatus(shards, migrations, concurrency) {
  return inParallel(shards, concurrency, new AbortController().signal, async (shard) => {
    try {
      await shard.connect();
      const state = await shard.state(migrations.settings);
      return { shard: shard.index, database: shard.describe() ?? null, state };
    } catch (error) {
      const { message, sqlstate } = described(error);
      return { shard: shard.index, database: shard.describe() ?? null, error: { message, sqlstate } };
    } finally {
      await shard.close();
    }
  });
}

async function status(shards, migrations, { concurrency, format }, output) {
  const read = await readStatus(shards, migrations, concurrency);
  const found = statusOf(migrations.names, read);
  if (format === 'json') {
    const each = read.map(({ shard, database, state, error }) => ({
      shard,
      database,
      outcome: state === undefined ? 'unreachable' : 'done',
      isNew: state?.isNew ?? null,
      isLocked: state?.isLocked ?? null,
      error,
    }));
    output.sayJson({ command: 'status', ...found, shards: each });
  } else output.say(statusReport(found, read));
  return read.every(({ state }) => state !== undefined) ? 0 : 1;
}

/**
 * What a command without a name would run on each shard, if it is the same on all where it would run anything. A new
 * shard has one batch of everything: rolling back "the last batch" there would drop all its tables.
 *
 * @returns {Promise<Map<number, string[]> | null>} null if it differs, which has been said
 */
async function sameOnAll(shards, { migrations, task }, { concurrency, format }, output) {
  const read = await readStatus(shards, migrations, concurrency);
  const lost = read.filter(({ state }) => state === undefined);
  const plans = read
    .filter(({ state }) => state !== undefined)
    .map(({ shard, state }) => ({ shard, plan: migrations.plan(task, state) }));
  const kinds = new Map();
  for (const { shard, plan } of plans.filter(({ plan }) => plan.length > 0)) {
    kinds.set(JSON.stringify(plan), [...(kinds.get(JSON.stringify(plan)) ?? []), shard]);
  }
  if (lost.length === 0 && kinds.size <= 1) return new Map(plans.map(({ shard, plan }) => [shard, plan]));

  const reasons = [
    ...lost.map(({ shard, error }) => `shard ${shard} cannot be reached: ${error.message}`),
    ...(kinds.size <= 1
      ? []
      : [...kinds].map(([plan, on]) => `${shardsNamed(on)}: ${JSON.parse(plan).join(', ')}`)),
  ];
  const what = { rollback: 'The last batch', up: 'The next migration', down: 'The last migration' }[
    task.command
  ];
  const why = kinds.size > 1 ? `${what} is not the same on all shards` : `${what} is not known on all shards`;
  const advice =
    task.command === 'rollback'
      ? 'name one migration (`mtdd migrate down NAME`), pick shards (--shard N), or pass --each'
      : `name the migration (\`mtdd migrate ${task.command} NAME\`), pick shards (--shard N), or pass --each`;
  if (format === 'json')
    output.sayJson({ command: task.command, done: false, refused: why, reasons, shards: [] });
  output.note(`${why}; nothing was run:\n  ${reasons.join('\n  ')}\nTo go on, ${advice}.`);
  return null;
}

module.exports = { migrate };
