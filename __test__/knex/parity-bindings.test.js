const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startSides, TENANT } = require('../support/sides');

const SEED = [
  `create table everything (
     id int primary key, whole int, big bigint, real8 double precision, exact numeric, yes boolean, note text,
     moment timestamptz, wall timestamp, day date, bytes bytea, document jsonb, plain json, tags text[], counts int[])`,
];

/** An object that says itself how PostgreSQL should see it. */
const own = (value) => ({ toPostgres: () => value });

class Money {
  constructor(amount) {
    this.amount = amount;
  }

  toPostgres(prepare) {
    return prepare([this.amount, 'EUR']);
  }
}

/** name, value, and the SQL type to read it as */
const VALUES = [
  ['null', null, 'text'],
  ['zero', 0, 'int'],
  ['minus zero', -0, 'float8'],
  ['an integer', 42, 'int'],
  ['a negative integer', -2147483648, 'int'],
  ['the largest safe integer', Number.MAX_SAFE_INTEGER, 'bigint'],
  ['a fraction', 0.1 + 0.2, 'float8'],
  ['the smallest number', Number.MIN_VALUE, 'float8'],
  ['the largest number', Number.MAX_VALUE, 'float8'],
  ['a number in exponent form', 1e21, 'numeric'],
  ['NaN', NaN, 'float8'],
  ['Infinity', Infinity, 'float8'],
  ['-Infinity', -Infinity, 'numeric'],
  ['a bigint', 9223372036854775807n, 'bigint'],
  ['a bigint beyond int8', 123456789012345678901234567890n, 'numeric'],
  ['true', true, 'boolean'],
  ['false', false, 'boolean'],
  ['the empty string', '', 'text'],
  ['the word null', 'null', 'text'],
  ['a string', 'it\'s "quoted" and back\\slashed; -- $1 ? \\?', 'text'],
  ['unicode', 'é Ω 漢字 \u{1F600}\u{1F468}\u200D\u{1F469} \u0001\uFFFF', 'text'],
  ['half a surrogate pair', 'a\ud800b', 'text'],
  ['a String object', Object('boxed'), 'text'],
  ['a Number object', Object(7), 'int'],
  ['a date in summer', new Date(2024, 6, 1, 12, 30, 15, 123), 'timestamptz'],
  ['a date in winter', new Date(2024, 0, 1), 'timestamp'],
  ['a date before 1900', new Date(1850, 4, 5, 6, 7, 8, 9), 'timestamptz'],
  ['a date of year 99', new Date(Date.UTC(99, 0, 1) - 1900 * 365.2425 * 86400e3), 'timestamptz'],
  ['a date before Christ', new Date(-1e14), 'timestamptz'],
  ['the last date', new Date(8.64e15), 'timestamptz'],
  ['a Buffer', Buffer.from([0, 1, 92, 39, 255]), 'bytea'],
  ['an empty Buffer', Buffer.alloc(0), 'bytea'],
  ['a Buffer of text for a text column', Buffer.from('héllo'), 'text'],
  ['a Uint8Array', new Uint8Array([1, 2, 255]), 'bytea'],
  ['a part of an ArrayBuffer', new Uint8Array(new Uint8Array([9, 8, 7, 6, 5]).buffer, 1, 3), 'bytea'],
  ['a Float64Array', new Float64Array([1.5]), 'bytea'],
  ['a DataView', new DataView(new Uint8Array([1, 2, 3]).buffer, 1), 'bytea'],
  ['an empty array', [], 'text[]'],
  ['numbers', [1, -2, 3], 'int[]'],
  ['fractions', [0.5, NaN, -Infinity], 'float8[]'],
  ['bigints', [1n, -9223372036854775808n], 'bigint[]'],
  ['booleans', [true, false, null], 'boolean[]'],
  [
    'strings to be quoted',
    ['', 'null', 'NULL', 'a,b', '{c}', 'd"e', "f'g", 'h\\i', ' j ', 'é\u{1F600}'],
    'text[]',
  ],
  ['nulls in an array', [null, null, 'x'], 'text[]'],
  [
    'nested arrays',
    [
      [1, 2],
      [3, null],
    ],
    'int[]',
  ],
  ['deeply nested arrays', [[[['a'], ['b']]]], 'text[]'],
  ['Buffers in an array', [Buffer.from([0, 255]), Buffer.alloc(0), null], 'bytea[]'],
  ['Uint8Arrays in an array', [new Uint8Array([1, 2])], 'bytea[]'],
  ['dates in an array', [new Date(0), null, new Date(2024, 1, 29)], 'timestamptz[]'],
  ['objects in an array', [{ a: 1 }, { b: 'x"y' }], 'jsonb[]'],
  ['an object', { a: [1, { b: null }], 'c"d': 'é' }, 'jsonb'],
  ['an object with toJSON', { toJSON: () => ({ its: 'own' }) }, 'jsonb'],
  ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), 'jsonb'],
  ['a Map, which JSON knows nothing of', new Map([[1, 2]]), 'jsonb'],
  ['toPostgres giving a string', own('plain'), 'text'],
  ['toPostgres giving null', own(null), 'text'],
  ['toPostgres giving a Buffer', own(Buffer.from('x')), 'bytea'],
  ['toPostgres giving a date', own(new Date(86400e3)), 'timestamptz'],
  ['toPostgres giving an array', own(['a', null]), 'text[]'],
  ['toPostgres giving toPostgres', own(own(own('inner'))), 'text'],
  ['toPostgres of a class, with prepareValue', new Money(5), 'text[]'],
  ['toPostgres in an array', [own('a'), new Money(1)], 'text[]'],
  ['a symbol', Symbol('sign'), 'text'],
  ['an ArrayBuffer', new Uint8Array([1]).buffer, 'text'],
];

