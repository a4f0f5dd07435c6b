//! Taking a date apart.

use std::iter::Peekable;
use std::str::CharIndices;

use jiff::tz::{Offset, offset};

use super::{Zone, words};

/// What the pieces of a date say.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// The year and with how many digits it was written.
    pub(super) year: Option<(i16, usize)>,
    pub(super) month: Option<i8>,
    pub(super) day: Option<i8>,
    pub(super) day_of_year: Option<i16>,
    /// Hour, minute, second.
    pub(super) time: Option<(u8, u8, u8)>,
    pub(super) millis: u16,
    /// Whether “pm” (or “am”) stands with the time.
    pub(super) afternoon: Option<bool>,
    pub(super) zone: Option<Zone>,
    /// The clock of the country whose script the date is written in.
    pub(super) script_zone: Option<Offset>,
    /// Whether the month is one of the Iranian solar calendar.
    pub(super) is_solar: bool,
}

/// A run of digits.
#[derive(Debug, Clone, Copy)]
struct Number {
    value: i64,
    digits: usize,
}

impl Number {
    fn as_day(self) -> Option<i8> {
        i8::try_from(self.value).ok().filter(|day| (1..=31).contains(day) && self.digits <= 2)
    }

    fn as_month(self) -> Option<i8> {
        i8::try_from(self.value).ok().filter(|month| (1..=12).contains(month) && self.digits <= 2)
    }

    fn as_year(self) -> Option<(i16, usize)> {
        i16::try_from(self.value).ok().filter(|_| matches!(self.digits, 2 | 4)).map(|year| (year, self.digits))
    }
}

struct Scanner<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
    pieces: Pieces,
    /// Numbers that say nothing by themselves, in order.
    numbers: Vec<Number>,
    /// Words seen so far.
    words: usize,
    /// The month came from the very first word, which may have been a day of the week (“mar.” is Tuesday in French).
    month_is_doubtful: bool,
    day_first: bool,
    /// The year before the first one of an East Asian era.
    era: i64,
}

/// Takes `text` apart; `None` if a piece of it cannot belong to a date. `day_first` decides what `5/6` means.
pub(super) fn scan(text: &str, day_first: bool) -> Option<Pieces> {
    let mut scanner = Scanner {
        text,
        chars: text.char_indices().peekable(),
        pieces: Pieces::default(),
        numbers: Vec::new(),
        words: 0,
        month_is_doubtful: false,
        day_first,
        era: 0,
    };
    scanner.run()?;
    scanner.settle()?;
    Some(scanner.pieces)
}

