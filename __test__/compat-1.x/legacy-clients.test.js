// A 1.x server that runs in UTC is what ours is compared with; before anything looks at a date.
process.env.TZ = 'UTC';

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const grpc = require('@grpc/grpc-js');
const pg = require('pg');
const { DBService, LookupService, call } = require('../support/legacy/wire');
const { startPostgres } = require('../../testkit/postgres');
const { startLookupServer, startQueryServer } = require('../../testkit/servers');
const { SAMPLES } = require('../support/type-samples');

const TOKEN = 'the-secret-of-these-tests';

describe('clients of 1.x and our servers', () => {
  let postgres;
  let server;
  let lookup;
  let client;
  let local;
  const metadata = new grpc.Metadata();
  metadata.set('authorization', `Bearer ${TOKEN}`);

  const ask = (query, ...params) => call(client, 'executeQuery', { query, params }, metadata);

  /** The rows as a 1.x server sends them. */
  const rowsOfPg = async (query) => JSON.parse(JSON.stringify((await local.query(query)).rows));
  // Once more through JSON: PostgreSQL's json may hold what JavaScript cannot, and JSON.stringify would not write.
  const rowsOf = ({ result }) => JSON.parse(JSON.stringify(JSON.parse(result)));

  before(async () => {
    postgres = await startPostgres();
    const databaseUrl = await postgres.createDatabase('shard');
    [server, lookup] = await Promise.all([
      startQueryServer({ databaseUrl, args: ['--token', TOKEN] }),
      startLookupServer({ shards: 2 }),
    ]);
    client = new DBService(server.address, grpc.credentials.createInsecure());
    local = new pg.Client({ connectionString: databaseUrl });
    await local.connect();
  });
  after(async () => {
    client?.close();
    await local?.end();
    await Promise.all([server?.stop(), lookup?.stop()]);
    await postgres?.destroy();
  });

  for (const [name, samples] of Object.entries(SAMPLES)) {
    it(`${name} and ${name}[] are what a 1.x server made of them`, async () => {
      const type = name === 'char' ? '"char"' : name;
      const literals = samples.map((sample) => `'${sample.replaceAll("'", "''")}'::${type}`);
      const query = `select ${literals.map((literal, index) => `${literal} as c${index}`).join(', ')},
        array[${literals.join(', ')}, null] as flat, array[array[${literals[0]}, null]] as nested,
        '{}'::${type}[] as empty, null::${type} as nothing`;
      assert.deepEqual(rowsOf(await ask(query)), await rowsOfPg(query));
    });
  }

  it('columns of one name, odd names, whole rows and many rows', async () => {
    for (const query of [
      'select 1 as a, 2 as b, 3 as a',
      'select 1 as " ", 2 as "quo""te", 3 as "10", 4 as "9", 5 as "é"',
      "select row(1, 'a') as r, array[row(1, null)] as rs",
      'select i, i % 7 = 0 as b from generate_series(1, 5000) i',
      'select where false',
    ]) {
      const answer = await ask(query);
      assert.deepEqual(rowsOf(answer), await rowsOfPg(query), query);
      assert.equal(answer.rowCount, JSON.parse(answer.result).length);
    }
  });

  it('counts and commands are those of pg, the text null is NULL', async () => {
    await ask('create table t (id int primary key, name text)');
    const inserted = await ask(
      'insert into t values ($1, $2), ($3, $4) returning name',
      '1',
      'null',
      '2',
      'x',
    );
    assert.deepEqual(inserted, { result: '[{"name":null},{"name":"x"}]', rowCount: 2, command: 'INSERT' });
    assert.deepEqual(await ask('update t set name = $1', 'y'), {
      result: '[]',
      rowCount: 2,
      command: 'UPDATE',
    });
    assert.equal((await ask('drop table t')).command, 'DROP');
  });

  it("PostgreSQL's refusal is an error with its words as the details", async () => {
    await assert.rejects(ask('select * from nothing'), (error) => {
      assert.equal(error.code, grpc.status.INTERNAL);
      assert.equal(error.details, 'relation "nothing" does not exist');
      assert.deepEqual(error.metadata.get('mtdd-sqlstate'), ['42P01']);
      return true;
    });
  });

  it('without the token it is refused', async () => {
    await assert.rejects(call(client, 'executeQuery', { query: 'select 1', params: [] }), {
      code: grpc.status.UNAUTHENTICATED,
    });
  });

  it('listenToChannel gives what is notified', async () => {
    const stream = client.listenToChannel({ channelName: 'updates' }, metadata);
    await new Promise((resolve) => stream.once('metadata', resolve));
    const payloads = ['{"table": "t"}', 'plain', '"a JSON string"', '', 'null', '7', '\u2028 "é" \\ 😀'];
    for (const payload of payloads) await local.query('select pg_notify($1, $2)', ['updates', payload]);
    const heard = [];
    for await (const response of stream) if (heard.push(response) === payloads.length) break;
    assert.deepEqual(
      heard.map(({ channelName, data }) => [channelName, JSON.parse(data)]),
      payloads.map((payload) => ['updates', payload]),
    );
    assert.equal(new Date(heard[0].timestamp).toISOString(), heard[0].timestamp);
  });

  it('the published client (1.1.2) understands a notification, and goes on', async () => {
    const stream = client.listenToChannel({ channelName: 'table_changes' }, metadata);
    stream.on('error', () => {});
    await new Promise((resolve) => stream.once('metadata', resolve));
    // What its `listenToChannel` and its `handleChannelMessage` make of a response; an error there ends its process.
    const understood = new Promise((resolve, reject) => {
      stream.once('data', ({ data, channelName, timestamp }) => {
        const msg = { payload: data, channel: channelName, timestamp };
        try {
          const { table, action, data: row } = JSON.parse(JSON.parse(msg.payload));
          resolve({ table, action, tenant: row.tenant_id || row.TenantID });
        } catch (error) {
          reject(error);
        }
      });
    });
    await local.query(
      `select pg_notify('table_changes', json_build_object('table', 'orders', 'action', 'INSERT',
        'data', json_build_object('tenant_id', 'acme', 'note', 'a "quoted" word'))::text)`,
    );
    assert.deepEqual(await understood, { table: 'orders', action: 'INSERT', tenant: 'acme' });
    stream.cancel();
  });

  it('the lookup server answers as well', async () => {
    const tenants = new LookupService(lookup.address, grpc.credentials.createInsecure());
    const tenant = { tenant_name: 'acme', tenant_type: 1 };
    await assert.rejects(call(tenants, 'GetTenantShard', tenant), { code: grpc.status.NOT_FOUND });
    const added = await call(tenants, 'AddTenantShard', tenant);
    assert.deepEqual(added, { tenant_id: '1', shard_index: 0 });
    assert.deepEqual(await call(tenants, 'GetTenantShard', tenant), added);
    tenants.close();
  });
});
