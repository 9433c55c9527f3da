/**
 * Runs the library's own queries on one shard, or on the shard of a tenant; with `useMtdd: false`, on the local database.
 * All values come as PostgreSQL's text, whatever parsers the application has set.
 */

const TEXT = { getTypeParser: () => (value) => value };

class Databases {
  #native;
  #client;

  /**
   * @param {{ native: any, shards: number }} runtime of which native null means the local database
   * @param {object} client Knex's
   */
  constructor({ native, shards }, client) {
    this.#native = native;
    this.#client = client;
    this.count = native === null ? 1 : shards;
  }

  /** There is more than one place where a tenant may live. */
  get isSharded() {
    return this.count > 1;
  }

  /**
   * @param {number | 'local'} shard of a local database it says nothing
   * @param {string} text
   * @param {(string | number | null)[]} values
   * @param {{ operation?: 'read' | 'write' }} [options]
   * @returns {Promise<Record<string, string | null>[]>} the rows
   */
  onShard(shard, text, values, { operation = 'read' } = {}) {
    if (this.#native === null) return this.#onLocal(text, values);
    return this.#run({ tenant: null, tenantType: 0, shard, text, values, operation });
  }

  /**
   * @param {{ tid: string, tenantType: number }} user
   * @param {string} text
   * @param {(string | number | null)[]} values
   * @param {{ operation?: 'read' | 'write', signal?: AbortSignal }} [options]
   * @returns {Promise<Record<string, string | null>[]>} the rows
   * @throws {TenantNotFoundError}
   */
  onShardOf({ tid, tenantType }, text, values, { operation, signal } = {}) {
    if (this.#native === null) return this.#onLocal(text, values);
    return this.#run({ tenant: tid, tenantType, text, values, operation }, signal);
  }

  /**
   * Where a tenant lives now.
   *
   * @param {{ tid: string, tenantType: number }} user
   * @param {{ surely?: boolean }} [options] `surely`: what was known before does not count, also if nobody can be asked
   * @returns {Promise<number>}
   * @throws {TenantNotFoundError}
   */
  async shardOf({ tid, tenantType }, { surely = false } = {}) {
    return this.#native === null ? 0 : this.#native.tenantShard(tid, tenantType, { surely });
  }

  #run(call, signal) {
    return new Promise((resolve, reject) => {
      const native = this.#native;
      const id = native.execute({ register: false, simple: false, types: TEXT, ...call }, (error, result) => {
        signal?.removeEventListener('abort', stop);
        if (error) reject(error);
        else resolve(result.rows);
      });
      const stop = () => native.cancel(id);
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  async #onLocal(text, values) {
    const connection = await this.#client.acquireConnection();
    try {
      const { rows } = await connection.query({ text, values, types: TEXT });
      return rows;
    } finally {
      this.#client.releaseConnection(connection);
    }
  }
}

module.exports = { Databases };
