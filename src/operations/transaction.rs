//! Transactions: an exact amount of a currency.

use std::borrow::Cow;

use garde::Validate;
use iso_currency::Currency;
use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::{json, value::RawValue};
use wasm_bindgen::JsValue;

use super::{
    Execution, Operation, OperationError, ReadError, Readable, Reading, Retention, created,
    database::{first_row, insert, millis},
    example_key, format,
};
use crate::{
    clock,
    lifecycle::{SavedResponse, UnixMillis},
};

/// `POST /api/v1/operations/transactions`
pub struct CreateTransaction;

/// What a caller says of a transaction.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[schemars(example = json!({"amount": 99.95, "currency": "USD", "description": "One coffee machine"}))]
pub struct TransactionInput {
    /// It has at most as many digits after the point as the currency has minor digits: two in USD, none in JPY.
    /// Zeros at the end do not count.
    #[garde(custom(positive), custom(fits(&self.currency)))]
    amount: Amount,
    #[serde(default = "usd")]
    #[garde(custom(in_iso_4217))]
    #[schemars(schema_with = "currency")]
    currency: String,
    #[garde(length(chars, min = 1))]
    description: String,
}

/// A transaction as it is answered.
#[derive(JsonSchema, Serialize)]
#[schemars(example = Self::example())]
pub struct Transaction {
    #[schemars(pattern("^txn_[0-9a-f]{16}$"))]
    id: String,
    /// The same decimal as in the request.
    amount: Amount,
    #[schemars(schema_with = "currency")]
    currency: String,
    description: String,
    #[schemars(extend("const" = "completed"))]
    status: String,
    #[schemars(schema_with = "format::moment")]
    created_at: String,
    /// The key of the request that made it.
    #[schemars(schema_with = "format::uuid_v4")]
    idempotency_key: String,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    amount: String,
    currency: String,
    description: String,
    status: String,
    created_at: UnixMillis,
    idempotency_key: String,
}

const INSERT: &str = "INSERT INTO transactions
  (operation_id, caller, id, amount, currency, description, status, created_at, idempotency_key)
  VALUES (?, ?, ?, ?, ?, ?, 'completed', ?, ?)
  ON CONFLICT (operation_id) DO UPDATE SET operation_id = excluded.operation_id
  RETURNING id, amount, currency, description, status, created_at, idempotency_key";

const SELECT: &str = "SELECT id, amount, currency, description, status, created_at, idempotency_key
  FROM transactions WHERE caller = ? AND id = ?";

impl Operation for CreateTransaction {
    const NAME: &'static str = "create_transaction";
    const SUMMARY: &'static str = "Create a transaction";
    const RETENTION: Retention = Retention::Standard;
    const LOCATION: Option<&'static str> = Some("/api/v1/operations/transactions/{id}");
    type Input = TransactionInput;
    type Output = Transaction;

    async fn execute(
        input: TransactionInput,
        execution: &Execution<'_>,
    ) -> Result<SavedResponse, OperationError> {
        let values = [
            JsValue::from_str(&execution.operation_id.0),
            JsValue::from_str(execution.caller),
            JsValue::from_str(&random_id()?),
            JsValue::from_str(&input.amount.0.to_string()),
            JsValue::from_str(&input.currency),
            JsValue::from_str(&input.description),
            millis(execution.now),
            JsValue::from_str(execution.idempotency_key),
        ];
        let transaction: Transaction = insert::<Row>(execution.env, INSERT, &values)
            .await?
            .try_into()?;
        created::<Self>(&transaction.id, &transaction)
    }
}

/// `GET /api/v1/operations/transactions/{id}`
impl Readable for Transaction {
    const NAME: &'static str = "read_transaction";
    const SUMMARY: &'static str = "Read a transaction";
    type Query = ();

    async fn read(reading: &Reading<'_>) -> Result<Option<Self>, ReadError> {
        let values = [
            JsValue::from_str(reading.caller),
            JsValue::from_str(reading.id),
        ];
        let row: Option<Row> = first_row(reading.env, SELECT, &values).await?;
        Ok(row
            .map(Self::try_from)
            .transpose()
            .map_err(OperationError::from)?)
    }
}

