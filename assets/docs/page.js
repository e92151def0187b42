// Shows /openapi.json with Swagger UI. Everything it needs is bundled: nothing is loaded from elsewhere.

import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import { foldCommonFields } from "./fold.js";
import { FreshKeys, oneKeyField } from "./keys.js";
import "./page.css";

followColorScheme(matchMedia("(prefers-color-scheme: dark)"));

SwaggerUI({
  dom_id: "#description",
  url: "/openapi.json",
  // An operation's name goes into the address, so that it can be sent to somebody.
  deepLinking: true,
  defaultModelExpandDepth: 2,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // By default it shows a badge of a validator on another host.
  validatorUrl: null,
  plugins: [
    {
      statePlugins: {
        spec: {
          wrapActions: { updateJsonSpec: (update) => (api) => update(oneKeyField(foldCommonFields(api))) },
        },
      },
    },
    FreshKeys,
  ],
});

/** Swagger UI has dark colors, for whoever sets the class. */
function followColorScheme(dark) {
  const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", follow);
  follow();
}
