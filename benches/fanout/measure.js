/**
 * One contender in a process of its own, so that neither memory nor the event loop is shared: opens it, and measures
 * one round on each message of the parent.
 */

const { monitorEventLoopDelay, performance } = require('node:perf_hooks');
const { CASES, MANY, tableOf } = require('./cases');
const { CONTENDERS } = require('./contenders');

const MIB = 1024 * 1024;

/** @type {import('./contenders').Contender} */
let contender;

/** @returns {Promise<object>} time in milliseconds, the longest delay of the event loop too; memory in MiB */
async function round({ index, shards, size }) {
  const question = CASES[index];
  const table = tableOf(shards);
  global.gc();
  const before = process.memoryUsage().rss;
  let peak = before;
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 10);
  const loop = monitorEventLoopDelay({ resolution: 1 });
  const cpu = process.cpuUsage();
  loop.enable();
  const begun = performance.now();
  const count = await WAYS[question.way](question, table, size);
  const elapsed = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  peak = Math.max(peak, process.memoryUsage.rss());
  // A late timer shows only once the loop has turned.
  await new Promise((resolve) => setTimeout(resolve, 5));
  loop.disable();
  clearInterval(sampler);
  const expected = question.count(size);
  if (count !== expected) throw new Error(`${question.name}: expected ${expected} rows, got ${count}`);
  return { elapsed, cpu: (user + system) / 1000, loopDelay: loop.max / 1e6, growth: (peak - before) / MIB };
}

const WAYS = {
  async rows({ text, merge }, table, size) {
    return (await contender.rows(text(table, size, 0), merge)).length;
  },

  async stream({ text }, table, size) {
    let count = 0;
    let last = 0;
    for await (const { id } of contender.stream(text(table, size, 0))) {
      if (id <= last) throw new Error('rows out of order');
      last = id;
      count++;
    }
    return count;
  },

  async many({ text, merge }, table, size) {
    for (let turn = 0; turn < MANY; turn++)
      await contender.rows(text(table, size, turn + MANY * rounds), merge);
    rounds++;
    return MANY;
  },
};
/** So that other texts are other ones in each round too. */
let rounds = 0;

const COMMANDS = {
  async open({ name, places }) {
    contender = await CONTENDERS[name].open(places);
  },
  round,
};

process.once('disconnect', () => process.exit());
process.on('message', async ({ command, ...rest }) => {
  try {
    process.send({ value: await COMMANDS[command](rest) });
  } catch (error) {
    process.send({ error: error.message });
  }
});
