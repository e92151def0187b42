// The Worker with MongoDB's driver, which stores/mongodb/driver/ deploys. It answers the store `mongodb` of our Worker, in
// whose service binding it is; nobody else can reach it.
//
// Each question has a client of its own, which is closed: a connection belongs to the request that opened it. A question
// that is not answered in time may still have taken effect. The next attempt then finds its document.

import { MongoClient } from "mongodb";
import { documentOf, placeAfter, readPlace, rowOf } from "./mongodb-document.js";

/** In milliseconds; longer than the longest deadline of an attempt, so that nothing is cut off that somebody waits for. */
const LONGEST_MS = 26_000;

/** In milliseconds, to find the primary: shorter than an attempt's usual deadline, so that the log has the driver's reason. */
const CONNECT_TIMEOUT_MS = 5_000;

/** In milliseconds. The server itself ends what takes longer, also where a majority of the set is away. */
const SERVER_TIMEOUT_MS = 25_000;

const OPTIONS = {
  maxPoolSize: 1,
  connectTimeoutMS: CONNECT_TIMEOUT_MS,
  serverSelectionTimeoutMS: CONNECT_TIMEOUT_MS,
  // It lives for one question, and need not be told of what changes in the set.
  serverMonitoringMode: "poll",
  // An insertion that the driver repeats has the same `_id`.
  retryWrites: true,
  // Of 64 bits, of which JavaScript's numbers have 53.
  useBigInt64: true,
};

/**
 * What is acknowledged survives the loss of the primary, and what is read has been acknowledged. Said of a collection, it
 * counts whatever the URL says.
 */
const SAFE = {
  writeConcern: { w: "majority", journal: true, wtimeoutMS: SERVER_TIMEOUT_MS },
  readConcern: { level: "majority" },
  readPreference: "primary",
};

/** What MongoDB says of a document that would not be unique. */
const DUPLICATE_KEY = 11000;

const verbs = new Map(Object.entries({ insertOnce, find, list }));

export default {
  async fetch(request, { MONGODB_URL }, context) {
    const verb = verbs.get(new URL(request.url).pathname.slice(1));
    if (verb === undefined) return failure("There is no such question");
    const client = clientOf(MONGODB_URL);
    if (client === null)
      return failure("MONGODB_URL, a secret of the driver's Worker, must be the URL of a MongoDB database");
    const close = () => client.close().catch(() => {});
    const timer = setTimeout(close, LONGEST_MS);
    try {
      const { table, values } = await request.json();
      const collection = client.db().collection(table.name, SAFE);
      return Response.json(await verb(collection, table, values));
    } catch ({ message }) {
      return failure(message);
    } finally {
      clearTimeout(timer);
      // The answer does not wait for it.
      context.waitUntil(close());
    }
  },
};

/** `null` if the driver cannot read the URL. What it says then may have a part of it. */
function clientOf(url) {
  try {
    return new MongoClient(url, OPTIONS);
  } catch {
    return null;
  }
}

/** Our Worker logs this text, and tells clients nothing of it. */
function failure(text) {
  return new Response(text, { status: 500 });
}

async function insertOnce(collection, table, values) {
  const document = documentOf(table, values);
  try {
    await collection.insertOne(document);
    return rowOf(table, document);
  } catch (error) {
    if (error.code !== DUPLICATE_KEY) throw error;
    // Of the same operation, or of another whose document has what must be unique. Whoever wrote it may not know yet whether
    // a majority has it: this reading waits for that.
    const options = { readConcern: { level: "linearizable" } };
    const there = await one(collection, table, { _id: { $eq: document._id } }, options);
    // It was of the same operation, and a new primary does not have it.
    if (there === null && error.keyPattern?._id !== undefined) throw error;
    return there;
  }
}

function find(collection, table, [caller, id]) {
  return one(collection, table, { caller: { $eq: caller }, id: { $eq: id } });
}

async function one(collection, table, which, options) {
  const document = await collection.findOne(which, { maxTimeMS: SERVER_TIMEOUT_MS, ...options });
  return document === null ? null : rowOf(table, document);
}

/** A page's documents are found and measured in an index, which has all that is asked of them, before any of them is read. */
async function list(collection, table, asked) {
  const [caller, limit, offset, maxBytes, order, operationId, ...filters] = asked;
  const conditions = [{ caller: { $eq: caller } }];
  for (let n = 0; n < filters.length; n += 2) conditions.push({ [filters[n]]: { $eq: filters[n + 1] } });
  if (order !== null)
    conditions.push({ _place: { $lt: await placeOf(collection, caller, order, operationId) } });
  const measured = await collection
    .find({ $and: conditions }, { maxTimeMS: SERVER_TIMEOUT_MS })
    .project({ _id: 0, _place: 1, _bytes: 1 })
    .sort({ _place: -1 })
    .skip(offset)
    .limit(limit + 1)
    .batchSize(limit + 1)
    .toArray();
  const page = withinBytes(measured.slice(0, limit), maxBytes).map(({ _place }) => readPlace(_place));
  const ids = page.map(({ operationId }) => operationId);
  const documents = await collection
    .find({ _id: { $in: ids } }, { maxTimeMS: SERVER_TIMEOUT_MS })
    .batchSize(limit + 1)
    .toArray();
  const byId = new Map(documents.map((document) => [document._id, rowOf(table, document)]));
  const rows = ids.flatMap((id) => byId.get(id) ?? []);
  const last = page.at(-1);
  return [rows, measured.length > page.length ? `${last.order}_${last.operationId}` : null];
}

/** Where the page before ended. If that document has been deleted, all with the same order may come, or come again. */
async function placeOf(collection, caller, order, operationId) {
  const last = await collection.findOne(
    { _id: { $eq: operationId }, caller: { $eq: caller } },
    { maxTimeMS: SERVER_TIMEOUT_MS, projection: { _place: 1 } },
  );
  return last === null ? placeAfter(order) : last._place;
}

/** As many of these as have so many bytes together, and the first in any case. */
function withinBytes(measured, maxBytes) {
  let bytes = 0;
  const tooMany = measured.findIndex(({ _bytes }, n) => (bytes += _bytes) > maxBytes && n > 0);
  return tooMany < 0 ? measured : measured.slice(0, tooMany);
}
