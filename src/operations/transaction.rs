//! Transactions: an exact amount of a currency.

use garde::Validate;
use idempotency_core::lifecycle::{SavedResponse, UnixMillis};
use iso4217_static::Currency;
use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::amount::Amount;
use idempotency_edge::{
    clock,
    operation::{
        Execution, JsonOperation, OperationError, ReadError, Readable, Reading, created,
        example_key, format,
    },
    store::{Kind, Table, Value},
};

/// `POST /api/v1/operations/transactions`
pub struct CreateTransaction;

/// What a caller says of a transaction.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[schemars(example = json!({"amount": 99.95, "currency": "USD", "description": "One coffee machine"}))]
pub struct TransactionInput {
    /// It has at most as many digits after the point as the currency has minor digits: two in USD, none in JPY, any
    /// number in those without a minor unit, such as XAU. Zeros at the end do not count. Many programs keep 15 digits of
    /// a number: a JSON string of the same form, such as "99999999999999.99", is taken as well, with up to 28.
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
    /// The same decimal as in the request, as a number.
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

const TABLE: Table<7> = Table {
    name: "transactions",
    columns: [
        ("id", Kind::Id),
        ("amount", Kind::Decimal),
        ("currency", Kind::Text),
        ("description", Kind::Text),
        ("status", Kind::Text),
        ("created_at", Kind::Moment),
        ("idempotency_key", Kind::Text),
    ],
};

impl JsonOperation for CreateTransaction {
    const NAME: &'static str = "create_transaction";
    const SUMMARY: &'static str = "Create a transaction";
    const LOCATION: Option<&'static str> = Some("/api/v1/operations/transactions/{id}");
    type Input = TransactionInput;
    type Output = Transaction;

    async fn execute(
        &self,
        input: TransactionInput,
        execution: &Execution<'_>,
    ) -> Result<SavedResponse, OperationError> {
        let (id, amount) = (random_id()?, input.amount.0.to_string());
        let values = [
            Value::from(&id),
            Value::from(&amount),
            Value::from(&input.currency),
            Value::from(&input.description),
            Value::from("completed"),
            execution.now.into(),
            execution.idempotency_key.into(),
        ];
        let row: Option<Row> = execution.insert_once(&TABLE, values).await?;
        let transaction: Transaction = row.ok_or(OperationError::Taken)?.try_into()?;
        created::<Self>(&transaction.id, &transaction)
    }
}

/// `GET /api/v1/operations/transactions/{id}`
impl Readable for Transaction {
    const NAME: &'static str = "read_transaction";
    const SUMMARY: &'static str = "Read a transaction";
    type Query = ();

    async fn read(reading: &Reading<'_>, (): ()) -> Result<Option<Self>, ReadError> {
        let row: Option<Row> = reading.find(&TABLE, reading.variables.get("id")).await?;
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
        // An unknown currency is reported where it stands, and one without a minor unit, such as gold, has no bound.
        let Some(minor_digits) = known(currency).and_then(|known| known.minor_unit()) else {
            return Ok(());
        };
        if amount.0.normalize().scale() <= u32::from(minor_digits) {
            Ok(())
        } else {
            Err(garde::Error::new(format!(
                "must have at most {minor_digits} digits after the point in {currency}"
            )))
        }
    }
}

/// The currency of this code, in the list of ISO 4217 that `docs/http.md` names.
fn known(code: &str) -> Option<Currency> {
    Currency::try_from(code).ok()
}

fn in_iso_4217(currency: &str, (): &()) -> garde::Result {
    match known(currency) {
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
        .filter(|code| known(code).is_some())
        .collect();
    json_schema!({"type": "string", "description": "A currency of ISO 4217.", "enum": codes})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_are_those_of_the_list_of_2026() {
        let digits = |code| known(code).map(|known| known.minor_unit());
        for code in [
            "XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA",
            "XXX",
        ] {
            assert_eq!(digits(code), Some(None), "{code}");
        }
        for (code, minor_digits) in [
            ("USD", 2),
            ("JPY", 0),
            ("ISK", 0),
            ("BHD", 3),
            ("CLF", 4),
            ("UYW", 4),
            ("MGA", 2),
            ("MRU", 2),
            ("SLE", 2),
            ("VED", 2),
            ("VES", 2),
            ("XAD", 2),
            ("XCG", 2),
            ("ZWG", 2),
            ("STN", 2),
            ("BYN", 2),
            ("CUP", 2),
        ] {
            assert_eq!(digits(code), Some(Some(minor_digits)), "{code}");
        }
        for withdrawn in [
            "ANG", "BGN", "CUC", "HRK", "SLL", "ZWL", "VEF", "STD", "MRO", "BYR", "LTL", "EEK",
            "DEM", "usd", "Usd",
        ] {
            assert_eq!(digits(withdrawn), None, "{withdrawn}");
        }
        let letters = || 'A'..='Z';
        let codes =
            letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| [a, b, c])));
        assert_eq!(
            codes
                .filter(|code| known(&String::from_iter(code)).is_some())
                .count(),
            178
        );
    }
}
