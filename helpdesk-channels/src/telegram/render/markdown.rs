//! Markdown as formatted text. Telegram has fewer forms than Markdown has: headings become bold, lists become lines with
//! bullets, tables become lines with bars, and what it has no form for stays as the text that it is.
//!
//! The input may come from a language model, so nothing of it is trusted: only web addresses become links, HTML is shown as
//! text, and deep nesting costs no more than its length.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use teloxide::types::MessageEntityKind;

use super::rich::{Rich, Span};

/// Deeper lists are not indented any further.
const INDENT_MAX_LEVELS: usize = 6;
/// Longest name of a programming language that is passed on.
const LANGUAGE_MAX_BYTES: usize = 30;

/// Reads `markdown`.
pub(super) fn rich(markdown: &str) -> Rich {
    let options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS;
    let mut writer = Writer::default();
    for event in Parser::new_ext(markdown, options) {
        writer.event(event);
    }
    let Writer { mut rich, .. } = writer;
    rich.spans = keep_code_apart(rich.spans);
    rich.trimmed()
}

/// Writes events down one after the other.
#[derive(Default)]
struct Writer {
    rich: Rich,
    /// How many line breaks stand before whatever comes next.
    gap: usize,
    /// What is open, from the outside to the inside: where it began and how it is shown.
    open: Vec<Open>,
    /// The number of the next item of every open list; `None` for bullets.
    lists: Vec<Option<u64>>,
    /// An item's bullet stands there and its text does not yet.
    item_begins: bool,
    /// Cells in the row so far.
    cells: usize,
    /// An HTML comment has begun and not ended.
    in_comment: bool,
}

struct Open {
    start: usize,
    shown: Shown,
}

/// How what is open will be shown.
enum Shown {
    As(MessageEntityKind),
    Link(String),
    Plainly,
}

impl Writer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.text(&text);
            }
            Event::Code(code) => {
                let start = self.position();
                self.text(&code);
                // Telegram does not show code within links.
                if !self.is_in_link() {
                    self.span(start, MessageEntityKind::Code);
                }
            }
            Event::Html(html) | Event::InlineHtml(html) => self.html(&html),
            // In a chat, who breaks a line means it.
            Event::SoftBreak | Event::HardBreak => self.text("\n"),
            Event::Rule => {
                self.text("———");
                self.gap = 2;
            }
            Event::TaskListMarker(done) => self.text(if done { "☑ " } else { "☐ " }),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        let shown = match tag {
            Tag::Heading { .. } | Tag::TableHead | Tag::Strong => Shown::As(MessageEntityKind::Bold),
            Tag::Emphasis => Shown::As(MessageEntityKind::Italic),
            Tag::Strikethrough => Shown::As(MessageEntityKind::Strikethrough),
            // Quotes within quotes are not shown as such.
            Tag::BlockQuote(_) if !self.is_in_quote() => Shown::As(MessageEntityKind::Blockquote),
            Tag::CodeBlock(kind) if !self.is_in_quote() => {
                Shown::As(MessageEntityKind::Pre { language: language(&kind) })
            }
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => Shown::Link(dest_url.into_string()),
            Tag::List(first) => {
                if !self.lists.is_empty() {
                    self.gap = self.gap.max(1);
                }
                self.lists.push(first);
                return;
            }
            Tag::Item => return self.bullet(),
            Tag::TableRow => {
                self.cells = 0;
                return;
            }
            Tag::TableCell => {
                if self.cells > 0 {
                    self.text(" | ");
                }
                self.cells += 1;
                return;
            }
            Tag::BlockQuote(_) | Tag::CodeBlock(_) => Shown::Plainly,
            _ => return,
        };
        if matches!(shown, Shown::As(MessageEntityKind::Pre { .. } | MessageEntityKind::Blockquote)) && self.item_begins
        {
            self.item_begins = false;
            self.gap = 1;
        }
        let start = self.position();
        self.open.push(Open { start, shown });
    }

    fn end(&mut self, tag: TagEnd) {
        let in_list = !self.lists.is_empty();
        match tag {
            TagEnd::Paragraph => self.gap = self.gap.max(if in_list { 1 } else { 2 }),
            TagEnd::HtmlBlock => {
                self.in_comment = false;
                self.end_line();
                self.gap = 2;
            }
            TagEnd::Item => {
                self.item_begins = false;
                self.gap = 1;
            }
            TagEnd::List(_) => {
                self.lists.pop();
                self.gap = if self.lists.is_empty() { 2 } else { 1 };
            }
            TagEnd::TableRow => self.gap = 1,
            TagEnd::Table => self.gap = 2,
            TagEnd::Heading(_) | TagEnd::TableHead => {
                self.close();
                self.gap = 1;
                self.cells = 0;
            }
            TagEnd::BlockQuote(_) | TagEnd::CodeBlock => {
                self.end_line();
                self.close();
                self.gap = 2;
            }
            TagEnd::Strong | TagEnd::Emphasis | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image => self.close(),
            _ => {}
        }
    }

    /// Begins an item of the innermost list.
    fn bullet(&mut self) {
        let level = self.lists.len().saturating_sub(1);
        let bullet = match self.lists.last_mut() {
            Some(Some(number)) => {
                let bullet = format!("{number}. ");
                *number = number.saturating_add(1);
                bullet
            }
            _ if level == 0 => "• ".to_owned(),
            _ => "◦ ".to_owned(),
        };
        let indent = "  ".repeat(level.min(INDENT_MAX_LEVELS));
        self.text(&format!("{indent}{bullet}"));
        self.item_begins = true;
    }

    /// HTML has no meaning here: comments are left out, and the rest is shown as the text that it is.
    fn html(&mut self, html: &str) {
        let trimmed = html.trim();
        self.in_comment |= trimmed.starts_with("<!--");
        if self.in_comment {
            self.in_comment = !trimmed.contains("-->");
        } else if matches!(trimmed, "<br>" | "<br/>" | "<br />") {
            self.text("\n");
        } else {
            self.text(html);
        }
    }

    fn text(&mut self, text: &str) {
        self.position();
        self.item_begins = false;
        self.rich.text.push_str(text);
    }

    /// Where the next character will stand, behind the line breaks that are due.
    fn position(&mut self) -> usize {
        if self.gap > 0 {
            if !self.rich.text.is_empty() && !self.item_begins {
                self.rich.text.extend(std::iter::repeat_n('\n', self.gap));
            }
            self.gap = 0;
        }
        self.rich.text.len()
    }

    /// Takes the last line break away: it belongs to what comes next.
    fn end_line(&mut self) {
        let end = self.rich.text.trim_end_matches('\n').len();
        self.rich.text.truncate(end);
        for span in &mut self.rich.spans {
            span.range = span.range.start.min(end)..span.range.end.min(end);
        }
        for open in &mut self.open {
            open.start = open.start.min(end);
        }
    }

    /// Ends what was opened last.
    fn close(&mut self) {
        let Some(Open { start, shown }) = self.open.pop() else { return };
        match shown {
            Shown::As(kind) => self.span(start, kind),
            Shown::Link(address) => self.link(start, &address),
            Shown::Plainly => {}
        }
    }

    /// Ends a link. What is no web address is shown where a person can use it, and left out where nobody can.
    fn link(&mut self, start: usize, address: &str) {
        if let Some(kind) = web_link(address) {
            if self.rich.text.len() == start {
                self.text(address);
            }
            return self.span(start, kind);
        }
        let person = ["mailto:", "tel:"].iter().find_map(|scheme| address.strip_prefix(scheme));
        if let Some(person) = person.filter(|person| !self.rich.text[start..].contains(person)) {
            self.text(&format!(" ({person})"));
        }
    }

    fn span(&mut self, start: usize, kind: MessageEntityKind) {
        let end = self.rich.text.len();
        if start < end {
            self.rich.spans.push(Span { range: start..end, kind });
        }
    }

    fn is_in_link(&self) -> bool {
        self.open.iter().any(|open| matches!(open.shown, Shown::Link(_)))
    }

    fn is_in_quote(&self) -> bool {
        self.open.iter().any(|open| matches!(open.shown, Shown::As(MessageEntityKind::Blockquote)))
    }
}

