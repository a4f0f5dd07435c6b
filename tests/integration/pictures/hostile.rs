//! Pictures that were made to harm: each is refused or bounded, and the server goes on.

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use gleaner::domain::PicturePolicy;
use gleaner::jobs::pictures::variant_of;
use gleaner::media::{Facts, MediaKind, Output, PictureHash, Refused, Spec, variant};
use image::ImageFormat;

use super::{kept, picture, run_jobs, with_article};
use crate::support::database::{TestDatabase, on_both_databases};
use crate::support::house::House;
use crate::support::outside::Reply;
use crate::support::site::TestSite;

/// One chunk of a PNG.
fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(name);
    crc.update(data);
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length[..], name, data, &crc.sum().to_be_bytes()].concat()
}

/// A PNG of one bit a pixel that is as large as it says: all zeros, packed.
fn bomb(width: u32, height: u32, rows: u32, before: &[Vec<u8>]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[1, 0, 0, 0, 0]].concat();
    let row = vec![0; usize::try_from(width.div_ceil(8)).unwrap() + 1];
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    for _ in 0..rows {
        packed.write_all(&row).unwrap();
    }
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend(chunk(b"IHDR", &header));
    file.extend(before.concat());
    file.extend(chunk(b"IDAT", &packed.finish().unwrap()));
    file.extend(chunk(b"IEND", &[]));
    file
}

