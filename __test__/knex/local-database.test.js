const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const express = require('express');
const knex = require('knex');
const { InitializeReplication } = require('../../js');
const { recordingLogger } = require('../support/recording-logger');

const PLACE = {
  host: 'db.example.com',
  port: 5433,
  user: 'app',
  password: 'secret-of-app',
  database: 'shop',
};
const URL = 'postgres://app:secret-of-app@db.example.com:5433/shop';

/** The warnings about `database`. Nothing is connected to. */
async function warningsOf(connection, database) {
  const logger = recordingLogger();
  const db = knex({ client: 'pg', connection });
  try {
    await InitializeReplication(express(), db, { mtdd: { useMtdd: false }, database, logger });
  } finally {
    await db.destroy();
  }
  const said = logger.records.filter(({ level }) => level === 'warn').map(({ message }) => message);
  return said.filter((message) => message.startsWith('database'));
}

describe('database.config', () => {
  it('may say of the Knex instance what it is, in any form', async () => {
    const own = { ...PLACE };
    own.self = own;
    for (const connection of [PLACE, URL, { connectionString: URL }, async () => PLACE]) {
      for (const config of [
        PLACE,
        own,
        { connectionString: URL },
        { client: 'pg', connection: URL, pool: { max: 20 } },
        { connection: PLACE },
        { ...PLACE, port: '5433', max: 20 },
        { database: 'shop' },
        { connection: () => PLACE },
        {},
        null,
      ]) {
        assert.deepEqual(await warningsOf(connection, { enabled: true, config }), []);
      }
    }
  });

  it('that says something else is a warning, which names the fields and quotes nothing', async () => {
    const expected = (fields) => [
      `${fields}: expected as in the connection of the Knex instance, which is the local database. Queries run on the instance's connection.`,
    ];
    for (const [config, fields] of [
      [{ ...PLACE, host: 'other' }, 'database.config.host'],
      [{ ...PLACE, port: 5432, database: 'Shop' }, 'database.config.port, database.config.database'],
      [{ connection: { user: 'root' } }, 'database.config.user'],
      [{ connectionString: URL.replace('/shop', '/another') }, 'database.config.database'],
    ]) {
      for (const connection of [PLACE, URL]) {
        assert.deepEqual(await warningsOf(connection, { enabled: true, config }), expected(fields));
      }
      assert.deepEqual(await warningsOf(PLACE, { enabled: false, config }), []);
      assert.deepEqual(await warningsOf(PLACE, { config }), []);
    }
  });

  it('may call this machine by any of its names', async () => {
    for (const host of ['localhost', '127.0.0.1', '::1', '/var/run/postgresql']) {
      const config = { ...PLACE, host };
      assert.deepEqual(await warningsOf({ ...PLACE, host: 'localhost' }, { enabled: true, config }), []);
    }
  });

  it('that `pg` cannot read is a warning, which quotes nothing, and the instance works', async () => {
    for (const [text, code] of [
      ['postgres://app:secret-of-app@db.example.com:99999999/shop', 'ERR_INVALID_URL'],
      ['postgres://app:secret-of-app@db.example.com:port/shop', 'ERR_INVALID_URL'],
      ['postgres://db.example.com/shop?sslrootcert=/secret-of-app.pem', 'ENOENT'],
    ]) {
      for (const config of [{ connectionString: text }, { connection: text }]) {
        assert.deepEqual(await warningsOf(PLACE, { enabled: true, config }), [
          `database.config: expected what \`pg\` can read, got something else (${code}). It was not compared with the connection of the Knex instance, on which queries run.`,
        ]);
        assert.deepEqual(await warningsOf(PLACE, { enabled: false, config }), []);
      }
    }
  });

  it('is not compared with a connection that cannot be known yet', async () => {
    const connection = async () => {
      throw new Error('no connection today');
    };
    assert.deepEqual(await warningsOf(connection, { enabled: true, config: PLACE }), []);
  });
});

describe('setting up', () => {
  it('that fails leaves the instance free for another try', async () => {
    const db = knex({ client: 'pg', connection: PLACE });
    const logger = recordingLogger();
    logger.info = () => {
      throw new Error('the disk is full');
    };
    const config = { mtdd: { useMtdd: false }, auth: { secret: 'x'.repeat(32) } };
    try {
      for (let attempt = 1; attempt <= 2; attempt++) {
        await assert.rejects(InitializeReplication(express(), db, { ...config, logger }), {
          message: 'the disk is full',
        });
      }
      const handle = await InitializeReplication(express(), db, { ...config, logger: recordingLogger() });
      assert.equal(handle.config.http.path, '/mtdd');
      await handle.close();
    } finally {
      await db.destroy();
    }
  });
});

describe('portalId and portalName', () => {
  it('stand in every log record, and in the configuration in force', async () => {
    const bindings = [];
    const logger = recordingLogger();
    logger.child = (given) => {
      bindings.push(given);
      return logger;
    };
    const db = knex({ client: 'pg', connection: PLACE });
    const portal = { portalId: 7, portalName: 'VendorPortal' };
    const handle = await InitializeReplication(express(), db, { mtdd: { useMtdd: false }, portal, logger });
    try {
      const { portalId, portalName } = handle.config;
      assert.deepEqual({ portalId, portalName }, portal);
      const ours = bindings.filter(({ name }) => name.startsWith('knex-mtdd:'));
      assert.ok(ours.length >= 5);
      for (const { name, ...others } of ours) assert.deepEqual(others, portal, name);
    } finally {
      await db.destroy();
    }
  });
});
