// The transport over `HttpURLConnection`, which Android and every JVM have.

package edge.idempotency

import java.io.ByteArrayOutputStream
import java.io.IOException
import java.io.InputStream
import java.net.HttpURLConnection
import java.net.ProtocolException
import java.net.SocketTimeoutException
import java.net.URL
import java.util.concurrent.Callable
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executors
import java.util.concurrent.Future
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException

/**
 * Keeps connections as the platform does. A JVM hides the body of 401 and 407, which is empty then; Android does not.
 *
 * @param maxBodyBytes a longer answer is an [IOException], so that no service can fill the memory
 */
public class HttpUrlConnectionTransport(private val maxBodyBytes: Int = 16 * 1024 * 1024) : Transport {
    /**
     * @throws IllegalArgumentException if nothing can be sent: the URL is none, or the platform does not know the method.
     *   A JVM knows no `PATCH` here; Android does.
     */
    override fun send(request: Request, timeoutMs: Long): Response {
        val connection = open(request, timeoutMs)
        val answer = exchanges.submit(Callable { connection.exchange(request) })
        try {
            return answer.within(timeoutMs)
        } catch (unfinished: InterruptedException) {
            abandon(connection)
            throw unfinished
        } catch (unfinished: SocketTimeoutException) {
            abandon(connection)
            throw unfinished
        }
    }

    private fun HttpURLConnection.exchange(request: Request): Response {
        if (doOutput) outputStream.use { it.write(request.body ?: ByteArray(0)) }
        val status = responseCode
        if (status == -1) throw IOException("the answer is no HTTP")
        val content = if (status < 400) inputStream else errorStream
        val body = content?.use { it.readWhole() } ?: ByteArray(0)
        if (content != null) requireWhole(request, body)
        return Response(status, fields(), body)
    }

    private fun InputStream.readWhole(): ByteArray {
        val whole = ByteArrayOutputStream()
        val part = ByteArray(8192)
        while (true) {
            val length = read(part)
            if (length == -1) return whole.toByteArray()
            whole.write(part, 0, length)
            if (whole.size() > maxBodyBytes) throw IOException("the answer is longer than $maxBodyBytes bytes")
        }
    }
}

/** A JVM has the status line at 0, with null for its name; Android has the first field there. */
private fun HttpURLConnection.fields(): List<Pair<String, String>> {
    val first = if (getHeaderFieldKey(0) == null) 1 else 0
    return generateSequence(first) { it + 1 }
        .takeWhile { getHeaderFieldKey(it) != null }
        .map { getHeaderFieldKey(it) to getHeaderField(it) }
        .toList()
}

/** A JVM takes the end of a connection for the end of the answer, even if the answer was to be longer. */
private fun HttpURLConnection.requireWhole(request: Request, body: ByteArray) {
    // Android decodes gzip, and then hides the length; -1 stands for none.
    val length = getHeaderField("Content-Length")?.toLongOrNull() ?: return
    val hasBody = request.method != "HEAD" && responseCode != 204 && responseCode != 304
    if (hasBody && length != body.size.toLong()) throw IOException("the answer ended after ${body.size} of $length bytes")
}

private fun open(request: Request, timeoutMs: Long): HttpURLConnection {
    val connection = URL(request.url).openConnection() as? HttpURLConnection
        ?: throw IllegalArgumentException("${request.url} is not http or https")
    return connection.apply {
        try {
            requestMethod = request.method
        } catch (unknown: ProtocolException) {
            throw IllegalArgumentException(unknown.message, unknown)
        }
        instanceFollowRedirects = false
        useCaches = false
        val limit = timeoutMs.coerceIn(1, Int.MAX_VALUE.toLong()).toInt()
        connectTimeout = limit
        readTimeout = limit
        for ((name, value) in request.headers) addRequestProperty(name, value)
        if (request.body != null || request.method !in setOf("GET", "HEAD")) {
            doOutput = true
            // What is streamed is not sent again by the platform, as a JVM does with a POST whose connection broke.
            setFixedLengthStreamingMode(request.body?.size ?: 0)
        }
    }
}

/** The outcome of the exchange, and of a failed one its own exception. */
private fun Future<Response>.within(timeoutMs: Long): Response =
    try {
        get(timeoutMs, TimeUnit.MILLISECONDS)
    } catch (late: TimeoutException) {
        throw SocketTimeoutException("no whole answer within $timeoutMs ms").apply { initCause(late) }
    } catch (failed: ExecutionException) {
        throw failed.cause ?: failed
    }

/** Closes the connection, which ends the exchange. On a thread of its own, for closing waits for a read. */
private fun abandon(connection: HttpURLConnection) {
    exchanges.execute(connection::disconnect)
}

/** A read from `HttpURLConnection` cannot be interrupted, so it has a thread of its own. An idle one ends after 60 s. */
private val exchanges = Executors.newCachedThreadPool { work ->
    Thread(work, "edge-idempotency").apply { isDaemon = true }
}
