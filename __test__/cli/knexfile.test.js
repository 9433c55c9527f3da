/** Knexfiles and migrations in every language and form that Knex's own command line takes, and lists of shards. */

const assert = require('node:assert/strict');
const path = require('node:path');
const { after, before, beforeEach, afterEach, describe, it } = require('node:test');
const { startPostgres } = require('../../testkit/postgres');
const { Project, ask } = require('../support/cli');

const CJS = `exports.up = (knex) => knex.schema.createTable('made', (t) => t.increments());
exports.down = (knex) => knex.schema.dropTable('made');\n`;
const ESM = `export const up = (knex) => knex.schema.createTable('made', (t) => t.increments());
export const down = (knex) => knex.schema.dropTable('made');\n`;
/** What an application has that runs TypeScript: a hook for \`require\`. */
const HOOK = `const fs = require('node:fs');
const ts = require(${JSON.stringify(require.resolve('typescript'))});
require.extensions['.ts'] = (module, file) => {
  const { outputText } = ts.transpileModule(fs.readFileSync(file, 'utf8'), { compilerOptions: { module: 'commonjs' } });
  module._compile(outputText, file);
};\n`;

describe('the knexfile of mtdd migrate', () => {
  let postgres;
  let project;
  let urls;
  let databases = 0;

  before(async () => {
    postgres = await startPostgres();
  });
  after(() => postgres?.destroy());
  beforeEach(async () => {
    project = new Project();
    urls = [0, 1].map(() => `shard${databases++}`);
    for (const [shard, name] of urls.entries()) urls[shard] = await postgres.createDatabase(name);
  });
  afterEach(() => project.remove());

  const list = () => JSON.stringify(urls);
  const made = async () => {
    for (const url of urls) assert.deepEqual(await ask(url, 'select * from made'), []);
  };
  async function runs(args = [], options = {}) {
    const { code, stderr } = await project.migrate(['latest', ...args], options);
    assert.equal(code, 0, stderr);
    await made();
  }

  it('may be CommonJS, beside CommonJS migrations', async () => {
    project.write('knexfile.cjs', `module.exports = { client: 'pg', shards: ${list()} };`);
    project.write('migrations/1_made.cjs', CJS);
    await runs();
  });

  it('may be an ES module, beside ES modules as migrations', async () => {
    project.write('package.json', '{"type":"module"}');
    project.write('knexfile.js', `export default { client: 'pg', shards: ${list()} };`);
    project.write('migrations/1_made.js', ESM);
    await runs();
  });

  it('may be .mjs, with migrations in .mjs', async () => {
    project.write(
      'knexfile.mjs',
      `export default async () => ({ shards: ${list()}, migrations: { loadExtensions: ['.mjs'] } });`,
    );
    project.write('migrations/1_made.mjs', ESM);
    await runs();
  });

  it('may be TypeScript, beside TypeScript, if the application loads it', async () => {
    project.write(
      'knexfile.ts',
      `const shards: string[] = ${list()};\nexport default { client: 'pg', shards };`,
    );
    project.write('migrations/1_made.ts', ESM.replaceAll('(knex)', '(knex: any)'));
    const without = await project.migrate(['latest']);
    assert.equal(without.code, 2);
    assert.match(
      without.stderr,
      /knexfile\.ts cannot be loaded: .*TypeScript needs ts-node, or another loader/s,
    );
    const hook = project.write('hook.cjs', HOOK);
    await runs([], { env: { NODE_OPTIONS: `--require=${hook}` } });
  });

  it('may lie elsewhere, with environments and settings of its migrations', async () => {
    project.write(
      'config/knexfile.js',
      `module.exports = {
         production: { client: 'pg', shards: ${list()}, migrations: { directory: ['./a', './b'], tableName: 'mine', schemaName: 'side' } },
         development: { client: 'pg', shards: ['postgres://127.0.0.1:1/x'] },
       };`,
    );
    project.write('config/a/1_made.js', CJS);
    for (const url of urls) await ask(url, 'create schema side');
    const where = ['--knexfile', path.join('config', 'knexfile.js')];
    assert.match((await project.migrate(['latest', ...where])).stderr, /migrations: .*config\/migrations/);
    await ask(urls[0], 'select 1');
    const wrong = await project.run(['migrate', 'latest', ...where, '--env', 'produktion']);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /no environment "produktion"; it has production, development/);
    project.write('config/b/2_more.js', CJS.replaceAll('made', 'more'));
    await runs([...where, '--env', 'production']);
    assert.deepEqual(await ask(urls[0], 'select name, batch from side.mine order by id'), [
      { name: '1_made.js', batch: 1 },
      { name: '2_more.js', batch: 1 },
    ]);
    const { migrations } = await project.migrate(['status', ...where], { env: { NODE_ENV: 'production' } });
    assert.deepEqual(
      migrations.map(({ shards }) => shards.length),
      [2, 2],
    );
  });

  it('gives way to --shard-url, and that to MTDD_SHARD_URLS', async () => {
    project.write('knexfile.js', "module.exports = { client: 'pg', shards: ['postgres://127.0.0.1:1/x'] };");
    project.write('migrations/1_made.js', CJS);
    const nowhere = 'postgres://127.0.0.1:1/y';
    await runs(
      urls.flatMap((url) => ['--shard-url', url]),
      { env: { MTDD_SHARD_URLS: nowhere } },
    );
    for (const MTDD_SHARD_URLS of [list(), urls.join(','), ` ${urls.join(' , ')} `]) {
      await runs([], { env: { MTDD_SHARD_URLS } });
    }
  });

  it('may have connections of every form that Knex takes', async () => {
    const { hostname: host, port, pathname, password } = new URL(urls[1]);
    const [object] = [{ host, port: Number(port), user: 'postgres', password, database: pathname.slice(1) }];
    project.write(
      'knexfile.js',
      `module.exports = {
         pool: { max: 1, afterCreate: (connection, done) => connection.query("set application_name = 'mine'", done) },
         postProcessResponse: () => [],
         shards: [async () => ({ connectionString: ${JSON.stringify(urls[0])} }), ${JSON.stringify(object)}],
       };`,
    );
    project.write(
      'migrations/1_made.js',
      `exports.up = (knex) => knex.raw("create table made as select current_setting('application_name') as x");
       exports.down = () => {};`,
    );
    const { code, shards, stderr } = await project.migrate(['latest']);
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      shards.map(({ database }) => database),
      urls.map((url) => url.replace(/^.*@/, '')),
    );
    for (const url of urls) assert.deepEqual(await ask(url, 'select x from made'), [{ x: 'mine' }]);
  });
});

