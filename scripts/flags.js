/**
 * `npm run flags`: writes the tables of all flags into docs/servers.md, from what `mtdd-server --help` says. A test
 * fails when they differ.
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { SERVER } = require('./build');

const FILE = path.join(__dirname, '..', 'docs', 'servers.md');
const BEGIN = '<!-- flags: written by `npm run flags` -->\n';
const END = '<!-- flags: end -->';
const COMMANDS = [
  ...['list', 'where', 'add', 'move', 'remove'].map((verb) => ['lookup', verb]),
  ...['track', 'untrack', 'status'].map((verb) => [verb]),
];
/** The help shows what variables are set to, so none may be. */
const BARE = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name !== 'DATABASE_URL' && !name.startsWith('MTDD_')),
);

/**
 * The document with the tables that a server's help makes.
 *
 * @param {string} document
 * @param {string} [server] the program
 * @returns {string}
 */
function withFlags(document, server = SERVER) {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/servers.md: expected the lines ${BEGIN}and ${END}`);
  return `${document.slice(0, begin + BEGIN.length)}\n${tables(server)}\n${document.slice(end)}`;
}

function tables(server) {
  const query = flagsOf(server, ['query']);
  const lookup = flagsOf(server, ['lookup']);
  const isIn = (flags) => (flag) => flags.some((other) => rowOf(other) === rowOf(flag));
  const sections = [
    ['Both servers', query.filter(isIn(lookup))],
    ['Query server: `mtdd-server query`', query.filter((flag) => !isIn(lookup)(flag))],
    ['Lookup server: `mtdd-server lookup`', lookup.filter((flag) => !isIn(query)(flag))],
    ...COMMANDS.map((command) => [`\`mtdd-server ${command.join(' ')}\``, flagsOf(server, command)]),
  ];
  return sections
    .map(
      ([heading, flags]) =>
        `### ${heading}\n\n| flag | environment | default | meaning |\n|---|---|---|---|\n${flags.map(rowOf).join('')}`,
    )
    .join('\n');
}

function rowOf({ flag, environment, standard, meaning }) {
  const code = (text) => (text === '' ? '' : `\`${text}\``);
  const cells = [code(flag), code(environment), code(standard), meaning.replaceAll('|', '\\|')];
  return `| ${cells.join(' | ')} |\n`;
}

/** The flags of a command, as its help lists them. */
function flagsOf(server, command) {
  const help = execFileSync(server, [...command, '--help'], { encoding: 'utf8', env: BARE });
  const options = help.split(/^Options:\n/m)[1].split(/^\S/m)[0];
  return options
    .split(/^ +(?=(?:-\w, )?--)/m)
    .filter((text) => text.startsWith('--'))
    .map(flagOf);
}

/** One flag: its first line, or what stands in front of the wide gap, is its name. */
function flagOf(text) {
  const [, flag, rest] = /^(--\S+(?: <\S+>)?)\s+(.*)$/s.exec(text);
  const environment = /\[env: (\w+)=?\]/.exec(rest)?.[1] ?? '';
  const standard = /\[default: ([^\]]*)\]/.exec(rest)?.[1] ?? '';
  const values = /\[possible values: ([^\]]*)\]/.exec(rest)?.[1] ?? '';
  const listed = [...rest.matchAll(/^ +- (\w+): +(.*)$/gm)].map(
    ([, name, meaning]) => `\`${name}\`: ${meaning}`,
  );
  const sentences = rest
    .split(/\n\s*Possible values:/)[0]
    .replace(/\[(env|default|possible values): [^\]]*\]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  const choices = values === '' ? listed.join('; ') : values.replace(/\w+/g, '`$&`');
  return {
    flag: flag.replace(/<|>/g, ''),
    environment,
    standard,
    meaning: choices === '' ? sentences : `${sentences}. ${choices}`,
  };
}

module.exports = { FILE, withFlags };

if (require.main === module) fs.writeFileSync(FILE, withFlags(fs.readFileSync(FILE, 'utf8')));
