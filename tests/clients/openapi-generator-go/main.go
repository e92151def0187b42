// The client that openapi-generator makes for Go, against the server at $SERVER.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"os"
	"reflect"
	"time"

	api "example.com/edge/idempotency"
)

var checks int

// A variable, because a constant would fit into a smaller type, rounded.
var amount float64 = 1234567.89

func check(what string, holds bool) {
	if !holds {
		log.Fatalf("failed: %s", what)
	}
	checks++
}

func must[T any](value T, rest any, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func problem(err error) api.Problem {
	var refused *api.GenericOpenAPIError
	if !errors.As(err, &refused) {
		log.Fatalf("%v is no answer", err)
	}
	problem, ok := refused.Model().(api.Problem)
	if !ok {
		log.Fatalf("%T is no Problem: %s", refused.Model(), refused.Body())
	}
	return problem
}

func newKey() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func main() {
	log.SetFlags(0)
	configuration := api.NewConfiguration()
	configuration.Servers = api.ServerConfigurations{{URL: os.Getenv("SERVER")}}
	client := api.NewAPIClient(configuration)
	ctx := context.WithValue(context.Background(), api.ContextAccessToken, os.Getenv("TOKEN"))
	operations := client.OperationsAPI
	key := newKey()

	lathe := api.NewResourceInput("Lathe")
	resource := must(operations.CreateResource(ctx).IdempotencyKey(newKey()).ResourceInput(*lathe).Execute())
	check("a resource is created", resource.Name == "Lathe")
	check("its moment is one", !resource.CreatedAt.After(time.Now()) && !resource.CreatedAt.IsZero())
	read := must(operations.ReadResource(ctx, resource.Id).Execute())
	check("it is read back", reflect.DeepEqual(read, resource))

	payment := api.NewTransactionInput(amount, "One coffee machine")
	first, answer, err := operations.CreateTransaction(ctx).IdempotencyKey(key).TransactionInput(*payment).Execute()
	must(first, answer, err)
	again, replay, err := operations.CreateTransaction(ctx).IdempotencyKey(key).TransactionInput(*payment).Execute()
	must(again, replay, err)
	check("an amount comes back exact", first.Amount == amount)
	check("it is stored exact", must(operations.ReadTransaction(ctx, first.Id).Execute()).Amount == amount)
	check("a replay is the same answer", reflect.DeepEqual(again, first))
	check("a replay says so", replay.Header.Get("Idempotent-Replayed") == "true")
	check("a first answer does not", answer.Header.Get("Idempotent-Replayed") == "")

	other := api.NewTransactionInput(1, "One coffee machine")
	_, _, err = operations.CreateTransaction(ctx).IdempotencyKey(key).TransactionInput(*other).Execute()
	mismatch := problem(err)
	check("a mismatch is a problem", mismatch.Type == "/problems/request-mismatch" && mismatch.Status == 422)
	check("it needs a change", !mismatch.Retryable)

	tiny := api.NewTransactionInput(0.001, "A thousandth")
	_, _, err = operations.CreateTransaction(ctx).IdempotencyKey(newKey()).TransactionInput(*tiny).Execute()
	refused := problem(err)
	check("a broken rule is a problem", refused.Type == "/problems/validation-failed")
	check("it says where", len(refused.Errors) == 1 && refused.Errors[0].GetPointer() == "#/amount")

	_, _, err = operations.ReadTransaction(ctx, "txn_0000000000000000").Execute()
	check("what is not there is a problem", problem(err).Status == 404)

	event := api.NewAuditInput("go", "login", map[string]interface{}{"method": "password"})
	entry := must(operations.CreateAuditLog(ctx).IdempotencyKey(newKey()).AuditInput(*event).Execute())
	listed := must(operations.ListAuditLogs(ctx).UserId("go").Limit(10).Execute())
	check("an entry is listed", len(listed) == 1 && reflect.DeepEqual(listed[0], *entry))

	status := must(client.KeysAPI.LookUpKey(ctx, key).Execute())
	check("the key is looked up", status.Status == "COMPLETED" && status.Attempts == 1)
	check("its history has moments", len(status.History) > 0 && !status.History[0].At.IsZero())

	fmt.Printf("%d checks\n", checks)
}
