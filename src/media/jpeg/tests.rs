#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the numbers of small pictures")]

use image::imageops::{self, FilterType};
use image::{ImageFormat, RgbImage};

use super::super::variant::{Variant, colour, make};
use super::super::{Output, Spec};
use super::transform::ZIGZAG;
use super::*;

/// Blocks of each component in a unit, across and down.
type Sampling = [(usize, usize)];
const FULL: &Sampling = &[(1, 1), (1, 1), (1, 1)];

/// Soft colours with a few edges.
fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let wave = |n: u32, length: f32| (127.0 + 90.0 * (f64::from(n) as f32 / length).sin()) as u8;
        image::Rgb([wave(x + y, 41.0), wave(2 * x, 67.0), if x / 32 % 2 == y / 32 % 2 { 80 } else { 120 }])
    })
}

/// Bits as a scan has them.
#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    bits: u32,
    count: u32,
}

impl Writer {
    fn put(&mut self, value: u32, count: u32) {
        for n in (0..count).rev() {
            self.bits = self.bits << 1 | (value >> n & 1);
            self.count += 1;
            if self.count == 8 {
                self.out.push(self.bits as u8);
                if self.bits == 0xff {
                    self.out.push(0);
                }
                (self.bits, self.count) = (0, 0);
            }
        }
    }

    fn number(&mut self, number: i32, symbol: impl Fn(u32) -> (u32, u32)) {
        let size = 32 - number.unsigned_abs().leading_zeros();
        let (code, bits) = symbol(size);
        self.put(code, bits);
        self.put(if number < 0 { number - 1 } else { number } as u32, size);
    }

    fn end(&mut self) {
        while self.count > 0 {
            self.put(1, 1);
        }
    }
}

/// The codes of these files: eight of 4 bits for what is frequent, the others of 12.
fn frequent(symbol: u8) -> (u32, u32) {
    match [0, 1, 2, 3, 4, 5, 0x11, 0xf0].iter().position(|frequent| *frequent == symbol) {
        Some(place) => (place as u32, 4),
        None => (0x800 + u32::from(symbol), 12),
    }
}

fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    [&[0xff, marker], &(data.len() as u16 + 2).to_be_bytes()[..], data].concat()
}

/// Writes a picture as a JPEG with these segments before all others.
fn jpeg(picture: &RgbImage, sampling: &Sampling, restart: usize, before: &[u8]) -> Vec<u8> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let across = sampling.iter().map(|sampling| sampling.0).max().unwrap();
    let down = sampling.iter().map(|sampling| sampling.1).max().unwrap();
    // The sample of a component, the mean of what it stands for.
    let sample = |component: usize, x: usize, y: usize| {
        let (w, h) = (across / sampling[component].0, down / sampling[component].1);
        let sum: f32 = (0..w * h)
            .map(|n| {
                let (x, y) = ((x * w + n % w).min(width - 1), (y * h + n / w).min(height - 1));
                let [r, g, b] = picture.get_pixel(x as u32, y as u32).0.map(f32::from);
                [
                    0.299 * r + 0.587 * g + 0.114 * b - 128.0,
                    -0.168_736 * r - 0.331_264 * g + 0.5 * b,
                    0.5 * r - 0.418_688 * g - 0.081_312 * b,
                ][component]
            })
            .sum();
        sum / (w * h) as f32
    };
    let block = |component: usize, x: usize, y: usize| {
        let weight = |n: usize| if n == 0 { 0.125_f32.sqrt() } else { 0.5 };
        let angle = |n: usize, f: usize| ((2 * n + 1) as f32 * f as f32 * std::f32::consts::PI / 16.0).cos();
        let samples: Vec<f32> = (0..64).map(|n| sample(component, x * 8 + n % 8, y * 8 + n / 8)).collect();
        ZIGZAG.map(|natural| {
            let (u, v) = (usize::from(natural % 8), usize::from(natural / 8));
            let waves = samples.iter().enumerate().map(|(n, sample)| sample * angle(n % 8, u) * angle(n / 8, v));
            (waves.sum::<f32>() * weight(u) * weight(v) / 3.0).round() as i32
        })
    };
    let mut scan = Writer::default();
    let mut last = [0; 3];
    let columns = width.div_ceil(8 * across);
    for unit in 0..columns * height.div_ceil(8 * down) {
        if restart > 0 && unit > 0 && unit % restart == 0 {
            scan.end();
            scan.out.extend([0xff, 0xd0 + (unit / restart - 1) as u8 % 8]);
            last = [0; 3];
        }
        for (component, (h, v)) in sampling.iter().copied().enumerate() {
            for n in 0..h * v {
                let numbers = block(component, unit % columns * h + n % h, unit / columns * v + n / h);
                scan.number(numbers[0] - last[component], |size| (size, 4));
                last[component] = numbers[0];
                let mut zeros = 0;
                for number in &numbers[1..] {
                    if *number == 0 {
                        zeros += 1;
                        continue;
                    }
                    for _ in 0..zeros / 16 {
                        scan.put(frequent(0xf0).0, 4);
                    }
                    scan.number(*number, |size| frequent((zeros % 16) << 4 | size as u8));
                    zeros = 0;
                }
                if zeros > 0 {
                    scan.put(frequent(0).0, 4);
                }
            }
        }
    }
    scan.end();
    let components = sampling.iter().zip(1..).flat_map(|((h, v), id)| [id, (h << 4 | v) as u8, 0]);
    let [h1, h0] = picture.height().to_be_bytes()[2..] else { unreachable!() };
    let [w1, w0] = picture.width().to_be_bytes()[2..] else { unreachable!() };
    let head: Vec<u8> = [8, h1, h0, w1, w0, sampling.len() as u8].into_iter().chain(components).collect();
    let short: Vec<u8> = [0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].into_iter().chain(0..12).collect();
    // Symbol 0 has the first code of 12 bits after 8 of 4 bits, the others follow.
    let counts = [0x10, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 248, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 0x11, 0xf0];
    let long: Vec<u8> = counts.into_iter().chain(0..248).collect();
    let scanned: Vec<u8> = std::iter::once(sampling.len() as u8)
        .chain((1..=sampling.len() as u8).flat_map(|id| [id, 0]))
        .chain([0, 63, 0])
        .collect();
    let quantisation: Vec<u8> = std::iter::once(0).chain([3; 64]).collect();
    [
        vec![0xff, 0xd8],
        before.to_vec(),
        segment(0xdb, &quantisation),
        segment(0xc0, &head),
        segment(0xc4, &short),
        segment(0xc4, &long),
        segment(0xdd, &(restart as u16).to_be_bytes()),
        segment(0xda, &scanned),
        scan.out,
        vec![0xff, 0xd9],
    ]
    .concat()
}

