//! The files under `static/`: compiled in, packed, each under an address that holds its hash, so that browsers may keep it for a
//! year. Text files are compressed once, at their first use, as small as brotli and gzip can; style sheets and scripts
//! travel without what only those who write them need.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::sync::{LazyLock, OnceLock};

use axum::body::Bytes;
use sha2::{Digest as _, Sha256};

use crate::domain::hex;

/// The names of the files and what the build script packed of them.
static FILES: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/static.rs"));

static ASSETS: LazyLock<HashMap<&str, Asset>> =
    LazyLock::new(|| FILES.iter().filter_map(|(name, packed)| Some((*name, Asset::read(name, packed)?))).collect());

/// One file.
#[derive(Debug)]
pub struct Asset {
    /// The first six bytes of its SHA-256, in hexadecimal.
    pub hash: String,
    bytes: Bytes,
    content_type: &'static str,
    brotli: OnceLock<Option<Bytes>>,
    gzip: OnceLock<Option<Bytes>>,
}

impl Asset {
    /// The file of this name, such as `icons/mark.svg`.
    pub fn find(name: &str) -> Option<&'static Self> {
        ASSETS.get(name)
    }

    fn read(name: &str, packed: &[u8]) -> Option<Self> {
        let content_type = content_type(name);
        let mut bytes = Vec::new();
        brotli::Decompressor::new(packed, 4096).read_to_end(&mut bytes).ok()?;
        let bytes = Bytes::from(match content_type {
            "text/css; charset=utf-8" => lean_sheet(std::str::from_utf8(&bytes).ok()?).into_bytes(),
            "text/javascript; charset=utf-8" => lean_script(std::str::from_utf8(&bytes).ok()?).into_bytes(),
            _ => bytes,
        });
        // Of what goes out, so that another way of making it lean is another file to browsers.
        let hash = hex(&Sha256::digest(&bytes)[..6]);
        Some(Self { hash, bytes, content_type, brotli: OnceLock::new(), gzip: OnceLock::new() })
    }

    /// The value of its `ETag` header.
    pub fn etag(&self) -> String {
        format!("W/\"{}\"", self.hash)
    }

    /// The value of its `Content-Type` header.
    pub fn content_type(&self) -> &'static str {
        self.content_type
    }

    /// Its bytes in the smallest form that an `Accept-Encoding` header takes, with the name of that form.
    pub fn packed(&self, accepted: &str) -> (Bytes, Option<&'static str>) {
        let takes = |name: &str| {
            accepted.split(',').any(|wish| {
                let (coding, weight) = wish.split_once(';').unwrap_or((wish, ""));
                coding.trim().eq_ignore_ascii_case(name)
                    && weight.replace([' ', '\t'], "").trim_end_matches(['0', '.']) != "q="
            })
        };
        if takes("br")
            && let Some(bytes) = self.brotli.get_or_init(|| self.pack(brotli_of))
        {
            return (bytes.clone(), Some("br"));
        }
        if takes("gzip")
            && let Some(bytes) = self.gzip.get_or_init(|| self.pack(gzip_of))
        {
            return (bytes.clone(), Some("gzip"));
        }
        (self.bytes.clone(), None)
    }

    /// The file in another form, if that is worth it.
    fn pack(&self, form: fn(&[u8]) -> std::io::Result<Vec<u8>>) -> Option<Bytes> {
        let is_text = self.content_type.contains("charset") || self.content_type.contains("svg");
        let packed = is_text.then(|| form(&self.bytes).ok())??;
        (packed.len() < self.bytes.len()).then(|| Bytes::from(packed))
    }
}

/// The worker's script. It stands at an address without a hash, at which the browser looks for a newer one.
pub const WORKER: &str = "worker.js";

/// The addresses of all files below the base path, except the worker's.
pub fn addresses() -> impl Iterator<Item = String> {
    ASSETS.keys().filter(|name| **name != WORKER).map(|name| address(name))
}

/// The address of a file below the base path: `/static/HASH/NAME`. An unknown name keeps an address that is not found.
pub fn address(name: &str) -> String {
    let hash = Asset::find(name).map_or("unknown", |asset| asset.hash.as_str());
    format!("/static/{hash}/{name}")
}

/// A script without its indents and without the lines that are comments alone. Its strings of several lines must not begin
/// a line with either; a test looks for such strings.
fn lean_script(js: &str) -> String {
    let mut out = String::with_capacity(js.len());
    let mut in_comment = false;
    for line in js.lines().map(str::trim) {
        in_comment |= line.starts_with("/*");
        if !in_comment && !line.is_empty() && !line.starts_with("//") {
            out.push_str(line);
            out.push('\n');
        }
        in_comment &= !line.ends_with("*/");
    }
    out
}

