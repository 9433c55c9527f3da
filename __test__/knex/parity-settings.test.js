const path = require('node:path');
const { after, before, describe, it } = require('node:test');
const children = require('../../testkit/children');
const { startSides } = require('../support/sides');
const { SAMPLES } = require('../support/type-samples');

/** Texts whose result depends on settings of the session. */
const TELLING = [
  `select * from unnest(array[${SAMPLES.timestamptz.map((sample) => `'${sample}'::timestamptz`).join(', ')}]) as t`,
  `select * from unnest(array[${SAMPLES.interval.map((sample) => `'${sample}'::interval`).join(', ')}]) as i`,
  "select '2001-02-03'::date as d, '2001-02-03 04:05:06.7'::timestamp as t, '01/02/2003'::date as ambiguous",
  "select '\\xdeadbeef'::bytea as b, ''::bytea as empty, 'a\\\\b'::bytea as text",
  'select 0.1::float8 + 0.2 as a, 1e23::float8 as b, 0.1::float4 as c',
  "select '<a/>'::xml as x, 1234.5::money as m, current_schemas(false) as s",
];

describe('a process in any time zone sees and binds the same dates', () => {
  let sides;

  before(async () => {
    sides = await startSides({ seed: [] });
  });
  after(() => sides?.stop());

  for (const zone of ['UTC', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Africa/Monrovia']) {
    it(zone, async () => {
      await children.run(
        process.execPath,
        [path.join(__dirname, '..', 'support', 'dates.js'), sides.databases[0], sides.server.address],
        { env: { ...process.env, TZ: zone } },
      );
    });
  }
});

describe('settings of the database hold on both ways', () => {
  for (const [name, databaseSettings] of Object.entries({
    'DateStyle SQL, DMY': { datestyle: "'SQL, DMY'" },
    'DateStyle German': { datestyle: "'German'" },
    'DateStyle Postgres': { datestyle: "'Postgres, MDY'" },
    'IntervalStyle iso_8601': { intervalstyle: "'iso_8601'" },
    'IntervalStyle postgres_verbose': { intervalstyle: "'postgres_verbose'" },
    'IntervalStyle sql_standard': { intervalstyle: "'sql_standard'" },
    'bytea_output escape': { bytea_output: "'escape'" },
    'extra_float_digits 0': { extra_float_digits: '0' },
    'a time zone whose offset once had seconds': { timezone: "'America/New_York'" },
    'a time zone whose clock runs half an hour off': { timezone: "'Asia/Kolkata'" },
    'a search_path': { search_path: 'pg_catalog, public' },
    'standard_conforming_strings off': { standard_conforming_strings: 'off' },
  })) {
    it(name, async () => {
      const sides = await startSides({ seed: [], databaseSettings });
      try {
        for (const text of TELLING) {
          await sides.agree((db, route) => route(db.raw(text)));
          await sides.agree((db, route) => route(db.raw(`${text} where ?::int = 1`, [1])));
        }
      } finally {
        await sides.stop();
      }
    });
  }
});

describe('what the application set for its own connection holds on the shard', () => {
  const ask = [
    "select current_schemas(false) as path, current_setting('application_name') as name",
    "select current_setting('statement_timeout') as t, current_setting('lock_timeout') as l",
    'select where_am_i()',
  ];
  const seed = [
    'create schema one',
    'create schema "Two, 2"',
    "create function one.where_am_i() returns text language sql as $$ select 'one' $$",
    'create function "Two, 2".where_am_i() returns text language sql as $$ select \'two\' $$',
  ];

  for (const [name, { knex, connection }] of Object.entries({
    'searchPath as a list': { knex: { searchPath: ['Two, 2', 'one', 'public'] } },
    'searchPath as one schema': { knex: { searchPath: 'one' } },
    'statement_timeout and lock_timeout': {
      knex: { searchPath: ['one'] },
      connection: { statement_timeout: 12345, lock_timeout: 678 },
    },
    'settings in connection.options': {
      connection: { options: '-c search_path=one -c statement_timeout=4321' },
    },
  })) {
    it(name, async () => {
      // A name of its own: an application without one is `mtdd-server` on the shard.
      const named = { application_name: 'the app, é', ...connection };
      const sides = await startSides({ seed, knex, connection: named });
      try {
        for (const text of ask) await sides.sql(text);
        // A second time, on backends that have the settings already.
        for (const text of ask) await sides.sql(text);
      } finally {
        await sides.stop();
      }
    });
  }
});
