//! The articles of all languages, and in which of them a question is looked up. Pure.

use std::{collections::BTreeMap, sync::Arc};

use helpdesk_core::Language;

use super::{
    article::{Article, topic_of},
    index::{ArticleIndex, Scope},
};

/// Share of Cyrillic letters above which a text counts as Cyrillic. Well below half: brand names and commands are Latin
/// in Russian text ("как подключить Google Analytics"), while Cyrillic letters in English text are rare.
const CYRILLIC_MIN_SHARE: f32 = 0.25;
/// Languages written in Cyrillic letters.
const CYRILLIC_LANGUAGES: [&str; 10] = ["be", "bg", "kk", "ky", "mk", "mn", "ru", "sr", "tg", "uk"];
/// A message with at most so many terms may lean on what was said before; a longer one is a question by itself.
const FOLLOW_UP_MAX_TERMS: usize = 2;

/// An article that may answer a question.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// The article.
    pub article: Arc<Article>,
    /// How much of what the question says the article is about, from 0 to 1.
    pub confidence: f32,
}

/// What is asked of a [`Library`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Query<'a> {
    /// The customer's words.
    pub(super) text: &'a str,
    /// What the customer said before, the newest last.
    pub(super) before: &'a [&'a str],
    /// The customer's language.
    pub(super) language: &'a Language,
    /// Ids of articles that did not help; their topics are left out in every language.
    pub(super) tried: &'a [String],
    /// Which articles count.
    pub(super) scope: Scope,
    /// Confidence from which they do.
    pub(super) floor: f32,
    /// Most articles to find.
    pub(super) max_count: usize,
}

/// All articles, by language.
#[derive(Default)]
pub(super) struct Library {
    shelves: BTreeMap<Language, Shelf>,
}

struct Shelf {
    articles: Vec<Arc<Article>>,
    index: ArticleIndex,
}

impl Library {
    /// Sorts and indexes `articles`.
    pub(super) fn new(articles: Vec<Article>) -> Self {
        let mut by_language: BTreeMap<Language, Vec<Arc<Article>>> = BTreeMap::new();
        for article in articles {
            by_language.entry(article.language.clone()).or_default().push(Arc::new(article));
        }
        let shelves = by_language
            .into_iter()
            .map(|(language, mut articles)| {
                articles.sort_by(|a, b| a.id.cmp(&b.id));
                let index = ArticleIndex::new(&language, &articles);
                (language, Shelf { articles, index })
            })
            .collect();
        Self { shelves }
    }

    /// Every article, by language and id.
    pub(super) fn articles(&self) -> impl Iterator<Item = &Arc<Article>> {
        self.shelves.values().flat_map(|shelf| &shelf.articles)
    }

    /// The articles that count, in the first language that has any, the most confident first.
    pub(super) fn find(&self, query: Query<'_>) -> Vec<Finding> {
        languages_to_try(query.text, query.language, self.shelves.keys())
            .into_iter()
            .filter_map(|language| self.shelves.get(&language))
            .map(|shelf| shelf.find(query))
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    }
}

impl Shelf {
    fn find(&self, query: Query<'_>) -> Vec<Finding> {
        let found = self.find_text(query.text, query);
        if !found.is_empty() || query.before.is_empty() || self.index.terms_count(query.text) > FOLLOW_UP_MAX_TERMS {
            return found;
        }
        // "No, it still does not come" is no question by itself: it goes on with the one before.
        let mut whole = query.before.join("\n");
        whole.push('\n');
        whole.push_str(query.text);
        self.find_text(&whole, query)
    }

    fn find_text(&self, text: &str, query: Query<'_>) -> Vec<Finding> {
        self.index
            .search(text, query.scope)
            .into_iter()
            .take_while(|hit| hit.confidence >= query.floor)
            .map(|hit| Finding { article: Arc::clone(&self.articles[hit.article]), confidence: hit.confidence })
            .filter(|finding| !query.tried.iter().any(|id| topic_of(id) == finding.article.topic()))
            .take(query.max_count)
            .collect()
    }
}

