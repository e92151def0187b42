// Moments as services write them: RFC 3339, and RFC 9110, section 5.6.7, in the two of its forms that name their time zone.

package edge.idempotency

import java.time.DateTimeException
import java.time.Instant
import java.time.LocalDateTime
import java.time.OffsetDateTime
import java.time.ZoneOffset
import java.time.format.DateTimeFormatter
import java.time.format.DateTimeFormatterBuilder
import java.time.temporal.ChronoField
import java.util.Locale

/** [text] in milliseconds since 1970, or null if it is no date. [nowMs] says which century two digits are of. */
internal fun httpDate(text: String, nowMs: Long): Long? =
    listOf(IMF_FIXDATE, rfc850(nowMs)).firstNotNullOfOrNull { form ->
        millis { LocalDateTime.parse(text, form).atOffset(ZoneOffset.UTC) }
    }

internal fun rfc3339(text: String): Long? = millis { OffsetDateTime.parse(text) }

/** Java reads years of up to ten digits, with which sums would overflow. */
private fun millis(parse: () -> OffsetDateTime): Long? =
    try {
        parse().takeIf { it.year in 0..9999 }?.toInstant()?.toEpochMilli()
    } catch (_: DateTimeException) {
        null
    }

// In English wherever the program runs.
private val IMF_FIXDATE = DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)

/** A year that seems to be more than 50 years ahead is the one of the last century. */
private fun rfc850(nowMs: Long): DateTimeFormatter {
    val oldest = Instant.ofEpochMilli(nowMs).atOffset(ZoneOffset.UTC).toLocalDate().minusYears(49)
    return DateTimeFormatterBuilder().appendPattern("EEEE, dd-MMM-")
        .appendValueReduced(ChronoField.YEAR, 2, 2, oldest)
        .appendPattern(" HH:mm:ss 'GMT'").toFormatter(Locale.US)
}
