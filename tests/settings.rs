//! Variables mean what they say, or are refused by name.

#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use edge_idempotency::{operations::Retention, settings::Settings};

#[test]
fn without_variables_everything_has_its_default() {
    let settings = read(&[]).unwrap();

    assert_eq!(
        settings.policy(Retention::Standard).retention_ms,
        86_400_000
    );
    assert_eq!(settings.policy(Retention::Audit).retention_ms, 3_600_000);
    assert_eq!(
        settings.policy(Retention::Audit).attempt_deadline_ms,
        15_000
    );
    assert!(settings.allowed_origins.is_empty());
    assert!(!settings.faults_allowed);
}

#[test]
fn each_variable_sets_what_it_names() {
    let settings = read(&[
        ("IDEMPOTENCY_TTL_SECONDS", "2"),
        ("AUDIT_TTL_SECONDS", "3"),
        ("ATTEMPT_DEADLINE_SECONDS", "4"),
        (
            "CORS_ALLOWED_ORIGINS",
            "https://a.example, http://localhost:3000",
        ),
        ("FAULT_INJECTION", "on"),
    ])
    .unwrap();

    assert_eq!(settings.policy(Retention::Standard).retention_ms, 2000);
    assert_eq!(settings.policy(Retention::Audit).retention_ms, 3000);
    assert_eq!(
        settings.policy(Retention::Standard).attempt_deadline_ms,
        4000
    );
    assert_eq!(
        settings.allowed_origins,
        ["https://a.example", "http://localhost:3000"]
    );
    assert!(settings.faults_allowed);
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
        ("CORS_ALLOWED_ORIGINS", "*"),
        ("CORS_ALLOWED_ORIGINS", "shop.example"),
        ("CORS_ALLOWED_ORIGINS", "https://shop.example/"),
        (
            "CORS_ALLOWED_ORIGINS",
            "https://a.example,,https://b.example",
        ),
        ("FAULT_INJECTION", "true"),
    ] {
        let text = read(&[(name, value)]).unwrap_err().to_string();

        assert!(text.contains(name), "{name}={value}: {text}");
        assert!(
            !text.contains(&format!("'{value}'")),
            "{name}={value}: {text}"
        );
    }
}

fn read(variables: &[(&str, &str)]) -> Result<Settings, edge_idempotency::settings::WrongSetting> {
    Settings::read(|name| {
        variables
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    })
}
