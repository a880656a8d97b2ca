//! One request to a server: TLS, limits, and errors by the class on which the Desk acts.
//!
//! A server's words about an error are not passed on, they may repeat what the customer wrote. Of them only the machine
//! readable `error.code` is kept.

use std::{fmt, sync::Arc, time::Duration};

use bytes::BytesMut;
use helpdesk_core::service::ServiceError;
use jiff::Timestamp;
use reqwest::{
    RequestBuilder, Response, StatusCode, Url,
    header::{AUTHORIZATION, HeaderValue, RETRY_AFTER},
    redirect,
};
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::endpoint::{EndpointError, OpenAiEndpoint};

/// Largest response to a chat request, in bytes.
pub const CHAT_RESPONSE_MAX_BYTES: usize = 256 * 1024;
/// Largest response to a transcription, in bytes: an hour of speech with room to spare.
pub const TRANSCRIPT_RESPONSE_MAX_BYTES: usize = 1024 * 1024;
/// Longest wish to be left alone that is passed on; a server that wants more is asked again after this.
pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);
/// Largest body of an error that is looked into for its code, in bytes.
const ERROR_RESPONSE_MAX_BYTES: usize = 16 * 1024;
/// Longest `error.code` that is passed on, in bytes.
const ERROR_CODE_MAX_BYTES: usize = 64;

/// Speaks to one endpoint.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    base_url: Url,
    authorization: Option<HeaderValue>,
    timeout: Duration,
}

