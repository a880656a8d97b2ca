//! The cookie that browsers keep their login in. Scripts cannot read it, and other sites cannot send it.

use axum::{
    extract::OriginalUri,
    http::{HeaderMap, HeaderValue, header},
};

use super::token::Token;
use crate::options::{CookieOptions, HttpOptions};

/// The token in the request's cookies.
pub(crate) fn read(headers: &HeaderMap, options: &CookieOptions) -> Option<Token> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .filter(|(name, _)| *name == options.name)
        .find_map(|(_, value)| Token::parse(value))
}

/// `Set-Cookie` for a new login. `route` is the path of the login's route without the prefix that it is mounted under.
pub(crate) fn set(token: &Token, options: &HttpOptions, uri: &OriginalUri, route: &str) -> Option<HeaderValue> {
    header_value(token.as_str(), options.token_lifetime.as_secs(), &options.cookie, uri, route)
}

/// `Set-Cookie` that takes the cookie away.
pub(crate) fn clear(options: &HttpOptions, uri: &OriginalUri, route: &str) -> Option<HeaderValue> {
    header_value("", 0, &options.cookie, uri, route)
}

fn header_value(
    value: &str,
    max_age_seconds: u64,
    options: &CookieOptions,
    OriginalUri(uri): &OriginalUri,
    route: &str,
) -> Option<HeaderValue> {
    let prefix = uri.path().strip_suffix(route).unwrap_or_default();
    let path = options.path.as_deref().unwrap_or(if prefix.is_empty() { "/" } else { prefix });
    let secure = if options.secure { "; Secure" } else { "" };
    let name = &options.name;
    let cookie = format!("{name}={value}; Path={path}; Max-Age={max_age_seconds}; HttpOnly; SameSite=Strict{secure}");
    // A prefix with `;` in it, or a name that the host chose badly, gives no cookie rather than a wrong one.
    HeaderValue::try_from(cookie).ok().filter(|_| !path.contains(';'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTE: &str = "/api/v1/auth/login";

    fn cookie(options: &HttpOptions, path: &str) -> String {
        let token = Token::parse(&format!("hd_{}", "a".repeat(43))).unwrap();
        let value = set(&token, options, &OriginalUri(path.parse().unwrap()), ROUTE).unwrap();
        value.to_str().unwrap().to_owned()
    }

    #[test]
    fn its_path_is_the_prefix_that_the_router_is_mounted_under() {
        let options = HttpOptions::default();
        let expected =
            format!("helpdesk_token=hd_{}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure", "a".repeat(43));
        assert_eq!(cookie(&options, ROUTE), expected);
        assert!(cookie(&options, "/desk/api/v1/auth/login").contains("; Path=/desk;"));
        let rewritten = HttpOptions {
            cookie: CookieOptions { path: Some("/support".to_owned()), secure: false, ..CookieOptions::default() },
            ..options
        };
        assert!(cookie(&rewritten, ROUTE).ends_with("; Path=/support; Max-Age=2592000; HttpOnly; SameSite=Strict"));
    }

    #[test]
    fn is_read_from_among_others() {
        let options = CookieOptions::default();
        let token = Token::random();
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=b; helpdesk_token=forged".parse().unwrap());
        assert!(read(&headers, &options).is_none());
        headers.append(header::COOKIE, format!("x; helpdesk_token={}; c=d", token.as_str()).parse().unwrap());
        assert_eq!(read(&headers, &options).unwrap().hash(), token.hash());
    }
}