/// A GIF of this canvas with so many frames of one pixel.
pub(super) fn gif(width: u16, height: u16, frames: usize) -> Vec<u8> {
    let mut file = b"GIF89a".to_vec();
    file.extend(width.to_le_bytes());
    file.extend(height.to_le_bytes());
    file.extend([0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff]);
    for _ in 0..frames {
        file.extend(b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0");
    }
    file.push(0x3b);
    file
}

/// The header of a JPEG that claims this size, progressive, with so many passes and no pixels.
fn jpeg(width: u16, height: u16, scans: usize) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8, 0xff, 0xc2, 0, 17, 8];
    file.extend(height.to_be_bytes());
    file.extend(width.to_be_bytes());
    file.extend([3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
    for _ in 0..scans {
        file.extend([0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 0, 0]);
    }
    file.extend([0xff, 0xd9]);
    file
}

/// A file of icons with one entry of these bytes.
fn icon(data: &[u8], count: u16) -> Vec<u8> {
    let mut file = vec![0, 0, 1, 0];
    file.extend(count.to_le_bytes());
    file.extend([0, 0, 0, 0, 1, 0, 32, 0]);
    file.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
    file.extend(22_u32.to_le_bytes());
    file.extend(data);
    file
}

fn bitmap(width: i32, height: i32) -> Vec<u8> {
    let mut data = 40_u32.to_le_bytes().to_vec();
    data.extend(width.to_le_bytes());
    data.extend(height.to_le_bytes());
    data.extend([1, 0, 32, 0]);
    data.extend([0; 24]);
    data
}

fn webp_canvas(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0".to_vec();
    file.extend(&(width - 1).to_le_bytes()[..3]);
    file.extend(&(height - 1).to_le_bytes()[..3]);
    file
}

/// Name, bytes and what the header check says.
fn refused_by_their_header() -> Vec<(&'static str, Vec<u8>, Refused)> {
    vec![
        ("I01 PNG of 20,000 squared", bomb(20_000, 20_000, 20_000, &[]), Refused::TooLarge),
        ("I02 PNG of 60,000 squared", bomb(60_000, 60_000, 1, &[]), Refused::TooLarge),
        ("I02 PNG of 2^31-1", bomb(0x7fff_ffff, 1, 0, &[]), Refused::TooLarge),
        ("I02 PNG without a side", bomb(0, 10, 1, &[]), Refused::Damaged),
        ("I03 GIF of 65,535 squared", gif(65_535, 65_535, 1), Refused::TooLarge),
        ("I04 WebP of 16 million squared", webp_canvas(16_777_216, 16_777_216), Refused::TooLarge),
        ("I05 JPEG of 65,500 squared", jpeg(65_500, 65_500, 1), Refused::TooLarge),
        ("I05 JPEG of 1,000 passes", jpeg(4_000, 3_000, 1_000), Refused::TooLarge),
        ("I05 progressive JPEG of 36 MP", jpeg(6_000, 6_000, 1), Refused::TooLarge),
        ("I06 HDR", b"#?RADIANCE\n\n-Y 1 +X 4294967295\n".to_vec(), Refused::Kind),
        ("I06 TIFF", b"II*\0\x08\0\0\0".to_vec(), Refused::Kind),
        ("I06 EXR", b"v/1\x01\x02\0\0\0".to_vec(), Refused::Kind),
        ("I06 QOI", b"qoif\0\0\x10\0\0\0\x10\0\x03\0".to_vec(), Refused::Kind),
        ("I06 PNM", b"P6 100000 100000 255\n".to_vec(), Refused::Kind),
        ("I06 BMP", b"BM\x36\0\0\0".to_vec(), Refused::Kind),
        ("I07 65,535 icons", icon(&[], 65_535), Refused::TooLarge),
        ("I07 icon with a PNG bomb", icon(&bomb(20_000, 20_000, 1, &[]), 1), Refused::TooLarge),
        ("I08 PNG of 2,000 chunks", bomb(10, 10, 10, &vec![chunk(b"tEXt", b"a\0b"); 2_000]), Refused::TooLarge),
        ("I11 HTML that begins like a PNG", b"\x89PNG\r\n\x1a\n<script>alert(1)</script>".to_vec(), Refused::Damaged),
        ("I11 PDF", b"%PDF-1.7".to_vec(), Refused::Kind),
        ("cut off in the header", picture(ImageFormat::Png, 9, 9)[..20].to_vec(), Refused::Damaged),
        ("cut off in the header", picture(ImageFormat::Jpeg, 9, 9)[..20].to_vec(), Refused::Damaged),
        ("nothing", Vec::new(), Refused::Kind),
    ]
}

/// Pictures whose header is sound and whose pixels are not, or are dear.
fn bounded() -> Vec<(&'static str, Vec<u8>)> {
    let mut inflated = ZlibEncoder::new(Vec::new(), Compression::best());
    inflated.write_all(&vec![0; 200 << 20]).unwrap();
    let inflated = inflated.finish().unwrap();
    let text = [b"Comment\0\0".to_vec(), inflated.clone()].concat();
    let profile = [b"ICC\0\0".to_vec(), inflated].concat();
    let jpeg = picture(ImageFormat::Jpeg, 900, 600);
    let png = picture(ImageFormat::Png, 900, 600);
    vec![
        ("I03 a million frames", gif(64, 64, 1_000_000)),
        ("I08 text that inflates to 200 MB", bomb(100, 100, 100, &[chunk(b"zTXt", &text)])),
        ("I08 profile that inflates to 200 MB", bomb(100, 100, 100, &[chunk(b"iCCP", &profile)])),
        ("I16 broken profile", bomb(100, 100, 100, &[chunk(b"iCCP", b"x\0\0not packed")])),
        ("I05 no pixels after the header", self::jpeg(900, 600, 8)),
        ("I04 moving WebP without frames", webp_canvas(2_000, 2_000)),
        ("I07 icon of a negative height", icon(&bitmap(64, -128), 1)),
        ("I07 icon of a huge bitmap", icon(&bitmap(i32::MAX, i32::MAX), 1)),
        ("PNG of fewer rows than it claims", bomb(4_000, 4_000, 2, &[])),
        ("JPEG cut off", jpeg[..jpeg.len() / 2].to_vec()),
        ("PNG cut off", png[..png.len() / 2].to_vec()),
    ]
}

#[test]
fn what_claims_too_much_is_refused_by_its_header() {
    for (name, bytes, refused) in refused_by_their_header() {
        assert_eq!(Facts::read(&bytes), Err(refused), "{name}");
        assert_eq!(variant::make(&bytes, &Spec::wide(100)), Err(refused), "{name}");
        assert_eq!(variant::colour(&bytes), None, "{name}");
    }
}

#[tokio::test]
async fn what_lies_in_its_pixels_is_bounded_and_the_next_picture_is_made() {
    let house = House::on(TestDatabase::sqlite()).await;
    for (name, bytes) in bounded() {
        let facts = Facts::read(&bytes).unwrap_or_else(|refused| panic!("{name}: {refused}"));
        // Whatever becomes of it, it comes back.
        let made = variant_of(&house.app, bytes.clone().into(), &Spec::fitting(50, 50)).await;
        if let Ok(made) = made {
            assert!(made.len() <= bytes.len().max(100_000), "{name}: {} of {facts:?}", made.len());
        }
    }
    let sound = variant_of(&house.app, picture(ImageFormat::Png, 90, 60).into(), &Spec::wide(30)).await.unwrap();
    assert_eq!(MediaKind::of(&sound), Some(MediaKind::WebP));
}

#[tokio::test]
async fn two_hundred_bombs_at_once_are_looked_at_two_at_a_time() {
    let house = House::on(TestDatabase::sqlite()).await;
    // Most are refused by their header; four are as large as may be.
    let refused: axum::body::Bytes = bomb(20_000, 20_000, 20_000, &[]).into();
    let large: axum::body::Bytes = bomb(8_000, 4_900, 4_900, &[]).into();
    let spec = Spec::wide(100).with_output(Output::WebP);
    let all = (0..200).map(|n| {
        let (app, bytes) = (house.app.clone(), if n % 50 == 0 { large.clone() } else { refused.clone() });
        async move { variant_of(&app, bytes, &spec).await.is_ok() }
    });
    let done = futures_util::future::join_all(all).await;
    assert!(done.iter().filter(|done| **done).count() <= 4);
    let sound = variant_of(&house.app, picture(ImageFormat::Png, 90, 60).into(), &Spec::wide(30)).await;
    assert!(sound.is_ok(), "the pool is alive");
}

#[test]
fn where_a_picture_was_taken_is_not_told() {
    // An APP1 segment: EXIF in little-endian TIFF with orientation 6 (a quarter turn) and words that stand for a place.
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend(b"GPS 48.8584 N 2.2945 E");
    let plain = picture(ImageFormat::Jpeg, 80, 40);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let file = [&plain[..2], &[0xff, 0xe1], &length, &exif, &plain[2..]].concat();
    let facts = Facts::read(&file).unwrap();
    assert_eq!((facts.width, facts.height, facts.orientation), (40, 80, 6), "as it is shown");

    for output in [Output::WebP, Output::Jpeg, Output::Png] {
        let made = variant::make(&file, &Spec::wide(400).with_output(output)).unwrap();
        let variant::Variant::Encoded(made) = made else { panic!("it cannot be passed on as it is") };
        assert!(!made.windows(3).any(|window| window == b"GPS"));
        let shown =
            image::load(Cursor::new(&made), ImageFormat::WebP).or_else(|_| image::load_from_memory(&made)).unwrap();
        assert_eq!((shown.width(), shown.height()), (40, 80), "turned");
    }
}

#[test]
fn a_transparent_picture_stays_transparent_where_it_can() {
    let mut clear = image::RgbaImage::new(60, 40);
    clear.put_pixel(30, 20, image::Rgba([255, 0, 0, 255]));
    let mut file = Cursor::new(Vec::new());
    image::DynamicImage::from(clear).write_to(&mut file, ImageFormat::Png).unwrap();
    for (output, alpha) in [(Output::WebP, 0), (Output::Png, 0), (Output::Jpeg, 255)] {
        let spec = Spec::wide(30).with_output(output);
        let variant::Variant::Encoded(made) = variant::make(file.get_ref(), &spec).unwrap() else { panic!("smaller") };
        let shown = image::load_from_memory(&made).unwrap().to_rgba8();
        assert_eq!((shown.width(), shown.height()), (30, 20));
        assert_eq!(shown.get_pixel(0, 0).0[3], alpha, "{output:?}");
        if output == Output::Jpeg {
            assert!(shown.get_pixel(0, 0).0[0] > 240, "on white");
        }
    }
}

on_both_databases! {
    async fn what_is_refused_is_not_kept(house: House) {
        house.world.route("/bomb.png", Reply::ok("image/png", bomb(20_000, 20_000, 10, &[])));
        house.world.route("/page.png", Reply::ok("image/png", "<!doctype html><script>alert(1)</script>"));
        house.world.route("/sound.png", Reply::ok("image/png", picture(ImageFormat::Png, 9, 9)));
        with_article(&house, "<img src=/bomb.png><img src=/page.png><img src=/sound.png>").await;
        run_jobs(&house).await;
        assert_eq!((kept(&house, "/bomb.png").await, kept(&house, "/page.png").await), (None, None));
        assert!(kept(&house, "/sound.png").await.is_some());
        assert_eq!(house.app.media.store.list().await.unwrap().len(), 1);
    }

    async fn a_picture_that_is_another_thing_each_time_fills_no_disk(site: TestSite) {
        let files: Vec<_> = (9..29).map(|side| Reply::ok("image/png", picture(ImageFormat::Png, side, side))).collect();
        site.world.replies("/new.png", files);
        let user = site.user("ada").await;
        site.app.db.set_picture_policy(user.id, PicturePolicy::All).await.unwrap();
        let address = site.site.web().signer.picture(&site.world.url("/new.png"));
        let first = user.get(&address).await.bytes;
        for _ in 0..5 {
            assert_eq!(user.get(&address).await.bytes, first, "what was kept once stays");
        }
        assert_eq!(kept(&site, "/new.png").await, Some(PictureHash::of(&first)));
        assert_eq!(site.world.hits("/new.png"), 1);
    }
}
