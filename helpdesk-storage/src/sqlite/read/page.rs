//! Pages and their cursors. A cursor holds the sort key of the last row that was shown, so rows that come in between move no
//! page, and the name of its list, so that another list does not take it.

use helpdesk_core::{
    id::StaffId,
    storage::{Cursor, InvalidCursor, Page, PageRequest},
};

/// A sort key that a cursor can hold.
pub(super) trait Key: Sized {
    /// What every cursor of this order begins with.
    const KIND: &'static str;
    /// The key as text.
    fn write(&self) -> String;
    /// The key that [`write`](Self::write) wrote.
    fn read(text: &str) -> Option<Self>;
}

/// The newest sessions first: a session's number.
pub(super) struct ByNumber(pub(super) i64);
/// The sessions that wait longest first: since when, and the number.
pub(super) struct ByWaiting(pub(super) i64, pub(super) i64);
/// Messages of a chat, from either end: their place in it.
pub(super) struct BySeq(pub(super) i64);
/// Hits, newest first: a message's place in the order of the commits.
pub(super) struct ByPlace(pub(super) i64);
/// Staff: the folded name, and the id.
pub(super) struct ByName(pub(super) String, pub(super) StaffId);

macro_rules! keys_of_one_number {
    ($($key:ident = $kind:literal),+ $(,)?) => {$(
        impl Key for $key {
            const KIND: &'static str = $kind;
            fn write(&self) -> String {
                self.0.to_string()
            }
            fn read(text: &str) -> Option<Self> {
                text.parse().ok().map(Self)
            }
        }
    )+};
}

keys_of_one_number! {
    ByNumber = "number",
    BySeq = "seq",
    ByPlace = "place",
}

impl Key for ByWaiting {
    const KIND: &'static str = "waiting";
    fn write(&self) -> String {
        format!("{}.{}", self.0, self.1)
    }
    fn read(text: &str) -> Option<Self> {
        let (since, number) = text.split_once('.')?;
        Some(Self(since.parse().ok()?, number.parse().ok()?))
    }
}

impl Key for ByName {
    const KIND: &'static str = "name";
    fn write(&self) -> String {
        format!("{}.{}", self.1, self.0)
    }
    fn read(text: &str) -> Option<Self> {
        let (id, name) = text.split_once('.')?;
        Some(Self(name.to_owned(), id.parse().ok()?))
    }
}

/// Where the page that is asked for begins: behind this key.
pub(super) fn after<K: Key>(page: &PageRequest) -> Result<Option<K>, InvalidCursor> {
    let Some(Cursor(text)) = &page.cursor else { return Ok(None) };
    let key = text.split_once('.').filter(|(kind, _)| *kind == K::KIND).and_then(|(_, key)| K::read(key));
    key.map(Some).ok_or(InvalidCursor)
}

/// How many rows to ask for: one more than the page has, which tells whether there is a next page.
pub(super) fn rows(page: &PageRequest) -> i64 {
    i64::from(page.rows()) + 1
}

/// Makes a page of the rows that were found.
pub(super) fn cut<K: Key, T>(mut found: Vec<(K, T)>, page: &PageRequest) -> Page<T> {
    let limit = page.rows() as usize;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|(key, _)| Cursor(format!("{}.{}", K::KIND, key.write())));
    Page { items: found.into_iter().map(|(_, row)| row).collect(), next }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<K: Key>(cursor: &str) -> Result<Option<K>, InvalidCursor> {
        after(&PageRequest { limit: 1, cursor: Some(Cursor(cursor.to_owned())) })
    }

    #[test]
    fn a_cursor_of_another_list_or_of_no_list_is_refused() {
        assert_eq!(read::<ByNumber>("number.17").unwrap().unwrap().0, 17);
        for wrong in ["", "17", "seq.17", "number.", "number.1.2", "number.x", "waiting.1.2"] {
            assert!(read::<ByNumber>(wrong).is_err(), "{wrong}");
        }
        for wrong in ["waiting.1", "waiting.1.", "waiting.a.b", "number.1"] {
            assert!(read::<ByWaiting>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_with_anything_in_them_survive_a_cursor() {
        let id = StaffId::from_uuid(uuid::Uuid::from_u128(7));
        let key = ByName("о'нил. мл. %".to_owned(), id);
        let again = ByName::read(&key.write()).unwrap();
        assert_eq!((again.0, again.1), (key.0, key.1));
    }
}
