/**
 * `npm run matrix`: writes docs/FAN-OUT.md, the table of what all shards can answer, from the statements that the
 * tests run.
 */

const fs = require('node:fs');
const path = require('node:path');
const { SHAPES } = require('../__test__/support/fan-out-shapes');
const { QUERIES } = require('../__test__/support/tpch/queries');

const FILE = path.join(__dirname, '..', 'docs', 'FAN-OUT.md');

/** The document. */
function text() {
  const all = [...Object.values(SHAPES).flat(), ...QUERIES];
  const exact = all.filter(({ expected }) => expected === 'exact').length;
  const sections = Object.entries(SHAPES).map(([heading, shapes]) =>
    table(
      heading,
      ['shape', 'statement', 'all shards'],
      shapes.map(({ shape, sql, bindings, options, expected, note }) => [
        shape,
        `${code(sql)}${bindings ? ` with ${code(JSON.stringify(bindings))}` : ''}${options !== undefined ? `, ${code(`.mtdd(${JSON.stringify(options)})`)}` : ''}`,
        `${answer(expected)}${note ? `: ${note}` : ''}`,
      ]),
    ),
  );
  const tpch = table(
    'TPC-H',
    ['query', 'what it asks', 'all shards'],
    QUERIES.map(({ number, title, expected, why }) => [
      `Q${number}`,
      title,
      `${answer(expected)}${why ? `: ${why}` : ''}`,
    ]),
  );
  return `# What all shards can answer

<!-- Written by \`npm run matrix\`. The statements are run by fan-out-matrix.test.js and tpch.test.js, which fail when one of them is answered otherwise. -->

\`.mtdd()\` without a tenant asks all shards. *Exact* means: what one PostgreSQL with the rows of all shards would have
answered, including its own refusals. Everything else is refused with the code that stands here, and not run.
Of the ${all.length} statements below, ${exact} are exact.

\`orders\` and \`items\` are split by \`tenant_id\` (\`portal.tenantColumnName\`); \`countries\` is the same on all shards
(\`mtdd.referenceTables\`).

${sections.join('\n')}
## What the shards' databases do unasked

Policies of row-level security that hold for the connected role are judged as if they stood in the statement's WHERE:
what looks at rows of other tenants, at a clock, or calls a function that is not immutable is refused, by the policy's name.

Triggers, foreign keys and checks of a table run on each shard, and see the rows of that shard alone, as they do for a
statement of one tenant. They are not looked into; \`handle.explain()\` names the triggers of the table that is changed. A
trigger that gives rows of a reference table values of its own (a sequence's, a random one, its clock's) makes the copies
differ.

Columns of reference tables that a statement leaves to their defaults get one time for all shards where the default tells
the time. A sequence, an identity, a random value or a function that is not immutable is refused: give the column a value.

A text that becomes a date or a time as the statement runs, as in \`word::date\` where \`word\` is a column, is not looked
into: where it says \`now\` or \`today\`, it is that of its shard.

The tables of TPC-H below: \`region\`, \`nation\` and \`part\` are reference tables; \`supplier\`, \`partsupp\`,
\`customer\`, \`orders\` and \`lineitem\` are split by \`tenant_id\`, and joined on it too.

${tpch}`;
}

function table(heading, titles, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `## ${heading}\n\n${[line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}

const code = (sql) => `\`${sql}\``;
const answer = (expected) => (expected === 'exact' ? 'exact' : `refused, \`${expected}\``);

module.exports = { FILE, text };

if (require.main === module) {
  fs.mkdirSync(path.dirname(FILE), { recursive: true });
  fs.writeFileSync(FILE, text());
}
