//! Routes in an order: the first that matches a request wins, after the service's own.

use std::{fmt, rc::Rc};

use idempotency_core::Variables;
use percent_encoding::percent_decode_str;

use super::{Keyed, Passage};

/// A route of an ordered list.
pub struct OrderedRoute {
    /// The methods, in capitals.
    pub methods: Vec<String>,
    /// The host without a port; any, if there is none.
    pub host: Option<String>,
    /// The one path.
    pub path: matchit::Router<()>,
    /// What is there.
    pub keyed: Keyed,
}

/// Routes in an order, and what becomes of a request that none of them matches.
#[derive(Default)]
pub struct Ordered {
    /// The first that matches wins.
    pub routes: Vec<OrderedRoute>,
    /// Where the rest goes; nowhere, if there is none.
    pub fallback: Option<Rc<dyn Passage>>,
}

impl Ordered {
    /// The route of a request, and what stands in the place of its variables.
    #[must_use]
    pub fn find(&self, method: &str, host: &str, path: &str) -> Option<(&Keyed, Variables)> {
        self.routes.iter().find_map(|route| {
            let is_method = route.methods.iter().any(|own| own == method);
            let is_host = route
                .host
                .as_deref()
                .is_none_or(|own| own.eq_ignore_ascii_case(host));
            let found = route.path.at(path).ok().filter(|_| is_method && is_host)?;
            let decoded = |value| percent_decode_str(value).decode_utf8_lossy().into_owned();
            let variables = found.params.iter();
            let variables = variables.map(|(name, value)| (name.to_owned(), decoded(value)));
            Some((&route.keyed, Variables(variables.collect())))
        })
    }
}

impl fmt::Debug for Ordered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.routes.iter().map(|route| &route.keyed);
        f.debug_list().entries(names).finish()
    }
}
