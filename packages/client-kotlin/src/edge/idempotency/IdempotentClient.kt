// The client: requests whose keys are stored before anything is sent.

package edge.idempotency

import java.util.UUID

/** What may differ from the defaults. */
public class Options(
    /** The request's header field with the key. */
    public val keyField: String = "Idempotency-Key",
    /** Sends the key in double quotes, a string of RFC 9651, as the IETF draft asks. Most services expect it bare. */
    public val quoted: Boolean = false,
    /** How many seconds the service may wait for an attempt that still runs: `Prefer: wait=N` (RFC 7240). 0: no such field. */
    public val preferWaitS: Int = 10,
    /**
     * How long the service keeps a key. A shorter lifetime in an answer's `X-Idempotency-Expires-At` counts instead. A value
     * above what the service keeps risks a second effect.
     */
    public val lifetimeMs: Long = 86_400_000,
    /** How long a call goes on in all. */
    public val deadlineMs: Long = 120_000,
    /** How long one attempt may take until its whole answer is there. */
    public val attemptMs: Long = 40_000,
    /** Whether requests are stored, for calls that do not say. */
    public val keep: Boolean = false,
    /** The header fields that are stored with a kept request. Name none that holds a credential. */
    public val keepFields: List<String> = listOf("Content-Type", "Accept"),
    /** Where the service says what became of a key, given the key and the URL of its request. */
    public val lookUp: (key: String, url: String) -> String = ::ownLookUp,
    /** Makes a key. */
    public val newKey: () -> String = { UUID.randomUUID().toString() },
) {
    init {
        val times = listOf(lifetimeMs, deadlineMs, attemptMs)
        require(times.all { it in 1..CENTURY_MS }) { "Times are from 1 ms to 100 years: $times" }
        require(preferWaitS >= 0) { "preferWaitS is not negative: $preferWaitS" }
    }
}

/** Never stored, whatever an option says. */
private val CREDENTIALS = setOf("authorization", "cookie", "proxy-authorization")

/** Longer times would overflow when they are added to a date. */
private const val CENTURY_MS = 100L * 365 * 86_400_000

/** An intent that has not been acknowledged. [entry] is null if what is stored cannot be read. */
public class Pending internal constructor(public val intent: String, public val entry: Entry?)

/**
 * Sends each request with the key of its intent until an answer is definitive. One is used by many threads at once, and any
 * number of them with one [store], in one process or several.
 *
 * All calls block. A thread that is interrupted stops waiting with an [InterruptedException]; its intent stays pending.
 */
public class IdempotentClient internal constructor(
    private val store: Store,
    private val transport: Transport,
    private val options: Options,
    private val surroundings: Surroundings,
) {
    @JvmOverloads
    public constructor(
        store: Store,
        transport: Transport = HttpUrlConnectionTransport(),
        options: Options = Options(),
    ) : this(store, transport, options, Device)

    /**
     * Sends [request], whose URL is absolute, and returns the definitive answer, of any status.
     *
     * @param intent what is to happen, such as `"checkout:" + cart.id`: the same for each repetition, another for anything else
     * @param replace lets this request take the place of one that was refused: all of its sends are known to have had no
     *   effect, and the last definitive answer was 4xx. It gets a new key
     * @param keep stores the request, without its credentials, so that [resume] can send it after the program has ended
     * @throws IntentException if there is no definitive answer: its three kinds say why
     * @throws InterruptedException if the thread was interrupted
     * @throws IllegalArgumentException if the intent is empty, or the request cannot be sent
     */
    @JvmOverloads
    public fun send(
        intent: String,
        request: Request,
        replace: Boolean = false,
        keep: Boolean = options.keep,
    ): Response {
        require(intent.isNotEmpty()) { "An intent has a name" }
        return call(intent, request, replace, keep, null).answer()
    }

    private fun call(intent: String, request: Request, replace: Boolean, keep: Boolean, held: Entry?): Call {
        val sent = request.withoutFragment()
        val kept = if (keep) sent.withFields(options.keepFields) else null
        return Call(intent, sent, replace, kept, store, transport, options, surroundings, held)
    }

    /**
     * Sends the request of an intent again, as it was stored because of `keep`, with the intent's key.
     *
     * @param headers what is never stored, such as `Authorization`
     * @throws IllegalArgumentException if no request is stored, or what is stored cannot be read
     * @throws IntentException as [send]
     * @throws InterruptedException if the thread was interrupted
     */
    @JvmOverloads
    public fun resume(intent: String, headers: List<Pair<String, String>> = emptyList()): Response {
        var stored: String? = null
        store.update(intent) { found -> found.also { stored = it } }
        val entry = stored?.let { entryOf(it, intent) }
        val request = requireNotNull(entry?.request) { "No request is kept of the intent \"$intent\"" }
        // With its entry: if the intent is acknowledged meanwhile, there is no other key.
        return call(intent, request.with(*headers.toTypedArray()), replace = false, keep = true, entry).answer()
    }

    /** All intents that have not been acknowledged. `entry.state` says which of them have an answer. */
    public fun pending(): List<Pending> = store.list().map { (intent, text) -> Pending(intent, entryOf(text, intent)) }

    /** Forgets an intent, whatever became of it. A later request with the same intent is a new one, with a new key. */
    public fun acknowledge(intent: String): Unit = store.update(intent) { null }
}

/** It is never sent, and makes no difference to the service. */
private fun Request.withoutFragment() = Request(method, url.substringBefore('#'), headers, body)

/** The request as it may be stored. */
private fun Request.withFields(names: List<String>): Request {
    val storable = names.filter { it.lowercase() !in CREDENTIALS }
    val fields = storable.mapNotNull { name -> header(name)?.let { name.lowercase() to it } }
    return Request(method, url, fields, body)
}

/** What a test sets, and a device has. */
internal interface Surroundings {
    fun nowMs(): Long

    /** In [0, 1). */
    fun random(): Double

    fun sleep(ms: Long)
}

private object Device : Surroundings {
    override fun nowMs() = System.currentTimeMillis()

    override fun random() = Math.random()

    override fun sleep(ms: Long) = Thread.sleep(ms)
}
