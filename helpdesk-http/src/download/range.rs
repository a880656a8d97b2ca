//! Which bytes of a file a client wants (RFC 9110, chapter 14): players seek, and broken downloads go on.

use std::ops::Range;

use axum::http::{HeaderMap, HeaderValue, header};

use crate::problem::{Kind, Problem};

/// The bytes that are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// `None` is the whole file, also when nothing else was asked for.
    pub(crate) range: Option<Range<u64>>,
    size_bytes: u64,
}

impl Part {
    pub(crate) fn len(&self) -> u64 {
        self.range.as_ref().map_or(self.size_bytes, |range| range.end - range.start)
    }

    pub(super) fn content_range(&self) -> Option<HeaderValue> {
        let range = self.range.as_ref()?;
        HeaderValue::try_from(format!("bytes {}-{}/{}", range.start, range.end - 1, self.size_bytes)).ok()
    }
}

/// What the request's `Range` asks for out of a file of `size_bytes`. Several ranges at once are answered with the whole
/// file, which the standard allows; so is a range of a file that has another tag than the client thinks.
pub(crate) fn requested(headers: &HeaderMap, etag: &str, size_bytes: u64) -> Result<Part, Problem> {
    let whole = Part { range: None, size_bytes };
    let Some(wanted) = headers.get(header::RANGE) else { return Ok(whole) };
    if headers.get(header::IF_RANGE).is_some_and(|tag| tag.as_bytes() != etag.as_bytes()) {
        return Ok(whole);
    }
    let wanted = wanted.to_str().unwrap_or_default();
    // Another unit is none that we know, and to be ignored.
    let Some((unit, ranges)) = wanted.split_once('=') else { return Err(unsatisfiable(size_bytes)) };
    if !unit.trim().eq_ignore_ascii_case("bytes") || ranges.contains(',') {
        return Ok(whole);
    }
    let range = parse(ranges.trim(), size_bytes).ok_or_else(|| unsatisfiable(size_bytes))?;
    Ok(Part { range: Some(range), size_bytes })
}

fn parse(range: &str, size_bytes: u64) -> Option<Range<u64>> {
    let (first, last) = range.split_once('-')?;
    let (start, end) = match (number(first), number(last)) {
        // The last so many bytes.
        (None, Some(length)) if first.is_empty() => (size_bytes.saturating_sub(length), size_bytes),
        (Some(start), None) if last.is_empty() => (start, size_bytes),
        (Some(start), Some(last)) if start <= last => (start, last.saturating_add(1).min(size_bytes)),
        _ => return None,
    };
    (start < end).then_some(start..end)
}

/// Digits alone: `u64::from_str` would take a sign too.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn unsatisfiable(size_bytes: u64) -> Problem {
    let problem = Problem::new(Kind::RangeNotSatisfiable).detail(format!("the file has {size_bytes} bytes"));
    match HeaderValue::try_from(format!("bytes */{size_bytes}")) {
        Ok(size) => problem.header(header::CONTENT_RANGE, size),
        Err(_) => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &str = "\"tag\"";

    fn ask(range: &str, if_range: Option<&str>, size_bytes: u64) -> Result<Option<Range<u64>>, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().unwrap());
        if let Some(tag) = if_range {
            headers.insert(header::IF_RANGE, tag.parse().unwrap());
        }
        requested(&headers, TAG, size_bytes).map(|part| part.range)
    }

    #[test]
    fn reads_single_ranges() {
        for (range, expected) in [
            ("bytes=0-", 0..10),
            ("bytes=0-0", 0..1),
            ("bytes=3-5", 3..6),
            ("Bytes = 9-99", 9..10),
            ("bytes=-3", 7..10),
            ("bytes=-99", 0..10),
        ] {
            assert_eq!(ask(range, None, 10).unwrap(), Some(expected), "{range}");
        }
    }

    #[test]
    fn refuses_what_the_file_does_not_have() {
        for range in [
            "bytes=10-",
            "bytes=5-3",
            "bytes=-0",
            "bytes=-",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes",
            "",
            "bytes=99999999999999999999-",
        ] {
            assert_eq!(ask(range, None, 10).unwrap_err().status(), 416, "{range}");
        }
        assert!(ask("bytes=0-", None, 0).is_err(), "an empty file has no first byte");
    }

    #[test]
    fn answers_with_the_whole_file_where_the_standard_says_so() {
        assert_eq!(ask("pages=1-2", None, 10).unwrap(), None);
        assert_eq!(ask("bytes=0-1,3-4", None, 10).unwrap(), None);
        assert_eq!(ask("bytes=0-1", Some("\"other\""), 10).unwrap(), None);
        assert_eq!(ask("bytes=0-1", Some(TAG), 10).unwrap(), Some(0..2));
    }
}
