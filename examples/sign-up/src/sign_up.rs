//! Sign-ups: an account for an e-mail address, once.

use garde::Validate;
use idempotency_edge::{
    clock,
    core::lifecycle::SavedResponse,
    operation::{
        Execution, JsonOperation, OperationError, ReadError, Readable, Reading, created, refused,
    },
    store::{Kind, Table, Value},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /sign-ups`
pub struct SignUp;

/// What a caller says of a new user.
#[derive(Deserialize, JsonSchema, Validate)]
pub struct SignUpInput {
    #[garde(length(chars, max = 254), custom(is_address))]
    email: String,
    #[garde(length(chars, min = 1, max = 100))]
    name: String,
}

/// An account: a row of the table, and what is answered.
#[derive(Deserialize, JsonSchema, Serialize)]
pub struct Account {
    id: String,
    email: String,
    name: String,
    created_at: String,
}

/// The columns beside `operation_id` and `caller`, which every table has.
const TABLE: Table<4> = Table {
    name: "sign_ups",
    columns: [
        ("id", Kind::Id),
        ("email", Kind::Text),
        ("name", Kind::Text),
        ("created_at", Kind::Text),
    ],
};

impl JsonOperation for SignUp {
    const NAME: &'static str = "sign_up";
    const SUMMARY: &'static str = "Sign a user up";
    const LOCATION: Option<&'static str> = Some("/sign-ups/{id}");
    type Input = SignUpInput;
    type Output = Account;

    async fn execute(
        &self,
        input: SignUpInput,
        execution: &Execution<'_>,
    ) -> Result<SavedResponse, OperationError> {
        let created_at = clock::rfc3339(execution.now);
        let values = [
            Value::from(execution.operation_id.0.as_str()),
            Value::from(&input.email),
            Value::from(&input.name),
            Value::from(&created_at),
        ];
        // The row that this operation made, in this attempt or an earlier one; none if another one has the address.
        match execution.insert_once::<Account, _>(&TABLE, values).await? {
            Some(account) => created::<Self>(&account.id, &account),
            None => Ok(refused(
                422,
                "Address taken",
                "There is an account with this e-mail address.",
            )),
        }
    }
}

/// `GET /sign-ups/{id}`
impl Readable for Account {
    const NAME: &'static str = "read_account";
    const SUMMARY: &'static str = "Read an account";
    type Query = ();

    async fn read(reading: &Reading<'_>, (): ()) -> Result<Option<Self>, ReadError> {
        Ok(reading.find(&TABLE, reading.variables.get("id")).await?)
    }
}

/// The address is checked for its form alone; whether it exists, a message to it will tell.
fn is_address(email: &str, (): &()) -> garde::Result {
    match email.rsplit_once('@') {
        Some((name, domain)) if !name.is_empty() && domain.contains('.') => Ok(()),
        Some(_) | None => Err(garde::Error::new("must be an e-mail address")),
    }
}
