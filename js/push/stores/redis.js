/**
 * Devices in Redis, over the application's client: ioredis, or `redis` (node-redis).
 *
 * Each tenant has a hash of its devices (id → token). The set `tenants` names the hashes, and the sorted set `tokens` has
 * `<SHA-1 of the token>:<tenant's key>\0<device id>` for every device, so that a token's devices can be found. One hash
 * tag keeps all keys on one node of a cluster, where scripts change them together.
 */

const { createHash } = require('node:crypto');
const { kindOf } = require('../../describe');
const { argumentError } = require('../../errors');
const { keyOf } = require('../device');
const { storeFailure } = require('./failure');

/** Devices that Redis is asked for at once. */
const PAGE = '500';
/** Between a tenant's key and a device's id: neither contains it. */
const BETWEEN = '\0';

/** KEYS: hash, tokens, tenants. ARGV: device, token, tenant's key, member of `tokens` without the token's digest. */
const SET = `
local old = redis.call('HGET', KEYS[1], ARGV[1])
if old then redis.call('ZREM', KEYS[2], redis.sha1hex(old) .. ':' .. ARGV[4]) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], 0, redis.sha1hex(ARGV[2]) .. ':' .. ARGV[4])
redis.call('SADD', KEYS[3], ARGV[3])
return 1`;
/** As SET. ARGV[2]: only a device that has this token now; '' for any. */
const DELETE = `
local old = redis.call('HGET', KEYS[1], ARGV[1])
if not old or (ARGV[2] ~= '' and old ~= ARGV[2]) then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], redis.sha1hex(old) .. ':' .. ARGV[4])
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SREM', KEYS[3], ARGV[3]) end
return 1`;

/** Answers by promises. */
class RedisDeviceStore {
  #run;
  #prefix;

  /**
   * @param {any} client a connected client of ioredis or `redis`
   * @param {{ prefix?: string }} [options] what all keys begin with; default `{mtdd:push}`
   * @throws {TypeError}
   */
  constructor(client, { prefix = '{mtdd:push}' } = {}) {
    const call = 'RedisDeviceStore()';
    if (typeof prefix !== 'string' || prefix === '') {
      throw argumentError('options.prefix: expected a string that is not empty', call);
    }
    this.#prefix = prefix;
    this.#run = runner(client, call);
  }

  async set({ tenant, deviceId, token }) {
    await this.#script(SET, tenant, deviceId, token, [token]);
  }

  async get(tenant, deviceId) {
    return (await this.#ask(['HGET', this.#hash(keyOf(tenant)), deviceId])) ?? undefined;
  }

  async delete(tenant, deviceId) {
    return (await this.#script(DELETE, tenant, deviceId, '')) === 1;
  }

  async deleteTokens(tokens) {
    let count = 0;
    for (const token of tokens) {
      const digest = createHash('sha1').update(token).digest('hex');
      const found = await this.#ask(['ZRANGEBYLEX', this.#tokens, `[${digest}:`, `(${digest};`]);
      for (const member of found) {
        const [key, deviceId] = member.slice(digest.length + 1).split(BETWEEN);
        count += await this.#script(DELETE, tenantOfKey(key), deviceId, token, [token]);
      }
    }
    return count;
  }

  async count(tenant) {
    return this.#ask(['HLEN', this.#hash(keyOf(tenant))]);
  }

  async countAll() {
    return this.#ask(['ZCARD', this.#tokens]);
  }

  async *devices(tenant) {
    // Redis may give a field of a hash twice while it grows or shrinks.
    const given = new Set();
    for await (const page of this.#scan('HSCAN', this.#hash(keyOf(tenant)))) {
      for (let index = 0; index < page.length; index += 2) {
        const [deviceId, token] = [page[index], page[index + 1]];
        if (given.has(deviceId)) continue;
        given.add(deviceId);
        yield { tenant, deviceId, token };
      }
    }
  }

  async *allDevices() {
    const given = new Set();
    for await (const page of this.#scan('SSCAN', this.#tenants)) {
      for (const key of page) {
        if (given.has(key)) continue;
        given.add(key);
        yield* this.devices(tenantOfKey(key));
      }
    }
  }

  get #tokens() {
    return `${this.#prefix}:tokens`;
  }

  get #tenants() {
    return `${this.#prefix}:tenants`;
  }

  #hash(key) {
    return `${this.#prefix}:devices:${key}`;
  }

  async *#scan(command, key) {
    let cursor = '0';
    do {
      const [next, page] = await this.#ask([command, key, cursor, 'COUNT', PAGE]);
      yield page;
      cursor = String(next);
    } while (cursor !== '0');
  }

  #script(script, tenant, deviceId, token, secrets) {
    const key = keyOf(tenant);
    const keys = [this.#hash(key), this.#tokens, this.#tenants];
    return this.#ask(
      ['EVAL', script, '3', ...keys, deviceId, token, key, `${key}${BETWEEN}${deviceId}`],
      secrets,
    );
  }

  async #ask(command, tokens) {
    try {
      return await this.#run(command);
    } catch (error) {
      throw storeFailure(error, tokens);
    }
  }
}

/** How a client runs a command as it is. */
function runner(client, call) {
  // ioredis has sendCommand too, but for its own Command objects.
  if (typeof client?.call === 'function') return (command) => client.call(...command);
  // The cluster client of `redis` wants the key of each command beside it.
  if (typeof client?.sendCommand === 'function' && client.masters === undefined) {
    return (command) => client.sendCommand(command);
  }
  throw argumentError(`client: expected a client of ioredis or redis, got ${kindOf(client)}`, call);
}

function tenantOfKey(key) {
  if (key === keyOf(null)) return null;
  const at = key.indexOf(':');
  return { tenantType: Number(key.slice(0, at)), tenantId: key.slice(at + 1) };
}

module.exports = { RedisDeviceStore };
