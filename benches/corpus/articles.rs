//! Pages: how much of each article was found, and how long that took.

use std::path::Path;
use std::time::Instant;

use gleaner::content::article::article_from_page;
use gleaner::content::extract::extract;
use gleaner::content::text::{ParagraphKind, Prose, plain_text};
use gleaner::domain::{ArticleDraft, UnixMillis, WebUrl};
use gleaner::feed::decode::{Kind, decode};
use serde_json::Value;

use crate::report::{Exceptions, Figure, list, read_cases};
use crate::words::{Score, compare, ratio, words};

/// Where pages are said to come from whose case names no address.
const NOWHERE: &str = "https://page.example/article";

/// 2026-11-01: later than every page of the corpus.
const NOW: UnixMillis = UnixMillis(1_793_491_200_000);

/// Texts are compared by runs of so many words.
const RUN: usize = 4;

/// How a set is measured.
#[derive(Clone, Copy)]
enum Measure {
    /// Words against the text of `expected_html`.
    ExpectedPage,
    /// Runs of four words against `body_text`.
    BodyText,
    /// Runs of four characters against the beginning in `reference.text_start`, without the lines above the text.
    ReferenceStart,
    /// Pieces that must and must not be in the text.
    Pieces,
    /// The words of a text file, or the first words.
    TextFile,
    /// The first words, in `expect.start`.
    Start,
}

const SETS: &[(&str, Measure)] = &[
    ("readability", Measure::ExpectedPage),
    ("benchmark", Measure::BodyText),
    ("chinese-news", Measure::ReferenceStart),
    ("trafilatura", Measure::Pieces),
    ("newspaper", Measure::TextFile),
    ("postlight", Measure::Start),
];

/// What was measured on one page.
struct Page {
    name: String,
    score: Option<Score>,
    millis: f64,
    /// Fields of metadata that are right, and that are expected.
    fields: (usize, usize),
}

/// Measures every folder below `articles`.
pub(crate) fn run(root: &Path) -> Vec<Figure> {
    // Extraction wants a deep stack, as it has in the reader.
    let root = root.join("articles");
    let measured = std::thread::Builder::new().stack_size(16 << 20).spawn(move || measure(&root));
    match measured.map(std::thread::JoinHandle::join) {
        Ok(Ok(figures)) => figures,
        _ => vec![Figure::new("articles.crashes", 1.0, "count")],
    }
}

fn measure(root: &Path) -> Vec<Figure> {
    println!(
        "{:<14} {:>6} {:>8} {:>10} {:>8} {:>12} {:>8} {:>9} {:>9}",
        "set", "pages", "F1", "precision", "recall", "F1 >= 0.95", "fields", "mean ms", "most ms"
    );
    let exceptions = Exceptions::load();
    let mut figures = Vec::new();
    let mut all = Vec::new();
    let mut crashes = 0;
    for &(set, measure) in SETS {
        let folder = root.join(set);
        let cases = read_cases(&folder);
        let mut pages = Vec::new();
        for case in &cases {
            let path = format!("articles/{set}/{}", case["file"].as_str().unwrap_or_default());
            if exceptions.hold(&path, "text") {
                continue;
            }
            let attempt = std::panic::AssertUnwindSafe(|| page(&folder, case, measure));
            match std::panic::catch_unwind(attempt) {
                Ok(page) => pages.extend(page),
                Err(_) => {
                    crashes += 1;
                    println!("  crashed: {set}/{}", case["file"].as_str().unwrap_or_default());
                }
            }
        }
        figures.extend(report(set, &mut pages));
        all.append(&mut pages);
    }
    let most = all.iter().map(|page| page.millis).fold(0.0, f64::max);
    let mean = all.iter().map(|page| page.millis).sum::<f64>() / ratio(all.len().max(1), 1);
    figures.push(Figure::new("articles.cpu_mean", mean, "ms"));
    figures.push(Figure::new("articles.cpu_most", most, "ms"));
    figures.push(Figure::new("articles.crashes", ratio(crashes, 1), "count"));
    figures
}

