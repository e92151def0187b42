//! Who is calling, by which name, and what it may do.

use idempotency_core::Scope;

use crate::{http::problem::Problem, settings::Role};

/// Who is calling.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// Whose records and rows the request is about.
    pub scope: Scope,
    /// What it may do.
    pub role: Role,
    /// What those who watch call it: a client id, or an issuer's subject. No two callers have the same.
    pub name: String,
}

impl Caller {
    /// Who sends this value of a header field that an upstream looks at. Those who watch see its digest, by which operators
    /// can look keys up.
    #[must_use]
    pub fn by_field(name: &str, value: &str) -> Self {
        Self::of_scope(Scope::of_field(name, value))
    }

    /// Everybody who calls a route.
    #[must_use]
    pub fn of_route(operation: &str) -> Self {
        Self::of_scope(Scope::of_route(operation))
    }

    /// Who has a token of `issuer` that names `subject`.
    #[must_use]
    pub fn by_subject(issuer: &str, subject: &str) -> Self {
        let scope = Scope::of_subject(issuer, subject);
        Self {
            role: Role::Client,
            name: name_of(subject, &scope),
            scope,
        }
    }

    fn of_scope(scope: Scope) -> Self {
        Self {
            scope,
            role: Role::Client,
            name: format!("scope {scope}"),
        }
    }

    /// The same, if it is an operator.
    pub fn operator(self) -> Result<Self, Problem> {
        match self.role {
            Role::Operator => Ok(self),
            Role::Client => Err(Problem::operators_only()),
        }
    }
}

/// An issuer may call its subjects anything. At most 64 characters are shown, and none that could disturb a line of
/// text; a subject that is not shown in full has a part of its digest with it. No client id has a space.
fn name_of(subject: &str, scope: &Scope) -> String {
    let shown = subject.chars().filter(|char| !char.is_control()).take(64);
    let shown: String = shown.collect();
    if shown == subject {
        format!("subject {shown}")
    } else {
        format!("subject {shown} {scope:.8}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_subjects_have_a_name_in_common_and_none_has_a_clients() {
        let long = "x".repeat(64);
        let [longer, other] = [format!("{long}1"), format!("{long}2")];
        let subjects = ["ann", "ann\n", "\u{7}ann", &long, &longer, &other];

        let names = subjects.map(|subject| name_of(subject, &Scope::of_token(subject)));

        assert_eq!(names[0], "subject ann");
        assert!(names[4].starts_with(&format!("subject {long} ")));
        for (at, name) in names.iter().enumerate() {
            assert!(name.contains(' ') && !name.contains(char::is_control));
            assert!(!names[..at].contains(name), "{name}");
        }
    }
}
