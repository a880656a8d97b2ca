//! [`KnowledgeBase`]: the articles, kept up to date, and answers from them.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use helpdesk_core::responder::{Question, Speaker};
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};

use super::{
    article::Article,
    folder::{self, FolderError, Stamp},
    index::Scope,
    library::{Finding, Library, Query},
};

/// Confidence from which an article is an answer, where the host sets no other.
///
/// Calibrated by some 150 natural questions and 80 that deserve no answer, in Russian and English: above it stand nearly
/// all of the former with their right article. A little lower, off-topic questions begin to borrow an article's words
/// ("what time is it in Frankfurt"); a little higher, questions in other words than the article's go unanswered. When in
/// doubt it is better not to answer: then the customer is offered a person, while a wrong answer costs one of few.
pub const ANSWER_FLOOR_DEFAULT: f32 = 0.35;

/// How often the folder is looked at for changes, where the host sets no other interval, in seconds.
pub const CHECK_INTERVAL_DEFAULT_SECONDS: u64 = 5;

/// How many of the customer's earlier messages a short follow-up may lean on.
const FOLLOW_UP_MESSAGES_MAX_COUNT: usize = 2;

/// Where the articles are and when they answer.
///
/// ```
/// let config = helpdesk_channels::knowledge::KnowledgeConfig::new("knowledge");
/// assert_eq!(config.check_interval_seconds, 5);
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct KnowledgeConfig {
    /// The folder with one subfolder per language.
    pub folder: PathBuf,
    /// Confidence from which an article is an answer, from 0 (anything) to 1 (nothing).
    #[serde(default = "answer_floor_default")]
    pub answer_floor: f32,
    /// At most how often the folder is looked at for changes, in seconds; only when somebody asks.
    #[serde(default = "check_interval_default_seconds")]
    pub check_interval_seconds: u64,
}

impl KnowledgeConfig {
    /// The articles in `folder`, with the usual floor and interval.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            answer_floor: answer_floor_default(),
            check_interval_seconds: check_interval_default_seconds(),
        }
    }
}

fn answer_floor_default() -> f32 {
    ANSWER_FLOOR_DEFAULT
}

fn check_interval_default_seconds() -> u64 {
    CHECK_INTERVAL_DEFAULT_SECONDS
}

/// Why a knowledge base cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KnowledgeError {
    /// The folder is no folder of articles.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The floor is outside of 0 to 1.
    #[error("answer_floor is {0}, but a confidence lies between 0 and 1")]
    Floor(f32),
    /// The runtime shuts down.
    #[error("the articles were not read: the runtime shuts down")]
    Stopped,
}

/// A folder of articles that answers questions without a model or a network.
///
/// Cloning is cheap, clones share the articles. An article that is edited, added or removed counts from the next question
/// on, at most [`KnowledgeConfig::check_interval_seconds`] later. When the folder cannot be read at that time, the articles
/// that are known go on answering and a warning is logged.
#[derive(Clone)]
pub struct KnowledgeBase {
    shared: Arc<Shared>,
}

struct Shared {
    answer_floor: f32,
    library: RwLock<Arc<Library>>,
    /// Absent for articles that came from elsewhere than a folder.
    source: Option<Source>,
}

struct Source {
    folder: PathBuf,
    check_interval: Duration,
    /// Held by whoever looks at the folder; others answer from what is known meanwhile.
    checked: Mutex<Checked>,
}

struct Checked {
    at: Instant,
    stamp: Stamp,
}

impl KnowledgeBase {
    /// Reads the articles of a folder.
    pub async fn open(config: KnowledgeConfig) -> Result<Self, KnowledgeError> {
        check_floor(config.answer_floor)?;
        let folder = config.folder.clone();
        let (library, stamp) = blocking(move || {
            let stamp = folder::stamp(&folder)?;
            let library = read(&stamp);
            if library.articles().next().is_none() {
                return Err(KnowledgeError::from(FolderError::Empty { path: folder }));
            }
            Ok((library, stamp))
        })
        .await??;
        let source = Source {
            folder: config.folder,
            check_interval: Duration::from_secs(config.check_interval_seconds),
            checked: Mutex::new(Checked { at: Instant::now(), stamp }),
        };
        Ok(Self::with(library, config.answer_floor, Some(source)))
    }

