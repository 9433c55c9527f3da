/** The live board, from a click in one browser to what another one shows. */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { after, afterEach, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { Client } = require('pg');
const { startBoard } = require('../../examples/live-board/server');
const children = require('../../testkit/children');
const { startCluster } = require('../../testkit/cluster');
const { track } = require('../../testkit/track');
const { findBrowser, startBrowser } = require('../support/browser');
const { until } = require('../support/live-app');

const BOARD = path.join(__dirname, '..', '..', 'examples', 'live-board');
const SECRET = 'the secret of the board, 32 bytes or more';
const program = findBrowser();
const skip = program === undefined && 'there is no Chromium here: install it, or set MTDD_TEST_CHROMIUM';

/** The server of the board as its user starts it, which comes back on the same port. */
class BoardServer {
  #environment;
  #child;
  #port = 0;

  constructor({ local, queryServers, lookupServer }) {
    this.#environment = {
      PATH: process.env.PATH,
      DATABASE_URL: local.databaseUrl,
      QUERY_SERVERS: queryServers.join(','),
      LOOKUP_SERVER: lookupServer,
    };
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(secret = SECRET) {
    this.#child = children.start(process.execPath, [path.join(BOARD, 'server.js')], {
      env: { ...this.#environment, PORT: String(this.#port), TOKEN_SECRET: secret },
    });
    const [line] = await Promise.race([
      once(this.#child.stdout, 'data'),
      this.#child.ended.then(() => assert.fail(`the board ended:\n${this.#child.output}`)),
    ]);
    this.#port = Number(/:(\d+)\s*$/.exec(line)[1]);
  }

  /** @returns {Promise<{ code: number | null }>} */
  stop(signal = 'SIGTERM') {
    return children.stop(this.#child, signal);
  }
}

/** A browser's tab that shows a tenant's board, and notes what it gets and what goes wrong. */
class Tab {
  constructor(page) {
    this.page = page;
    this.problems = [];
    page.on('pageerror', (error) => this.problems.push(String(error)));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.problems.push(message.text());
    });
  }

  static async open(context, url, tenant) {
    const tab = new Tab(await context.newPage());
    await tab.page.addInitScript(() => {
      const { EventSource } = window;
      window.received = [];
      window.EventSource = class extends EventSource {
        constructor(...args) {
          super(...args);
          this.addEventListener('message', ({ lastEventId, data }) =>
            window.received.push([lastEventId, JSON.parse(data).action]),
          );
          this.addEventListener('refetch', () => window.received.push(['', 'refetch']));
        }
      };
    });
    await tab.page.goto(`${url}/?tenant=${tenant}`);
    await tab.shows('live');
    return tab;
  }

  /** Waits for a state of the connection. */
  shows(state) {
    return this.page.waitForSelector(`#connection[data-state="${state}"]`);
  }

  /** What is on the page: `todo: Title`, in the order of the lanes. */
  cards() {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('.card')].map((card) => {
        const { lane } = card.closest('.lane').dataset;
        return `${lane}: ${card.querySelector('button.title').textContent}`;
      }),
    );
  }

  received() {
    return this.page.evaluate(() => window.received);
  }

  async add(lane, title) {
    const input = this.page.locator(`[data-lane="${lane}"] .adder input`);
    await input.fill(title);
    await input.press('Enter');
  }

  card(title) {
    return this.page.locator('.card', { has: this.page.getByText(title, { exact: true }) });
  }

  /** Waits until the page shows these cards. */
  async showsCards(...expected) {
    let found;
    await until(async () => {
      found = await this.cards();
      return JSON.stringify(found) === JSON.stringify(expected);
    }).catch(() => assert.deepEqual(found, expected));
  }
}

