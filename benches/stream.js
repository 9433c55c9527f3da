/**
 * `npm run bench -- stream`: the memory that a stream of rows takes, in the application and in the query server, and
 * how fast it flows: this library and Knex + pg-query-stream, with a quick and with a slow reader. Each figure is of
 * fresh processes, so that a peak is the case's own. Flat is good: a thousand times the rows, the same memory.
 */

const { fork } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { startQueryServer } = require('../testkit/servers');
const { environment, save } = require('./report');

const FULL = [10_000, 10_000_000];
const QUICK = [10_000, 1_000_000];
const READERS = ['quick', 'slow'];
const CONTENDERS = { direct: 'Knex + pg-query-stream', library: 'this library' };

/**
 * @param {{ databaseUrl: string }} places
 * @param {boolean} isQuick a tenth of the rows
 */
async function measureStreams({ databaseUrl }, isQuick) {
  const sizes = isQuick ? QUICK : FULL;
  const cases = [];
  for (const reader of READERS) {
    console.log(`\nstream, ${reader} reader`);
    console.log(row('', ['rows', 'rows/s', 'better by', 'client peak MiB', 'server peak MiB']));
    const peaks = Object.fromEntries(Object.values(CONTENDERS).map((title) => [title, []]));
    for (const rows of sizes) {
      let base;
      for (const [contender, title] of Object.entries(CONTENDERS)) {
        const figures = await measure({ contender, reader, rows, databaseUrl });
        base ??= figures.rowsPerSecond;
        cases.push({ contender, reader, rows, ...figures });
        peaks[title].push(figures);
        print(title, rows, figures, base);
      }
    }
    const [few, many] = sizes.map((size) => size.toLocaleString('en'));
    for (const [title, [first, last]] of Object.entries(peaks)) {
      const times = (key) => (last[key] ? `${(last[key] / first[key]).toFixed(2)} x` : '');
      const figures = ['', '', '', times('clientPeak'), times('serverPeak')];
      console.log(row(`  ${title}`, figures));
    }
    console.log(`  (the last lines: peak with ${many} rows against that with ${few})`);
  }
  console.log(`\nevery figure: ${save('stream', { workload: 'stream', environment: environment(), cases })}`);
}

/** One stream, read in a process of its own, through a query server of its own. */
async function measure({ contender, reader, rows, databaseUrl }) {
  const server = contender === 'library' ? await startQueryServer({ databaseUrl }) : undefined;
  const child = fork(path.join(__dirname, 'stream-reader.js'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    child.send({ contender, reader, rows, places: { databaseUrl, address: server?.address } });
    const [answer] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => [{ error: 'its process ended' }]),
    ]);
    if (answer.error) throw new Error(`stream, ${contender}, ${rows} rows: ${answer.error}`);
    return { ...answer.value, serverPeak: server && peakOf(server.pid) };
  } finally {
    child.kill();
    await server?.stop();
  }
}

/** The most memory that a process has had, in MiB; undefined where the system does not tell. */
function peakOf(pid) {
  const status = `/proc/${pid}/status`;
  if (!fs.existsSync(status)) return undefined;
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(fs.readFileSync(status, 'utf8'));
  return Number(kibibytes) / 1024;
}

function print(title, rows, { rowsPerSecond, clientPeak, serverPeak }, base) {
  console.log(
    row(title, [
      rows.toLocaleString('en'),
      Math.round(rowsPerSecond).toLocaleString('en'),
      rowsPerSecond === base ? '' : `${(rowsPerSecond / base).toFixed(2)} x`,
      clientPeak.toFixed(0),
      serverPeak?.toFixed(0) ?? '',
    ]),
  );
}

function row(title, cells) {
  return `  ${title.padEnd(26)}${cells.map((cell) => cell.padStart(17)).join('')}`;
}

module.exports = { measureStreams };
