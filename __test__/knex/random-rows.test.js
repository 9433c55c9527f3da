/**
 * Random rows on their way into JavaScript: what the native encoder writes and the decoder reads is what `pg` makes of the
 * same rows. For a moment, or for MTDD_FUZZ_SECONDS by `npm run fuzz`; MTDD_TEST_SEED asks for one statement again.
 */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const express = require('express');
const knex = require('knex');
const { InitializeReplication } = require('../../js');
const { startCluster } = require('../../testkit/cluster');
const { assertSame } = require('../../testkit/same');
const { Random } = require('../../testkit/random');

const TENANT = 'a tenant';
const SECONDS = Number(process.env.MTDD_FUZZ_SECONDS ?? 4);

const LETTERS = [
  'a',
  'Z',
  '0',
  ' ',
  '"',
  "'",
  '\\',
  '\t',
  '\n',
  '\u00e9',
  '\u0100',
  '\u20ac',
  '\u{1f600}',
  '\u2028',
  '{',
  ',',
];

/** A text of some length; now and then of one at which values travel differently. */
function text(random) {
  const length = random.pick([0, 1, 3, 10, 10, 50, 300, 4095, 4096, 20_000]);
  const letters = random.pick([['a'], LETTERS, LETTERS.slice(0, 10)]);
  let made = '';
  // Long ones are repetitive, which costs nothing.
  const part = Array.from({ length: Math.min(length, 60) }, () => random.pick(letters)).join('');
  while (made.length < length) made += part;
  return made;
}

function json(random, depth = 0) {
  const kind = random.int(0, depth > 3 ? 4 : 7);
  if (kind === 0) return null;
  if (kind === 1) return random.int(0, 1) === 1;
  if (kind === 2) return random.int(-1000, 1000) / random.pick([1, 3, 1e-9, 1e9]);
  if (kind <= 4) return [...text(random)].slice(0, 30).join('');
  if (kind === 5) return Array.from({ length: random.int(0, 4) }, () => json(random, depth + 1));
  const keys = random.pick([['a', 'b', 'c'], ['__proto__', 'constructor', '1', '0'], LETTERS]);
  return Object.fromEntries(keys.slice(0, random.int(0, 3)).map((key) => [key, json(random, depth + 1)]));
}

const number = (random) => random.pick(['0', '-0', '1', '-1', '32767', String(random.int(-30000, 30000))]);
const float = (random) =>
  random.pick(['NaN', 'Infinity', '-Infinity', '-0', '1e300', '1e-300', '0.1', String(random.fraction())]);
const time = (random) =>
  random.pick([
    'infinity',
    '-infinity',
    '0044-03-15 12:00:00 BC',
    '12345-01-01 00:00:00',
    `${random.int(1, 3000).toString().padStart(4, '0')}-0${random.int(1, 9)}-${random.int(10, 28)} ${random.int(10, 23)}:59:59.${random.int(0, 999999)}`,
  ]);

/** How values of each type may look. */
const TYPES = {
  bool: (random) => random.pick(['t', 'f']),
  int2: number,
  int4: (random) => random.pick(['2147483647', '-2147483648', number(random)]),
  int8: (random) => random.pick(['9223372036854775807', number(random)]),
  oid: (random) => String(random.int(0, 4_000_000_000)),
  float4: (random) => random.pick(['NaN', '-0', '1e30', '0.1']),
  float8: float,
  numeric: (random) => random.pick(['NaN', `${'9'.repeat(random.int(1, 200))}.${random.int(0, 99)}`]),
  text,
  varchar: text,
  bpchar: text,
  name: (random) => [...text(random)].slice(0, 10).join(''),
  bytea: (random) => `\\x${random.next().toString(16).padStart(8, '0').repeat(random.int(0, 50))}`,
  json: (random) => JSON.stringify(json(random)),
  jsonb: (random) => JSON.stringify(json(random)),
  date: (random) => time(random).replace(/ \S*\d:.*?( BC)?$/, '$1'),
  timestamp: time,
  timestamptz: time,
  interval: (random) =>
    `${random.int(-5, 5)} months ${random.int(-9, 9)} days ${random.int(-9, 9)}.5 seconds`,
  uuid: (random) => random.next().toString(16).padStart(8, '0').repeat(4),
  point: (random) => `(${random.fraction()},${random.int(0, 9)})`,
  'int4[]': (random) =>
    `{${Array.from({ length: random.int(0, 5) }, () => random.pick(['NULL', '1', '-5'])).join()}}`,
  'text[]': (random) => random.pick(['{}', '{NULL,"NULL",""}', '{{a,"b c"},{"\\"","\\\\"}}']),
};

/** A statement whose rows have random columns, and its values. */
function statement(random) {
  const types = Array.from({ length: random.int(1, 9) }, () => random.pick(Object.keys(TYPES)));
  const names = types.map((_, index) =>
    random.pick([`c${index}`, '"c"', '"__proto__"', '"1"', '"a b"', 'constructor']),
  );
  const rows = Array.from({ length: random.pick([0, 1, 2, 5, 40, 150]) }, () =>
    types.map((type) => (random.int(0, 4) === 0 ? null : TYPES[type](random))),
  );
  const values = rows.flat();
  let last = 0;
  const line = () => `(${types.map((type) => `$${++last}::text::${type}`).join()})`;
  const source =
    rows.length === 0
      ? `select ${types.map((type) => `null::${type}`).join()} where false`
      : `values ${rows.map(line).join()}`;
  const columns = names.map((name, index) => `v${index} as ${name}`).join();
  return {
    sql: `select ${columns} from (${source}) as r (${names.map((_, index) => `v${index}`).join()})`,
    values,
  };
}

describe('random rows', () => {
  let cluster;
  let db;
  let direct;

  before(async () => {
    cluster = await startCluster({ shards: 1 });
    db = knex({ client: 'pg', connection: cluster.local.databaseUrl });
    direct = knex({ client: 'pg', connection: cluster.shards[0].databaseUrl });
    const handle = await InitializeReplication(express(), db, {
      mtdd: { useMtdd: true, queryServers: cluster.queryServers, lookupServer: cluster.lookupServer },
    });
    await handle.addTenant(TENANT);
  });
  after(async () => {
    await db?.destroy();
    await direct?.destroy();
    await cluster?.stop();
  });

  it('are decoded as pg decodes them', { timeout: (SECONDS + 60) * 1000 }, async () => {
    const given = process.env.MTDD_TEST_SEED;
    const until = Date.now() + SECONDS * 1000;
    let seed = Number(given ?? Date.now() % 1_000_000_007);
    let count = 0;
    do {
      const { sql, values } = statement(new Random(seed));
      // pg's own placeholders: Knex's would be looked for in the text.
      const run = (handle, routed) => {
        const query = handle.raw(sql.replaceAll(/\$\d+/g, '?'), values);
        return routed ? query.mtdd(TENANT) : query;
      };
      try {
        const [actual, expected] = await Promise.allSettled([run(db, true), run(direct, false)]);
        // A value that PostgreSQL refuses is refused by both.
        assert.equal(actual.reason?.code, expected.reason?.code, actual.reason?.message);
        if (expected.status === 'fulfilled') {
          assertSame(actual.value.rows, expected.value.rows);
          assert.equal(actual.value.rowCount, expected.value.rowCount);
          count += 1;
        }
      } catch (error) {
        error.message = `MTDD_TEST_SEED=${seed}: ${error.message}`;
        throw error;
      }
      seed += 1;
    } while (given === undefined && Date.now() < until);
    assert.ok(given !== undefined || count > 5, `only ${count} statements`);
  });
});
