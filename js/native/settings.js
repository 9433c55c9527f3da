/**
 * The settings of the native client, as Rust takes them. `src/addon/settings.rs` declares the fields in the same order,
 * and takes null, never undefined, for what is not set.
 */

const { canGenerate } = require('./decoder');

/**
 * @param {object} settings checked by `js/config`; times in milliseconds
 * @returns {object}
 */
function nativeSettings(settings) {
  return {
    queryServers: settings.queryServers,
    lookupServers: settings.lookupServers,
    insecure: settings.insecure,
    tls: settings.tls && {
      ca: settings.tls.ca ?? null,
      cert: settings.tls.cert ?? null,
      key: settings.tls.key ?? null,
      serverName: settings.tls.serverName ?? null,
    },
    token: typeof settings.token === 'string' ? settings.token : null,
    tokenFunction: typeof settings.token === 'function',
    timeout: settings.timeout,
    maxRetries: settings.maxRetries,
    lookupCacheSize: settings.lookupCache.size,
    lookupCacheTtl: settings.lookupCache.ttl,
    lookupCacheNegativeTtl: settings.lookupCache.negativeTtl,
    lookupCacheMaxStale: settings.lookupCache.maxStale,
    maxInFlight: settings.maxInFlight,
    session: settings.session,
    logLevel: settings.logLevel,
    compiles: canGenerate,
    tenantColumn: settings.tenantColumn,
    referenceTables: settings.referenceTables,
    mergeMemoryLimit: settings.mergeMemoryLimit,
  };
}

module.exports = { nativeSettings };
