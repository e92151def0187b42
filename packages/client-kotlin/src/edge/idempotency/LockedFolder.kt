// A folder of small files that only one thread of one process reads or changes at a time, each file whole at every moment.

package edge.idempotency

import java.io.File
import java.io.FileOutputStream
import java.io.IOException
import java.io.RandomAccessFile
import java.nio.channels.ClosedByInterruptException
import java.nio.channels.FileChannel
import java.nio.channels.FileLockInterruptionException
import java.nio.file.Files
import java.nio.file.StandardCopyOption
import java.nio.file.StandardOpenOption
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

internal class LockedFolder(private val folder: File) {
    private val lockFile = File(folder, "lock")
    private val threads by lazy { locks.getOrPut(folder.canonicalPath) { ReentrantLock() } }

    /** Does [work] while no other thread and no other process does any here. An interrupt takes effect afterwards. */
    fun <T> locked(work: () -> T): T {
        if (!folder.isDirectory && !folder.mkdirs() && !folder.isDirectory) throw IOException("$folder cannot be made")
        return threads.withLock {
            lockedFile().use { work() }
        }
    }

    /** Closing it ends the lock, as does the end of the process. */
    private fun lockedFile(): RandomAccessFile = uninterrupted {
        val file = RandomAccessFile(lockFile, "rw")
        try {
            file.apply { channel.lock() }
        } catch (failed: Throwable) {
            file.close()
            throw failed
        }
    }

    fun read(name: String): ByteArray? = File(folder, name).takeIf { it.exists() }?.readBytes()

    fun names(suffix: String): List<String> = folder.list().orEmpty().filter { it.endsWith(suffix) }.sorted()

    /** When it returns, the file has [content], also after a power failure; until then it has what it had. */
    fun write(name: String, content: ByteArray) {
        val written = File(folder, "written")
        FileOutputStream(written).use {
            it.write(content)
            it.fd.sync()
        }
        Files.move(written.toPath(), File(folder, name).toPath(), StandardCopyOption.ATOMIC_MOVE)
        keepNames()
    }

    fun delete(name: String) {
        if (Files.deleteIfExists(File(folder, name).toPath())) keepNames()
    }

    /** The folder's own entries survive a power failure too, once they are written. Windows cannot, and need not. */
    private fun keepNames() {
        if (File.separatorChar == '\\') return
        uninterrupted { FileChannel.open(folder.toPath(), StandardOpenOption.READ).use { it.force(true) } }
    }
}

/** A file lock is the process's, so the threads of one have this: by folder, however many stores there are for it. */
private val locks = ConcurrentHashMap<String, ReentrantLock>()

/** Java closes a channel whose thread is interrupted; [work] is done again then, and the interrupt kept for later. */
private fun <T> uninterrupted(work: () -> T): T {
    var isInterrupted = Thread.interrupted()
    try {
        while (true) {
            try {
                return work()
            } catch (_: FileLockInterruptionException) {
            } catch (_: ClosedByInterruptException) {
            }
            Thread.interrupted()
            isInterrupted = true
        }
    } finally {
        if (isInterrupted) Thread.currentThread().interrupt()
    }
}
