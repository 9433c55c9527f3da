/**
 * The packages as a user meets them: packed, published to a registry on this machine, and installed by npm, pnpm and
 * Yarn into an empty application. The README's quick start has to run there in every way in which programs load packages.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { buildSync } = require('esbuild');
const { missing, triple } = require('../../js/platform');
const { name: NAME } = require('../../package.json');
const { ADDON, SERVER } = require('../../scripts/build');
const { packMain, packPlatform } = require('../../scripts/package');
const { platform, platforms } = require('../../scripts/platforms');
const { version, versions } = require('../../scripts/version');
const children = require('../../testkit/children');
const { App, Place } = require('../support/fresh-app');
const { startPostgres } = require('../../testkit/postgres');
const { asCommonJs, asTest, quickStart } = require('../support/quick-start');
const { startRegistry } = require('../support/registry');
const { announced } = require('../../testkit/servers');

const ROOT = path.join(__dirname, '..', '..');
const PLATFORM_PACKAGE = `${NAME}-${triple()}`;
const printed = quickStart();
/** The README's addresses, and where those servers are in this test. @type {Map<string, string>} */
const addresses = new Map();
const servers = [];
let place;
let registry;
let postgres;
/** The application that npm made. */
let app;
let databaseUrl;

before(async () => {
  place = new Place();
  registry = await startRegistry(place.directory);
  place.environment.npm_config_userconfig = registry.npmrc;
  const out = place.directory;
  const parts = { triple: triple(), addon: ADDON, server: SERVER };
  // Of the other platforms only their package.json matters: nobody installs them here.
  const others = platforms().filter((one) => one.triple !== triple());
  const all = [packMain(out), packPlatform(out, parts), ...others.map((one) => one.directory)];
  await Promise.all(all.map((one) => registry.publish(one)));

  app = place.app('npm');
  await app.npm('install', ...printed.packages);
  postgres = await startPostgres();
  databaseUrl = await postgres.createDatabase('local');
  for (const server of printed.servers) servers.push(await start(server));
});

after(async () => {
  for (const server of servers.reverse()) await children.stop(server);
  await postgres?.destroy();
  await registry?.stop();
  place?.remove();
});

/** Starts a server as the README does, on a free port. */
async function start({ database, args }) {
  const [announcedAs] = args.slice(args.indexOf('--listen') + 1);
  const actual = args.map((arg) => (arg === announcedAs ? '127.0.0.1:0' : (addresses.get(arg) ?? arg)));
  const DATABASE_URL = await postgres.createDatabase(new URL(database).hostname);
  const child = app.start('mtdd-server', actual, { DATABASE_URL });
  const address = await announced(child);
  assert.ok(address, child.output);
  addresses.set(announcedAs, address);
  return child;
}

/** The README's program with the addresses of this test. */
function program() {
  let text = printed.program;
  for (const [theirs, actual] of addresses) text = text.replaceAll(theirs, actual);
  return text;
}

/** Runs a program that is the quick start. */
async function answers(where, args) {
  const output = await where.node(args, { DATABASE_URL: databaseUrl });
  assert.match(output, /tenant_id: 'tenant-abc-123', item: 'Tea'/);
}

/** An error's text, of a command that has to fail. */
async function failure(running) {
  const error = await running.then(
    (output) => assert.fail(`expected an error, got: ${output}`),
    (reason) => reason,
  );
  return error.message;
}

