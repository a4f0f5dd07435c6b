//! The fuzz targets as ordinary tests: every seed as it is, then some thousand mutations of the seeds.
//!
//! The fuzzer goes further; this keeps its ground on every change, with the stable toolchain and in seconds.

#[path = "../../../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::path::Path;

use image::ImageFormat;

use crate::support::dice::Dice;

/// Mutations of each target's seeds in one run.
const MUTATIONS: usize = 3_000;

/// Every file under `folder`, in a stable order.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![fs::read(&path).expect("a readable seed")] })
        .collect()
}

fn fixtures(name: &str) -> Vec<Vec<u8>> {
    let seeds = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name));
    assert!(!seeds.is_empty(), "no seeds in {name}");
    seeds
}

fn lines(name: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fuzz").join(name);
    let text = fs::read_to_string(path).expect("a readable list of seeds");
    text.lines().map(|line| line.as_bytes().to_vec()).collect()
}

/// Each payload by itself.
fn payloads() -> Vec<Vec<u8>> {
    let lines = |file: Vec<u8>| file.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    fixtures("payloads").into_iter().flat_map(lines).collect()
}

/// Pieces that tend to break readers.
const PIECES: [&[u8]; 24] = [
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"-->",
    b"<?xml version=\"1.0\" encoding=\"utf-16\"?>",
    b"&#0;",
    b"&#xD800;",
    b"&amp;amp;",
    b"<item>",
    b"</item>",
    b"<entry>",
    b"<b id=1>",
    b"<table>",
    b"<svg onload=alert(1)>",
    b"<script>",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x1b$B",
    b"\xe2\x80\xa8javascript:",
    "（a@b.cn）".as_bytes(),
    b"\0",
    b"9999999999999999",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
    b"\"",
];

fn mutate(seed: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed[..seed.len().min(20_000)].to_vec();
    for _ in 0..1 + dice.below(6) {
        let at = dice.below(bytes.len() + 1);
        match dice.below(6) {
            0 => bytes.truncate(at),
            1 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            2 => {
                let end = (at + dice.below(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            3 => {
                let end = (at + dice.below(200)).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            _ => {
                let piece = PIECES[dice.below(PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
        }
    }
    bytes
}

/// Runs `target` over the seeds and their mutations; a panic inside names the input.
fn run(seeds: &[Vec<u8>], target: fn(&[u8])) {
    let mut dice = Dice(7);
    let mutations = (0..MUTATIONS).map(|at| mutate(&seeds[at % seeds.len()], &mut dice));
    for input in seeds.iter().cloned().chain(mutations) {
        let outcome = std::panic::catch_unwind(|| target(&input));
        assert!(outcome.is_ok(), "broken by {:?}", String::from_utf8_lossy(&input));
    }
}

#[test]
fn any_bytes_decode() {
    run(&fixtures("feed"), targets::decode);
}

#[test]
fn any_bytes_are_a_feed_or_an_error() {
    run(&fixtures("feed"), targets::feed);
}

#[test]
fn any_html_is_bounded() {
    run(&fixtures("content"), targets::bound);
}

#[test]
fn any_page_becomes_clean_content() {
    run(&fixtures("content"), targets::content);
}

#[test]
fn any_html_comes_out_inert_and_stays_as_it_is() {
    run(&payloads(), targets::clean);
}

#[test]
fn any_typed_address_is_safe_or_refused() {
    run(&lines("url.txt"), targets::url);
}

#[test]
fn any_archived_file_is_read_or_refused() {
    run(&fixtures("archive"), targets::archive);
}

#[test]
fn any_export_is_read_or_refused() {
    run(&fixtures("imports"), targets::imports);
}

#[test]
fn any_account_is_read_or_refused() {
    let mut zip = gleaner::archive::ZipFile::default();
    zip.store("gleaner/account.json", b"{\"form\":1,\"id\":\"1\"}");
    zip.deflate("gleaner/lists.json", b"{\"feeds\":[{\"number\":1,\"kind\":\"saved\"}],\"categories\":[\"Water\"]}");
    let line = "{\"feed\":1,\"key\":\"00\",\"title\":\"Tea\",\"versions\":[{\"at\":1,\"feed\":\"<p>Rain</p>\"}]}\n";
    zip.deflate("gleaner/articles-1.jsonl", line.repeat(20).as_bytes());
    run(&[zip.finish()], targets::account);
}

#[test]
fn any_text_is_a_query_and_can_be_searched() {
    run(&lines("search.txt"), targets::search);
}

#[test]
fn any_date_is_in_bounds_or_unreadable() {
    run(&lines("dates.txt"), targets::dates);
}

#[test]
fn any_picture_is_refused_or_made_smaller() {
    let picture = image::RgbImage::from_fn(24, 18, |x, y| {
        let channel = |n: u32| u8::try_from(n).expect("small");
        image::Rgb([channel(9 * y), channel(10 * x), 77])
    });
    let formats = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Ico];
    let seeds: Vec<_> = formats
        .into_iter()
        .map(|format| {
            let mut file = std::io::Cursor::new(Vec::new());
            let picture = image::DynamicImage::from(picture.clone());
            let picture = if format == ImageFormat::Jpeg { picture } else { picture.to_rgba8().into() };
            picture.write_to(&mut file, format).expect("an encoder");
            file.into_inner()
        })
        .collect();
    run(&seeds, targets::picture);
}
