// What packages/client-kotlin/README.md uses of OkHttp 5, declared so that its code can be compiled without it.

package okhttp3

import java.io.Closeable
import java.io.IOException
import java.util.concurrent.TimeUnit

abstract class OkHttpClient {
    abstract fun newBuilder(): Builder
    abstract fun newCall(request: Request): Call

    abstract class Builder {
        abstract fun followRedirects(followRedirects: Boolean): Builder
        abstract fun retryOnConnectionFailure(retryOnConnectionFailure: Boolean): Builder
        abstract fun readTimeout(timeout: Long, unit: TimeUnit): Builder
        abstract fun writeTimeout(timeout: Long, unit: TimeUnit): Builder
        abstract fun build(): OkHttpClient
    }
}

interface Call {
    fun timeout(): Timeout
    fun enqueue(responseCallback: Callback)
    fun cancel()
}

/** Of okio. */
interface Timeout {
    fun timeout(timeout: Long, unit: TimeUnit): Timeout
}

interface Callback {
    fun onFailure(call: Call, e: IOException)

    @Throws(IOException::class)
    fun onResponse(call: Call, response: Response)
}

abstract class Request {
    class Builder {
        fun url(url: String): Builder = TODO(url)
        fun method(method: String, body: RequestBody?): Builder = TODO("$method $body")
        fun addHeader(name: String, value: String): Builder = TODO("$name: $value")
        fun build(): Request = TODO()
    }
}

abstract class RequestBody {
    companion object {
        fun ByteArray.toRequestBody(): RequestBody = TODO("$size bytes")
    }
}

abstract class Response : Closeable {
    abstract val code: Int
    abstract val headers: Iterable<Pair<String, String>>

    /** Not null since version 5. */
    abstract val body: ResponseBody?
}

interface ResponseBody {
    fun bytes(): ByteArray
}
