//! The `MarkdownV2` parse mode, without block quotes and custom emoji.

use serde_json::{Value, json};

use super::Formatted;

const RESERVED: &str = "_*[]()~`>#+-=|{}.!";

struct Open {
    mark: &'static str,
    name: &'static str,
    offset: usize,
    byte: usize,
}

/// Takes the marks out of a text.
pub(super) fn parse(source: &str) -> Result<Formatted, String> {
    let mut parser = Parser { source, at: 0, text: String::new(), units: 0, entities: Vec::new(), open: Vec::new() };
    while let Some(c) = parser.rest().chars().next() {
        parser.step(c)?;
    }
    if let Some(open) = parser.open.last() {
        return Err(format!("Can't find end of {} entity at byte offset {}", open.name, open.byte));
    }
    Ok((parser.text, parser.entities))
}

struct Parser<'a> {
    source: &'a str,
    at: usize,
    text: String,
    units: usize,
    entities: Vec<Value>,
    open: Vec<Open>,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn push(&mut self, c: char) {
        self.text.push(c);
        self.units += c.len_utf16();
    }

    fn step(&mut self, c: char) -> Result<(), String> {
        let rest = self.rest();
        if c == '\\' {
            let escaped = rest[1..].chars().next().filter(|c| c.is_ascii() && !c.is_control());
            self.push(escaped.unwrap_or('\\'));
            self.at += 1 + escaped.map_or(0, char::len_utf8);
            return Ok(());
        }
        if rest.starts_with("```") {
            return self.code("```", "PreCode");
        }
        if c == '`' {
            return self.code("`", "Code");
        }
        for (mark, kind, name) in [
            ("__", "underline", "Underline"),
            ("||", "spoiler", "Spoiler"),
            ("*", "bold", "Bold"),
            ("_", "italic", "Italic"),
            ("~", "strikethrough", "Strikethrough"),
        ] {
            if rest.starts_with(mark) {
                self.toggle(mark, kind, name);
                return Ok(());
            }
        }
        if c == '[' {
            self.open.push(Open { mark: "[", name: "TextUrl", offset: self.units, byte: self.at });
            self.at += 1;
            return Ok(());
        }
        if c == ']' && self.open.last().is_some_and(|open| open.mark == "[") {
            return self.link();
        }
        if RESERVED.contains(c) {
            return Err(format!("Character '{c}' is reserved and must be escaped with the preceding '\\'"));
        }
        self.push(c);
        self.at += c.len_utf8();
        Ok(())
    }

    fn toggle(&mut self, mark: &'static str, kind: &str, name: &'static str) {
        let (offset, byte) = (self.units, self.at);
        self.at += mark.len();
        if self.open.last().is_some_and(|open| open.mark == mark) {
            if let Some(open) = self.open.pop() {
                self.add(json!({ "type": kind }), open.offset);
            }
        } else {
            self.open.push(Open { mark, name, offset, byte });
        }
    }

    fn add(&mut self, mut entity: Value, offset: usize) {
        if self.units > offset {
            entity["offset"] = offset.into();
            entity["length"] = (self.units - offset).into();
            self.entities.push(entity);
        }
    }

    fn code(&mut self, mark: &str, name: &str) -> Result<(), String> {
        let (start, offset) = (self.at, self.units);
        self.at += mark.len();
        let mut entity = json!({ "type": if mark == "`" { "code" } else { "pre" } });
        if mark == "```"
            && let Some(line) = self.rest().find('\n')
        {
            let language = self.rest()[..line].trim();
            if !language.contains(['`', ' ']) {
                if !language.is_empty() {
                    entity["language"] = language.into();
                }
                self.at += line + 1;
            }
        }
        loop {
            let rest = self.rest();
            if rest.starts_with(mark) {
                self.at += mark.len();
                self.add(entity, offset);
                return Ok(());
            }
            let mut characters = rest.chars();
            match (characters.next(), characters.next()) {
                (Some('\\'), Some(c @ ('`' | '\\'))) => {
                    self.push(c);
                    self.at += 2;
                }
                (Some(c), _) => {
                    self.push(c);
                    self.at += c.len_utf8();
                }
                (None, _) => {
                    return Err(format!("Can't find end of {name} entity at byte offset {start}"));
                }
            }
        }
    }

    fn link(&mut self) -> Result<(), String> {
        let open = self.open.pop();
        self.at += 1;
        let Some(inside) = self.rest().strip_prefix('(') else { return Ok(()) };
        let end = inside.find(')').ok_or_else(|| format!("Can't find end of a URL at byte offset {}", self.at))?;
        let url = inside[..end].replace('\\', "");
        self.at += end + 2;
        if let Some(open) = open {
            self.add(json!({ "type": "text_link", "url": url }), open.offset);
        }
        Ok(())
    }
}
