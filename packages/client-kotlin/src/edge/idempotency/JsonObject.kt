// A strict reader of one JSON object (RFC 8259), for problem details and the look-up of a key. It keeps the members whose
// values are strings, numbers, booleans or null, and checks the others.

package edge.idempotency

/** Deeper ones are refused, so that no answer can overflow the stack. */
private const val MAX_DEPTH = 64

/**
 * The members of the object that [text] is, or null if it is not JSON, or no object. A number is its text; objects and
 * arrays are left out. The last one of two members with one name counts, as in JavaScript.
 */
internal fun membersOf(text: String): Map<String, Any?>? =
    try {
        JsonReader(text).document()
    } catch (_: NotJson) {
        null
    }

private class NotJson : Exception()

private object Nested

/** A number as it was written: nothing here calculates. */
internal data class JsonNumber(val text: String)

private class JsonReader(private val text: String) {
    private var at = 0

    fun document(): Map<String, Any?> {
        space()
        val members = members(depth = 1)
        space()
        if (at != text.length) throw NotJson()
        return members.filterValues { it !== Nested }
    }

    private fun members(depth: Int): Map<String, Any?> {
        val members = LinkedHashMap<String, Any?>()
        items('{', '}') {
            val name = string()
            space()
            take(':')
            space()
            members[name] = value(depth)
        }
        return members
    }

    /** What stands between [open] and [close], each read by [item]. */
    private inline fun items(open: Char, close: Char, item: () -> Unit) {
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

    private fun value(depth: Int): Any? = when (next()) {
        '"' -> string()
        '{' -> nested(depth) { members(depth + 1) }
        '[' -> nested(depth) { items('[', ']') { value(depth + 1) } }
        't' -> word("true", true)
        'f' -> word("false", false)
        'n' -> word("null", null)
        else -> number()
    }

    private inline fun nested(depth: Int, read: () -> Unit): Any {
        if (depth == MAX_DEPTH) throw NotJson()
        read()
        return Nested
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

    private fun escaped(): Char = when (val char = next().also { at++ }) {
        '"', '\\', '/' -> char
        'b' -> '\b'
        'f' -> '\u000C'
        'n' -> '\n'
        'r' -> '\r'
        't' -> '\t'
        'u' -> match(HEX).toInt(16).toChar()
        else -> throw NotJson()
    }

    private fun number() = JsonNumber(match(NUMBER))

    private fun <T> word(word: String, value: T): T {
        if (!text.startsWith(word, at)) throw NotJson()
        at += word.length
        return value
    }

    private fun match(form: Regex): String {
        // Not matchAt(), which Kotlin has only from 1.7 on, nor find(), which would go on to where there is a match.
        val matcher = form.toPattern().matcher(text).region(at, text.length)
        if (!matcher.lookingAt()) throw NotJson()
        at = matcher.end()
        return matcher.group()
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
