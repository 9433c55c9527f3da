/** The README's quick start, as it is printed there: how to install, what to start, and a program. */

const fs = require('node:fs');
const path = require('node:path');

const README = path.join(__dirname, '..', '..', 'README.md');
const IMPORT = /^import (.+) from '(.+)';$/gm;

/**
 * @returns {{ packages: string[], servers: { database: string, args: string[] }[], program: string }}
 *   `packages`: what `npm install` is asked for; `servers`: each with its DATABASE_URL; `program`: an ES module
 */
function quickStart() {
  const readme = fs.readFileSync(README, 'utf8');
  const [install] = blocks(readme, 'Install', 'bash');
  const [servers] = blocks(readme, 'Quick start', 'bash');
  const [program] = blocks(readme, 'Quick start', 'js');
  return {
    packages: /^npm install (.+)$/m.exec(install)[1].split(' '),
    servers: servers
      .trim()
      .split('\n')
      .map((line) => {
        const [, database, args] = /^DATABASE_URL=(\S+) npx mtdd-server (.+)$/.exec(line);
        return { database, args: args.split(' ') };
      }),
    program,
  };
}

/** The code blocks of a language in a section. */
function blocks(readme, heading, language) {
  const section = readme.split(/^## /m).find((one) => one.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`README.md has no section "${heading}"`);
  const found = [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))];
  if (found.length === 0) throw new Error(`README.md, "${heading}": no block of ${language}`);
  return found.map(([, code]) => code);
}

/** The program for `require`. */
function asCommonJs(program) {
  const { head, body } = parts(program);
  return `${head.replace(IMPORT, "const $1 = require('$2');")}\n(async () => {\n${body}\n})();\n`;
}

/**
 * The program as a test of Jest or Vitest.
 *
 * @param {'import'|'require'} load how it loads its packages
 */
function asTest(program, load) {
  const { head, body } = parts(program);
  const loads = load === 'require' ? head.replace(IMPORT, "const $1 = require('$2');") : head;
  return `${loads}\ntest('the quick start', async () => {\n${body}\nexpect(orders.at(-1).item).toBe('Tea');\n});\n`;
}

function parts(program) {
  return {
    head: [...program.matchAll(IMPORT)].map(([line]) => line).join('\n'),
    body: program.replace(IMPORT, ''),
  };
}

module.exports = { quickStart, asCommonJs, asTest };
