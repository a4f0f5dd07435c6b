use super::*;

fn card(title: &str, language: &str, is_rtl: bool) -> Card {
    Card {
        title: title.to_owned(),
        source: "voachinese.com".to_owned(),
        date: "15 August 2023".to_owned(),
        language: Some(language.to_owned()),
        is_rtl,
    }
}

fn drawn(card: &Card) -> RgbImage {
    let bytes = card.draw().unwrap();
    if let Ok(folder) = std::env::var("GLEANER_TEST_SCREENSHOTS") {
        std::fs::create_dir_all(&folder).unwrap();
        let name = card.language.as_deref().unwrap_or("none");
        std::fs::write(format!("{folder}/card-{name}-{}.png", card.title.chars().count()), &bytes).unwrap();
    }
    image::load_from_memory(&bytes).unwrap().to_rgb8()
}

/// How many pixels of the middle, where titles stand, are no paper.
fn ink(picture: &RgbImage) -> usize {
    let is_in_the_middle = |y: u32| (150..HEIGHT - 160).contains(&y);
    picture.enumerate_pixels().filter(|(_, y, pixel)| is_in_the_middle(*y) && **pixel != PAPER).count()
}

#[test]
fn a_card_has_its_size_and_its_title_in_every_script() {
    let titles = [
        ("The river rose in the night and the mayor's boat was gone by morning", "en", false),
        ("东京房价创新高：外国买家占两成，政府考虑征税", "zh-Hans", false),
        ("東京の住宅価格が過去最高に、外国人購入者が二割を占める", "ja", false),
        ("도쿄 집값 사상 최고치 경신, 외국인 구매자가 20% 차지", "ko", false),
        ("ارتفاع منسوب النهر في الليل واختفاء قارب Mayor 42 مع الصباح", "ar", true),
        ("Река поднялась ночью, и к утру лодка мэра исчезла", "ru", false),
    ];
    for (title, language, is_rtl) in titles {
        let picture = drawn(&card(title, language, is_rtl));

        assert_eq!(picture.dimensions(), (WIDTH, HEIGHT));
        let has_fonts = !Fonts::for_text(title, Some(language)).faces(true).is_empty();
        assert_eq!(ink(&picture) > 2_000, has_fonts, "{language}");
    }
}

#[test]
fn a_title_stays_on_its_card_however_long_it_is() {
    for title in [
        "word ".repeat(400),
        "长".repeat(400),
        "W".repeat(400),
        String::new(),
        " \n\t ".to_owned(),
        "🦀\u{202e}x\u{0}".to_owned(),
    ] {
        let picture = drawn(&card(&title, "en", false));

        // Letters may reach a little into the margin.
        let edge = 72;
        let strays = picture.enumerate_pixels().filter(|(x, y, pixel)| {
            let is_outside = *x < edge || *x >= WIDTH - edge || *y > HEIGHT - 50;
            is_outside && *y > 14 && **pixel != PAPER
        });
        assert_eq!(strays.count(), 0, "{title}");
    }
}
