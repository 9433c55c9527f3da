/** `mtdd doctor` on real shards and servers: it finds what has been broken, and finds nothing where nothing is. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, beforeEach, afterEach, describe, it } = require('node:test');
const { startCluster } = require('../../testkit/cluster');
const { onConnection } = require('../../testkit/postgres');
const { startLookupServer, startQueryServer } = require('../../testkit/servers');
const { Authority, DAY } = require('../support/authority');
const { Document } = require('../support/documents');
const { Project, ask, until } = require('../support/cli');

const SCHEMA = [
  "create type size as enum ('S', 'M', 'L')",
  'create table orders (tenant_id text, id uuid, item text, size size, note varchar(20), primary key (tenant_id, id))',
  'create function twice(x int) returns int language sql as $$ select 2 * x $$',
  'alter table orders enable row level security, force row level security',
  "create policy own on orders using (tenant_id = current_setting('mtdd.tenant_id', true))",
];

describe('mtdd doctor', () => {
  let cluster;
  let project;
  let urls;
  let databases = 0;

  before(async () => {
    cluster = await startCluster({ shards: 1 });
  });
  after(() => cluster?.stop());
  beforeEach(async () => {
    project = new Project();
    urls = [];
    for (let shard = 0; shard < 3; shard++) {
      urls.push(await cluster.postgres[0].createDatabase(`doctor${databases++}`));
      await onConnection(urls[shard], ...SCHEMA);
    }
  });
  afterEach(() => project.remove());

  async function doctor(args = [], env = {}) {
    const all = ['doctor', '--format', 'json', ...args];
    const { code, stdout, stderr } = await project.run(all, {
      env: { MTDD_SHARD_URLS: urls.join(','), ...env },
    });
    return { code, stderr, ...(stdout === '' ? {} : JSON.parse(stdout)) };
  }
  const messages = ({ findings }) =>
    findings.map(({ level, check, message }) => `${level}: ${check}: ${message}`);

  it('finds nothing where nothing is wrong, and needs no knexfile', async () => {
    const healthy = await doctor();
    assert.equal(healthy.code, 0, healthy.stderr);
    assert.deepEqual(healthy.findings, []);
    assert.equal(healthy.healthy, true);
    assert.equal(healthy.shards.length, 3);
    const { stdout } = await project.run(['doctor'], { env: { MTDD_SHARD_URLS: urls.join(',') } });
    assert.match(stdout, /^shard +database +PostgreSQL +clock +TLS/m);
    assert.match(stdout, /No problems, no warnings\./);
  });

  for (const [what, change, expected] of [
    [
      'a missing column',
      'alter table orders drop note',
      /column public\.orders\.note: .*varying\(20\).* on shards 0, 2; missing on shard 1/,
    ],
    [
      'a type',
      'alter table orders alter note type varchar(21)',
      /column public\.orders\.note: .*\(20\).*shards 0, 2; .*\(21\).* on shard 1/,
    ],
    [
      'a collation',
      'alter table orders alter item type text collate "C"',
      /column public\.orders\.item: text .*; text collate "C".* on shard 1/,
    ],
    [
      'a NOT NULL',
      'alter table orders alter item set not null',
      /column public\.orders\.item: .*not null.* on shard 1/,
    ],
    [
      'an enum',
      "alter type size add value 'XL'",
      /enum public\.size: 'S', 'M', 'L' on shards 0, 2; 'S', 'M', 'L', 'XL' on shard 1/,
    ],
    [
      'a function',
      'create or replace function twice(x int) returns int language sql as $$ select x + x $$',
      /function public\.twice\(x integer\): body \w+ on shards 0, 2; body/,
    ],
    [
      'a policy',
      'alter policy own on orders using (true)',
      /policy public\.orders: own: .*; .*using true.* on shard 1/,
    ],
    [
      'an index',
      'create index on orders (item)',
      /index public\.orders_item_idx: missing on shards 0, 2; CREATE INDEX/,
    ],
    [
      'a constraint',
      'alter table orders add constraint filled check (item <> $$$$)',
      /constraint public\.orders: filled: missing on shards 0, 2; CHECK/,
    ],
    [
      'a trigger',
      'create trigger t before update on orders for each row execute function suppress_redundant_updates_trigger()',
      /trigger public\.orders: t: missing/,
    ],
    ['a view', 'create view v as select item from orders', /view public\.v: missing on shards 0, 2/],
    [
      'a setting',
      "do $$ begin execute format('alter database %I set timezone = ''Asia/Tokyo''', current_database()); end $$",
      /settings: TimeZone differs: .* on shards 0, 2; Asia\/Tokyo on shard 1/,
    ],
    [
      'a database that cannot be written to',
      "do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$",
      /read-only: shard 1: default_transaction_read_only is on/,
    ],
  ]) {
    it(`finds what only one shard has: ${what}`, async () => {
      await onConnection(urls[1], change);
      const found = await doctor();
      assert.equal(found.code, 1, JSON.stringify(found.findings));
      assert.match(messages(found).join('\n'), expected);
      assert.ok(found.findings.every(({ advice }) => advice.length > 10));
    });
  }

  it('names a missing table, and not everything that belongs to it', async () => {
    await onConnection(urls[2], 'drop table orders');
    const { findings } = await doctor();
    assert.deepEqual(
      findings.map(({ message }) => message),
      ['table public.orders: present on shards 0-1; missing on shard 2'],
    );
  });

  it('finds tables of tenants without row-level security', async () => {
    for (const url of urls)
      await onConnection(url, 'create table open (tenant_id text)', 'create table own (x int)');
    const open = await doctor();
    assert.equal(open.code, 1);
    assert.deepEqual(messages(open), [
      'problem: row-level security: public.open has no row-level security on shards 0-2',
    ]);
    for (const url of urls) {
      await onConnection(
        url,
        'alter table open enable row level security',
        'create policy p on open using (true)',
      );
    }
    const unforced = await doctor();
    assert.equal(unforced.code, 0);
    assert.match(
      messages(unforced).join(),
      /^warning: .*public\.open: row-level security does not hold for the table's owner/,
    );
    assert.match(
      messages(await doctor(['--tenant-column', 'customer'])).join(),
      /no table has a column customer/,
    );
    assert.deepEqual(messages(await doctor([], { TENANT_COLUMN_NAME: 'x' })).length, 1);
  });

  it('finds ids that two shards both give', async () => {
    for (const [shard, url] of urls.entries()) {
      await onConnection(
        url,
        'create table counted (id serial primary key)',
        'create table named (tenant_id text, id int generated always as identity, primary key (tenant_id, id))',
        'alter table named enable row level security, force row level security',
        'create policy p on named using (true)',
        `create table stepped (id int generated always as identity (start ${shard + 1} increment 3) primary key)`,
        `create table ranged (id int generated always as identity (start ${shard * 100 + 1} minvalue ${shard * 100 + 1} maxvalue ${shard * 100 + 100}) primary key)`,
      );
    }
    const found = await doctor();
    assert.equal(found.code, 0);
    assert.deepEqual(messages(found), [
      'warning: ids: public.counted.id is unique on each shard only: shards 0-2 give the same numbers',
    ]);
  });

  it('asks servers for their health, and says which cannot be reached', async () => {
    const [server] = cluster.queryServers;
    const good = await doctor(['--query-server', server], { LOOKUP_SERVER: cluster.lookupServer });
    assert.equal(good.code, 0, JSON.stringify(good.findings));
    assert.deepEqual(
      good.servers.map(({ role, state }) => [role, state]),
      [
        ['query server 0', 'serving'],
        ['lookup server', 'serving'],
      ],
    );
    const postgres = `127.0.0.1:${cluster.postgres[0].port}`;
    const args = ['--query-server', server, '--query-server', '127.0.0.1:1', '--query-server', postgres];
    const bad = await doctor([...args, '--connect-timeout', '2']);
    assert.equal(bad.code, 1);
    assert.match(
      messages(bad)[0],
      /reach: query server 1 \(127\.0\.0\.1:1\) cannot be reached: .*ECONNREFUSED/,
    );
    assert.match(messages(bad)[1], /reach: query server 2 .* cannot be reached/);
    assert.equal(bad.findings.length, 2);
  });

  it('looks at the certificates of servers: who has signed them, and when they expire', async (context) => {
    const signer = new Authority();
    const trusted = project.write('ca.pem', signer.pem);
    const other = project.write('other.pem', new Authority('another').pem);
    for (const [until, file, expected] of [
      [Date.now() + 90 * DAY, trusted, /^$/],
      [Date.now() + 90 * DAY, other, /^problem: tls: .* is not trusted: /],
      [
        Date.now() + 10.5 * DAY,
        trusted,
        /^warning: tls: lookup server .*: its certificate expires on [-\d]{10}, in 10 days$/,
      ],
      [Date.now() - DAY, trusted, /^problem: tls: .*: its certificate has expired on [-\d]{10}$/],
    ]) {
      const { cert, key } = signer.sign('127.0.0.1', { until });
      const files = [project.write('cert.pem', cert), project.write('key.pem', key)];
      const server = await startLookupServer({
        shards: 1,
        args: ['--tls-cert', files[0], '--tls-key', files[1]],
      });
      context.after(() => server.stop());
      const found = await doctor(['--lookup-server', server.address, '--ca', file]);
      assert.match(messages(found).join('\n'), expected);
      assert.equal(found.code, messages(found).some((one) => one.startsWith('problem')) ? 1 : 0);
      assert.equal(found.servers[0].state, 'serving');
      assert.equal(
        found.servers[0].certificateValidTo.slice(0, 10),
        new Date(until).toISOString().slice(0, 10),
      );
    }
  });

  it("looks at PostgreSQL's certificate", async () => {
    const [{ directory }] = await ask(urls[0], "select current_setting('data_directory') as directory");
    const { uid, gid } = fs.statSync(directory);
    const { cert, key } = new Authority().sign('127.0.0.1', { until: Date.now() + 5.5 * DAY });
    for (const [name, text] of Object.entries({ 'server.crt': cert, 'server.key': key })) {
      const file = path.join(directory, name);
      fs.writeFileSync(file, text, { mode: 0o600 });
      fs.chownSync(file, uid, gid);
    }
    await onConnection(urls[0], 'alter system set ssl = on', 'select pg_reload_conf()');
    await until(async () => (await ask(urls[0], 'show ssl'))[0].ssl === 'on');
    urls = urls.map((url) => `${url}?sslmode=no-verify`);
    const found = await doctor();
    assert.equal(found.code, 0, found.stderr);
    assert.deepEqual(
      found.shards.map(({ encrypted }) => encrypted),
      [true, true, true],
    );
    assert.match(
      messages(found)[0],
      /^warning: tls: shard 0: PostgreSQL's certificate expires on .*, in 5 days$/,
    );
  });

  it('shows in docs/doctor.md what it prints', async () => {
    const [command, printed] = new Document('docs/doctor.md').blocks();
    urls = [];
    const servers = [];
    for (const shard of [0, 1]) {
      urls.push(await cluster.postgres[0].createDatabase(`doctor${databases++}`));
      await onConnection(urls[shard], 'create table orders (id serial primary key, tenant_id text)');
      servers.push(await startQueryServer({ databaseUrl: urls[shard], args: ['--shard', String(shard)] }));
    }
    await onConnection(urls[0], 'alter table orders add note text');
    const actual = new Map([
      ['127.0.0.1:50051', servers[0].address],
      ['127.0.0.1:50052', servers[1].address],
      ['127.0.0.1:50054', cluster.lookupServer],
    ]);
    const [, , ...words] = command.code.trim().split(' ');
    const args = words.map((word) => actual.get(word) ?? word);
    const { code, stdout } = await project.run(args, { env: { MTDD_SHARD_URLS: urls.join(',') } });
    await Promise.all(servers.map((server) => server.stop()));
    assert.equal(code, 1);
    let text = stdout;
    for (const [shard, url] of urls.entries())
      text = text.replace(url.replace(/^.*@/, ''), `shard${shard}:5432/app`);
    for (const [written, real] of actual) text = text.replace(real, written);
    const comparable = (output) =>
      output
        .replace(/[+-]\d+ ms/g, '+1 ms')
        .replace(/(app +)\d+\.\d+/g, '$118.4')
        .replace(/ +/g, ' ');
    assert.equal(comparable(text), comparable(printed.code));
  });

  it('says that a shard cannot be reached, examines the others, and tells no password', async () => {
    urls[1] = urls[1].replace(/:\d+\//, ':1/');
    const found = await doctor();
    assert.equal(found.code, 1);
    assert.match(
      messages(found).join('\n'),
      /^problem: reach: shard 1 \(127\.0\.0\.1:1\/doctor\d+\) cannot be examined: .*ECONNREFUSED.*$/,
    );
    assert.doesNotMatch(JSON.stringify(found), /secret-of-the-tests/);
  });

  it('runs nothing with wrong arguments', async () => {
    for (const [args, sentence] of [
      [['--query-server', 'nowhere'], /expected host:port, got "nowhere"/],
      [['--ca', 'none.pem'], /--ca: ENOENT/],
      [['everything'], /unexpected argument: everything/],
      [['--tenant-colum', 'x'], /did you mean --tenant-column\?/],
    ]) {
      const { code, stderr } = await doctor(args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, sentence);
    }
    assert.match(
      (await project.run(['doctor', '--help'])).stdout,
      /--tenant-column <NAME>.*or else tenant_id/s,
    );
  });
});
