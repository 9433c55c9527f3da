/** Two copies of the library on one copy of Knex: neither could tell whose queries are whose, so the second is refused. */

const assert = require('node:assert/strict');
const path = require('node:path');
const { after, it } = require('node:test');
const express = require('express');
const knex = require('knex');
const { ConfigError } = require('../../js/errors');

const SOURCES = path.join(__dirname, '..', '..', 'js') + path.sep;
const instances = [];

/** The library as a duplicate in node_modules would load it. */
function anotherCopy() {
  for (const file of Object.keys(require.cache)) if (file.startsWith(SOURCES)) delete require.cache[file];
  return require('../../js');
}

function instance() {
  const db = knex({ client: 'pg', connection: 'postgres://nobody@127.0.0.1:1/nowhere', pool: { min: 0 } });
  instances.push(db);
  return db;
}

const OPTIONS = { mtdd: { useMtdd: false, logLevel: 'silent' } };

after(() => Promise.all(instances.map((db) => db.destroy())));

it('the second copy of the library on one copy of Knex is refused, and the first goes on', async () => {
  const first = require('../../js');
  const db = instance();
  await first.InitializeReplication(express(), db, OPTIONS);
  const second = anotherCopy();
  assert.notEqual(first.InitializeReplication, second.InitializeReplication);
  await assert.rejects(second.InitializeReplication(express(), instance(), OPTIONS), (error) => {
    assert.equal(error.name, ConfigError.name);
    assert.match(error.message, /another copy of this library \(.*knex\).*npm ls/);
    return true;
  });
  // A second instance for the first copy, and instances with builders of their own, are no second copy.
  await first.InitializeReplication(express(), instance(), OPTIONS);
  const bound = await second.createMtddKnex({
    knex: { client: 'pg', connection: 'postgres://nobody@127.0.0.1:1/nowhere', pool: { min: 0 } },
    ...OPTIONS,
  });
  await bound.destroy();
  assert.throws(() => db('t').mtdd(undefined), TypeError);
});
