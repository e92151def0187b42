//! What a policy may say of keys whose request may have been executed.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    policy_error::{PolicyError, within, wrong},
    status::{StatusRule, is_final},
};

/// What becomes of a key whose request may have been executed, and has no whole answer.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum AmbiguousRule {
    /// Nothing is sent again, until the upstream's late answer or an operator says what became of it.
    #[default]
    Hold,
    /// The request is sent again with the same key, which the upstream has to honor.
    Resend,
    /// The upstream is asked first what became of it.
    Probe(ProbeRule),
}

/// How an upstream is asked what became of a request.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProbeRule {
    /// By which method, which must be one without an effect.
    #[serde(default)]
    pub method: ProbeMethod,
    /// At which path below the upstream's URL, with a query if need be. `{key}` stands for the client's key,
    /// `{operation_id}` for the key that the upstream gets where `forward_key.as` is `derived`.
    pub path: String,
    /// With which statuses it says that the request was executed. The answer is then kept for all retries.
    #[serde(default = "ok")]
    pub done: Vec<StatusRule>,
    /// With which statuses it says that the request was not executed and never will be. Then it is sent again.
    #[serde(default = "not_found")]
    pub absent: Vec<StatusRule>,
    /// The status that the kept answer gets, such as 201 in the place of 200; the probe's own, if it is not set.
    #[serde(default)]
    #[schemars(range(min = 200, max = 299))]
    pub present_as: Option<u16>,
    /// For how many seconds after the outcome became unknown `absent` is not believed, because the request may still be on
    /// its way or be executed just then. Twice `timeout_s` of the upstream, if it is not set, and no less.
    #[serde(default)]
    #[schemars(range(min = 2, max = 86_400))]
    pub absent_after_s: Option<u64>,
}

/// A method without an effect.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ProbeMethod {
    /// The answer has content.
    #[default]
    Get,
    /// The kept answer has none.
    Head,
}

impl ProbeMethod {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
        }
    }
}

fn ok() -> Vec<StatusRule> {
    vec![StatusRule::class(2)]
}

fn not_found() -> Vec<StatusRule> {
    vec![StatusRule::code(404)]
}

impl AmbiguousRule {
    /// What is wrong with it, at `place`, for an upstream that has `timeout_s` and gets a key or none, where records live
    /// for `retention_s`. Where all callers are one to the upstream, the client's key does not say whose request it was:
    /// `needs_id`.
    pub fn check(
        &self,
        place: &str,
        has_key: bool,
        needs_id: bool,
        timeout_s: u64,
        retention_s: u64,
    ) -> Result<(), PolicyError> {
        match self {
            Self::Resend if !has_key => Err(wrong(
                place,
                "must not be \"resend\" where forward_key.as is \"none\": the upstream could not recognize the repetition",
            )),
            Self::Hold | Self::Resend => Ok(()),
            Self::Probe(rule) if needs_id && !rule.path.contains("{operation_id}") => {
                let path = &rule.path;
                let rule = format!(
                    "must have {{operation_id}} in it where the caller is authenticated, as two callers may send the same key, and is \"{path}\""
                );
                Err(wrong(format!("{place}.probe.path"), rule))
            }
            Self::Probe(rule) => rule.check(&format!("{place}.probe"), timeout_s, retention_s),
        }
    }
}

impl ProbeRule {
    /// For how many seconds `absent` is not believed, of an upstream that has `timeout_s`.
    pub fn absent_after_s(&self, timeout_s: u64) -> u64 {
        self.absent_after_s.unwrap_or(timeout_s.saturating_mul(2))
    }

    fn check(&self, place: &str, timeout_s: u64, retention_s: u64) -> Result<(), PolicyError> {
        let path = &self.path;
        let names_it = path.contains("{key}") || path.contains("{operation_id}");
        let rest = path.replace("{key}", "").replace("{operation_id}", "");
        let is_plain = !rest.contains(['#', '\\', '{', '}', ' ']) && !rest.contains("/.");
        if !path.starts_with('/') || !names_it || !is_plain {
            let rule = format!(
                "must begin with a slash and have {{key}} or {{operation_id}} in it, and is \"{path}\""
            );
            return Err(wrong(format!("{place}.path"), rule));
        }
        for (name, statuses) in [("done", &self.done), ("absent", &self.absent)] {
            if !(200..600).any(|status| is_final(statuses, status)) {
                return Err(wrong(
                    format!("{place}.{name}"),
                    "must name a status, and names none",
                ));
            }
        }
        let is_both =
            |status: &u16| is_final(&self.done, *status) && is_final(&self.absent, *status);
        if let Some(status) = (200..600).find(is_both) {
            let rule = format!("must have no status of done, and has {status}");
            return Err(wrong(format!("{place}.absent"), rule));
        }
        if let Some(status) = self.present_as {
            within(&format!("{place}.present_as"), u64::from(status), 200, 299)?;
        }
        let least_s = timeout_s.saturating_mul(2);
        let after_s = self.absent_after_s(timeout_s);
        let most_s = retention_s.min(86_400);
        within(&format!("{place}.absent_after_s"), after_s, least_s, most_s)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_short_probe_has_the_defaults_of_the_document() {
        let AmbiguousRule::Probe(rule) = read(&json!({"path": "/payments/{key}"})).unwrap() else {
            panic!("a probe");
        };

        assert_eq!(rule.method.as_str(), "GET");
        assert!(is_final(&rule.done, 201) && is_final(&rule.absent, 404));
        assert_eq!(rule.absent_after_s(15), 30);
    }

    #[test]
    fn what_is_wrong_with_a_probe_is_named_with_what_would_be_right() {
        for (probe, place, rule) in [
            (
                json!({"path": "/orders"}),
                "probe.path",
                "must begin with a slash and have {key} or {operation_id} in it, and is \"/orders\"",
            ),
            (
                json!({"path": "/{name}/{key}"}),
                "probe.path",
                "must begin with",
            ),
            (
                json!({"path": "/../{key}"}),
                "probe.path",
                "must begin with",
            ),
            (
                json!({"path": "/{key}", "absent": ["204"]}),
                "probe.absent",
                "must have no status of done, and has 204",
            ),
            (
                json!({"path": "/{key}", "done": ["!200"]}),
                "probe.done",
                "must name a status, and names none",
            ),
            (
                json!({"path": "/{key}", "absent_after_s": 61}),
                "probe.absent_after_s",
                "must be from 30 to 60, and is 61",
            ),
            (
                json!({"path": "/{key}", "present_as": 404}),
                "probe.present_as",
                "must be from 200 to 299, and is 404",
            ),
        ] {
            let error = read(&probe)
                .unwrap()
                .check("ambiguous", true, false, 15, 60)
                .unwrap_err();
            assert_eq!(error.place, format!("ambiguous.{place}"), "{probe}");
            assert!(error.rule.contains(rule), "{probe}: {}", error.rule);
        }
        for probe in [
            json!({"path": "/{key}", "method": "POST"}),
            json!({"path": "/{key}", "body": ""}),
            json!({}),
        ] {
            assert!(read(&probe).is_err(), "{probe}");
        }
    }

    fn read(probe: &Value) -> Result<AmbiguousRule, serde_json::Error> {
        serde_json::from_value(json!({ "probe": probe }))
    }
}
