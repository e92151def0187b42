// JSON for what the tests say to these programs and hear from them. The client itself needs none of it.

/** What [text] is: maps, lists, strings, doubles, booleans, null. */
fun parsed(text: String): Any? = Parser(text).run { value().also { space(); check(at == text.length) { "more follows" } } }

fun json(value: Any?): String = when (value) {
    null, is Boolean, is Int, is Long -> value.toString()
    is Double -> if (value == Math.rint(value)) value.toLong().toString() else value.toString()
    is Map<*, *> -> value.entries.joinToString(",", "{", "}") { json(it.key.toString()) + ":" + json(it.value) }
    is List<*> -> value.joinToString(",", "[", "]") { json(it) }
    else -> value.toString().map(::escaped).joinToString("", "\"", "\"")
}

private fun escaped(char: Char): String =
    if (char in ' '..'~' && char != '"' && char != '\\') char.toString() else "\\u%04x".format(char.code)

private class Parser(val text: String) {
    var at = 0

    fun value(): Any? {
        space()
        return when (text[at]) {
            '{' -> items('}') { val name = string(); space(); take(':'); name to value() }.toMap()
            '[' -> items(']') { value() }
            '"' -> string()
            't' -> true.also { word("true") }
            'f' -> false.also { word("false") }
            'n' -> null.also { word("null") }
            else -> text.substring(at).takeWhile { it in "+-.eE" || it.isDigit() }.also { at += it.length }.toDouble()
        }
    }

    private fun <T> items(close: Char, item: () -> T): List<T> {
        val items = mutableListOf<T>()
        at++
        space()
        while (text[at] != close) {
            items += item()
            space()
            if (text[at] == ',') { at++; space() }
        }
        at++
        return items
    }

    private fun string(): String {
        take('"')
        val read = StringBuilder()
        while (text[at] != '"') read.append(if (text[at] == '\\') escape() else text[at++])
        at++
        return read.toString()
    }

    private fun escape(): Char {
        val kind = text[at + 1]
        at += 2
        if (kind == 'u') return text.substring(at, at + 4).toInt(16).toChar().also { at += 4 }
        return mapOf('n' to '\n', 'r' to '\r', 't' to '\t', 'b' to '\b', 'f' to '\u000C')[kind] ?: kind
    }

    private fun word(word: String) = word.forEach(::take)

    private fun take(char: Char) = check(text[at++] == char) { "no $char at ${at - 1}" }

    fun space() { while (at < text.length && text[at].isWhitespace()) at++ }
}