fn report(set: &str, pages: &mut [Page]) -> Vec<Figure> {
    let scored: Vec<Score> = pages.iter().filter_map(|page| page.score).collect();
    let mean = |of: fn(Score) -> f64| scored.iter().map(|&s| of(s)).sum::<f64>() / ratio(scored.len().max(1), 1);
    let good = scored.iter().filter(|score| score.f1() >= 0.95).count();
    let (right, expected) = pages.iter().fold((0, 0), |sum, page| (sum.0 + page.fields.0, sum.1 + page.fields.1));
    // Some sets label texts only.
    let fields = (expected > 0).then(|| 100.0 * ratio(right, expected));
    let millis = pages.iter().map(|page| page.millis).sum::<f64>() / ratio(pages.len().max(1), 1);
    let most = pages.iter().map(|page| page.millis).fold(0.0, f64::max);
    println!(
        "{set:<14} {:>6} {:>8.4} {:>10.4} {:>8.4} {:>6} of {:>3} {:>8} {millis:>9.2} {most:>9.2}",
        pages.len(),
        mean(Score::f1),
        mean(|s| s.precision),
        mean(|s| s.recall),
        good,
        scored.len(),
        fields.map_or_else(|| "–".to_owned(), |fields| format!("{fields:.1} %")),
    );
    let f1 = |page: &Page| page.score.map_or(1.0, Score::f1);
    pages.sort_by(|a, b| f1(a).total_cmp(&f1(b)));
    for page in pages.iter().filter(|page| f1(page) < 0.95) {
        if let Some(score) = page.score {
            list(&format!("{:.3} (P {:.3}, R {:.3}) {set}/{}", score.f1(), score.precision, score.recall, page.name));
        }
    }
    let name = set.replace('-', "_");
    let f1 = Figure::new(format!("articles.{name}"), mean(Score::f1), "F1");
    let fields = fields.map(|fields| Figure::new(format!("articles.{name}_fields"), fields, "%"));
    std::iter::once(f1).chain(fields).collect()
}

fn page(folder: &Path, case: &Value, measure: Measure) -> Option<Page> {
    let name = case["file"].as_str()?;
    let bytes = std::fs::read(folder.join(name)).ok()?;
    let url = WebUrl::parse(case["url"].as_str().unwrap_or(NOWHERE)).ok()?;
    let html = decode(&bytes, case["http"]["content-type"].as_str(), Kind::Html, Some(url.host())).text;
    let begun = Instant::now();
    let cpu = cpu_millis();
    let found = extract(&html, &url);
    // What is stored and shown, not what the extractor alone gives.
    let article = article_from_page(&found, NOW);
    let millis = match (cpu, cpu_millis()) {
        (Some(before), Some(after)) => after - before,
        _ => begun.elapsed().as_secs_f64() * 1_000.0,
    };
    let body = article.bodies.first().map_or("", |body| body.html.as_str());
    let text = match measure {
        // People marked the text alone.
        Measure::BodyText | Measure::Pieces => without_captions(body),
        _ => plain_text(body),
    };
    let score = score(&text, folder, case, measure);
    Some(Page { name: name.to_owned(), score, millis, fields: fields(&article, &case["expect"]) })
}

fn without_captions(html: &str) -> String {
    let prose = Prose::read(html);
    let lines = prose.paragraphs.iter().filter(|paragraph| paragraph.kind != ParagraphKind::Caption);
    lines.map(|paragraph| prose.paragraph(paragraph)).collect::<Vec<_>>().join("\n")
}

/// What this thread has spent so far; the machine may be busy with other things.
fn cpu_millis() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos: f64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanos / 1e6)
}

