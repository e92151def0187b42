//! What an operation declares of a table.

use strum::IntoStaticStr;

/// A table of `N` columns. Every table also has `operation_id`, which is unique, and `caller`, to whom the row belongs.
#[derive(Debug)]
pub struct Table<const N: usize> {
    /// Its name, of lower-case letters and `_`.
    pub name: &'static str,
    /// Its other columns, each with what is in it.
    pub columns: [(&'static str, Kind); N],
}

/// What is in a column. Any of them may be absent in a row.
#[derive(Clone, Copy, Debug, Eq, IntoStaticStr, PartialEq)]
#[strum(serialize_all = "snake_case")]
pub enum Kind {
    /// A text, unique within the caller, by which its row is found.
    Id,
    /// A text.
    Text,
    /// A text by which lists are filtered. Where a list has several filters, the first declared is to be the narrowest.
    Filter,
    /// A JSON object, which comes back to the digit.
    Json,
    /// An exact decimal, as text: digits, with zeros at the end if it was written with them.
    Decimal,
    /// A time of the clock, in milliseconds since 1970.
    Moment,
    /// An integer of 64 bits, as text, since JavaScript's numbers have 53. It is for those who query the store: it may come
    /// back rounded.
    Integer,
    /// A text by which lists are sorted, the greatest first; entries with the same one, the latest first. A table in SQL
    /// makes it of other columns.
    Order,
}

impl<const N: usize> Table<N> {
    /// The declaration as one text: `resources,id:id,name:text`.
    pub(crate) fn declared(&self) -> String {
        declared(self.name, &self.columns)
    }
}

fn declared(name: &str, columns: &[(&str, Kind)]) -> String {
    let mut declared = name.to_owned();
    for &(column, kind) in columns {
        for part in [",", column, ":", kind.into()] {
            declared.push_str(part);
        }
    }
    declared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_names_each_column_with_its_kind() {
        let table = Table {
            name: "notes",
            columns: [("id", Kind::Id), ("sent_at", Kind::Moment)],
        };

        assert_eq!(table.declared(), "notes,id:id,sent_at:moment");
    }
}
