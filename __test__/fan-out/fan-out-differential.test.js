/**
 * Random queries for all shards, each compared with what one PostgreSQL that holds the rows of all shards answers.
 *
 * MTDD_TEST_SEED: the seed of an earlier run; MTDD_TEST_QUERIES: how many (default 20000); MTDD_TEST_ONLY: just the
 * one of this number.
 */

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { runDifferential, report, questionOf } = require('../support/random-fan-out/run');
const { startWorlds, connect } = require('../support/random-fan-out/worlds');
const { Random } = require('../../testkit/random');
const { randomData, render } = require('../support/sql-generator');

/** The same for every run, so that a change is judged by the change; `npm run soak` asks what has not been asked before. */
const SEED = process.env.MTDD_TEST_SEED ?? 'r4';
const COUNT = Number(process.env.MTDD_TEST_QUERIES ?? 20_000);
const ONLY = process.env.MTDD_TEST_ONLY === undefined ? undefined : Number(process.env.MTDD_TEST_ONLY);

let place;
before(async () => {
  place = await startWorlds({ seed: SEED });
});
after(() => place?.stop());

test('the same seed gives the same questions', () => {
  for (let index = 0; index < 300; index++) {
    const [one, other] = [questionOf('a seed', index), questionOf('a seed', index)];
    assert.deepEqual(render(one.query), render(other.query));
    assert.equal(one.asked, other.asked);
  }
  const texts = new Set(
    Array.from({ length: 300 }, (_, index) => render(questionOf(`seed ${index}`, 1).query).sql),
  );
  assert.ok(texts.size > 250, `only ${texts.size} different ones of 300`);
});

/** The worlds, with something else in place of the library. */
function withAnswers(worlds, answerOf) {
  return worlds.map((world) =>
    Object.assign(Object.create(world), {
      answer: answerOf(world),
      describe: (...args) => world.describe(...args),
    }),
  );
}

test('what SQL leaves open is no difference: the same rows in another order, by other plans', async () => {
  const databases = [];
  const worlds = withAnswers(place.worlds, ({ urls, name }) => {
    const options = encodeURIComponent('-c enable_hashagg=off -c enable_hashjoin=off -c enable_seqscan=off');
    const again = connect(`${urls.again}?options=${options}`, name);
    databases.push(again);
    return (build) => build(again);
  });
  const { asked, findings } = await runDifferential({ seed: SEED, worlds, count: 2_000, readsOnly: true });
  const reports = findings.map(({ question, reason }) => `${render(question.query).sql}\n  ${reason}`);
  await Promise.all(databases.map((database) => database.destroy()));
  assert.deepEqual(reports, []);
  assert.ok(asked > 1_900);
});

test('rows that are only put one shard after the other are found out, in every shape that needs more', async () => {
  const [world] = place.worlds;
  // Rows on two shards: a random world may have none at all.
  await world.fill(randomData(new Random('concatenation'), world.data.shards));
  const databases = world.urls.shards.map((url) => connect(url, world.name));
  const concatenated = async (build) => {
    const results = await Promise.all(databases.map((database) => build(database)));
    const [first] = results;
    if (Array.isArray(first)) return results.flat();
    first.rows = results.flatMap(({ rows }) => rows);
    first.rowCount = first.rows.length;
    return first;
  };
  const [fake] = withAnswers([world], () => concatenated);
  const found = new Set();
  for (let index = 1; index < 600; index++) {
    const { findings } = await runDifferential({
      seed: 'concatenation',
      worlds: [fake],
      count: 0,
      only: index,
      readsOnly: true,
    });
    for (const { question } of findings) for (const label of question.query.labels) found.add(label);
  }
  await Promise.all(databases.map((database) => database.destroy()));
  await world.fill(world.data);
  for (const shape of [
    'order by',
    'limit',
    'offset',
    'distinct',
    'distinct on',
    'group by',
    'aggregates of all',
    'union',
    'rollup',
  ]) {
    assert.ok(found.has(shape), `${shape} not found out`);
  }
});

test('all shards answer as one PostgreSQL with all rows does', async (t) => {
  const { asked, same, refused, shapes, findings } = await runDifferential({
    seed: SEED,
    worlds: place.worlds,
    count: COUNT,
    only: ONLY,
  });
  t.diagnostic(`seed ${SEED}: ${asked} questions, ${same} the same, ${refused} refused`);
  for (const [shape, entry] of [...shapes].sort()) {
    t.diagnostic(`refused of ${shape}: ${entry.refused} of ${entry.asked}`);
  }
  const reports = [];
  for (const finding of findings) reports.push(await report(finding, SEED));
  assert.equal(
    findings.length,
    0,
    `\n\n${reports.join('\n\n')}\n\nMTDD_TEST_SEED=${SEED} asks the same again`,
  );
});
