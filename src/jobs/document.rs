//! What stands at an address, before anybody knows whether it is a page.

use crate::app::App;
use crate::domain::{Failure, WebUrl};
use crate::egress::{Answer, Body, FetchError, Purpose, Request};
use crate::feed::decode::{Kind, decode};

/// What an address answered with.
#[derive(Debug)]
pub(super) struct PageDocument {
    /// Where it came from in the end.
    pub(super) url: WebUrl,
    /// The `Content-Type` header as it came.
    pub(super) content_type: Option<String>,
    /// The bytes, unpacked.
    pub(super) body: Body,
}

impl PageDocument {
    /// Whether it is HTML, by its declared type or, where that tells nothing, by its beginning.
    pub(super) fn is_html(&self) -> bool {
        let declared = self.content_type.as_deref().and_then(|text| text.split(';').next()).unwrap_or_default();
        match declared.trim().to_ascii_lowercase().as_str() {
            kind if kind.contains("html") => true,
            "" | "text/plain" | "application/octet-stream" | "text/xml" | "application/xml" => self.begins_like_html(),
            _ => false,
        }
    }

    /// Whether it is nothing that anybody reads: a picture, a recording, data for programs. By its declared type, as a server
    /// that calls a text a picture shows none either.
    pub(super) fn is_no_reading(&self) -> bool {
        let declared = self.content_type.as_deref().and_then(|text| text.split(';').next()).unwrap_or_default();
        let kind = declared.trim().to_ascii_lowercase();
        let data = ["xml", "json", "javascript", "css"];
        !self.is_html()
            && (["image/", "audio/", "video/", "font/"].iter().any(|class| kind.starts_with(class))
                || data.iter().any(|name| kind.ends_with(name)))
    }

    fn begins_like_html(&self) -> bool {
        let start = &self.body[..self.body.len().min(1_024)];
        let start = String::from_utf8_lossy(start).to_ascii_lowercase();
        ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| start.contains(tag))
    }

    /// The decoded text. Costs time in proportion to its length: call it in the content pool.
    pub(super) fn html(&self) -> String {
        decode(&self.body, self.content_type.as_deref(), Kind::Html, Some(self.url.host())).text
    }
}

/// Fetches what a reader would see at an address.
pub(super) async fn fetch_document(app: &App, url: &WebUrl) -> Result<PageDocument, FetchError> {
    match app.egress.fetch(Request::new(url.clone(), Purpose::Page)).await? {
        Answer::Fetched(fetched) => {
            Ok(PageDocument { url: fetched.url, content_type: fetched.content_type, body: fetched.body })
        }
        // Nobody asked whether anything changed; a server that says so anyway has nothing to show.
        Answer::NotModified(_) => Err(Failure::Empty.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_reads_is_known_by_its_type() {
        for (content_type, expected) in [
            ("image/jpeg", true),
            ("Image/SVG+XML; charset=utf-8", true),
            ("audio/mpeg", true),
            ("application/rss+xml", true),
            ("application/feed+json", true),
            ("text/css", true),
            ("text/html", false),
            ("application/xhtml+xml", false),
            ("application/pdf", false),
            ("application/epub+zip", false),
            ("text/plain", false),
            ("", false),
        ] {
            let document = PageDocument {
                url: "https://site.example/".parse().unwrap(),
                content_type: Some(content_type.to_owned()),
                body: b"anything".to_vec().into(),
            };
            assert_eq!(document.is_no_reading(), expected, "{content_type}");
        }
    }

    #[test]
    fn html_is_known_by_its_type_or_by_its_beginning() {
        for (content_type, body, expected) in [
            (Some("text/html; charset=gbk"), "anything", true),
            (Some("application/xhtml+xml"), "<html/>", true),
            (Some("Text/Plain"), "\u{feff}\n<!DOCTYPE html><p>", true),
            (Some("text/plain"), "A poem", false),
            (Some("application/xml"), "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>", true),
            (Some("application/xml"), "<rss/>", false),
            (None, "<HTML>", true),
            (Some("application/pdf"), "<html>", false),
            (Some("image/png"), "\u{1}PNG", false),
        ] {
            let document = PageDocument {
                url: "https://site.example/".parse().unwrap(),
                content_type: content_type.map(str::to_owned),
                body: body.as_bytes().to_vec().into(),
            };
            assert_eq!(document.is_html(), expected, "{content_type:?} {body}");
        }
    }
}
