// What makes two requests the same one.

package edge.idempotency

import java.security.MessageDigest

/**
 * SHA-256 over method, URL and content, each but the last followed by a line feed, as 64 lower-case hex digits.
 *
 * The boundary of multipart content is left out: it is made at random for each request.
 */
internal fun digestOf(request: Request): String {
    val content = request.body ?: ByteArray(0)
    val boundary = request.header("Content-Type")?.let(::boundaryOf)
    val sha256 = MessageDigest.getInstance("SHA-256")
    sha256.update("${request.method}\n${request.url}\n".toByteArray())
    sha256.update(if (boundary == null) content else without(boundary, content))
    return sha256.digest().joinToString("", transform = ::hex)
}

internal fun hex(byte: Byte): String = (byte.toInt() and 0xff).toString(16).padStart(2, '0')

private fun boundaryOf(contentType: String): ByteArray? =
    BOUNDARY.matchEntire(contentType)?.let { (it.groupValues[1] + it.groupValues[2]).toByteArray() }

private val BOUNDARY =
    Regex(".*?;\\s*boundary=(?:\"([^\"]+)\"|([^\\s;\"]+)).*", setOf(RegexOption.IGNORE_CASE))

private fun without(part: ByteArray, content: ByteArray): ByteArray {
    // One character a byte, so that what is no text stays as it is.
    val text = content.toString(Charsets.ISO_8859_1)
    return text.replace(part.toString(Charsets.ISO_8859_1), "").toByteArray(Charsets.ISO_8859_1)
}
