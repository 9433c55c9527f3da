/**
 * Runs one command of `mtdd migrate` on one shard, and says where the shard stands then.
 */

const { isDeepStrictEqual } = require('node:util');

/**
 * @typedef {object} ShardResult
 * @property {number} shard
 * @property {string | null} database host:port/database
 * @property {'done' | 'failed' | 'locked' | 'unreachable' | 'not begun'} outcome
 * @property {number | null} batch what ran has this number; null if nothing did
 * @property {string[]} ran migrations that this command has run, or has rolled back
 * @property {number | null} completed how many the shard has now; null if that is not known
 * @property {number | null} pending
 * @property {{ migration: string | null, message: string, sqlstate: string | null }} [error]
 */

/**
 * @typedef {object} Run
 * @property {import('./migrations').Migrations} migrations
 * @property {import('./migrations').Task} task
 * @property {Map<number, string[]>} [expected] what was planned on each shard, if that must not have changed
 * @property {number} lockTimeout milliseconds
 * @property {AbortSignal} signal nothing begins after it
 * @property {import('./output').Output} output
 */

/**
 * @param {import('./shard').Shard} shard not yet connected; closed afterwards
 * @param {Run} run
 * @returns {Promise<ShardResult>}
 */
async function runOnShard(shard, run) {
  try {
    return await connected(shard, run, () => migrated(shard, run));
  } finally {
    await shard.close();
  }
}

/**
 * Frees Knex's lock of a shard.
 *
 * @param {import('./shard').Shard} shard not yet connected; closed afterwards
 * @param {Run} run
 * @returns {Promise<ShardResult & { released?: boolean }>}
 */
async function unlockShard(shard, run) {
  const { migrations } = run;
  const free = async () => {
    const { isLocked } = await shard.state(migrations.settings);
    if (isLocked) await shard.db.migrate.forceFreeMigrationsLock();
    return {
      ...stands(shard, 'done', migrations, await shard.state(migrations.settings)),
      released: isLocked,
    };
  };
  try {
    // Who runs a migration now has the lock by right: there is nothing to wait for.
    return await connected(shard, { ...run, lockTimeout: 0 }, free);
  } finally {
    await shard.close();
  }
}

/** Does something on a shard, once it is reached and this process has its lock. */
async function connected(shard, run, what) {
  const { migrations, signal, lockTimeout, output } = run;
  try {
    await shard.connect();
  } catch (error) {
    return { ...stands(shard, 'unreachable'), error: described(error) };
  }
  const label = `shard ${shard.index}`;
  try {
    const holder = await shard.lock(migrations.table, {
      timeout: lockTimeout,
      signal,
      onWait: (who) => {
        if (lockTimeout > 0) output.note(`${label}: waits for another \`mtdd migrate\` (${who})`);
      },
    });
    if (holder !== undefined) {
      if (signal.aborted) return stands(shard, 'not begun');
      const message = `another \`mtdd migrate\` runs on this shard (${holder})`;
      return { ...stands(shard, 'locked'), error: { migration: null, message, sqlstate: null } };
    }
    if (signal.aborted) return stands(shard, 'not begun');
    return await what();
  } catch (error) {
    return { ...stands(shard, 'failed'), error: described(error) };
  }
}

/**
 * @param {import('./shard').Shard} shard
 * @param {Run} run
 * @returns {Promise<ShardResult>}
 */
async function migrated(shard, { migrations, task, expected, output }) {
  const { settings } = migrations;
  const before = await shard.state(settings);
  if (before.isLocked) return lockedByKnex(shard, migrations, before);
  const plan = migrations.plan(task, before);
  const planned = expected?.get(shard.index);
  if (planned !== undefined && !isDeepStrictEqual(plan, planned)) {
    const message = 'another command has changed what would run here: run this command again';
    return {
      ...stands(shard, 'failed', migrations, before),
      error: { migration: null, message, sqlstate: null },
    };
  }
  // Knex's latest also makes its tables.
  if (plan.length === 0 && task.command !== 'latest') return stands(shard, 'done', migrations, before);

  const began = performance.now();
  /** @type {string | undefined} */
  let active;
  try {
    const [batch, ran] = await migrations.run(shard.db, task, plan, (name) => {
      active = name;
    });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    if (ran.length > 0) output.note(`shard ${shard.index}: ${ran.length} done in ${seconds} s`);
    const after = await shard.stateAfterFailure(settings);
    return { ...stands(shard, 'done', migrations, after), batch: ran.length === 0 ? null : batch, ran };
  } catch (error) {
    const after = await shard.stateAfterFailure(settings);
    // Knex's own lock, which `knex migrate` has taken meanwhile.
    if (error?.name === 'MigrationLocked' && after?.isLocked) return lockedByKnex(shard, migrations, after);
    const ran = after === undefined ? [] : changed(before, after);
    const failed = { ...stands(shard, 'failed', migrations, after), ran, error: described(error, active) };
    output.note(`shard ${shard.index}: failed${active === undefined ? '' : ` in ${active}`}`);
    return failed;
  }
}

function lockedByKnex(shard, migrations, state) {
  const message =
    "Knex's lock is taken: `knex migrate` runs on this shard, or a run was killed. If none runs, free it: " +
    `npx mtdd migrate unlock --shard ${shard.index}`;
  return {
    ...stands(shard, 'locked', migrations, state),
    error: { migration: null, message, sqlstate: null },
  };
}

/** Which migrations only one of two states has. */
function changed(before, after) {
  const names = ({ completed }) => completed.map(({ name }) => name);
  const [had, has] = [names(before), names(after)];
  return [
    ...has.filter((name) => !had.includes(name)),
    ...had.filter((name) => !has.includes(name)).reverse(),
  ];
}

/**
 * @param {import('./shard').Shard} shard
 * @param {ShardResult['outcome']} outcome
 * @param {import('./migrations').Migrations} [migrations]
 * @param {import('./shard').State} [state] if it is known
 * @returns {ShardResult}
 */
function stands(shard, outcome, migrations, state) {
  return {
    shard: shard.index,
    database: shard.describe() ?? null,
    outcome,
    batch: null,
    ran: [],
    completed: state?.completed.length ?? null,
    pending: state === undefined ? null : migrations.plan({ command: 'latest' }, state).length,
  };
}

/**
 * An error in one line: what PostgreSQL says, without the statement that Knex puts before it.
 *
 * @param {any} error
 * @param {string} [migration]
 */
function described(error, migration) {
  const text = String(error?.message || error?.code || error);
  const isFromPostgres = typeof error?.severity === 'string';
  const own = isFromPostgres && text.includes(' - ') ? text.slice(text.lastIndexOf(' - ') + 3) : text;
  const sqlstate = /^[0-9A-Z]{5}$/.test(error?.code) ? error.code : null;
  return { migration: migration ?? null, message: own.split('\n')[0], sqlstate };
}

module.exports = { runOnShard, unlockShard, stands, described };