impl Scanner<'_> {
    fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|(_, c)| *c)
    }

    fn position(&mut self) -> usize {
        self.chars.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    /// Takes the next character if it is one of `wanted`.
    fn take(&mut self, wanted: &[char]) -> Option<char> {
        self.chars.next_if(|(_, c)| wanted.contains(c)).map(|(_, c)| c)
    }

    fn number(&mut self) -> Option<Number> {
        let mut value = 0_i64;
        let mut digits = 0;
        while let Some((_, c)) = self.chars.next_if(|(_, c)| c.is_ascii_digit()) {
            value = value.checked_mul(10)?.checked_add(i64::from(c.to_digit(10)?))?;
            digits += 1;
        }
        (digits > 0).then_some(Number { value, digits })
    }

    fn run(&mut self) -> Option<()> {
        while let Some(next) = self.peek() {
            if next.is_ascii_digit() {
                let number = self.number()?;
                self.after_number(number)?;
            } else if next == '(' && words::begins_with_offset(&self.text[self.position() + 1..]) {
                self.chars.next();
            } else if next == '(' {
                // “(Coordinated Universal Time)”, “(월)”.
                let rest = &self.text[self.position()..];
                let end = self.position() + rest.find(')').map_or(rest.len(), |at| at + 1);
                while self.position() < end {
                    self.chars.next();
                }
            } else if matches!(next, '+' | '-' | '−' | '–') {
                self.chars.next();
                if self.pieces.time.is_some() || self.pieces.zone.is_some() {
                    self.offset(next == '+')?;
                }
            } else if next.is_alphabetic() {
                self.word()?;
            } else {
                self.chars.next();
            }
        }
        Some(())
    }

    /// A number was read: what follows it says what it is.
    fn after_number(&mut self, number: Number) -> Option<()> {
        match self.peek() {
            Some(':') if self.pieces.time.is_none() && number.digits <= 2 => return self.time(number),
            Some(separator @ ('-' | '/' | '.')) if self.pieces.year.is_none() && self.numbers.is_empty() => {
                let rest = &self.text[self.position() + 1..];
                // “2024. 2. 9.” is written with spaces in Korea.
                let rest = if separator == '.' && number.digits == 4 { rest.trim_start_matches(' ') } else { rest };
                if rest.starts_with(|c: char| c.is_ascii_digit()) {
                    return self.numeric_date(number, separator);
                }
            }
            Some('.') if self.is_clock(number) => return self.time(number),
            Some('h' | 'H') if self.pieces.time.is_none() && number.digits <= 2 => return self.hours(number),
            Some(' ' | '\u{a0}' | '\u{202f}') if self.names_hours(number) => {
                self.chars.next();
                return self.hours(number);
            }
            Some(unit) => {
                if let Some(done) = self.unit(number, unit) {
                    return done;
                }
            }
            None => {}
        }
        match number.digits {
            8 if self.pieces.year.is_none() => {
                self.pieces.year = Some((i16::try_from(number.value / 10_000).ok()?, 4));
                self.pieces.month = i8::try_from(number.value / 100 % 100).ok();
                self.pieces.day = i8::try_from(number.value % 100).ok();
            }
            // The day of the year (ISO 8601, section 5.2.2).
            7 if self.pieces.year.is_none() && self.numbers.is_empty() => {
                self.pieces.year = Some((i16::try_from(number.value / 1000).ok()?, 4));
                self.pieces.day_of_year = i16::try_from(number.value % 1000).ok();
            }
            14 if self.pieces.year.is_none() => {
                let date = Number { value: number.value / 1_000_000, digits: 8 };
                self.after_number(date)?;
                self.pieces.time = clock(number.value % 1_000_000);
            }
            // 20230815T0907 and 20230815T090719
            6 if self.pieces.day.is_some() && self.pieces.time.is_none() => self.pieces.time = clock(number.value),
            4 if self.pieces.day.is_some() && self.pieces.year.is_some() && self.pieces.time.is_none() => {
                self.pieces.time = clock(number.value * 100);
            }
            6 if self.text.len() == 6 => {
                self.pieces.year = Some((i16::try_from(number.value / 10_000).ok()?, 2));
                self.pieces.month = i8::try_from(number.value / 100 % 100).ok();
                self.pieces.day = i8::try_from(number.value % 100).ok();
            }
            1 | 2 | 4 if self.numbers.len() < 4 => self.numbers.push(number),
            _ => return None,
        }
        Some(())
    }

    /// Whether a full stop stands between hours and minutes, as in “9 februari 2024 kl. 06.30”.
    fn is_clock(&mut self, hour: Number) -> bool {
        let at = self.position();
        let mut rest = self.text[at + 1..].bytes();
        let minutes = rest.by_ref().take(2).filter(u8::is_ascii_digit).count() == 2;
        let knows_day = self.pieces.month.is_some() && (self.numbers.len() >= 2 || self.pieces.year.is_some());
        self.pieces.time.is_none()
            && hour.digits <= 2
            && minutes
            && knows_day
            && !rest.next().is_some_and(|b| b.is_ascii_digit())
    }

    /// Whether “ h 30” follows.
    fn names_hours(&mut self, hour: Number) -> bool {
        let at = self.position();
        let rest = self.text[at..].trim_start();
        let behind = rest.strip_prefix(['h', 'H']).map(|rest| !rest.starts_with(char::is_alphabetic));
        self.pieces.time.is_none() && hour.digits <= 2 && behind == Some(true)
    }

    /// `hour` was read and an “h” follows: “06h30”, “6 h 30”, “18h”.
    fn hours(&mut self, hour: Number) -> Option<()> {
        self.chars.next();
        while self.take(&[' ', '\u{a0}', '\u{202f}']).is_some() {}
        let minute = self.number().map_or(0, |minute| minute.value);
        self.pieces.time = Some((u8::try_from(hour.value).ok()?, u8::try_from(minute).ok()?, 0));
        Some(())
    }

    /// East Asian units behind a number. `None` if `unit` is none.
    fn unit(&mut self, number: Number, unit: char) -> Option<Option<()>> {
        let small = u8::try_from(number.value).ok();
        let (hour, minute, second) = self.pieces.time.unwrap_or_default();
        match unit {
            '年' | '년' => {
                let digits = if self.era == 0 { number.digits } else { 4 };
                self.pieces.year = Some((i16::try_from(number.value.checked_add(self.era)?).ok()?, digits));
                self.pieces.script_zone = Some(offset(if unit == '년' { 9 } else { 8 }));
            }
            '月' | '월' => self.pieces.month = number.as_month(),
            '日' | '일' | '号' | '號' => self.pieces.day = number.as_day(),
            '时' | '時' | '点' | '點' | '시' => self.pieces.time = Some((small?, minute, second)),
            '分' | '분' => self.pieces.time = Some((hour, small?, second)),
            '秒' | '초' => self.pieces.time = Some((hour, minute, small?)),
            _ => return None,
        }
        self.chars.next();
        Some(Some(()))
    }

    /// Two or three numbers with the same sign between them.
    fn numeric_date(&mut self, first: Number, separator: char) -> Option<()> {
        self.chars.next();
        while separator == '.' && self.take(&[' ']).is_some() {}
        let second = self.number()?;
        let mut third = None;
        if self.take(&[separator]).is_some() {
            while separator == '.' && self.take(&[' ']).is_some() {}
            third = Some(self.number()?);
        }
        let pieces = &mut self.pieces;
        match (first.digits, third) {
            (4, None) if second.digits == 3 => {
                pieces.year = first.as_year();
                pieces.day_of_year = i16::try_from(second.value).ok();
            }
            (4, third) => {
                pieces.year = first.as_year();
                pieces.month = Some(second.as_month()?);
                pieces.day = third.map(|day| day.as_day().ok_or(())).transpose().ok()?;
            }
            (1 | 2, Some(third)) if third.digits == 4 || separator != '-' => {
                pieces.year = Some(third.as_year()?);
                let day_first = self.day_first || separator == '.' || first.value > 12;
                let (day, month) = if day_first && second.value <= 12 { (first, second) } else { (second, first) };
                pieces.day = Some(day.as_day()?);
                pieces.month = Some(month.as_month()?);
            }
            (2, Some(third)) => {
                pieces.year = first.as_year();
                pieces.month = Some(second.as_month()?);
                pieces.day = Some(third.as_day()?);
            }
            _ => return None,
        }
        Some(())
    }

    /// `hour` was read and a colon follows.
    fn time(&mut self, hour: Number) -> Option<()> {
        self.chars.next();
        let minute = self.number()?;
        let mut second = Number { value: 0, digits: 0 };
        if self.take(&[':']).is_some() {
            second = self.number()?;
            if self.take(&['.', ',']).is_some() {
                let fraction = self.number()?;
                let scale = 10_i64.checked_pow(u32::try_from(fraction.digits).ok()?)?;
                self.pieces.millis = u16::try_from(fraction.value.checked_mul(1000)? / scale).ok()?;
            }
        }
        self.pieces.time =
            Some((u8::try_from(hour.value).ok()?, u8::try_from(minute.value).ok()?, u8::try_from(second.value).ok()?));
        Some(())
    }

    /// A sign after a time was read: hours and minutes from Greenwich.
    fn offset(&mut self, east: bool) -> Option<()> {
        let number = self.number()?;
        let (hours, minutes) = match number.digits {
            1 | 2 if self.take(&[':']).is_some() => (number.value, self.number()?.value),
            1 | 2 => (number.value, 0),
            3 | 4 => (number.value / 100, number.value % 100),
            _ => return None,
        };
        // The minutes may have as many digits as somebody wrote; the hours have two.
        let minutes = Some(minutes).filter(|minutes| (0..60).contains(minutes))?;
        let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
        self.pieces.zone = Some(Zone::Seconds(if east { seconds } else { -seconds }));
        Some(())
    }

    fn word(&mut self) -> Option<()> {
        let from = self.position();
        if self.pieces.time.is_some()
            && let Some(zone) = words::zone_in_words(&self.text[from..])
        {
            self.pieces.zone = Some(Zone::Name(zone));
            while self.chars.next().is_some() {}
            return Some(());
        }
        while self
            .chars
            .next_if(|(_, c)| c.is_alphabetic() || words::is_mark(*c) || matches!(c, '.' | '_' | '/' | '\''))
            .is_some()
        {}
        let end = self.position();
        let word = words::plain(self.text[from..end].trim_end_matches(['.', '/']));
        let first = self.words == 0;
        self.words += 1;
        // Hangul and Han meridians may touch the number that follows.
        match word.as_str() {
            "am" | "上午" | "早上" | "午前" | "凌晨" => self.pieces.afternoon = Some(false),
            "pm" | "下午" | "晚上" | "午後" | "中午" => self.pieces.afternoon = Some(true),
            _ if self.text[from..end] == *"오전" => {
                self.pieces.afternoon = Some(false);
                self.pieces.script_zone = Some(offset(9));
            }
            _ if self.text[from..end] == *"오후" => {
                self.pieces.afternoon = Some(true);
                self.pieces.script_zone = Some(offset(9));
            }
            _ if words::is_filler(&word) => {}
            // “كانون الثاني” is January, “كانون” alone its neighbour December.
            "الثاني" if matches!(self.pieces.month, Some(10 | 12)) => {
                self.pieces.month = if self.pieces.month == Some(12) { Some(1) } else { Some(11) };
            }
            era if words::era(era).is_some() => self.era = words::era(era).unwrap_or_default(),
            _ if words::solar_month(&word).is_some() => {
                self.pieces.month = words::solar_month(&word);
                self.pieces.is_solar = true;
            }
            _ if words::is_zone(&word)
                && (self.pieces.time.is_some() || self.pieces.year.is_some() || !self.numbers.is_empty()) =>
            {
                self.pieces.zone = Some(Zone::Name(word));
            }
            _ => match words::month(&word).or_else(|| words::month_of_script(&self.text[from..end], &word)) {
                Some(month) => {
                    if self.pieces.month.is_some() && !self.month_is_doubtful {
                        return None;
                    }
                    self.month_is_doubtful = first;
                    self.pieces.month = Some(month);
                }
                None if first => {}
                // 星期二, 周二, 화요일: days of the week anywhere.
                None if word.starts_with(['周', '週', '星', '礼']) || self.text[from..end].ends_with("요일") => {}
                None if self.text[from..end].ends_with("曜日") => {}
                // A zone whose name nobody knows counts as none (RFC 5322, section 4.3).
                None if self.pieces.time.is_some() && words::may_be_zone(&self.text[from..]) => {}
                None => return None,
            },
        }
        Some(())
    }

    /// Finds out what the bare numbers are.
    fn settle(&mut self) -> Option<()> {
        let pieces = &mut self.pieces;
        let mut numbers = std::mem::take(&mut self.numbers);
        if pieces.year.is_none()
            && let Some(at) = numbers.iter().position(|number| number.digits == 4)
        {
            pieces.year = numbers.remove(at).as_year();
        }
        if pieces.day.is_none() && pieces.day_of_year.is_none() && !numbers.is_empty() {
            pieces.day = Some(numbers.remove(0).as_day()?);
        }
        if pieces.month.is_none() && !numbers.is_empty() {
            pieces.month = Some(numbers.remove(0).as_month()?);
        }
        if pieces.year.is_none() && !numbers.is_empty() {
            pieces.year = numbers.remove(0).as_year();
        }
        // A day without a month is no date; “May 2024” and “2024” are.
        let whole = pieces.month.is_some() || pieces.day.is_none();
        (numbers.is_empty() && whole && (pieces.day.is_some() || pieces.time.is_none() || pieces.day_of_year.is_some()))
            .then_some(())
    }
}

/// Hour, minute and second from six digits.
fn clock(digits: i64) -> Option<(u8, u8, u8)> {
    let part = |divisor: i64| u8::try_from(digits / divisor % 100).ok();
    Some((part(10_000)?, part(100)?, part(1)?))
}
