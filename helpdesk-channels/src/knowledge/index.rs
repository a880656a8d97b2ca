//! The articles of one language, searched by BM25. Pure.
//!
//! # When it answers
//!
//! A raw BM25 score grows with the number of articles, with the rarity of their words and with the length of the
//! question, so no fixed score tells an answer from a coincidence. What is compared with the floor is the *confidence*:
//! the score as a share of the highest that any article could have reached for this question, that is of
//! `Σ idf(term) · (k1 + 1)`. It lies between 0 and 1 whatever the size of the knowledge base, and reads as "how much of
//! what the question says is this article about": a rare word that the article does not have costs much, a common one
//! little; a word of the title counts nearly full, a word that is mentioned once in the body less than half.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use bm25::{Embedder, EmbedderBuilder, Embedding, Scorer, TokenEmbedder, TokenEmbedding, Tokenizer};
use helpdesk_core::Language;

use super::{
    article::Article,
    words::{Words, is_number},
};

/// How often a word of the title counts: the title is what the author says that the article is about.
const TITLE_WEIGHT: usize = 3;
/// How often a word of the author's keywords counts.
const KEYWORDS_WEIGHT: usize = 2;
/// How soon a repeated word stops to count more; the usual value.
const SATURATION_K1: f32 = 1.2;
/// How much long articles are held back. Less than the usual 0.75: help articles are of one size, and the longer of two
/// is as likely to be the right one.
const LENGTH_B: f32 = 0.5;
/// Most different terms of one question that are searched: bounds the work that a message of 20,000 characters makes.
const QUESTION_TERMS_MAX_COUNT: usize = 48;
/// Most sentences of a question that are also searched each by itself.
const QUESTION_SENTENCES_MAX_COUNT: usize = 12;
/// Fewest terms of a sentence that is searched by itself: one word amid a story is no question.
const SENTENCE_TERMS_MIN_COUNT: usize = 2;

/// An article that was found, by its place in the list that the index was made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hit {
    pub(super) article: usize,
    pub(super) confidence: f32,
}

/// Which articles count as found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Those that share a term with the question in their title or keywords. Terms of the body alone are a coincidence
    /// more often than an answer.
    OnTopic,
    /// Also those that share one in their body alone.
    Mentioning,
}

/// A searchable list of articles.
pub(super) struct ArticleIndex {
    words: Words,
    scorer: Scorer<usize, u64>,
    /// In how many articles each term stands.
    articles_with_term: HashMap<u64, usize>,
    /// The terms of each article's title and keywords.
    topics: Vec<HashSet<u64>>,
}

impl ArticleIndex {
    /// Indexes `articles`, which are all written in `language`.
    pub(super) fn new(language: &Language, articles: &[Arc<Article>]) -> Self {
        let texts: Vec<String> = articles.iter().map(|article| weighted_text(article)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let embedder: Embedder<u64, Words> =
            EmbedderBuilder::with_tokenizer_and_fit_to_corpus(Words::new(language), &texts)
                .k1(SATURATION_K1)
                .b(LENGTH_B)
                .build();
        let mut scorer = Scorer::new();
        let mut articles_with_term = HashMap::new();
        for (article, text) in texts.iter().enumerate() {
            let embedding = without_repeats(embedder.embed(text));
            for term in embedding.indices() {
                *articles_with_term.entry(*term).or_default() += 1;
            }
            scorer.upsert(&article, embedding);
        }
        let words = Words::new(language);
        let topics = articles.iter().map(|article| topic_terms(&words, article)).collect();
        Self { words, scorer, articles_with_term, topics }
    }

    /// How many different terms of `text` say something.
    pub(super) fn terms_count(&self, text: &str) -> usize {
        self.terms(text).len()
    }

    /// The articles that have to do with `question`, the most confident first.
    ///
    /// A question may come inside a story. So each sentence is also searched by itself, and an article is as sure as the
    /// sentence that it fits best.
    pub(super) fn search(&self, question: &str, scope: Scope) -> Vec<Hit> {
        let mut confidences: HashMap<usize, f32> = HashMap::new();
        let mut add = |terms: &[u64]| {
            for (article, confidence) in self.confidences(terms, scope) {
                let best = confidences.entry(article).or_default();
                *best = best.max(confidence);
            }
        };
        add(&self.terms(question));
        let sentences = sentences(question);
        if sentences.len() > 1 {
            for sentence in sentences {
                let terms = self.terms(sentence);
                if terms.len() >= SENTENCE_TERMS_MIN_COUNT {
                    add(&terms);
                }
            }
        }
        let mut hits: Vec<Hit> =
            confidences.into_iter().map(|(article, confidence)| Hit { article, confidence }).collect();
        // The order of articles settles ties, so that the same question has the same answer every time.
        hits.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(a.article.cmp(&b.article)));
        hits
    }

    /// The different terms of `text` that say something, in their order.
    fn terms(&self, text: &str) -> Vec<u64> {
        let mut seen = HashSet::new();
        self.words
            .tokenize(text)
            .into_iter()
            .filter_map(|word| {
                let term = u64::embed(&word);
                let is_known = self.articles_with_term.contains_key(&term);
                (is_known || !is_number(&word)).then_some(term)
            })
            .filter(|term| seen.insert(*term))
            .take(QUESTION_TERMS_MAX_COUNT)
            .collect()
    }

