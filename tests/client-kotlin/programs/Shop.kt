// The client as an app has it: files for what is stored, HttpURLConnection for what is sent.

import edge.idempotency.FileStore
import edge.idempotency.HttpUrlConnectionTransport
import edge.idempotency.IdempotentClient
import edge.idempotency.Options
import edge.idempotency.OutcomeUnknownException
import edge.idempotency.Request
import edge.idempotency.Transport
import edge.idempotency.UnknownReason
import java.io.File
import java.io.InterruptedIOException
import java.util.concurrent.CountDownLatch

fun shop(ask: Ask) = IdempotentClient(
    FileStore(File(ask["folder"] as String)),
    when (ask["transport"]) {
        null -> HttpUrlConnectionTransport()
        "stuck" -> STUCK
        else -> STOPPED
    },
    Options(
        preferWaitS = (ask["wait_s"] as Double? ?: 10.0).toInt(),
        deadlineMs = (ask["deadline_ms"] as Double? ?: 60_000.0).toLong(),
    ),
)

/** Between store and send for ever: whoever waits for it is to be killed. */
private val STUCK = Transport { _, _ -> throw CountDownLatch(1).await().run { AssertionError() } }

/** A library that tells of an interrupt in its own way. */
private val STOPPED = Transport { _, _ -> throw InterruptedIOException().also { Thread.currentThread().interrupt() } }

/** What a test asks of the store alone. */
fun storeDone(what: Any?, ask: Ask): Any? {
    val store = FileStore(File(ask["folder"] as String))
    val name = ask["name"] as String
    return when (what) {
        "put" -> store.update(name) { ask["value"] as String? }.run { null }
        "list" -> store.list().map { (name, value) -> listOf(name, value) }
        // Adds one as often as is asked for, by as many threads.
        "count" -> List(4) { Thread { repeat(25) { store.update(name) { "${(it ?: "0").toInt() + 1}" } } } }
            .onEach { it.start() }.forEach { it.join() }
        // Writes until it is killed.
        "write" -> while (true) for (char in "ab") store.update(name) { "$char".repeat(20_000) }
        "hold" -> store.update(name) { throw CountDownLatch(1).await().run { AssertionError() } }
        "damage" -> undetected(File(ask["folder"] as String), name)
        else -> error("nobody knows how to $what")
    }
}

/** Cuts the one file of an intent at each of its lengths, fills it with zeros from there, and flips each of its bytes. */
private fun undetected(folder: File, intent: String): List<String> {
    val file = folder.listFiles()!!.single { it.name.startsWith("intent-") }
    val whole = file.readBytes()
    val damaged = whole.indices.flatMap { at ->
        val flipped = whole.copyOf().also { it[at] = (it[at].toInt() xor 1).toByte() }
        listOf("cut" to whole.copyOf(at), "zero" to whole.copyOf(at).copyOf(whole.size), "flipped" to flipped)
            .map { (how, content) -> "$how at $at" to content }
    }
    return damaged.filterNot { (_, content) ->
        file.writeBytes(content)
        isCorrupt(folder, intent)
    }.map { (how) -> how }
}

private fun isCorrupt(folder: File, intent: String): Boolean {
    val client = IdempotentClient(FileStore(folder), Transport { _, _ -> error("it was sent") })
    return try {
        client.send(intent, Request("POST", "http://localhost/"))
        false
    } catch (unknown: OutcomeUnknownException) {
        unknown.reason == UnknownReason.CORRUPT && client.pending().single().run { this.intent == intent && entry == null }
    }
}
