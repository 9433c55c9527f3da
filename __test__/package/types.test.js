/** The public types name what there is, and nothing else: every export, member of the handle, setting and error. */

const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');
const express = require('express');
const createKnex = require('knex');
const ts = require('typescript');
const library = require('../../js');
const { InitializeReplication, MtddError } = library;

const FILE = path.join(__dirname, '..', '..', 'index.d.ts');
const program = ts.createProgram([FILE], { strict: true, noEmit: true, types: [] });
const checker = program.getTypeChecker();
const declared = new Map(
  checker
    .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(FILE)))
    .map((symbol) => [symbol.name, symbol]),
);

const sorted = (names) => [...names].sort();
const isValue = (symbol) => (symbol.flags & ts.SymbolFlags.Value) !== 0;
/** The names of an exported type's properties and methods. */
const membersOf = (name) =>
  sorted(
    checker
      .getDeclaredTypeOfSymbol(declared.get(name))
      .getProperties()
      .map((member) => member.name),
  );

test('every export has a type, and every typed value is exported', () => {
  const values = [...declared].filter(([, symbol]) => isValue(symbol)).map(([name]) => name);
  assert.deepEqual(sorted(values), sorted(Object.keys(library)));
});

test('functions take as many arguments as their types say', () => {
  for (const [name, symbol] of declared) {
    if (!isValue(symbol) || typeof library[name] !== 'function' || name.endsWith('Error')) continue;
    const type = checker.getTypeOfSymbol(symbol);
    const signatures = [...type.getCallSignatures(), ...type.getConstructSignatures()];
    assert.ok(signatures.length > 0, name);
    const most = Math.max(...signatures.map(({ parameters }) => parameters.length));
    // Rest parameters count for nothing.
    assert.ok(library[name].length <= most, `${name}: ${library[name].length} of ${most}`);
  }
});

test('ActiveClients has the members that its types name', () => {
  const { ActiveClients } = library;
  assert.deepEqual(sorted(Object.keys(ActiveClients)), membersOf('MtddActiveClients'));
  assert.deepEqual(
    membersOf('MtddAsyncActiveClients'),
    sorted(membersOf('MtddActiveClients').filter((name) => name !== 'mobile')),
  );
  const type = checker.getDeclaredTypeOfSymbol(declared.get('MtddActiveClients'));
  for (const member of type.getProperties()) {
    const [signature] = checker.getTypeOfSymbol(member).getCallSignatures();
    if (signature === undefined) continue;
    assert.equal(ActiveClients[member.name].length, signature.parameters.length, member.name);
  }
});

test('errors have the codes and the statuses that their types name', () => {
  for (const [name, symbol] of declared) {
    if (!isValue(symbol) || !name.endsWith('Error') || name === 'MtddError') continue;
    const error = new library[name]('a message');
    assert.ok(error instanceof MtddError && error.name === name, name);
    const type = checker.getDeclaredTypeOfSymbol(symbol);
    for (const member of ['code', 'statusCode']) {
      const { value } = checker.getTypeOfSymbol(type.getProperty(member));
      assert.equal(error[member], value, `${name}.${member}`);
    }
    for (const member of type.getProperties())
      assert.ok(member.name in error || member.name === 'cause', member.name);
  }
});

test('the handle, its configuration and a subscription have the members that their types name', async () => {
  const db = createKnex({ client: 'pg' });
  const handle = await InitializeReplication(express(), db, {
    mtdd: { useMtdd: false },
    portal: { portalId: 1, tenantColumnName: 'tenant_id' },
  });
  try {
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(handle)).filter(
      (name) => name !== 'constructor',
    );
    assert.deepEqual(membersOf('MtddHandle'), sorted([...Object.keys(handle), ...methods]));
    assert.deepEqual(membersOf('MtddEffectiveConfig'), sorted(Object.keys(handle.config)));
    assert.deepEqual(
      membersOf('MtddExplanation').filter((name) => name !== 'refusal'),
      sorted(Object.keys(await handle.explain(db.raw('select 1')))),
    );
  } finally {
    await db.destroy();
  }
});
