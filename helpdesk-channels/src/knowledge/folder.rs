//! A folder of articles on disk: `<folder>/<language>/<article>.md`. Blocking; called where blocking is allowed.
//!
//! Nothing is watched: a [`Stamp`] of names, sizes and times of change tells cheaply whether the folder must be read
//! again. An edit that keeps a file's size within one tick of the file system's clock goes unnoticed until the next one.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use helpdesk_core::Language;

use super::article::{ARTICLE_MAX_BYTES, Article, ArticleProblem};

/// Most articles in one folder, all languages together.
pub const FOLDER_MAX_ARTICLES: usize = 2_000;

/// Why a folder of articles cannot be read at all. One bad file is no such reason: it is skipped with a warning.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The folder, or one of a language within it, cannot be listed.
    #[error("cannot list the articles' folder {}: {source}", path.display())]
    Unreadable {
        /// Which folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder holds more than [`FOLDER_MAX_ARTICLES`].
    #[error("more than {FOLDER_MAX_ARTICLES} articles in {}", path.display())]
    TooManyArticles {
        /// Which folder.
        path: PathBuf,
    },
    /// No readable article is in the folder.
    #[error("no articles in {}: expected files such as en/password.md and ru/password.md", path.display())]
    Empty {
        /// Which folder.
        path: PathBuf,
    },
}

/// A file that was skipped, and why.
#[derive(Debug, thiserror::Error)]
#[error("the article {id} is skipped: {reason}")]
pub(super) struct SkippedFile {
    id: String,
    reason: SkipReason,
}

#[derive(Debug, thiserror::Error)]
enum SkipReason {
    #[error(transparent)]
    Problem(#[from] ArticleProblem),
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
}

/// What the files of a folder looked like: equal stamps mean that there is nothing new to read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Stamp(BTreeMap<String, FileState>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct FileState {
    path: PathBuf,
    language: Language,
    size_bytes: u64,
    changed_at: Option<SystemTime>,
}

/// Looks at the folder without reading files.
pub(super) fn stamp(folder: &Path) -> Result<Stamp, FolderError> {
    let mut files = BTreeMap::new();
    for (name, path) in list(folder)? {
        let Some(language) = folder_language(&name) else { continue };
        if !path.is_dir() {
            continue;
        }
        for (file, path) in list(&path)? {
            let Some(state) = file_state(&file, path, &language) else { continue };
            files.insert(format!("{name}/{file}"), state);
            if files.len() > FOLDER_MAX_ARTICLES {
                return Err(FolderError::TooManyArticles { path: folder.to_owned() });
            }
        }
    }
    Ok(Stamp(files))
}

/// Reads the files that `stamp` lists. What cannot be read is skipped and told.
pub(super) fn read(stamp: &Stamp) -> (Vec<Article>, Vec<SkippedFile>) {
    let mut articles = Vec::with_capacity(stamp.0.len());
    let mut skipped = Vec::new();
    for (id, file) in &stamp.0 {
        match read_file(id, file) {
            Ok(article) => articles.push(article),
            Err(reason) => skipped.push(SkippedFile { id: id.clone(), reason }),
        }
    }
    (articles, skipped)
}

fn read_file(id: &str, file: &FileState) -> Result<Article, SkipReason> {
    // Judged before reading: a huge file must not be taken into memory only to be refused.
    if file.size_bytes > ARTICLE_MAX_BYTES as u64 {
        return Err(ArticleProblem::TooLarge.into());
    }
    Ok(Article::parse(id, file.language.clone(), &fs::read(&file.path)?)?)
}

/// The entries of a folder by name, without hidden ones and those whose name is no text.
fn list(folder: &Path) -> Result<BTreeMap<String, PathBuf>, FolderError> {
    let unreadable = |source| FolderError::Unreadable { path: folder.to_owned(), source };
    let mut entries = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if let Ok(name) = entry.file_name().into_string()
            && !name.starts_with('.')
        {
            entries.insert(name, entry.path());
        }
    }
    Ok(entries)
}

