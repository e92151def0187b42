//! Where the record of a caller's key lives. No address is built anywhere else.

use std::fmt;

use uuid::{Uuid, Variant};

use crate::digest::{digest, from_hex, hex};

/// Part of every address, so that another layout of addresses cannot meet this one.
const LAYOUT: &[u8] = b"edge-idempotency/1";

/// A caller. What two requests of one scope may know of each other, those of two scopes may not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Scope([u8; 32]);

impl Scope {
    /// The caller that sent no credential.
    #[must_use]
    pub fn anonymous() -> Self {
        Self(digest(&[b"anonymous"]))
    }

    /// The client that API tokens were made for, whichever of them it sent.
    #[must_use]
    pub fn of_client(id: &str) -> Self {
        Self(digest(&[b"client", id.as_bytes()]))
    }

    /// The subject that an issuer's tokens name.
    #[must_use]
    pub fn of_subject(issuer: &str, subject: &str) -> Self {
        Self(digest(&[b"subject", issuer.as_bytes(), subject.as_bytes()]))
    }

    /// Who sends this value of a header field, which somebody else authenticates.
    #[must_use]
    pub fn of_field(name: &str, value: &str) -> Self {
        let name = name.to_ascii_lowercase();
        Self(digest(&[b"field", name.as_bytes(), value.as_bytes()]))
    }

    /// Everybody who calls a route.
    #[must_use]
    pub fn of_route(operation: &str) -> Self {
        Self(digest(&[b"route", operation.as_bytes()]))
    }

    /// The caller that sent this bearer token to a service that checks none. Only its digest goes any further.
    #[must_use]
    pub fn of_token(token: &str) -> Self {
        Self(digest(&[b"token", token.as_bytes()]))
    }
}

impl Scope {
    /// Reads what `Display` writes.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        from_hex(text).map(Self)
    }
}

/// The scope as rows and messages hold it: 64 hex digits.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex(&self.0))
    }
}

/// Which keys a route accepts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyForm {
    /// A UUID of version 4 (RFC 9562, section 5.4).
    Uuid4,
    /// A UUID of any version. Not the nil or the max UUID, which are the same for everybody.
    Uuid,
    /// 1 to 255 bytes of visible ASCII, compared exactly. Not `.` or `..`, which URLs leave out of paths, even
    /// percent-encoded: such a key could not be looked up.
    Opaque,
}

/// The longest opaque key, in bytes.
const MAX_OPAQUE_BYTES: usize = 255;

/// A key that a client made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IdempotencyKey(Name);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Name {
    Uuid(Uuid),
    Opaque(String),
}

impl IdempotencyKey {
    /// Reads a key of this form. A UUID has hyphens and either case of its hex digits, and no other form.
    ///
    /// An opaque key that is a UUID in lower case is the same key as that UUID.
    #[must_use]
    pub fn parse(text: &str, form: KeyForm) -> Option<Self> {
        let uuid = || Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
        let name = match form {
            KeyForm::Uuid4 => Name::Uuid(uuid().filter(is_version_4)?),
            KeyForm::Uuid => Name::Uuid(uuid().filter(|uuid| !uuid.is_nil() && !uuid.is_max())?),
            KeyForm::Opaque if !is_opaque(text) => return None,
            KeyForm::Opaque => match uuid().filter(|_| text == text.to_ascii_lowercase()) {
                Some(uuid) => Name::Uuid(uuid),
                None => Name::Opaque(text.to_owned()),
            },
        };
        Some(Self(name))
    }

    /// Every key that `text` is in one of these forms, each once: where a key is looked up, nothing says of which form
    /// it was.
    #[must_use]
    pub fn readings(text: &str, forms: &[KeyForm]) -> Vec<Self> {
        let mut keys = Vec::new();
        for key in forms.iter().filter_map(|form| Self::parse(text, *form)) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        // An opaque key in capitals is meant before the UUID that it could be.
        keys.sort_by_key(|key| key.to_string() != text);
        keys
    }
}

fn is_version_4(uuid: &Uuid) -> bool {
    uuid.get_version_num() == 4 && uuid.get_variant() == Variant::RFC4122
}

fn is_opaque(text: &str) -> bool {
    (1..=MAX_OPAQUE_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && !matches!(text, "." | "..")
}

/// The key as answers show it: a UUID in lower case, an opaque key as it was sent.
impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Name::Uuid(uuid) => fmt::Display::fmt(&uuid.hyphenated(), f),
            Name::Opaque(text) => f.pad(text),
        }
    }
}

/// A caller's key: the address of its record and of the record's copies.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct CompositeKey([u8; 32]);

