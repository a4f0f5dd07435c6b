//! Words that stand in dates.

use jiff::tz::{TimeZone, offset};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::Country;

/// The beginnings of the names of months, lower case and without accents. Where one begins another, the longer one
/// stands first.
const MONTHS: &[(&str, i8)] = &[
    // English, German, French, Spanish, Portuguese, Italian, Dutch, Scandinavian, Hungarian, Indonesian.
    ("jan", 1),
    ("gen", 1),
    ("ene", 1),
    ("feb", 2),
    ("fev", 2),
    ("mrt", 3),
    ("maalis", 3),
    ("mar", 3),
    ("apr", 4),
    ("avr", 4),
    ("abr", 4),
    ("maj", 5),
    ("may", 5),
    ("mai", 5),
    ("mei", 5),
    ("mag", 5),
    ("juin", 6),
    ("jun", 6),
    ("giu", 6),
    ("juil", 7),
    ("jul", 7),
    ("lug", 7),
    ("aug", 8),
    ("aou", 8),
    ("ago", 8),
    ("agt", 8),
    ("agu", 8),
    ("sep", 9),
    ("set", 9),
    ("sze", 9),
    ("oct", 10),
    ("okt", 10),
    ("ott", 10),
    ("out", 10),
    ("nov", 11),
    ("dec", 12),
    ("dez", 12),
    ("dic", 12),
    ("des", 12),
    ("dit", 12),
    // Polish and Czech.
    ("sty", 1),
    ("lut", 2),
    ("kwi", 4),
    ("cze", 6),
    ("lip", 7),
    ("sie", 8),
    ("wrz", 9),
    ("paz", 10),
    ("lis", 11),
    ("gru", 12),
    ("led", 1),
    ("uno", 2),
    ("bre", 3),
    ("dub", 4),
    ("kve", 5),
    ("cervence", 7),
    ("cervenec", 7),
    ("cvc", 7),
    ("cer", 6),
    ("cvn", 6),
    ("srp", 8),
    ("zar", 9),
    ("rij", 10),
    ("pro", 12),
    // Turkish and Finnish.
    ("oca", 1),
    ("sub", 2),
    ("nis", 4),
    ("haz", 6),
    ("tem", 7),
    ("eyl", 9),
    ("eki", 10),
    ("kas", 11),
    ("ara", 12),
    ("tammi", 1),
    ("helmi", 2),
    ("huhti", 4),
    ("touko", 5),
    ("kesa", 6),
    ("heina", 7),
    ("elo", 8),
    ("syys", 9),
    ("loka", 10),
    ("marras", 11),
    ("joulu", 12),
    // Russian, Ukrainian, Bulgarian.
    ("янв", 1),
    ("фев", 2),
    ("мар", 3),
    ("апр", 4),
    ("мая", 5),
    ("маи", 5),
    ("июн", 6),
    ("юни", 6),
    ("июл", 7),
    ("юли", 7),
    ("авг", 8),
    ("сен", 9),
    ("сеп", 9),
    ("окт", 10),
    ("ноя", 11),
    ("ное", 11),
    ("дек", 12),
    ("січ", 1),
    ("січ", 1),
    ("лют", 2),
    ("бер", 3),
    ("кві", 4),
    ("тра", 5),
    ("чер", 6),
    ("лип", 7),
    ("сер", 8),
    ("вер", 9),
    ("жов", 10),
    ("лис", 11),
    ("гру", 12),
    // Greek.
    ("ιαν", 1),
    ("φεβ", 2),
    ("μαρ", 3),
    ("απρ", 4),
    ("μαι", 5),
    ("μαϊ", 5),
    ("ιουν", 6),
    ("ιον", 6),
    ("ιουλ", 7),
    ("ιολ", 7),
    ("αυγ", 8),
    ("σεπ", 9),
    ("οκτ", 10),
    ("νοε", 11),
    ("δεκ", 12),
];

/// `word` in lower case, without accents and full stops.
pub(super) fn plain(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase().replace('.', "");
    }
    word.nfd().filter(|c| !is_combining_mark(*c) && *c != '.').flat_map(char::to_lowercase).collect()
}

/// The month, 1 to 12, that a [`plain`] word names.
pub(super) fn month(word: &str) -> Option<i8> {
    // “Marraskuu” is November though “mar” is March.
    if word.starts_with("marras") {
        return Some(11);
    }
    MONTHS.iter().find(|(beginning, _)| word.starts_with(beginning)).map(|(_, month)| *month)
}

