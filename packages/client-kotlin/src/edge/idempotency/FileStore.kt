// Intents as files: one each, whole at every moment, shared by all processes that use the folder.

package edge.idempotency

import java.io.ByteArrayOutputStream
import java.io.File
import java.io.IOException
import java.util.zip.CRC32

private const val PREFIX = "intent-"

/** File systems take 255 bytes. */
private const val MAX_FILE_NAME = 240

/**
 * Stores intents in [folder], which is made if it is not there, and which nobody else should be able to read: on Android, a
 * folder in `noBackupFilesDir`, for a key that is restored from a backup is used by two devices.
 *
 * When a change returns, it is on the disk; a power failure before that leaves what was there. A file that was damaged all
 * the same is noticed by its checksum, and its intent is never sent again.
 *
 * @throws IOException if the disk is full, or the folder cannot be written
 * @throws IllegalArgumentException if an intent is too long: 233 bytes, where all but `a`–`z`, `0`–`9`, `_` and `-` count three
 *   times
 */
public class FileStore(folder: File) : Store {
    private val folder = LockedFolder(folder)

    override fun update(name: String, change: (String?) -> String?) {
        val file = fileOf(name)
        folder.locked {
            val stored = folder.read(file)?.let(::valueOf)
            val changed = change(stored)
            when {
                changed === stored -> {}
                changed == null -> folder.delete(file)
                else -> folder.write(file, contentOf(changed))
            }
        }
    }

    override fun list(): List<Pair<String, String>> = folder.locked {
        folder.names(PREFIX).map { file -> nameOf(file) to valueOf(folder.read(file) ?: ByteArray(0)) }
    }
}

private const val HEAD = 9

/** The checksum of the value in 8 hex digits, a line feed, and the value in UTF-8. */
private fun contentOf(value: String): ByteArray {
    val bytes = value.toByteArray()
    return (checksum(bytes) + "\n").toByteArray() + bytes
}

/** The value in a file with this content, or an empty text if it is damaged. */
private fun valueOf(content: ByteArray): String {
    if (content.size < HEAD) return ""
    val value = content.copyOfRange(HEAD, content.size)
    val isWhole = String(content, 0, HEAD, Charsets.US_ASCII) == checksum(value) + "\n"
    return if (isWhole) value.toString(Charsets.UTF_8) else ""
}

private fun checksum(bytes: ByteArray): String = CRC32().apply { update(bytes) }.value.toString(16).padStart(8, '0')

/** Capital letters are spelled out, because some file systems take `A` for `a`. */
private fun fileOf(name: String): String {
    val file = name.toByteArray().joinToString("", PREFIX) { byte ->
        val char = byte.toInt().toChar()
        if (char in 'a'..'z' || char in '0'..'9' || char == '-' || char == '_') char.toString() else "%" + hex(byte)
    }
    require(file.length <= MAX_FILE_NAME) { "The intent is too long for a file name: $name" }
    return file
}

private fun nameOf(file: String): String {
    val name = ByteArrayOutputStream()
    var at = PREFIX.length
    while (at < file.length) {
        val isSpelled = file[at] == '%'
        name.write(if (isSpelled) file.substring(at + 1, at + 3).toInt(16) else file[at].code)
        at += if (isSpelled) 3 else 1
    }
    return name.toString("UTF-8")
}