/// A style sheet without its comments and without the spaces that mean nothing. Strings say what they said.
fn lean_sheet(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(next) = rest.chars().next() {
        let length = if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if next == '"' || next == '\'' {
            let mut escaped = false;
            let end = rest[1..].find(|c| {
                let ends = c == next && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            let length = end.map_or(rest.len(), |end| end + 2);
            // A string of several lines is one of one line (CSS Syntax 3, section 4.3.5).
            out.push_str(&rest[..length].replace("\\\n", ""));
            length
        } else if next.is_ascii_whitespace() {
            if !out.ends_with(['{', '}', ';', ',', ':', '>', ' ']) {
                out.push(' ');
            }
            1
        } else {
            if matches!(next, '{' | '}' | ';' | ',' | '>') {
                out.truncate(out.trim_end_matches(' ').len());
            }
            if next == '}' && out.ends_with(';') {
                out.pop();
            }
            out.push(next);
            next.len_utf8()
        };
        rest = &rest[length..];
    }
    out
}

fn brotli_of(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut packed, 16 * 1024, 11, 18);
    writer.write_all(bytes)?;
    writer.into_inner();
    Ok(packed)
}

fn gzip_of(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes)?;
    writer.finish()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_an_address_with_its_hash() {
        for (name, _) in FILES {
            let address = address(name);
            assert!(address.starts_with("/static/") && address.ends_with(name), "{address}");
            assert_eq!(address.len(), format!("/static/0123456789ab/{name}").len());
            assert_ne!(content_type(name), "application/octet-stream", "{name} has no known type");
        }
    }

    #[test]
    fn style_sheets_travel_packed_where_the_browser_takes_it() {
        let css = Asset::find("gleaner.css").unwrap();
        let (plain, none) = css.packed("");
        for (accepted, form) in [("gzip, br", "br"), ("gzip;q=0.5", "gzip"), ("br;q=0, gzip", "gzip")] {
            let (bytes, encoding) = css.packed(accepted);
            assert_eq!(encoding, Some(form), "{accepted}");
            assert!(bytes.len() * 2 < plain.len());
        }
        assert_eq!(none, None);
        assert_eq!(css.packed("br;q=0").1, None);
    }

    #[test]
    fn a_lean_sheet_says_the_same() {
        for (written, lean) in [
            ("a b { color: red; }\n\n/* why */ i > b ,\n p { margin: 0 1px }", "a b{color:red}i>b,p{margin:0 1px}"),
            ("a :is(b) { width: calc(1px + 2px); }", "a :is(b){width:calc(1px + 2px)}"),
            ("p::after { content: \"a ; /* b */ \\\" }  '\"; }", "p::after{content:\"a ; /* b */ \\\" }  '\"}"),
            (
                "@media (min-width: 2rem) and (hover: hover) { p { --a: 'x  y'; } }",
                "@media (min-width:2rem) and (hover:hover){p{--a:'x  y'}}",
            ),
            ("a { mask: url(\"one  \\\n two\"); }", "a{mask:url(\"one   two\")}"),
            ("p { color: red } /* never closed", "p{color:red}"),
        ] {
            assert_eq!(lean_sheet(written), lean);
        }
    }

    #[test]
    fn a_lean_script_does_the_same() {
        let written = "// Why.\n\nconst a = 1; // kept\n/** What\n * it does. */\nfunction b() {\n  /* one line */\n  return `${a}`;\n}\n";
        assert_eq!(lean_script(written), "const a = 1; // kept\nfunction b() {\nreturn `${a}`;\n}\n");
        for (name, _) in FILES.iter().filter(|(name, _)| name.ends_with(".js")) {
            for line in std::fs::read_to_string(format!("static/{name}")).unwrap().lines() {
                let is_whole = line.matches('`').count() % 2 == 0 && !line.ends_with('\\');
                assert!(is_whole, "{name}: a string of several lines would lose its indents: {line}");
                let comment = line.trim_start().strip_prefix("/*");
                let ends = comment.and_then(|rest| rest.split_once("*/")).is_none_or(|(_, after)| after.is_empty());
                assert!(ends, "{name}: what stands behind a comment would be lost: {line}");
            }
        }
    }

    /// Bytes over the wire of all files that end so, but for the named ones.
    fn packed_bytes(ending: &str, but: &[&str]) -> usize {
        FILES
            .iter()
            .filter(|(name, _)| name.ends_with(ending) && !but.contains(name))
            .map(|(name, _)| Asset::find(name).unwrap().packed("br").0.len())
            .sum()
    }

    #[test]
    fn style_sheets_and_scripts_stay_small() {
        let (css, js) = (packed_bytes(".css", &[]), packed_bytes(".js", &[WORKER]));
        assert!(css <= 10 * 1024, "the style sheets take {css} bytes over the wire, the most is 10 KiB");
        assert!(js <= 12 * 1024, "the scripts take {js} bytes over the wire, the most is 12 KiB");
    }

    #[test]
    fn every_icon_has_a_place_of_its_own_in_their_picture() {
        let css = std::fs::read_to_string("static/gleaner.css").unwrap();
        let mut places = Vec::new();
        for line in css.lines() {
            let Some((selector, rest)) = line.split_once(" { --i: ") else { continue };
            let place: u32 = rest.trim_end_matches("; }").parse().unwrap();
            places.push(place);
            // A mark that is set has the place after its own.
            if [".i-read", ".i-later", ".i-star"].iter().any(|mark| selector.starts_with(mark)) {
                places.push(place + 1);
            }
        }
        let count = u32::try_from(places.len()).unwrap();
        places.sort_unstable();

        assert_eq!(places, (0..count).collect::<Vec<_>>());
        assert!(css.contains(&format!("viewBox='0 0 {} 20'", 20 * count)), "there is room for {count}");
        let shown = format!("calc((var(--i) + var(--on, 0)) * 100% / {}) / {count}00%;", count - 1);
        assert!(css.contains(&shown), "{count} are told apart");
    }

    #[test]
    fn what_is_no_file_is_not_found() {
        for name in ["", "../Cargo.toml", "gleaner.css/", "/gleaner.css", "icons/../gleaner.css", "gleaner.css\0"] {
            assert!(Asset::find(name).is_none(), "{name}");
        }
    }
}
