// What is stored about an intent, and how: the JSON of the TypeScript client, in ASCII.

package edge.idempotency

import java.util.Base64

/** Times are in milliseconds since 1970-01-01T00:00:00Z, by the device's clock. */
public class Entry internal constructor(
    public val intent: String,
    /** The idempotency key. */
    public val key: String,
    /** SHA-256 over the request's method, URL and content, as 64 lower-case hex digits. */
    public val digest: String,
    public val state: State,
    /** The status of the definitive answer, with [State.SETTLED] only. */
    public val status: Int?,
    /** How many requests with this key may have taken effect without an answer that says so. */
    public val inDoubt: Int,
    /** When the key was made. */
    public val createdAtMs: Long,
    /** The latest time that is known for this intent: a clock that shows less was set back. */
    public val seenAtMs: Long,
    /** When the service forgets the key. */
    public val expiresAtMs: Long,
    /** The request without its credentials, if it is kept. */
    public val request: Request?,
) {
    public enum class State {
        /** No definitive answer yet. */
        PENDING,

        /** There was one, and [Entry.status] is its status. */
        SETTLED,

        /** The service says that it does not know the outcome. */
        UNKNOWN,
    }

    /** Whether it has happened, and the client knows. */
    internal val isDone get() = status != null && status < 400

    /** Nothing has happened, and nothing can. */
    internal val isRefused get() = status != null && status in 400..499 && inDoubt == 0

    internal fun with(
        state: State = this.state,
        status: Int? = this.status,
        inDoubt: Int = this.inDoubt,
        seenAtMs: Long = this.seenAtMs,
        expiresAtMs: Long = this.expiresAtMs,
        request: Request? = this.request,
    ) = Entry(intent, key, digest, state, status, inDoubt, createdAtMs, seenAtMs, expiresAtMs, request)
}

private const val VERSION = 1

internal fun Entry.toJson(): String = jsonOf(
    "version" to "$VERSION",
    "intent" to jsonString(intent),
    "key" to jsonString(key),
    "digest" to jsonString(digest),
    "state" to jsonString(state.name.lowercase()),
    "status" to status?.toString(),
    "inDoubt" to "$inDoubt",
    "createdAt" to "$createdAtMs",
    "seenAt" to "$seenAtMs",
    "expiresAt" to "$expiresAtMs",
    "request" to request?.toJson(),
)

private fun Request.toJson() = jsonOf(
    "method" to jsonString(method),
    "url" to jsonString(url),
    "headers" to headers.joinToString(",", "[", "]") { (name, value) -> "[${jsonString(name)},${jsonString(value)}]" },
    "body" to body?.let { jsonString(Base64.getEncoder().encodeToString(it)) },
)

private fun jsonOf(vararg members: Pair<String, String?>) =
    members.filter { it.second != null }.joinToString(",", "{", "}") { (name, value) -> "\"$name\":$value" }

/** The entry that [text] is, or null if it is not one that this release can read. */
internal fun entryOf(text: String, intent: String): Entry? {
    val members = jsonObject(text) ?: return null
    if (members.long("version") != VERSION.toLong() || members["intent"] != intent) return null
    val state = Entry.State.values().find { it.name.lowercase() == members["state"] } ?: return null
    val status = if (state == Entry.State.SETTLED) members.long("status")?.toInt() ?: return null else null
    val request = members["request"]
    return Entry(
        intent,
        members.text("key") ?: return null,
        members.text("digest") ?: return null,
        state,
        status,
        members.long("inDoubt")?.toInt() ?: return null,
        members.long("createdAt") ?: return null,
        members.long("seenAt") ?: return null,
        members.long("expiresAt") ?: return null,
        if (request == null) null else requestOf(request as? Map<*, *> ?: return null) ?: return null,
    )
}

private fun requestOf(members: Map<*, *>): Request? {
    val headers = (members["headers"] as? List<*> ?: return null).map {
        val (name, value) = (it as? List<*>)?.takeIf { pair -> pair.size == 2 } ?: return null
        (name as? String ?: return null) to (value as? String ?: return null)
    }
    val body = members["body"]?.let { bytesOf(it as? String ?: return null) ?: return null }
    return Request(members.text("method") ?: return null, members.text("url") ?: return null, headers, body)
}

private fun bytesOf(base64: String): ByteArray? =
    try {
        Base64.getDecoder().decode(base64)
    } catch (_: IllegalArgumentException) {
        null
    }

internal fun Map<*, *>.text(name: String): String? = (this[name] as? String)?.takeIf { it.isNotEmpty() }

internal fun Map<*, *>.long(name: String): Long? =
    (this[name] as? JsonNumber)?.text?.toDouble()?.takeIf { it in -MAX_EXACT..MAX_EXACT }?.toLong()

/** JavaScript's numbers are exact up to here. */
private const val MAX_EXACT = 9_007_199_254_740_991.0
