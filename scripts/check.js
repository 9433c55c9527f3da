/**
 * `npm run check`: formatting, lints, public types and the rules between the rooms. Runs every check even after one
 * has failed, prints what the failed ones said, and lists them last. Words choose among the checks by their names:
 * `npm run lint` is `npm run check -- lints`.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const clippy = (feature) => [
  'clippy',
  '--quiet',
  '--locked',
  '--all-targets',
  '--features',
  feature,
  '--',
  '-D',
  'warnings',
];
const npmProgram = (file, ...args) => [process.execPath, [path.join(ROOT, 'node_modules', file), ...args]];

const CHECKS = [
  ['Rust formatting', 'cargo', ['fmt', '--check']],
  ['Rust lints, servers', 'cargo', clippy('server,client')],
  ['Rust lints, addon', 'cargo', clippy('addon')],
  [
    'the rules between the rooms',
    'cargo',
    ['test', '--quiet', '--locked', '--features', 'server,client', '--test', 'layers'],
  ],
  [
    'JavaScript formatting and lints',
    ...npmProgram('@biomejs/biome/bin/biome', 'ci', '--colors=off', '--error-on-warnings', '.'),
  ],
  ['workflows', process.execPath, [path.join(__dirname, 'workflows.js')]],
  ['public types', ...npmProgram('typescript/bin/tsc', '-p', 'tsconfig.json')],
  ['types of js/', ...npmProgram('typescript/bin/tsc', '-p', 'tsconfig.js.json')],
];

const words = process.argv.slice(2);
const failed = [];
for (const [name, file, args] of CHECKS) {
  if (words.length > 0 && !words.some((word) => name.includes(word))) continue;
  const { status, error, stdout, stderr } = spawnSync(file, args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) {
    console.log(`ok      ${name}`);
  } else {
    console.log(`failed  ${name}\n${error?.message ?? ''}${stdout}${stderr}`);
    failed.push(name);
  }
}
console.log(
  failed.length === 0
    ? `all ${words.length === 0 ? '' : 'chosen '}checks passed`
    : `${failed.length} failed: ${failed.join('; ')}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
