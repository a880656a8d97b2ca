//! Whether a request with the cookie comes from our own pages. A cookie is sent by the browser on its own, so a page of
//! another site must not be able to act with it (CSRF, cross-site WebSocket hijacking). A bearer token needs no such check.

use axum::http::{HeaderMap, Uri, header, request::Parts};

use crate::problem::{Kind, Problem};

/// Refuses what another site's page has sent.
///
/// Reading is free, since a page of another site cannot see the answer; a WebSocket is not, since it can.
pub(crate) fn check(parts: &Parts, allowed_origins: &[String]) -> Result<(), Problem> {
    let reads = parts.method.is_safe() && !parts.headers.contains_key(header::SEC_WEBSOCKET_KEY);
    if reads || is_same_site(&parts.headers, allowed_origins) {
        return Ok(());
    }
    Err(Problem::new(Kind::CrossOrigin).detail(
        "with a cookie, requests that change something must come from the desk's own pages: \
         send `Origin`, or log in with a bearer token",
    ))
}

fn is_same_site(headers: &HeaderMap, allowed_origins: &[String]) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text("origin");
    if origin.is_some_and(|origin| allowed_origins.iter().any(|allowed| allowed == origin)) {
        return true;
    }
    // The browser's own word on it, which no page can change.
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let origin: Option<Uri> = origin.and_then(|origin| origin.parse().ok());
    let authority = origin.as_ref().and_then(Uri::authority);
    matches!((authority, text("host")), (Some(authority), Some(host)) if authority.as_str().eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn passes(method: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method).uri("/").header("host", "desk.example:8443");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        check(&parts, &["https://console.example".to_owned()]).is_ok()
    }

    #[test]
    fn our_own_pages_pass_and_others_do_not() {
        let table: &[(&[(&str, &str)], bool)] = &[
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://desk.example:8443")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://console.example")], true),
            (&[("origin", "https://DESK.example:8443")], true),
            (&[("origin", "https://desk.example")], false),
            (&[("origin", "https://evil.example")], false),
            (&[("origin", "null")], false),
            (&[], false),
        ];
        for (headers, expected) in table {
            assert_eq!(passes("POST", headers), *expected, "{headers:?}");
        }
    }

    #[test]
    fn reading_is_free_but_a_web_socket_is_not() {
        let evil = ("origin", "https://evil.example");
        assert!(passes("GET", &[evil]));
        assert!(!passes("GET", &[evil, ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")]));
    }
}
