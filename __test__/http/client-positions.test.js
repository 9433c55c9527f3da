/**
 * What the clients of docs/browser-sync.md and of the live board make of answers that no healthy server gives at will: an
 * event without an id, and a page that breaks off. A scripted server stands in for the routes.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, it } = require('node:test');
const { Document } = require('../support/documents');
const { runExample } = require('../support/example');
const { until } = require('../support/live-app');
const { startPage } = require('../support/page');

const LIVE_TABLE = path.join(__dirname, '../../examples/live-board/public/live-table.js');
const change = (table, id) =>
  `data: ${JSON.stringify({ table, action: 'INSERT', data: { id }, tenantId: 'acme' })}\n\n`;
const refetchWithoutId = (table) => `event: refetch\ndata: ${JSON.stringify({ table, reason: 'r' })}\n\n`;
const CLOSED = 'event: closed\ndata: {"reason":"the token has expired"}\n\n';

/**
 * A page of routes that answer by a script.
 *
 * @param {import('node:test').TestContext} context
 * @param {{ pages?: string[], streams: string[] }} script `pages`: bodies of Load that are broken off, before it answers;
 *   `streams`: what each stream gets, one after the other; the last one stays open
 */
async function startScripted(context, { pages = [], streams }) {
  const positions = [];
  const page = await startPage(
    (req, res) => {
      const url = new URL(req.url, 'http://page');
      if (url.pathname === '/mtdd/Load') {
        const broken = pages.shift();
        res.setHeader('Content-Type', 'application/json');
        if (broken === undefined) {
          res.end(JSON.stringify({ data: [{ id: 1 }], timestamp: 'from-load', hasMore: false }));
        } else if (broken === 'text') res.end('<html>');
        else {
          res.writeHead(200, { 'Content-Length': 100 });
          res.write(broken);
          setTimeout(() => res.destroy(), 20);
        }
        return;
      }
      positions.push(url.searchParams.get('lastEventId'));
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      res.write(`: connected\n\n${streams[positions.length - 1] ?? ''}`);
    },
    { tid: 'acme' },
  );
  context.after(() => page.close());
  return { page, positions };
}

/** The live board's class, on a page. */
async function openLiveTable(context, page) {
  const names = Object.keys(page.globals).join(', ');
  const source = `const { ${names} } = globalThis.scriptedPage;\n${fs.readFileSync(LIVE_TABLE, 'utf8')}\n// ${Math.random()}`;
  Object.assign(globalThis, { scriptedPage: page.globals });
  const { LiveTable } = await import(`data:text/javascript;base64,${Buffer.from(source).toString('base64')}`);
  const table = new LiveTable({ table: 'products', key: 'id', login: page.globals.getToken });
  context.after(() => table.close());
  await table.open();
  return table;
}

const clients = {
  'the client of docs/browser-sync.md': async (_context, page) => {
    const { code } = new Document('docs/browser-sync.md').blocks().find(({ language }) => language === 'js');
    await runExample(code, page.globals);
  },
  'the live board': openLiveTable,
};

for (const [name, open] of Object.entries(clients)) {
  it(`${name} comes back from where it was after an event without an id`, async (context) => {
    const streams = [
      `${change('orders', 1)}${CLOSED}`,
      `id: 7\n${change('products', 2)}${CLOSED}`,
      `${change('products', 3)}${CLOSED}`,
    ];
    const { page, positions } = await startScripted(context, { streams });
    await open(context, page);
    await until(() => positions.length === 4, 20_000);
    assert.deepEqual(positions, ['from-load', 'from-load', '7', '7']);
  });
}

describe('the live board', () => {
  it('keeps its position at a refetch without an id', async (context) => {
    const streams = [`${refetchWithoutId('orders')}${CLOSED}`];
    const { page, positions } = await startScripted(context, { streams });
    await openLiveTable(context, page);
    await until(() => positions.length === 2);
    assert.deepEqual(positions, ['from-load', 'from-load']);
  });

  it('asks again for a page that breaks off, or is no JSON', async (context) => {
    const { page } = await startScripted(context, { pages: ['{"data":[', 'text'], streams: [] });
    const table = await openLiveTable(context, page);
    await until(() => table.state === 'live');
    assert.deepEqual([...table.rows.keys()], [1]);
  });
});
