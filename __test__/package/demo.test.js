/** The demo's application is what users copy: what it answers tells a client nothing of SQL, values or addresses. */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');
const { createApp } = require('../../examples/demo/app');
const { startCluster } = require('../../testkit/cluster');

test("the demo's errors hold no SQL, no values and no addresses", async (context) => {
  const cluster = await startCluster({
    shards: 1,
    seed: ['create table orders (tenant text, id int primary key, item text, amount numeric)'],
  });
  context.after(() => cluster.stop());
  const logged = context.mock.method(console, 'error', () => {});
  const { app, db, handle } = await createApp({
    databaseUrl: cluster.local.databaseUrl,
    queryServers: cluster.queryServers,
    lookupServer: cluster.lookupServer,
  });
  context.after(() => db.destroy());
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const ask = async (method, path, body) => {
    const headers = { 'content-type': 'application/json', connection: 'close' };
    const url = `http://127.0.0.1:${server.address().port}${path}`;
    const response = await fetch(url, { method, headers, body });
    return [response.status, await response.text()];
  };
  await handle.addTenant('acme');
  const order = JSON.stringify({ id: 1, item: 'secret item', amount: '1' });
  assert.equal((await ask('POST', '/tenants/acme/orders', order))[0], 201);
  const answers = [
    [409, await ask('POST', '/tenants/acme/orders', order)],
    [500, await ask('POST', '/tenants/acme/orders', JSON.stringify({ id: 'x', item: 'secret item' }))],
    [404, await ask('GET', '/tenants/nobody/orders')],
    [400, await ask('POST', '/tenants/acme/orders', '{"id": secret')],
  ];
  await cluster.shards[0].kill();
  answers.push([503, await ask('GET', '/tenants/acme/orders')]);
  for (const [expected, [status, text]] of answers) {
    assert.equal(status, expected, text);
    assert.doesNotMatch(text, /select|insert|values|"orders"|secret|127\.0\.0\.1|syntax|constraint|23505/i);
    assert.deepEqual(Object.keys(JSON.parse(text)), ['error', 'message']);
  }
  assert.ok(logged.mock.callCount() >= 2, 'what the client is not told is in the log');
});
