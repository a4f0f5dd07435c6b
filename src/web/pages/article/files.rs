//! The files of an article: what each is, and where the reader stopped in it.

use crate::domain::{Enclosure, WebUrl};
use crate::feed::text::escape;
use crate::store::{ArticleView, Played};
use crate::web::MediaSigner;
use crate::web::locale::Locale;
use crate::web::view::PictureView;

/// The most recordings that go with an article that is given away.
const MOST_RECORDINGS: usize = 20;

/// An enclosure, ready to be written down.
#[derive(Debug)]
pub(super) struct File {
    pub(super) kind: FileKind,
    pub(super) address: String,
    pub(super) original: String,
    pub(super) title: String,
    pub(super) note: String,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Audio,
    Video,
    Picture,
    Other,
}

impl File {
    /// A file as a page shows it.
    pub(super) fn new(enclosure: &Enclosure, played: &Played, pictures: PictureView<'_>, locale: Locale) -> Self {
        let kind = FileKind::of(enclosure);
        let stopped = played.second_of(&enclosure.url).filter(|_| matches!(kind, FileKind::Audio | FileKind::Video));
        let notes = [
            enclosure.seconds.filter(|s| *s > 0).map(|seconds| locale.clock_time(seconds)),
            enclosure.length.filter(|n| *n > 0).map(|bytes| locale.bytes(bytes)),
            stopped.and_then(|second| u32::try_from(second).ok()).map(|second| {
                let time = locale.clock_time(second);
                locale.say("article.stopped_at", [("time", &time)])
            }),
        ];
        Self {
            kind,
            address: match kind {
                FileKind::Picture => pictures.large(&enclosure.url),
                _ => recording(pictures.signer(), played, &enclosure.url),
            },
            original: enclosure.url.to_string(),
            title: title_of(enclosure).to_owned(),
            note: notes.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        }
    }
}

/// The title of a file, else its name.
fn title_of(file: &Enclosure) -> &str {
    let name = || file.url.as_url().path().rsplit('/').find(|part| !part.is_empty()).unwrap_or_else(|| file.url.host());
    file.title.as_deref().filter(|title| !title.is_empty()).unwrap_or_else(name)
}

/// The sound and film among these files.
pub(in crate::web::pages) fn recordings(files: &[Enclosure]) -> Vec<Enclosure> {
    let is_recording = |file: &&Enclosure| matches!(FileKind::of(file), FileKind::Audio | FileKind::Video);
    files.iter().filter(is_recording).take(MOST_RECORDINGS).cloned().collect()
}

/// Writes recordings after a text, as HTML that goes through the sanitiser like the text.
pub(in crate::web::pages) fn add_recordings(files: &[Enclosure], html: &mut String) {
    for file in files {
        let kind = if FileKind::of(file) == FileKind::Video { "video" } else { "audio" };
        // An address has no quotation marks in it.
        let (address, title) = (file.url.to_string(), title_of(file));
        let (address, title) = (escape(&address), escape(title));
        html.push_str(&format!("<p><a href=\"{address}\">{title}</a></p><{kind} src=\"{address}\"></{kind}>"));
    }
}

/// Writes links to files after a text that becomes a file, where nothing plays: what each is called, of what kind and how large it is.
/// What the text itself links is not said twice, and its pictures are its own matter.
pub(in crate::web) fn add_links(files: &[Enclosure], locale: Locale, html: &mut String) {
    let is_wanted = |file: &&Enclosure| FileKind::of(file) != FileKind::Picture;
    for file in files.iter().filter(is_wanted).take(MOST_RECORDINGS) {
        let address = format!("\"{}\"", escape(&file.url.without_credentials().to_string()));
        if html.contains(&address) {
            continue;
        }
        let size = file.length.filter(|bytes| *bytes > 0).map(|bytes| locale.bytes(bytes));
        let facts: String = file.media_type.iter().chain(&size).map(|fact| format!(" · {}", escape(fact))).collect();
        html.push_str(&format!("<p><a href={address}>{}</a>{facts}</p>", escape(title_of(file))));
    }
}

/// Leaves out pictures that the text shows already, and all but the first of those that are one picture in several sizes.
pub(super) fn drop_shown_pictures(article: &mut ArticleView) {
    let text = article.body.as_ref().map_or("", |body| body.html.as_str());
    let mut seen: Vec<String> = Vec::new();
    article.enclosures.retain(|file| {
        if FileKind::of(file) != FileKind::Picture {
            return true;
        }
        // Sizes of one picture differ behind the `?`.
        let picture = format!("//{}{}", file.url.host(), file.url.as_url().path());
        let is_new = !text.contains(&picture) && !seen.contains(&picture);
        seen.push(picture);
        is_new
    });
}

impl FileKind {
    /// What a file is: as declared, else by the ending of its name.
    fn of(enclosure: &Enclosure) -> Self {
        let declared = enclosure.media_type.as_deref().unwrap_or_default().to_ascii_lowercase();
        let path = enclosure.url.as_url().path().to_ascii_lowercase();
        let ends = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
        match declared.split('/').next().unwrap_or_default() {
            "audio" => Self::Audio,
            "video" => Self::Video,
            "image" => Self::Picture,
            _ if ends(&[".mp3", ".m4a", ".ogg", ".opus", ".aac", ".flac", ".wav"]) => Self::Audio,
            _ if ends(&[".mp4", ".m4v", ".webm", ".mov"]) => Self::Video,
            _ if ends(&[".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"]) => Self::Picture,
            _ => Self::Other,
        }
    }
}

/// The address under which sound or film plays, from where the reader stopped (Media Fragments 1.0, section 4.2.1): browsers
/// begin there without any script.
pub(super) fn recording(signer: &MediaSigner, played: &Played, url: &WebUrl) -> String {
    let address = signer.media(url);
    match played.second_of(url) {
        Some(second) => format!("{address}#t={second}"),
        None => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_it_is_declared_to_be_or_what_its_name_says() {
        for (media_type, address, kind) in [
            (Some("audio/mpeg"), "https://example.com/download", FileKind::Audio),
            (None, "https://example.com/a/Episode.MP3?x=1", FileKind::Audio),
            (Some("application/octet-stream"), "https://example.com/film.mp4", FileKind::Video),
            (Some("image/png"), "https://example.com/a", FileKind::Picture),
            (Some("application/pdf"), "https://example.com/a.pdf", FileKind::Other),
        ] {
            let url = WebUrl::parse(address).unwrap();
            let media_type = media_type.map(str::to_owned);
            let enclosure = Enclosure { url, media_type, length: None, title: None, seconds: None };
            assert_eq!(FileKind::of(&enclosure), kind, "{address}");
        }
    }
}
