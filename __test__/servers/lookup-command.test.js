/**
 * `mtdd-server lookup` says what it has done, also where its answer or PostgreSQL's is lost.
 */

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { startCluster } = require('../../testkit/cluster');
const { BINARY } = require('../../testkit/servers');

describe('mtdd-server lookup', () => {
  let cluster;
  let directory;

  before(async () => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mtdd-lookup-'));
    cluster = await startCluster({ shards: 1, durableLookup: true });
  });
  after(async () => {
    await cluster?.stop();
    fs.rmSync(directory, { recursive: true, force: true });
  });

  function start(args, { databaseUrl = cluster.lookupDatabaseUrl, stdout = 'pipe' } = {}) {
    const env = { ...process.env, DATABASE_URL: databaseUrl, MTDD_SHARDS: '2' };
    const child = spawn(BINARY, ['lookup', ...args], { env, stdio: ['ignore', stdout, 'pipe'] });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) child[name]?.on('data', (text) => (said[name] += text));
    const ended = new Promise((resolve) => child.on('close', (code) => resolve({ code, ...said })));
    return { child, ended };
  }
  const lookup = (...args) => start(args).ended;
  const place = async (tenant) => {
    const { code, stdout } = await lookup('where', tenant, '--format', 'json');
    return code === 0 ? JSON.parse(stdout) : undefined;
  };

  const skip = !fs.existsSync('/dev/full');
  it('does what it is asked for, and exits with 0, also if nobody takes its answer', { skip }, async () => {
    const full = fs.openSync('/dev/full', 'w');
    try {
      for (const [args, shard] of [
        [['add', 'full', '--shard', '0'], 0],
        [['move', 'full', '--to', '1'], 1],
        [['remove', 'full'], undefined],
      ]) {
        const { code, stderr } = await start(args, { stdout: full }).ended;
        assert.equal(code, 0, stderr);
        assert.match(stderr, /warning: it is done, but cannot write the answer: /);
        assert.equal((await place('full'))?.shard, shard);
      }
      await lookup('add', 'full', '--shard', '0');
      assert.equal((await start(['where', 'full'], { stdout: full }).ended).code, 1);
    } finally {
      fs.closeSync(full);
    }
  });

  /** A way to the database that passes everything on until a COMMIT, of the transaction with this text, is answered. */
  async function losing(text) {
    const url = new URL(cluster.lookupDatabaseUrl);
    const { hostname, port } = url;
    const server = net.createServer((near) => {
      const far = net.connect(Number(port), hostname);
      let [isMeant, isLost] = [false, false];
      near.on('data', (data) => {
        far.write(data);
        isMeant ||= data.includes(text);
        isLost ||= isMeant && data.includes('COMMIT');
      });
      far.on('data', (data) => {
        if (!isLost) near.write(data);
        else for (const socket of [near, far]) socket.destroy();
      });
      for (const [one, other] of [
        [near, far],
        [far, near],
      ]) {
        one.on('error', () => {});
        one.on('close', () => other.destroy());
      }
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    url.port = String(server.address().port);
    return { databaseUrl: url.href, stop: () => server.close() };
  }

  it('says that the tenant may be blocked where the answer to the mark of a move is lost', async () => {
    await lookup('add', 'marked', '--shard', '0');
    const way = await losing('SET moving_to = $3');
    try {
      const { code, stderr } = await start(['move', 'marked', '--to', '1'], way).ended;
      assert.equal(code, 1);
      assert.match(stderr, /may still be blocked, .* undo an unfinished move with `lookup move --to 0`/);
      assert.equal((await place('marked')).moving, true);
      assert.equal((await lookup('move', 'marked', '--to', '0')).code, 0);
    } finally {
      way.stop();
    }
  });

  it('finds out that the tenant has moved, or is removed, where the answer to the last step is lost', async () => {
    for (const [args, shard, text] of [
      [['move', 'published', '--to', '1'], 1, 'SET shard_index = $3'],
      [['remove', 'published'], undefined, 'DELETE FROM mtdd_tenants'],
    ]) {
      await lookup('add', 'published', '--shard', '0');
      const way = await losing(text);
      try {
        const { code, stderr } = await start(args, way).ended;
        assert.equal(code, 0, stderr);
        assert.equal((await place('published'))?.shard, shard);
      } finally {
        way.stop();
      }
    }
  });

  for (const signal of ['SIGHUP', 'SIGQUIT']) {
    it(`${signal} ends the copying, and the tenant stays where it is`, async () => {
      await lookup('add', signal, '--shard', '0');
      const [started, copied] = ['started', 'copied'].map((name) => path.join(directory, signal + name));
      const { child, ended } = start([
        'move',
        signal,
        '--to',
        '1',
        '--run',
        `touch ${started}; sleep 2; touch ${copied}`,
      ]);
      for (const begun = Date.now(); !fs.existsSync(started); await sleep(20)) {
        assert.ok(Date.now() - begun < 30_000, 'it has not begun');
      }
      child.kill(signal);
      const { code, stderr } = await ended;
      assert.equal(code, 1, stderr);
      const { shard, moving } = await place(signal);
      assert.deepEqual([shard, moving], [0, false]);
      await sleep(2500);
      assert.ok(!fs.existsSync(copied), 'it went on');
    });
  }
});