    /// A knowledge base of articles that the host keeps elsewhere, such as in its database.
    pub fn from_articles(articles: Vec<Article>, answer_floor: f32) -> Result<Self, KnowledgeError> {
        check_floor(answer_floor)?;
        Ok(Self::with(Library::new(articles), answer_floor, None))
    }

    fn with(library: Library, answer_floor: f32, source: Option<Source>) -> Self {
        Self { shared: Arc::new(Shared { answer_floor, library: RwLock::new(Arc::new(library)), source }) }
    }

    /// All articles, by language and id.
    pub async fn articles(&self) -> Vec<Arc<Article>> {
        self.current().await.articles().cloned().collect()
    }

    /// The articles that answer `question`, the most confident first, at most `max_count`. None of them is about a topic
    /// that this session was already shown.
    pub async fn find(&self, question: &Question, max_count: usize) -> Vec<Finding> {
        self.search(question, Scope::OnTopic, self.shared.answer_floor, max_count).await
    }

    /// The articles that have anything to do with `question`, the most confident first, at most `max_count` and none below
    /// `floor`: for a reader who judges by themselves, such as a model or whoever tunes the articles. Unlike those of
    /// [`find`](Self::find), they may only mention a word of the question.
    pub async fn candidates(&self, question: &Question, floor: f32, max_count: usize) -> Vec<Finding> {
        self.search(question, Scope::Mentioning, floor, max_count).await
    }

    async fn search(&self, question: &Question, scope: Scope, floor: f32, max_count: usize) -> Vec<Finding> {
        let library = self.current().await;
        let question = question.clone();
        // A long question against many articles takes milliseconds: too long for a thread that serves others.
        blocking(move || {
            let before = customers_words_before(&question);
            library.find(Query {
                text: &question.text,
                before: &before,
                language: &question.language,
                tried: &question.tried,
                scope,
                floor,
                max_count,
            })
        })
        .await
        .unwrap_or_default()
    }

    /// The articles as they are now.
    async fn current(&self) -> Arc<Library> {
        if let Some(source) = &self.shared.source
            && let Some(library) = source.changed().await
        {
            let library = Arc::new(library);
            *self.shared.library.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&library);
            return library;
        }
        Arc::clone(&self.shared.library.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for KnowledgeBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnowledgeBase")
            .field("folder", &self.shared.source.as_ref().map(|source| &source.folder))
            .field("answer_floor", &self.shared.answer_floor)
            .finish_non_exhaustive()
    }
}

impl Source {
    /// The articles, if it was time to look and they have changed.
    async fn changed(&self) -> Option<Library> {
        let mut checked = self.checked.try_lock().ok()?;
        if checked.at.elapsed() < self.check_interval {
            return None;
        }
        checked.at = Instant::now();
        let (folder, known) = (self.folder.clone(), checked.stamp.clone());
        let outcome = blocking(move || {
            let stamp = folder::stamp(&folder)?;
            Ok::<_, FolderError>((stamp != known).then(|| (read(&stamp), stamp)))
        })
        .await
        .ok()?;
        match outcome {
            Ok(changed) => changed.map(|(library, stamp)| {
                tracing::info!(articles = library.articles().count(), "the knowledge base was read again");
                checked.stamp = stamp;
                library
            }),
            Err(error) => {
                tracing::warn!(%error, "the knowledge base cannot be read again, the known articles stay");
                None
            }
        }
    }
}

fn check_floor(floor: f32) -> Result<(), KnowledgeError> {
    if (0.0..=1.0).contains(&floor) { Ok(()) } else { Err(KnowledgeError::Floor(floor)) }
}

/// Reads and indexes the files of `stamp`, with a warning for each that is none.
fn read(stamp: &Stamp) -> Library {
    let (articles, skipped) = folder::read(stamp);
    for file in skipped {
        tracing::warn!("{file}");
    }
    Library::new(articles)
}

/// What the customer said before, the newest last.
fn customers_words_before(question: &Question) -> Vec<&str> {
    let said = question.history.iter().filter(|turn| turn.speaker == Speaker::Customer);
    let mut newest: Vec<&str> = said.rev().take(FOLLOW_UP_MESSAGES_MAX_COUNT).map(|turn| turn.text.as_str()).collect();
    newest.reverse();
    newest
}

