//! Services that speak OpenAI's protocol: a model that answers, and one that writes down speech.
//!
//! [`OpenAiResponder`] and [`OpenAiTranscriber`] work with any server of that shape: `OpenAI` itself, vLLM, Ollama,
//! llama.cpp, a company's gateway. Neither tries again on its own, the Desk does.
//!
//! What leaves the process: the customer's words of one session (or their voice), and excerpts of the articles. Neither
//! names, addresses nor ids of people are sent, and the key is never logged.
//!
//! | file | holds |
//! |---|---|
//! | `endpoint` | where the server is: address, key, time limits |
//! | `client` | one request: TLS, limits, errors by class |
//! | `prompt` | what the model is told |
//! | `reply` | what the model said, read strictly |
//! | `responder` | the model as the bot's responder |
//! | `transcriber` | speech to text |

mod client;
mod endpoint;
mod prompt;
mod reply;
mod responder;
#[cfg(test)]
#[cfg(feature = "testing")]
mod test_server;
mod transcriber;

pub use client::{CHAT_RESPONSE_MAX_BYTES, RETRY_AFTER_MAX, TRANSCRIPT_RESPONSE_MAX_BYTES};
pub use endpoint::{EndpointError, OpenAiEndpoint};
pub use prompt::{
    EXCERPT_MAX_CHARS, EXCERPTS_MAX_COUNT, HISTORY_MAX_CHARS, INSTRUCTIONS_MAX_CHARS, QUESTION_MAX_CHARS,
};
pub use responder::{OpenAiResponder, OpenAiResponderConfig, ReplyFormat};
pub use transcriber::{OpenAiTranscriber, OpenAiTranscriberConfig, SPEECH_MAX_BYTES, SpokenLanguage};
