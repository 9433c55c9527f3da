const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { types } = require('pg');
const { startSides } = require('../support/sides');
const { EXPRESSIONS, RANGES, SAMPLES } = require('../support/type-samples');

const SEED = [
  'create extension hstore',
  'create extension citext',
  "create type mood as enum ('sad', 'ok', 'très bien', 'it''s, \"fine\"')",
  'create domain positive as int check (value > 0)',
  'create type pair as (a int, b text, c timestamptz)',
  'create type textrange as range (subtype = text, collation = "C")',
  'create table with_default (a int default 1 + 2, b int, c text)',
  "insert into with_default select i, i % 10, 'x' || (i % 3) from generate_series(1, 100) i",
  'create statistics dependent (ndistinct, dependencies, mcv) on a, b, c from with_default',
  'analyze with_default',
];

/** More than the base types: extensions, domains, enums, composites. */
const OTHERS = {
  hstore: ['', 'a=>1', '"a b"=>NULL, "quote\\"d"=>"back\\\\slash", é=>漢'],
  citext: ['', 'Mixed CASE é'],
  mood: ['sad', 'très bien', 'it\'s, "fine"'],
  positive: ['1', '2147483647'],
  pair: ['(1,text,2024-01-01 00:00:00+00)', '(,,)', '(2,"quoted "" and \\\\",)'],
  textrange: ['[a,b)', 'empty', '["",)', '["a,b","c""d"]'],
  ...rangesOf(RANGES),
};

function rangesOf(bounds) {
  const samples = {};
  for (const [range, [low, high]] of Object.entries(bounds)) {
    const few = ['empty', '(,)', `[${low},${high})`, `(${low},)`, `(,${high})`];
    samples[range] = few;
    samples[range.replace('range', 'multirange')] = ['{}', `{${few[1]}}`, `{${few[2]}}`];
  }
  return samples;
}

/** As an SQL literal; Knex takes a bare question mark for a binding wherever it stands. */
const quote = (text) => `'${text.replaceAll("'", "''").replaceAll('?', '\\?')}'`;

