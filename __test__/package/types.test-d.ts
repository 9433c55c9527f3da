// Compiled, never run: what the public types must accept, and what they must refuse.

import {
  ActiveClients,
  ConfigError,
  CrossShardTransactionError,
  createMtddKnex,
  type DatabaseConfig,
  type DecodedToken,
  type FirebaseConfig,
  InitializeReplication,
  type LibraryConfig,
  MtddError,
  type MtddHandle,
  type MtddMeta,
  OutcomeUnknownError,
  OverloadedError,
  PartialFailureError,
  PostgresDeviceStore,
  type PushMessage,
  type PushOutcome,
  QueryTimeoutError,
  RedisDeviceStore,
  runLocal,
  TenantNotFoundError,
  tenantContext,
  withSignal,
  withTenant,
} from '@advcomm/tenant_replication_postgres';
import express from 'express';
import Redis from 'ioredis';
import knex, { type Knex } from 'knex';
import { Pool } from 'pg';
import { createClient } from 'redis';

interface User {
  id: number;
  name: string;
}

/** Compiles only when both types are the same. */
function same<A, B>(_: [A] extends [B] ? ([B] extends [A] ? true : never) : never): void {}

const db = knex({ client: 'pg' });

// A knexfile lists the shards for `npx mtdd migrate`.
export const knexfile: Knex.Config = {
  client: 'pg',
  shards: ['postgres://shard0/app', { host: 'shard1' }, async () => ({ host: 'shard2' })],
};
// @ts-expect-error a shard is a connection
export const wrongKnexfile: Knex.Config = { shards: [5] };
const firebase: FirebaseConfig = {
  type: 'service_account',
  project_id: 'your-project-id',
  private_key: process.env.FIREBASE_PRIVATE_KEY,
  client_email: process.env.FIREBASE_CLIENT_EMAIL,
};
const config: LibraryConfig = {
  mtdd: {
    useMtdd: process.env.USE_MTDD === '1',
    queryServers: process.env.GRPC_SERVERS?.split(',') || [],
    lookupServer: process.env.LOOKUP_SERVER || '',
    isDevelopment: process.env.NODE_ENV !== 'production',
    tls: { ca: Buffer.from(''), serverName: 'db' },
    token: async () => 'secret',
    lookupCache: { size: 10, ttl: 1, negativeTtl: 0 },
    timeout: 1000,
    logLevel: 'info',
    requireTenant: 'transaction',
    allShards: 'explicit',
  },
  database: { enabled: true, config: { host: 'localhost', port: 5432, max: 20 } },
  auth: {
    publicKey: '-----BEGIN PUBLIC KEY-----',
    algorithms: ['RS256'],
    issuer: ['https://login.example.com'],
    tenantType: ({ kind }) => (kind === 'shop' ? 2 : 1),
  },
  http: { path: '/api/mtdd', errors: 'app', rateLimit: { limit: 100 } },
  portal: { portalId: 1, tenantInsertProc: 'proc', anything: { else: true } },
  firebase,
};

export async function accepted(): Promise<void> {
  const handle: MtddHandle = await InitializeReplication(express(), db, config);
  await InitializeReplication(express(), db);
  const { shardIndex } = await handle.addTenant('t');
  same<number, typeof shardIndex>(true);
  same<number, Awaited<ReturnType<typeof handle.tenantShard>>>(true);
  const subscription = await handle.listen('c', ({ payload }) => same<string, typeof payload>(true), {
    tenantId: 't',
    onGap: ({ reason }) => same<string, typeof reason>(true),
  });
  same<readonly number[], typeof subscription.shards>(true);
  await subscription.close();
  await handle.listen('c', () => {}, { shard: 0 });
  // @ts-expect-error: a tenant's shard, or one by its position
  await handle.listen('c', () => {}, { tenantId: 't', shard: 0 });
  // @ts-expect-error: without a listener nobody hears
  await handle.listen('c');
  await handle.close();

  // Rows keep their types through .mtdd(), wherever it stands.
  const users = await db<User>('users').where('id', 1).mtdd('t', 1).select('*');
  same<User[], typeof users>(true);
  const names = await db<User>('users').select('name').mtdd(42);
  same<Pick<User, 'name'>[], typeof names>(true);
  const first = await db<User>('users').first('id').mtdd(10n);
  same<Pick<User, 'id'> | undefined, typeof first>(true);
  const count = await db<User>('users').mtdd('t').update({ name: 'x' });
  same<number, typeof count>(true);

  const raw = await db.raw<{ rows: User[] }>('select 1').mtdd('t', null, 'addTenantShard');
  same<User[], typeof raw.rows>(true);
  const exists: boolean = await db.schema.hasTable('users').mtdd('t');
  await db.schema.createTable('users', (table) => table.increments()).mtdd(null);
  await db('tenants').select('*').mtdd();
  await db('users').mtdd('t', '2', 'auto', { operationType: 'read', timeout: 10, anything: exists });
  const meta: MtddMeta = { tenantId: 't', tenantType: null, methodType: 'addTenantShard', auditLog: true };
  await db('users').mtdd(meta);
  await db('users').mtdd({ allServers: true });
  await db.transaction((trx) => trx<User>('users').insert({ name: 'x' }).returning('*').mtdd('t'));
}

