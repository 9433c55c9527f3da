/**
 * `npm run bench -- fanout`: the same questions to 1, 2, 4, 8 and 16 shards, by this library and by hand, in rounds that
 * alternate. All shards are databases of one PostgreSQL on this machine, so more shards do not make it faster here:
 * what shows is what each costs.
 */

const { fork } = require('node:child_process');
const path = require('node:path');
const { onConnection, startPostgres } = require('../../testkit/postgres');
const { startLookupServer, startQueryServer } = require('../../testkit/servers');
const { environment, save } = require('../report');
const { CASES, FULL, QUICK, seed } = require('./cases');
const { CONTENDERS } = require('./contenders');

/** Of PostgreSQL: one process for each query, on either side. */
const SETTINGS = {
  max_connections: 400,
  shared_buffers: '512MB',
  max_parallel_workers_per_gather: 0,
  jit: 'off',
};

/** @param {{ quick: boolean, only: string }} options `only`: a word in the names of the questions to ask */
async function main({ quick, only }) {
  const size = quick ? QUICK : FULL;
  const rounds = quick ? 3 : 5;
  const counts = quick ? [1, 4] : [1, 2, 4, 8, 16];
  const context = { ...environment(), ...size, rounds };
  console.log(
    `${size.rows.toLocaleString('en')} rows in ${size.groups.toLocaleString('en')} groups; medians of ${rounds} alternating rounds`,
  );
  const postgres = await startPostgres({ settings: SETTINGS });
  const servers = [];
  try {
    const most = Math.max(...counts);
    const databaseUrls = [];
    for (let shard = 0; shard < most; shard++) {
      const databaseUrl = await postgres.createDatabase(`shard${shard}`);
      for (const shards of counts)
        if (shard < shards) await onConnection(databaseUrl, ...seed(size, shards, shard));
      databaseUrls.push(databaseUrl);
      servers.push(await startQueryServer({ databaseUrl }));
    }
    const lookup = await startLookupServer({ shards: most });
    servers.push(lookup);
    const placesOf = (shards) => ({
      databaseUrls: databaseUrls.slice(0, shards),
      queryServers: servers.slice(0, shards).map(({ address }) => address),
      lookupServer: lookup.address,
    });
    const cases = [];
    for (const index of CASES.keys()) {
      if (!CASES[index].name.includes(only)) continue;
      printHeading(CASES[index].name);
      for (const shards of counts) {
        const measured = await measure({ index, shards, size, places: placesOf(shards), rounds });
        printLine(shards, measured);
        cases.push({ name: CASES[index].name, shards, contenders: measured });
      }
    }
    const shards = Math.max(...counts.filter((count) => count <= 4));
    const planning = 'planning'.includes(only)
      ? await measurePlanning({ shards, places: placesOf(shards) })
      : undefined;
    console.log(
      `\nevery round: ${save('fanout', { workload: 'fanout', environment: context, cases, planning })}`,
    );
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await postgres.destroy();
  }
}

/** What the planner costs, without anything being run. */
async function measurePlanning({ shards, places }) {
  const child = openChild();
  await command(child, { command: 'open', name: 'library', places });
  const { value, error } = await command(child, { command: 'planning', shards });
  child.kill();
  if (error) throw new Error(error);
  const { another, known } = value;
  console.log('\nplanning, by handle.explain(), microseconds per text');
  console.log(
    `  another each time ${another.toFixed(0)}, known ${known.toFixed(0)}: planning takes ${(another - known).toFixed(0)}`,
  );
  return value;
}

function openChild() {
  return fork(path.join(__dirname, 'measure.js'), {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/** Both contenders on one case, in fresh processes; the first round of each is not counted. */
async function measure({ index, shards, size, places, rounds }) {
  const lines = await Promise.all(
    Object.keys(CONTENDERS).map(async (id) => {
      const child = openChild();
      const { error } = await command(child, { command: 'open', name: id, places });
      return { id, child, error, rounds: [] };
    }),
  );
  for (let round = -1; round < rounds; round++) {
    for (const line of lines) {
      if (line.error) continue;
      const { value, error } = await command(line.child, { command: 'round', index, shards, size });
      if (error) line.error = error;
      else if (round >= 0) line.rounds.push(value);
    }
  }
  for (const { child } of lines) child.kill();
  return lines.map(({ id, rounds: measured, error }) => ({
    id,
    ...(error ? { error } : { medians: mediansOf(measured), rounds: measured }),
  }));
}

/** One command to a child. @returns {Promise<{ value?: object, error?: string }>} */
function command(child, message) {
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

function mediansOf(rounds) {
  const median = (values) => values.toSorted((one, other) => one - other)[values.length >> 1];
  return Object.fromEntries(
    Object.keys(rounds[0]).map((key) => [key, median(rounds.map((round) => round[key]))]),
  );
}

const PAIRS = ['CPU ms', 'loop delay ms', 'loop busy ms', 'memory MiB'];
const COLUMNS = ['time ms', '', 'faster by', ...PAIRS.flatMap((title) => [title, ''])];
const cell = (text) => String(text).padStart(14);

function printHeading(name) {
  const [one, other] = Object.values(CONTENDERS).map(({ title }) => title);
  console.log(`\n${name}`);
  console.log(`  ${'shards'.padEnd(8)}${COLUMNS.map(cell).join('')}`);
  const who = [one, other, '', ...PAIRS.flatMap(() => [one, other])];
  console.log(`  ${''.padEnd(8)}${who.map(cell).join('')}`);
}

function printLine(shards, [hand, library]) {
  const failed = [hand, library].find(({ error }) => error);
  if (failed) {
    console.log(`  ${String(shards).padEnd(8)} ${CONTENDERS[failed.id].title} failed: ${failed.error}`);
    return;
  }
  const [one, other] = [hand.medians, library.medians];
  const pair = (key, digits) => [one[key].toFixed(digits), other[key].toFixed(digits)];
  const cells = [
    ...pair('elapsed', 1),
    `${(one.elapsed / other.elapsed).toFixed(2)} x`,
    ...pair('cpu', 0),
    ...pair('loopDelay', 1),
    ...pair('loopBusy', 1),
    ...pair('growth', 0),
  ];
  console.log(`  ${String(shards).padEnd(8)}${cells.map(cell).join('')}`);
}

module.exports = { main };
