/**
 * `npm run demo`: two PostgreSQL shards, a query server on each, a lookup server and an Express application, all on
 * this machine; then tenants and queries, each compared with plain Knex. `npm run demo -- --serve` leaves it running, with
 * the live board beside it. Ends with code 1 if any comparison fails.
 */

const fs = require('node:fs');
const path = require('node:path');
const { once } = require('node:events');
const { parseArgs } = require('node:util');
const knex = require('knex');
const { startCluster } = require('../../testkit/cluster');
const { assertSame, outcome } = require('../../testkit/same');
const { track } = require('../../testkit/track');
const { createApp } = require('../../examples/demo/app');
const { startBoard } = require('../../examples/live-board/server');
const { QUERIES, SCHEMA } = require('./queries');
const { bold, columns, dim, green, heading, line, red } = require('./terminal');

const BOARD_SCHEMA = path.join(__dirname, '..', '..', 'examples', 'live-board', 'schema.sql');
const TENANTS = ['acme', 'globex', 'initech', 'umbrella'];

async function main() {
  const { values } = parseArgs({ options: { serve: { type: 'boolean', default: false } } });
  console.log(bold('MTDD: each tenant on its own shard, the same Knex'));
  const closing = [];
  try {
    const { failures, url, cluster } = await show(closing);
    process.exitCode = failures === 0 ? 0 : 1;
    if (values.serve) {
      await showBoard(cluster, closing);
      await serving(url);
    }
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

/** Tells the whole story; what has to be closed after it goes into `closing`. */
async function show(closing) {
  const cluster = await start(closing);
  const { db, handle, url } = await startApp(cluster, closing);
  const direct = cluster.shards.map(({ databaseUrl }) => knex({ client: 'pg', connection: databaseUrl }));
  closing.push(() => Promise.all(direct.map((one) => one.destroy())));

  const shardOf = await register(handle);
  let failures = 0;
  for (const tenant of TENANTS.slice(0, 2)) {
    failures += await compare(tenant, shardOf.get(tenant), { db, plain: direct[shardOf.get(tenant)] });
  }
  await overHttp(url);
  failures += await whoHasWhat(direct, shardOf);

  heading(failures === 0 ? green('Every result was the same.') : red(`${failures} results differ.`));
  return { failures, url, cluster };
}

/** The board that follows the changes of its tenants' cards. */
async function showBoard(cluster, closing) {
  heading('The live board: open a tenant in two tabs, and each shows what the other one changes');
  for (const { databaseUrl } of cluster.shards) {
    track(databaseUrl, '--table', 'cards', '--tenant-column', 'tenant_id');
  }
  const tenants = TENANTS.slice(0, 2);
  const board = await startBoard({
    databaseUrl: cluster.local.databaseUrl,
    queryServers: cluster.queryServers,
    lookupServer: cluster.lookupServer,
    tenants,
  });
  closing.push(() => board.close());
  for (const tenant of tenants) columns([16], tenant, `${board.url}/?tenant=${tenant}`);
}

/** Until Ctrl-C. */
async function serving(url) {
  heading('The application stays up as well; Ctrl-C ends everything');
  line(`curl ${url}/tenants/acme/orders`);
  line(`curl -X PUT ${url}/tenants/yours`);
  line(
    `curl -X POST ${url}/tenants/yours/orders -H 'content-type: application/json' -d '{"id": 1, "item": "Tea", "amount": 3}'`,
  );
  await new Promise(() => {});
}

async function start(closing) {
  heading('Starting');
  const begun = Date.now();
  const seed = [...SCHEMA, fs.readFileSync(BOARD_SCHEMA, 'utf8')];
  const cluster = await startCluster({ shards: 2, separate: true, fenced: true, seed });
  closing.push(() => cluster.stop());
  cluster.shards.forEach((shard, index) => {
    columns(
      [16, 18],
      `shard ${index}`,
      shard.address,
      dim(`query server, PostgreSQL on port ${shard.postgres.port}`),
    );
  });
  columns([16, 18], 'lookup server', cluster.lookupServer, dim('knows which tenant lives on which shard'));
  line(dim(`ready in ${((Date.now() - begun) / 1000).toFixed(1)} s`));
  return cluster;
}

async function startApp(cluster, closing) {
  const { app, db, handle } = await createApp({
    databaseUrl: cluster.local.databaseUrl,
    queryServers: cluster.queryServers,
    lookupServer: cluster.lookupServer,
  });
  closing.push(async () => {
    await handle.close();
    await db.destroy();
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${server.address().port}`;
  columns([16], 'Express app', url);
  return { db, handle, url };
}

async function register(handle) {
  heading('Tenants are registered with the lookup server');
  const shardOf = new Map();
  for (const tenant of TENANTS) {
    const { shardIndex } = await handle.addTenant(tenant);
    shardOf.set(tenant, shardIndex);
    columns([16], tenant, `shard ${shardIndex}`);
  }
  return shardOf;
}

/** Runs every query of the demo both ways. Returns how many differ. */
async function compare(tenant, shard, { db, plain }) {
  heading(`Queries of ${tenant}: they go to shard ${shard}`);
  let failures = 0;
  for (const { title, code, run, undo, fails } of QUERIES) {
    const expected = await outcome(() => run(plain, (query) => query, tenant));
    if (undo) await undo(plain, tenant);
    const actual = await outcome(() => run(db, (query) => query.mtdd(tenant), tenant));
    const difference = differenceOf(actual, expected, fails);
    failures += difference ? 1 : 0;
    const verdict = difference ? red('DIFFERS from plain Knex') : green('same as plain Knex');
    columns([22, 30], title, summary(actual), verdict);
    line(`  ${dim(code)}`);
    if (difference) line(difference);
  }
  return failures;
}

/** What is wrong, or undefined. */
function differenceOf(actual, expected, fails) {
  try {
    assertSame(actual, expected);
  } catch (error) {
    return error.message;
  }
  if (actual.error && actual.error.code !== fails) return `failed: ${actual.error.message}`;
  return undefined;
}

function summary({ value, error }) {
  if (error) return `error ${error.code} ${error.constraint ?? ''}`;
  if (Array.isArray(value)) return `${value.length} rows of ${Object.keys(value[0] ?? {}).length} columns`;
  if (typeof value === 'object') return `${value.command}, ${value.rowCount} row`;
  return `${value} row changed`;
}

async function overHttp(url) {
  heading('The same, asked of the Express app');
  const ask = async (method, path, body) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
    const answer = await response.text();
    columns(
      [28],
      `${method} ${path}`,
      `${response.status}  ${answer.length > 90 ? `${answer.slice(0, 87)}...` : answer}`,
    );
  };
  await ask('GET', '/tenants/acme/orders');
  await ask('POST', '/tenants/globex/orders', { id: 4, item: 'Clock', amount: '19.90' });
  await ask('POST', '/tenants/globex/orders', { id: 4, item: 'Clock', amount: '19.90' });
  await ask('GET', '/tenants/nobody/orders');
  line(dim('each line: the HTTP status, then the answer'));
}

/** Looks into the shards' own databases: no tenant's row may lie anywhere but at home. Returns how many tenants do. */
async function whoHasWhat(direct, shardOf) {
  heading('Who lies where, read from each PostgreSQL itself');
  const counts = await Promise.all(
    direct.map((db) => db('orders').select('tenant').count('* as rows').groupBy('tenant')),
  );
  let strays = 0;
  for (const tenant of TENANTS.slice(0, 2)) {
    const found = counts.map((rows) => Number(rows.find((row) => row.tenant === tenant)?.rows ?? 0));
    const isHome = found.every((rows, shard) => rows > 0 === (shard === shardOf.get(tenant)));
    strays += isHome ? 0 : 1;
    columns(
      [16],
      tenant,
      `${found.map((rows, shard) => `${rows} rows on shard ${shard}`).join(', ')}${isHome ? '' : red('  WRONG')}`,
    );
  }
  return strays;
}

main().catch((error) => {
  console.error(`\n${red('The demo cannot go on:')} ${error.message}`);
  process.exitCode = 1;
});