export async function otherWaysIn(): Promise<void> {
  const users = await withTenant('t', () => db<User>('users').select('*'));
  same<User[], typeof users>(true);
  const count = withTenant(42n, 2, () => 5);
  same<number, typeof count>(true);
  withTenant('t', undefined, async () => {
    await runLocal(() => db.migrate.latest());
  });
  const stopped = await withSignal(AbortSignal.timeout(5), () => db<User>('users').first('id').mtdd('t'));
  same<Pick<User, 'id'> | undefined, typeof stopped>(true);
  await withSignal(null, () => db('users').mtdd({ tenantId: 't', signal: new AbortController().signal }));
  const first = await runLocal(() => db<User>('users').first());
  same<User | undefined, typeof first>(true);

  const app = express();
  app.use(tenantContext((request) => request.get('x-tenant')));
  app.use(tenantContext((request) => request.get('x-tenant'), { cancelOnClose: false }));
  app.use(tenantContext(async (request: express.Request) => ({ tenantId: request.hostname, tenantType: 2 })));
  tenantContext<{ user: { tenantId: string } }>((request) => request.user.tenantId);

  const instance = await createMtddKnex({ knex: { client: 'pg', connection: {} }, ...config });
  const bound: Knex = instance.forTenant('t', 1, { timeout: 100 });
  const rows = await bound<User>('users').where('id', 1);
  same<User[], typeof rows>(true);
  await instance<User>('users').mtdd('t');
  const { shardIndex } = await instance.replication.addTenant('t');
  same<number, typeof shardIndex>(true);
  await instance.destroy();
}

// The tenant of a row: what may be null must not become "all shards".
export async function nullable(row: {
  text: string | null;
  number: number | null;
  maybe?: string | null;
  meta: MtddMeta | null;
  unknown: unknown;
  union: string | number | bigint;
  literal: null;
  // biome-ignore lint/suspicious/noExplicitAny: what rows without a declared type are
  any: any;
}): Promise<void> {
  const remove = () => db('users').del();
  // @ts-expect-error a text that may be null
  await remove().mtdd(row.text);
  // @ts-expect-error a number that may be null
  await remove().mtdd(row.number);
  // @ts-expect-error a text that may be null or missing
  await remove().mtdd(row.maybe);
  // @ts-expect-error one that is null where the other is missing
  await remove().mtdd(row.text ?? null);
  // @ts-expect-error null where there is nobody
  await remove().mtdd(row.text || null);
  // @ts-expect-error an object that may be null
  await remove().mtdd(row.meta);
  // @ts-expect-error in an object
  await remove().mtdd({ tenantId: row.text });
  // @ts-expect-error nobody knows
  await remove().mtdd(row.unknown);
  // @ts-expect-error on a Raw
  await db.raw('delete from users').mtdd(row.text);
  // @ts-expect-error on a schema builder
  await db.schema.dropTable('users').mtdd(row.text);
  // @ts-expect-error a type that may be null registers, and all shards cannot be registered
  await remove().mtdd(null, null);
  await remove().mtdd(null);
  await remove().mtdd(row.literal);
  await remove().mtdd(row.union);
  if (row.text !== null) await remove().mtdd(row.text);
  // TypeScript lets it pass: at run time, `mtdd.allShards: 'explicit'` refuses its null, and every config its undefined.
  await remove().mtdd(row.any);

  // @ts-expect-error a transaction for nobody
  await db.transaction(async () => {}, { mtdd: row.text });
  // @ts-expect-error a transaction for nobody, by null
  await db.transaction(async () => {}, { mtdd: null });
  // @ts-expect-error a transaction for all shards
  await db.transaction(async () => {}, { mtdd: { allServers: true } });
  // @ts-expect-error a transaction for nobody, in an object
  await db.transaction(async () => {}, { mtdd: { tenantId: row.text } });
  await db.transaction(async () => {}, { mtdd: 't' });
  // @ts-expect-error nobody's
  await withTenant(row.text, () => db('users'));
  // @ts-expect-error neither is this a way
  const wrong: LibraryConfig = { mtdd: { requireTenant: 'always' } };
  void wrong;
}