describe('what is packed', () => {
  test('one version stands in every file, and every platform has its directory in npm/', () => {
    assert.equal(new Set(versions().map((one) => one.version)).size, 1, JSON.stringify(versions(), null, 2));
    const names = platforms().map((one) => one.triple);
    assert.deepEqual(fs.readdirSync(path.join(ROOT, 'npm')).sort(), names.sort());
    for (const { triple, manifest, addon, server } of platforms()) {
      const [os, cpu, abi] = triple.split('-');
      assert.equal(manifest.name, `${NAME}-${triple}`);
      assert.deepEqual([manifest.os, manifest.cpu], [[os], [cpu]]);
      assert.deepEqual(manifest.libc, os === 'linux' ? [{ gnu: 'glibc', musl: 'musl' }[abi]] : undefined);
      assert.equal(manifest.main, addon);
      assert.deepEqual(manifest.files, [addon, server, 'THIRD-PARTY-LICENSES.md']);
    }
  });

  test('the main package has what an application needs, and asks for exactly its own platform packages', () => {
    const home = app.path('node_modules', NAME);
    const manifest = JSON.parse(fs.readFileSync(`${home}/package.json`, 'utf8'));
    const files = ['CHANGELOG.md', 'LICENSE', 'README.md', 'index.d.ts', 'js', 'package.json'];
    assert.deepEqual(fs.readdirSync(home).sort(), files);
    assert.deepEqual(
      manifest.optionalDependencies,
      Object.fromEntries(platforms().map((one) => [one.manifest.name, version()])),
    );
    assert.equal(manifest.devDependencies, undefined);
    assert.equal(manifest.scripts, undefined);
    assert.deepEqual(manifest.peerDependenciesMeta, {
      express: { optional: true },
      'firebase-admin': { optional: true },
    });
  });

  test('the platform package has the addon, a server that can be run, and the licences of what is inside', () => {
    const home = app.path('node_modules', PLATFORM_PACKAGE);
    const { addon, server } = platform(triple());
    const files = ['LICENSE', 'README.md', 'THIRD-PARTY-LICENSES.md', addon, server, 'package.json'];
    assert.deepEqual(fs.readdirSync(home).sort(), files.sort());
    assert.equal(fs.statSync(`${home}/${server}`).mode & 0o777, 0o755);
    const licences = fs.readFileSync(`${home}/THIRD-PARTY-LICENSES.md`, 'utf8');
    for (const crate of ['napi', 'ring', 'sqlparser', 'tokio', 'tonic']) {
      assert.match(licences, new RegExp(`^- ${crate} \\d`, 'm'));
      assert.match(licences, new RegExp(`^## .*\\b${crate} \\d`, 'm'));
    }
    assert.doesNotMatch(licences, /^- protox /m, 'a crate that only builds');
  });
});

test('a clone in which nothing is installed can begin to set itself up', async () => {
  const clone = place.app('clone');
  for (const part of ['scripts', 'js'])
    fs.cpSync(path.join(ROOT, part), clone.path(part), { recursive: true });
  // npm refuses it, which is what comes first: no package of npm may be needed before.
  clone.write('package-lock.json', 'broken');
  assert.match(await failure(clone.node(['scripts/setup.js'])), /npm ci .*failed/);
});

describe('the quick start runs', () => {
  test('with import', async () => {
    app.write('quick-start.mjs', program());
    await answers(app, ['quick-start.mjs']);
  });

  test('with require', async () => {
    app.write('quick-start.cjs', asCommonJs(program()));
    await answers(app, ['quick-start.cjs']);
  });

  test('in TypeScript, with the module resolutions node16 and bundler', async () => {
    app.link('@types/express', '@types/node');
    // Types that were not found would let the wrong call pass, and be an error here.
    const wrong = "\n// @ts-expect-error\nif (false) await db('orders').mtdd({ timeout: 'soon' });\n";
    app.write('typescript/module.mts', program() + wrong);
    const common = asCommonJs(program()).replace(
      /^const \{ (\w+) \} = require\((.+)\);$/m,
      'import library = require($2);\nconst { $1 } = library;',
    );
    app.write('typescript/common.cts', common.replace(/^const (\w+) = require/gm, 'import $1 = require'));
    const options = [
      '--strict',
      '--skipLibCheck',
      '--esModuleInterop',
      '--target',
      'es2022',
      '--types',
      'node',
    ];
    const tsc = (...args) => app.node([App.tool('typescript/bin/tsc'), ...options, ...args]);
    const files = ['typescript/module.mts', 'typescript/common.cts'];
    await tsc('--module', 'node16', '--moduleResolution', 'node16', '--outDir', 'typescript/out', ...files);
    await tsc('--module', 'esnext', '--moduleResolution', 'bundler', '--noEmit', 'typescript/module.mts');
    await answers(app, ['typescript/out/module.mjs']);
    await answers(app, ['typescript/out/common.cjs']);
  });

  test('bundled by esbuild, with this package, Knex and pg left outside', async () => {
    app.write('esbuild/in.cjs', asCommonJs(program()));
    buildSync({
      absWorkingDir: app.home,
      entryPoints: ['esbuild/in.cjs'],
      outfile: 'esbuild/out.cjs',
      bundle: true,
      platform: 'node',
      external: [NAME, 'knex', 'pg'],
      logLevel: 'silent',
    });
    await answers(app, ['esbuild/out.cjs']);
  });

  test('in Jest', async () => {
    app.write('jest/quick-start.test.js', asTest(program(), 'require'));
    const args = [
      App.tool('jest/bin/jest.js'),
      '--ci',
      '--watchman=false',
      '--rootDir',
      app.home,
      '--roots',
      app.path('jest'),
    ];
    const output = await app.node(args, { DATABASE_URL: databaseUrl });
    assert.match(output, /1 passed, 1 total/);
  });

  test('in Vitest', async () => {
    app.link('vitest');
    app.write('vitest/quick-start.test.mjs', asTest(program(), 'import'));
    const args = [App.tool('vitest/vitest.mjs'), 'run', '--globals', '--dir', 'vitest'];
    const output = await app.node(args, { DATABASE_URL: databaseUrl });
    assert.match(output, /Tests +1 passed/);
  });

  test('installed by pnpm', async () => {
    const own = place.app('pnpm');
    // A package of this minute is what is tested.
    own.write('pnpm-workspace.yaml', 'minimumReleaseAge: 0\n');
    own.write('quick-start.mjs', program());
    await own.node([App.tool('pnpm/bin/pnpm.cjs'), 'add', ...printed.packages]);
    await answers(own, ['quick-start.mjs']);
  });

  test("installed by Yarn, with its Plug'n'Play", async () => {
    const own = place.app('yarn');
    const yarn = (...args) =>
      own.node([App.tool('@yarnpkg/cli-dist/bin/yarn.js'), ...args], { DATABASE_URL: databaseUrl });
    own.write('quick-start.mjs', program());
    own.write('.yarnrc.yml', registry.yarnrc);
    own.write('yarn.lock', '');
    await yarn('add', ...printed.packages);
    assert.match(await yarn('node', 'quick-start.mjs'), /item: 'Tea'/);
  });
});

