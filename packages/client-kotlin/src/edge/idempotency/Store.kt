// Where intents are stored before anything is sent, and the store that forgets them with the program.

package edge.idempotency

import java.util.TreeMap

/** A place for texts by name. Used by many threads at once, and by several processes if it is a place that they share. */
public interface Store {
    /**
     * Reads the value of [name] and writes what [change] makes of it, in one transaction: nobody can write in between.
     * Returns when the value is as safe as this store can make it.
     *
     * [change] gets null if there is no value. It returns the new value, null to remove it, or its argument to leave all as
     * it is. It has no effects but its result, so it may be called more than once.
     *
     * Throws whatever it likes if nothing was written; the request is not sent then.
     */
    public fun update(name: String, change: (String?) -> String?)

    /** All names with their values. A value that cannot be read is an empty text. */
    public fun list(): List<Pair<String, String>>
}

/** For tests, and for intents that need not outlive the program. */
public class MemoryStore : Store {
    private val values = TreeMap<String, String>()

    @Synchronized
    override fun update(name: String, change: (String?) -> String?) {
        val changed = change(values[name])
        if (changed == null) values.remove(name) else values[name] = changed
    }

    @Synchronized
    override fun list(): List<Pair<String, String>> = values.toList()
}
