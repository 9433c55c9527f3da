/** The first load of a large table by /mtdd/Load, page by page, as one client asks for it. */

const { randomBytes } = require('node:crypto');
const { performance } = require('node:perf_hooks');
const { onConnection } = require('../../testkit/postgres');
const { track } = require('../../testkit/track');
const { open } = require('./child');

const TENANT = 'tenant-of-the-table';
/** Rows of a page. */
const LIMIT = 10_000;

/**
 * @param {{ shards: object[], local: object, queryServers: string[], lookupServer: string }} cluster
 * @param {{ rows: number, token: (secret: string, tid: string) => string }} options
 */
async function measureLoad({ shards: places, local, queryServers, lookupServer }, { rows, token }) {
  const secret = randomBytes(32).toString('hex');
  const app = open('application.js');
  try {
    const { port, shards } = await app.ask('open', {
      queryServers,
      lookupServer,
      databaseUrl: local.databaseUrl,
      secret,
      tenants: [TENANT],
    });
    const { databaseUrl } = places[shards[0]];
    await onConnection(
      databaseUrl,
      'create table if not exists large (id bigint primary key, tenant_id text not null, name text, price numeric)',
      `insert into large select g, '${TENANT}', 'the name of a product', g / 100.0 from generate_series(1, ${rows}) g`,
      'vacuum analyze large',
    );
    track(databaseUrl, '--table', 'large', '--tenant-column', 'tenant_id');
    const headers = { authorization: `Bearer ${token(secret, TENANT)}` };
    const times = [];
    let [seen, bytes, timestamp] = [0, 0, ''];
    await app.ask('begin');
    const begun = performance.now();
    for (let hasMore = true; hasMore; ) {
      const query = new URLSearchParams({ tableName: 'large', limit: String(LIMIT), lastUpdated: timestamp });
      const asked = performance.now();
      const response = await fetch(`http://127.0.0.1:${port}/mtdd/Load?${query}`, { headers });
      const text = await response.text();
      times.push(performance.now() - asked);
      if (!response.ok) throw new Error(`/mtdd/Load answered ${response.status}: ${text}`);
      const page = JSON.parse(text);
      ({ timestamp, hasMore } = page);
      seen += page.data.length;
      bytes += text.length;
    }
    const elapsed = performance.now() - begun;
    const usage = await app.ask('end');
    if (seen !== rows) throw new Error(`expected ${rows} rows, got ${seen}`);
    times.sort((one, other) => one - other);
    const quantile = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
    const measured = {
      rows,
      limit: LIMIT,
      seconds: elapsed / 1000,
      rowsPerSecond: (rows * 1000) / elapsed,
      bytesPerSecond: (bytes * 1000) / elapsed,
      p50: quantile(0.5),
      p99: quantile(0.99),
      ...usage,
    };
    print(measured);
    return measured;
  } finally {
    app.kill();
  }
}

function print({ rows, seconds, rowsPerSecond, bytesPerSecond, p50, p99, cpu, loopDelay, peakRss }) {
  const cells = [
    ['rows', rows.toLocaleString('en')],
    ['seconds', seconds.toFixed(1)],
    ['rows/s', Math.round(rowsPerSecond).toLocaleString('en')],
    ['MB/s', (bytesPerSecond / 1e6).toFixed(1)],
    ['page p50 ms', p50.toFixed(0)],
    ['page p99 ms', p99.toFixed(0)],
    ['CPU', `${(cpu * 100).toFixed(0)} %`],
    ['loop delay ms', loopDelay.toFixed(0)],
    ['peak RSS MiB', peakRss.toFixed(0)],
  ];
  console.log(`\nLoad: pages of ${LIMIT.toLocaleString('en')} rows, one client`);
  for (const part of [0, 1]) console.log(`  ${cells.map((cell) => cell[part].padStart(15)).join('')}`);
}

module.exports = { measureLoad };
