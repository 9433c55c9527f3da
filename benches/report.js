/** Medians of the rounds, as a table for people and as JSON for machines. */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const RESULTS = path.join(__dirname, 'results');

/** key, heading, digits after the point, and whether more is better */
const FIGURES = [
  ['queriesPerSecond', 'queries/s', 0, true],
  ['p50', 'p50 ms', 3, false],
  ['p99', 'p99 ms', 3, false],
  ['cpuPerQuery', 'CPU us/query', 0, false],
  ['mainThreadPerQuery', 'main us/query', 0, false],
  ['longestLoopDelay', 'loop delay ms', 1, false],
  ['peakRss', 'peak RSS MiB', 0, false],
];

const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** The medians of a contender's rounds. */
function mediansOf(rounds) {
  return Object.fromEntries(FIGURES.map(([key]) => [key, median(rounds.map((round) => round[key]))]));
}

/**
 * Prints one case: a line per contender, and under it how many times better it is than direct Knex + pg.
 *
 * @param {string} name
 * @param {{ title: string, medians?: object, error?: string }[]} lines the first is what the others are compared with
 */
function printCase(name, lines) {
  console.log(`\n${name}`);
  console.log(
    row(
      '',
      FIGURES.map(([, heading]) => heading),
    ),
  );
  const base = lines[0].medians;
  for (const { title, medians, error } of lines) {
    if (error) {
      console.log(`  ${title.padEnd(20)} failed: ${error}`);
      continue;
    }
    console.log(
      row(
        title,
        FIGURES.map(([key, , digits]) => medians[key].toFixed(digits)),
      ),
    );
    if (base && medians !== base) {
      const times = FIGURES.map(([key, , , moreIsBetter]) => {
        const ratio = moreIsBetter ? medians[key] / base[key] : base[key] / medians[key];
        return `${ratio.toFixed(2)} x`;
      });
      console.log(row('  better by', times));
    }
  }
}

function row(title, cells) {
  return `  ${title.padEnd(20)}${cells.map((cell) => cell.padStart(15)).join('')}`;
}

/**
 * Writes everything, each round included.
 *
 * @returns {string} the file
 */
function save(workload, content) {
  fs.mkdirSync(RESULTS, { recursive: true });
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const file = path.join(RESULTS, `${workload}-${stamp}.json`);
  fs.writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
  return path.relative(process.cwd(), file);
}

/** What a figure depends on. */
function environment() {
  return {
    date: new Date().toISOString(),
    node: process.version,
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.availableParallelism(),
    knex: require('knex/package.json').version,
    pg: require('pg/package.json').version,
    library: require('../package.json').version,
  };
}

module.exports = { environment, mediansOf, printCase, save };
