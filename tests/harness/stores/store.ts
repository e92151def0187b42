// What tests need of a store, whichever it is: something to bind, and a look at what is in it.

import type { MiniflareOptions } from "miniflare";
import type { CallersRows } from "../../../stores/callers-rows.ts";

type Config = MiniflareOptions["workers"][number]["config"];
export type Bindings = NonNullable<Config["env"]>;

export type TableName = "resources" | "transactions" | "audit_log";
export type Row = Record<string, unknown>;

/** A Worker beside ours. */
export interface OtherWorker {
  /** The folder that it is bundled in. */
  root: string;
  compatibilityFlags: string[];
  env: Bindings;
}

/** A store as one Worker has it, with empty tables. */
export interface Store {
  /** What `OPERATION_STORE` says. */
  name: string;
  env: Bindings;
  compatibilityFlags: string[];
  /** Other Workers that it needs, by their names. */
  workers?: Record<string, OtherWorker>;
  /** The rows of a table, or those with this value in a column. */
  rows(table: TableName, column?: string, value?: string): Promise<Row[]>;
  remove(table: TableName, column: string, value: string): Promise<void>;
  /** Does something while the table cannot be found. */
  without<T>(table: TableName, meanwhile: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** A store whose server can crash, with nobody else on it. */
export interface OwnStore extends Store {
  crash(): Promise<void>;
  recover(): Promise<void>;
  /** Has writes into the table wait while something else is done. They go on after it, whoever waits for them. */
  hold<T>(table: TableName, meanwhile: () => Promise<T>): Promise<T>;
  /** A caller's rows, for operators. */
  rowsOf(caller: string): CallersRows;
}

/** A kind of store, beside the D1 of the runtime itself. */
export interface Kind {
  /** The folder of the Worker that is bundled with it. */
  root: string;
  /** Variables, each with a value that the store cannot work with. */
  wrong?: [name: string, value: string][];
  /** The greatest value of MAX_CONTENT_BYTES that it can work with, if it is less than that of the service. */
  maxContentBytes?: number;
  /** Starts a server that all Workers of a run share; what `open` needs to find it. */
  serve(): Promise<{ address: string; stop(): Promise<void> }>;
  open(address: string): Promise<Store>;
  /** Starts a server for one Worker. */
  openOwn(): Promise<OwnStore>;
}
