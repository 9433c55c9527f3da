/** Loads jose, which has ES modules only, when a token is to be verified for the first time. */

/** @returns {Promise<any>} the module */
async function loadJose() {
  try {
    return await import('jose');
  } catch (error) {
    if (error?.code !== 'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG') throw error;
    // Jest runs modules in a context that has no import(): that of Node's own context is as good.
    const vm = require('node:vm');
    const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
    return vm.runInThisContext("import('jose')", { filename: __filename, importModuleDynamically });
  }
}

module.exports = { loadJose };