describe('mtdd migrate with wrong arguments', () => {
  let project;
  before(() => {
    project = new Project();
    project.write('migrations/1_made.js', CJS);
    project.write('knexfile.js', "module.exports = { client: 'pg' };");
    project.write('mysql.js', "module.exports = { client: 'mysql2', shards: ['postgres://a/b'] };");
    project.write('throws.js', "throw new Error('at postgres://u:hidden-word@h/d');");
    project.write('number.js', 'module.exports = 5;');
    project.write(
      'nothing.js',
      "module.exports = { shards: ['postgres://a/b'], migrations: { directory: 'none' } };",
    );
  });
  after(() => project.remove());

  const url = 'postgres://user:hidden-word@127.0.0.1:1/one';
  for (const [args, sentence] of [
    [[], /no shards: pass --shard-url for each/],
    [['--shard-url', url, '--shard-url', url], /--shard-url\[1\]: is the same as --shard-url\[0\]/],
    [
      ['--shard-url', 'mysql://user:hidden-word@host/one'],
      /--shard-url\[0\]: expected a URL such as postgres:/,
    ],
    [
      ['--shard-url', 'postgres://user:hidden-word/#@host:x/one'],
      /--shard-url\[0\]: .*encode special characters/,
    ],
    [['--shard-url', ''], /--shard-url\[0\]: expected a URL/],
    [
      ['--shard-url', url, '--concurrency', '0'],
      /--concurrency: expected a whole number, 1 to 1000, got "0"/,
    ],
    [['--shard-url', url, '--concurrency', '65536'], /--concurrency: expected/],
    [['--shard-url', url, '--lock-timeout', '1.5'], /--lock-timeout: expected a whole number/],
    [['--shard-url', url, '--shard', '1'], /--shard: expected a whole number, 0 to 0, got "1"/],
    [['--shard-url', url, '--format', 'xml'], /--format: expected table or json, got "xml"/],
    [['--shard-url', url, '--concurency', '2'], /unknown option: --concurency; did you mean --concurrency\?/],
    [['--shard-url'], /argument missing/],
    [['--shard-url', url, '1_made.js'], /unexpected argument: 1_made\.js/],
    [['--shard-url', url, '--each'], /unknown option: --each/],
    [['--knexfile', 'none.js'], /--knexfile: there is no .*none\.js/],
    [['--knexfile', 'mysql.js'], /client: expected "pg", got "mysql2"/],
    [['--knexfile', 'throws.js'], /throws\.js cannot be loaded: Error: at postgres:/],
    [['--knexfile', 'number.js'], /expected a Knex configuration, got a number/],
    [['--knexfile', 'nothing.js'], /migrations: ENOENT/],
  ]) {
    it(`runs nothing: ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await project.run(['migrate', 'latest', ...args]);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, sentence);
      assert.match(stderr, /Try `mtdd migrate --help`/);
      assert.doesNotMatch(stderr, /hidden-word/);
    });
  }

  it('names a wrong variable, and not what is in it', async () => {
    const { code, stderr } = await project.run(['migrate', 'status'], {
      env: { MTDD_SHARD_URLS: `["${url}"` },
    });
    assert.equal(code, 2);
    assert.match(stderr, /MTDD_SHARD_URLS: expected a JSON array of URLs/);
    assert.doesNotMatch(stderr, /hidden-word/);
  });

  it('guesses the command that was meant, and helps with every one', async () => {
    for (const [args, sentence] of [
      [['migrat'], /unknown command: migrat; did you mean migrate\?/],
      [['migrate', 'lates'], /unknown command: lates; did you mean latest\?/],
      [['migrate'], /expected a command: latest, rollback, up, down, status, unlock/],
      [[], /Usage: mtdd <COMMAND>/],
      [['constructor'], /unknown command: constructor/],
    ]) {
      const { code, stderr } = await project.run(args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, sentence);
    }
    for (const command of ['latest', 'rollback', 'up', 'down', 'status', 'unlock']) {
      const { code, stdout } = await project.run(['migrate', command, '--help']);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`Usage: mtdd migrate ${command}.*--concurrency <N>.*Default: 4`, 's'));
    }
    assert.match((await project.run(['--help'])).stdout, /migrate .*tenants /s);
    assert.match((await project.run(['--version'])).stdout, /^\d+\.\d+\.\d+/);
  });
});
