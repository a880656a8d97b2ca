//! What the model said, read strictly: only an object of the agreed form is an answer. Pure.

use helpdesk_core::service::ServiceError;
use serde::Deserialize;

/// The model's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Answer,
    NoAnswer,
    HandOff,
}

/// The model's reply.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reply {
    pub(super) outcome: Outcome,
    // Servers that do not enforce the schema leave out what is empty.
    #[serde(default)]
    pub(super) text: String,
    #[serde(default)]
    pub(super) sources: Vec<String>,
}

/// The part of a chat completion that is read.
#[derive(Debug, Deserialize)]
pub(super) struct Completion {
    choices: Vec<Choice>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    message: ChoiceMessage,
    finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ChoiceMessage {
    content: Option<String>,
    refusal: Option<String>,
}

/// The schema of [`Reply`], in the strict form that `OpenAI` enforces.
pub(super) fn schema() -> serde_json::Value {
    serde_json::json!({
        "type": "object",
        "properties": {
            "outcome": { "type": "string", "enum": ["answer", "no_answer", "hand_off"] },
            "text": { "type": "string" },
            "sources": { "type": "array", "items": { "type": "string" } },
        },
        "required": ["outcome", "text", "sources"],
        "additionalProperties": false,
    })
}

impl Completion {
    /// The reply inside. A model that refuses to speak has no answer; everything else that is no reply is an error.
    pub(super) fn into_reply(self) -> Result<Reply, ServiceError> {
        let choice = self.choices.into_iter().next();
        let choice = choice.ok_or_else(|| ServiceError::permanent("the model's answer has no choices"))?;
        let is_filtered = choice.finish_reason.as_deref() == Some("content_filter");
        if is_filtered || choice.message.refusal.is_some_and(|refusal| !refusal.is_empty()) {
            return Ok(Reply { outcome: Outcome::NoAnswer, text: String::new(), sources: Vec::new() });
        }
        if choice.finish_reason.as_deref() == Some("length") {
            return Err(ServiceError::permanent("the model's answer was cut off at its token limit"));
        }
        parse(choice.message.content.as_deref().unwrap_or_default())
    }
}

/// Reads the text of a reply. Servers that ignore `response_format` still return JSON when told to, but some wrap it into
/// a code block or put their reasoning in front.
fn parse(content: &str) -> Result<Reply, ServiceError> {
    let text = content.trim();
    let text = match text.strip_prefix("<think>") {
        Some(thought) => thought.split_once("</think>").map_or("", |(_, after)| after).trim(),
        None => text,
    };
    let text = fenced(text).unwrap_or(text);
    let reply: Reply = serde_json::from_str(text)
        .map_err(|_| ServiceError::permanent("the model's answer is not the JSON that it was asked for"))?;
    if reply.outcome == Outcome::Answer && reply.text.trim().is_empty() {
        return Err(ServiceError::permanent("the model's answer is empty"));
    }
    Ok(reply)
}

/// What stands inside of a text that is one code block.
fn fenced(text: &str) -> Option<&str> {
    let inside = text.strip_prefix("```")?.strip_suffix("```")?;
    let (language, inside) = inside.split_once('\n')?;
    matches!(language.trim(), "" | "json").then(|| inside.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(outcome: Outcome, text: &str, sources: &[&str]) -> Reply {
        Reply { outcome, text: text.into(), sources: sources.iter().map(|id| (*id).to_owned()).collect() }
    }

    #[test]
    fn json_is_read_with_and_without_wrapping() {
        let cases = [
            (r#"{"outcome":"answer","text":"Hi","sources":["a"]}"#, reply(Outcome::Answer, "Hi", &["a"])),
            (" {\"outcome\":\"no_answer\",\"text\":\"\",\"sources\":[]}\n", reply(Outcome::NoAnswer, "", &[])),
            (r#"{"outcome":"hand_off"}"#, reply(Outcome::HandOff, "", &[])),
            ("```json\n{\"outcome\":\"hand_off\"}\n```", reply(Outcome::HandOff, "", &[])),
            ("```\n{\"outcome\":\"hand_off\"}```", reply(Outcome::HandOff, "", &[])),
            ("<think>{hm}</think>\n{\"outcome\":\"hand_off\"}", reply(Outcome::HandOff, "", &[])),
        ];
        for (content, expected) in cases {
            assert_eq!(parse(content).unwrap(), expected, "{content}");
        }
    }

    #[test]
    fn what_is_not_the_agreed_object_is_an_error_that_repeats_nothing() {
        let cases = [
            "",
            "Sure! Press the button.",
            r#"{"outcome":"answer","text":"  ","sources":[]}"#,
            r#"{"outcome":"maybe","text":"secret","sources":[]}"#,
            r#"{"outcome":"answer","text":"secret","sources":"a"}"#,
            r#"{"outcome":"answer","text":"secret","sources":[],"more":1}"#,
            r#"{"text":"secret"}"#,
            r#"{"outcome":"answer","text":"secret"#,
            r#"[{"outcome":"hand_off"}]"#,
            "<think>endless",
        ];
        for content in cases {
            let error = parse(content).unwrap_err();
            assert!(matches!(error, ServiceError::Permanent { .. }), "{content}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn refusals_have_no_answer_and_cut_ones_are_errors() {
        let read = |json: serde_json::Value| serde_json::from_value::<Completion>(json).unwrap().into_reply();
        let refusal = serde_json::json!({"choices": [{"message": {"content": null, "refusal": "I cannot"}}]});
        assert_eq!(read(refusal).unwrap().outcome, Outcome::NoAnswer);
        let filtered =
            serde_json::json!({"choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]});
        assert_eq!(read(filtered).unwrap().outcome, Outcome::NoAnswer);
        let cut = serde_json::json!({"choices": [{"message": {"content": "{"}, "finish_reason": "length"}]});
        assert!(read(cut).unwrap_err().to_string().contains("cut off"));
        assert!(read(serde_json::json!({"choices": []})).is_err());
    }
}
