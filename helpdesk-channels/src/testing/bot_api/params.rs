//! Parameters of a method call: JSON, urlencoded forms, queries and multipart read alike.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::{FromRequest, Multipart};
use axum::http::{Request, header};
use bytes::Bytes;
use serde_json::{Map, Value};

use super::answer::ApiError;

/// The largest request body that is read: the cloud Bot API takes files of up to 50 MB.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// A part of a multipart request.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) file_name: Option<String>,
    pub(crate) mime: Option<String>,
    pub(crate) bytes: Bytes,
}

/// The parameters of one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params {
    values: Map<String, Value>,
    parts: BTreeMap<String, Part>,
}

impl Params {
    pub(crate) fn from_object(values: Map<String, Value>) -> Self {
        Self { values, parts: BTreeMap::new() }
    }

    /// Reads the query and the body.
    pub(crate) async fn read(request: Request<Body>) -> Result<Self, ApiError> {
        let mut params = Self::default();
        params.add_urlencoded(request.uri().query().unwrap_or_default());
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_ascii_lowercase();
        if kind.starts_with("multipart/form-data") {
            params.add_multipart(request).await?;
            return Ok(params);
        }
        let body = axum::body::to_bytes(request.into_body(), MAX_BODY)
            .await
            .map_err(|_| ApiError::new(413, "Request Entity Too Large"))?;
        if body.is_empty() {
            return Ok(params);
        }
        if kind.starts_with("application/json") {
            match serde_json::from_slice(&body) {
                Ok(Value::Object(object)) => params.values.extend(object),
                Ok(Value::Null) => {}
                Ok(_) => return Err(ApiError::bad_request("object expected as a request body")),
                Err(_) => return Err(ApiError::bad_request("can't parse request body as JSON object")),
            }
        } else {
            params.add_urlencoded(&String::from_utf8_lossy(&body));
        }
        Ok(params)
    }

    fn add_urlencoded(&mut self, text: &str) {
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_decode(&value.replace('+', " "));
            self.values.insert(percent_decode(&name.replace('+', " ")), Value::String(value));
        }
    }

    async fn add_multipart(&mut self, request: Request<Body>) -> Result<(), ApiError> {
        let malformed = |_| ApiError::bad_request("can't parse multipart/form-data");
        let mut form =
            Multipart::from_request(request, &()).await.map_err(|_| ApiError::bad_request("boundary not found"))?;
        while let Some(field) = form.next_field().await.map_err(malformed)? {
            let Some(name) = field.name().map(ToOwned::to_owned) else { continue };
            let file_name = field.file_name().map(ToOwned::to_owned);
            let mime = field.content_type().map(ToOwned::to_owned);
            let bytes = field.bytes().await.map_err(|error| {
                if error.status().as_u16() == 413 {
                    ApiError::new(413, "Request Entity Too Large")
                } else {
                    ApiError::bad_request("can't parse multipart/form-data")
                }
            })?;
            if file_name.is_none()
                && let Ok(text) = std::str::from_utf8(&bytes)
            {
                self.values.insert(name.clone(), Value::String(text.to_owned()));
            }
            self.parts.insert(name, Part { file_name, mime, bytes });
        }
        Ok(())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| !value.is_null())
    }

    /// A text parameter; numbers are taken as text too.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Object(_) | Value::Array(_) => None,
            other => Some(other.to_string()),
        }
    }

    pub(crate) fn int(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        match self.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => {
                matches!(text.to_ascii_lowercase().as_str(), "true" | "yes" | "1")
            }
            Some(Value::Number(number)) => number.as_i64() == Some(1),
            _ => false,
        }
    }

    /// A parameter that is an object or an array, given as JSON or as text with JSON inside.
    pub(crate) fn json(&self, name: &str) -> Result<Option<Value>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text)
                .map(Some)
                .map_err(|_| ApiError::bad_request(format!("can't parse {name} JSON object"))),
            Some(value) => Ok(Some(value.clone())),
        }
    }

    /// An uploaded part by name.
    pub(crate) fn part(&self, name: &str) -> Option<&Part> {
        self.parts.get(name)
    }

    /// An uploaded part that carries a file name, so it stands in place of the parameter itself.
    pub(crate) fn file_part(&self, name: &str) -> Option<&Part> {
        self.parts.get(name).filter(|part| part.file_name.is_some())
    }

    /// The parameters with texts that hold JSON unpacked, and without uploads' contents.
    pub(crate) fn to_log(&self) -> Value {
        let unpack = |value: &Value| match value {
            Value::String(text) if text.starts_with(['{', '[']) => {
                serde_json::from_str(text).unwrap_or_else(|_| value.clone())
            }
            other => other.clone(),
        };
        Value::Object(self.values.iter().map(|(name, value)| (name.clone(), unpack(value))).collect())
    }

    /// Uploaded files: the parts that are not plain parameters.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&String, &Part)> {
        self.parts.iter().filter(|(name, _)| !self.values.contains_key(*name))
    }
}

/// Decodes `%xx`; malformed sequences stay as they are.
pub(crate) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(code) = code {
            decoded.push(code);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
