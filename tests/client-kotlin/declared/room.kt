// What packages/client-kotlin/README.md uses of Room, declared so that its code can be compiled without it.

package androidx.room

annotation class Dao

annotation class Entity(val tableName: String)

@Target(AnnotationTarget.FIELD, AnnotationTarget.FUNCTION)
annotation class PrimaryKey

annotation class Query(val value: String)

annotation class Transaction

annotation class Upsert
