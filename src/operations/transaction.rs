//! Transactions: an exact amount of a currency.

use garde::Validate;
use iso_currency::Currency;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::value::RawValue;
use wasm_bindgen::JsValue;

use super::{
    Execution, Operation, OperationError, ReadError, Reading, Retention, created,
    database::{first_row, insert, millis},
};
use crate::{
    clock,
    lifecycle::{SavedResponse, UnixMillis},
};

/// `POST /api/v1/operations/transactions`
pub struct CreateTransaction;

/// What a caller says of a transaction.
#[derive(Debug, Deserialize, Validate)]
pub struct TransactionInput {
    #[garde(custom(positive), custom(fits(&self.currency)))]
    amount: Amount,
    #[serde(default = "usd")]
    #[garde(custom(in_iso_4217))]
    currency: String,
    #[garde(length(chars, min = 1))]
    description: String,
}

/// A transaction as it is answered.
#[derive(Serialize)]
struct Transaction {
    id: String,
    amount: Amount,
    currency: String,
    description: String,
    status: String,
    created_at: String,
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
    const RETENTION: Retention = Retention::Standard;
    type Input = TransactionInput;

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
        let location = format!("/api/v1/operations/transactions/{}", transaction.id);
        created(Some(location), &transaction)
    }
}

/// `GET /api/v1/operations/transactions/{id}`
pub async fn read(reading: &Reading<'_>) -> Result<Option<Vec<u8>>, ReadError> {
    let values = [
        JsValue::from_str(reading.caller),
        JsValue::from_str(reading.id),
    ];
    let row: Option<Row> = first_row(reading.env, SELECT, &values).await?;
    Ok(row
        .map(|row| Transaction::try_from(row).and_then(|found| serde_json::to_vec(&found)))
        .transpose()
        .map_err(OperationError::from)?)
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
            amount: serde_json::from_str(&row.amount)?,
            currency: row.currency,
            description: row.description,
            status: row.status,
            created_at: clock::rfc3339(row.created_at),
            idempotency_key: row.idempotency_key,
        })
    }
}

/// An exact decimal of up to 28 digits, read from and written as a JSON number without passing a float.
#[derive(Clone, Copy, Debug)]
struct Amount(Decimal);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            return Err(D::Error::custom("must be a JSON number"));
        }
        Decimal::from_str_exact(text)
            .or_else(|_| Decimal::from_scientific(text))
            .map(Self)
            .map_err(|_| D::Error::custom("must be a decimal number of at most 28 digits"))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.to_string())
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
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