impl Transaction {
    fn example() -> serde_json::Value {
        json!({
            "id": "txn_90ed2a5e701208eb",
            "amount": 99.95,
            "currency": "USD",
            "description": "One coffee machine",
            "status": "completed",
            "created_at": "2026-01-31T12:00:00.000Z",
            "idempotency_key": example_key(CreateTransaction::NAME),
        })
    }
}

/// 64 random bits are unique enough within one caller; the table refuses a second one, and the next attempt
/// draws another.
fn random_id() -> Result<String, OperationError> {
    let bits =
        getrandom::u64().map_err(|error| worker::Error::from(format!("no randomness: {error}")))?;
    Ok(format!("txn_{bits:016x}"))
}

impl TryFrom<Row> for Transaction {
    type Error = serde_json::Error;

    fn try_from(row: Row) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id: row.id,
            amount: serde_json::from_slice(row.amount.as_bytes())?,
            currency: row.currency,
            description: row.description,
            status: row.status,
            created_at: clock::rfc3339(row.created_at),
            idempotency_key: row.idempotency_key,
        })
    }
}

/// The smallest number of 29 digits: a decimal holds some of them, but not all.
const TWENTY_NINE_DIGITS: u128 = 10_u128.pow(28);

/// An exact decimal of up to 28 digits, read from and written as a JSON number without passing a float.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amount(Decimal);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            return Err(D::Error::custom("must be a JSON number"));
        }
        exact(text)
            .filter(|amount| amount.mantissa().unsigned_abs() < TWENTY_NINE_DIGITS)
            .map(Self)
            .ok_or_else(|| D::Error::custom("must be a decimal number of at most 28 digits"))
    }
}

/// The value that the JSON number `text` has, or nothing if it has too many digits. `from_scientific` would round
/// those in front of the exponent, so that they are read by themselves first.
fn exact(text: &str) -> Option<Decimal> {
    match text.split_once(['e', 'E']) {
        None => Decimal::from_str_exact(text).ok(),
        Some((digits, _)) => Decimal::from_str_exact(digits)
            .and_then(|_| Decimal::from_scientific(text))
            .ok(),
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: Box<RawValue> = serde_json::from_slice(self.0.to_string().as_bytes())
            .map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn inline_schema() -> bool {
        true
    }

    /// `positive`, and `TWENTY_NINE_DIGITS`.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "number",
            "format": "double",
            "exclusiveMinimum": 0,
            "exclusiveMaximum": 1e28,
        })
    }
}

fn usd() -> String {
    "USD".to_owned()
}

fn positive(amount: &Amount, (): &()) -> garde::Result {
    if amount.0 > Decimal::ZERO {
        Ok(())
    } else {
        Err(garde::Error::new("must be greater than 0"))
    }
}

fn fits(currency: &str) -> impl Fn(&Amount, &()) -> garde::Result {
    move |amount, ()| {
        // An unknown currency is reported where it stands.
        let Some(known) = Currency::from_code(currency) else {
            return Ok(());
        };
        // Currencies without a minor unit, such as gold, come in whole units.
        let minor_digits = known.exponent().unwrap_or(0);
        if amount.0.normalize().scale() <= u32::from(minor_digits) {
            Ok(())
        } else {
            Err(garde::Error::new(format!(
                "must have at most {minor_digits} digits after the point in {currency}"
            )))
        }
    }
}

fn in_iso_4217(currency: &str, (): &()) -> garde::Result {
    match Currency::from_code(currency) {
        Some(_) => Ok(()),
        None => Err(garde::Error::new(
            "must be the three capital letters of an ISO 4217 currency, such as USD",
        )),
    }
}

/// `in_iso_4217`, as a list: there are too many words of three letters that are no currency.
fn currency(_: &mut SchemaGenerator) -> Schema {
    let letters = || 'A'..='Z';
    let codes: Vec<_> = letters()
        .flat_map(|a| letters().map(move |b| [a, b]))
        .flat_map(|[a, b]| letters().map(move |c| String::from_iter([a, b, c])))
        .filter(|code| Currency::from_code(code).is_some())
        .collect();
    json_schema!({"type": "string", "description": "A currency of ISO 4217.", "enum": codes})
}
