//! Where what an operation makes can be found, if not at a path of its own.

/// A list in which an operation's answer can be found.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// The name of the reading.
    pub name: &'static str,
    /// The member of the answer that is the value of the query's parameter of the same name.
    pub parameter: &'static str,
}
