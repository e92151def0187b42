// A folder of small files that only one thread of one process reads or changes at a time, each file whole at every moment.

package edge.idempotency

import java.io.File
import java.io.FileOutputStream
import java.io.IOException
import java.io.RandomAccessFile
import java.nio.channels.ClosedByInterruptException
import java.nio.channels.FileChannel
import java.nio.channels.OverlappingFileLockException
import java.nio.file.Files
import java.nio.file.StandardCopyOption
import java.nio.file.StandardOpenOption
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.ReentrantLock

/** Who holds the lock has it for milliseconds, unless the system has frozen it. Then an error is better than to hang too. */
private const val LOCK_MS = 10_000L

/** Java waits for a file lock for ever or not at all, so it is asked for again and again. */
private const val POLL_MS = 5L

internal class LockedFolder(private val folder: File) {
    private val threads by lazy { locks.getOrPut(folder.canonicalPath) { ReentrantLock() } }

    /**
     * Does [work] while no other thread and no other process does any here.
     *
     * @throws IOException if somebody else has held the lock for 10 s
     */
    fun <T> locked(work: () -> T): T {
        if (!folder.isDirectory && !folder.mkdirs() && !folder.isDirectory) throw IOException("$folder cannot be made")
        val until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LOCK_MS)
        if (!threads.tryLock(LOCK_MS, TimeUnit.MILLISECONDS)) throw IOException("A thread holds $folder")
        try {
            return RandomAccessFile(File(folder, "lock"), "rw").use {
                // The end of the process ends it too.
                lock(it.channel, until)
                work()
            }
        } catch (interrupted: ClosedByInterruptException) {
            Thread.interrupted()
            throw InterruptedException().apply { initCause(interrupted) }
        } finally {
            threads.unlock()
        }
    }

    private fun lock(channel: FileChannel, untilNs: Long) {
        while (!isLocked(channel)) {
            if (System.nanoTime() - untilNs > 0) throw IOException("Another process holds $folder")
            Thread.sleep(POLL_MS)
        }
    }

    fun read(name: String): ByteArray? = File(folder, name).takeIf { it.exists() }?.readBytes()

    fun names(prefix: String): List<String> = folder.list().orEmpty().filter { it.startsWith(prefix) }.sorted()

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

    /** The folder's own entries survive a power failure too, once they are written. Windows has no way to ask for it. */
    private fun keepNames() {
        if (File.separatorChar == '\\') return
        FileChannel.open(folder.toPath(), StandardOpenOption.READ).use { it.force(true) }
    }
}

/** A file lock is the process's, so the threads of one have this: by folder, however many stores there are for it. */
private val locks = ConcurrentHashMap<String, ReentrantLock>()

private fun isLocked(channel: FileChannel): Boolean =
    try {
        channel.tryLock() != null
    } catch (_: OverlappingFileLockException) {
        // Another class loader of this process has it.
        false
    }
