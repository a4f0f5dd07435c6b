//! Pictures: one made smaller beside another program that does the same, a kept one served, pages while many are kept.

use std::io::Cursor;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use gleaner::domain::{PicturePolicy, WebUrl};
use gleaner::media::{Output, Spec, variant};
use gleaner::store::{DatabaseAddress, Db};
use image::imageops::FilterType;
use image::{DynamicImage, GrayImage};

use super::farm::{Farm, Size};
use super::load::{self, Address};
use super::photo::{jpeg, photograph};
use super::program::{NAME, Program, memory_mb};
use super::{Failure, Options, Table, database, fill, ratio, subscribe};

/// The word by which this program calls itself to make one variant: `--variant IN OUT`.
pub(crate) const VARIANT: &str = "--variant";
/// How often each program makes the picture smaller; times of processes are counted in hundredths of a second.
const TIMES: usize = 20;
const QUALITY: u8 = 75;
const WIDTH: u32 = 900;
/// The ingest: 3 pictures in each article.
const INGEST: Size = Size { feeds: 100, items: 20, html: 3000, hosts: 50, pictures: 3 };

/// Makes one variant, as a process of its own.
pub(crate) fn make_variant(from: &str, to: &str) -> Result<(), Failure> {
    let spec = Spec { quality: Some(QUALITY), ..Spec::wide(WIDTH).with_output(Output::WebP) };
    match variant::make(&std::fs::read(from)?, &spec)? {
        variant::Variant::Encoded(bytes) => Ok(std::fs::write(to, bytes)?),
        variant::Variant::Same => Err("the picture came back as it was".into()),
    }
}

/// Processor time of ended child processes, in seconds.
fn children_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> = after.split_whitespace().map(|field| field.parse().unwrap_or(0.0)).collect();
    // Fields 16 and 17 of proc(5), of which two stand before the bracket.
    (fields.get(13).unwrap_or(&0.0) + fields.get(14).unwrap_or(&0.0)) / 100.0
}

/// Runs a command several times: seconds of processor time for each, and the most memory.
fn measure(program: &Path, words: &[&str]) -> Result<(f64, f64), Failure> {
    let before = children_seconds();
    let mut peak: f64 = 0.0;
    for _ in 0..TIMES {
        let mut child = Command::new(program).args(words).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn()?;
        let status = loop {
            peak = peak.max(memory_mb(child.id(), "VmHWM"));
            match child.try_wait()? {
                Some(status) => break status,
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        };
        if !status.success() {
            return Err(format!("{} failed", program.display()).into());
        }
    }
    Ok((ratio(1, 1.0) * (children_seconds() - before) / ratio(TIMES, 1.0), peak))
}

/// How alike two pictures are: the mean SSIM of the brightness of blocks of 8 by 8.
fn likeness(a: &GrayImage, b: &GrayImage) -> f64 {
    let (mut sum, mut blocks) = (0.0, 0.0);
    for by in 0..a.height().min(b.height()) / 8 {
        for bx in 0..a.width().min(b.width()) / 8 {
            let (mut sa, mut sb, mut saa, mut sbb, mut sab) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for (x, y) in (0..64).map(|n| (bx * 8 + n % 8, by * 8 + n / 8)) {
                let (va, vb) = (f64::from(a.get_pixel(x, y).0[0]), f64::from(b.get_pixel(x, y).0[0]));
                sa += va;
                sb += vb;
                saa += va * va;
                sbb += vb * vb;
                sab += va * vb;
            }
            let (ma, mb) = (sa / 64.0, sb / 64.0);
            let (va, vb, cov) = (saa / 64.0 - ma * ma, sbb / 64.0 - mb * mb, sab / 64.0 - ma * mb);
            let (c1, c2) = (6.5025, 58.5225);
            sum += (2.0 * ma * mb + c1) * (2.0 * cov + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
            blocks += 1.0;
        }
    }
    sum / blocks
}

#[expect(clippy::print_stderr, reason = "a measurement says what it cannot measure")]
fn compare(table: &mut Table) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name).display().to_string();
    let original = photograph(4000, 3000, 7);
    std::fs::write(path("in.jpg"), jpeg(&original, 90)?)?;
    let (ours, peak) = measure(&std::env::current_exe()?, &[VARIANT, &path("in.jpg"), &path("ours.webp")])?;
    table.add("variant_cpu", vec![ours * 1e3], "ms");
    table.add("variant_memory", vec![peak], "MB");
    let size = format!("{WIDTH}x");
    let output = format!("{}[Q={QUALITY}]", path("theirs.webp"));
    let words = [&path("in.jpg"), "--size", &size, "-o", &output];
    let (theirs, their_peak) = match measure(Path::new("vipsthumbnail"), &words) {
        Ok(measured) => measured,
        Err(error) => {
            eprintln!("vipsthumbnail (Debian package libvips-tools) cannot be measured: {error}");
            return Ok(());
        }
    };
    let reference = DynamicImage::from(original).resize(WIDTH, WIDTH, FilterType::Lanczos3).to_luma8();
    let read = |name: &str| -> Result<(f64, f64), Failure> {
        let bytes = std::fs::read(path(name))?;
        let shown = image::load(Cursor::new(&bytes), image::ImageFormat::WebP)?.to_luma8();
        Ok((ratio(bytes.len(), 1.0), likeness(&shown, &reference)))
    };
    let ((our_size, our_likeness), (their_size, their_likeness)) = (read("ours.webp")?, read("theirs.webp")?);
    table.add("vipsthumbnail_cpu", vec![theirs * 1e3], "ms");
    table.add("vipsthumbnail_memory", vec![their_peak], "MB");
    table.add("variant_cpu_to_vipsthumbnail", vec![ours / theirs], "ratio");
    table.add("variant_size_to_vipsthumbnail", vec![our_size / their_size], "ratio");
    table.add("variant_likeness", vec![our_likeness], "SSIM");
    table.add("vipsthumbnail_likeness", vec![their_likeness], "SSIM");
    Ok(())
}

