#![doc = include_str!("../README.md")]

#[cfg(feature = "knowledge")]
pub mod knowledge;
#[cfg(feature = "openai")]
pub mod openai;
#[cfg(feature = "telegram")]
pub mod telegram;
#[cfg(feature = "testing")]
pub mod testing;

/// The guides' code compiles and runs.
#[cfg(all(doctest, feature = "telegram", feature = "knowledge", feature = "openai"))]
mod guides {
    #[doc = include_str!("../../docs/telegram.md")]
    struct Telegram;
    #[doc = include_str!("../../docs/knowledge-base.md")]
    struct KnowledgeBase;
}