describe('a value of any type is the same through the library as through pg', () => {
  /** @type {import('../support/sides').Sides} */
  let sides;

  before(async () => {
    sides = await startSides({ seed: SEED });
  });
  after(() => sides?.stop());

  it('knows every base, range and multirange type of pg_catalog', async () => {
    const { rows } = await sides.own.plain.raw(
      `select typname from pg_type
       where typtype in ('b', 'r', 'm') and typcategory <> 'A' and typnamespace = 'pg_catalog'::regnamespace`,
    );
    const known = new Set([...Object.keys(SAMPLES), ...Object.keys(EXPRESSIONS), ...Object.keys(OTHERS)]);
    const missing = rows.map((row) => row.typname).filter((name) => !known.has(name));
    assert.deepEqual(missing, [], 'add samples of these to support/type-samples.js');
  });

  for (const [type, expression] of Object.entries(EXPRESSIONS)) {
    it(`${type}, which nobody can write`, () =>
      sides.sql(`select ${expression} as value, null::${type} as nothing`));
  }

  for (const [name, samples] of [...Object.entries(SAMPLES), ...Object.entries(OTHERS)]) {
    // The standard's name `char` is another type.
    const type = name === 'char' ? '"char"' : name;
    const literals = samples.map((sample) => `${quote(sample)}::${type}`);

    it(`${name}, one value per column`, () =>
      sides.sql(`select ${literals.map((literal, index) => `${literal} as c${index}`).join(', ')}`));

    it(`${name}, one value per row among nulls, from a builder`, () =>
      sides.same((db, route) => {
        const rows = literals.map(
          (literal, index) => `(${index}, null, ${literal}), (null, ${literal}, null)`,
        );
        return route(db.select('*').from(db.raw(`(values ${rows.join(', ')}) as v(number, value, other)`)));
      }));

    it(`${name}, bound as parameters`, () =>
      sides.sql(
        `select ${samples.map((_, index) => `?::${type} as c${index}`).join(', ')}, ?::${type} as nothing`,
        [...samples, null],
      ));

    it(`${name}[], flat, nested, empty and with nulls`, () => {
      const [first] = literals;
      const last = literals.at(-1);
      return sides.sql(
        `select array[${literals.join(', ')}, null] as flat, '{}'::${type}[] as empty, array[null]::${type}[] as nulls,
           array[array[${first}, ${last}], array[null, ${first}]] as nested, array[array[array[${last}]]] as deep,
           '[2:3]={1,2}'::int[] as shifted, null::${type}[] as nothing`,
      );
    });
  }

  it('bit(n), varchar(n), char(n), numeric(p,s), timestamp(p) and interval fields, with their modifiers', () =>
    sides.sql(
      `select b'101'::bit(5), 'abc'::varchar(2), 'a'::char(5), 1.239::numeric(5,2), 12345::numeric(3,-2),
         '2001-01-01 00:00:00.987654'::timestamp(3), '2001-01-01 00:00:00.987654+01'::timestamptz(0),
         '12:00:00.987654'::time(1), '1 day 02:03:04'::interval day to hour, '1.23456'::interval second(2)`,
    ));

  it('whole rows and arrays of rows', () =>
    sides.sql(
      `select w, array_agg(w) over (), row(1, 'a "b"', null, w) as record
       from (select * from with_default where a < 4) w`,
    ));

  it('a megabyte of text and ten megabytes of bytea', async () => {
    const rows = await sides.same((db, route) =>
      route(
        db.select(
          db.raw("repeat('é漢\u{1F600}x', 131072) as text"),
          db.raw("decode(repeat('00ff5c27', 2621440), 'hex') as bytes"),
        ),
      ),
    );
    assert.equal(Buffer.byteLength(rows[0].text), 131072 * 10);
    assert.equal(rows[0].bytes.length, 10 * 1024 * 1024);
  });

  it('rows of every size between nothing and 100 KiB', () =>
    sides.sql(
      "select i, repeat('é', i * 97) as wide, repeat('x', i * 13) as narrow from generate_series(0, 500) i",
    ));

  it('parsers set by pg.types.setTypeParser, and their removal', async () => {
    const text = `select 42::int8 as big, 1.50::numeric as exact, '2001-02-03'::date as day, array[1, 2]::int8[] as list,
                    7::int4 as int, 'x'::text as text, '{"a":1}'::jsonb as document, true as yes`;
    const oids = {
      int8: 20,
      numeric: 1700,
      date: 1082,
      int8s: 1016,
      int4: 23,
      text: 25,
      jsonb: 3802,
      bool: 16,
    };
    const plain = await sides.sql(text);
    const previous = Object.values(oids).map((oid) => [oid, types.getTypeParser(oid, 'text')]);
    try {
      for (const oid of Object.values(oids)) types.setTypeParser(oid, (value) => ({ own: value }));
      const overridden = await sides.sql(text);
      assert.deepEqual(overridden.rows[0].big, { own: '42' });
      assert.deepEqual(overridden.rows[0].int, { own: '7' });
      types.setTypeParser(20, BigInt);
      assert.equal((await sides.sql(text)).rows[0].big, 42n);
    } finally {
      for (const [oid, parser] of previous) types.setTypeParser(oid, parser);
    }
    assert.deepEqual((await sides.sql(text)).rows, plain.rows);
  });

  it('a type parser that throws fails the query the same way', async () => {
    const previous = types.getTypeParser(1700, 'text');
    types.setTypeParser(1700, () => {
      throw new RangeError('no such number');
    });
    try {
      await sides.sameError((db, route) => route(db.raw('select 1::numeric')), { message: /no such number/ });
    } finally {
      types.setTypeParser(1700, previous);
    }
  });

  it('parsers of one query, by options.types', async () => {
    const own = { getTypeParser: (oid) => (value) => `${oid}:${value}` };
    const rows = await sides.same((db, route) =>
      route(db.select(db.raw("1 as a, now() > '2000-01-01' as b, null as c")).options({ types: own })),
    );
    assert.equal(rows[0].a, '23:1');
  });
});

describe('parsers of one connection, by connection.types', () => {
  let sides;

  before(async () => {
    const own = (oid, format) => (value) => [oid, format ?? 'text', value];
    // Knex reads PostgreSQL's version, a text, when it connects.
    const ownTypes = { getTypeParser: (oid, format) => (oid === 25 ? String : own(oid, format)) };
    sides = await startSides({ seed: [], connection: { types: ownTypes } });
  });
  after(() => sides?.stop());

  it('are used by the library too', async () => {
    const { rows } = await sides.sql("select 1 as a, 'é' as b, null as c, '2001-01-01'::date as d");
    assert.deepEqual(rows[0].a, [23, 'text', '1']);
  });
});