/// The largest and the mean difference of two pictures.
fn difference(a: &RgbImage, b: &RgbImage) -> (u8, f64) {
    assert_eq!(a.dimensions(), b.dimensions());
    let differences = || a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| a.abs_diff(*b));
    (differences().max().unwrap(), differences().map(f64::from).sum::<f64>() / a.as_raw().len() as f64)
}

fn whole(file: &[u8]) -> RgbImage {
    image::load_from_memory(file).unwrap().to_rgb8()
}

#[test]
fn a_smaller_picture_is_that_of_all_its_pixels_however_its_colours_are_sampled() {
    let original = picture(192, 128);
    let samplings: [&Sampling; 7] = [
        FULL,
        &[(2, 2), (1, 1), (1, 1)],
        &[(2, 1), (1, 1), (1, 1)],
        &[(1, 2), (1, 1), (1, 1)],
        &[(4, 1), (1, 1), (1, 1)],
        &[(2, 2), (2, 1), (1, 2)],
        &[(1, 1), (2, 2), (2, 1)],
    ];
    for sampling in samplings {
        for restart in [0, 3] {
            let file = jpeg(&original, sampling, restart, &[]);
            for eighths in 1..=4 {
                let Some(smaller) = decode_smaller(&file, (192, 128), eighths) else {
                    assert!(sampling[0] == (4, 1) && eighths > 2, "{sampling:?} {eighths}");
                    continue;
                };
                let expected = imageops::resize(&original, 24 * eighths, 16 * eighths, FilterType::Triangle);
                let (most, mean) = difference(&smaller, &expected);
                assert!(most <= 24 && mean < 3.0, "{sampling:?} {restart} {eighths}: {most} {mean}");
            }
        }
    }
}

#[test]
fn a_grey_picture_is_grey_whatever_its_only_component_says_of_units() {
    let grey = RgbImage::from_fn(100, 60, |x, y| image::Rgb([(x + y) as u8; 3]));
    let file = jpeg(&grey, &[(1, 1)], 0, &[]);
    let units = file.windows(3).position(|bytes| bytes == [1, 0x11, 0]).unwrap() + 1;
    for sampling in [0x11, 0x22, 0x41] {
        let mut file = file.clone();
        file[units] = sampling;
        let smaller = decode_smaller(&file, (100, 60), 2).unwrap();
        assert_eq!(smaller.dimensions(), (25, 15));
        assert!(smaller.pixels().all(|pixel| pixel.0 == [pixel.0[0]; 3]));
        let (most, _) = difference(&smaller, &imageops::resize(&grey, 25, 15, FilterType::Triangle));
        assert!(most <= 3, "{sampling:x}: {most}");
    }
}

