// What to do, as pure functions: no I/O, no clock, no randomness. packages/client/ALGORITHM.md has the same as tables. The
// order is that of a call: claim, answer, settle, next.

package edge.idempotency

private const val BASE_MS = 200L
private const val CAP_MS = 30_000L

/** A request that leaves later than this before its key expires may arrive as a new one. */
private const val MARGIN_MS = 15_000L

/** Clocks are corrected by seconds. By more than this, the age of a key is unknown. */
private const val CLOCK_TOLERANCE_MS = 300_000L

/** What a call wants to send. */
internal class Wanted(
    val intent: String,
    val digest: String,
    /** For a new entry. */
    val newKey: String,
    val lifetimeMs: Long,
    val replace: Boolean,
    /** The request, if it is kept. */
    val kept: Request?,
)

internal sealed class Claim {
    class Send(val entry: Entry) : Claim()

    object Changed : Claim()

    class Unknown(val reason: UnknownReason, val entry: Entry?) : Claim()
}

/** Whether a request may be sent, and what is to be stored before. [held] is what this call has stored last. */
internal fun claim(stored: String?, wanted: Wanted, held: Entry?, nowMs: Long): Claim {
    val entry = when (stored) {
        null -> held ?: return Claim.Send(fresh(wanted, nowMs))
        else -> entryOf(stored, wanted.intent) ?: return Claim.Unknown(UnknownReason.CORRUPT, null)
    }
    if (held != null && held.key != entry.key) return Claim.Changed

    val isOther = entry.digest != wanted.digest
    if (isOther && !(wanted.replace && entry.isRefused)) return Claim.Changed
    val reason = lostBecause(entry, nowMs)
    return when {
        isOther || (reason != null && entry.isRefused) -> Claim.Send(fresh(wanted, nowMs))
        reason != null -> Claim.Unknown(reason, entry)
        else -> Claim.Send(again(entry, wanted, nowMs))
    }
}

private fun fresh(wanted: Wanted, nowMs: Long) = Entry(
    intent = wanted.intent,
    key = wanted.newKey,
    digest = wanted.digest,
    state = Entry.State.PENDING,
    status = null,
    inDoubt = 1,
    createdAtMs = nowMs,
    seenAtMs = nowMs,
    expiresAtMs = nowMs + wanted.lifetimeMs,
    request = wanted.kept,
)

private fun again(entry: Entry, wanted: Wanted, nowMs: Long) = entry.with(
    state = if (entry.isDone) entry.state else Entry.State.PENDING,
    status = if (entry.isDone) entry.status else null,
    inDoubt = entry.inDoubt + 1,
    seenAtMs = maxOf(nowMs, entry.seenAtMs),
    request = wanted.kept ?: entry.request,
)

/** Why a request with this key may be a new one to the service, if so. */
private fun lostBecause(entry: Entry, nowMs: Long): UnknownReason? = when {
    nowMs + CLOCK_TOLERANCE_MS < entry.seenAtMs -> UnknownReason.CLOCK
    maxOf(nowMs, entry.seenAtMs) > lastSendMs(entry) -> UnknownReason.EXPIRED
    else -> null
}

/**
 * When an attempt with this key ends at the latest: what is still waiting for a connection then is not sent any more. Keys of
 * short lives have a shorter margin.
 */
internal fun lastByteMs(entry: Entry): Long =
    entry.expiresAtMs - minOf(MARGIN_MS, Math.floorDiv(entry.expiresAtMs - entry.createdAtMs, 20L))

/** The last moment at which a request with this key may be claimed, so that it has some time for that. */
private fun lastSendMs(entry: Entry): Long = 2 * lastByteMs(entry) - entry.expiresAtMs

/** What is to be stored after an answer, or null to leave what is [stored] alone. [held] is what this call has stored last. */
internal fun settle(stored: String?, held: Entry, answer: Response, nowMs: Long): Entry? {
    val entry = if (stored == null) held else entryOf(stored, held.intent)
    if (entry == null || entry.key != held.key) return null

    val kind = kindOf(answer)
    val next = entry.with(
        inDoubt = doubtAfter(answer, kind, entry.inDoubt),
        seenAtMs = maxOf(nowMs, entry.seenAtMs),
        expiresAtMs = minOf(entry.expiresAtMs, toldExpiryMs(answer, nowMs) ?: entry.expiresAtMs),
    )
    return when {
        kind == Kind.REPEAT || (entry.isDone && answer.status > 399) -> next
        kind == Kind.UNKNOWN -> next.with(state = Entry.State.UNKNOWN, status = null)
        else -> next.with(state = Entry.State.SETTLED, status = answer.status)
    }
}

/** A refusal says that its own request had no effect; an earlier one without an answer may have had it. */
private fun doubtAfter(answer: Response, kind: Kind, inDoubt: Int): Int {
    val isKnown = answer.status < 400 || (answer.status < 500 && answer.isReplay)
    // What asks for a repetition says nothing of a copy that the platform, or a proxy, may have sent before.
    val least = if (kind == Kind.DEFINITIVE) 0 else 1
    return if (isKnown) 0 else maxOf(least, inDoubt - if (answer.status < 500) 1 else 0)
}

internal sealed class Next {
    object Respond : Next()

    class Wait(val untilMs: Long) : Next()

    class Unknown(val reason: UnknownReason) : Next()

    object Deadline : Next()
}

/** What a call does after its [sends]th send, with its answer or none. [random] is in [0, 1). */
internal fun next(entry: Entry, answer: Response?, sends: Int, deadlineMs: Long, nowMs: Long, random: Double): Next {
    val kind = if (answer == null) Kind.REPEAT else kindOf(answer)
    if (kind == Kind.DEFINITIVE) return Next.Respond
    if (kind == Kind.UNKNOWN) return Next.Unknown(UnknownReason.REPORTED)

    val untilMs = nowMs + (answer?.let { retryAfterMs(it, nowMs) } ?: jitterMs(sends, random))
    val lastMs = lastSendMs(entry)
    return when {
        untilMs > lastMs && lastMs < deadlineMs -> Next.Unknown(UnknownReason.EXPIRED)
        untilMs >= deadlineMs -> Next.Deadline
        else -> Next.Wait(untilMs)
    }
}

/** Full jitter: anything up to a bound that doubles with each send. */
private fun jitterMs(sends: Int, random: Double): Long =
    // From the 9th on it is the cap; a further shift would overflow.
    (random * minOf(CAP_MS, BASE_MS shl minOf(sends - 1, 8))).toLong()
