/** docs/migrations.md shows what `mtdd migrate` prints. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { onConnection, startPostgres } = require('../../testkit/postgres');
const { Document } = require('../support/documents');
const { Project } = require('../support/cli');

describe('docs/migrations.md', () => {
  const blocks = new Document('docs/migrations.md').blocks();
  const [{ code: knexfile }] = blocks.filter(({ language }) => language === 'js');
  let postgres;
  let project;
  let actual = knexfile;
  const names = new Map();
  let urls;

  before(async () => {
    postgres = await startPostgres();
    urls = [await postgres.createDatabase('docs0'), await postgres.createDatabase('docs1')];
    for (const [shard, url] of urls.entries()) {
      actual = actual.replace(`postgres://owner@shard${shard}/app`, url);
      names.set(url.replace(/^.*@/, ''), `shard${shard}:5432/app`);
    }
    project = new Project();
    project.write('knexfile.mjs', actual);
    project.migration('20240101_create_orders.js', 'create table orders (item text)');
  });
  after(async () => {
    await postgres?.destroy();
    project?.remove();
  });

  /** Runs a command of the page, and gives what it printed, with the page's names. */
  async function printed(command, code, ...more) {
    const [npx, mtdd, ...args] = command.trim().split(' ');
    assert.deepEqual([npx, mtdd], ['npx', 'mtdd']);
    const ended = await project.run([...args, ...more]);
    assert.equal(ended.code, code, ended.stderr);
    let text = ended.stdout;
    for (const [real, name] of names) text = text.replaceAll(real, name);
    return text.replace(/ +/g, ' ');
  }
  const shown = (index) => blocks[index].code.replace(/ +/g, ' ');

  it('shows the answers that it gives, in this order', async () => {
    assert.deepEqual(
      blocks.map(({ language }) => language),
      ['js', 'bash', 'text', 'bash', 'text', 'bash', 'text', 'bash', 'text'],
    );
    const [, latest, first, failing, failed, status, differing, unlock, json] = blocks.keys();
    assert.equal(await printed(blocks[latest].code, 0), shown(first));
    await onConnection(urls[1], 'insert into orders values (null)');
    project.migration('20240102_require_item.js', 'alter table orders alter item set not null');
    assert.equal(await printed(blocks[failing].code, 1), shown(failed));
    assert.equal(await printed(blocks[status].code, 0), shown(differing));
    assert.equal(await printed('npx mtdd migrate latest', 1, '--format', 'json'), shown(json));
    await printed(blocks[unlock].code, 0);
  });
});