// What is awaited inside is a promise outside; all else is what it was.
export async function started(lazy: PromiseLike<number>): Promise<void> {
  const one = withTenant('t', () => lazy);
  same<Promise<number>, typeof one>(true);
  const two = withSignal(null, async () => 5);
  same<Promise<number>, typeof two>(true);
  const three = runLocal(() => db<User>('users').where('id', 1));
  await three.clone();
  const four = withTenant('t', 2, () => db.raw('select 1'));
  await four.timeout(5);
}

export async function refused(user: { tenantId?: string }): Promise<void> {
  // @ts-expect-error a tenant that may be missing
  await db('users').mtdd(user.tenantId);
  // @ts-expect-error no tenant at all
  await db('users').mtdd(undefined);
  // @ts-expect-error a tenant that may be missing, in an object
  await db('users').mtdd({ tenantId: user.tenantId });
  // @ts-expect-error an object that names nobody
  await db('users').mtdd({ timeout: 5 });
  // @ts-expect-error all shards only by saying so
  await db('users').mtdd({ allServers: false });
  // @ts-expect-error a tenant, or all shards
  await db('users').mtdd({ tenantId: 't', allServers: true });
  // @ts-expect-error a tenant, or all shards
  await db('users').mtdd('t', 1, 'auto', { allServers: true });
  // @ts-expect-error a tenant of a wrong type
  await db('users').mtdd(true);
  // @ts-expect-error a wrong row
  await db<User>('users').mtdd('t').insert({ id: 'x' });
  // @ts-expect-error an option of a wrong type, in an object
  await db('users').mtdd({ tenantId: 't', readPreference: 'secondary' });
  // @ts-expect-error an unknown method
  await db('users').mtdd('t', 1, 'executeQeury');
  // @ts-expect-error an option of a wrong type
  await db('users').mtdd('t', 1, 'auto', { timeout: '5' });
  // @ts-expect-error an unknown option
  await InitializeReplication(express(), db, { mtdd: { queryServer: [] } });
  // @ts-expect-error a tenant that may be missing
  withTenant(user.tenantId, () => db('users'));
  // @ts-expect-error all shards
  withTenant(null, () => db('users'));
  // @ts-expect-error
  withSignal(undefined, () => db('users'));
  // @ts-expect-error no function
  withTenant('t');
  // @ts-expect-error no tenant in the object
  tenantContext(() => ({ tenantType: 1 }));
  // @ts-expect-error Knex's configuration without a key of its own
  await createMtddKnex({ client: 'pg', connection: {} });
  const instance = await createMtddKnex({ knex: { client: 'pg' } });
  // @ts-expect-error a tenant that may be missing
  instance.forTenant(user.tenantId);
  // @ts-expect-error no application
  await InitializeReplication(undefined, db);
  // @ts-expect-error a tenant that may be missing would be all shards
  await instance.replication.listen('c', () => {}, { tenantId: user.tenantId });
  // @ts-expect-error a tenant that may be missing
  await instance.replication.addTenant(user.tenantId);
}

export function errors(error: unknown): string {
  if (error instanceof OverloadedError) same<'OVERLOADED', typeof error.code>(true);
  if (error instanceof QueryTimeoutError) same<504, typeof error.statusCode>(true);
  if (error instanceof CrossShardTransactionError) same<'CROSS_SHARD_TRANSACTION', typeof error.code>(true);
  if (error instanceof PartialFailureError) same<'PARTIAL_FAILURE', typeof error.code>(true);
  if (error instanceof OutcomeUnknownError) {
    same<'OUTCOME_UNKNOWN', typeof error.code>(true);
    // @ts-expect-error its code is never another
    if (error.code === 'TIMEOUT') return '';
  }
  if (error instanceof TenantNotFoundError) {
    same<'TENANT_NOT_FOUND', typeof error.code>(true);
    same<404, typeof error.statusCode>(true);
  }
  if (error instanceof MtddError)
    return `${error.code} ${error.statusCode} ${JSON.stringify(error.toJSON())}`;
  return new ConfigError('wrong', { field: 'x' }, error).message;
}

