/** What is wrong with shards, and what to do: compares what was asked of them. */

const { shardsNamed } = require('./output');

/** Beyond this, times that two shards write contradict each other. Milliseconds. */
const MOST_SKEW = 1000;
/** A certificate is to be renewed before this. Days. */
const EXPIRES_SOON = 30;
const DAY = 24 * 60 * 60 * 1000;
/** A longer definition is cut. Characters. */
const LONGEST = 120;

/**
 * @typedef {object} Finding
 * @property {'problem' | 'warning'} level a problem makes the exit code 1
 * @property {string} check
 * @property {string} message what is wrong, and where
 * @property {string} advice what to do
 */

/**
 * @param {import('./doctor-shard').Examined[]} shards
 * @param {string} tenantColumn
 * @returns {Finding[]}
 */
function findingsOf(shards, tenantColumn) {
  return [
    ...shards.flatMap(ownFindings),
    ...clocks(shards),
    ...versions(shards),
    ...settings(shards),
    ...drift(shards),
    ...rowSecurity(shards, tenantColumn),
    ...ids(shards),
  ];
}

function problem(check, message, advice) {
  return { level: /** @type {const} */ ('problem'), check, message, advice };
}

function warning(check, message, advice) {
  return { level: /** @type {const} */ ('warning'), check, message, advice };
}

function ownFindings({ shard, database, isStandby, isReadOnly, collation, encryption }) {
  const found = [];
  const at = `shard ${shard}`;
  if (isStandby) {
    found.push(problem('read-only', `${at} (${database}) is a standby`, 'name the primary'));
  } else if (isReadOnly) {
    const advice = 'alter database ... reset default_transaction_read_only, if it is to be written to';
    found.push(problem('read-only', `${at}: default_transaction_read_only is on`, advice));
  }
  const { recorded, actual } = collation;
  if (recorded !== null && actual !== null && recorded !== actual) {
    const message = `${at}: its collation has version ${actual}, and its indexes were built with ${recorded}`;
    const advice = 'reindex what sorts text, then alter database ... refresh collation version';
    found.push(problem('collation', message, advice));
  }
  if (encryption.validTo !== undefined)
    found.push(...expiry(`${at}: PostgreSQL's certificate`, encryption.validTo));
  if (!encryption.isEncrypted && !isLoopback(database)) {
    const message = `${at} (${database}) is reached without encryption`;
    found.push(
      warning('tls', message, "add sslmode=verify-full to its URL, here and for the shard's query server"),
    );
  }
  return found;
}

/**
 * What is to be said of a certificate's end.
 *
 * @param {string} what it begins the sentence
 * @param {string} validTo
 * @returns {Finding[]}
 */
function expiry(what, validTo) {
  const days = Math.floor((Date.parse(validTo) - Date.now()) / DAY);
  if (Number.isNaN(days) || days >= EXPIRES_SOON) return [];
  const when = new Date(validTo).toISOString().slice(0, 10);
  const advice = 'renew it; servers read new certificates when the files change';
  if (days < 0) return [problem('tls', `${what} has expired on ${when}`, advice)];
  return [warning('tls', `${what} expires on ${when}, in ${days} days`, advice)];
}

function clocks(shards) {
  return shards
    .filter(({ skew, uncertainty }) => Math.abs(skew) - uncertainty > MOST_SKEW)
    .map(({ shard, skew }) => {
      const seconds = (Math.abs(skew) / 1000).toFixed(1);
      const message = `shard ${shard}: its clock is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} this machine's`;
      return warning('clock', message, 'synchronize the clocks (NTP)');
    });
}

function versions(shards) {
  return differing(shards, ({ major }) => String(major)).map((each) =>
    warning(
      'version',
      `PostgreSQL's major version differs: ${each}`,
      'upgrade the older ones: plans and sorting may differ',
    ),
  );
}

function settings(shards) {
  const names = [...new Set(shards.flatMap((one) => [...one.settings.keys()]))];
  return names.flatMap((name) =>
    differing(shards, (one) => one.settings.get(name) ?? 'unset').map((each) => {
      const isFixed = ['server_encoding', 'LC_COLLATE', 'LC_CTYPE'].includes(name);
      const advice = isFixed
        ? 'it is chosen when a database is created: dump it, and create it anew'
        : `alter database ... set ${name} = ..., and restart the query server`;
      return problem('settings', `${name} differs: ${each}`, advice);
    }),
  );
}

