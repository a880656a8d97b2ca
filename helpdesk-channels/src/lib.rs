#![doc = include_str!("../README.md")]

#[cfg(feature = "knowledge")]
pub mod knowledge;
#[cfg(feature = "openai")]
pub mod openai;
#[cfg(feature = "telegram")]
pub mod telegram;
#[cfg(feature = "testing")]
pub mod testing;
