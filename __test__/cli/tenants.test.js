/** `mtdd tenants` is `mtdd-server lookup`: the same flags, the same answers, the same exit codes. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { after, before, describe, it } = require('node:test');
const { startPostgres } = require('../../testkit/postgres');
const { SERVER } = require('../../scripts/build');
const { Project } = require('../support/cli');

describe('mtdd tenants', () => {
  let postgres;
  let project;
  let env;
  before(async () => {
    assert.ok(fs.existsSync(SERVER), SERVER);
    project = new Project();
    postgres = await startPostgres();
    env = { DATABASE_URL: await postgres.createDatabase('tenants'), MTDD_SHARDS: '2' };
  });
  after(async () => {
    await postgres?.destroy();
    project?.remove();
  });

  const tenants = (...args) => project.run(['tenants', ...args], { env });

  it('registers, finds, moves, lists and removes a tenant', async () => {
    assert.equal((await tenants('add', 'acme', '--shard', '0')).code, 0);
    const where = async () => JSON.parse((await tenants('where', 'acme', '--format', 'json')).stdout).shard;
    assert.equal(await where(), 0);
    assert.equal((await tenants('move', 'acme', '--to', '1')).code, 0);
    assert.equal(await where(), 1);
    const { stdout } = await tenants('list', '--shard', '1');
    assert.match(stdout, /acme/);
    assert.equal((await tenants('remove', 'acme')).code, 0);
  });

  it('passes on exit codes: 2 for wrong arguments, 3 for a tenant that is not there', async () => {
    assert.equal((await tenants('where', 'nobody')).code, 3);
    assert.equal((await tenants('where')).code, 2);
    assert.equal((await tenants('move', 'nobody', '--to', '7')).code, 2);
    env.DATABASE_URL = env.DATABASE_URL.replace(/:\d+\//, ':1/');
    const { code, stdout, stderr } = await tenants('list');
    assert.equal(code, 1);
    assert.doesNotMatch(stdout + stderr, /secret-of-the-tests/);
  });

  it('refuses a command that it does not have, and prints the help of those that it has', async () => {
    const unknown = await tenants('delete');
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /tenants: unknown command: delete/);
    assert.match((await tenants('mov', 'acme')).stderr, /did you mean move\?/);
    assert.equal((await tenants()).code, 2);
    assert.match(
      (await tenants('--help')).stdout,
      /list .*where .*add .*move .*remove .*Exit codes: 0 done/s,
    );
    assert.match((await tenants('move', '--help')).stdout, /Usage: mtdd-server lookup move/);
  });
});
