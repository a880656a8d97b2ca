//! The Bot API's answers: a result, or an error with a code, a description and parameters.

use serde_json::{Value, json};

/// An error the way the Bot API reports it.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) code: u16,
    pub(crate) description: String,
    pub(crate) parameters: Option<Value>,
}

/// The outcome of one method.
pub(crate) type ApiResult = Result<Value, ApiError>;

impl ApiError {
    pub(crate) fn new(code: u16, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), parameters: None }
    }

    /// 400 with the customary prefix.
    pub(crate) fn bad_request(what: impl AsRef<str>) -> Self {
        Self::new(400, format!("Bad Request: {}", what.as_ref()))
    }

    /// 403 with the customary prefix.
    pub(crate) fn forbidden(what: &str) -> Self {
        Self::new(403, format!("Forbidden: {what}"))
    }

    /// 409 with the customary prefix.
    pub(crate) fn conflict(what: &str) -> Self {
        Self::new(409, format!("Conflict: {what}"))
    }

    pub(crate) fn with_parameters(mut self, parameters: Value) -> Self {
        self.parameters = Some(parameters);
        self
    }
}

/// The HTTP status and the JSON body of an outcome.
pub(crate) fn envelope(outcome: &ApiResult) -> (u16, Value) {
    match outcome {
        Ok(result) => (200, json!({ "ok": true, "result": result })),
        Err(error) => {
            let mut body = json!({
                "ok": false,
                "error_code": error.code,
                "description": error.description,
            });
            if let Some(parameters) = &error.parameters {
                body["parameters"] = parameters.clone();
            }
            (error.code, body)
        }
    }
}
