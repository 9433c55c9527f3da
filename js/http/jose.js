/** Loads jose, which has ES modules only, when a token is to be verified for the first time. */

/** @returns {Promise<any>} the module */
async function loadJose() {
  try {
    return await import('jose');
  } catch (error) {
    // Jest runs modules in a context that has no import().
    if (error?.code !== 'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG') throw error;
    return process.getBuiltinModule('node:module').createRequire(__filename)('jose');
  }
}

module.exports = { loadJose };
