// For the modules around the bundle's entry, which change what the platform hands out.

/** Puts `method` in front of the one that `object` has; it gets that one, bound, and the arguments. */
export function before(object, name, method) {
  const native = object[name].bind(object);
  Object.defineProperty(object, name, { value: (...given) => method(native, ...given), configurable: true });
  return object;
}