impl Client {
    pub(super) fn new(endpoint: &OpenAiEndpoint) -> Result<Self, EndpointError> {
        for (setting, seconds) in [
            ("timeout_seconds", endpoint.timeout_seconds),
            ("connect_timeout_seconds", endpoint.connect_timeout_seconds),
        ] {
            if seconds == 0 {
                return Err(EndpointError::Setting { setting, expected: "must be at least 1" });
            }
        }
        let timeout = Duration::from_secs(endpoint.timeout_seconds);
        let http = reqwest::Client::builder()
            // Set explicitly: the process has no default provider, and a library must not install one.
            .tls_backend_preconfigured(tls()?)
            // A redirected POST would arrive as a GET, and a key must not follow to another host.
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(endpoint.connect_timeout_seconds))
            .timeout(timeout)
            .build()
            .map_err(|error| EndpointError::Tls(Box::new(error)))?;
        let authorization = endpoint.key.as_ref().map(|key| bearer(key.expose_secret())).transpose()?;
        Ok(Self { http, base_url: base_url(&endpoint.base_url)?, authorization, timeout })
    }

    /// A POST to `path` below the base address, such as `chat/completions`.
    pub(super) fn post(&self, path: &str) -> RequestBuilder {
        let mut url = self.base_url.clone();
        url.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
        let request = self.http.post(url);
        match &self.authorization {
            Some(value) => request.header(AUTHORIZATION, value.clone()),
            None => request,
        }
    }

    /// Sends `request` and reads a JSON answer of at most `limit_bytes`.
    pub(super) async fn json<T: for<'de> Deserialize<'de>>(
        &self,
        request: RequestBuilder,
        limit_bytes: usize,
    ) -> Result<T, ServiceError> {
        let response = request.send().await.map_err(|error| self.broken(&error))?;
        if !response.status().is_success() {
            return Err(refused(response).await);
        }
        let body = self.read(response, limit_bytes).await?;
        serde_json::from_slice(&body)
            .map_err(|_| ServiceError::permanent("the server's answer is not of OpenAI's form; check base_url"))
    }

    async fn read(&self, mut response: Response, limit_bytes: usize) -> Result<BytesMut, ServiceError> {
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(&error))? {
            if body.len() + chunk.len() > limit_bytes {
                return Err(ServiceError::permanent(format!("the server's answer is larger than {limit_bytes} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// The class of a request that got no whole answer. The error's own words are left out, they carry the address.
    fn broken(&self, error: &reqwest::Error) -> ServiceError {
        if error.is_builder() {
            ServiceError::permanent("the request cannot be made")
        } else if error.is_connect() {
            ServiceError::temporary("cannot connect to the server")
        } else if error.is_timeout() {
            ServiceError::temporary(format!("no answer within {} seconds", self.timeout.as_secs()))
        } else {
            ServiceError::temporary("the connection broke off")
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url.as_str())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// TLS with the roots that Mozilla trusts.
fn tls() -> Result<rustls::ClientConfig, EndpointError> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| EndpointError::Tls(Box::new(error)))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn base_url(text: &str) -> Result<Url, EndpointError> {
    let url = Url::parse(text.trim()).map_err(|_| EndpointError::Address)?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if is_plain { Ok(url) } else { Err(EndpointError::Address) }
}

fn bearer(key: &str) -> Result<HeaderValue, EndpointError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.trim())).map_err(|_| EndpointError::Key)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The class of a response that is no success.
async fn refused(response: Response) -> ServiceError {
    let status = response.status();
    let wait = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| retry_after(value, Timestamp::now()));
    let code = error_code(response).await.map_or_else(String::new, |code| format!(" ({code})"));
    let reason = format!("the server answered {}{code}", status.as_u16());
    if is_temporary(status) {
        ServiceError::Temporary { reason, retry_after: wait }
    } else {
        ServiceError::Permanent { reason }
    }
}

/// Whether another try may end differently. Besides overload and faults: 408 and 425 ask for it, 409 is a passing clash.
fn is_temporary(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 409 | 425 | 429)
}

/// `Retry-After` as seconds or as a date (RFC 9110, section 10.2.3).
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    let wait = if let Ok(seconds) = value.parse() {
        Duration::from_secs(seconds)
    } else {
        let until = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
        // A moment that has passed means now.
        Duration::try_from(until.duration_since(now)).unwrap_or_default()
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

/// The server's `error.code` (or `error.type`), if it looks like one.
async fn error_code(mut response: Response) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        error: Error,
    }
    #[derive(Deserialize)]
    struct Error {
        code: Option<serde_json::Value>,
        r#type: Option<serde_json::Value>,
    }

    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if body.len() + chunk.len() > ERROR_RESPONSE_MAX_BYTES {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    let error = serde_json::from_slice::<Body>(&body).ok()?.error;
    let is_code = |text: &&str| {
        (1..=ERROR_CODE_MAX_BYTES).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    [error.code, error.r#type].iter().flatten().filter_map(|value| value.as_str()).find(is_code).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_plain_http() {
        for fine in ["https://api.openai.com/v1", "http://127.0.0.1:11434/v1/", " https://a.example "] {
            assert!(base_url(fine).is_ok(), "{fine}");
        }
        for bad in ["", "api.openai.com/v1", "ftp://a.example", "https://me:pass@a.example", "https://a.example?x=1"] {
            let told = base_url(bad).unwrap_err().to_string();
            assert!(!told.contains("pass"), "{told}");
        }
    }

    #[test]
    fn paths_are_appended_to_the_base() {
        for base in ["http://a.example/v1", "http://a.example/v1/"] {
            let client = Client::new(&OpenAiEndpoint::new(base)).unwrap();
            let request = client.post("chat/completions").build().unwrap();
            assert_eq!(request.url().as_str(), "http://a.example/v1/chat/completions");
        }
    }

    #[test]
    fn statuses_that_may_pass_are_told_from_those_that_will_not() {
        for status in [408, 409, 425, 429, 500, 502, 503, 529] {
            assert!(is_temporary(StatusCode::from_u16(status).unwrap()), "{status}");
        }
        for status in [301, 400, 401, 403, 404, 413, 415, 422] {
            assert!(!is_temporary(StatusCode::from_u16(status).unwrap()), "{status}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_has_a_limit() {
        let now: Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
        let cases = [
            ("7", Some(7)),
            (" 120 ", Some(120)),
            ("Mon, 05 Jan 2026 10:00:30 GMT", Some(30)),
            ("Mon, 05 Jan 2026 09:00:00 GMT", Some(0)),
            ("99999999", Some(3600)),
            ("soon", None),
            ("-5", None),
        ];
        for (value, seconds) in cases {
            assert_eq!(retry_after(value, now), seconds.map(Duration::from_secs), "{value}");
        }
    }

    #[test]
    fn the_key_shows_nowhere() {
        let endpoint = OpenAiEndpoint::new("https://a.example/v1").with_key("sk-secret".to_owned().into());
        let client = Client::new(&endpoint).unwrap();
        let request = client.post("chat/completions");
        assert!(!format!("{endpoint:?} {client:?} {request:?}").contains("sk-secret"));
        let broken = OpenAiEndpoint::new("https://a.example/v1").with_key("sk-\nsecret".to_owned().into());
        assert!(!Client::new(&broken).unwrap_err().to_string().contains("secret"));
    }
}
