/**
 * What commands print: the answer on stdout, as a table or as JSON, everything else on stderr. Nothing that is printed
 * has a password of a database URL.
 */

/** The password of a URL such as postgres://user:password@host, or of a parameter. */
const URL_PASSWORD = /(\b[a-z][\w+.-]*:\/\/[^\s:@/]*):[^\s@/]*@/gi;
const PASSWORD_PARAMETER = /([?&](?:ssl)?password=)[^\s&]*/gi;
/** A shorter one could be a part of any word. Characters. */
const SHORTEST_SECRET = 4;

class Output {
  /** @type {Set<string>} */
  #secrets = new Set();

  /**
   * @param {NodeJS.WritableStream} stdout
   * @param {NodeJS.WritableStream} stderr
   */
  constructor(stdout = process.stdout, stderr = process.stderr) {
    this.stdout = stdout;
    this.stderr = stderr;
    // Whoever reads may go at any time. What runs on the shards does not end with that.
    for (const stream of [stdout, stderr]) stream.on('error', () => {});
  }

  /** Remembers a password, however it is written, so that it is not printed. */
  hide(secret) {
    if (typeof secret !== 'string' || secret.length < SHORTEST_SECRET) return;
    this.#secrets.add(secret).add(encodeURIComponent(secret));
    try {
      this.#secrets.add(decodeURIComponent(secret));
    } catch {
      // It is not encoded.
    }
  }

  /** Prints a part of the answer. */
  say(text) {
    this.stdout.write(`${this.redacted(text)}\n`);
  }

  /** Prints the answer as one line of JSON. */
  sayJson(value) {
    this.say(JSON.stringify(value));
  }

  /** Prints what is no part of the answer: progress, warnings, errors. */
  note(text) {
    this.stderr.write(`${this.redacted(text)}\n`);
  }

  /** Resolves when everything has been written, or cannot be. */
  async flush() {
    await Promise.all(
      [this.stdout, this.stderr].map((stream) => new Promise((end) => stream.write('', end))),
    );
  }

  /** The text without passwords. */
  redacted(text) {
    let safe = String(text)
      .replace(URL_PASSWORD, '$1:[redacted]@')
      .replace(PASSWORD_PARAMETER, '$1[redacted]');
    for (const secret of this.#secrets) safe = safe.replaceAll(secret, '[redacted]');
    return safe;
  }
}

/**
 * A table for people: columns as wide as their widest cell, two spaces apart.
 *
 * @param {string[]} titles
 * @param {(string | number | null | undefined)[][]} rows an absent cell shows as `-`
 * @returns {string}
 */
function table(titles, rows) {
  const cells = [titles, ...rows.map((row) => titles.map((_, column) => shown(row[column])))];
  const widths = titles.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function shown(cell) {
  return cell === null || cell === undefined || cell === '' ? '-' : String(cell);
}

/**
 * Names shards in few words: `shards 0-3, 5`.
 *
 * @param {number[]} indexes
 * @returns {string}
 */
function shardsNamed(indexes) {
  const sorted = [...indexes].sort((a, b) => a - b);
  const ranges = [];
  for (const index of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  const words = ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
  return `${sorted.length === 1 ? 'shard' : 'shards'} ${words.join(', ')}`;
}

module.exports = { Output, table, shardsNamed };
