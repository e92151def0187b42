// Does what a test asks for, one JSON object a line, and answers each with another. Everything asked runs in a thread of its
// own, which the test can interrupt.

import edge.idempotency.HttpUrlConnectionTransport
import edge.idempotency.OutcomeUnknownException
import edge.idempotency.Request
import edge.idempotency.Response
import edge.idempotency.digestOf
import java.util.Base64
import java.util.concurrent.ConcurrentHashMap

typealias Ask = Map<*, *>

fun main() {
    val threads = ConcurrentHashMap<Any, Thread>()
    for (line in generateSequence(::readlnOrNull)) {
        val ask = parsed(line) as Ask
        val id = ask["id"]!!
        when (ask["do"]) {
            "interrupt" -> threads[ask["which"]]!!.interrupt()
            "state" -> print(id, mapOf("answer" to threads[ask["which"]]!!.state))
            else -> threads[id] = Thread { tell(id, ask) }.apply { isDaemon = true; start() }
        }
    }
}

private fun tell(id: Any, ask: Ask) {
    val told = try {
        mapOf("answer" to done(ask))
    } catch (unknown: OutcomeUnknownException) {
        // Asked by the thread that wants to know.
        val status = if (ask["status"] == true) statusOf(unknown) else emptyMap()
        failure(unknown) + mapOf("reason" to unknown.reason.name) + status
    } catch (thrown: Throwable) {
        failure(thrown)
    }
    print(id, told)
}

private fun print(id: Any, told: Map<String, Any?>) {
    val line = json(told + mapOf("id" to id))
    synchronized(System.out) { println(line); System.out.flush() }
}

private fun statusOf(unknown: OutcomeUnknownException): Map<String, Any?> {
    val known = unknown.status()
    return mapOf("status" to known?.status, "history" to known?.history?.map { it.status })
}

private fun failure(thrown: Throwable) = mapOf("error" to thrown.javaClass.simpleName, "message" to thrown.message)

private fun done(ask: Ask): Any? {
    if (ask["interrupted"] == true) Thread.currentThread().interrupt()
    return made(ask)
}

private fun made(ask: Ask): Any? = when (val what = ask["do"]) {
    "send" -> plain(transport.send(request(ask), (ask["timeout_ms"] as Double? ?: 20_000.0).toLong()))
    "digest" -> digestOf(request(ask))
    "vector" -> Vector(ask["case"] as Ask).effects()
    "call" -> plain(shop(ask).send(ask["intent"] as String, request(ask), ask["replace"] == true, ask["keep"] == true))
    "resume" -> plain(shop(ask).resume(ask["intent"] as String, headers(ask)))
    "pending" -> shop(ask).pending().map { listOf(it.intent, it.entry?.state?.name, it.entry?.key) }
    "acknowledge" -> shop(ask).acknowledge(ask["intent"] as String).run { null }
    else -> storeDone(what, ask)
}

private val transport = HttpUrlConnectionTransport(maxBodyBytes = 1_000_000)

fun headers(ask: Ask) = (ask["headers"] as Map<*, *>?).orEmpty().map { (name, value) -> "$name" to "$value" }

fun request(ask: Ask): Request {
    val body = (ask["body"] as String?)?.toByteArray() ?: (ask["base64"] as String?)?.let(Base64.getDecoder()::decode)
    return Request(ask["method"] as String? ?: "POST", ask["url"] as String, headers(ask), body)
}

private fun plain(response: Response) = mapOf(
    "status" to response.status,
    "headers" to response.headers.map { (name, value) -> listOf(name, value) },
    "text" to response.text(),
)
