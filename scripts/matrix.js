/**
 * `npm run matrix`: writes docs/fan-out-matrix.md, the table of what all shards can answer, from the statements that the
 * tests run.
 */

const fs = require('node:fs');
const path = require('node:path');
const { SHAPES } = require('../testkit/fan-out/shapes');
const { QUERIES } = require('../testkit/tpch/queries');

const FILE = path.join(__dirname, '..', 'docs', 'fan-out-matrix.md');

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
  return `# Fan-out matrix: what all shards can answer

<!-- Written by \`npm run matrix\`. The statements are run by fan-out-matrix.test.js and tpch.test.js, which fail when one of them is answered otherwise. -->

[The guide](fan-out.md) says how to query all shards. *Exact* means: the answer of one PostgreSQL with the rows of all
shards, including its own refusals. Everything else is refused with the code in the last column, and is not run. Of the
${all.length} statements below, ${exact} are exact.

\`orders\` and \`items\` are split by \`tenant_id\` (\`portal.tenantColumnName\`); \`countries\` is the same on all shards
(\`mtdd.referenceTables\`).

${sections.join('\n')}
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
