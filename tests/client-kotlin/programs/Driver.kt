// Does what a test asks for, one JSON object a line, and answers each with another. Everything asked runs in a thread of its
// own, which the test can interrupt.

import edge.idempotency.HttpUrlConnectionTransport
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
        if (ask["do"] == "interrupt") threads[ask["which"]]!!.interrupt()
        else threads[id] = Thread { tell(id, ask) }.apply { isDaemon = true; start() }
    }
}

private fun tell(id: Any, ask: Ask) {
    val told = try {
        mapOf("id" to id, "answer" to done(ask))
    } catch (thrown: Throwable) {
        mapOf("id" to id, "error" to thrown.javaClass.simpleName, "message" to thrown.message)
    }
    val line = json(told)
    synchronized(System.out) { println(line); System.out.flush() }
}

private fun done(ask: Ask): Any? = when (ask["do"]) {
    "send" -> plain(transport.send(request(ask), (ask["timeout_ms"] as Double? ?: 20_000.0).toLong()))
    "vector" -> Vector(ask["case"] as Ask).effects()
    "digest" -> mapOf("digest" to digestOf(request(ask)))
    else -> error("nobody knows how to ${ask["do"]}")
}

private val transport = HttpUrlConnectionTransport(maxBodyBytes = 1_000_000)

private fun request(ask: Ask): Request {
    val headers = (ask["headers"] as Map<*, *>?).orEmpty().map { (name, value) -> "$name" to "$value" }
    val body = (ask["body"] as String?)?.toByteArray() ?: (ask["base64"] as String?)?.let(Base64.getDecoder()::decode)
    return Request(ask["method"] as String, ask["url"] as String, headers, body)
}

private fun plain(response: Response) = mapOf(
    "status" to response.status,
    "headers" to response.headers.map { (name, value) -> listOf(name, value) },
    "text" to response.text(),
)
