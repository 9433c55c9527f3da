/** What `mtdd migrate` prints at its end: for each shard what became of it, or the matrix of `status`. */

const { table, shardsNamed } = require('./output');

/**
 * The results of a command that runs something.
 *
 * @param {import('./migration-run').ShardResult[]} results
 * @param {import('./migrations').Task['command']} command
 * @returns {string}
 */
function runReport(results, command) {
  const did = { latest: 'ran', up: 'ran', rollback: 'rolled back', down: 'rolled back' }[command];
  const rows = results.map(({ shard, database, outcome, batch, ran, completed, pending }) => [
    shard,
    database,
    outcome,
    batch,
    ran.length,
    completed,
    pending,
  ]);
  const parts = [table(['shard', 'database', 'outcome', 'batch', did, 'completed', 'pending'], rows)];
  const troubles = results.flatMap((result) => trouble(result));
  if (troubles.length > 0) parts.push(troubles.join('\n'));
  if (results.some(({ outcome }) => outcome !== 'done')) parts.push(nextStep(results, command));
  return parts.join('\n\n');
}

/** The results of `unlock`. */
function unlockReport(results) {
  const rows = results.map(({ shard, database, outcome, released }) => [
    shard,
    database,
    outcome,
    released === undefined ? null : released ? 'released' : 'was free',
  ]);
  return [table(['shard', 'database', 'outcome', 'lock'], rows), ...results.flatMap(trouble)].join('\n');
}

/**
 * What went wrong on a shard, in a line.
 *
 * @param {import('./migration-run').ShardResult} result
 */
function trouble({ shard, outcome, error }) {
  if (error === undefined) return [];
  const at = error.migration === null ? '' : ` in ${error.migration}`;
  const state = error.sqlstate === null ? '' : ` (SQLSTATE ${error.sqlstate})`;
  return [`shard ${shard} ${outcome}${at}: ${error.message}${state}`];
}

function nextStep(results, command) {
  const left = results.filter(({ outcome }) => outcome !== 'done').map(({ shard }) => shard);
  const which = shardsNamed(left);
  if (command === 'latest')
    return `Not done on ${which}. The next \`mtdd migrate latest\` goes on from here.`;
  const only = left.map((shard) => `--shard ${shard}`).join(' ');
  return `Not done on ${which}. To go on there: \`mtdd migrate ${command} ... ${only}\`.`;
}

/**
 * @typedef {object} ShardStatus
 * @property {number} shard
 * @property {string | null} database
 * @property {import('./shard').State} [state] undefined if it cannot be reached
 * @property {{ message: string, sqlstate: string | null }} [error]
 */

/**
 * Which shard has which migration.
 *
 * @param {string[]} files the names of the migrations that there are
 * @param {ShardStatus[]} shards
 */
function statusOf(files, shards) {
  const reached = shards.filter(({ state }) => state !== undefined);
  const batches = new Map(
    reached.map(({ shard, state }) => [
      shard,
      new Map(state.completed.map(({ name, batch }) => [name, batch])),
    ]),
  );
  const gone = [...batches.values()]
    .flatMap((one) => [...one.keys()])
    .filter((name) => !files.includes(name));
  const migrations = [...new Set([...gone, ...files])].sort(bySource(files)).map((name) => ({
    name,
    file: files.includes(name),
    shards: reached.map(({ shard }) => ({ shard, batch: batches.get(shard).get(name) ?? null })),
  }));
  return { migrations, differences: migrations.flatMap(differences) };
}

/** Where Knex would run them; those without a file by their names between. */
function bySource(files) {
  return (one, other) => {
    const [a, b] = [files.indexOf(one), files.indexOf(other)];
    return a >= 0 && b >= 0 ? a - b : one < other ? -1 : 1;
  };
}

function differences({ name, file, shards }) {
  const having = shards.filter(({ batch }) => batch !== null).map(({ shard }) => shard);
  const lacking = shards.filter(({ batch }) => batch === null).map(({ shard }) => shard);
  const found = [];
  if (having.length > 0 && lacking.length > 0) {
    found.push(`${name} has run on ${shardsNamed(having)}, and is pending on ${shardsNamed(lacking)}`);
  }
  if (!file)
    found.push(`${name} has run on ${shardsNamed(having)}, and has no file: Knex refuses to migrate there`);
  return found;
}

/**
 * @param {ReturnType<typeof statusOf>} status
 * @param {ShardStatus[]} shards
 * @returns {string}
 */
function statusReport({ migrations, differences }, shards) {
  const rows = shards.map(({ shard, database, state, error }) => [
    shard,
    database,
    state === undefined ? 'unreachable' : state.isNew ? 'new' : 'reached',
    state?.completed.length,
    state && migrations.filter(({ file, shards }) => file && batchOn(shards, shard) === null).length,
    state && (state.isLocked ? 'taken' : 'free'),
    error === undefined ? '' : error.message,
  ]);
  const parts = [];
  const columns = grouped(migrations, shards);
  if (migrations.length > 0 && columns.length > 0) {
    const titles = ['migration', ...columns.map(shardsNamed)];
    const cells = migrations.map(({ name, shards }) => [
      name,
      ...columns.map(([first]) => cell(batchOn(shards, first))),
    ]);
    parts.push(table(titles, cells));
  }
  const withErrors = shards.some(({ error }) => error !== undefined);
  const titles = [
    'shard',
    'database',
    'state',
    'completed',
    'pending',
    'lock',
    ...(withErrors ? ['error'] : []),
  ];
  parts.push(table(titles, rows));
  if (shards.some(({ state }) => state?.isLocked)) {
    parts.push(
      "Knex's lock is taken: a migration runs there, or a run was killed. If none runs: `mtdd migrate unlock --shard N`.",
    );
  }
  parts.push(
    differences.length === 0
      ? 'No differences between shards.'
      : `Differences:\n  ${differences.join('\n  ')}`,
  );
  return parts.join('\n\n');
}

function batchOn(shards, index) {
  return shards.find(({ shard }) => shard === index)?.batch ?? null;
}

function cell(batch) {
  return batch === null ? 'pending' : `batch ${batch}`;
}

/** Shards that have the same share a column: many shards fit on a screen. */
function grouped(migrations, shards) {
  const groups = new Map();
  for (const { shard } of shards.filter(({ state }) => state !== undefined)) {
    const key = JSON.stringify(migrations.map(({ shards }) => batchOn(shards, shard)));
    groups.set(key, [...(groups.get(key) ?? []), shard]);
  }
  return [...groups.values()];
}

module.exports = { runReport, unlockReport, statusOf, statusReport };
