//! Cuts a long text into parts that Telegram takes, at the most readable place that is near enough to the limit.

use unicode_segmentation::UnicodeSegmentation;

use super::rich::Rich;

/// Cuts `text` into parts of at most `limit` UTF-16 units. No part is blank, and nothing but white space at the cuts and
/// around the whole is lost; a style that reaches over a cut goes on behind it.
pub(super) fn split(text: &Rich, limit: usize) -> Vec<Rich> {
    let text = text.trimmed();
    let mut parts = Vec::new();
    let mut start = 0;
    while start < text.text.len() {
        let rest = &text.text[start..];
        let length = cut(rest, limit);
        let part = rest[..length].trim_end().len();
        if part > 0 {
            parts.push(text.slice(start..start + part));
        }
        start += length;
        start += leading_space(&rest[..length], &text.text[start..]);
    }
    parts
}

/// How many bytes of white space at a cut are left out. Behind the end of a line the next line's indentation stays, or code
/// would lose its shape.
fn leading_space(before: &str, after: &str) -> usize {
    let line_break = ['\n', '\r'];
    let kept = match before.ends_with(line_break) || after.starts_with(line_break) {
        true => after.trim_start_matches(line_break),
        false => after.trim_start(),
    };
    after.len() - kept.len()
}

/// How many bytes of `text` the next part takes: more than none, and never a part of a character.
fn cut(text: &str, limit: usize) -> usize {
    let fits = fitting(text, limit);
    if fits == text.len() {
        return fits;
    }
    let window = &text[..fits];
    // A cut in the first half would make parts that look lost.
    let far_enough = |at: &usize| *at > fits / 2;
    let after = |mark: &str| window.rfind(mark).map(|at| at + mark.len()).filter(far_enough);
    let word = || {
        if text[fits..].starts_with(char::is_whitespace) {
            return Some(fits);
        }
        let (at, space) = window.char_indices().rev().find(|(_, character)| character.is_whitespace())?;
        Some(at + space.len_utf8()).filter(far_enough)
    };
    let grapheme = || window_end_on_grapheme(text, fits).filter(|at| *at > 0);
    after("\n\n").or_else(|| after("\n")).or_else(|| after(". ")).or_else(word).or_else(grapheme).unwrap_or(fits)
}

/// How many bytes of `text` have at most `limit` UTF-16 units: at least one character.
fn fitting(text: &str, limit: usize) -> usize {
    let mut units = 0;
    for (at, character) in text.char_indices() {
        units += character.len_utf16();
        if units > limit && at > 0 {
            return at;
        }
    }
    text.len()
}

/// The last place up to `fits` that does not tear an emoji or an accent off what it belongs to. A cluster longer than the
/// whole window is torn.
fn window_end_on_grapheme(text: &str, fits: usize) -> Option<usize> {
    text.grapheme_indices(true).map(|(at, _)| at).take_while(|at| *at <= fits).last()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use teloxide::types::MessageEntityKind;

    use super::super::rich::Span;
    use super::*;

    fn parts(text: &str, limit: usize) -> Vec<String> {
        split(&Rich::plain(text), limit).into_iter().map(|part| part.text).collect()
    }

    #[test]
    fn cuts_are_made_where_they_read_best() {
        assert_eq!(parts("short", 10), ["short"]);
        assert_eq!(parts("one two\n\nthree four", 14), ["one two", "three four"]);
        assert_eq!(parts("one two\nthree four", 14), ["one two", "three four"]);
        assert_eq!(parts("one two three", 10), ["one two", "three"]);
        assert_eq!(parts("onetwothree", 4), ["onet", "woth", "ree"]);
        assert_eq!(parts("  \n ", 4), [""; 0]);
        assert_eq!(parts("if x:\n    print(x)", 8), ["if x:", "    prin", "t(x)"]);
    }

    #[test]
    fn characters_stay_whole() {
        assert_eq!(parts("😀😀😀", 2), ["😀", "😀", "😀"]);
        assert_eq!(parts("😀😀😀", 3), ["😀", "😀", "😀"]);
        // A family is one picture of seven characters, eleven units.
        assert_eq!(parts("ab👨‍👩‍👧‍👦cd", 12), ["ab", "👨‍👩‍👧‍👦c", "d"]);
    }

    #[test]
    fn a_style_goes_on_behind_a_cut() {
        let bold = Rich::styled("aaaa bbbb", MessageEntityKind::Bold);
        let cut = split(&bold, 5);
        let spans: Vec<_> = cut.iter().map(|part| part.spans.clone()).collect();
        let bold = Span { range: 0..4, kind: MessageEntityKind::Bold };
        assert_eq!(spans, [vec![bold.clone()], vec![bold]]);
    }

    proptest! {
        #[test]
        fn nothing_visible_is_lost_and_every_part_fits(text in "[\\PC\n ]{0,300}|[a-z 😀é\n]{0,300}", limit in 2usize..40) {
            let parts = parts(&text, limit);
            let visible = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(visible(&parts.concat()), visible(&text));
            for part in &parts {
                prop_assert!(part.encode_utf16().count() <= limit);
                prop_assert!(!part.trim().is_empty());
            }
        }

        #[test]
        fn styles_cover_the_same_characters(text in "[a-c \n]{1,80}", from in 0usize..80, to in 0usize..80, limit in 2usize..20) {
            let (from, to) = (from.min(text.len()), to.min(text.len()));
            let range = from.min(to)..from.max(to);
            let styled = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            let whole = Rich { spans: vec![Span { range: range.clone(), kind: MessageEntityKind::Bold }], text: text.clone() };
            let found: String = split(&whole, limit)
                .iter()
                .flat_map(|part| part.spans.iter().map(|span| part.text[span.range.clone()].to_owned()))
                .collect();
            prop_assert_eq!(styled(&found), styled(&text[range]));
        }
    }
}
