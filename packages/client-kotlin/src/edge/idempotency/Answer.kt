// What an answer says: whether it is definitive, how long to wait, and until when the key lives.

package edge.idempotency

internal enum class Kind {
    /** The service would say the same again, or the request has to change. */
    DEFINITIVE,

    /** The service may say something else. */
    REPEAT,

    /** The service does not know the outcome. */
    UNKNOWN,
}

internal fun kindOf(answer: Response): Kind {
    if (answer.status < 400 || answer.isReplay) return Kind.DEFINITIVE
    val problem = problemOf(answer)
    if (typeOf(problem) == "outcome-unknown") return Kind.UNKNOWN
    // What the service says itself of a repetition: problem details first, then Stripe's and Adyen's field.
    val told = problem["retryable"] ?: answer.header("Stripe-Should-Retry") ?: answer.header("Transient-Error")
    return when (told?.toString()) {
        "true" -> Kind.REPEAT
        "false" -> Kind.DEFINITIVE
        else -> if (answer.status > 499 || answer.status in listOf(408, 409, 425, 429)) Kind.REPEAT else Kind.DEFINITIVE
    }
}

internal val Response.isReplay get() = header("Idempotent-Replayed") == "true"

/** The last part of the type of the problem that the answer is, if it is one. */
internal fun problemType(answer: Response): String? = typeOf(problemOf(answer))

private fun typeOf(problem: Map<*, *>): String? = (problem["type"] as? String)?.substringAfterLast('/')

private fun problemOf(answer: Response): Map<*, *> {
    val type = answer.header("Content-Type")?.substringBefore(';')?.trim()
    val isProblem = type.equals("application/problem+json", ignoreCase = true)
    return (if (isProblem) jsonObject(answer.text()) else null).orEmpty()
}

/** How long `Retry-After` asks to wait, in milliseconds, if that is more than 0. RFC 9110, section 10.2.3. */
internal fun retryAfterMs(answer: Response, nowMs: Long): Long? {
    val told = answer.header("Retry-After") ?: return null
    val wait = if (SECONDS.matches(told)) millis(told) else httpDate(told, nowMs)?.minus(dateOf(answer, nowMs))
    return wait?.takeIf { it > 0 }
}

private val SECONDS = Regex("[0-9]+")

/** As many as it takes, but never so many that a sum with the time overflows. */
private fun millis(seconds: String): Long = minOf(seconds.toLongOrNull() ?: Long.MAX_VALUE, Long.MAX_VALUE / 10_000) * 1000

/** When the service forgets the key, by the device's clock, if the answer says so. */
internal fun toldExpiryMs(answer: Response, nowMs: Long): Long? =
    answer.header("X-Idempotency-Expires-At")?.let(::rfc3339)?.let { nowMs + (it - dateOf(answer, nowMs)) }

/** The service's own time. The device's clock may differ, so dates are compared with this one. */
private fun dateOf(answer: Response, nowMs: Long): Long = answer.header("Date")?.let { httpDate(it, nowMs) } ?: nowMs
