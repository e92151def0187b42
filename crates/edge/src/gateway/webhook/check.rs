//! What the types of a webhook's rule cannot say.

use super::{preset::Preset, rule::WebhookRule};
use crate::{
    gateway::{
        base::base,
        policy::{InProgress, RouteRule},
        policy_error::{PolicyError, wrong},
    },
    operation::CallerSource,
};

/// Checks a route whose requests are webhooks, after what its preset knows was filled in.
pub fn check(place: &str, route: &RouteRule, webhook: &WebhookRule) -> Result<(), PolicyError> {
    check_secrets(&format!("{place}.webhook"), webhook)?;
    let signs_url = webhook.preset == Preset::Twilio;
    if let Some(url) = &webhook.public_url {
        let is_origin = base(url).is_ok_and(|base| base.path.is_empty());
        if !signs_url || !is_origin {
            let rule = format!(
                "must be scheme and host of an https URL, for the preset twilio alone, and is \"{url}\""
            );
            return Err(wrong(format!("{place}.webhook.public_url"), rule));
        }
    }
    if *route.caller == CallerSource::Authenticated {
        let rule = "must not be authenticated for a webhook, whose sender has no token of this service: leave it out, \
                    or say route or header:NAME";
        return Err(wrong(format!("{place}.caller"), rule));
    }
    if matches!(*route.in_progress, InProgress::Conflict) {
        let rule = "must not be \"409\" for a webhook, as some senders give an event up after 4xx: leave it out, or \
                    say \"503\" or wait_s";
        return Err(wrong(format!("{place}.in_progress"), rule));
    }
    Ok(())
}

fn check_secrets(place: &str, webhook: &WebhookRule) -> Result<(), PolicyError> {
    let preset = webhook.preset.name();
    if webhook.preset.sender().scheme.is_none() {
        return match webhook.names().next() {
            None => Ok(()),
            Some(name) => Err(wrong(
                format!("{place}.secret"),
                format!(
                    "must be left out for {preset}, which signs by certificate and is not verified, and is \"{name}\""
                ),
            )),
        };
    }
    if webhook.secret.is_none() {
        let rule = format!(
            "must name the variable or secret that {preset} signs with, such as \"{}_WEBHOOK_SECRET\", and is missing",
            preset.to_ascii_uppercase()
        );
        return Err(wrong(format!("{place}.secret"), rule));
    }
    is_name(&format!("{place}.secret"), webhook.secret.as_deref())?;
    is_name(
        &format!("{place}.previous_secret"),
        webhook.previous_secret.as_deref(),
    )
}

/// What may be the name of a variable, and no secret that was put here by mistake.
fn is_name(place: &str, name: Option<&str>) -> Result<(), PolicyError> {
    let Some(name) = name else {
        return Ok(());
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_digit = name.starts_with(|char: char| char.is_ascii_digit());
    if !name.is_empty() && name.bytes().all(allowed) && !is_digit && !name.starts_with("whsec_") {
        return Ok(());
    }
    // It is not repeated: it may be a secret.
    Err(wrong(
        place,
        "must be the name of a variable or secret, of letters, digits and _, and not the secret itself",
    ))
}

#[cfg(test)]
mod tests {
    use crate::gateway::check::read;

    #[test]
    fn what_contradicts_a_preset_is_named_with_what_would_be_right() {
        for (more, place, rule) in [
            (
                r#""webhook": {"preset": "strype", "secret": "S"}"#,
                "routes[0].webhook.preset",
                "must be one of stripe, github, shopify, slack, standard, svix, twilio, sns, adyen, paypal, gitlab, and is \"strype\"",
            ),
            (
                r#""webhook": {"preset": "github"}"#,
                "routes[0].webhook.secret",
                "must name the variable or secret that github signs with, such as \"GITHUB_WEBHOOK_SECRET\", and is missing",
            ),
            (
                r#""webhook": {"preset": "stripe", "secret": "whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH"}"#,
                "routes[0].webhook.secret",
                "not the secret itself",
            ),
            (
                r#""webhook": {"preset": "stripe", "secret": "S", "previous_secret": "t w o"}"#,
                "routes[0].webhook.previous_secret",
                "must be the name of a variable or secret",
            ),
            (
                r#""webhook": {"preset": "sns", "secret": "S"}"#,
                "routes[0].webhook.secret",
                "must be left out for sns, which signs by certificate and is not verified, and is \"S\"",
            ),
            (
                r#""webhook": {"preset": "github", "secret": "S", "public_url": "https://a.example"}"#,
                "routes[0].webhook.public_url",
                "for the preset twilio alone",
            ),
            (
                r#""webhook": {"preset": "twilio", "secret": "S", "public_url": "https://a.example/x"}"#,
                "routes[0].webhook.public_url",
                "and is \"https://a.example/x\"",
            ),
            (
                r#""webhook": {"preset": "github", "secret": "S"}, "caller": "authenticated""#,
                "routes[0].caller",
                "must not be authenticated for a webhook",
            ),
            (
                r#""webhook": {"preset": "github", "secret": "S"}, "in_progress": "409""#,
                "routes[0].in_progress",
                "must not be \"409\" for a webhook",
            ),
        ] {
            let policy = format!(
                r#"{{"upstreams": {{"api": {{"url": "https://a.example"}}}},
                   "routes": [{{"match": {{"path": "/hook"}}, "upstream": "api", {more}}}]}}"#
            );
            let error = read(&policy).unwrap_err();
            assert_eq!(error.place, place, "{more}");
            assert!(error.rule.contains(rule), "{more}: {}", error.rule);
            assert!(!error.rule.contains("whsec_5"), "{}", error.rule);
        }
    }
}