// Whatever a query is to give, it gives with .mtdd() in any place of the chain.
export async function everyPlace(): Promise<void> {
  const users = () => db<User>('users');
  type Row = Pick<User, 'id'>;
  same<User[], Awaited<ReturnType<typeof all>>>(true);
  async function all() {
    return users().mtdd('t').where({ id: 1 }).orderBy('id').mtdd('u');
  }
  const before = await users().mtdd('t').select('id');
  same<Row[], typeof before>(true);
  const between = await users().select('id').mtdd('t').where('id', '>', 1).limit(1);
  same<Row[], typeof between>(true);
  const first = await users().mtdd('t').first();
  same<User | undefined, typeof first>(true);
  const firstLater = await users().select('id').first().mtdd('t');
  same<Row | undefined, typeof firstLater>(true);
  const plucked = await users().mtdd('t').pluck('name');
  same<string[], typeof plucked>(true);
  const pluckedLater = await users().pluck('id').mtdd('t').orderBy('id');
  same<number[], typeof pluckedLater>(true);
  const counted = await users().count({ all: '*' }).mtdd('t');
  const countedLocally = await users().count({ all: '*' });
  same<typeof countedLocally, typeof counted>(true);
  const distinct = await users().distinct('name').mtdd('t');
  same<Pick<User, 'name'>[], typeof distinct>(true);

  const inserted = await users().insert({ name: 'x' }).mtdd('t');
  same<number[], typeof inserted>(true);
  const returned = await users().mtdd('t').insert({ name: 'x' }).returning('id');
  same<Row[], typeof returned>(true);
  const merged = await users().insert({ id: 1 }).onConflict('id').merge(['name']).returning('*').mtdd('t');
  same<User[], typeof merged>(true);
  const updated = await users().where('id', 1).update({ name: 'x' }).mtdd('t').returning(['id']);
  same<Row[], typeof updated>(true);
  const incremented = await users().mtdd('t').increment('id', 1);
  same<number, typeof incremented>(true);
  const deleted = await users().where('id', 1).mtdd('t').del();
  same<number, typeof deleted>(true);
  await users().truncate().mtdd('t');

  const info = await users().columnInfo().mtdd('t');
  same<Knex.ColumnInfo, typeof info.name>(true);
  const one = await users().columnInfo('name').mtdd('t');
  same<string, typeof one.type>(true);
  const names = await users()
    .mtdd('t')
    .then((rows) => rows.map(({ name }) => name));
  same<string[], typeof names>(true);
  const copy = await users().mtdd('t').clone().where('id', 1);
  same<User[], typeof copy>(true);
  const joined = await users().join('orders', 'orders.user_id', 'users.id').select('users.id').mtdd('t');
  same<number, (typeof joined)[number]['id']>(true);
  for await (const row of users().mtdd('t').stream()) void row;
  users().mtdd('t').pipe(process.stdout);
  users()
    .mtdd('t')
    .asCallback((_error: unknown, rows: User[]) => rows);

  const rows = await db.raw<User[]>('select 1').mtdd('t').timeout(10);
  same<User[], typeof rows>(true);
  const sub = await users().whereIn('id', db<User>('users').select('id').mtdd('t')).mtdd('t');
  same<User[], typeof sub>(true);
  const wide = await db.with('a', users()).select<Row[]>('id').from('a').mtdd('t');
  same<Row[], typeof wide>(true);
  const built = await db.queryBuilder<User, User[]>().from('users').mtdd('t');
  same<User[], typeof built>(true);
  await db.schema
    .mtdd('t')
    .withSchema('a')
    .alterTable('users', () => {});
  const hasColumn = await db.schema.hasColumn('users', 'name').mtdd('t', 1);
  same<boolean, typeof hasColumn>(true);
}

export async function everyHandle(): Promise<void> {
  const handle = await InitializeReplication(express(), db, { mtdd: null, portal: null });
  same<readonly string[], typeof handle.config.queryServers>(true);
  same<boolean, typeof handle.config.useMtdd>(true);
  same<string | null, typeof handle.config.lookupServer>(true);
  const placed = await handle.addTenant(10n, '2');
  same<{ tenantId: string; shardIndex: number }, typeof placed>(true);
  same<number, typeof handle.config.mergeMemoryLimit>(true);
  const explained = await handle.explain(db('users').mtdd());
  for (const one of Array.isArray(explained) ? explained : [explained]) {
    same<'local' | 'shard' | 'all', typeof one.route>(true);
    same<string | undefined, (typeof one.statements)[number]['when']>(true);
  }
  // @ts-expect-error a text is no query
  await handle.explain('select 1');
  // @ts-expect-error read only
  handle.config.useMtdd = true;
  // @ts-expect-error no tenant
  await handle.addTenant();
  // @ts-expect-error all shards have no one place
  await handle.tenantShard(null);
}

