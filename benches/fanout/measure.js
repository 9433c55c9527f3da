/**
 * One contender in a process of its own, so that neither memory nor the event loop is shared: opens it, and measures
 * one round on each message of the parent.
 */

const fs = require('node:fs');
const { monitorEventLoopDelay, performance } = require('node:perf_hooks');
const { CASES, MANY, tableOf } = require('./cases');
const { CONTENDERS } = require('./contenders');

const MIB = 1024 * 1024;

/** @type {import('./contenders').Contender} */
let contender;

/** Milliseconds for which the main thread has been on a processor; where Linux does not say so, NaN. */
function onProcessor() {
  try {
    return Number(fs.readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return Number.NaN;
  }
}

/**
 * @returns {Promise<object>} times in milliseconds: `loopDelay` is the longest delay of the event loop, which it may
 *   have waited for a processor; `loopBusy` the longest time on one between two timers. Memory in MiB.
 */
async function round({ index, shards, size }) {
  const question = CASES[index];
  const table = tableOf(shards);
  global.gc();
  const before = process.memoryUsage().rss;
  let peak = before;
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 10);
  let [loopBusy, last] = [0, onProcessor()];
  const watch = setInterval(() => {
    const now = onProcessor();
    loopBusy = Math.max(loopBusy, now - last);
    last = now;
  }, 1);
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
  clearInterval(watch);
  const expected = question.count(size);
  if (count !== expected) throw new Error(`${question.name}: expected ${expected} rows, got ${count}`);
  return {
    elapsed,
    cpu: (user + system) / 1000,
    loopDelay: loop.max / 1e6,
    loopBusy,
    growth: (peak - before) / MIB,
  };
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

  async many({ text, merge, atOnce = 1 }, table, size) {
    let turn = 0;
    const worker = async () => {
      while (turn < MANY) await contender.rows(text(table, size, turn++ + MANY * rounds), merge);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    rounds++;
    return turn;
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
