//! The log of method calls: what the bot asked for, in order, and what it was answered.

use serde_json::Value;

use super::answer::{ApiResult, envelope};
use super::faults::Fault;
use super::methods;
use super::params::Params;
use super::world::World;

/// How many calls are remembered.
const KEEP: usize = 20_000;

/// One call of a method, as it arrived.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Call {
    /// Grows with every call to the server, so calls can be put in order.
    pub number: i64,
    /// The token of the bot that called.
    pub token: String,
    /// The method with its documented spelling, such as `sendMessage`.
    pub method: String,
    /// The parameters as an object; parameters that carry JSON as text are unpacked.
    pub params: Value,
    /// Uploaded files.
    pub files: Vec<SentFile>,
    /// The answer's JSON body; `None` while the call is running and when it was not processed.
    pub response: Option<Value>,
    /// The fault that the call ran into.
    pub fault: Option<Fault>,
}

/// A file that came with a call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SentFile {
    /// The name of the multipart field.
    pub field: String,
    /// The file's name.
    pub file_name: Option<String>,
    /// The size in bytes.
    pub size: usize,
}

impl Call {
    /// The chat the call is about.
    pub fn chat_id(&self) -> Option<i64> {
        match &self.params["chat_id"] {
            Value::String(text) => text.parse().ok(),
            other => other.as_i64(),
        }
    }

    /// The text of the `text` or `caption` parameter.
    pub fn text(&self) -> Option<&str> {
        self.params["text"].as_str().or_else(|| self.params["caption"].as_str())
    }

    /// Whether the method was carried out successfully.
    pub fn is_ok(&self) -> bool {
        self.response.as_ref().is_some_and(|response| response["ok"] == true)
    }
}

impl World {
    /// Adds a call that has just arrived and returns its number.
    pub(crate) fn log_call(&mut self, bot: usize, method: &str, params: &Params) -> i64 {
        let number = self.next_number();
        let files = params.files().map(|(field, part)| SentFile {
            field: field.clone(),
            file_name: part.file_name.clone(),
            size: part.bytes.len(),
        });
        self.calls.push_back(Call {
            number,
            token: self.bots[bot].token.clone(),
            method: methods::spelling(method),
            params: params.to_log(),
            files: files.collect(),
            response: None,
            fault: None,
        });
        if self.calls.len() > KEEP {
            self.calls.pop_front();
        }
        number
    }

    pub(crate) fn log_fault(&mut self, number: i64, fault: Fault) {
        if let Some(call) = self.logged(number) {
            call.fault = Some(fault);
        }
    }

    pub(crate) fn log_outcome(&mut self, number: i64, outcome: &ApiResult) {
        if let Some(call) = self.logged(number) {
            call.response = Some(envelope(outcome).1);
        }
    }

    fn logged(&mut self, number: i64) -> Option<&mut Call> {
        self.calls.iter_mut().rev().find(|call| call.number == number)
    }

    /// Calls of a method that were carried out or ran into a fault.
    pub(crate) fn finished_calls(&self, method: &str) -> Vec<Call> {
        self.calls
            .iter()
            .filter(|call| call.method.eq_ignore_ascii_case(method))
            .filter(|call| call.response.is_some() || call.fault.is_some())
            .cloned()
            .collect()
    }
}
