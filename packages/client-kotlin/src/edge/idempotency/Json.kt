// JSON (RFC 8259), for what is stored, problem details and the look-up of a key. An Android app has a library for it, a JVM
// has none, and this client depends on nothing.

package edge.idempotency

/** Deeper values are refused, so that no answer can overflow the stack. */
private const val MAX_DEPTH = 64

/** A number as it was written: nothing here calculates. */
internal class JsonNumber(val text: String)

/**
 * The object that [text] is, or null if it is not JSON or no object. Its values are [String], [JsonNumber], [Boolean],
 * null, [Map] or [List]. The last one of two members with one name counts, as in JavaScript.
 */
internal fun jsonObject(text: String): Map<*, *>? =
    try {
        JsonReader(text).document() as? Map<*, *>
    } catch (_: NotJson) {
        null
    }

/** [text] as a JSON string, in ASCII. */
internal fun jsonString(text: String): String = buildString {
    append('"')
    for (char in text) {
        if (char in ' '..'~' && char != '"' && char != '\\') append(char)
        else append("\\u").append(char.code.toString(16).padStart(4, '0'))
    }
    append('"')
}

private class NotJson : Exception()

private class JsonReader(private val text: String) {
    private var at = 0

    fun document(): Any? {
        space()
        val value = value(depth = 1)
        space()
        if (at != text.length) throw NotJson()
        return value
    }

    private fun value(depth: Int): Any? = when (next()) {
        '"' -> string()
        '{' -> members(depth)
        '[' -> elements(depth)
        't' -> word("true", true)
        'f' -> word("false", false)
        'n' -> word("null", null)
        else -> JsonNumber(match(NUMBER))
    }

    private fun members(depth: Int): Map<String, Any?> {
        val members = LinkedHashMap<String, Any?>()
        items(depth, '{', '}') {
            val name = string()
            space()
            take(':')
            space()
            members[name] = value(depth + 1)
        }
        return members
    }

    private fun elements(depth: Int): List<Any?> {
        val elements = ArrayList<Any?>()
        items(depth, '[', ']') { elements += value(depth + 1) }
        return elements
    }

    /** What stands between [open] and [close], each read by [item]. */
    private inline fun items(depth: Int, open: Char, close: Char, item: () -> Unit) {
        if (depth > MAX_DEPTH) throw NotJson()
        take(open)
        space()
        if (next() == close) return take(close)
        while (true) {
            item()
            space()
            if (next() == close) return take(close)
            take(',')
            space()
        }
    }

    private fun string(): String {
        take('"')
        val read = StringBuilder()
        while (true) {
            val char = next()
            at++
            when {
                char == '"' -> return read.toString()
                char == '\\' -> read.append(escaped())
                char < ' ' -> throw NotJson()
                else -> read.append(char)
            }
        }
    }

    private fun escaped(): Char {
        val char = next()
        at++
        return when (char) {
            '"', '\\', '/' -> char
            'b' -> '\b'
            'f' -> '\u000C'
            'n' -> '\n'
            'r' -> '\r'
            't' -> '\t'
            'u' -> match(HEX).toInt(16).toChar()
            else -> throw NotJson()
        }
    }

    private fun <T> word(word: String, value: T): T {
        if (!text.startsWith(word, at)) throw NotJson()
        at += word.length
        return value
    }

    private fun match(form: Regex): String {
        val found = form.matchAt(text, at) ?: throw NotJson()
        at = found.range.last + 1
        return found.value
    }

    private fun space() {
        while (at < text.length && text[at] in " \t\r\n") at++
    }

    private fun take(char: Char) {
        if (next() != char) throw NotJson()
        at++
    }

    private fun next(): Char = if (at < text.length) text[at] else throw NotJson()
}

private val HEX = Regex("[0-9A-Fa-f]{4}")
private val NUMBER = Regex("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")