impl CompositeKey {
    /// The address of `key` in `scope`. It tells neither of them.
    #[must_use]
    pub fn new(scope: &Scope, key: &IdempotencyKey) -> Self {
        Self(match &key.0 {
            Name::Uuid(uuid) => digest(&[LAYOUT, &scope.0, uuid.as_bytes()]),
            // With one part more, so that no text can be taken for the bytes of a UUID.
            Name::Opaque(text) => digest(&[LAYOUT, &scope.0, b"opaque", text.as_bytes()]),
        })
    }

    /// The name of the Durable Object.
    #[must_use]
    pub fn object_name(&self) -> String {
        hex(&self.0)
    }

    /// What a replay copy of `record` must be marked with: the digest of the record and of its address, so
    /// that one that was damaged, or is another's, is no copy; and of a secret, so that nobody else can make one.
    #[must_use]
    pub fn seal(&self, secret: &[u8; 32], record: &[u8]) -> String {
        let content = digest(&[LAYOUT, &self.0, record]);
        hex(&digest(&[secret, &content]))
    }

    /// The KV key of the replay copy.
    #[must_use]
    pub fn copy_key(&self) -> String {
        format!("replay/1/{}", hex(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOWER: &str = "9b2e1c1e-52a9-4f4c-9d0b-0f6a1a2b3c4d";
    const UPPER: &str = "9B2E1C1E-52A9-4F4C-9D0B-0F6A1A2B3C4D";
    const VERSION_7: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn parse(text: &str, form: KeyForm) -> Option<IdempotencyKey> {
        IdempotencyKey::parse(text, form)
    }

    #[test]
    fn each_form_accepts_its_keys_and_no_others() {
        use KeyForm::{Opaque, Uuid, Uuid4};
        let long = "x".repeat(256);
        for (text, forms) in [
            (LOWER, vec![Uuid4, Uuid, Opaque]),
            (UPPER, vec![Uuid4, Uuid, Opaque]),
            (VERSION_7, vec![Uuid, Opaque]),
            ("00000000-0000-0000-0000-000000000000", vec![Opaque]),
            ("ffffffff-ffff-ffff-ffff-ffffffffffff", vec![Opaque]),
            ("order-17,\"%", vec![Opaque]),
            (&long[1..], vec![Opaque]),
            (&long, vec![]),
            ("", vec![]),
            ("a b", vec![]),
            (".", vec![]),
            ("..", vec![]),
            ("...", vec![Opaque]),
            ("a\u{e9}", vec![]),
            ("a\u{7f}", vec![]),
        ] {
            let accepted: Vec<_> = [Uuid4, Uuid, Opaque]
                .into_iter()
                .filter(|form| parse(text, *form).is_some())
                .collect();
            assert_eq!(accepted, forms, "{text}");
        }
    }

    #[test]
    fn opaque_keys_are_compared_exactly_and_uuids_by_value() {
        let same = |a, b| assert_eq!(a, b);
        same(parse(LOWER, KeyForm::Uuid4), parse(UPPER, KeyForm::Uuid));
        same(parse(LOWER, KeyForm::Uuid4), parse(LOWER, KeyForm::Opaque));
        assert_ne!(parse(UPPER, KeyForm::Opaque), parse(LOWER, KeyForm::Opaque));
        assert_ne!(parse("a", KeyForm::Opaque), parse("A", KeyForm::Opaque));
        assert_eq!(parse(UPPER, KeyForm::Opaque).unwrap().to_string(), UPPER);
    }

    #[test]
    fn a_key_is_looked_up_as_everything_that_it_can_be() {
        let all = [KeyForm::Uuid4, KeyForm::Opaque];
        let readings = |text: &str, forms: &[KeyForm]| IdempotencyKey::readings(text, forms).len();
        assert_eq!(readings(LOWER, &all), 1);
        assert_eq!(readings(UPPER, &all), 2);
        assert_eq!(IdempotencyKey::readings(UPPER, &all)[0].to_string(), UPPER);
        assert_eq!(readings("order-17", &all), 1);
        assert_eq!(readings("order-17", &[KeyForm::Uuid4]), 0);
    }

    #[test]
    fn no_opaque_key_has_the_address_of_a_uuid() {
        let scope = Scope::anonymous();
        let text = "sixteen-letters!";
        let uuid = Uuid::from_slice(text.as_bytes()).unwrap().to_string();
        let address = |text, form| CompositeKey::new(&scope, &parse(text, form).unwrap());

        assert_ne!(
            address(text, KeyForm::Opaque),
            address(&uuid, KeyForm::Uuid)
        );
    }

    #[test]
    fn the_address_of_a_uuid_is_what_it_always_was() {
        let key = parse(LOWER, KeyForm::Uuid4).unwrap();
        let uuid = Uuid::try_parse(LOWER).unwrap();
        let scope = digest(&[b"anonymous"]);
        let parts: [&[u8]; 3] = [b"edge-idempotency/1", &scope, uuid.as_bytes()];

        let address = CompositeKey::new(&Scope::anonymous(), &key);

        assert_eq!(address.object_name(), hex(&digest(&parts)));
    }
}
