//! One article: its Markdown, read into a title, a body and what the author notes for the search. Pure.

use std::fmt::Write as _;

use helpdesk_core::Language;

/// Largest article, in bytes: some thirty screens of text, more than anybody reads in a chat.
pub const ARTICLE_MAX_BYTES: usize = 64 * 1024;

/// One answer of the knowledge base.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Article {
    /// Stable name, such as `ru/password.md`: the language's folder and the file.
    pub id: String,
    /// The language that it is written in.
    pub language: Language,
    /// The first heading, phrased as customers would ask.
    pub title: String,
    /// What follows the heading, as Markdown, without comments.
    pub body: String,
    /// Other words for the same question, from the comment `<!-- keywords: … -->`; searched, never shown.
    pub keywords: String,
    /// Where to read the article, from the comment `<!-- link: … -->`.
    pub link: Option<String>,
}

/// Why a text is no article. Shown to whoever keeps the knowledge base.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArticleProblem {
    /// The text is longer than [`ARTICLE_MAX_BYTES`].
    #[error("it is larger than {ARTICLE_MAX_BYTES} bytes; split it into several articles")]
    TooLarge,
    /// The text is not UTF-8.
    #[error("it is not UTF-8 (the first wrong byte is at {valid_bytes}); save it as UTF-8")]
    NotUtf8 {
        /// How many bytes are fine before the first wrong one.
        valid_bytes: usize,
    },
    /// There is no heading to take the title from.
    #[error("it has no heading; begin it with a line such as `# How do I reset my password?`")]
    NoTitle,
    /// There is nothing under the heading.
    #[error("it has no text under its heading")]
    NoText,
}

impl Article {
    /// Reads the bytes of a Markdown file.
    ///
    /// ```
    /// use helpdesk_channels::knowledge::Article;
    /// use helpdesk_core::Language;
    ///
    /// let article = Article::parse("en/hours.md", Language::ENGLISH, b"# When are you open?\n\nAlways.")?;
    /// assert_eq!(article.title, "When are you open?");
    /// assert_eq!(article.body, "Always.");
    /// # Ok::<(), helpdesk_channels::knowledge::ArticleProblem>(())
    /// ```
    pub fn parse(id: impl Into<String>, language: Language, markdown: &[u8]) -> Result<Self, ArticleProblem> {
        if markdown.len() > ARTICLE_MAX_BYTES {
            return Err(ArticleProblem::TooLarge);
        }
        let text = std::str::from_utf8(markdown)
            .map_err(|error| ArticleProblem::NotUtf8 { valid_bytes: error.valid_up_to() })?;
        // Windows editors put a byte order mark in front, which would hide the heading.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
        let (text, notes) = split_comments(&text);
        let (title, body) = split_title(&text).ok_or(ArticleProblem::NoTitle)?;
        if body.is_empty() {
            return Err(ArticleProblem::NoText);
        }
        Ok(Self { id: id.into(), language, title, body, keywords: notes.keywords, link: notes.link })
    }

    /// What the article is about, whichever language it is written in: the file's name. `ru/password.md` and
    /// `en/password.md` are one topic, so that neither is offered after the other one did not help.
    pub fn topic(&self) -> &str {
        topic_of(&self.id)
    }
}

/// The topic of the article with this id.
pub(super) fn topic_of(id: &str) -> &str {
    id.rsplit_once('/').map_or(id, |(_, file)| file)
}

/// What the author wrote in comments.
#[derive(Default)]
struct Notes {
    keywords: String,
    link: Option<String>,
}

/// Takes HTML comments out of `text` and reads those that mean something. A comment without an end hides the rest, as it
/// would in a browser.
fn split_comments(text: &str) -> (String, Notes) {
    let mut visible = String::with_capacity(text.len());
    let mut notes = Notes::default();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        visible.push_str(before);
        let (comment, after) = after.split_once("-->").unwrap_or((after, ""));
        if let Some((name, value)) = comment.split_once(':') {
            let value = value.trim();
            match name.trim() {
                // Writing to a String cannot fail.
                "keywords" => drop(writeln!(notes.keywords, "{value}")),
                "link" if !value.is_empty() => notes.link = Some(value.to_owned()),
                _ => {}
            }
        }
        rest = after;
    }
    visible.push_str(rest);
    (visible, notes)
}

/// The first heading, and what stands below it. What stands above the first heading belongs to the body too.
fn split_title(text: &str) -> Option<(String, String)> {
    let mut in_code = false;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        if trimmed.starts_with("```") {
            in_code = !in_code;
        }
        let title = heading(trimmed).filter(|_| !in_code);
        if let Some(title) = title {
            let (above, below) = (text[..offset].trim(), text[offset + line.len()..].trim());
            let body =
                if above.is_empty() { below.to_owned() } else { format!("{above}\n\n{below}").trim().to_owned() };
            return Some((title.to_owned(), body));
        }
        offset += line.len();
    }
    None
}

/// The text of an ATX heading of any level.
fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    let is_heading = (1..=6).contains(&level) && text.starts_with([' ', '\t']);
    let title = text.trim().trim_end_matches('#').trim();
    (is_heading && !title.is_empty()).then_some(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(markdown: &str) -> Result<Article, ArticleProblem> {
        Article::parse("en/a.md", Language::ENGLISH, markdown.as_bytes())
    }

    #[test]
    fn the_first_heading_is_the_title_and_the_rest_the_body() {
        let cases = [
            ("# A\n\nText", "A", "Text"),
            ("\u{feff}# A\r\n\r\nText\r\nmore\r\n", "A", "Text\nmore"),
            ("## A ##\nText\n## B\nmore", "A", "Text\n## B\nmore"),
            ("Before\n\n# A\nText", "A", "Before\n\nText"),
            ("```\n# no\n```\n# A\nText", "A", "```\n# no\n```\n\nText"),
            ("#no heading\n# Цена?\nДа", "Цена?", "#no heading\n\nДа"),
        ];
        for (markdown, title, body) in cases {
            let article = parse(markdown).unwrap();
            assert_eq!((article.title.as_str(), article.body.as_str()), (title, body), "{markdown:?}");
        }
    }

    #[test]
    fn comments_are_notes_for_the_search_and_never_shown() {
        let article =
            parse("# A\nText <!-- todo -->here\n<!-- keywords: one, two -->\n<!-- link: https://a.example/b -->")
                .unwrap();
        assert_eq!(article.body, "Text here");
        assert_eq!(article.keywords.trim(), "one, two");
        assert_eq!(article.link.as_deref(), Some("https://a.example/b"));
    }

    #[test]
    fn what_is_no_article_says_why() {
        assert_eq!(parse("just text"), Err(ArticleProblem::NoTitle));
        assert_eq!(parse(""), Err(ArticleProblem::NoTitle));
        assert_eq!(parse("# \n\ntext"), Err(ArticleProblem::NoTitle));
        assert_eq!(parse("# A\n<!-- keywords: b -->"), Err(ArticleProblem::NoText));
        assert_eq!(parse(&"a".repeat(ARTICLE_MAX_BYTES + 1)), Err(ArticleProblem::TooLarge));
        let latin1 = Article::parse("a.md", Language::ENGLISH, b"# Caf\xe9\n");
        assert_eq!(latin1, Err(ArticleProblem::NotUtf8 { valid_bytes: 5 }));
    }
}
