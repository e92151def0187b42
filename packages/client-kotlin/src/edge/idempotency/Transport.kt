// What the client sends and gets, and the one thing that it asks of an HTTP library.

package edge.idempotency

import java.io.IOException

/** A request. [body] is sent as it is, each time the same bytes. */
public class Request(
    public val method: String,
    public val url: String,
    public val headers: List<Pair<String, String>> = emptyList(),
    public val body: ByteArray? = null,
) {
    /** The same request with these header fields in the place of those of the same names. */
    public fun with(vararg fields: Pair<String, String>): Request =
        Request(method, url, headers.filter { (name) -> fields.none { it.first.equals(name, true) } } + fields, body)

    /** All values of a header field, joined as RFC 9110, section 5.3, says, or null if it is absent. */
    public fun header(name: String): String? = headers.valueOf(name)
}

/** An answer with all of its body. */
public class Response(
    public val status: Int,
    public val headers: List<Pair<String, String>> = emptyList(),
    public val body: ByteArray = ByteArray(0),
) {
    /** All values of a header field, joined as RFC 9110, section 5.3, says, or null if it is absent. */
    public fun header(name: String): String? = headers.valueOf(name)

    /** The body as UTF-8. */
    public fun text(): String = body.toString(Charsets.UTF_8)
}

/** Sends requests. One is used by many threads at once. */
public fun interface Transport {
    /**
     * Sends [request] once, and returns when all of the answer is there, whatever its status. It follows no redirect and
     * repeats nothing: both would send the request again without the client's knowledge.
     *
     * Takes [timeoutMs] milliseconds at most, from the start to the last byte of the answer. A thread that is interrupted
     * stops waiting.
     *
     * @throws IOException if there is no whole answer: the service may have executed the request, or not
     * @throws InterruptedException if the thread was interrupted
     */
    @Throws(IOException::class, InterruptedException::class)
    public fun send(request: Request, timeoutMs: Long): Response
}

private fun List<Pair<String, String>>.valueOf(name: String): String? =
    filter { it.first.equals(name, ignoreCase = true) }.takeIf { it.isNotEmpty() }?.joinToString(", ") { it.second }
