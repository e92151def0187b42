// Compiles the Kotlin client into packages/client-kotlin/build/client.jar, and the programs of its tests beside them. The
// compiler comes from npm into .tools/kotlin/, the JDK from the machine or from Debian.

import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { must, run, say, stop } from "../packages/worker/build/shell.mjs";

const TESTS = "tests/client-kotlin";
const HOME = ".tools/kotlin";
const LIB = `${HOME}/node_modules/kotlin-compiler/lib`;
const STDLIB = `${LIB}/kotlin-stdlib.jar`;
const JAR = "packages/client-kotlin/build/client.jar";

// Java 8's library is what Android has too; and who uses the client need not have the newest Kotlin.
const KOTLIN = ["-language-version", "2.2", "-api-version", "2.2"];
const OPTIONS = ["-Xjdk-release=1.8", ...KOTLIN, "-Werror", "-no-stdlib", "-no-reflect"];

installJdk();
installCompiler();
compile(["packages/client-kotlin/src"], JAR, [STDLIB], ["-Xexplicit-api=strict"]);
const coroutines = `${LIB}/kotlinx-coroutines-core-jvm.jar`;
const programs = [`${TESTS}/programs`, `${TESTS}/declared`, unpackedReadme()];
// Tests set the clock, which is internal to the client.
compile(programs, `${TESTS}/build/programs.jar`, [STDLIB, JAR, coroutines], [`-Xfriend-paths=${JAR}`]);

function installJdk() {
  if (run("javac", ["-version"]).ok) {
    return;
  }
  const missing = "Install a JDK of version 17 or newer: the Kotlin client is compiled with it.";
  if (process.getuid() !== 0 || !run("apt-get", ["update"]).ok) {
    stop(missing);
  }
  say("Installing a JDK for the Kotlin client (about a minute, once)…");
  const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  must("apt-get", ["install", "-y", "--no-install-recommends", "default-jdk-headless"], missing, options);
}

function installCompiler() {
  const installed = `${HOME}/installed.json`;
  const lock = `${TESTS}/package-lock.json`;
  if (existsSync(installed) && readFileSync(installed).equals(readFileSync(lock))) {
    return;
  }
  say("Fetching the Kotlin compiler (90 MB, once)…");
  mkdirSync(HOME, { recursive: true });
  for (const name of ["package.json", "package-lock.json"]) {
    copyFileSync(join(TESTS, name), join(HOME, name));
  }
  must("npm", ["ci", "--ignore-scripts", "--no-progress"], "npm could not install it.", { cwd: HOME });
  copyFileSync(lock, installed);
}

/** What a reader copies has to compile. Each block becomes a file of a package of its own. */
function unpackedReadme() {
  const folder = `${TESTS}/build/readme`;
  const blocks = readFileSync("packages/client-kotlin/README.md", "utf8").matchAll(
    /^```kotlin\n([^]*?)^```/gm,
  );
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [number, [, code]] of [...blocks].entries()) {
    writeFileSync(`${folder}/${number}.kt`, `package readme.block${number}\n\n${code}`);
  }
  return folder;
}

/** Compiles folders, unless the jar was made of the same files. */
function compile(folders, jar, classpath, options = []) {
  const made = `${jar}.sha256`;
  const digest = digestOf([...folders.flatMap(filesIn), ...classpath, "scripts/kotlin.mjs"]);
  if (existsSync(made) && readFileSync(made, "utf8") === digest) {
    return;
  }
  say(`Compiling ${folders[0]} (some seconds)…`);
  mkdirSync(dirname(jar), { recursive: true });
  const args = [...OPTIONS, ...options, "-classpath", classpath.join(":"), "-d", jar, ...folders];
  must("java", [...compiler(), ...args], `${folders[0]} does not compile.`);
  writeFileSync(made, digest);
}

/** For a run of seconds, a JVM's better compiler costs more than it saves. */
function compiler() {
  const parts = ["kotlin-compiler", "kotlin-stdlib", "kotlin-script-runtime", "kotlinx-coroutines-core-jvm"];
  const jars = [...parts, "kotlin-reflect"].map((name) => `${LIB}/${name}.jar`);
  const lean = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx768m"];
  return [...lean, "-cp", jars.join(":"), "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"];
}

function filesIn(folder) {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function digestOf(files) {
  const hash = createHash("sha256");
  for (const file of files) {
    hash.update(`${file}\0`).update(createHash("sha256").update(readFileSync(file)).digest());
  }
  return hash.digest("hex");
}
