//! Speech to text by a model behind `{base_url}/audio/transcriptions`.

use async_trait::async_trait;
use helpdesk_core::{
    limits::{MESSAGE_TEXT_MAX_CHARS, shorten},
    service::ServiceError,
    transcriber::{Speech, Transcriber},
};
use reqwest::{
    Body,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
    multipart::{Form, Part},
};
use serde::Deserialize;

use super::{
    client::{Client, TRANSCRIPT_RESPONSE_MAX_BYTES},
    endpoint::{EndpointError, OpenAiEndpoint},
};

/// Largest voice that is sent, in bytes: `OpenAI`'s own limit.
pub const SPEECH_MAX_BYTES: u64 = 25 * 1024 * 1024;

/// How an [`OpenAiTranscriber`] asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OpenAiTranscriberConfig {
    /// The server.
    pub endpoint: OpenAiEndpoint,
    /// The model's name at that server, such as `whisper-1`.
    pub model: String,
    /// Which language the server is told to expect.
    #[serde(default)]
    pub language: SpokenLanguage,
}

impl OpenAiTranscriberConfig {
    /// `model` at `endpoint`; it finds out the language by itself.
    pub fn new(endpoint: OpenAiEndpoint, model: impl Into<String>) -> Self {
        Self { endpoint, model: model.into(), language: SpokenLanguage::default() }
    }

    /// The same, told which language to expect.
    pub fn with_language(mut self, language: SpokenLanguage) -> Self {
        self.language = language;
        self
    }
}

/// Which language the server is told to expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SpokenLanguage {
    /// None: the model finds out. The customer's language is often only that of their telephone's menus, and a model that
    /// is told the wrong one translates instead of writing down.
    #[default]
    Detected,
    /// The customer's.
    OfCustomer,
}

/// Writes down speech.
#[derive(Debug, Clone)]
pub struct OpenAiTranscriber {
    client: Client,
    model: String,
    language: SpokenLanguage,
}

#[derive(Deserialize)]
struct Transcript {
    text: String,
}

impl OpenAiTranscriber {
    /// A transcriber. Nothing is sent yet.
    pub fn new(config: OpenAiTranscriberConfig) -> Result<Self, EndpointError> {
        if config.model.trim().is_empty() {
            return Err(EndpointError::Setting { setting: "model", expected: "must name a model" });
        }
        Ok(Self { client: Client::new(&config.endpoint)?, model: config.model, language: config.language })
    }

    fn form(&self, speech: Speech) -> Form {
        // The customer's own file name stays here: only its extension matters, by which servers know the container.
        let name = format!("speech.{}", extension(&speech.name));
        let file = Part::stream_with_length(Body::wrap_stream(speech.content), speech.size_bytes)
            .file_name(name)
            .headers(content_type(&speech.mime));
        let mut form = Form::new().text("model", self.model.clone()).text("response_format", "json");
        if self.language == SpokenLanguage::OfCustomer {
            form = form.text("language", speech.language.as_str().to_owned());
        }
        form.part("file", file)
    }
}

/// The extension of a file name, if it is a plain one.
fn extension(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((_, extension))
            if (2..=5).contains(&extension.len()) && extension.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            extension
        }
        _ => "ogg",
    }
}

/// The media type as a header of the file's part; what is no media type is sent as bytes of an unknown kind.
fn content_type(mime: &str) -> HeaderMap {
    let value = HeaderValue::from_str(mime).ok().filter(|_| mime.contains('/'));
    let value = value.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    HeaderMap::from_iter([(CONTENT_TYPE, value)])
}