fn score(text: &str, folder: &Path, case: &Value, measure: Measure) -> Option<Score> {
    let read = |key: &str| std::fs::read_to_string(folder.join(case[key].as_str()?)).ok();
    match measure {
        Measure::ExpectedPage => {
            let expected = plain_text(&read("expected_html")?);
            Some(compare(&words(text, true), &words(&expected, true), 1))
        }
        Measure::BodyText => Some(compare(&words(text, false), &words(case["body_text"].as_str()?, false), RUN)),
        Measure::ReferenceStart => {
            let reference = &case["reference"];
            let title = reference["title"].as_str().unwrap_or_default();
            let expected = words(&below_heading(reference["text_start"].as_str()?, title), true);
            Some(compare(&as_far_as(&words(text, true), &expected), &expected, RUN))
        }
        Measure::Pieces => {
            let squeezed = words(text, false).join(" ");
            let hits = |key: &str| {
                let pieces: Vec<&str> = case[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let hit = pieces.iter().filter(|piece| squeezed.contains(&words(piece, false).join(" "))).count();
                (hit, pieces.len())
            };
            let (right, expected) = hits("contains");
            let (wrong, _) = hits("excludes");
            (expected > 0).then(|| Score {
                precision: if right + wrong == 0 { 0.0 } else { ratio(right, right + wrong) },
                recall: ratio(right, expected),
            })
        }
        Measure::TextFile => match read("text_file") {
            Some(expected) => Some(compare(&words(text, true), &words(&expected, true), 1)),
            None => starts(text, case["text_start"].as_str()?),
        },
        Measure::Start => starts(text, case["expect"]["start"].as_str()?),
    }
}

/// The reference without what it holds above the text and Gleaner shows elsewhere: title, date, source, breadcrumbs.
fn below_heading(reference: &str, title: &str) -> String {
    const LABELS: &[&str] = &["来源", "记者", "字号", "作者", "位置", "首页", "快讯", "公司", "责编", "编辑"];
    let title = words(title, true).join("");
    let is_heading = |line: &str| {
        let squeezed = words(line, true).join("");
        let dated = line.bytes().filter(u8::is_ascii_digit).count() >= 8;
        let labelled = LABELS.iter().any(|label| line.contains(label));
        let start: String = squeezed.chars().take(12).collect();
        squeezed.is_empty() || title.contains(&start) || (line.chars().count() < 60 && (dated || labelled))
    };
    reference.lines().map(str::trim).skip_while(|line| is_heading(line)).collect::<Vec<_>>().join("\n")
}

/// The part of a text that a reference of its beginning speaks of: up to where the reference ends in it, else as many
/// words as the reference has.
fn as_far_as(found: &[String], reference: &[String]) -> Vec<String> {
    const ALIKE: usize = 2 * RUN;
    let end_in_found = |end: usize| {
        let run = reference.get(end.checked_sub(ALIKE)?..end)?;
        found.windows(ALIKE).position(|window| window == run).map(|at| at + ALIKE + reference.len() - end)
    };
    let end = (ALIKE..=reference.len()).rev().find_map(end_in_found).unwrap_or(reference.len());
    found[..end.min(found.len())].to_vec()
}

/// Whether the beginning of an article is in the text: all or nothing.
fn starts(text: &str, start: &str) -> Option<Score> {
    let start = words(start, true).join("");
    let found = words(text, true).join("").contains(&start);
    let share = f64::from(u8::from(found));
    (!start.is_empty()).then_some(Score { precision: share, recall: share })
}

/// How many of the expected title, author, language, site and picture are right.
fn fields(found: &ArticleDraft, expect: &Value) -> (usize, usize) {
    let same = |found: &str, expected: &str| words(found, true) == words(expected, true);
    let checks: [(&str, Option<&str>, bool); 5] = [
        ("title", Some(found.title.as_str()), false),
        ("author", found.author.as_deref(), false),
        ("site", found.site_name.as_deref(), false),
        ("lang", found.language.as_ref().map(gleaner::domain::Language::as_str), true),
        ("lead_image", found.lead_image.as_ref().map(WebUrl::as_str), false),
    ];
    let mut counted = (0, 0);
    for (key, found, prefix) in checks {
        let Some(expected) = expect[key].as_str().filter(|text| !text.is_empty()) else { continue };
        let found = found.unwrap_or_default();
        let hit = same(found, expected) || (prefix && found.get(..2) == expected.get(..2));
        if !hit {
            list(&format!("{key}: found {found:?}, expected {expected:?}"));
        }
        counted = (counted.0 + usize::from(hit), counted.1 + 1);
    }
    counted
}