/// The names of months in scripts where a few letters are not enough to tell them, and marks belong to the letters.
const MONTHS_OF_SCRIPTS: &[(i8, &[&str])] = &[
    (1, &["يناير", "جانفي", "ינואר", "มกราคม", "ม.ค", "जनवरी", "জানুয়ারি", "ژانویه"]),
    (2, &["فبراير", "شباط", "فيفري", "פברואר", "กุมภาพันธ์", "ก.พ", "फ़रवरी", "फरवरी", "ফেব্রুয়ারি", "فوریه"]),
    (3, &["مارس", "آذار", "מרץ", "מרס", "มีนาคม", "มี.ค", "मार्च", "মার্চ"]),
    (4, &["أبريل", "إبريل", "نيسان", "أفريل", "אפריל", "เมษายน", "เม.ย", "अप्रैल", "এপ্রিল", "آوریل"]),
    (5, &["مايو", "أيار", "ماي", "מאי", "พฤษภาคม", "พ.ค", "मई", "মে", "مه"]),
    (6, &["يونيو", "يونيه", "حزيران", "جوان", "יוני", "มิถุนายน", "มิ.ย", "जून", "জুন", "ژوئن"]),
    (7, &["يوليو", "يوليه", "تموز", "جويلية", "יולי", "กรกฎาคม", "ก.ค", "जुलाई", "জুলাই", "ژوئیه"]),
    (8, &["أغسطس", "آب", "أوت", "אוגוסט", "สิงหาคม", "ส.ค", "अगस्त", "আগস্ট", "اوت"]),
    (9, &["سبتمبر", "أيلول", "ספטמבר", "กันยายน", "ก.ย", "सितंबर", "सितम्बर", "সেপ্টেম্বর", "سپتامبر"]),
    (10, &["أكتوبر", "تشرين", "אוקטובר", "ตุลาคม", "ต.ค", "अक्टूबर", "অক্টোবর", "اکتبر"]),
    (11, &["نوفمبر", "נובמבר", "พฤศจิกายน", "พ.ย", "नवंबर", "नवम्बर", "নভেম্বর", "نوامبر"]),
    (12, &["ديسمبر", "كانون", "דצמבר", "ธันวาคม", "ธ.ค", "दिसंबर", "दिसम्बर", "ডিসেম্বর", "دسامبر"]),
];

/// The month that a word of another script names: `raw` as it is written, `word` as [`plain`] has it.
pub(super) fn month_of_script(raw: &str, word: &str) -> Option<i8> {
    if raw.is_ascii() {
        return None;
    }
    let raw = raw.trim_matches('.');
    // In Hebrew “in” is a letter before the name.
    let bare = raw.strip_prefix('ב').unwrap_or(raw);
    let names =
        |name: &&str| *name == raw || *name == bare || (!name.contains('.') && raw.len() > 4 && plain(name) == word);
    MONTHS_OF_SCRIPTS.iter().find(|(_, all)| all.iter().any(names)).map(|(month, _)| *month)
}

/// The month of the Iranian solar calendar that a [`plain`] word names.
pub(super) fn solar_month(word: &str) -> Option<i8> {
    const NAMES: &[&str] =
        &["فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "ابان", "اذر", "دی", "بهمن", "اسفند"];
    let word = word.replace('ي', "ی");
    NAMES.iter().position(|name| *name == word).and_then(|at| i8::try_from(at + 1).ok())
}

/// The year before the first one of an era.
pub(super) fn era(word: &str) -> Option<i64> {
    match word {
        "民國" | "民国" => Some(1_911),
        "令和" => Some(2_018),
        "平成" => Some(1_988),
        "昭和" => Some(1_925),
        _ => None,
    }
}

/// Whether a letter goes on: signs of vowels and the like.
pub(super) fn is_mark(c: char) -> bool {
    !c.is_ascii() && is_combining_mark(c)
}

/// Whether a text in parentheses says how far a clock is from Greenwich.
pub(super) fn begins_with_offset(text: &str) -> bool {
    ["GMT+", "GMT-", "UTC+", "UTC-"].iter().any(|start| text.starts_with(start))
}

/// A text with other digits as one with ours, `None` if there is nothing to change.
pub(super) fn latin_digits(text: &str) -> Option<String> {
    const ZEROS: &[char] = &['\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{e50}', '\u{ff10}'];
    if text.is_ascii() {
        return None;
    }
    let latin = |c: char| {
        let zero =
            ZEROS.iter().find(|zero| (**zero..=char::from_u32(**zero as u32 + 9).unwrap_or(**zero)).contains(&c))?;
        char::from_digit(c as u32 - *zero as u32, 10)
    };
    if text.chars().any(|c| latin(c).is_some()) {
        return Some(text.chars().map(|c| latin(c).unwrap_or(c)).collect());
    }
    (text.contains('年') && !text.bytes().any(|b| b.is_ascii_digit())).then(|| chinese_digits(text))
}

/// “二〇二四年二月十九日” with digits.
fn chinese_digits(text: &str) -> String {
    const DIGITS: &str = "〇一二三四五六七八九";
    let digit = |c: char| if c == '零' || c == '○' { Some(0) } else { DIGITS.chars().position(|d| d == c) };
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let here = digit(c);
        if c == '十' {
            // Ten, twelve, twenty, twenty-one.
            if before.is_none() {
                out.push('1');
            }
            if characters.peek().copied().and_then(digit).is_none() {
                out.push('0');
            }
        } else if let Some(value) = here {
            out.push(char::from(b'0' + u8::try_from(value).unwrap_or_default()));
        } else {
            out.push(c);
        }
        before = here;
    }
    out
}

