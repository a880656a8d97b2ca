//! The knowledge base: a folder of Markdown articles that answers customers without a model or a network.
//!
//! [`KnowledgeBase`] is a [`Responder`](helpdesk_core::Responder). It searches the articles of the question's language by
//! BM25 with stemming, and answers with the best article only if it is sure enough: see
//! [`ANSWER_FLOOR_DEFAULT`]. It matches words, not meaning: a question that shares none with the article's title and
//! keywords finds nothing, and the customer is offered a person.
//!
//! | file | holds |
//! |---|---|
//! | `article` | Markdown to title, body, keywords |
//! | `folder` | files on disk, limits, what changed |
//! | `words` | text to terms: stop words, courtesies, stems |
//! | `index` | one language: ranking and confidence |
//! | `library` | all languages: which is searched, what was tried |
//! | `base` | the whole, kept up to date |
//! | `responder` | the whole as the bot's responder |

mod article;
mod base;
mod folder;
mod index;
mod library;
#[cfg(test)]
mod questions;
mod responder;
mod words;

pub use article::{ARTICLE_MAX_BYTES, Article, ArticleProblem};
pub use base::{ANSWER_FLOOR_DEFAULT, CHECK_INTERVAL_DEFAULT_SECONDS, KnowledgeBase, KnowledgeConfig, KnowledgeError};
pub use folder::{FOLDER_MAX_ARTICLES, FolderError};
pub use library::Finding;