fn web_link(address: &str) -> Option<MessageEntityKind> {
    let lower = address.get(..8).unwrap_or(address).to_ascii_lowercase();
    if !lower.starts_with("http://") && !lower.starts_with("https://") {
        return None;
    }
    address.parse().ok().map(|url| MessageEntityKind::TextLink { url })
}

/// The language of a code block, when it is the name of one.
fn language(kind: &CodeBlockKind<'_>) -> Option<String> {
    let CodeBlockKind::Fenced(after_fence) = kind else { return None };
    let name = after_fence.split_whitespace().next()?;
    let fits = name.len() <= LANGUAGE_MAX_BYTES
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'#' | b'-' | b'_' | b'.'));
    fits.then(|| name.to_owned())
}

/// Takes code out of every other style: Telegram [does not nest](https://core.telegram.org/bots/api#formatting-options) it.
fn keep_code_apart(spans: Vec<Span>) -> Vec<Span> {
    let is_code = |kind: &MessageEntityKind| matches!(kind, MessageEntityKind::Code | MessageEntityKind::Pre { .. });
    // In the order of the text, and without overlaps: code holds no code.
    let code: Vec<Range<usize>> =
        spans.iter().filter(|span| is_code(&span.kind)).map(|span| span.range.clone()).collect();
    let mut apart = Vec::with_capacity(spans.len());
    for span in spans {
        if is_code(&span.kind) || matches!(span.kind, MessageEntityKind::Blockquote) {
            apart.push(span);
            continue;
        }
        let mut start = span.range.start;
        let first = code.partition_point(|code| code.end <= span.range.start);
        for code in code[first..].iter().take_while(|code| code.start < span.range.end) {
            if start < code.start {
                apart.push(Span { range: start..code.start, kind: span.kind.clone() });
            }
            start = code.end;
        }
        if start < span.range.end {
            apart.push(Span { range: start..span.range.end, kind: span.kind });
        }
    }
    apart.sort_by_key(|span| (span.range.start, std::cmp::Reverse(span.range.end)));
    apart
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The text, with every style around what it covers: `<b>`, `<i>`, `<s>`, `<c>`, `<pre lang>`, `<q>`, `<a address>`.
    fn shown(markdown: &str) -> String {
        let rich = rich(markdown);
        let mut marks: Vec<(usize, bool, usize, String)> = Vec::new();
        for (order, span) in rich.spans.iter().enumerate() {
            let (open, close) = match &span.kind {
                MessageEntityKind::Bold => ("b".to_owned(), "b"),
                MessageEntityKind::Italic => ("i".to_owned(), "i"),
                MessageEntityKind::Strikethrough => ("s".to_owned(), "s"),
                MessageEntityKind::Code => ("c".to_owned(), "c"),
                MessageEntityKind::Pre { language } => (format!("pre {}", language.as_deref().unwrap_or("")), "pre"),
                MessageEntityKind::Blockquote => ("q".to_owned(), "q"),
                MessageEntityKind::TextLink { url } => (format!("a {url}"), "a"),
                other => panic!("{other:?} is never written"),
            };
            marks.push((span.range.start, true, order, format!("<{open}>")));
            marks.push((span.range.end, false, usize::MAX - order, format!("</{close}>")));
        }
        marks.sort();
        let mut text = String::new();
        let mut copied = 0;
        for (at, _, _, mark) in marks {
            text.push_str(&rich.text[copied..at]);
            text.push_str(&mark);
            copied = at;
        }
        text + &rich.text[copied..]
    }

    #[test]
    fn markdown_becomes_text_with_styles() {
        let table = [
            ("plain", "plain"),
            ("two\nlines", "two\nlines"),
            ("hard\\\nbreak", "hard\nbreak"),
            ("one\n\ntwo", "one\n\ntwo"),
            ("# Title\ntext", "<b>Title</b>\ntext"),
            ("**b** _i_ ~~s~~ `c`", "<b>b</b> <i>i</i> <s>s</s> <c>c</c>"),
            ("***both***", "<b><i>both</i></b>"),
            ("**b `c` b**", "<b>b </b><c>c</c><b> b</b>"),
            ("- a\n- b\n  - c\n\nend", "• a\n• b\n  ◦ c\n\nend"),
            ("- a\n\n- b", "• a\n• b"),
            ("3. a\n4. b", "3. a\n4. b"),
            ("- [x] done\n- [ ] open", "• ☑ done\n• ☐ open"),
            ("> quote\n> more\n\nend", "<q>quote\nmore</q>\n\nend"),
            ("> a\n>> b", "<q>a\n\nb</q>"),
            ("```rust\nlet a = 1;\n  b();\n```\nend", "<pre rust>let a = 1;\n  b();</pre>\n\nend"),
            ("```rust<script>\nx\n```", "<pre >x</pre>"),
            ("[site](https://a.example/x)", "<a https://a.example/x>site</a>"),
            ("[`code`](https://a.example)", "<a https://a.example/>code</a>"),
            ("<https://a.example>", "<a https://a.example/>https://a.example</a>"),
            ("![](https://a.example/i.png)", "<a https://a.example/i.png>https://a.example/i.png</a>"),
            ("[write](mailto:a@b.example)", "write (a@b.example)"),
            ("[evil](javascript:alert(1))", "evil"),
            ("[page](../other.md)", "page"),
            ("a\n\n<!-- note -->\n\nb", "a\n\nb"),
            ("a\n\n<!-- long\nnote\n-->\n\nb <!-- x --> c", "a\n\nb  c"),
            ("<div>\nx\n</div>\n\nb", "<div>\nx\n</div>\n\nb"),
            ("a<br>b <b>c</b>", "a\nb <b>c</b>"),
            ("| a | b |\n|---|---|\n| 1 | 2 |\n\nend", "<b>a | b</b>\n1 | 2\n\nend"),
            ("one\n\n---\n\ntwo", "one\n\n———\n\ntwo"),
            ("", ""),
        ];
        for (markdown, expected) in table {
            assert_eq!(shown(markdown), expected, "{markdown}");
        }
    }

    #[test]
    fn deep_nesting_costs_no_more_than_its_length() {
        for hostile in
            ["- ".repeat(8_000), ">".repeat(8_000), "*a ".repeat(6_000), "[".repeat(20_000), "`a".repeat(9_000)]
        {
            assert!(rich(&hostile).text.len() <= hostile.len() * 8);
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_spans_on_characters(markdown in "[-*_`~>#\\[\\]()!|<>/: 0-9a-z😀é\n\\\\]{0,200}") {
            let rich = rich(&markdown);
            for span in &rich.spans {
                prop_assert!(span.range.start < span.range.end);
                prop_assert!(rich.text.is_char_boundary(span.range.start));
                prop_assert!(rich.text.is_char_boundary(span.range.end));
            }
            let trimmed = rich.text.trim().len();
            prop_assert_eq!(trimmed, rich.text.len());
        }
    }
}
