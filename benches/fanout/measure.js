/**
 * One contender in a process of its own, so that neither memory nor the event loop is shared: opens it, and measures
 * one round on each message of the parent.
 */

const fs = require('node:fs');
const { monitorEventLoopDelay, performance } = require('node:perf_hooks');
const { CASES, MANY, tableOf } = require('./cases');
const { CONTENDERS } = require('./contenders');

const MIB = 1024 * 1024;
/** Texts of one round of the planner. */
const PLANNED = 2000;

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

/**
 * What planning costs: texts that are explained instead of run, each another and then one that is known.
 *
 * @returns {Promise<{ another: number, known: number }>} microseconds per text, with the way to the planner and back
 */
async function planning({ shards }) {
  const text = (turn) =>
    `select grp, count(*) as n, sum(amount) as total from ${tableOf(shards)} where id > -${turn} group by grp order by n desc limit 10`;
  const timed = async (turnOf) => {
    const begun = performance.now();
    for (let turn = 0; turn < PLANNED; turn++) await contender.explain(text(turnOf(turn)));
    return ((performance.now() - begun) * 1000) / PLANNED;
  };
  await timed((turn) => turn + 2 * PLANNED);
  return { another: await timed((turn) => turn + PLANNED), known: await timed(() => 0) };
}

const COMMANDS = {
  async open({ name, places }) {
    contender = await CONTENDERS[name].open(places);
  },
  round,
  planning,
};

process.once('disconnect', () => process.exit());
process.on('message', async ({ command, ...rest }) => {
  try {
    process.send({ value: await COMMANDS[command](rest) });
  } catch (error) {
    process.send({ error: error.message });
  }
});
