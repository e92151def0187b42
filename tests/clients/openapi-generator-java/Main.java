// The client that openapi-generator makes for Java, against the server at $SERVER.

import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.KeysApi;
import org.openapitools.client.api.OperationsApi;
import org.openapitools.client.model.AuditInput;
import org.openapitools.client.model.KeyStatus;
import org.openapitools.client.model.Problem;
import org.openapitools.client.model.ResourceInput;
import org.openapitools.client.model.TransactionInput;

public class Main {
  interface Call {
    void make() throws ApiException;
  }

  static int checks = 0;
  static final ApiClient client = new ApiClient();

  static void check(String what, boolean holds) {
    if (!holds) throw new AssertionError(what);
    checks++;
  }

  static String newKey() {
    return UUID.randomUUID().toString();
  }

  /** This generator hands the content of a refusal over as text. */
  static Problem problem(Call call) throws Exception {
    try {
      call.make();
    } catch (ApiException refused) {
      return client.getObjectMapper().readValue(refused.getResponseBody(), Problem.class);
    }
    throw new AssertionError("it was to be refused");
  }

  public static void main(String[] args) throws Exception {
    client.updateBaseUri(System.getenv("SERVER"));
    var token = System.getenv("TOKEN");
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
    var operations = new OperationsApi(client);
    var key = newKey();

    var lathe = new ResourceInput().name("Lathe").metadata(Map.of("weight_kg", 1.5));
    var resource = operations.createResource(newKey(), lathe, null, null);
    check("a resource is created", resource.getName().equals("Lathe"));
    check("its moment is one", !resource.getCreatedAt().isAfter(OffsetDateTime.now()));
    check("it is read back", operations.readResource(resource.getId().toString(), null).equals(resource));

    var payment = new TransactionInput().amount(1234567.89).description("One coffee machine");
    var first = operations.createTransactionWithHttpInfo(key, payment, null, null);
    var replay = operations.createTransactionWithHttpInfo(key, payment, null, null);
    check("an amount comes back exact", first.getData().getAmount() == 1234567.89);
    var stored = operations.readTransaction(first.getData().getId(), null);
    check("it is stored exact", stored.getAmount() == 1234567.89);
    check("a replay is the same answer", replay.getData().equals(first.getData()));
    var marker = replay.getHeaders().get("idempotent-replayed");
    check("a replay says so", List.of("true").equals(marker));
    check("a first answer does not", !first.getHeaders().containsKey("idempotent-replayed"));

    var other = new TransactionInput().amount(1.0).description("One coffee machine");
    var mismatch = problem(() -> operations.createTransaction(key, other, null, null));
    check("a mismatch is a problem", mismatch.getType().equals("/problems/request-mismatch"));
    check("it needs a change", mismatch.getStatus() == 422 && !mismatch.getRetryable());

    var tiny = new TransactionInput().amount(0.001).description("A thousandth");
    var refused = problem(() -> operations.createTransaction(newKey(), tiny, null, null));
    check("a broken rule is a problem", refused.getType().equals("/problems/validation-failed"));
    check("it says where", refused.getErrors().get(0).getPointer().equals("#/amount"));

    var missing = problem(() -> operations.readTransaction("txn_0000000000000000", null));
    check("what is not there is a problem", missing.getStatus() == 404);

    var event = new AuditInput().userId("java").action(AuditInput.ActionEnum.LOGIN).details(Map.of("method", "password"));
    var entry = operations.createAuditLog(newKey(), event, null, null);
    var listed = operations.listAuditLogs(10, null, null, "java", null, null);
    check("an entry is listed", listed.equals(List.of(entry)));

    var status = new KeysApi(client).lookUpKey(key, null, null, null);
    check("the key is looked up", status.getStatus() == KeyStatus.StatusEnum.COMPLETED && status.getAttempts() == 1);
    check("its history has moments", status.getHistory().get(0).getAt() != null);

    System.out.println(checks + " checks");
  }
}
