//! What Twilio signs: the URL that it calls, and the parameters of the form that it sends.

use idempotency_core::{
    Request,
    digest::{from_hex, sha256},
};

/// How many parameters a form may have: far more than any. Of one that has more, the signature is wrong.
const MAX_PARAMETERS: usize = 1000;

/// The texts that it may have signed, which differ in the URL's port: with the scheme's own, or without one.
///
/// Another content than a form is signed by its digest in the query. Nothing, if the content is not signed at all.
pub fn signed(request: &Request, public_url: Option<&str>) -> Option<Vec<Vec<u8>>> {
    let is_form = request.field("content-type").is_some_and(|sent| {
        sent.trim_start()
            .starts_with("application/x-www-form-urlencoded")
    });
    let parameters = match (is_form, digest(&request.query)) {
        (true, None) => parameters(&request.body)?,
        (_, Some(digest)) if digest == sha256(&request.body) => String::new(),
        (false, None) if request.body.is_empty() => String::new(),
        (_, Some(_)) | (false, None) => return None,
    };
    let base_url = public_url.unwrap_or(&request.base_url);
    let query = if request.query.is_empty() {
        String::new()
    } else {
        format!("?{}", request.query)
    };
    let texts = with_and_without_port(base_url).into_iter();
    let texts = texts.map(|base| format!("{base}{}{query}{parameters}", request.path));
    Some(texts.map(String::into_bytes).collect())
}

/// Names and values in the order of the names, each pair once. Nothing, if there are too many: what was not looked at
/// would not be signed.
fn parameters(body: &[u8]) -> Option<String> {
    if form_urlencoded::parse(body).count() > MAX_PARAMETERS {
        return None;
    }
    let mut pairs = Vec::new();
    for pair in form_urlencoded::parse(body) {
        // To sort them in the end would bring a sort of their own, of several kB.
        if let Err(at) = pairs.binary_search(&pair) {
            pairs.insert(at, pair);
        }
    }
    let mut text = String::new();
    for (name, value) in pairs {
        text.push_str(&name);
        text.push_str(&value);
    }
    Some(text)
}

fn digest(query: &str) -> Option<[u8; 32]> {
    let mut parameters = form_urlencoded::parse(query.as_bytes());
    let (_, hex) = parameters.find(|(name, _)| name == "bodySHA256")?;
    // What is no digest is no body's.
    Some(from_hex(&hex).unwrap_or_default())
}

fn with_and_without_port(base_url: &str) -> [String; 2] {
    let (scheme, authority) = base_url.split_once("://").unwrap_or(("", base_url));
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let other = match authority.rsplit_once(':') {
        Some((host, port)) if is_port(port) => format!("{scheme}://{host}"),
        Some(_) | None if scheme == "http" => format!("{base_url}:80"),
        Some(_) | None => format!("{base_url}:443"),
    };
    [base_url.to_owned(), other]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_form_with_too_many_parameters_nothing_is_signed() {
        let form = |pairs: usize| Request {
            fields: vec![(
                "content-type".to_owned(),
                "application/x-www-form-urlencoded".to_owned(),
            )],
            body: vec!["a=b"; pairs].join("&").into_bytes(),
            ..Request::default()
        };

        assert!(signed(&form(MAX_PARAMETERS), None).is_some());
        assert!(signed(&form(MAX_PARAMETERS + 1), None).is_none());
    }
}
