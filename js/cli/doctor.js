/** `mtdd doctor`: asks every shard and every server, compares the shards, and says what to do. See docs/doctor.md. */

const fs = require('node:fs');
const { loadConfig } = require('../config/config');
const { UsageError, optionsHelp, readArguments } = require('./arguments');
const { findingsOf, problem } = require('./doctor-findings');
const { askServer } = require('./doctor-servers');
const { examine } = require('./doctor-shard');
const { hasKnexfile, knexAlone, loadKnexfile } = require('./knexfile');
const { described } = require('./migration-run');
const { table } = require('./output');
const { inParallel } = require('./parallel');
const { SHARD_OPTIONS, selectedShards, shardSettings } = require('./shard-options');

const TENANT_COLUMN = 'tenant_id';

/** @type {{ [name: string]: import('./arguments').Option }} */
const OPTIONS = {
  ...SHARD_OPTIONS,
  'query-server': {
    type: 'string',
    value: 'HOST:PORT',
    multiple: true,
    help: 'A query server, once for each, in the order of their shards. Default: QUERY_SERVERS (a JSON array, or a list with commas)',
  },
  'lookup-server': {
    type: 'string',
    value: 'HOST:PORT',
    multiple: true,
    help: 'A lookup server, once for each. Default: LOOKUP_SERVER',
  },
  ca: {
    type: 'string',
    value: 'FILE',
    help: "PEM file of the authorities that sign the servers' certificates. Default: the system's",
  },
  cert: {
    type: 'string',
    value: 'FILE',
    help: 'PEM file of the certificate to show the servers (mutual TLS)',
  },
  key: { type: 'string', value: 'FILE', help: 'PEM file of the private key of --cert' },
  insecure: {
    type: 'boolean',
    help: 'Ask servers beyond loopback in plain text. Default: GRPC_INSECURE, or else TLS',
  },
  'tenant-column': {
    type: 'string',
    value: 'NAME',
    help: `The column of tenants: tables with it need row-level security. Default: TENANT_COLUMN_NAME, or else ${TENANT_COLUMN}`,
  },
};

const HELP = `Ask every shard and every server, and say what to do

Usage: mtdd doctor [OPTIONS]

It reads catalogs only, and changes nothing.

Options:
${optionsHelp(OPTIONS)}

Exit codes: 0 no problems (there may be warnings), 1 problems, 2 wrong arguments: nothing was asked.`;

/**
 * @param {string[]} args
 * @param {import('./output').Output} output
 * @returns {Promise<number>} the exit code
 * @throws {UsageError}
 */
async function doctor(args, output) {
  const { values } = readArguments(args, OPTIONS);
  if (values.help) {
    output.say(HELP);
    return 0;
  }
  const settings = shardSettings(values);
  const tls = {
    ca: fileOf(values, 'ca'),
    cert: fileOf(values, 'cert'),
    key: fileOf(values, 'key'),
    timeout: settings.connectTimeout,
  };
  const servers = serversOf(values, tls.ca !== undefined || tls.cert !== undefined);
  // What a knexfile logs is no part of the answer.
  for (const method of ['log', 'info', 'debug']) console[method] = console.error;
  const knexfile = values.knexfile !== undefined || hasKnexfile() ? await loadKnexfile(values) : knexAlone();
  const shards = selectedShards(values, settings, knexfile, output)();
  const { tableName = 'knex_migrations' } = knexfile.config.migrations ?? {};
  const tenantColumn = values['tenant-column'] ?? (process.env.TENANT_COLUMN_NAME || TENANT_COLUMN);
  const options = { tenantColumn, knexTables: [tableName, `${tableName}_lock`] };

  const never = new AbortController().signal;
  const examined = await inParallel(shards, settings.concurrency, never, (shard) =>
    examineShard(shard, options),
  );
  const answers = await inParallel(servers, settings.concurrency, never, (server) =>
    askServer(server, { ...tls, isPlain: server.isPlain }),
  );

  const findings = [
    ...examined.flatMap(({ finding }) => finding ?? []),
    ...answers.flatMap((answer) => answer.findings),
    ...findingsOf(
      examined.flatMap(({ found }) => found ?? []),
      tenantColumn,
    ),
  ].sort((a, b) => Number(a.level === 'warning') - Number(b.level === 'warning'));
  const isHealthy = findings.every(({ level }) => level === 'warning');
  const report = {
    command: 'doctor',
    healthy: isHealthy,
    findings,
    shards: examined.map(({ summary }) => summary),
    servers: answers.map(({ findings: _findings, ...answer }) => answer),
  };
  if (settings.format === 'json') output.sayJson(report);
  else output.say(shown(report));
  return isHealthy ? 0 : 1;
}

