//! Variables mean what they say, or are refused by name.

#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use idempotency_core::lifecycle::Repeat;
use idempotency_edge::settings::{Copies, Retention, Settings, WrongSetting};

#[test]
fn without_variables_everything_has_its_default() {
    let settings = read(&[]).unwrap();

    assert_eq!(
        settings
            .terms(Retention::Standard, None, Repeat::SameId)
            .retention_ms,
        86_400_000
    );
    assert_eq!(
        settings.terms(AUDIT, None, Repeat::SameId).retention_ms,
        3_600_000
    );
    assert_eq!(
        settings
            .terms(AUDIT, None, Repeat::SameId)
            .attempt_deadline_ms,
        15_000
    );
    assert_eq!(settings.max_content_bytes, 262_144);
    assert!(settings.allowed_origins.is_empty());
    assert!(!settings.faults_allowed);
    assert_eq!(settings.copies, Copies::On);
}

#[test]
fn an_operation_may_have_terms_of_its_own() {
    let settings = read(&[]).unwrap();

    let terms = settings.terms(Retention::Seconds(7), Some(20), Repeat::Never);

    assert_eq!(terms.retention_ms, 7000);
    assert_eq!(terms.attempt_deadline_ms, 20_000);
    assert_eq!(settings.call_deadline_ms(Some(20), 3), 25_000);
    assert_eq!(settings.call_deadline_ms(None, 3), 20_000);
}

#[test]
fn each_variable_sets_what_it_names() {
    let settings = read(&[
        ("IDEMPOTENCY_TTL_SECONDS", "2"),
        ("AUDIT_TTL_SECONDS", "3"),
        ("ATTEMPT_DEADLINE_SECONDS", "4"),
        ("MAX_CONTENT_BYTES", "5000"),
        (
            "CORS_ALLOWED_ORIGINS",
            "https://a.example, http://localhost:3000",
        ),
        ("FAULT_INJECTION", "on"),
        ("REPLAY_COPIES", "retried"),
    ])
    .unwrap();

    assert_eq!(
        settings
            .terms(Retention::Standard, None, Repeat::SameId)
            .retention_ms,
        2000
    );
    assert_eq!(
        settings.terms(AUDIT, None, Repeat::SameId).retention_ms,
        3000
    );
    assert_eq!(
        settings
            .terms(Retention::Standard, None, Repeat::SameId)
            .attempt_deadline_ms,
        4000
    );
    assert_eq!(settings.max_content_bytes, 5000);
    assert_eq!(
        settings.allowed_origins,
        ["https://a.example", "http://localhost:3000"]
    );
    assert!(settings.faults_allowed);
    assert_eq!(settings.copies, Copies::Retried);
}

#[test]
fn a_wrong_value_is_refused_with_its_variable_and_not_repeated() {
    for (name, value) in [
        ("IDEMPOTENCY_TTL_SECONDS", "24h"),
        ("IDEMPOTENCY_TTL_SECONDS", "0"),
        ("IDEMPOTENCY_TTL_SECONDS", "-1"),
        ("IDEMPOTENCY_TTL_SECONDS", "31536001"),
        ("AUDIT_TTL_SECONDS", "1.5"),
        ("ATTEMPT_DEADLINE_SECONDS", "26"),
        ("MAX_CONTENT_BYTES", "1023"),
        ("MAX_CONTENT_BYTES", "1048577"),
        ("MAX_CONTENT_BYTES", "1e6"),
        ("CORS_ALLOWED_ORIGINS", "*"),
        ("CORS_ALLOWED_ORIGINS", "shop.example"),
        ("CORS_ALLOWED_ORIGINS", "https://shop.example/"),
        (
            "CORS_ALLOWED_ORIGINS",
            "https://a.example,,https://b.example",
        ),
        ("FAULT_INJECTION", "true"),
        ("REPLAY_SECRET", "0123456789abcdef0123456789abcde"),
        ("REPLAY_COPIES", "no"),
        ("REPLAY_COPIES", "retry"),
        ("REPLAY_MEMORY_BYTES", "67108865"),
        ("LOG_LEVEL", "debug"),
    ] {
        let text = read(&[(name, value)]).unwrap_err().to_string();

        assert!(text.contains(name), "{name}={value}: {text}");
        assert!(
            !text.contains(&format!("'{value}'")),
            "{name}={value}: {text}"
        );
    }
}

/// Whoever sets the variable can be mistaken, or be talked into it: the Worker fetches nothing from inside.
#[test]
fn the_issuers_keys_come_from_a_public_host_by_https() {
    for public in [
        "https://id.example/keys",
        "https://id.example.com:8443/a?b=c",
        "https://ID.EXAMPLE",
        "https://xn--bcher-kva.xn--p1ai/keys",
    ] {
        assert!(with_keys_at(public).is_ok(), "{public}");
    }
    for refused in [
        "http://id.example/keys",
        "https://localhost/keys",
        "https://api.localhost/keys",
        "https://127.0.0.1/keys",
        "https://127.1/keys",
        "https://2130706433/keys",
        "https://0x7f.0.0.1/keys",
        "https://0x7f000001/keys",
        "https://017700000001/keys",
        "https://id.example.0x7f/keys",
        "https://10.0.0.1/keys",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/keys",
        "https://[::ffff:10.0.0.1]/keys",
        "https://vault/keys",
        "https://vault.internal/keys",
        "https://printer.local./keys",
        "https://id.example@10.0.0.1/keys",
        "https://user:password@id.example/keys",
        "https://id.example\\@10.0.0.1/keys",
        "https://id.example:port/keys",
        "https:///keys",
        "https://",
        "ftp://id.example/keys",
        "file:///etc/passwd",
        "id.example/keys",
    ] {
        assert!(with_keys_at(refused).is_err(), "{refused}");
        assert!(
            read(&[("ALERT_WEBHOOK_URL", refused)]).is_err(),
            "{refused}"
        );
    }
}

#[test]
fn what_is_for_local_development_is_named() {
    let local = |variables: &[(&str, &str)]| read(variables).unwrap().local_only();

    assert_eq!(local(&[]), None);
    assert_eq!(
        with_keys_at("https://id.example/keys")
            .unwrap()
            .local_only(),
        None
    );
    let keys_here = with_keys_at("http://127.0.0.1:9000/keys").unwrap();
    let webhook_here = ("ALERT_WEBHOOK_URL", "http://localhost:9000/alerts");
    for (wrong, name) in [
        (local(&[webhook_here]), "ALERT_WEBHOOK_URL"),
        (local(&[("AUTH", "off")]), "AUTH"),
        (local(&[("FAULT_INJECTION", "on")]), "FAULT_INJECTION"),
        (keys_here.local_only(), "JWT_JWKS_URL"),
    ] {
        assert_eq!(wrong.unwrap().name, name);
    }
}

fn with_keys_at(url: &str) -> Result<Settings, WrongSetting> {
    read(&[
        ("JWT_ISSUER", "https://id.example"),
        ("JWT_AUDIENCE", "api"),
        ("JWT_JWKS_URL", url),
    ])
}

/// A retention that an operation names.
const AUDIT: Retention = Retention::Variable {
    name: "AUDIT_TTL_SECONDS",
    default_s: 3600,
};

fn read(variables: &[(&str, &str)]) -> Result<Settings, WrongSetting> {
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Settings::read(variable, [AUDIT].into_iter())
}
