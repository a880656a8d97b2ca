//! A whole support bot: Telegram in front, articles to answer from, SQLite behind, and nothing else.
//!
//! `HELPDESK_TELEGRAM_TOKEN=… cargo run -p telegram-only -- articles/` with one Markdown file per article under
//! `articles/en/` and `articles/ru/`. When the bot cannot help, the session waits in the database for people; a host with
//! a console (`web-host`) on the same file is where they answer.

use std::{error::Error, sync::Arc};

use helpdesk_channels::{
    knowledge::{KnowledgeBase, KnowledgeConfig},
    telegram::{TelegramChannel, TelegramOptions},
};
use helpdesk_core::Desk;
use helpdesk_storage::{OpendalBlobs, SqliteStorage};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let token =
        std::env::var("HELPDESK_TELEGRAM_TOKEN").map_err(|_| "set HELPDESK_TELEGRAM_TOKEN to the bot's token")?;
    let mut telegram = TelegramOptions::new(token.into());
    telegram.api_url = std::env::var("HELPDESK_TELEGRAM_API_URL").ok();
    let articles = std::env::args().nth(1).unwrap_or_else(|| "articles".to_owned());

    let storage = SqliteStorage::open("telegram-only.sqlite3").await?;
    let desk = Desk::builder(Arc::new(storage), Arc::new(OpendalBlobs::folder("telegram-only-files")?))
        .channel(Arc::new(TelegramChannel::new(telegram)?))
        .responder(Arc::new(KnowledgeBase::open(KnowledgeConfig::new(articles)).await?))
        .build()?;

    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        let _ = tokio::signal::ctrl_c().await;
        stop.cancel();
    });
    desk.run(shutdown).await;
    Ok(())
}