/// Whether a [`plain`] word says nothing: days of the week in English, and the glue of some languages.
pub(super) fn is_filler(word: &str) -> bool {
    matches!(
        word,
        "mon"
            | "monday"
            | "tue"
            | "tues"
            | "tuesday"
            | "wed"
            | "weds"
            | "wednesday"
            | "thu"
            | "thur"
            | "thurs"
            | "thursday"
            | "fri"
            | "friday"
            | "sat"
            | "saturday"
            | "sun"
            | "sunday"
            | "st"
            | "nd"
            | "rd"
            | "th"
            | "at"
            | "de"
            | "del"
            | "of"
            | "um"
            | "uhr"
            | "a las"
            | "às"
            | "klo"
            | "kl"
            | "г"
            | "в"
            | "t"
            | "o"
            | "le"
            | "den"
            | "on"
            | "a"
            | "as"
            | "alle"
            | "ore"
            | "uur"
            | "thang"
            | "thg"
            | "ngay"
            | "nam"
            | "sau"
            | "luc"
            | "الاول"
            | "الساعة"
            | "בשעה"
            | "ساعت"
            | "น"
    )
}

/// The clock behind a zone's name in lower case.
pub(super) fn zone(name: &str, country: Country) -> Option<TimeZone> {
    let hours = match (name, country) {
        ("z" | "ut" | "utc" | "gmt" | "uct" | "wet", _) => 0,
        ("cst", Country::China) => 8,
        ("bst", Country::Bangladesh) => 6,
        ("ist", Country::Israel) => 2,
        ("ist", Country::Ireland) => 1,
        ("ast", Country::Arabia) => 3,
        ("ist", _) => return TimeZone::get("Asia/Kolkata").ok(),
        // Written all the year, they mean the clock on the wall.
        ("et", _) => return TimeZone::get("America/New_York").ok(),
        ("ct", _) => return TimeZone::get("America/Chicago").ok(),
        ("mt", _) => return TimeZone::get("America/Denver").ok(),
        ("pt", _) => return TimeZone::get("America/Los_Angeles").ok(),
        ("acst", _) => return TimeZone::get("Australia/Darwin").ok(),
        ("nst", _) => return TimeZone::get("America/St_Johns").ok(),
        ("ast", _) => -4,
        ("brst", _) => -2,
        ("adt" | "brt" | "art" | "uyt" | "clst", _) => -3,
        ("clt" | "bot" | "vet", _) => -4,
        ("est" | "cdt" | "cot" | "pet", _) => -5,
        ("edt", _) => -4,
        ("cst" | "mdt", _) => -6,
        ("mst" | "pdt", _) => -7,
        ("pst" | "akdt", _) => -8,
        ("akst", _) => -9,
        ("hst", _) => -10,
        ("bst" | "cet" | "met" | "mez" | "west" | "wat", _) => 1,
        ("cest" | "mest" | "mesz" | "eet" | "sast" | "cat", _) => 2,
        ("eest" | "msk" | "eat" | "trt", _) => 3,
        ("msd" | "gst", _) => 4,
        ("pkt" | "uzt", _) => 5,
        ("ict" | "wib", _) => 7,
        ("hkt" | "sgt" | "awst" | "pht" | "myt" | "wita", _) => 8,
        ("jst" | "kst" | "wit", _) => 9,
        ("aest", _) => 10,
        ("aedt", _) => 11,
        ("nzst", _) => 12,
        ("nzdt", _) => 13,
        _ => return None,
    };
    Some(TimeZone::fixed(offset(hours)))
}

/// The short name of a zone that is written out to the end of the text, such as “Pacific Daylight Time”: the first letters.
pub(super) fn zone_in_words(text: &str) -> Option<String> {
    const FIRST: &[&str] =
        &["australian", "british", "central", "eastern", "greenwich", "india", "japan", "korea", "mountain", "pacific"];
    let text = text.trim_end().to_ascii_lowercase();
    let mut words = text.split(' ');
    let known = words.next().is_some_and(|first| FIRST.contains(&first)) && words.next_back() == Some("time");
    known
        .then(|| text.split(' ').filter_map(|word| word.chars().next()).collect())
        .filter(|name: &String| is_zone(name))
}

/// Whether a text is one word as zones are written that nobody has to know.
pub(super) fn may_be_zone(text: &str) -> bool {
    let text = text.trim_end();
    (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase())
}

/// Whether a word is the name of a zone.
pub(super) fn is_zone(name: &str) -> bool {
    name.contains('/') || zone(name, Country::Elsewhere).is_some()
}