/// Runs `work` where blocking is allowed.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, KnowledgeError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| KnowledgeError::Stopped)
}

#[cfg(test)]
mod tests {
    use helpdesk_core::{Language, id::SessionId, responder::Turn};

    use super::{super::folder::tests::TestFolder, *};

    const CAT: &[u8] = b"# How do I feed a cat?\n\nTwice a day.";
    const DOG: &[u8] = b"# How do I walk a dog?\n\nOn a lead.";

    fn question(text: &str) -> Question {
        Question::new(SessionId::from_uuid(uuid::Uuid::nil()), Language::ENGLISH, text)
    }

    async fn open(folder: &TestFolder, check_interval_seconds: u64) -> KnowledgeBase {
        let config = KnowledgeConfig { check_interval_seconds, ..KnowledgeConfig::new(&folder.0) };
        KnowledgeBase::open(config).await.unwrap()
    }

    async fn titles(base: &KnowledgeBase, question: &Question) -> Vec<String> {
        base.find(question, 3).await.into_iter().map(|finding| finding.article.title.clone()).collect()
    }

    #[tokio::test]
    async fn changed_articles_count_from_the_next_question_on() {
        let folder = TestFolder::new(&[("en/cat.md", CAT)]);
        let base = open(&folder, 0).await;
        assert_eq!(titles(&base, &question("walk dog")).await, [] as [&str; 0]);
        folder.write("en/dog.md", DOG);
        assert_eq!(titles(&base, &question("walk dog")).await, ["How do I walk a dog?"]);
        std::fs::remove_file(folder.0.join("en/dog.md")).unwrap();
        assert_eq!(titles(&base, &question("walk dog")).await, [] as [&str; 0]);
    }

    #[tokio::test]
    async fn the_folder_is_not_looked_at_before_the_interval_is_over() {
        let folder = TestFolder::new(&[("en/cat.md", CAT)]);
        let base = open(&folder, 3600).await;
        folder.write("en/dog.md", DOG);
        assert_eq!(titles(&base, &question("walk dog")).await, [] as [&str; 0]);
    }

    #[tokio::test]
    async fn a_folder_that_vanished_leaves_the_known_articles() {
        let folder = TestFolder::new(&[("en/cat.md", CAT)]);
        let base = open(&folder, 0).await;
        std::fs::remove_dir_all(&folder.0).unwrap();
        assert_eq!(titles(&base, &question("feed cat")).await, ["How do I feed a cat?"]);
    }

    #[tokio::test]
    async fn what_cannot_be_opened_says_why() {
        let empty = TestFolder::new(&[("en/notes.txt", b"x")]);
        let told = KnowledgeBase::open(KnowledgeConfig::new(&empty.0)).await.unwrap_err().to_string();
        assert!(told.starts_with("no articles in "), "{told}");
        let floor = KnowledgeConfig { answer_floor: 1.5, ..KnowledgeConfig::new(&empty.0) };
        let told = KnowledgeBase::open(floor).await.unwrap_err().to_string();
        assert_eq!(told, "answer_floor is 1.5, but a confidence lies between 0 and 1");
        assert!(KnowledgeBase::from_articles(Vec::new(), f32::NAN).is_err());
    }

    #[tokio::test]
    async fn candidates_include_articles_that_only_mention_a_word() {
        let folder = TestFolder::new(&[("en/cat.md", CAT), ("en/dog.md", DOG)]);
        let base = open(&folder, 3600).await;
        assert_eq!(base.find(&question("lead"), 3).await, []);
        let candidates = base.candidates(&question("lead"), 0.0, 3).await;
        assert_eq!(candidates[0].article.id, "en/dog.md");
        assert_eq!(base.articles().await.len(), 2);
    }

    #[tokio::test]
    async fn a_follow_up_leans_on_the_customers_words_and_not_on_the_bots() {
        let folder = TestFolder::new(&[("en/cat.md", CAT), ("en/dog.md", DOG)]);
        let base = open(&folder, 3600).await;
        let mut follow_up = question("no, that's not it");
        follow_up.history = vec![
            Turn { speaker: Speaker::Customer, text: "walk the dog".into() },
            Turn { speaker: Speaker::Bot, text: "How do I feed a cat?".into() },
        ];
        assert_eq!(titles(&base, &follow_up).await, ["How do I walk a dog?"]);
    }
}
