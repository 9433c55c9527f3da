/** The application of the benchmark, in a process of its own, and what it takes of the machine. */

const http = require('node:http');
const { monitorEventLoopDelay, performance } = require('node:perf_hooks');
const express = require('express');
const knex = require('knex');
const { InitializeReplication } = require('../..');
const { answer } = require('./child');

const loop = monitorEventLoopDelay({ resolution: 10 });
let handle;
let cpu;
let begun;

answer({
  /** @returns {Promise<{ port: number, shards: number[] }>} `shards`: where each of the tenants lives */
  async open({ queryServers, lookupServer, databaseUrl, secret, tenants }) {
    const app = express();
    const db = knex({ client: 'pg', connection: databaseUrl, pool: { min: 0, max: 10 } });
    handle = await InitializeReplication(app, db, {
      mtdd: { useMtdd: true, queryServers, lookupServer, requireTenant: true },
      auth: { secret },
      http: { rateLimit: false },
      events: { maxStreams: 1_000_000, maxStreamsPerTenant: 1_000_000, maxStreamsPerUser: 1_000_000 },
    });
    const shards = [];
    for (const tenant of tenants) shards.push((await handle.addTenant(tenant)).shardIndex);
    const server = http.createServer(app);
    await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve));
    return { port: server.address().port, shards };
  },

  /** @returns {number} bytes of memory, without what can be freed */
  memory() {
    globalThis.gc();
    return process.memoryUsage.rss();
  },

  /** Begins to count. */
  begin() {
    loop.enable();
    loop.reset();
    cpu = process.cpuUsage();
    begun = performance.now();
  },

  /** @returns {object} since `begin`: CPU seconds, those for each second, and the longest delay of the event loop in milliseconds */
  end() {
    const { user, system } = process.cpuUsage(cpu);
    const elapsed = performance.now() - begun;
    loop.disable();
    return {
      cpuSeconds: (user + system) / 1e6,
      cpu: (user + system) / 1000 / elapsed,
      loopDelay: loop.max / 1e6,
      peakRss: process.resourceUsage().maxRSS / 1024,
    };
  },
});
