// Asking the service what became of a key.

package edge.idempotency

import java.io.IOException
import java.net.URLEncoder

/** This service's own look-up, at the origin of the request. */
internal fun ownLookUp(key: String, url: String): String {
    val origin = url.split('/').take(3).joinToString("/")
    return "$origin/api/v1/operations/idempotency/${URLEncoder.encode(key, "UTF-8")}"
}

/** What the service says of [key], as the caller of [request] is told; null if it does not know the key. */
internal fun lookUp(key: String, request: Request, transport: Transport, options: Options): KeyStatus? {
    val ofTheRequest = listOf("Content-Type", "Prefer", options.keyField)
    val headers = request.headers.filter { (name) -> ofTheRequest.none { it.equals(name, ignoreCase = true) } }
    val answer = transport.send(Request("GET", options.lookUp(key, request.url), headers), options.attemptMs)
    // Any other 404 is of a service that has no such look-up, and says nothing of the key.
    if (answer.status == 404 && problemType(answer) == "not-found") return null
    return (if (answer.status == 200) statusOf(answer) else null)
        ?: throw IOException("The look-up of the key was answered with ${answer.status}")
}

private fun statusOf(answer: Response): KeyStatus? {
    val members = jsonObject(answer.text()) ?: return null
    return KeyStatus(
        members.text("idempotency_key") ?: return null,
        members.text("status") ?: return null,
        members.text("operation") ?: return null,
        members.long("attempts")?.toInt() ?: return null,
        members.text("created_at") ?: return null,
        members.text("updated_at") ?: return null,
        members.text("expires_at") ?: return null,
        (members["history"] as? List<*>).orEmpty().map { changeOf(it as? Map<*, *> ?: return null) ?: return null },
    )
}

private fun changeOf(members: Map<*, *>): KeyChange? {
    return KeyChange(
        members.text("at") ?: return null,
        members.text("status") ?: return null,
        members.long("attempt")?.toInt() ?: return null,
        members.text("by"),
    )
}
