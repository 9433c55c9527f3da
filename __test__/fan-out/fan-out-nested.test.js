/**
 * Random queries of any nesting for all shards: each is refused, or answered as by one PostgreSQL that holds the rows
 * of all shards.
 *
 * MTDD_TEST_SEED: the seed of an earlier run; MTDD_TEST_QUERIES: how many (default 3000); MTDD_TEST_ONLY: just the one
 * of this number.
 */

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { askAll } = require('../support/random-fan-out/run');
const { startWorlds } = require('../support/random-fan-out/worlds');
const { Random } = require('../../testkit/random');
const { outcome } = require('../../testkit/same');
const { nested, nestedChange } = require('../support/sql-generator/nested');

const SEED = process.env.MTDD_TEST_SEED ?? 'nested';
const COUNT = Number(process.env.MTDD_TEST_QUERIES ?? 3_000);
const ONLY = process.env.MTDD_TEST_ONLY === undefined ? undefined : Number(process.env.MTDD_TEST_ONLY);
/** One in so many questions changes rows; those run one after the other, when all reads are done. */
const CHANGES = 40;
/** Milliseconds after which a question is given up: nobody joins everything with everything. */
const PATIENCE = 2000;

let place;
before(async () => {
  place = await startWorlds({ seed: SEED });
});
after(() => place?.stop());

const shown = ({ value, error }, isOrdered) => {
  if (error) return `${error.code}: ${error.message}`;
  const { command, rowCount, rows } = value;
  if (command !== 'SELECT') return `${command} ${rowCount}`;
  const lines = rows.map(({ k, id, x, y }) => JSON.stringify([k, id, x, y]));
  return (isOrdered ? lines : lines.sort()).join('\n');
};

test('what is answered is what one PostgreSQL with all rows answers', async (t) => {
  const tally = { asked: 0, refused: 0, failed: 0, slow: 0 };
  const findings = [];

  /** @param {() => Promise<string>} [check] what differs otherwise, if anything */
  const ask = async (index, sql, check = async () => '') => {
    const world = worldOf(index);
    tally.asked++;
    const expected = await outcome(() => world.whole.raw(sql).timeout(PATIENCE, { cancel: true }));
    if (expected.error?.name === 'KnexTimeoutError') {
      tally.slow++;
      return;
    }
    const actual = await outcome(() => world.answer((db) => db.raw(sql)));
    if (actual.error?.code === 'PLAN_UNSUPPORTED') {
      tally.refused++;
      return;
    }
    if (expected.error) tally.failed++;
    const isOrdered = sql.includes(') whole ORDER BY');
    const [wanted, got] = [shown(expected, isOrdered), shown(actual, isOrdered)];
    const otherwise = await check();
    if (wanted !== got || otherwise !== '') {
      const where = `seed ${SEED}, question ${index}; ${world.data.shards} shards, locale ${world.locale}`;
      findings.push(`${where}\n${sql}\n--- PostgreSQL:\n${wanted}\n--- library:\n${got}\n${otherwise}`);
    }
  };
  const worldOf = (index) => place.worlds[index % place.worlds.length];
  const change = async (index) => {
    const world = worldOf(index);
    await world.refillScratch();
    const sql = nestedChange(new Random(`${SEED}/${index}`));
    await ask(index, sql, async () => {
      const { whole, shards } = await world.scratchRows();
      return whole.join('\n') === shards.join('\n') ? '' : 'other rows are there afterwards';
    });
  };
  const numbers = ONLY === undefined ? Array.from({ length: COUNT }, (_, index) => index) : [ONLY];
  const isChange = (index) => index % CHANGES === 0;
  const read = (index) => ask(index, nested(new Random(`${SEED}/${index}`)));
  const reads = numbers.filter((index) => !isChange(index));
  await askAll(reads, read, findings);
  await askAll(numbers.filter(isChange), change, findings, 1);
  t.diagnostic(
    `seed ${SEED}: ${tally.asked} questions, ${tally.refused} refused, ${tally.failed} in error, ${tally.slow} given up`,
  );
  assert.equal(
    findings.length,
    0,
    `\n\n${findings.join('\n\n')}\n\nMTDD_TEST_SEED=${SEED} asks the same again`,
  );
  if (ONLY === undefined) {
    // Were all refused, or most of them wrong SQL, nothing would have been shown.
    assert.ok(tally.refused < tally.asked * 0.8, `${tally.refused} of ${tally.asked} refused`);
    assert.ok(tally.failed < tally.asked * 0.05, `${tally.failed} of ${tally.asked} in error`);
  }
});
