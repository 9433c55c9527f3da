/**
 * Runs the generator's queries on worlds, compares each answer, counts what was refused, and makes what differs
 * small. A question is a query and the way it is asked: as SQL text, or by Knex's builder.
 */

const { Random } = require('../../../testkit/random');
const { outcome } = require('../../../testkit/same');
const { chain, change, render, renderRanked, select, wrong } = require('../sql-generator');
const { difference, show } = require('./compare');
const { shrink } = require('./shrink');

/** Questions under way at once. */
const CONCURRENCY = 8;
/** One in so many questions changes rows; those of a world run one after the other, when all reads are done. */
const CHANGES = 100;
/** Differences after which a run stops. */
const ENOUGH = 5;

/** Shapes that need rows of two tenants at once; all others must be exact. */
const MAY_BE_REFUSED = new Set([
  'join across tenants',
  'joins of any kind',
  'window across tenants',
  'set with a group across tenants',
  'subquery: scalar across tenants',
  'subquery: in across tenants',
  'subquery: exists across tenants',
]);

/**
 * @typedef {{ query: object, asked: 'sql' | 'chain' }} Question
 * @typedef {{ index: number, world: object, question: Question, reason: string }} Finding
 */

/** The question of this number: always the same for a seed. */
function questionOf(seed, index) {
  const random = new Random(`${seed}/${index}`);
  if (index % CHANGES === 0) return { query: change(random), asked: random.pick(['sql', 'chain']) };
  if (random.chance(0.02)) return { query: wrong(random), asked: 'sql' };
  const query = select(random);
  return { query, asked: random.chance(0.3) ? 'chain' : 'sql' };
}

/**
 * Runs questions and compares their answers.
 *
 * @param {object} options
 * @param {string} options.seed
 * @param {import('./worlds').World[]} options.worlds
 * @param {number} options.count how many questions
 * @param {number} [options.only] just the one of this number
 * @param {boolean} [options.readsOnly]
 * @returns {Promise<{ asked: number, same: number, refused: number, shapes: Map<string, { asked: number, refused:
 *   number }>, findings: Finding[] }>} `shapes`: of those that may be refused, how often each was
 */
async function runDifferential({ seed, worlds, count, only, readsOnly = false }) {
  const tally = { asked: 0, same: 0, refused: 0, shapes: new Map(), findings: [] };
  const numbers = only === undefined ? Array.from({ length: count }, (_, index) => index) : [only];
  const ask = async (index) => {
    const world = worlds[index % worlds.length];
    const question = questionOf(seed, index);
    const answer = await judge(world, question);
    tally.asked++;
    if (answer.verdict === 'different')
      tally.findings.push({ index, world, question, reason: answer.reason });
    else tally[answer.verdict]++;
    const open = [...shapesOf(question.query)].filter((shape) => MAY_BE_REFUSED.has(shape));
    // Of a query with two such shapes, who could say because of which it was refused?
    if (open.length === 1) {
      const [shape] = open;
      const entry = tally.shapes.get(shape) ?? { asked: 0, refused: 0 };
      const one = answer.verdict === 'refused' ? 1 : 0;
      tally.shapes.set(shape, { asked: entry.asked + 1, refused: entry.refused + one });
    }
  };
  const reads = numbers.filter((index) => index % CHANGES !== 0);
  const changes = readsOnly ? [] : numbers.filter((index) => index % CHANGES === 0);
  await askAll(reads, ask, tally.findings);
  await Promise.all(
    worlds.map((_, place) =>
      askAll(
        changes.filter((one) => one % worlds.length === place),
        ask,
        tally.findings,
        1,
      ),
    ),
  );
  return tally;
}

/**
 * Asks questions by their numbers, several at once, until there are findings enough.
 *
 * @param {number[]} numbers
 * @param {(index: number) => Promise<void>} ask adds to the findings
 * @param {any[]} findings
 * @param {number} [atOnce]
 */
async function askAll(numbers, ask, findings, atOnce = CONCURRENCY) {
  let next = 0;
  const worker = async () => {
    while (next < numbers.length && findings.length < ENOUGH) await ask(numbers[next++]);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/**
 * Asks both sides.
 *
 * @returns {Promise<{ verdict: 'same' | 'refused' | 'different', reason?: string }>}
 */
async function judge(world, { query, asked }) {
  const isChange = query.kind === 'update' || query.kind === 'delete';
  if (isChange) await world.refillScratch();
  const [expected, actual] = await Promise.all([
    outcome(() => build(world.whole, query, asked)),
    outcome(() => world.answer((db) => build(db, query, asked))),
  ]);
  if (actual.error?.code === 'PLAN_UNSUPPORTED') {
    const mayBe =
      expected.error !== undefined || [...shapesOf(query)].some((shape) => MAY_BE_REFUSED.has(shape));
    if (mayBe) return { verdict: 'refused' };
    return { verdict: 'different', reason: `refused, though it must be exact: ${actual.error.message}` };
  }
  const reason = await difference(query, expected, actual, {
    describe: (fields, side) => world.describe(fields, side),
    ranked: async () => {
      if (isChange) return expected.value.rows ?? expected.value;
      const { sql, bindings } = renderRanked(query);
      return (await world.whole.raw(sql, bindings)).rows;
    },
  });
  if (reason !== undefined) return { verdict: 'different', reason };
  if (isChange) {
    const { whole, shards } = await world.scratchRows();
    if (whole.join('\n') !== shards.join('\n'))
      return { verdict: 'different', reason: 'other rows are there afterwards' };
  }
  return { verdict: 'same' };
}

function build(db, query, asked) {
  const builder = asked === 'chain' ? chain(db, query) : undefined;
  if (builder !== undefined) return builder;
  const { sql, bindings } = render(query);
  return db.raw(sql, bindings);
}

function shapesOf({ labels, items = [] }) {
  return new Set([...labels, ...items.map(({ expression }) => expression.label).filter(Boolean)]);
}

/**
 * A finding in as few words, rows and shards as still show it.
 *
 * @param {Finding} finding
 * @param {string} seed
 * @returns {Promise<string>}
 */
async function report({ index, world, question, reason }, seed) {
  const small = await shrink(world, question, (candidate) =>
    judge(world, candidate).then(({ verdict }) => verdict === 'different'),
  );
  const again = await judge(world, small.question);
  const { sql, bindings } = render(small.question.query);
  const [expected, actual] = await Promise.all([
    outcome(() => build(world.whole, small.question.query, small.question.asked)),
    outcome(() => world.answer((db) => build(db, small.question.query, small.question.asked))),
  ]);
  await world.fill(world.data);
  return [
    `${again.reason ?? `${reason} (seen once only)`}`,
    `  seed ${seed}, question ${index}, asked as ${question.asked}; ${world.data.shards} shards, locale ${world.locale}`,
    `  ${sql} ${bindings.length > 0 ? JSON.stringify(bindings) : ''}`,
    ...small.statements.map((statement) => `  ${statement}`),
    `  PostgreSQL: ${show(answerOf(expected))}`,
    `  library:    ${show(answerOf(actual))}`,
    `  as generated: ${render(question.query).sql}`,
  ].join('\n');
}

function answerOf({ value, error }) {
  if (error) return `${error.code} ${error.message}`;
  return value?.rows ?? value;
}

module.exports = { runDifferential, askAll, report, questionOf };
