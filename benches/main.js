/**
 * `npm run bench -- point` and `npm run bench -- rows`: this library through Knex, Knex + pg, and a grpc-js client of
 * the same query server, side by side on this machine. The rounds of the contenders alternate, so that what disturbs
 * the machine disturbs all of them; figures are medians of rounds. `--quick` measures for a short time only;
 * `--against DIRECTORY` compares with another checkout of this repository instead, which has been built.
 * `npm run bench -- stream` is stream.js, `npm run bench -- fanout` is fanout/main.js, `npm run bench -- events` is
 * events/main.js.
 */

const { fork } = require('node:child_process');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { startCluster } = require('../testkit/cluster');
const { startQueryServer } = require('../testkit/servers');
const { CONTENDERS, POOL } = require('./contenders');
const events = require('./events/main');
const fanOut = require('./fanout/main');
const { environment, mediansOf, printCase, save } = require('./report');
const { measureStreams } = require('./stream');
const { SEED, WORKLOADS } = require('./workloads');

/** The workloads with programmes of their own. */
const STREAM = 'stream';
const FAN_OUT = 'fanout';
const EVENTS = 'events';

/** Rounds, and milliseconds of each and of the warm-up. */
const FULL = { rounds: 7, duration: 1500, warmUp: 1500 };
const AGAINST = { rounds: 21, duration: 700, warmUp: 1500 };
const QUICK = { rounds: 3, duration: 400, warmUp: 400 };

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      against: { type: 'string' },
    },
  });
  const known = [...Object.keys(WORKLOADS), STREAM, FAN_OUT, EVENTS];
  const wanted = positionals.length > 0 ? positionals : known;
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown) throw new Error(`unknown workload "${unknown}": expected ${known.join(' or ')}`);
  const workloads = wanted.filter((name) => name !== FAN_OUT && name !== EVENTS);
  if (workloads.length > 0) await measureWorkloads(workloads, values);
  if (wanted.includes(FAN_OUT)) await fanOut.main(values);
  if (wanted.includes(EVENTS)) await events.main(values);
}

/** Those of workloads.js, all on one shard. */
async function measureWorkloads(workloads, { quick, against }) {
  const pace = quick ? QUICK : against === undefined ? FULL : AGAINST;
  const cluster = await startCluster({ shards: 1, seed: SEED });
  let other;
  try {
    const [{ databaseUrl, address }] = cluster.shards;
    const here = { home: __dirname, places: { databaseUrl, address } };
    if (against !== undefined) other = await startOtherServer(against, databaseUrl);
    const contenders = other ? theseTwo(here, against, other.address) : all(here);
    const context = { ...environment(), ...pace, knexPool: POOL, queryServerPool: 'its default' };
    console.log(
      `node ${context.node}, knex ${context.knex}, pg ${context.pg}, ${context.cores} cores (${context.cpu})`,
    );
    if (workloads.some((name) => name !== STREAM))
      console.log(
        `${pace.rounds} rounds of ${pace.duration} ms each, alternating; Knex pool max ${POOL.max}; medians`,
      );
    for (const workload of workloads) {
      if (workload === STREAM) {
        await measureStreams({ databaseUrl }, quick);
        continue;
      }
      const cases = [];
      for (const index of WORKLOADS[workload].keys()) {
        cases.push(await measureCase({ workload, index, contenders, pace }));
      }
      console.log(`\nevery round: ${save(workload, { workload, environment: context, cases })}`);
    }
  } finally {
    await other?.stop();
    await cluster.stop();
  }
}

/** Who is compared, in order; the others are compared with the first. */
function all(here) {
  return Object.entries(CONTENDERS).map(([id, { title }]) => ({ id, name: id, title, ...here }));
}

/** This library as another checkout has it, and as it is here. */
function theseTwo(here, directory, address) {
  const home = path.resolve(directory, 'benches');
  const places = { ...here.places, address };
  return [
    { id: 'against', name: 'library', title: 'the other checkout', home, places },
    { id: 'library', name: 'library', title: 'this checkout', ...here },
  ];
}

/** The query server that another checkout has built, on the same database. */
function startOtherServer(directory, databaseUrl) {
  const { SERVER } = require(path.resolve(directory, 'scripts', 'build'));
  return startQueryServer({ databaseUrl, program: SERVER });
}

/** All contenders on one case, in fresh processes, so that the peak of memory is the case's own. */
async function measureCase({ workload, index, contenders, pace }) {
  const { name, concurrency } = WORKLOADS[workload][index];
  const lines = await Promise.all(
    contenders.map(async (contender) => {
      const child = openChild(contender.home);
      const { id, title, places } = contender;
      const opened = await attempt(child, { command: 'open', name: contender.name, places });
      return { id, title, child, rounds: [], ...opened };
    }),
  );
  for (let round = -1; round < pace.rounds; round++) {
    for (const line of lines) {
      if (line.error) continue;
      const duration = round < 0 ? pace.warmUp : pace.duration;
      const { value, error } = await attempt(line.child, { command: 'round', workload, index, duration });
      if (error) line.error = error;
      else if (round >= 0) line.rounds.push(value);
    }
  }
  for (const { child } of lines) child.kill();
  const measured = lines.map(({ id, title, rounds, error }) => ({
    id,
    title,
    ...(error ? { error } : { medians: mediansOf(rounds), rounds }),
  }));
  printCase(name, measured);
  return { name, concurrency, contenders: measured };
}

function openChild(home) {
  return fork(path.join(home, 'measure.js'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

/** One command to a child. @returns {Promise<{ value?: object, error?: string }>} */
function attempt(child, message) {
  return new Promise((resolve) => {
    const answer = (reply) => {
      child.off('exit', end);
      resolve(reply);
    };
    const end = (code, signal) => {
      child.off('message', answer);
      resolve({ error: `its process ended (${signal ?? code})` });
    };
    child.once('message', answer).once('exit', end);
    child.send(message);
  });
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
