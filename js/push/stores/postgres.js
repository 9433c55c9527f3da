/** Devices in a table of the application's own PostgreSQL, over its Knex instance or its pool of `pg`. */

const { createHash } = require('node:crypto');
const { kindOf } = require('../../describe');
const { argumentError } = require('../../errors');
const { runLocal } = require('../../knex/with-tenant');
const { storeFailure } = require('./failure');

/** Devices that are read at once. */
const PAGE = 500;
/** Stands for no tenant. A tenant's type is never negative, and its name never empty. */
const NO_TENANT = Object.freeze({ tenantType: -1, tenantId: '' });
/** A schema and a table, or a table. */
const TABLE = /^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$/;
/** PostgreSQL cuts longer names. */
const LONGEST_NAME = 63;

/** Answers by promises. */
class PostgresDeviceStore {
  #run;
  #table;
  #index;

  /**
   * @param {any} db a Knex instance, or a Pool of `pg`
   * @param {{ table?: string }} [options] `table`: default `mtdd_push_devices`; with a schema if you like
   * @throws {TypeError}
   */
  constructor(db, { table = 'mtdd_push_devices' } = {}) {
    const call = 'PostgresDeviceStore()';
    if (typeof table !== 'string' || !TABLE.test(table)) {
      throw argumentError(
        'options.table: expected the name of a table in lower case, as in "devices" or "push.devices"',
        call,
      );
    }
    // Quoted, because a name such as `user` is a word of SQL.
    this.#table = table.replace(/\w+/g, '"$&"');
    this.#index = indexOf(table.split('.').at(-1));
    this.#run = runner(db, call);
  }

  /** Creates the table and its index, if they do not exist. Several processes may do it at once. */
  async createTable() {
    // `if not exists` looks before it creates, and fails when another connection creates meanwhile. A token may be longer
    // than a key of a B-tree.
    await this.#ask(
      `do $mtdd$ begin
        perform pg_advisory_xact_lock(hashtext('mtdd_push_devices'));
        create table if not exists ${this.#table} (
          tenant_type integer not null,
          tenant_id text not null,
          device_id text not null,
          token text not null,
          updated_at timestamptz not null default now(),
          primary key (tenant_type, tenant_id, device_id)
        );
        create index if not exists ${this.#index} on ${this.#table} using hash (token);
      end $mtdd$`,
    );
  }

  async set({ tenant, deviceId, token }) {
    const { tenantType, tenantId } = tenant ?? NO_TENANT;
    await this.#ask(
      `insert into ${this.#table} (tenant_type, tenant_id, device_id, token) values (?, ?, ?, ?)
       on conflict (tenant_type, tenant_id, device_id)
       do update set token = excluded.token, updated_at = excluded.updated_at`,
      [tenantType, tenantId, deviceId, token],
      [token],
    );
  }

  async get(tenant, deviceId) {
    const { tenantType, tenantId } = tenant ?? NO_TENANT;
    const rows = await this.#ask(
      `select token from ${this.#table} where tenant_type = ? and tenant_id = ? and device_id = ?`,
      [tenantType, tenantId, deviceId],
    );
    return rows[0]?.token;
  }

  async delete(tenant, deviceId) {
    const { tenantType, tenantId } = tenant ?? NO_TENANT;
    const rows = await this.#ask(
      `delete from ${this.#table} where tenant_type = ? and tenant_id = ? and device_id = ? returning 1`,
      [tenantType, tenantId, deviceId],
    );
    return rows.length > 0;
  }

  async deleteTokens(tokens) {
    const rows = await this.#ask(
      `delete from ${this.#table} where token = any(?) returning 1`,
      [tokens],
      tokens,
    );
    return rows.length;
  }

  async count(tenant) {
    const { tenantType, tenantId } = tenant ?? NO_TENANT;
    const rows = await this.#ask(
      `select count(*) as count from ${this.#table} where tenant_type = ? and tenant_id = ?`,
      [tenantType, tenantId],
    );
    return Number(rows[0].count);
  }

  async countAll() {
    const rows = await this.#ask(`select count(*) as count from ${this.#table}`);
    return Number(rows[0].count);
  }

  async *devices(tenant) {
    const { tenantType, tenantId } = tenant ?? NO_TENANT;
    let last = '';
    let rows;
    do {
      rows = await this.#ask(
        `select device_id as device, token from ${this.#table}
         where tenant_type = ? and tenant_id = ? and device_id > ? order by device_id limit ${PAGE}`,
        [tenantType, tenantId, last],
      );
      for (const { device, token } of rows) yield { tenant, deviceId: device, token };
      last = rows.at(-1)?.device;
    } while (rows.length === PAGE);
  }

  async *allDevices() {
    let last = [NO_TENANT.tenantType - 1, '', ''];
    let rows;
    do {
      rows = await this.#ask(
        `select tenant_type as type, tenant_id as tenant, device_id as device, token from ${this.#table}
         where (tenant_type, tenant_id, device_id) > (?, ?, ?)
         order by tenant_type, tenant_id, device_id limit ${PAGE}`,
        last,
      );
      for (const row of rows) yield deviceOf(row);
      const end = rows.at(-1);
      last = [end?.type, end?.tenant, end?.device];
    } while (rows.length === PAGE);
  }

  async #ask(sql, values = [], tokens = []) {
    try {
      return (await this.#run(sql, values)).rows;
    } catch (error) {
      throw storeFailure(error, tokens);
    }
  }
}

/** The name of the index on the tokens: one that is cut would be the table's own, or another table's. */
function indexOf(table) {
  const name = `${table}_token`;
  if (name.length <= LONGEST_NAME) return `"${name}"`;
  const hash = createHash('sha256').update(table).digest('hex').slice(0, 8);
  return `"${table.slice(0, LONGEST_NAME - '__token'.length - hash.length)}_${hash}_token"`;
}

/** Runs SQL with `?` for each value. */
function runner(db, call) {
  // On the local database, whatever tenant the caller works for.
  if (typeof db?.raw === 'function') return (sql, values) => runLocal(() => db.raw(sql, values));
  if (typeof db?.query === 'function') {
    return (sql, values) => {
      let number = 0;
      return db.query(
        sql.replace(/\?/g, () => `$${++number}`),
        values,
      );
    };
  }
  throw argumentError(`db: expected a Knex instance or a Pool of pg, got ${kindOf(db)}`, call);
}

/** A row, whose columns have names that no `postProcessResponse` of the application has a reason to change. */
function deviceOf({ type: tenantType, tenant: tenantId, device: deviceId, token }) {
  return { tenant: tenantType === NO_TENANT.tenantType ? null : { tenantType, tenantId }, deviceId, token };
}

module.exports = { PostgresDeviceStore };
