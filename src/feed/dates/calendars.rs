//! Calendars that count otherwise.

use jiff::civil::Date;

use super::scan::Pieces;

/// Between these years every round of 33 years has eight leap years.
const FIRST: i32 = 1_210;
const LAST: i32 = 1_634;

/// The day of the Iranian solar calendar.
pub(super) fn solar(pieces: &Pieces) -> Option<Date> {
    let year = i32::from(pieces.year?.0);
    let (month, day) = (i32::from(pieces.month?), i32::from(pieces.day?));
    let longest = if month <= 6 { 31 } else { 30 };
    if !(FIRST..=LAST).contains(&year) || !(1..=longest).contains(&day) {
        return None;
    }
    let passed = year - FIRST;
    let leaps = passed / 33 * 8 + (passed % 33 + 3) / 4;
    let months = if month <= 7 { (month - 1) * 31 } else { 186 + (month - 7) * 30 };
    let days = passed * 365 + leaps + months + day - 1;
    Date::new(1831, 3, 21).ok()?.checked_add(jiff::Span::new().days(days)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_solar_year_are_those_of_ours() {
        for (year, month, day, ours) in [
            (1402, 11, 20, "2024-02-09"),
            (1402, 1, 1, "2023-03-21"),
            (1403, 1, 1, "2024-03-20"),
            (1403, 12, 30, "2025-03-20"),
            (1404, 1, 1, "2025-03-21"),
            (1399, 12, 30, "2021-03-20"),
            (1357, 11, 22, "1979-02-11"),
        ] {
            let pieces = Pieces { year: Some((year, 4)), month: Some(month), day: Some(day), ..Pieces::default() };
            assert_eq!(solar(&pieces).map(|date| date.to_string()).as_deref(), Some(ours), "{year}-{month}-{day}");
        }
    }
}
