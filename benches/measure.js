/**
 * One contender in a process of its own: opens it, and on each message of the parent measures one round. So neither
 * memory nor the event loop is shared between contenders.
 */

const { monitorEventLoopDelay, performance } = require('node:perf_hooks');
const { CONTENDERS } = require('./contenders');
const { WORKLOADS } = require('./workloads');

/** @type {import('./contenders').Ask} */
let ask;
let turn = 0;

/**
 * Keeps `concurrency` queries under way for a while.
 *
 * @returns {Promise<object>} what one round came to; times in milliseconds, but CPU and main thread in microseconds
 *   per query
 */
async function round({ workload, index, duration }) {
  const { query, concurrency } = WORKLOADS[workload][index];
  const latencies = [];
  const loop = monitorEventLoopDelay({ resolution: 1 });
  const cpu = process.cpuUsage();
  const utilization = performance.eventLoopUtilization();
  loop.enable();
  const begun = performance.now();
  const end = begun + duration;

  const worker = async () => {
    do {
      const asked = performance.now();
      const rows = await ask(query, turn++);
      if (rows.length !== query.rows) throw new Error(`expected ${query.rows} rows, got ${rows.length}`);
      latencies.push(performance.now() - asked);
    } while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));

  const elapsed = performance.now() - begun;
  const { active } = performance.eventLoopUtilization(utilization);
  const { user, system } = process.cpuUsage(cpu);
  // A late timer shows only once the loop has turned.
  await new Promise((resolve) => setTimeout(resolve, 5));
  loop.disable();

  latencies.sort((a, b) => a - b);
  const count = latencies.length;
  return {
    queriesPerSecond: (count * 1000) / elapsed,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    cpuPerQuery: (user + system) / count,
    mainThreadPerQuery: (active * 1000) / count,
    longestLoopDelay: loop.max / 1e6,
    peakRss: process.resourceUsage().maxRSS / 1024,
    queries: count,
  };
}

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

const COMMANDS = {
  async open({ name, places }) {
    ask = await CONTENDERS[name].open(places);
  },
  round,
};

process.once('disconnect', () => process.exit());
process.on('message', async ({ command, ...rest }) => {
  try {
    const value = await COMMANDS[command](rest);
    process.send({ value });
  } catch (error) {
    process.send({ error: error.message });
  }
});