async function inTransactions(db: import('knex').Knex) {
  await db.transaction(async (trx) => trx('users').insert({ name: 'x' }).mtdd('t'), {
    mtdd: { tenantId: 't' },
  });
  const provide = db.transactionProvider({
    mtdd: { tenantId: 5, timeout: 100 },
    isolationLevel: 'serializable',
  });
  const [row] = await (await provide())<User>('users').mtdd('t');
  same<User, typeof row>(true);
  const trx = await db.transaction({ mtdd: { tenantId: 't' }, readOnly: true });
  const inner = await trx.transaction((nested) => nested<User>('users').first('id').mtdd('t'));
  same<Pick<User, 'id'> | undefined, typeof inner>(true);
  const joined = await db<User>('users').transacting(trx).mtdd('t').select('name');
  same<Pick<User, 'name'>[], typeof joined>(true);
  await trx.batchInsert<User>('users', [{ name: 'x' }]).returning('id');
  // @ts-expect-error: a transaction for nobody
  await db.transaction(async (trx) => trx('users'), { mtdd: {} });
  // @ts-expect-error: a tenant is a string or a number
  await db.transaction(async (trx) => trx('users'), { mtdd: { tenantId: {} } });
}
void inTransactions;

export const verifying: LibraryConfig[] = [
  { auth: { verify: async (): Promise<DecodedToken> => ({ sub: 'u', tid: 't', roles: [] }) } },
  { auth: { verify: () => ({ sub: 'u', tid: 't' }) }, http: { rateLimit: false } },
  { http: false },
  // @ts-expect-error: tokens without a signature
  { auth: { secret: 'x', algorithms: ['none'] } },
  // @ts-expect-error: a function that says yes is not asked whose token it is
  { auth: { verify: () => true } },
  // @ts-expect-error: it is mounted by default
  { http: true },
];

export async function devices(res: express.Response, tenantId: string | undefined): Promise<void> {
  const token = ActiveClients.GetMobileFcmToken('d');
  same<string | undefined, typeof token>(true);
  const known: boolean = ActiveClients.HasMobileDevice('d', { tenantId: 5, tenantType: '2' });
  ActiveClients.AddWebDeviceEvent('d', 'events', res);
  ActiveClients.GetWebDeviceEvents('d')?.get('events')?.write('data: 1\n\n');
  ActiveClients.web.get('d')?.get('events')?.end();
  const message: PushMessage = { title: 'a', body: 'b', data: { id: 1, urgent: known } };
  const outcome = await ActiveClients.BroadcastPushNotification(message);
  same<PushOutcome, typeof outcome>(true);
  for (const result of outcome.results) {
    if (result.ok) same<string, typeof result.messageId>(true);
    else same<MtddError, typeof result.error>(true);
  }
  await ActiveClients.SendPushNotificationToTenant('acme', message);
  await ActiveClients.SendPushNotificationToTenant({ tenantId: 'acme', tenantType: 2 }, message);
  for (const store of [
    new PostgresDeviceStore(db),
    new PostgresDeviceStore(new Pool(), { table: 'devices' }),
    new RedisDeviceStore(new Redis()),
    new RedisDeviceStore(createClient(), { prefix: 'devices' }),
  ]) {
    const clients = ActiveClients.UseDeviceStore(store);
    const later = clients.GetMobileFcmToken('d');
    same<Promise<string | undefined>, typeof later>(true);
    // @ts-expect-error: only the memory store has a map
    clients.mobile;
  }
  // @ts-expect-error: read only
  ActiveClients.mobile.set('d', 'token');
  // @ts-expect-error: a tenant that may be missing
  await ActiveClients.SendPushNotificationToTenant(tenantId, message);
  // @ts-expect-error: a tenant that may be missing
  ActiveClients.AddMobileDevice('d', 'token', { tenantId });
  // @ts-expect-error: a broadcast is for everybody
  await ActiveClients.BroadcastPushNotification(message, 'acme');
  // @ts-expect-error: FCM takes no objects
  await ActiveClients.SendPushNotification('token', { title: 'a', body: 'b', data: { order: {} } });
}

const databaseConfig: DatabaseConfig = { host: 'h', port: 5432, user: 'u', database: 'd', max: 20 };
export const databases: LibraryConfig[] = [
  { database: { enabled: true, config: databaseConfig } },
  { database: { enabled: true, config: { client: 'pg', connection: { host: 'h' }, pool: { max: 20 } } } },
  // @ts-expect-error: a port is a number
  { database: { enabled: true, config: { port: '5432' } } },
];
