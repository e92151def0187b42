// How a call ends that has no definitive answer.

package edge.idempotency

/** Why nobody knows what became of an intent. */
public enum class UnknownReason {
    /** The service says so: it may have taken effect, and is not repeated. */
    REPORTED,

    /** The service has forgotten the key, or will before an answer could come: the same request would be a new one. */
    EXPIRED,

    /** The clock was set back by more than 5 minutes, so it is not known whether the key still lives. */
    CLOCK,

    /** What is stored about the intent cannot be read. */
    CORRUPT,
}

/** The intent has no definitive answer. None of these is an `IOException`, which is what programs repeat. */
public sealed class IntentException(public val intent: String, message: String, cause: Throwable? = null) :
    Exception(message, cause)

/**
 * The intent is stored with another request. Nothing was sent. Use another intent for another thing, or `replace` if the
 * earlier request was refused, or `acknowledge` the intent if it is over.
 */
public class IntentChangedException internal constructor(intent: String) :
    IntentException(intent, "Another request was sent for the intent \"$intent\"")

/** The request may have taken effect, and asking again cannot tell. Never repeat it under another intent before you know. */
public class OutcomeUnknownException internal constructor(
    intent: String,
    public val reason: UnknownReason,
    /** The intent's key, or null if its entry is corrupt. */
    public val key: String?,
    /** The service's answer, if that is the reason. */
    public val response: Response?,
    private val lookUp: (key: String) -> KeyStatus?,
) : IntentException(intent, "The outcome of the intent \"$intent\" is unknown: ${reason.name.lowercase()}") {
    /**
     * Asks the service what became of the key. Null if the service does not know it: it never came, or has expired.
     *
     * @throws java.io.IOException if there is no answer, or not one of the look-up
     * @throws IllegalStateException if there is no key to ask for
     */
    public fun status(): KeyStatus? = lookUp(checkNotNull(key) { "The key of the intent \"$intent\" cannot be read" })
}

/** No definitive answer came in time. The intent is still pending: the same call, or `resume`, goes on with its key. */
public class DeadlineExceededException internal constructor(
    intent: String,
    /** The last answer, if there was one. */
    public val response: Response?,
    cause: Throwable?,
) : IntentException(intent, "There is no definitive answer for the intent \"$intent\" yet", cause)

/** What the service says of a key. Times are RFC 3339. */
public class KeyStatus internal constructor(
    public val idempotencyKey: String,
    /** `PROCESSING`, `COMPLETED`, `FAILED` or `AMBIGUOUS`. */
    public val status: String,
    public val operation: String,
    public val attempts: Int,
    public val createdAt: String,
    public val updatedAt: String,
    public val expiresAt: String,
    /** The last changes of [status], oldest first. */
    public val history: List<KeyChange>,
)

/** A change of a key's status. [by] is the operator who resolved the key. */
public class KeyChange internal constructor(
    public val at: String,
    public val status: String,
    public val attempt: Int,
    public val by: String?,
)
