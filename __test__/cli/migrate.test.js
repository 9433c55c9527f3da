/** `mtdd migrate` on real databases: every shard has all migrations, or the answer says which has not, and why. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, beforeEach, afterEach, describe, it } = require('node:test');
const { onConnection, startPostgres } = require('../../testkit/postgres');
const { Project, ask, until } = require('../support/cli');

const PASSWORD = 'secret-of-the-tests';
const FIRST = '20240101_create_orders.js';
const SECOND = '20240102_require_item.js';
const THIRD = '20240103_add_note.js';

describe('mtdd migrate', () => {
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
    urls = [];
    for (let shard = 0; shard < 3; shard++) urls.push(await newShard());
    knexfile();
    project.migration(FIRST, 'create table orders (id int, item text)', 'drop table orders');
    project.migration(
      SECOND,
      'alter table orders alter column item set not null',
      'alter table orders alter column item drop not null',
    );
  });
  afterEach(() => project.remove());

  const newShard = () => postgres.createDatabase(`shard${databases++}`);
  function knexfile(config = '') {
    project.write(
      'knexfile.js',
      `module.exports = { client: 'pg', shards: ${JSON.stringify(urls)}, ${config} };\n`,
    );
  }
  const column = (results, name) => results.map((one) => one[name]);
  const completedOn = async (url) =>
    (await ask(url, 'select name from knex_migrations order by id')).map(({ name }) => name);
  const columnsOf = async (url) =>
    (await ask(url, "select column_name as name from information_schema.columns where table_name = 'orders'"))
      .map(({ name }) => name)
      .sort();

  it('latest runs all migrations on every shard, and a second one has nothing to do', async () => {
    const first = await project.migrate(['latest']);
    assert.equal(first.code, 0, first.stderr);
    assert.equal(first.done, true);
    assert.deepEqual(column(first.shards, 'outcome'), ['done', 'done', 'done']);
    assert.deepEqual(column(first.shards, 'ran'), Array(3).fill([FIRST, SECOND]));
    assert.deepEqual(column(first.shards, 'batch'), [1, 1, 1]);
    for (const url of urls) assert.deepEqual(await completedOn(url), [FIRST, SECOND]);

    const second = await project.migrate(['latest']);
    assert.equal(second.code, 0, second.stderr);
    assert.deepEqual(column(second.shards, 'ran'), [[], [], []]);
    assert.deepEqual(column(second.shards, 'completed'), [2, 2, 2]);
  });

  it('says where each shard stands when one fails, and goes on from there', async () => {
    await project.migrate(['up', FIRST]);
    await onConnection(urls[1], 'insert into orders values (1, null)');
    const args = ['migrate', 'latest', '--concurrency', '1'];
    const { code, stdout } = await project.run(args);
    assert.equal(code, 1);
    const lines = stdout.split('\n').map((line) => line.replace(/ {2,}/g, ' | '));
    const name = (url) => url.replace(/^.*@/, '');
    assert.equal(lines[1], `0 | ${name(urls[0])} | done | 2 | 1 | 2 | 0`);
    assert.equal(lines[2], `1 | ${name(urls[1])} | failed | - | 0 | 1 | 1`);
    assert.equal(lines[3], `2 | ${name(urls[2])} | not begun | - | 0 | - | -`);
    assert.equal(
      lines[5],
      `shard 1 failed in ${SECOND}: column "item" of relation "orders" contains null values (SQLSTATE 23502)`,
    );
    assert.match(stdout, /Not done on shards 1-2\. The next `mtdd migrate latest` goes on from here\./);

    const again = await project.migrate(['latest', '--concurrency', '1']);
    assert.deepEqual(column(again.shards, 'outcome'), ['done', 'failed', 'not begun']);
    assert.deepEqual(again.shards[1].error, {
      migration: SECOND,
      message: 'column "item" of relation "orders" contains null values',
      sqlstate: '23502',
    });
    await onConnection(urls[1], "update orders set item = 'Tea'");
    const mended = await project.migrate(['latest']);
    assert.equal(mended.code, 0);
    assert.deepEqual(column(mended.shards, 'ran'), [[], [SECOND], [SECOND]]);
  });

  it('says what is left of a shard whose migrations run without a transaction', async () => {
    project.migration(
      THIRD,
      'alter table nowhere add x int',
      undefined,
      'exports.config = { transaction: false };',
    );
    const { code, shards } = await project.migrate(['latest', '--shard', '0']);
    assert.equal(code, 1);
    assert.deepEqual(shards[0].ran, [FIRST, SECOND]);
    assert.deepEqual([shards[0].completed, shards[0].pending], [2, 1]);
    assert.deepEqual([shards[0].error.migration, shards[0].error.sqlstate], [THIRD, '42P01']);
  });

  it('gives a new shard everything, and shows the difference before', async () => {
    await project.migrate(['latest']);
    urls.push(await newShard());
    knexfile();
    const before = await project.run(['migrate', 'status']);
    assert.equal(before.code, 0, before.stderr);
    assert.match(before.stdout, /^migration +shards 0-2 +shard 3$/m);
    assert.match(before.stdout, new RegExp(`^${FIRST} +batch 1 +pending$`, 'm'));
    assert.match(before.stdout, new RegExp(`${FIRST} has run on shards 0-2, and is pending on shard 3`));
    assert.deepEqual(await ask(urls[3], "select 1 from pg_class where relname like 'knex%'"), []);

    assert.deepEqual(column((await project.migrate(['latest'])).shards, 'ran').at(-1), [FIRST, SECOND]);
    const { code, migrations, differences, shards } = await project.migrate(['status']);
    assert.equal(code, 0);
    assert.deepEqual(differences, []);
    assert.deepEqual(
      migrations.map(({ name, file, shards }) => [name, file, shards.map(({ batch }) => batch)]),
      [FIRST, SECOND].map((name) => [name, true, [1, 1, 1, 1]]),
    );
    assert.deepEqual(column(shards, 'isLocked'), Array(4).fill(false));
  });

  it('does not roll back "the last batch" where it is another one, unless asked to', async () => {
    await project.migrate(['up', FIRST]);
    await project.migrate(['latest']);
    urls.push(await newShard());
    knexfile();
    await project.migrate(['latest']);
    const refused = await project.run(['migrate', 'rollback']);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^The last batch is not the same on all shards; nothing was run:$/m);
    assert.match(refused.stderr, new RegExp(`shard 3: ${SECOND}, ${FIRST}`));
    for (const url of urls) assert.deepEqual(await completedOn(url), [FIRST, SECOND]);

    assert.equal((await project.migrate(['down', SECOND])).code, 0);
    for (const url of urls) assert.deepEqual(await completedOn(url), [FIRST]);
    const { code, shards } = await project.migrate(['rollback', '--each']);
    assert.equal(code, 0);
    assert.deepEqual(column(shards, 'ran'), Array(4).fill([FIRST]));
    await project.migrate(['latest']);
    assert.deepEqual(
      column((await project.migrate(['rollback', '--all'])).shards, 'completed'),
      [0, 0, 0, 0],
    );
    for (const url of urls) assert.deepEqual(await columnsOf(url), []);
  });

  it('goes on with a rollback that has failed on one shard, and rolls no further back on the others', async () => {
    await project.migrate(['up', FIRST]);
    project.migration(
      THIRD,
      'alter table orders add note text',
      "do $$ begin if exists (select from orders) then raise 'not empty'; end if; end $$; alter table orders drop note",
    );
    await project.migrate(['latest']);
    await onConnection(urls[2], "insert into orders values (1, 'Tea', 'x')");
    const failed = await project.migrate(['down', '--concurrency', '1']);
    assert.deepEqual(column(failed.shards, 'outcome'), ['done', 'done', 'failed']);
    assert.equal(failed.shards[2].error.message, 'not empty');
    await onConnection(urls[2], 'delete from orders');

    assert.equal((await project.migrate(['down'])).code, 1);
    assert.deepEqual(await completedOn(urls[0]), [FIRST, SECOND]);
    const named = await project.migrate(['down', THIRD]);
    assert.equal(named.code, 0);
    assert.deepEqual(column(named.shards, 'ran'), [[], [], [THIRD]]);
    const next = await project.migrate(['down']);
    assert.deepEqual(column(next.shards, 'ran'), [[SECOND], [SECOND], [SECOND]]);
  });

  it('up runs one migration, and a second one goes on', async () => {
    assert.deepEqual(column((await project.migrate(['up'])).shards, 'ran'), Array(3).fill([FIRST]));
    assert.deepEqual(column((await project.migrate(['up'])).shards, 'ran'), Array(3).fill([SECOND]));
    assert.deepEqual(column((await project.migrate(['up'])).shards, 'ran'), [[], [], []]);
    const unknown = await project.run(['migrate', 'up', '20240102_requires_item.js']);
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, new RegExp(`did you mean ${SECOND}\\?`));
  });

  it('two at once run every migration once, also on new shards', async () => {
    const both = await Promise.all([project.migrate(['latest']), project.migrate(['latest'])]);
    for (const { code, stderr } of both) assert.equal(code, 0, stderr);
    for (let shard = 0; shard < 3; shard++) {
      assert.equal(both.flatMap(({ shards }) => shards[shard].ran).length, 2);
      assert.deepEqual(await completedOn(urls[shard]), [FIRST, SECOND]);
    }
  });

  it('waits for another one that runs, builds indexes concurrently meanwhile, and gives up in time', async () => {
    const options = 'exports.config = { transaction: false };';
    project.migration(THIRD, 'create index concurrently on orders (item)', undefined, options);
    project.migration('20240104_wait.js', 'select pg_sleep(4)', undefined, options);
    const first = project.start(['migrate', 'latest', '--shard', '0', '--format', 'json']);
    await until(
      async () => (await ask(urls[0], "select 1 from pg_locks where locktype = 'advisory'")).length > 0,
    );
    const [impatient, patient] = await Promise.all([
      project.migrate(['latest', '--shard', '0', '--lock-timeout', '0']),
      project.migrate(['latest', '--shard', '0']),
    ]);
    assert.equal(impatient.code, 1);
    assert.equal(impatient.shards[0].outcome, 'locked');
    assert.match(
      impatient.shards[0].error.message,
      /another `mtdd migrate` runs on this shard \(PostgreSQL process \d+/,
    );
    assert.equal((await first.ended).code, 0);
    assert.equal(patient.code, 0, patient.stderr);
    assert.match(patient.stderr, /shard 0: waits for another `mtdd migrate`/);
    assert.deepEqual(patient.shards[0].ran, []);
  });

  it("says that Knex's lock is left behind, goes on with the other shards, and unlocks", async () => {
    await project.migrate(['up']);
    await onConnection(urls[1], 'update knex_migrations_lock set is_locked = 1');
    const { code, shards } = await project.migrate(['latest', '--concurrency', '1']);
    assert.equal(code, 1);
    assert.deepEqual(column(shards, 'outcome'), ['done', 'locked', 'done']);
    assert.match(shards[1].error.message, /free it: npx mtdd migrate unlock --shard 1$/);
    assert.match((await project.run(['migrate', 'status'])).stdout, / taken$/m);

    const unlocked = await project.migrate(['unlock']);
    assert.equal(unlocked.code, 0);
    assert.deepEqual(column(unlocked.shards, 'released'), [false, true, false]);
    assert.equal((await project.migrate(['latest'])).code, 0);
  });

  it('works on so many shards at the same time as --concurrency says', async () => {
    project.migration(THIRD, 'select pg_sleep(0.7)');
    for (const [bound, most] of [
      [1, 1],
      [2, 2],
    ]) {
      const { ended, child } = project.start(['migrate', 'latest', '--concurrency', String(bound)]);
      let seen = 0;
      while (child.exitCode === null) {
        const active = await ask(
          urls[0],
          "select count(distinct datname)::int as n from pg_stat_activity where query like '%pg_sleep%' and state = 'active' and pid <> pg_backend_pid()",
        );
        seen = Math.max(seen, active[0].n);
      }
      assert.equal((await ended).code, 0);
      assert.equal(seen, most);
      await project.migrate(['down', THIRD]);
    }
  });

  it('does the others when a shard cannot be reached, and tells no password', async () => {
    urls[0] = `postgres://postgres:${PASSWORD}@127.0.0.1:1/nowhere`;
    knexfile();
    const json = await project.migrate(['latest', '--concurrency', '1']);
    assert.equal(json.code, 1);
    assert.deepEqual(column(json.shards, 'outcome'), ['unreachable', 'done', 'done']);
    assert.equal(json.shards[0].database, '127.0.0.1:1/nowhere');
    assert.match(json.shards[0].error.message, /ECONNREFUSED/);
    for (const command of ['latest', 'status', 'rollback', 'unlock']) {
      const { code, stdout, stderr } = await project.run(['migrate', command]);
      assert.equal(code, 1, command);
      assert.match(stdout + stderr, /ECONNREFUSED/, command);
      assert.doesNotMatch(stdout + stderr, new RegExp(PASSWORD), command);
    }
    assert.deepEqual(await completedOn(urls[1]), [FIRST, SECOND]);
  });

  it('hides passwords that a migration prints or throws', async () => {
    project.write(
      `migrations/${THIRD}`,
      `exports.up = async (knex) => { throw new Error('at ' + knex.client.connectionSettings.connectionString); };
       exports.down = async () => {};`,
    );
    const { code, stdout, stderr } = await project.run(['migrate', 'latest']);
    assert.equal(code, 1);
    assert.match(stdout, /at postgres:\/\/postgres:\[redacted\]@127/);
    assert.doesNotMatch(stdout + stderr, new RegExp(PASSWORD));
  });

  it('is killed in the middle, and the next one does everything once', async () => {
    project.migration(THIRD, 'alter table orders add note text; select pg_sleep(600)');
    const killed = project.start(['migrate', 'latest']);
    const sleeping = () => ask(urls[0], "select 1 from pg_stat_activity where wait_event = 'PgSleep'");
    await until(async () => (await sleeping()).length === 3);
    killed.child.kill('SIGKILL');
    await killed.ended;
    project.migration(THIRD, 'alter table orders add note text');
    const { code, shards, stderr } = await project.migrate(['latest']);
    assert.equal(code, 0, stderr);
    assert.deepEqual(column(shards, 'completed'), [3, 3, 3]);
    for (const url of urls) assert.deepEqual(await columnsOf(url), ['id', 'item', 'note']);
  });

  it('ends what runs after Ctrl-C, begins no other shard, and prints the table', async () => {
    project.migration(THIRD, 'select pg_sleep(2)');
    const { child, ended } = project.start(['migrate', 'latest', '--concurrency', '2', '--format', 'json']);
    const sleeping = () => ask(urls[0], "select 1 from pg_stat_activity where wait_event = 'PgSleep'");
    await until(async () => (await sleeping()).length === 2);
    child.kill('SIGINT');
    // npx passes the terminal's signal on a second time.
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 1);
    assert.match(stderr, /Interrupted: no further shard begins/);
    assert.deepEqual(column(JSON.parse(stdout).shards, 'outcome'), ['done', 'done', 'not begun']);
    assert.deepEqual(await completedOn(urls[1]), [FIRST, SECOND, THIRD]);
  });

  it('ends at once after a second Ctrl-C, and leaves nothing half done', async () => {
    project.migration(THIRD, 'alter table orders add note text; select pg_sleep(600)');
    const { child, said, ended } = project.start(['migrate', 'latest', '--shard', '0']);
    const sleeping = () => ask(urls[0], "select 1 from pg_stat_activity where wait_event = 'PgSleep'");
    await until(async () => (await sleeping()).length === 1);
    child.kill('SIGINT');
    await until(() => said.stderr.includes('Interrupted'));
    await new Promise((resolve) => setTimeout(resolve, 1100));
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    assert.equal(code, 130);
    assert.match(stderr, /Ended: PostgreSQL rolls open transactions back/);
    await until(async () => (await sleeping()).length === 0);
    assert.deepEqual(await columnsOf(urls[0]), []);
  });

  it('goes on when nobody reads what it prints', async () => {
    project.migration(THIRD, 'select pg_sleep(0.5)');
    const { child, ended } = project.start(['migrate', 'latest', '--concurrency', '1']);
    child.stdout.destroy();
    child.stderr.destroy();
    assert.equal((await ended).code, 0);
    for (const url of urls) assert.deepEqual(await completedOn(url), [FIRST, SECOND, THIRD]);
  });

  it('keeps its lock while a migration takes longer than connections may be idle', async () => {
    const timeout = "alter database %I set idle_session_timeout = ''300ms''";
    await onConnection(urls[0], `do $$ begin execute format('${timeout}', current_database()); end $$`);
    project.migration(THIRD, 'select pg_sleep(1.5)');
    const { ended } = project.start(['migrate', 'latest', '--shard', '0']);
    const locks = async () =>
      (await ask(urls[1], "select 1 from pg_locks where locktype = 'advisory'")).length;
    await until(async () => (await locks()) === 1);
    await new Promise((resolve) => setTimeout(resolve, 900));
    assert.equal(await locks(), 1);
    assert.equal((await ended).code, 0);
  });

  it('has nothing to do where there are no migrations', async () => {
    for (const name of [FIRST, SECOND]) fs.rmSync(path.join(project.directory, 'migrations', name));
    for (const command of ['latest', 'up', 'down', 'rollback']) {
      const { code, shards } = await project.migrate([command]);
      assert.equal(code, 0, command);
      assert.deepEqual(column(shards, 'ran'), [[], [], []]);
    }
    assert.match((await project.run(['migrate', 'status'])).stdout, /No differences between shards\./);
  });

  it('fails if a migration does not await what fails', async () => {
    project.write(
      `migrations/${THIRD}`,
      `exports.up = async () => { Promise.reject(new Error('forgotten')); };
       exports.down = async () => {};`,
    );
    const { code, stdout, stderr } = await project.run(['migrate', 'latest', '--shard', '0']);
    assert.equal(code, 1);
    assert.match(stderr, /has not awaited a promise, which was rejected: forgotten/);
    assert.match(stdout, /done/);
  });

  it('refuses to run where a completed migration has no file, and status names it', async () => {
    await project.migrate(['latest']);
    await onConnection(urls[1], "insert into knex_migrations (name, batch) values ('20230101_gone.js', 2)");
    const status = await project.run(['migrate', 'status']);
    assert.match(status.stdout, /20230101_gone\.js has run on shard 1, and has no file/);
    const { code, shards } = await project.migrate(['latest']);
    assert.equal(code, 1);
    assert.match(shards[1].error.message, /migration directory is corrupt/);
  });
});
