//! The bot's menu of commands in every language, and the name under which it is addressed in groups.

use helpdesk_core::{Language, Phrase, Phrases, channel::ChannelError};
use teloxide::{prelude::Requester, requests::Request, types::BotCommand};
use tracing::{info, warn};

use super::{TelegramChannel, backoff::until_taken};

/// Learns the bot's name and publishes its commands, however long that takes: everything else works without.
pub(super) async fn publish(channel: &TelegramChannel, phrases: &Phrases) {
    if let Err(error) = try_publish(channel, phrases).await {
        // A token that is not accepted ends the receiving, which says so.
        warn!(channel = %channel.name, %error, "the bot's menu is not published");
    }
}

async fn try_publish(channel: &TelegramChannel, phrases: &Phrases) -> Result<(), ChannelError> {
    let bot = &channel.connection.calls;
    let me = until_taken(channel, "getMe", || bot.get_me().send()).await?;
    info!(channel = %channel.name, username = me.username(), "this is the bot");
    // Filled once; a bot's name changes so rarely that a restart may be asked for.
    channel.username.get_or_init(|| me.username().to_owned());
    let languages = phrases.in_every_language(Phrase::CommandStart).into_iter().map(|(language, _)| Some(language));
    for language in languages.chain([None]) {
        let spoken = language.as_ref().unwrap_or(&Language::ENGLISH);
        let menu = [
            BotCommand::new("start", phrases.text(spoken, Phrase::CommandStart)),
            BotCommand::new("new", phrases.text(spoken, Phrase::CommandNew)),
        ];
        until_taken(channel, "setMyCommands", || {
            let mut call = bot.set_my_commands(menu.clone());
            call.language_code = language.as_ref().map(|language| language.as_str().to_owned());
            call.send()
        })
        .await?;
    }
    Ok(())
}
