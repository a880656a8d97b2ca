//! The suite that every channel passes.

use helpdesk_channels::telegram::{TelegramChannel, TelegramOptions, WebhookOptions};
use helpdesk_core::{Channel, channel::Part, testing::ChannelFixture};

const SECRETS: [&str; 2] = ["AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao", "a-webhook-secret"];

struct Telegram(TelegramChannel);

impl ChannelFixture for Telegram {
    fn channel(&self) -> &dyn Channel {
        &self.0
    }

    fn visible_text(&self, part: &Part) -> String {
        let text = part.call["text"].as_str().or(part.call["caption"].as_str()).unwrap_or_default();
        text.strip_prefix("Zoe Winter\n").unwrap_or(text).to_owned()
    }

    fn part_fits(&self, part: &Part) -> bool {
        let units = |name: &str| part.call[name].as_str().unwrap_or_default().encode_utf16().count();
        units("text") <= 4_096 && units("caption") <= 1_024
    }

    fn secrets(&self) -> Vec<String> {
        SECRETS.map(str::to_owned).into()
    }
}

helpdesk_core::testing::channel_suite!(async || {
    let mut options = TelegramOptions::new(format!("123456789:{}", SECRETS[0]).into());
    options.webhook = Some(WebhookOptions::new("https://example.com/telegram", SECRETS[1].into()));
    Telegram(TelegramChannel::new(options).expect("the options are usable"))
});