describe('the live board', { skip }, () => {
  let cluster;
  let board;
  let browser;
  let contexts;
  let shard;
  const tabs = [];

  const open = async (tenant, url = board.url) => {
    const tab = await Tab.open(contexts[tenant], url, tenant);
    tabs.push(tab);
    return tab;
  };
  /** Runs SQL past the application. */
  const onShard = async (text, ...values) => (await shard.query(text, values)).rows;
  const insert = (tenant, lane, title) =>
    onShard('insert into cards (tenant_id, lane, title) values ($1, $2, $3)', tenant, lane, title);
  /** The board of a tenant as its database has it. */
  const truth = async (tenant) => {
    const rows = await onShard(
      `select lane || ': ' || title as card from cards where tenant_id = $1
       order by array_position(array['todo', 'doing', 'done'], lane), created_at, id`,
      tenant,
    );
    return rows.map(({ card }) => card);
  };

  before(async () => {
    const seed = [fs.readFileSync(path.join(BOARD, 'schema.sql'), 'utf8')];
    // One shard, so that nothing but the library keeps the tenants apart.
    cluster = await startCluster({ shards: 1, seed });
    const [{ databaseUrl }] = cluster.shards;
    track(databaseUrl, '--table', 'cards', '--tenant-column', 'tenant_id');
    shard = new Client({ connectionString: databaseUrl });
    await shard.connect();
    board = new BoardServer(cluster);
    await board.start();
    browser = await startBrowser(program);
    contexts = { acme: await browser.newContext(), globex: await browser.newContext() };
  });
  afterEach(async () => {
    await Promise.all(tabs.splice(0).map(({ page }) => page.close()));
    await onShard('delete from cards');
  });
  after(async () => {
    await browser?.close();
    await board?.stop('SIGKILL');
    await shard?.end();
    await cluster?.stop();
  });

  it('shows each tenant its own cards, and each change in the other tab of the tenant', async () => {
    await insert('globex', 'done', 'of globex');
    const [one, two, other] = [await open('acme'), await open('acme'), await open('globex')];
    await two.page.waitForSelector('.empty >> visible=true');
    await one.add('todo', 'Tea <b>&amp; "milk"</b>');
    await two.showsCards('todo: Tea <b>&amp; "milk"</b>');
    await two.add('doing', 'Cups');
    await one.showsCards('todo: Tea <b>&amp; "milk"</b>', 'doing: Cups');
    await one.card('Cups').getByRole('button', { name: 'Move to Done' }).click();
    await two.showsCards('todo: Tea <b>&amp; "milk"</b>', 'done: Cups');
    await one.card('Cups').getByRole('button', { name: 'Edit' }).click();
    await one.page.keyboard.type('茶 \u{1F375}');
    await one.page.keyboard.press('Enter');
    await two.showsCards('todo: Tea <b>&amp; "milk"</b>', 'done: 茶 \u{1F375}');
    await two
      .card('Tea <b>&amp; "milk"</b>')
      .getByRole('button', { name: /^Delete/ })
      .click();
    await one.showsCards('done: 茶 \u{1F375}');
    await two.showsCards('done: 茶 \u{1F375}');
    assert.deepEqual(await truth('acme'), ['done: 茶 \u{1F375}']);
    const actions = ['INSERT', 'INSERT', 'UPDATE', 'UPDATE', 'DELETE'];
    for (const tab of [one, two]) {
      assert.deepEqual(
        (await tab.received()).map(([, action]) => action),
        actions,
      );
    }
    assert.deepEqual([await other.cards(), await other.received()], [['done: of globex'], []]);
    assert.deepEqual([one.problems, two.problems, other.problems], [[], [], []]);
  });

  it('loads a board of many pages', async () => {
    await onShard(
      `insert into cards (tenant_id, title) select 'acme', 'card ' || n from generate_series(1, 2500) n`,
    );
    const tab = await open('acme');
    assert.deepEqual([...(await tab.cards())].sort(), (await truth('acme')).sort());
    assert.equal(await tab.page.locator('[data-lane="todo"] .count').textContent(), '2500');
    assert.deepEqual(tab.problems, []);
  });

  it('loads the table again when it was truncated, and the stream goes on', async () => {
    await insert('acme', 'todo', 'gone');
    const tab = await open('acme');
    await onShard('truncate cards');
    await tab.showsCards();
    await insert('acme', 'todo', 'after');
    await tab.showsCards('todo: after');
    assert.deepEqual(
      (await tab.received()).map(([, action]) => action),
      ['refetch', 'INSERT'],
    );
    assert.deepEqual(tab.problems, []);
  });

  for (const [how, { signal, secret, allowed }] of Object.entries({
    'is asked to end': { signal: 'SIGTERM' },
    'is killed': { signal: 'SIGKILL' },
    'comes back with another secret': {
      signal: 'SIGTERM',
      secret: 'another secret of the board, 32 bytes or more',
      allowed: /status of 401/,
    },
  })) {
    it(`loses no change, and applies none twice, when the server ${how}`, async () => {
      await insert('acme', 'todo', 'stays');
      await insert('acme', 'todo', 'goes');
      await insert('globex', 'todo', 'of globex');
      const [one, two, other] = [await open('acme'), await open('acme'), await open('globex')];
      await one.add('todo', 'before');
      await two.showsCards('todo: stays', 'todo: goes', 'todo: before');
      await board.stop(signal);
      await Promise.all([one, two, other].map((tab) => tab.shows('offline')));
      await insert('acme', 'doing', 'new');
      await onShard(`update cards set lane = 'done' where title in ('before', 'of globex')`);
      await onShard(`delete from cards where title = 'goes'`);
      await insert('acme', 'doing', 'neither');
      await onShard(`delete from cards where title = 'neither'`);
      assert.deepEqual(await one.cards(), ['todo: stays', 'todo: goes', 'todo: before']);
      await board.start(secret);
      await Promise.all([one, two, other].map((tab) => tab.shows('live')));
      await one.add('todo', 'after');
      const expected = ['todo: stays', 'todo: after', 'doing: new', 'done: before'];
      for (const tab of [one, two]) {
        await tab.showsCards(...expected);
        const received = await tab.received();
        assert.deepEqual(
          received.map(([, action]) => action),
          ['INSERT', 'INSERT', 'UPDATE', 'DELETE', 'INSERT', 'DELETE', 'INSERT'],
        );
        assert.equal(new Set(received.map(([id]) => id)).size, received.length);
      }
      assert.deepEqual(await truth('acme'), expected);
      await other.showsCards('done: of globex');
      assert.deepEqual(
        (await other.received()).map(([, action]) => action),
        ['UPDATE'],
      );
      // What the browser itself says of a server that is away.
      const isExpected = (text) =>
        /^Failed to load resource: net::ERR_/.test(text) || allowed?.test(text) === true;
      for (const { problems } of [one, two, other]) {
        assert.deepEqual(
          problems.filter((text) => !isExpected(text)),
          [],
        );
      }
      await board.stop();
      await board.start();
    });
  }

  it('logs in again when its token has expired, and gets the change that came then', async () => {
    const { local, queryServers, lookupServer } = cluster;
    const short = await startBoard({
      databaseUrl: local.databaseUrl,
      queryServers,
      lookupServer,
      tokenLife: 2,
    });
    try {
      const tab = await open('acme', short.url);
      await sleep(2100);
      await insert('acme', 'todo', 'late');
      await tab.showsCards('todo: late');
      await tab.shows('live');
      await sleep(2100);
      await tab.add('done', 'later');
      await tab.showsCards('todo: late', 'done: later');
      assert.equal((await tab.received()).length, 2);
    } finally {
      await short.close();
    }
  });

  it('changes no card without a token, or with another tenant’s', async () => {
    await insert('acme', 'todo', 'of acme');
    const [{ id }] = await onShard('select id from cards');
    const ask = async (method, url, body, token) => {
      const headers = { 'content-type': 'application/json', connection: 'close' };
      if (token) headers.authorization = `Bearer ${token}`;
      const response = await fetch(board.url + url, { method, headers, body: JSON.stringify(body) });
      return { status: response.status, body: await response.json().catch(() => undefined) };
    };
    const login = async (tenant) => ask('POST', '/login', { tenant });
    const { token } = (await login('globex')).body;
    const forged = `${token.split('.').slice(0, 2).join('.')}.AAAA`;
    for (const [status, method, url, body, bearer] of [
      [401, 'POST', '/cards', { title: 'x' }],
      [401, 'PATCH', `/cards/${id}`, { title: 'x' }],
      [401, 'DELETE', `/cards/${id}`, undefined, forged],
      [404, 'PATCH', `/cards/${id}`, { title: 'x' }, token],
      [404, 'DELETE', `/cards/${id}`, undefined, token],
      [400, 'DELETE', `/cards/1;drop`, undefined, token],
      [400, 'POST', '/cards', {}, token],
      [400, 'POST', '/cards', { title: ' ' }, token],
      [400, 'POST', '/cards', { title: 5 }, token],
      [400, 'POST', '/cards', { title: 'a\0b' }, token],
      [400, 'POST', '/cards', { title: 'é'.repeat(201) }, token],
      [400, 'POST', '/cards', { title: 'x', lane: 'nowhere' }, token],
      [400, 'PATCH', `/cards/${id}`, {}, token],
      [201, 'POST', '/cards', { title: '\u{1F375}'.repeat(200), tenant_id: 'acme' }, token],
    ]) {
      assert.equal((await ask(method, url, body, bearer)).status, status, `${method} ${url} ${body?.title}`);
    }
    for (const tenant of ['nobody', '', null, ['acme'], undefined]) {
      assert.equal((await login(tenant)).status, 401, String(tenant));
    }
    assert.deepEqual(await truth('acme'), ['todo: of acme']);
    assert.equal((await truth('globex')).length, 1);
  });
});
