// Runs a case of packages/client/vectors through the whole client. The test says what happens, and this says what the client
// does: each call has a thread, which stops where the client waits for something.

import edge.idempotency.DeadlineExceededException
import edge.idempotency.IdempotentClient
import edge.idempotency.IntentChangedException
import edge.idempotency.MemoryStore
import edge.idempotency.Options
import edge.idempotency.OutcomeUnknownException
import edge.idempotency.Request
import edge.idempotency.Response
import edge.idempotency.Store
import edge.idempotency.Surroundings
import edge.idempotency.Transport
import edge.idempotency.toJson
import java.io.IOException
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.Semaphore

class Vector(private val case: Ask) {
    private var step: Ask = case
    private var effects = mutableListOf<Any?>()
    private val values = MemoryStore()
    /** How long the device has slept in the midst of a step: no vector of all languages has that. */
    private var sleptMs = 0L
    private val calls = mutableMapOf<Any?, Call>()

    /** What the client does at each step. */
    fun effects(): List<Any?> {
        (case["stored"] as Ask).forEach { (intent, value) -> values.update(intent as String) { json(value) } }
        return (case["steps"] as List<*>).map {
            step = it as Ask
            effects = mutableListOf()
            happen(step["event"] as String, step["call"] ?: 1.0)
            effects
        }
    }

    private fun happen(event: String, call: Any) {
        when (event) {
            "call" -> begin(call) { client.send(intent, requestOf(step["request"]), step["replace"] == true, keep) }
            "resume" -> begin(call) { client.resume(intent, fields(step["headers"])) }
            "abort" -> calls[call]!!.abort()
            "acknowledge" -> client.acknowledge(intent)
            "pending" -> effects += mapOf("effect" to "list", "entries" to client.pending().map {
                it.entry?.let { entry -> parsed(entry.toJson()) } ?: mapOf("intent" to it.intent, "state" to "corrupt")
            })
            "restart" -> calls.clear()
            "storage-cleared" -> values.list().forEach { (name) -> values.update(name) { null } }
            else -> calls[call]!!.goOn(step)
        }
    }

    private fun begin(id: Any, work: () -> Response) {
        calls[id] = Call(step["newKey"] as String, work).apply { begin() }
    }

    private val intent get() = step["intent"] as String
    private val keep get() = step["keep"] as Boolean? ?: (optional("keep") as Boolean? ?: false)
    private fun optional(name: String) = (case["options"] as Ask?)?.get(name)
    private fun ms(name: String, otherwise: Long) = (optional(name) as Double?)?.toLong() ?: otherwise

    /** The client's thread, which only runs while the test waits for it. */
    private inner class Call(val newKey: String, private val work: () -> Response) : Thread() {
        private val events = LinkedBlockingQueue<Ask>()
        private val isIdle = Semaphore(0)

        init { isDaemon = true }

        fun begin() { start(); isIdle.acquire() }

        fun goOn(event: Ask) { events.put(event); isIdle.acquire() }

        fun abort() { interrupt(); isIdle.acquire() }

        fun happens(): Ask { isIdle.release(); return events.take() }

        override fun run() {
            val ended = try {
                mapOf("effect" to "respond", "status" to work().status)
            } catch (end: Exception) {
                mapOf("effect" to "fail", "error" to nameOf(end)) +
                    if (end is OutcomeUnknownException) mapOf("reason" to end.reason.name.lowercase()) else emptyMap()
            }
            // Those of the step in which it ends.
            effects += ended
            isIdle.release()
        }
    }

    private fun current() = Thread.currentThread() as Call

    private val store = object : Store {
        override fun list() = values.list()

        override fun update(name: String, change: (String?) -> String?) = values.update(name) { stored ->
            val changed = change(stored)
            if (changed !== stored && step["storeFails"] == true) throw StoreFailed()
            if (changed == null && stored != null) effects += mapOf("effect" to "remove", "intent" to name)
            if (changed != null && changed !== stored) effects += mapOf("effect" to "store", "entry" to parsed(changed))
            sleptMs += (step["sleepsMs"] as Double? ?: 0.0).toLong()
            changed
        }
    }

    private val transport = Transport { request, timeoutMs ->
        effects += mapOf(
            "effect" to "send",
            "method" to request.method,
            "url" to request.url,
            "headers" to request.headers.associate { (name) -> name.lowercase() to request.header(name) },
            "timeoutAt" to surroundings.nowMs() + timeoutMs,
        ) + (request.body?.let { mapOf("body" to it.toString(Charsets.UTF_8)) }.orEmpty())
        val event = current().happens()
        if (event["event"] != "answer") throw IOException(event["event"] as String)
        Response((event["status"] as Double).toInt(), fields(event["headers"]), (event["body"] as String).toByteArray())
    }

    private val surroundings = object : Surroundings {
        override fun nowMs() = (step["at"] as Double).toLong() + sleptMs

        override fun random() = step["random"] as Double? ?: 0.0

        override fun sleep(ms: Long) {
            effects += mapOf("effect" to "wait", "until" to nowMs() + ms)
            check(current().happens()["event"] == "timer")
        }
    }

    @Suppress("UNCHECKED_CAST")
    private val client = IdempotentClient(
        store,
        transport,
        Options(
            keyField = optional("keyField") as String? ?: "Idempotency-Key",
            quoted = optional("quoted") == true,
            preferWaitS = ms("preferWaitS", 10).toInt(),
            lifetimeMs = ms("lifetimeMs", 86_400_000),
            deadlineMs = ms("deadlineMs", 120_000),
            attemptMs = ms("attemptMs", 40_000),
            keepFields = optional("keepFields") as List<String>? ?: listOf("Content-Type", "Accept"),
            newKey = { current().newKey },
        ),
        surroundings,
    )
}

private class StoreFailed : Exception()

private fun nameOf(end: Exception) = when (end) {
    is IntentChangedException -> "IntentChangedError"
    is OutcomeUnknownException -> "OutcomeUnknownError"
    is DeadlineExceededException -> "DeadlineExceededError"
    is InterruptedException -> "AbortError"
    is StoreFailed -> "StoreError"
    is IllegalArgumentException -> "TypeError"
    else -> throw end
}

private fun requestOf(request: Any?): Request = with(request as Ask) {
    Request(get("method") as String, get("url") as String, fields(get("headers")), (get("body") as String?)?.toByteArray())
}

private fun fields(headers: Any?) = (headers as Ask?).orEmpty().map { (name, value) -> "$name" to "$value" }
