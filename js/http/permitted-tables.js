/** Which tables the roles of a user may read. */

/**
 * @param {Map<string, string[] | null> | null} tablesByRole
 * @param {{ roles: readonly string[] }} user
 * @returns {(table: string) => boolean}
 */
function permittedTables(tablesByRole, { roles }) {
  if (tablesByRole === null) return () => true;
  const lists = roles.filter((role) => tablesByRole.has(role)).map((role) => tablesByRole.get(role));
  if (lists.includes(null)) return () => true;
  const tables = new Set(lists.flat());
  return (table) => tables.has(table);
}

module.exports = { permittedTables };
