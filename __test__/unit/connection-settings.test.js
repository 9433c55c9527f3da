const assert = require('node:assert/strict');
const { test } = require('node:test');
const createKnex = require('knex');
const pg = require('pg');
const { ConfigError } = require('../../js/errors');
const { sessionSettingsOf } = require('../../js/knex/connection-settings');

async function session(config) {
  const db = createKnex({ client: 'pg', ...config });
  try {
    return await sessionSettingsOf(db.client, pg);
  } finally {
    await db.destroy();
  }
}

test('a connection without settings has none', async () => {
  const { settings, types, queryTimeout, warnings } = await session({ connection: { host: 'h' } });
  const none = { application_name: '' };
  assert.deepEqual([settings, types, queryTimeout, warnings], [none, undefined, undefined, []]);
  assert.deepEqual((await session({})).settings, none);
});

test('start-up parameters are those that pg would send', async () => {
  const { settings, queryTimeout } = await session({
    connection: {
      application_name: 'shop',
      statement_timeout: 1500,
      lock_timeout: '20',
      idle_in_transaction_session_timeout: 30,
      query_timeout: 40,
    },
  });
  assert.deepEqual(settings, {
    application_name: 'shop',
    statement_timeout: '1500',
    lock_timeout: '20',
    idle_in_transaction_session_timeout: '30',
  });
  assert.equal(queryTimeout, 40);
});

test('a connection string is read as pg reads it, whichever way it is given', async () => {
  const url = 'postgres://u:p@h/d?application_name=shop&options=-c%20geqo%3Doff';
  for (const connection of [url, { connectionString: url }]) {
    assert.deepEqual((await session({ connection })).settings, { application_name: 'shop', geqo: 'off' });
  }
});

test('the environment of pg counts', async () => {
  process.env.PGAPPNAME = 'from-env';
  try {
    assert.equal((await session({ connection: {} })).settings.application_name, 'from-env');
  } finally {
    delete process.env.PGAPPNAME;
  }
});

test('options are taken apart as PostgreSQL does', async () => {
  const { settings, warnings } = await session({
    connection: { options: '-c work_mem=1MB -cgeqo=off --extra-float-digits=2 -c app.name=a\\ b\\\\c -d 5' },
  });
  assert.deepEqual(settings, {
    application_name: '',
    work_mem: '1MB',
    geqo: 'off',
    extra_float_digits: '2',
    'app.name': 'a b\\c',
  });
  assert.equal(warnings.length, 2);
  assert.match(warnings[0], /"-d"/);
});

test('what the query servers refuse is refused at the start, with its path', async () => {
  const refused = [
    [
      { connection: { options: '-c client_encoding=LATIN1' } },
      /^connection\.options: client_encoding: .*UTF8/,
    ],
    [{ connection: { options: '-c mtdd.foo=1' } }, /^connection\.options: mtdd\.foo: /],
    [{ connection: { options: '-c MTDD.tenant_id=1' } }, /^connection\.options: MTDD\.tenant_id: /],
    [{ connection: { application_name: 'a\0b' } }, /^connection\.application_name: .*NUL/],
    [{ connection: {}, searchPath: ['a\0b'] }, /^searchPath: .*NUL/],
    [
      { connection: { application_name: 'x'.repeat(70_000) } },
      /^connection\.application_name: .* 70\d\d\d bytes.* 65536/,
    ],
    [
      { connection: { options: `-c app.big=${'é'.repeat(35_000)}` } },
      /^connection\.options: .* 70\d\d\d bytes/,
    ],
  ];
  for (const [config, message] of refused)
    await assert.rejects(session(config), { name: 'ConfigError', message });
  for (const encoding of ['UTF8', 'utf-8', 'unicode']) {
    assert.equal(
      (await session({ connection: { options: `-c client_encoding=${encoding}` } })).settings.client_encoding,
      encoding,
    );
  }
});

test('searchPath is quoted as PostgreSQL shows what Knex sets', async () => {
  const path = async (searchPath) => (await session({ searchPath, connection: {} })).settings.search_path;
  assert.equal(await path(['public', 'we"ird']), 'public, "we""ird"');
  assert.equal(await path('app'), 'app');
  assert.equal(await path('$user'), '"$user"');
  assert.equal(await path('a,b'), '"a,b"');
  await assert.rejects(path([5]), ConfigError);
});

test('a connection that is a function is asked once', async () => {
  let asked = 0;
  const { settings } = await session({
    connection: async () => {
      asked++;
      return { application_name: 'late', expirationChecker: () => true };
    },
  });
  assert.deepEqual([settings, asked], [{ application_name: 'late' }, 1]);
});

test('type parsers of the connection are handed on', async () => {
  const types = { getTypeParser: () => String };
  assert.equal((await session({ connection: { types } })).types.getTypeParser, types.getTypeParser);
});

test('binary results are refused', async () => {
  await assert.rejects(session({ connection: { binary: true } }), /^ConfigError: connection\.binary/);
});
