// What the Workers of this repository are made of, and without.

// Classes that the `worker` crate shows to JavaScript and of which this service makes no object: the methods would stay
// because they could be called. Whoever comes to use one takes its name out here, or it fails when it is made.
export const UNUSED_CLASSES = ["intounderlying", "containerstartupoptions", "minifyconfig", "r2range"];

/** Beside a crate's own code. */
export const MADE_OF = [
  "crates/core",
  "crates/edge",
  "packages/worker/build",
  "Cargo.toml",
  "Cargo.lock",
  ".tools/.crates.toml",
];