/// The order in which languages are searched: the one that the text is written in, as far as its letters tell, then the
/// customer's, then the others.
fn languages_to_try<'a>(
    text: &str,
    customer: &Language,
    available: impl Iterator<Item = &'a Language>,
) -> Vec<Language> {
    let is_cyrillic = is_cyrillic(text);
    let has_script = |language: &Language| CYRILLIC_LANGUAGES.contains(&language.as_str()) == is_cyrillic;
    let usual = if is_cyrillic { Language::RUSSIAN } else { Language::ENGLISH };
    let mut order = Vec::new();
    let first = if has_script(customer) { [customer.clone(), usual] } else { [usual, customer.clone()] };
    for language in first.into_iter().chain(available.cloned()) {
        if !order.contains(&language) {
            order.push(language);
        }
    }
    order
}

#[allow(clippy::cast_precision_loss)] // Counts of letters of one message.
fn is_cyrillic(text: &str) -> bool {
    let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
    let cyrillic = text.chars().filter(|letter| matches!(letter, '\u{400}'..='\u{52f}')).count();
    letters > 0 && cyrillic as f32 >= CYRILLIC_MIN_SHARE * letters as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library() -> Library {
        let articles = [
            ("ru/cat.md", "# Как кормить кошку?\n\nДва раза в день."),
            ("ru/dog.md", "# Как гулять с собакой?\n\nНа поводке."),
            ("ru/dog-food.md", "# Чем кормить собаку?\n\nКормом."),
            ("en/cat.md", "# How do I feed a cat?\n\nTwice a day."),
            ("en/ferret.md", "# How do I wash a ferret?\n\nSlowly."),
        ];
        let articles = articles
            .map(|(id, markdown)| Article::parse(id, Language::from_tag(&id[..2]), markdown.as_bytes()).unwrap());
        Library::new(articles.into())
    }

    fn found(query: Query<'_>) -> Vec<String> {
        library().find(query).into_iter().map(|finding| finding.article.id.clone()).collect()
    }

    fn query<'a>(text: &'a str, language: &'a Language) -> Query<'a> {
        Query { text, before: &[], language, tried: &[], scope: Scope::OnTopic, floor: 0.3, max_count: 5 }
    }

    #[test]
    fn the_letters_decide_the_language_before_the_customers_own() {
        let (ru, en) = (Language::RUSSIAN, Language::ENGLISH);
        let de = Language::from_tag("de");
        let uk = Language::from_tag("uk");
        let cases: [(&str, &Language, &[&str]); 6] = [
            ("как кормить", &en, &["ru", "en"]),
            ("how to feed", &ru, &["en", "ru"]),
            ("wie füttere ich", &de, &["de", "en", "ru"]),
            ("чим годувати", &uk, &["uk", "ru", "en"]),
            ("как подключить Google Analytics", &en, &["ru", "en"]),
            ("🙂", &ru, &["en", "ru"]),
        ];
        for (text, customer, expected) in cases {
            let order = languages_to_try(text, customer, [&en, &ru].into_iter());
            assert_eq!(order.iter().map(Language::as_str).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn another_language_answers_when_the_own_one_cannot() {
        assert_eq!(found(query("cat food, feed", &Language::RUSSIAN)), ["en/cat.md"]);
        assert_eq!(found(query("wash ferret по-русски", &Language::RUSSIAN)), ["en/ferret.md"]);
    }

    #[test]
    fn what_did_not_help_is_not_offered_again_in_any_language() {
        let first = found(query("кормить собаку", &Language::RUSSIAN));
        assert_eq!(first[0], "ru/dog-food.md");
        let tried = [first[0].clone()];
        let second = found(Query { tried: &tried, ..query("кормить собаку", &Language::RUSSIAN) });
        assert!(!second.is_empty() && !second.contains(&first[0]), "{second:?}");
        let tried = ["ru/cat.md".to_owned()];
        assert_eq!(found(Query { tried: &tried, ..query("feed cat", &Language::ENGLISH) }), Vec::<String>::new());
    }

    #[test]
    fn a_short_follow_up_leans_on_the_question_before() {
        let before = ["Чем кормить собаку?"];
        let tried = ["ru/dog-food.md".to_owned()];
        let follow_up =
            Query { before: &before, tried: &tried, ..query("нет, не помогло", &Language::RUSSIAN) };
        assert!(!found(follow_up).is_empty());
        let another =
            Query { text: "расписание поездов Москва Тула завтра", ..follow_up };
        assert_eq!(found(another), Vec::<String>::new());
    }
}