/** Objects that are not the same on all shards. What belongs to a table that is missing is not listed besides it. */
function drift(shards) {
  const keyOf = ({ kind, name }) => `${kind} ${name}`;
  const maps = new Map(
    shards.map((one) => [one, new Map(one.objects.map((object) => [keyOf(object), object]))]),
  );
  const tables = new Map(
    shards.map((one) => [one, new Set(one.objects.filter(isRelation).map(({ name }) => name))]),
  );
  const keys = new Map(shards.flatMap((one) => one.objects.map((object) => [keyOf(object), object])));
  return [...keys].sort().flatMap(([key, { parent }]) => {
    const holders = parent === null ? shards : shards.filter((one) => tables.get(one).has(parent));
    return differing(holders, (one) => maps.get(one).get(key)?.definition ?? undefined, key).map((each) =>
      problem(
        'schema',
        `${key}: ${each}`,
        'write a migration for the shards that differ (`mtdd migrate latest`)',
      ),
    );
  });
}

function isRelation({ parent, kind }) {
  return parent === null && /table$|view$/.test(kind);
}

function rowSecurity(shards, tenantColumn) {
  const names = [...new Set(shards.flatMap(({ tenantTables }) => tenantTables.map(({ name }) => name)))];
  if (names.length === 0 && shards.length > 0) {
    const message = `no table has a column ${tenantColumn}, so row-level security was not checked`;
    return [warning('row-level security', message, 'name the column of tenants with --tenant-column')];
  }
  return names.flatMap((name) => {
    const on = (condition) =>
      shards
        .filter(({ tenantTables }) => tenantTables.some((table) => table.name === name && condition(table)))
        .map(({ shard }) => shard);
    const open = on(({ is_on: isOn, policies }) => !isOn || policies === 0);
    const unforced = on(
      ({ is_on: isOn, is_forced: isForced, policies }) => isOn && policies > 0 && !isForced,
    );
    const found = [];
    if (open.length > 0) {
      const message = `${name} has no row-level security on ${shardsNamed(open)}`;
      const advice = 'enable it and create a policy by mtdd.tenant_id: see docs/security.md';
      found.push(problem('row-level security', message, advice));
    }
    if (unforced.length > 0) {
      const message = `${name}: row-level security does not hold for the table's owner on ${shardsNamed(unforced)}`;
      found.push(warning('row-level security', message, `alter table ${name} force row level security`));
    }
    return found;
  });
}

/** Ids that two shards both give. */
function ids(shards) {
  const names = [...new Set(shards.flatMap((one) => one.ids.map(({ name }) => name)))];
  return names.flatMap((name) => {
    const sequences = shards.flatMap((one) =>
      one.ids.filter((id) => id.name === name).map((id) => ({ shard: one.shard, ...id })),
    );
    const clashing = sequences.filter((one) =>
      sequences.some((other) => one !== other && mayMeet(one, other)),
    );
    if (clashing.length === 0) return [];
    const where = shardsNamed([...new Set(clashing.map(({ shard }) => shard))]);
    const message = `${name} is unique on each shard only: ${where} give the same numbers`;
    const advice =
      'make the tenant part of the key, use uuid, or let each shard count in steps of its own: otherwise a moved tenant ' +
      'meets rows with its ids';
    return [warning('ids', message, advice)];
  });
}

/** Whether two sequences can give the same number. */
function mayMeet(one, other) {
  const number = (text) => BigInt(text);
  if (number(one.most) < number(other.least) || number(other.most) < number(one.least)) return false;
  const step = number(one.increment);
  if (step !== number(other.increment)) return true;
  return (number(one.start) - number(other.start)) % step === 0n;
}

/**
 * Which shards have which value, if it is not the same on all.
 *
 * @param {import('./doctor-shard').Examined[]} shards
 * @param {(shard: import('./doctor-shard').Examined) => string | undefined} read undefined: it is missing there
 * @param {string} [key] what has the values: then a missing one is said to be so, and an empty one to be there
 * @returns {string[]} one sentence, or none
 */
function differing(shards, read, key) {
  const groups = new Map();
  for (const one of shards) {
    const value = read(one);
    groups.set(value, [...(groups.get(value) ?? []), one.shard]);
  }
  if (groups.size <= 1) return [];
  const each = [...groups].map(([value, on]) => `${shown(value, key)} on ${shardsNamed(on)}`);
  return [each.join('; ')];
}

function shown(value, key) {
  if (value === undefined) return 'missing';
  const text = value.replace(/\s+/g, ' ').trim();
  if (text === '') return key === undefined ? '""' : 'present';
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text;
}

function isLoopback(database) {
  // A path is a socket of this machine.
  return /^(localhost|127\.[\d.]+|::1|\[::1\]|\/)/.test(database);
}

module.exports = { findingsOf, expiry, problem, warning };
