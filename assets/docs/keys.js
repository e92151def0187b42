// What a reader has to put into the header fields of a request: one field for the key, filled in at each press of Execute,
// and no other. With an example's key, the second press would be a replay, and one with another payload a mismatch.

const HINT =
  "**Each press of Execute fills in a fresh key.** To see a replay, type a key of your own, which stays until you " +
  "clear the field. ";

const isKey = ({ in: place, name }) => place === "header" && /^(x-)?idempotency-key$/i.test(name);

/** The description with one field for the key in each operation, and without examples for header fields. */
export function oneKeyField(api) {
  const resolved = (parameter) =>
    parameter.$ref ? api.components.parameters[parameter.$ref.split("/").at(-1)] : parameter;
  const operations = Object.values(api.paths).flatMap((path) => Object.values(path));
  for (const operation of operations.filter(({ parameters }) => parameters)) {
    const all = operation.parameters.map(resolved);
    const key = all.find(isKey);
    operation.parameters = all
      .filter((parameter) => parameter === key || !isKey(parameter))
      .map(withoutExample);
  }
  return api;
}

/** Swagger UI fills in the example of a field that a request has. */
function withoutExample(parameter) {
  if (parameter.in !== "header") return parameter;
  const { example, examples, ...rest } = parameter;
  const { example: _, examples: __, default: ___, ...schema } = rest.schema;
  const description = isKey(parameter) ? HINT + rest.description : rest.description;
  return { ...rest, description, schema };
}

/**
 * A plugin of Swagger UI that fills in a fresh key where the reader has typed none. Execute has the fields checked before
 * it sends anything, and the field may be required: so the key is made before the check.
 */
export function FreshKeys() {
  const filledIn = new Map();
  return {
    statePlugins: {
      spec: {
        wrapActions: {
          validateParams:
            (validate, { specSelectors, specActions }) =>
            (pathMethod, ...rest) => {
              const parameters = specSelectors.specResolvedSubtree(["paths", ...pathMethod, "parameters"]);
              const key = parameters?.find((parameter) => isKey(parameter.toJS()));
              const operation = String(pathMethod);
              const typed = key && specSelectors.parameterWithMetaByIdentity(pathMethod, key).get("value");
              if (key && (!typed || typed === filledIn.get(operation))) {
                filledIn.set(operation, randomUuid());
                specActions.changeParamByIdentity(pathMethod, key, filledIn.get(operation));
              }
              return validate(pathMethod, ...rest);
            },
        },
      },
    },
  };
}

/** A UUID of version 4. `crypto.randomUUID` is for pages over https, and of the reader's own machine. */
function randomUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const groups = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20),
  ];
  return groups.join("-");
}