    /// The confidence of each article that shares a term with the question.
    fn confidences(&self, terms: &[u64], scope: Scope) -> Vec<(usize, f32)> {
        let highest: f32 = terms.iter().map(|term| self.idf(*term) * (SATURATION_K1 + 1.0)).sum();
        if highest <= 0.0 {
            return Vec::new();
        }
        // The scorer reads only the terms of a query, not their values.
        let query = Embedding(terms.iter().map(|term| TokenEmbedding { index: *term, value: 1.0 }).collect());
        self.scorer
            .matches(&query)
            .into_iter()
            .filter(|found| scope == Scope::Mentioning || terms.iter().any(|term| self.topics[found.id].contains(term)))
            .map(|found| (found.id, found.score / highest))
            .collect()
    }

    /// How much a term tells, by the same formula as the scorer's. A word that no article has counts like the rarest
    /// known one: more would let a single unknown word outweigh a question that is otherwise understood.
    #[allow(clippy::cast_precision_loss)] // Counts of articles, far below 2^23.
    fn idf(&self, term: u64) -> f32 {
        let with_term = self.articles_with_term.get(&term).copied().unwrap_or(1) as f32;
        (1.0 + (self.topics.len() as f32 - with_term + 0.5) / (with_term + 0.5)).ln()
    }
}

/// What of an article is searched, as one text in which what matters more stands more often.
fn weighted_text(article: &Article) -> String {
    let parts = [
        [article.title.as_str(), "\n"].concat().repeat(TITLE_WEIGHT),
        [article.keywords.as_str(), "\n"].concat().repeat(KEYWORDS_WEIGHT),
        article.body.clone(),
    ];
    parts.concat()
}

/// What an article is about in its author's words.
fn topic_terms(words: &Words, article: &Article) -> HashSet<u64> {
    [&article.title, &article.keywords]
        .into_iter()
        .flat_map(|text| words.tokenize(text))
        .map(|word| u64::embed(&word))
        .collect()
}

/// Each term once: the scorer looks terms up one by one, and the value of a term is the same wherever it stands.
fn without_repeats(embedding: Embedding<u64>) -> Embedding<u64> {
    let mut seen = HashSet::new();
    Embedding(embedding.0.into_iter().filter(|term| seen.insert(term.index)).collect())
}

/// The sentences of `text`. A dot inside a word (`1.5`, `example.com`) ends none.
fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let before_space = letters.peek().is_none_or(|(_, next)| next.is_whitespace());
        if letter == '\n' || (matches!(letter, '.' | '!' | '?' | '…' | ';') && before_space) {
            let end = at + letter.len_utf8();
            sentences.push(text[start..end].trim());
            start = end;
        }
    }
    sentences.push(text[start..].trim());
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.truncate(QUESTION_SENTENCES_MAX_COUNT);
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(id: &str, markdown: &str) -> Arc<Article> {
        Arc::new(Article::parse(id, Language::ENGLISH, markdown.as_bytes()).unwrap())
    }

    fn index() -> ArticleIndex {
        ArticleIndex::new(
            &Language::ENGLISH,
            &[
                article("a", "# How do I water a cactus?\n\nOnce a month, with a spoon."),
                article("b", "# How do I feed a cat?\n\nTwice a day. Water it as well."),
                article("c", "# How do I walk a dog?\n\nOn a lead."),
            ],
        )
    }

    #[test]
    fn a_word_of_the_title_counts_more_than_one_of_the_body() {
        let index = index();
        let (title, body) =
            (index.search("water cactus", Scope::OnTopic)[0], index.search("spoon cactus", Scope::OnTopic)[0]);
        assert_eq!((title.article, body.article), (0, 0));
        assert!(title.confidence > 1.1 * body.confidence, "{title:?} {body:?}");
    }

    #[test]
    fn words_of_the_body_alone_are_a_coincidence_unless_they_are_asked_for() {
        let index = index();
        assert_eq!(index.search("spoon", Scope::OnTopic), []);
        assert_eq!(index.search("spoon", Scope::Mentioning)[0].article, 0);
        assert_eq!(index.search("water", Scope::OnTopic).iter().map(|hit| hit.article).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn confidence_is_a_share_and_falls_with_each_word_that_is_not_known() {
        let index = index();
        let mut last = 1.0;
        for question in ["feed cat", "feed cat piano", "feed cat piano violin", "feed cat piano violin trumpet"] {
            let confidence = index.search(question, Scope::OnTopic)[0].confidence;
            assert!(confidence > 0.0 && confidence < last, "{question}: {confidence}");
            last = confidence;
        }
        assert_eq!(index.search("piano violin", Scope::OnTopic), []);
        assert_eq!(index.search("", Scope::OnTopic), []);
    }

    #[test]
    fn a_question_inside_a_story_is_as_sure_as_the_question_alone() {
        let index = index();
        let alone = index.search("How do I walk a dog?", Scope::OnTopic)[0];
        let story = index.search(
            "Grandmother visited London. Weather was splendid! How do I walk a dog? Regards, Ann.",
            Scope::OnTopic,
        )[0];
        assert_eq!(alone, story);
    }

    #[test]
    fn repeating_a_word_or_adding_numbers_changes_nothing() {
        let index = index();
        assert_eq!(index.search("cat", Scope::OnTopic), index.search("cat cats CAT 12345 99.5", Scope::OnTopic));
    }

    #[test]
    fn an_empty_list_finds_nothing() {
        assert_eq!(ArticleIndex::new(&Language::ENGLISH, &[]).search("cat", Scope::OnTopic), []);
    }

    #[test]
    fn sentences_end_before_white_space_only() {
        assert_eq!(sentences("One. Two 1.5 a.example? Three!\nFour"), ["One.", "Two 1.5 a.example?", "Three!", "Four"]);
        assert_eq!(sentences("  "), Vec::<&str>::new());
    }
}
