//! Lists of rows, page by page.

use super::Value;

/// Which of a caller's rows are asked for. They are sorted by the column of the kind [`Order`](super::Kind::Order).
#[derive(Debug)]
pub struct List<'a> {
    /// Columns of the kind [`Filter`](super::Kind::Filter), with what must be in them.
    pub filters: &'a [(&'static str, &'a str)],
    /// The row that a page before ended with: the list goes on after it.
    pub after: Option<Place<'a>>,
    /// How many rows to leave out.
    pub offset: u32,
    /// How many rows there may be.
    pub limit: u32,
    /// How many bytes they may have together, about; a row that has more is a page by itself.
    pub max_bytes: u32,
}

/// Where a row is in a list.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// What it is sorted by.
    pub order: &'a str,
    /// The operation that made it. If the row has been deleted, rows with the same `order` may come twice; none is left out.
    pub operation_id: &'a str,
}

/// A part of a list: its rows and, if there are more, the last row's place, which is its `order`, `_`, and its operation's
/// id.
pub type Page<T> = (Vec<T>, Option<String>);

impl<'a> List<'a> {
    /// As the store is asked for it, beginning with the caller.
    pub(crate) fn values(&self, caller: &'a str) -> Vec<Value<'a>> {
        let mut values = vec![caller.into()];
        values.extend([self.limit, self.offset, self.max_bytes].map(Value::Number));
        values.push(self.after.map(|place| place.order).into());
        values.push(self.after.map(|place| place.operation_id).into());
        for (column, value) in self.filters {
            values.extend([Value::from(*column), Value::from(*value)]);
        }
        values
    }
}
