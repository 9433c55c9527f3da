/** Row-level security whose policies look at more than their row: for all shards they would look at one shard's rows. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startShards } = require('../support/shards');

const TENANT = "nullif(current_setting('mtdd.tenant_id', true), '')";
const COUNT = '(select count(*) from notes) > 2';

const SEED = [
  `do $$ begin create role policed; exception when duplicate_object then null; end $$`,
  'create table notes (id int, tenant text)',
  ...['plain', 'counted', 'membered', 'timed', 'writing', 'checked', 'called', 'changing', 'exempt'].map(
    (name) => `create table ${name} (id int, tenant text)`,
  ),
  'create table rates (id int)',
  'create table rules (id int)',
  'create function many() returns bool language sql stable as $$ select count(*) > 2 from notes $$',
  ...[
    'plain',
    'counted',
    'membered',
    'timed',
    'writing',
    'checked',
    'called',
    'changing',
    'exempt',
    'rules',
  ].map((name) => `alter table ${name} enable row level security`),
  `create policy own on plain using (tenant = ${TENANT} or ${TENANT} is null)`,
  `create policy large on counted using (${COUNT})`,
  'create policy of_members on membered using (exists (select from notes n where n.tenant = membered.tenant))',
  "create policy fresh on timed using (now() > timestamptz '2000-01-01')",
  'create policy readable on writing for select using (true)',
  `create policy rare on writing as permissive for update using (${COUNT})`,
  'create policy removable on writing for delete using (true)',
  'create policy visible on checked using (true) with check ((select count(*) from notes) > 2)',
  'create policy by_function on called using (many())',
  'create policy open on changing using (true)',
  `create policy of_others on exempt to postgres using (${COUNT})`,
  'create policy everybody on exempt using (true)',
  `create policy by_rows on rules using (${COUNT})`,
  ...['one', 'other'].map(
    (name) =>
      `do $$ begin create role policed_as_${name}; exception when duplicate_object or unique_violation then null; end $$`,
  ),
  'create table turned (id int, tenant text)',
  'alter table turned enable row level security',
  'create policy own on turned to policed_as_one using (true)',
  `create policy large on turned to policed_as_other using (${COUNT})`,
  'create view seen as select id, tenant from counted',
  'grant all on all tables in schema public to policed',
];

const ROWS = [
  [
    { id: 1, tenant: 'a' },
    { id: 2, tenant: 'a' },
  ],
  [{ id: 3, tenant: 'b' }],
  [],
];

describe('policies', () => {
  let shards;
  before(async () => {
    shards = await startShards({
      seed: SEED,
      options: '-c role=policed',
      mtdd: { referenceTables: ['rates', 'rules'] },
    });
    for (const table of [
      'notes',
      'plain',
      'counted',
      'membered',
      'timed',
      'writing',
      'checked',
      'exempt',
      'changing',
    ])
      await shards.fill(table, ROWS);
  });
  after(() => shards?.stop());

  const assertRefused = (sql, ...parts) =>
    assert.rejects(
      shards.db.raw(sql).mtdd(),
      (error) => {
        assert.equal(error.code, 'PLAN_UNSUPPORTED', error.stack);
        for (const part of parts) assert.match(error.message, part);
        return true;
      },
      sql,
    );
  const count = async (table) =>
    Number((await shards.db.raw(`select count(*) from ${table}`).mtdd()).rows[0].count);

  it('that look at their row, at settings, or at rows of its tenant are none of the planner’s business', async () => {
    assert.equal(await count('plain'), 3);
    assert.equal(await count('membered'), 3);
    assert.equal(await count('exempt'), 3);
  });

  it('that look at rows of other tenants are refused, with their names and their tables', async () => {
    const reason = [/the policy large of counted: a subquery reads rows of all shards/, /connect as a role/];
    await assertRefused('select id from counted', ...reason);
    await assertRefused(
      'select n.id from notes n where exists (select from counted c where c.tenant = n.tenant)',
      ...reason,
    );
    await assertRefused('delete from counted', ...reason);
    await assertRefused('select id from seen', ...reason);
    await assertRefused('select id from rules', /the policy by_rows of rules/);
  });

  it('that ask for the time, or call functions, are judged as WHERE would be', async () => {
    await assertRefused('select id from timed', /now\(\) inside the policy fresh of timed/);
    await assertRefused(
      'select id from called',
      /the function many of the policy by_function of called is not immutable/,
    );
  });

  it('of other statements do not matter', async () => {
    assert.equal(await count('writing'), 3);
    await assertRefused('update writing set id = id', /the policy rare of writing/);
    await assertRefused('select id from writing for update', /the policy rare of writing/);
    assert.equal(await count('checked'), 3);
    await assertRefused('update checked set id = id', /the policy visible of checked/);
    assert.equal((await shards.db.raw('delete from writing where id = 1').mtdd()).rowCount, 1);
  });

  it('that are changed are noticed at once', async () => {
    assert.equal(await count('changing'), 3);
    await shards.prepare(`alter policy open on changing using (${COUNT})`);
    await assertRefused('select count(*) from changing', /the policy open of changing/);
    await shards.prepare('alter table changing disable row level security');
    assert.equal(await count('changing'), 3);
    await shards.databases[1].raw('alter table changing enable row level security');
    await assertRefused('select count(*) from changing', /the active policies of shards 0 and 1 differ/);
  });

  it('that hold for another role than before are noticed at once', async () => {
    await shards.whole.raw('grant policed_as_one to policed');
    assert.equal(await count('turned'), 0);
    await shards.whole.raw('revoke policed_as_one from policed; grant policed_as_other to policed');
    await assertRefused('select count(*) from turned', /the policy large of turned/);
  });
});
