//! The rules that a host may set, as data.

use std::time::Duration;

/// How the desk treats its customers. [`Policy::default`] is what the requirements ask for.
///
/// ```
/// use helpdesk_core::Policy;
/// let policy = Policy { max_bot_answers: 5, ..Policy::default() };
/// assert!(!policy.agents_may_attach);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Answers of the bot in one session before it offers a person (A6); 0 offers one at the first question.
    pub max_bot_answers: u8,
    /// Whether staff may send files to customers (A15).
    pub agents_may_attach: bool,
    /// Whether a message of a customer who has no unclosed session opens one and is its first question. Without it
    /// the customer is asked to open a request, and the message is kept in their last session.
    pub open_on_message: bool,
    /// Words that ask for a person: a message made of them and of [`Self::person_fillers`] alone is handed over at once.
    pub person_words: Vec<String>,
    /// Words that may stand around [`Self::person_words`].
    pub person_fillers: Vec<String>,
    /// When an untouched session expires.
    pub idle: IdleTimeouts,
    /// How long the parts of an album are waited for, counted from the last that came (A5).
    pub album_window: Duration,
    /// How long one call to the responder may take.
    pub answer_timeout: Duration,
    /// How long one call to the transcriber may take.
    pub transcribe_timeout: Duration,
    /// How long one send without a file may take before its outcome counts as unknown.
    pub send_timeout: Duration,
    /// How long moving one file from a channel or to it may take.
    pub file_timeout: Duration,
    /// How often and how soon failed work is tried again.
    pub retry: RetryPolicy,
    /// How long a piece of work is held without a sign of life before another worker takes it over.
    pub lease: Duration,
}

/// After how long without a touch a session expires; `None` is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdleTimeouts {
    /// While the bot has it.
    pub bot: Option<Duration>,
    /// While the customer is asked whether they want a person.
    pub offered: Option<Duration>,
    /// While it waits for the first agent. A customer who was promised a person is not forgotten by default.
    pub queued: Option<Duration>,
    /// While agents are in it.
    pub active: Option<Duration>,
}

/// How often and how soon failed work is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries of the bot's work (answers, transcripts) before a person is offered.
    pub bot_max_tries: u32,
    /// Tries of a send or a file's fetch before it is shown to staff as failed.
    pub channel_max_tries: u32,
    /// Pause after the first failure; it doubles with each further one.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
}

impl RetryPolicy {
    /// The pause after `tries` failures.
    pub fn pause(&self, tries: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(tries.saturating_sub(1).min(20));
        self.first_pause.saturating_mul(doubled).min(self.longest_pause)
    }
}

const HOUR: Duration = Duration::from_secs(3600);

impl Default for Policy {
    fn default() -> Self {
        let words = |list: &str| list.split_whitespace().map(str::to_owned).collect();
        Self {
            max_bot_answers: 3,
            agents_may_attach: false,
            open_on_message: true,
            person_words: words(
                "оператор оператора оператору оператором человек человека человеку человеком специалист специалиста \
                 специалистом сотрудник сотрудника сотрудником техподдержка техподдержку техподдержкой \
                 human person operator agent representative",
            ),
            person_fillers: words(
                "пожалуйста позовите позови дайте дай хочу нужен нужна соедините соедини переключите переключи переведите \
                 поговорить связаться с со к на мне меня я живой живого живому живым можно мы бы \
                 please a an the real live i want need to talk speak with me get connect can could may call",
            ),
            idle: IdleTimeouts {
                bot: Some(24 * HOUR),
                offered: Some(24 * HOUR),
                queued: None,
                active: Some(7 * 24 * HOUR),
            },
            album_window: Duration::from_millis(1500),
            answer_timeout: Duration::from_secs(60),
            transcribe_timeout: Duration::from_secs(120),
            send_timeout: Duration::from_secs(30),
            file_timeout: Duration::from_secs(600),
            retry: RetryPolicy {
                bot_max_tries: 3,
                channel_max_tries: 8,
                first_pause: Duration::from_secs(1),
                longest_pause: Duration::from_secs(300),
            },
            lease: Duration::from_secs(10),
        }
    }
}