/// The language that a folder is named after: two or three lower-case letters.
fn folder_language(name: &str) -> Option<Language> {
    let is_tag = (2..=3).contains(&name.len()) && name.bytes().all(|letter| letter.is_ascii_lowercase());
    is_tag.then(|| Language::from_tag(name))
}

/// What a file looks like, if it is an article's. A file that vanished meanwhile is none.
fn file_state(name: &str, path: PathBuf, language: &Language) -> Option<FileState> {
    if !Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("md")) {
        return None;
    }
    let metadata = fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
    Some(FileState {
        path,
        language: language.clone(),
        size_bytes: metadata.len(),
        changed_at: metadata.modified().ok(),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A folder of its own that goes away with the test.
    pub(in super::super) struct TestFolder(pub(in super::super) PathBuf);

    impl TestFolder {
        pub(in super::super) fn new(files: &[(&str, &[u8])]) -> Self {
            let folder = Self(std::env::temp_dir().join(format!("helpdesk-knowledge-{}", uuid::Uuid::now_v7())));
            fs::create_dir_all(&folder.0).unwrap();
            for (name, content) in files {
                folder.write(name, content);
            }
            folder
        }

        pub(in super::super) fn write(&self, name: &str, content: &[u8]) {
            let path = self.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }

    impl Drop for TestFolder {
        fn drop(&mut self) {
            // A folder that stays behind in the temporary directory is no reason to fail a test.
            drop(fs::remove_dir_all(&self.0));
        }
    }

    const ARTICLE: &[u8] = "# Где?\n\nТут.".as_bytes();

    #[test]
    fn articles_are_markdown_files_in_folders_named_after_languages() {
        let folder = TestFolder::new(&[
            ("ru/a.md", ARTICLE),
            ("en/b.MD", ARTICLE),
            ("README.md", ARTICLE),
            ("ru/notes.txt", ARTICLE),
            ("ru/.draft.md", ARTICLE),
            ("ru/old/c.md", ARTICLE),
            ("drafts/d.md", ARTICLE),
        ]);
        let (articles, skipped) = read(&stamp(&folder.0).unwrap());
        let found: Vec<_> = articles.iter().map(|article| (article.id.as_str(), article.language.as_str())).collect();
        assert_eq!(found, [("en/b.MD", "en"), ("ru/a.md", "ru")]);
        assert!(skipped.is_empty());
    }

    #[test]
    fn a_bad_file_is_skipped_by_name_and_the_others_are_read() {
        let huge = vec![b'a'; ARTICLE_MAX_BYTES + 1];
        let folder = TestFolder::new(&[
            ("en/bytes.md", b"# Caf\xe9"),
            ("en/fine.md", ARTICLE),
            ("en/huge.md", &huge),
            ("en/untitled.md", b"text"),
        ]);
        let (articles, skipped) = read(&stamp(&folder.0).unwrap());
        assert_eq!(articles.len(), 1);
        let told: Vec<_> = skipped.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "the article en/bytes.md is skipped: it is not UTF-8 (the first wrong byte is at 5); save it as UTF-8",
                "the article en/huge.md is skipped: it is larger than 65536 bytes; split it into several articles",
                "the article en/untitled.md is skipped: it has no heading; begin it with a line such as \
                 `# How do I reset my password?`",
            ]
        );
    }

    #[test]
    fn the_stamp_changes_with_the_files() {
        let folder = TestFolder::new(&[("ru/a.md", ARTICLE)]);
        let first = stamp(&folder.0).unwrap();
        assert_eq!(first, stamp(&folder.0).unwrap());
        folder.write("ru/a.md", "# Где?\n\nВот тут.".as_bytes());
        let edited = stamp(&folder.0).unwrap();
        assert_ne!(first, edited);
        fs::rename(folder.0.join("ru/a.md"), folder.0.join("ru/b.md")).unwrap();
        assert_ne!(edited, stamp(&folder.0).unwrap());
    }

    #[test]
    fn a_missing_folder_is_named() {
        let told = stamp(Path::new("/no/such/folder")).unwrap_err().to_string();
        assert!(told.starts_with("cannot list the articles' folder /no/such/folder: "), "{told}");
    }
}
