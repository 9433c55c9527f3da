/**
 * The arguments of a command: what it takes is declared once, for node:util's parseArgs and for its --help.
 */

const { parseArgs } = require('node:util');
const { nearestName } = require('../describe');

/** Where the second column of a help begins, and where its lines end. Characters. */
const INDENT = 28;
const WIDTH = 110;

/** What was asked for cannot be: nothing was run, and the exit code is 2. */
class UsageError extends Error {}

/**
 * @typedef {object} Option
 * @property {'string' | 'boolean'} type
 * @property {string} help one sentence, with default and unit
 * @property {string} [value] how the help calls the value: `N`, `PATH`
 * @property {boolean} [multiple] may be given several times
 */

/**
 * Reads arguments.
 *
 * @param {string[]} args
 * @param {{ [name: string]: Option }} options what the command takes, `--help` aside
 * @param {number} [positionals] how many arguments without a name it takes at most
 * @returns {{ values: { [name: string]: any }, positionals: string[] }} `values.help`: --help was given
 * @throws {UsageError}
 */
function readArguments(args, options, positionals = 0) {
  const known = Object.fromEntries(
    Object.entries(options).map(([name, { type, multiple = false }]) => [name, { type, multiple }]),
  );
  let parsed;
  try {
    parsed = parseArgs({
      args,
      options: { ...known, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(explained(error, Object.keys(options)));
  }
  if (parsed.positionals.length > positionals) {
    throw new UsageError(`unexpected argument: ${parsed.positionals[positionals]}`);
  }
  return parsed;
}

/** What parseArgs refused, without its advice for positional arguments. */
function explained(error, names) {
  if (!String(error.code).startsWith('ERR_PARSE_ARGS')) throw error;
  const [sentence] = error.message.split(/\. |\n/);
  const unknown = /^Unknown option '--([^']+)'/.exec(sentence)?.[1];
  if (unknown === undefined) return sentence;
  const near = nearestName(unknown, names);
  return near === undefined
    ? `unknown option: --${unknown}`
    : `unknown option: --${unknown}; did you mean --${near}?`;
}

/**
 * A whole number that was given as text.
 *
 * @param {string | undefined} text
 * @param {string} name of the option, with its dashes
 * @param {{ standard: number, least?: number, most?: number }} limits `standard`: if it was not given
 * @returns {number}
 * @throws {UsageError}
 */
function wholeNumber(text, name, { standard, least = 0, most = Number.MAX_SAFE_INTEGER }) {
  if (text === undefined) return standard;
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `${least} to ${most}`;
  throw new UsageError(`${name}: expected a whole number, ${range}, got ${JSON.stringify(text)}`);
}

/**
 * One of a few words.
 *
 * @template {string} Word
 * @param {string | undefined} text
 * @param {string} name of the option, with its dashes
 * @param {Word[]} words the first is the default
 * @returns {Word}
 * @throws {UsageError}
 */
function oneOf(text, name, words) {
  if (text === undefined) return words[0];
  const word = words.find((one) => one === text);
  if (word !== undefined) return word;
  throw new UsageError(`${name}: expected ${words.join(' or ')}, got ${JSON.stringify(text)}`);
}

/** The lines of a help about options. */
function optionsHelp(options) {
  const all = { ...options, help: { type: 'boolean', help: 'Print this help' } };
  return twoColumns(
    Object.entries(all).map(([name, { value, help }]) => [
      `${name === 'help' ? '-h, ' : ''}--${name}${value === undefined ? '' : ` <${value}>`}`,
      help,
    ]),
  );
}

/** Names and what they mean, in two columns. */
function twoColumns(rows) {
  return rows
    .map(([name, text]) => {
      const [first = '', ...others] = wrapped(text, WIDTH - INDENT);
      const rest = others.map((line) => `${' '.repeat(INDENT)}${line}`);
      const head = `  ${name}`;
      const lines =
        head.length + 2 > INDENT
          ? [head, `${' '.repeat(INDENT)}${first}`]
          : [`${head.padEnd(INDENT)}${first}`];
      return [...lines, ...rest].join('\n');
    })
    .join('\n');
}

function wrapped(text, width) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.length - 1;
    if (lines[last] !== '' && lines[last].length + 1 + word.length > width) lines.push(word);
    else lines[last] += lines[last] === '' ? word : ` ${word}`;
  }
  return lines;
}

module.exports = { UsageError, readArguments, wholeNumber, oneOf, optionsHelp, twoColumns };
