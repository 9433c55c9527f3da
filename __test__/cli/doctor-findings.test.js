/** What `mtdd doctor` says of what a test cannot bring about: clocks that differ, standbys, collations of other versions. */

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { findingsOf } = require('../../js/cli/doctor-findings');

/** A shard on which nothing is wrong. */
const shard = (index, changes = {}) => ({
  shard: index,
  database: `127.0.0.1:5432/shard${index}`,
  version: '17.2',
  major: 17,
  isStandby: false,
  isReadOnly: false,
  collation: { recorded: '2.36', actual: '2.36' },
  settings: new Map([['TimeZone', 'UTC']]),
  skew: 3,
  uncertainty: 1,
  encryption: { isEncrypted: false },
  objects: [],
  tenantTables: [{ name: 'public.orders', is_on: true, is_forced: true, policies: 1 }],
  ids: [],
  ...changes,
});
const said = (...shards) =>
  findingsOf(shards, 'tenant_id').map(({ level, check, message }) => `${level}: ${check}: ${message}`);

describe('the findings of mtdd doctor', () => {
  it('are none for shards that are the same', () => {
    assert.deepEqual(said(shard(0), shard(1)), []);
    assert.deepEqual(said(), []);
  });

  for (const [what, changes, expected] of [
    [
      'a clock that is ahead',
      { skew: 1500 },
      "warning: clock: shard 1: its clock is 1.5 s ahead of this machine's",
    ],
    [
      'a clock that is behind',
      { skew: -61_000 },
      "warning: clock: shard 1: its clock is 61.0 s behind this machine's",
    ],
    [
      'a standby',
      { isStandby: true, isReadOnly: true },
      'problem: read-only: shard 1 (127.0.0.1:5432/shard1) is a standby',
    ],
    [
      'a collation of another version',
      { collation: { recorded: '2.31', actual: '2.36' } },
      'problem: collation: shard 1: its collation has version 2.36, and its indexes were built with 2.31',
    ],
    [
      'another major version',
      { major: 16 },
      "warning: version: PostgreSQL's major version differs: 17 on shard 0; 16 on shard 1",
    ],
    [
      'plain text beyond this machine',
      { database: 'shard1.example.com:5432/app' },
      'warning: tls: shard 1 (shard1.example.com:5432/app) is reached without encryption',
    ],
    [
      "PostgreSQL's certificate",
      { encryption: { isEncrypted: true, validTo: 'Jan  1 00:00:00 2020 GMT' } },
      "problem: tls: shard 1: PostgreSQL's certificate has expired on 2020-01-01",
    ],
  ]) {
    it(`name ${what}, and the shard`, () => {
      assert.deepEqual(said(shard(0), shard(1, changes)), [expected]);
    });
  }

  it('leave out a clock that only a slow answer makes look wrong, and a collation without a version', () => {
    const unsure = { skew: 1500, uncertainty: 900 };
    assert.deepEqual(said(shard(0, unsure), shard(1, { collation: { recorded: null, actual: null } })), []);
  });
});
