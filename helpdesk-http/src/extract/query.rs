//! Query strings: an unknown parameter, or one given twice, is refused, so that a mistyped filter never shows everything.

use axum::{
    extract::FromRequestParts,
    http::{Uri, request::Parts},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use helpdesk_core::{
    DeskError,
    limits::{PAGE_DEFAULT_ROWS, PAGE_MAX_ROWS},
    storage::{Cursor, InvalidCursor, PageRequest, StorageError},
};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, de::DeserializeOwned};

use crate::problem::{Kind, Problem};

/// The parameters of a query string; `T` denies unknown fields.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse(&parts.uri).map(Self)
    }
}

fn parse<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    let query = uri.query().unwrap_or_default();
    // Decoding would put replacement characters in place of what is not UTF-8, and search for those.
    if percent_decode_str(query).decode_utf8().is_err() {
        return Err(Problem::new(Kind::InvalidQuery).detail("the query string is not valid UTF-8"));
    }
    match axum::extract::Query::try_from_uri(uri) {
        Ok(axum::extract::Query(value)) => Ok(value),
        Err(rejection) => {
            let detail =
                std::error::Error::source(&rejection).map_or_else(|| rejection.to_string(), ToString::to_string);
            Err(Problem::new(Kind::InvalidQuery).detail(detail))
        }
    }
}

/// The place where a page begins, as a list gave it: what a storage wrote, in letters that need no escape in a query.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "String")]
pub(crate) struct PageCursor(Option<Cursor>);

impl From<String> for PageCursor {
    fn from(text: String) -> Self {
        let stored = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        Self(stored.map(Cursor))
    }
}

impl PageCursor {
    /// What a list gives to its client.
    pub(crate) fn text(cursor: &Cursor) -> String {
        URL_SAFE_NO_PAD.encode(&cursor.0)
    }
}

/// The number of rows on a page: 1 to 500.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "u32")]
pub(crate) struct Limit(u32);

impl TryFrom<u32> for Limit {
    type Error = String;

    fn try_from(rows: u32) -> Result<Self, String> {
        if (1..=PAGE_MAX_ROWS).contains(&rows) {
            Ok(Self(rows))
        } else {
            Err(format!("a limit is between 1 and {PAGE_MAX_ROWS}"))
        }
    }
}

/// The page of at most `limit` rows that begins at `cursor`.
pub(crate) fn page(limit: Option<Limit>, cursor: Option<PageCursor>) -> Result<PageRequest, Problem> {
    let limit = limit.map_or(PAGE_DEFAULT_ROWS, |Limit(rows)| rows);
    match cursor {
        None => Ok(PageRequest { limit, cursor: None }),
        Some(PageCursor(Some(cursor))) => Ok(PageRequest { limit, cursor: Some(cursor) }),
        Some(PageCursor(None)) => Err(DeskError::from(StorageError::Cursor(InvalidCursor)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct List {
        limit: Option<Limit>,
        q: Option<String>,
    }

    fn read(query: &str) -> Result<List, Problem> {
        parse(&format!("/list?{query}").parse().unwrap())
    }

    #[test]
    fn takes_what_it_knows() {
        let list = read("limit=500&q=%D0%BF%D1%80%D0%B8%D0%B2%D0%B5%D1%82+1").unwrap();
        assert_eq!(page(list.limit, None).unwrap().limit, 500);
        assert_eq!(list.q.as_deref(), Some("привет 1"));
    }

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let cursor = Cursor("newest:17/Анна & co".to_owned());
        let text = PageCursor::text(&cursor);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
        assert_eq!(page(None, Some(text.into())).unwrap().cursor, Some(cursor));
        assert!(page(None, Some("?".to_owned().into())).is_err());
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for query in ["limit=0", "limit=501", "limit=-1", "limit=x", "limit=", "x=1", "q=1&q=2", "q=%FF"] {
            assert!(read(query).is_err(), "{query}");
        }
    }
}