#[test]
fn a_form_is_the_same_as_from_the_whole_picture() {
    // Turned to the right (TIFF, little endian: one entry, tag 274, one number: 6).
    let exif = b"Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    for (size, before) in [((203, 149), vec![]), ((160, 211), segment(0xe1, exif)), ((1001, 40), vec![])] {
        let file = jpeg(&picture(size.0, size.1), &[(2, 2), (1, 1), (1, 1)], 0, &before);
        let mut png = std::io::Cursor::new(Vec::new());
        let pixels = whole(&file);
        let pixels = if before.is_empty() { pixels } else { imageops::rotate90(&pixels) };
        pixels.write_to(&mut png, ImageFormat::Png).unwrap();
        let png = png.into_inner();
        assert_eq!(colour(&file), colour(&png), "{size:?}");
        for spec in [Spec::wide(20), Spec::wide(50), Spec::wide(70), Spec::fitting(33, 47), Spec::fitting(30, 20)] {
            let form = |file: &[u8]| match make(file, &spec.with_output(Output::Png)).unwrap() {
                Variant::Encoded(form) => whole(&form),
                Variant::Same => panic!("{spec}"),
            };
            let (most, mean) = difference(&form(&file), &form(&png));
            assert!(most <= 24 && mean < 2.0, "{size:?} {spec}: {most} {mean}");
        }
    }
}

#[test]
fn what_is_not_read_here_is_left_to_the_decoder_of_whole_pictures() {
    let file = jpeg(&picture(64, 48), FULL, 2, &[]);
    let sound = |file: &[u8]| decode_smaller(file, (64, 48), 2).is_some();
    assert!(sound(&file));
    assert!(decode_smaller(&file, (64, 40), 2).is_none(), "its header was read otherwise");
    let adobe = |transform| segment(0xee, &[&b"Adobe\0\x64\0\0\0\0"[..], &[transform]].concat());
    assert!(sound(&jpeg(&picture(64, 48), FULL, 0, &adobe(1))), "the usual colours");
    for transform in [0, 2] {
        assert!(!sound(&jpeg(&picture(64, 48), FULL, 0, &adobe(transform))), "other colours");
    }
    let head = file.windows(2).position(|bytes| bytes == [0xff, 0xc0]).unwrap();
    let scan = file.windows(2).position(|bytes| bytes == [0xff, 0xda]).unwrap();
    let restart = file.windows(2).position(|bytes| bytes == [0xff, 0xd0]).unwrap();
    for (name, at, bytes) in [
        ("progressive", head + 1, &[0xc2][..]),
        ("arithmetic", head + 1, &[0xc9]),
        ("12 bits", head + 4, &[12]),
        ("height to come", head + 5, &[0, 0]),
        ("four colours", head + 9, &[4]),
        ("unit of three", head + 11, &[0x31]),
        ("unit of none", head + 11, &[0x10]),
        ("no such table", head + 12, &[3]),
        ("a scan of one", scan + 4, &[1]),
        ("a scan of another order", scan + 5, &[2, 0, 1]),
        ("no such codes", scan + 6, &[0x22]),
        ("a part of a block", scan + 12, &[5]),
        ("another restart", restart + 1, &[0xd1]),
        ("an early end", restart + 1, &[0xd9]),
    ] {
        let mut other = file.clone();
        other[at..at + bytes.len()].copy_from_slice(bytes);
        assert!(!sound(&other), "{name}");
    }
    let mut rgb = file.clone();
    for (n, id) in b"RGB".iter().enumerate() {
        rgb[head + 10 + 3 * n] = *id;
        rgb[scan + 5 + 2 * n] = *id;
    }
    assert!(!sound(&rgb), "no YCbCr");
    for end in 0..file.len() - 3 {
        assert!(!sound(&file[..end]), "cut off at {end} of {}", file.len());
    }
}

#[test]
fn damage_is_no_danger() {
    for sampling in [FULL, &[(2, 2), (1, 1), (1, 1)]] {
        let file = jpeg(&picture(32, 24), sampling, 1, &[]);
        for at in 2..file.len() {
            for change in [0xff, 0x80, 0x01] {
                let mut other = file.clone();
                other[at] ^= change;
                decode_smaller(&other, (32, 24), 1);
                decode_smaller(&other, (32, 24), 4);
            }
        }
    }
}

#[test]
fn a_header_of_many_tables_costs_no_more_than_its_last_ones() {
    let table = segment(0xc4, &[&[0x10, 1][..], &[0; 15], &[0]].concat());
    let file = jpeg(&picture(64, 48), FULL, 0, &table.repeat(200_000));
    let begun = std::time::Instant::now();
    assert!(decode_smaller(&file, (64, 48), 2).is_some());
    assert!(begun.elapsed().as_secs_f64() < 2.0);
}