#[async_trait]
impl Transcriber for OpenAiTranscriber {
    async fn transcribe(&self, speech: Speech) -> Result<String, ServiceError> {
        if speech.size_bytes > SPEECH_MAX_BYTES {
            return Err(ServiceError::permanent(format!("the voice is larger than {SPEECH_MAX_BYTES} bytes")));
        }
        let request = self.client.post("audio/transcriptions").multipart(self.form(speech));
        let transcript: Transcript = self.client.json(request, TRANSCRIPT_RESPONSE_MAX_BYTES).await?;
        Ok(shorten(transcript.text.trim(), MESSAGE_TEXT_MAX_CHARS))
    }
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests {
    use helpdesk_core::{Language, blob::byte_stream};
    use serde_json::json;

    use super::*;
    use crate::openai::test_server::{Behaviour, KEY, TestServer};

    fn transcriber(server: &TestServer, language: SpokenLanguage) -> OpenAiTranscriber {
        let endpoint = OpenAiEndpoint::new(server.base_url()).with_key(KEY.to_owned().into()).with_timeout_seconds(1);
        OpenAiTranscriber::new(OpenAiTranscriberConfig::new(endpoint, "test-model").with_language(language)).unwrap()
    }

    fn speech(name: &str, mime: &str) -> Speech {
        Speech::new(byte_stream("RIFF"), 4, name.into(), mime.into(), Language::RUSSIAN)
    }

    #[tokio::test]
    async fn a_voice_is_sent_as_a_file_and_its_words_come_back() {
        let server = TestServer::start(Behaviour::json(200, json!({ "text": " где мой заказ \n" }))).await;
        let text = transcriber(&server, SpokenLanguage::Detected).transcribe(speech("Anna.oga", "audio/ogg")).await;
        assert_eq!(text.as_deref(), Ok("где мой заказ"));
        let form = server.last_form();
        let file = form.iter().find(|field| field.name == "file").unwrap();
        assert_eq!((file.file_name.as_deref(), file.mime.as_deref()), (Some("speech.oga"), Some("audio/ogg")));
        assert_eq!(file.content, b"RIFF".as_slice());
        let names: Vec<_> = form.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["model", "response_format", "file"]);
    }

    #[tokio::test]
    async fn the_language_is_told_where_it_is_wanted() {
        let server = TestServer::start(Behaviour::json(200, json!({ "text": "" }))).await;
        let text = transcriber(&server, SpokenLanguage::OfCustomer).transcribe(speech("a.ogg", "audio/ogg")).await;
        assert_eq!(text.as_deref(), Ok(""));
        let form = server.last_form();
        assert_eq!(form.iter().find(|field| field.name == "language").unwrap().content, b"ru".as_slice());
    }

    #[tokio::test]
    async fn failures_have_their_class() {
        let cases = [
            (Behaviour::json(400, json!({})), "failed: the server answered 400"),
            (Behaviour::json(500, json!({})), "temporarily unavailable: the server answered 500"),
            (Behaviour::json(200, json!({})), "failed: the server's answer is not of OpenAI's form; check base_url"),
            (Behaviour::Hang, "temporarily unavailable: no answer within 1 seconds"),
            (Behaviour::Endless, "failed: the server's answer is larger than 1048576 bytes"),
        ];
        for (behaviour, told) in cases {
            let name = format!("{behaviour:?}");
            let server = TestServer::start(behaviour).await;
            let transcriber = transcriber(&server, SpokenLanguage::Detected);
            let error = transcriber.transcribe(speech("a.ogg", "audio/ogg")).await.unwrap_err();
            assert_eq!(error.to_string(), told, "{name}");
        }
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_read_to_its_end_may_be_tried_again() {
        let server = TestServer::start(Behaviour::json(200, json!({ "text": "half" }))).await;
        let broken = futures_util::stream::iter([
            Ok(bytes::Bytes::from_static(b"RI")),
            Err(std::io::Error::other("the disk went away")),
        ]);
        let speech = Speech::new(Box::pin(broken), 4, "a.ogg".into(), "audio/ogg".into(), Language::ENGLISH);
        let error = transcriber(&server, SpokenLanguage::Detected).transcribe(speech).await.unwrap_err();
        assert_eq!(error.to_string(), "temporarily unavailable: the connection broke off");
    }

    #[tokio::test]
    async fn a_voice_that_the_server_would_refuse_is_not_sent() {
        let server = TestServer::start(Behaviour::Hang).await;
        let mut huge = speech("a.ogg", "audio/ogg");
        huge.size_bytes = SPEECH_MAX_BYTES + 1;
        let error = transcriber(&server, SpokenLanguage::Detected).transcribe(huge).await.unwrap_err();
        assert_eq!(error.to_string(), "failed: the voice is larger than 26214400 bytes");
    }

    #[test]
    fn names_and_types_of_files_are_taken_with_care() {
        let cases = [("voice.oga", "oga"), ("a.b.mp3", "mp3"), ("voice", "ogg"), ("a.\"x\r\n", "ogg"), ("a.", "ogg")];
        for (name, expected) in cases {
            assert_eq!(extension(name), expected, "{name:?}");
        }
        for (mime, expected) in
            [("audio/ogg", "audio/ogg"), ("a/b\r\nc", "application/octet-stream"), ("", "application/octet-stream")]
        {
            assert_eq!(content_type(mime)[CONTENT_TYPE], expected, "{mime:?}");
        }
    }
}