async function examineShard(shard, options) {
  const { index } = shard;
  try {
    await shard.connect();
    const found = await examine(shard, options);
    const { database, version, skew, encryption } = found;
    const summary = {
      shard: index,
      database,
      version,
      clockSkewMs: skew,
      encrypted: encryption.isEncrypted,
      certificateValidTo:
        encryption.validTo === undefined ? null : new Date(encryption.validTo).toISOString(),
    };
    return { found, summary };
  } catch (error) {
    const { message, sqlstate } = described(error);
    const database = shard.describe() ?? null;
    const code = sqlstate === null ? '' : ` (SQLSTATE ${sqlstate})`;
    const text = `shard ${index} (${database}) cannot be examined: ${message}${code}`;
    const finding = problem('reach', text, 'start it, or correct its URL, the role, or the firewall between');
    return {
      finding,
      summary: {
        shard: index,
        database,
        version: null,
        clockSkewMs: null,
        encrypted: null,
        certificateValidTo: null,
      },
    };
  } finally {
    await shard.close();
  }
}

/**
 * The servers to ask, with whether that goes in plain text, by the rules of the library: on loopback, unless there are
 * settings for TLS, and elsewhere if that is said.
 */
function serversOf(values, withTls) {
  const given = {
    ...(values['query-server'] && { queryServers: values['query-server'] }),
    ...(values['lookup-server'] && { lookupServer: values['lookup-server'].join(',') }),
  };
  const { QUERY_SERVERS, BACKEND_SERVERS, LOOKUP_SERVER, GRPC_INSECURE } = process.env;
  // Nothing else of the environment concerns the doctor.
  const env = { QUERY_SERVERS, BACKEND_SERVERS, LOOKUP_SERVER, GRPC_INSECURE };
  let loaded;
  try {
    loaded = loadConfig({ mtdd: { ...given, grpcInsecure: values.insecure } }, env);
  } catch (error) {
    if (error.code !== 'CONFIG_INVALID') throw error;
    throw new UsageError(error.message);
  }
  const { queryServers, lookupServers, insecure } = loaded.settings;
  const isPlain = (address) =>
    insecure || (!withTls && /^(localhost|127\.[\d.]+|\[::1\]):\d+$/i.test(address));
  return [
    ...queryServers.map((address, index) => ({
      role: `query server ${index}`,
      address,
      isPlain: isPlain(address),
    })),
    ...lookupServers.map((address) => ({ role: 'lookup server', address, isPlain: isPlain(address) })),
  ];
}

function fileOf(values, name) {
  const file = values[name];
  if (file === undefined) return undefined;
  try {
    return fs.readFileSync(file);
  } catch (error) {
    throw new UsageError(`--${name}: ${error.message}`);
  }
}

function shown({ findings, shards, servers }) {
  const parts = [
    table(
      ['shard', 'database', 'PostgreSQL', 'clock', 'TLS', 'certificate until'],
      shards.map(({ shard, database, version, clockSkewMs, encrypted, certificateValidTo }) => [
        shard,
        database,
        version ?? 'unreachable',
        clockSkewMs === null ? null : `${clockSkewMs >= 0 ? '+' : ''}${clockSkewMs} ms`,
        encrypted === null ? null : encrypted ? 'yes' : 'no',
        certificateValidTo?.slice(0, 10),
      ]),
    ),
  ];
  if (servers.length > 0) {
    const rows = servers.map(({ role, address, state, certificateValidTo }) => [
      role,
      address,
      state,
      certificateValidTo?.slice(0, 10),
    ]);
    parts.push(table(['server', 'address', 'state', 'certificate until'], rows));
  }
  if (findings.length > 0) {
    parts.push(
      findings
        .map(({ level, check, message, advice }) => `${level}: ${check}: ${message}\n  -> ${advice}`)
        .join('\n'),
    );
  }
  const count = (level) => {
    const { length } = findings.filter((one) => one.level === level);
    return `${length === 0 ? 'no' : length} ${level}${length === 1 ? '' : 's'}`;
  };
  const sum = `${count('problem')}, ${count('warning')}.`;
  parts.push(sum[0].toUpperCase() + sum.slice(1));
  return parts.join('\n\n');
}

module.exports = { doctor };
