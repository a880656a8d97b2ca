//! The knowledge base as the bot's [`Responder`]: the best article above the floor, or none.

use async_trait::async_trait;
use helpdesk_core::{
    limits::{MESSAGE_TEXT_MAX_CHARS, shorten},
    message::TextFormat,
    responder::{Answer, Question, Responder, Source},
    service::ServiceError,
};

use super::{Article, KnowledgeBase};

#[async_trait]
impl Responder for KnowledgeBase {
    /// Answers with one article only: what is named under an answer counts as tried, and the second best article must
    /// stay for the customer's next try.
    async fn answer(&self, question: &Question) -> Result<Answer, ServiceError> {
        let Some(finding) = self.find(question, 1).await.into_iter().next() else {
            return Ok(Answer::NotFound);
        };
        Ok(Answer::Found {
            text: shorten(&finding.article.body, MESSAGE_TEXT_MAX_CHARS),
            format: TextFormat::Markdown,
            sources: vec![Source::from(finding.article.as_ref())],
        })
    }
}

impl From<&Article> for Source {
    fn from(article: &Article) -> Self {
        Self { id: article.id.clone(), title: article.title.clone(), url: article.link.clone() }
    }
}

#[cfg(test)]
mod tests {
    use helpdesk_core::{Language, id::SessionId};

    use super::*;

    fn base() -> KnowledgeBase {
        let articles = [
            ("en/feed.md", "# How do I feed a cat?\n\nTwice a day.\n<!-- link: https://cats.example/feed -->"),
            ("en/food.md", "# Which food does a cat like?\n\nFish. To feed it, **call** it."),
        ];
        let articles = articles.map(|(id, text)| Article::parse(id, Language::ENGLISH, text.as_bytes()).unwrap());
        KnowledgeBase::from_articles(articles.into(), 0.3).unwrap()
    }

    fn question(text: &str) -> Question {
        Question::new(SessionId::from_uuid(uuid::Uuid::nil()), Language::ENGLISH, text)
    }

    #[tokio::test]
    async fn each_answer_of_a_session_is_another_article_until_none_is_left() {
        let base = base();
        let mut question = question("feed the cat");
        let mut texts = Vec::new();
        while let Answer::Found { text, format, sources } = base.answer(&question).await.unwrap() {
            assert_eq!((format, sources.len()), (TextFormat::Markdown, 1));
            question.tried.push(sources[0].id.clone());
            texts.push(text);
        }
        assert_eq!(texts, ["Twice a day.", "Fish. To feed it, **call** it."]);
    }

    #[tokio::test]
    async fn the_source_names_the_article_and_its_link() {
        let Answer::Found { sources, .. } = base().answer(&question("feed cat")).await.unwrap() else {
            panic!("no answer");
        };
        let expected = Source {
            id: "en/feed.md".into(),
            title: "How do I feed a cat?".into(),
            url: Some("https://cats.example/feed".into()),
        };
        assert_eq!(sources, [expected]);
    }

    #[tokio::test]
    async fn what_it_does_not_know_it_does_not_answer() {
        assert_eq!(base().answer(&question("Which train goes to Rome?")).await.unwrap(), Answer::NotFound);
    }
}