/// Has the pictures kept of what arrives from now on. Those of the data that were filled in before have no server.
async fn keep_all(program: &Program) -> Result<(), Failure> {
    let db = Db::open(&DatabaseAddress::Sqlite(database(program))).await?;
    let account = db.account_by_name(NAME).await?.ok_or("the filled data have no account")?;
    db.set_picture_policy(account.id, PicturePolicy::All).await?;
    db.close().await;
    Ok(())
}

/// The list of the farm's first feed: what was filled in is newer, and stands above it in the list of all.
async fn list_of_first(program: &Program, farm: &Farm) -> Result<String, Failure> {
    let db = Db::open(&DatabaseAddress::Sqlite(database(program))).await?;
    let feed = db.feed_by_url(&WebUrl::parse(&farm.urls[0])?).await?.ok_or("the first feed is not there")?;
    db.close().await;
    Ok(format!("/feeds/{}", feed.id))
}

/// Everything about pictures.
pub(crate) async fn pictures(options: &Options, table: &mut Table) -> Result<(), Failure> {
    compare(table)?;
    let program = Program::new(&options.binary)?;
    // The database exists only once a server or a command has made it.
    drop(program.serve().await?);
    fill(&database(&program), options.articles).await?;
    let served = program.serve().await?;
    let cookie = served.log_in().await?;
    let idle = load::load(&served.address, ("/all", Address::New), &cookie, 1, 6.0).await?;
    keep_all(&program).await?;
    let farm = Farm::start(INGEST).await?;
    let begun = std::time::Instant::now();
    subscribe(&program, &farm)?;
    // Until all articles are there and their pictures, but no longer than the load takes.
    let busy = load::load(&served.address, ("/all", Address::New), &cookie, 1, 20.0).await?;
    table.add("list_p95_idle", vec![idle.p95.as_secs_f64() * 1e3], "ms");
    table.add("list_p95_while_keeping_pictures", vec![busy.p95.as_secs_f64() * 1e3], "ms");
    table.add("list_p95_busy_to_idle", vec![busy.p95.as_secs_f64() / idle.p95.as_secs_f64()], "ratio");
    let kept = farm.pictures_served();
    table.add("pictures_kept", vec![ratio(kept, begun.elapsed().as_secs_f64())], "pictures/s");
    let link = |list: &str, sign: &str| {
        let mut words = list.split('"').filter(|word| word.starts_with('/'));
        words.find(|link| link.contains(sign) && !link.starts_with("/media/p/")).map(|link| link.replace("&amp;", "&"))
    };
    let first = list_of_first(&program, &farm).await?;
    // What is not kept yet comes through `/media/p/`.
    let (thumbnail, style) = loop {
        let list = served.page(&first, &cookie).await?;
        if let Some(thumbnail) = link(&list, "/media/") {
            break (thumbnail, link(&list, ".css").ok_or("the list has no style sheet")?);
        }
        if begun.elapsed() > Duration::from_mins(3) {
            return Err("no picture of the list was kept within three minutes".into());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    served.page(&thumbnail, &cookie).await?;
    let (mut rates, mut shares) = (vec![], vec![]);
    for _ in 0..options.runs {
        let plain = load::load(&served.address, (&style, Address::Same), &cookie, 32, 2.0).await?.per_second;
        let kept = load::load(&served.address, (&thumbnail, Address::Same), &cookie, 32, 2.0).await?.per_second;
        rates.push(kept);
        shares.push(kept / plain);
    }
    table.add("kept_variant_32", rates, "requests/s");
    table.add("kept_variant_32_to_static", shares, "ratio");
    Ok(())
}