describe('a binding reaches PostgreSQL as pg would send it', () => {
  /** @type {import('../support/sides').Sides} */
  let sides;

  before(async () => {
    sides = await startSides({ seed: SEED });
  });
  after(() => sides?.stop());

  for (const [name, value, type] of VALUES) {
    it(`${name}`, () =>
      sides.sql(`select ?::${type} as value, pg_typeof(?::${type}) as type`, [value, value]));
  }

  it('a function is an error or a text, as pg has it', () =>
    sides.agree((db, route) => route(db.raw('select ?::text', [() => 1]))));

  it('undefined', async () => {
    await sides.agree((db, route) => route(db.raw('select ?::text as value', [undefined])));
    await sides.sameError((db, route) => route(db('everything').where({ id: undefined })), {
      message: /Undefined binding/,
    });
    await sides.agree((db, route) =>
      route(db('everything').insert({ id: 900, note: undefined }).returning('*')),
    );
  });

  it('an invalid date', () =>
    sides.sameError((db, route) => route(db.raw('select ?::timestamptz', [new Date(NaN)])), {
      code: '22007',
    }));

  it('a string with a NUL', () =>
    sides.sameError((db, route) => route(db.raw('select ?::text', ['a\0b'])), { code: '22021' }));

  it('an object that contains itself', async () => {
    const circle = {};
    circle.self = circle;
    await sides.sameError((db, route) => route(db.raw('select ?::jsonb', [own(circle)])), {
      message: /circular structure/,
    });
    await sides.reconnectPlain();
    await sides.sameError((db, route) => route(db.raw('select ?::jsonb', [circle])), {
      message: /call stack/,
    });
  });

  it('a toPostgres that gives itself', async () => {
    const circle = { toString: () => 'circle' };
    circle.toPostgres = () => circle;
    await sides.sameError((db, route) => route(db.raw('select ?::text', [circle])), {
      message: /circular reference/,
    });
    await sides.reconnectPlain();
  });

  it('a toPostgres that throws', async () => {
    const broken = {
      toPostgres() {
        throw new RangeError('cannot be shown');
      },
    };
    await sides.sameError((db, route) => route(db.raw('select ?::text', [broken])), {
      message: /cannot be shown/,
    });
    await sides.reconnectPlain();
  });

  it('65,535 of them', async () => {
    const values = Array.from({ length: 65535 }, (_, index) => index);
    const { rows } = await sides.sql(
      `select sum(v) from unnest(array[${values.map(() => '?')}]::int[]) v`,
      values,
    );
    assert.equal(rows[0].sum, String((65534 * 65535) / 2));
  });

  it('65,536 of them, which PostgreSQL cannot take, are refused by their number', async () => {
    const values = Array.from({ length: 65_536 }, (_, index) => index);
    const text = `select sum(v) from unnest(array[${values.map(() => '?')}]::int[]) v`;
    const expected = (error) => {
      assert.equal(error.code, 'VALIDATION_ERROR', String(error).slice(0, 300));
      assert.match(error.message, /65536 bindings.*no more than 65535/);
      assert.deepEqual(error.context, { bindings: 65_536, limit: 65_535 });
      return true;
    };
    await assert.rejects(sides.own.library.raw(text, values).mtdd(TENANT), expected);
    const inTransaction = sides.own.library.transaction((trx) => trx.raw(text, values), { mtdd: TENANT });
    await assert.rejects(inTransaction, expected);
    await sides.sql('select ?::int as again', [1]);
  });

  it('a string of 4 MiB and a Buffer of 4 MiB', () =>
    sides.sql('select length(?::text) as text, length(?::bytea) as bytes, md5(?::text) as sum', [
      'é'.repeat(2 << 20),
      Buffer.alloc(4 << 20, 7),
      'é'.repeat(2 << 20),
    ]));

  it('named bindings and identifiers', async () => {
    await sides.same((db, route) =>
      route(db.raw('select :a::int as :name:, :a::int + 1 as b', { a: 1, name: 'x y' })),
    );
    await sides.same((db, route) =>
      route(db.raw('select ?? from ?? where ?? = ?', ['id', 'everything', 'id', -1])),
    );
  });

  it('a whole row through insert, update, where and returning', async () => {
    const row = {
      id: 1,
      whole: 42,
      big: 9007199254740993n,
      real8: -0.5,
      exact: '123456789.000000000001',
      yes: true,
      note: "é 'quoted'",
      moment: new Date(2024, 1, 29, 12, 0, 0, 7),
      wall: new Date(2024, 1, 29, 12, 0, 0, 7),
      day: '2024-02-29',
      bytes: Buffer.from([0, 128, 255]),
      document: { a: [1, null, 'é'] },
      plain: JSON.stringify(['kept', 'as', 'it is']),
      tags: ['a', 'b,c', null],
      counts: [1, 2, 3],
    };
    await sides.same((db, route) => route(db('everything').insert(row).returning('*')));
    await sides.same((db, route) =>
      route(db('everything').where({ id: 1, moment: row.moment, bytes: row.bytes })),
    );
    await sides.same((db, route) =>
      route(db('everything').whereIn('whole', [41, 42, 43]).select('tags', 'big')),
    );
    await sides.same((db, route) =>
      route(
        db('everything')
          .where('id', 1)
          .update({ note: null, document: {}, tags: [], moment: null })
          .returning('*'),
      ),
    );
  });
});
