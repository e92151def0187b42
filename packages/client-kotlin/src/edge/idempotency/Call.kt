// One call: claim, send, settle, and again until an answer is definitive.

package edge.idempotency

import java.io.IOException
import java.net.SocketTimeoutException

internal class Call(
    private val intent: String,
    private val request: Request,
    private val replace: Boolean,
    private val kept: Request?,
    private val store: Store,
    private val transport: Transport,
    private val options: Options,
    private val surroundings: Surroundings,
    /** The entry as this call last wrote it, or would have; of one that goes on, the entry that it goes on with. */
    private var held: Entry? = null,
) {
    private val digest = digestOf(request)
    private val deadlineMs = surroundings.nowMs() + options.deadlineMs
    private var sends = 0

    fun answer(): Response {
        // A thread that is interrupted stops where it next waits; it begins nothing.
        if (Thread.interrupted()) throw InterruptedException()
        while (true) {
            val claimed = claimed().also { held = it }
            val attempt = sent(claimed)
            if (attempt is Attempt.Answered) held = settled(claimed, attempt.answer)
            waitAfter(attempt)?.let { return it }
        }
    }

    /** The entry with which to send, once it is stored. */
    private fun claimed(): Entry {
        val wanted = Wanted(intent, digest, options.newKey(), options.lifetimeMs, replace, kept)
        var claim: Claim = Claim.Changed
        store.update(intent) { stored ->
            // Not before: the store may have waited for others.
            claim = claim(stored, wanted, held, surroundings.nowMs())
            (claim as? Claim.Send)?.entry?.toJson() ?: stored
        }
        return when (val made = claim) {
            is Claim.Send -> made.entry
            is Claim.Changed -> throw IntentChangedException(intent)
            is Claim.Unknown -> throw unknown(made.reason, made.entry?.key)
        }
    }

    private fun sent(claimed: Entry): Attempt {
        val nowMs = surroundings.nowMs()
        val timeoutMs = minOf(options.attemptMs, deadlineMs - nowMs, lastByteMs(claimed) - nowMs)
        sends++
        // The device may have slept since the claim, or the store have waited for others.
        if (timeoutMs <= 0) return Attempt.Failed(SocketTimeoutException("It was too late to send the request"))
        return try {
            Attempt.Answered(transport.send(keyed(claimed.key), timeoutMs))
        } catch (failure: IOException) {
            Attempt.Failed(failure)
        }
    }

    private fun keyed(key: String): Request {
        val withKey = request.with(options.keyField to if (options.quoted) "\"$key\"" else key)
        val hasPreference = options.preferWaitS == 0 || request.header("Prefer") != null
        return if (hasPreference) withKey else withKey.with("Prefer" to "wait=${options.preferWaitS}")
    }

    /** What is stored after an answer, or would be: if it is not, the entry still says that a request is in doubt. */
    private fun settled(claimed: Entry, answer: Response): Entry {
        var entry: Entry? = null
        val nowMs = surroundings.nowMs()
        try {
            store.update(intent) { stored ->
                entry = settle(stored, claimed, answer, nowMs)
                entry?.toJson() ?: stored
            }
        } catch (_: InterruptedException) {
            Thread.currentThread().interrupt()
        } catch (_: Exception) {
            // The answer is there, and a store that fails changes nothing about it.
        }
        return entry ?: claimed
    }

    /** The answer, if it ends the call. Without one, waits. */
    private fun waitAfter(attempt: Attempt): Response? {
        val answer = (attempt as? Attempt.Answered)?.answer
        val nowMs = surroundings.nowMs()
        val entry = checkNotNull(held)
        when (val next = next(entry, answer, sends, deadlineMs, nowMs, surroundings.random())) {
            is Next.Respond -> return answer
            is Next.Wait -> surroundings.sleep(next.untilMs - nowMs)
            is Next.Unknown -> throw unknown(next.reason, entry.key, answer)
            is Next.Deadline -> throw DeadlineExceededException(intent, answer, (attempt as? Attempt.Failed)?.failure)
        }
        return null
    }

    private fun unknown(reason: UnknownReason, key: String?, answer: Response? = null) =
        OutcomeUnknownException(intent, reason, key, answer) { lookUp(it, request, transport, options) }
}

private sealed class Attempt {
    class Answered(val answer: Response) : Attempt()

    class Failed(val failure: IOException) : Attempt()
}
