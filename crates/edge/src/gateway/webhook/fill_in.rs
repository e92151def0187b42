//! What a preset fills in where the policy states nothing.

use crate::{
    gateway::{
        policy::{FingerprintRule, InProgress, RouteRule},
        status::StatusRule,
    },
    operation::{CallerSource, KeySource},
};

/// Fills in what is known of the sender, if `rule` is for webhooks.
///
/// The fingerprint is none: the id says which event it is, and a sender may write the same event in other words the next
/// time.
pub fn fill_in(rule: &mut RouteRule) {
    let Some(webhook) = &rule.webhook else {
        return;
    };
    let sender = webhook.preset.sender();
    let sources = sender.key.iter();
    let sources = sources.filter_map(|text| KeySource::parse(text)).collect();
    rule.key.from.fill_in(sources);
    rule.caller.fill_in(CallerSource::Route);
    rule.fingerprint.get_or_insert(FingerprintRule::None);
    rule.retention_s.fill_in(sender.retention_s);
    rule.in_progress.fill_in(InProgress::WaitS(sender.wait_s));
    rule.store.fill_in(vec![StatusRule::class(2)]);
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use crate::{
        gateway::{
            check::read,
            policy::{FingerprintRule, InProgress, RouteRule},
            status::is_final,
            webhook::preset::Preset,
        },
        operation::{CallerSource, KeySource},
    };

    fn route(more: &str) -> RouteRule {
        let policy = format!(
            r#"{{"upstreams": {{"api": {{"url": "https://a.example"}}}},
               "routes": [{{"match": {{"path": "/hook"}}, "upstream": "api", {more}}}]}}"#
        );
        read(&policy).unwrap().routes.remove(0)
    }

    #[test]
    fn a_preset_says_what_the_policy_does_not() {
        let route = route(r#""webhook": {"preset": "stripe", "secret": "S"}"#);

        assert_eq!(*route.key.from, [KeySource::Json("/id".to_owned())]);
        assert_eq!(*route.caller, CallerSource::Route);
        assert!(matches!(route.fingerprint, Some(FingerprintRule::None)));
        assert_eq!(*route.retention_s, 30 * 86_400);
        assert!(matches!(*route.in_progress, InProgress::WaitS(8)));
        assert!(is_final(&route.store, 204) && !is_final(&route.store, 404));
    }

    #[test]
    fn what_the_policy_says_itself_stays() {
        let route = route(
            r#""webhook": {"preset": "stripe", "secret": "S", "previous_secret": "T"}, "key": {"from": ["json:/data/id"]},
               "caller": "header:X-Account", "fingerprint": "bytes", "retention_s": 60,
               "in_progress": {"wait_s": 2}, "store": ["2xx", "4xx"]"#,
        );

        assert_eq!(*route.key.from, [KeySource::Json("/data/id".to_owned())]);
        assert_eq!(*route.caller, CallerSource::Header("X-Account".to_owned()));
        assert!(matches!(route.fingerprint, Some(FingerprintRule::Bytes)));
        assert_eq!(*route.retention_s, 60);
        assert!(matches!(*route.in_progress, InProgress::WaitS(2)));
        assert!(is_final(&route.store, 404));
    }

    #[test]
    fn what_waited_for_the_receiver_no_longer_is_not_its_word() {
        let route = route(r#""webhook": {"preset": "stripe", "secret": "S"}"#);

        for status in [301, 404, 500, 503] {
            assert!(route.is_not_executed(status), "{status}");
        }
        for status in [200, 504, 524] {
            assert!(!route.is_not_executed(status), "{status}");
        }
    }

    #[test]
    fn every_sender_has_a_key() {
        for preset in Preset::VARIANTS {
            let sender = preset.sender();
            let sources = sender.key.iter().map(|text| KeySource::parse(text));
            assert!(sources.flatten().count() == sender.key.len() && !sender.key.is_empty());
        }
    }
}
