// Loads the package as it is built, where its sources are named: Node.js does not find a source by the name of its module.

import { registerHooks } from "node:module";

const SOURCE = /\/packages\/client\/src\/(.+)\.ts$/;

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier.replace(SOURCE, "/packages/client/dist/$1.js"), context),
});
