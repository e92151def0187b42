//! Where operations write: rows of tables that they declare, in the store that `OPERATION_STORE` names.
//!
//! A store can do three things, for any table: write an operation's row once, find a row, and list rows. There is no other
//! way to it, so that any database can be one. docs/stores.md lists them, and says how to add one.
//!
//! Invariant: a table has one row for an operation id, whatever writes it, and however often. An attempt that writes it
//! again is given the row that is there.

mod table;
mod value;
mod list;
mod ask;

pub(crate) use ask::ask;
pub use ask::{Stores, connect_stores, wrong_variable};
pub use list::{List, Page, Place};
pub use table::{Kind, Table};
pub use value::Value;
