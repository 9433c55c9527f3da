/** The library for `import`: the same objects that `require` gives, so that `instanceof` works across both. */

import library from './index.js';

export default library;
export const {
  InitializeReplication,
  createMtddKnex,
  withTenant,
  withSignal,
  runLocal,
  tenantContext,
  ActiveClients,
  MemoryDeviceStore,
  PostgresDeviceStore,
  RedisDeviceStore,
  MtddError,
  ConfigError,
  ClientClosedError,
  TenantNotFoundError,
  ShardNotFoundError,
  ShardUnavailableError,
  LookupUnavailableError,
  OverloadedError,
  QueryTimeoutError,
  QueryCancelledError,
  OutcomeUnknownError,
  PartialFailureError,
  PlanUnsupportedError,
  CrossShardTransactionError,
  ProtocolError,
  ValidationError,
  AuthenticationError,
  AuthorizationError,
} = library;