test('the command line runs from the installed package', async () => {
  const command = app.start('mtdd', ['--version'], {});
  assert.equal((await command.ended).code, 0, command.output);
  assert.equal(command.output, `${version()}\n`);
  app.write(
    'migrations/1_made.cjs',
    'exports.up = (knex) => knex.raw("create table made ()"); exports.down = () => {};',
  );
  app.write('knexfile.cjs', "module.exports = { client: 'pg' };");
  const MTDD_SHARD_URLS = await postgres.createDatabase('migrated');
  const migrate = app.start('mtdd', ['migrate', 'latest', '--knexfile', app.path('knexfile.cjs')], {
    MTDD_SHARD_URLS,
  });
  assert.equal((await migrate.ended).code, 0, migrate.output);
});

describe('where the addon is missing, the error says which package and which command', () => {
  const quickStartIn = (where) => {
    where.write('quick-start.mjs', program());
    return where.node(['quick-start.mjs'], { DATABASE_URL: databaseUrl });
  };

  /** Says what is missing, and runs after the command that the error names. */
  async function isMended(where) {
    const message = await failure(quickStartIn(where));
    assert.match(message, /ConfigError: The native addon is not installed/);
    assert.ok(message.includes(`the package ${PLATFORM_PACKAGE} is missing`), message);
    const [, command] = /Run `npm (.+?)`/.exec(message);
    await where.npm(...command.split(' '));
    await answers(where, ['quick-start.mjs']);
  }

  test('after an install without optional dependencies', async () => {
    const own = place.app('omitted');
    await own.npm('install', '--omit=optional', ...printed.packages);
    const server = own.start('mtdd-server', ['--help'], {});
    assert.equal((await server.ended).code, 126);
    assert.match(
      server.output,
      /^mtdd-server is not installed: the package .+ is missing\. Run `npm install /,
    );
    await isMended(own);
  });

  test('after an install for another platform', async () => {
    const own = place.app('foreign');
    const [other] = platforms().filter(({ manifest }) => !manifest.os.includes(process.platform));
    const { os, cpu } = other.manifest;
    await own.npm('install', `--os=${os}`, `--cpu=${cpu}`, ...printed.packages);
    assert.ok(fs.existsSync(own.path('node_modules', other.manifest.name)));
    await isMended(own);
  });

  test('on a platform for which there is none, and in a checkout that has not been built', async () => {
    app.write('riscv.cjs', "Object.defineProperty(process, 'arch', { value: 'riscv64' });");
    const message = await failure(app.node(['--require', './riscv.cjs', 'quick-start.mjs']));
    assert.match(message, /The native addon does not exist for \w+-riscv64.*It exists for darwin-arm64, /);
    assert.match(
      missing('The native addon'),
      /has not been built for .+: run `npm run build` in the checkout/,
    );
  });

  test('beside an addon of another version, which is refused', async () => {
    const file = app.path('node_modules', PLATFORM_PACKAGE, 'package.json');
    const original = fs.readFileSync(file, 'utf8');
    fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(original), version: '1.9.9' }));
    const message = await failure(quickStartIn(app));
    fs.writeFileSync(file, original);
    assert.ok(message.includes(`${PLATFORM_PACKAGE} is 1.9.9, and this library is ${version()}`), message);
  });
});
