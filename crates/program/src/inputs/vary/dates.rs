//! Days of the calendar, counted.

use super::Reach;
use crate::chance::Chance;

/// Year, month and day.
pub(super) type Date = (i32, u8, u8);

/// Another day: within two months, or some years away.
pub(super) fn moved(date: Date, reach: Reach, chance: &mut Chance) -> Option<Date> {
    let days = match reach {
        Reach::Near => chance.between(1, 60) * if chance.one_in(1, 2) { 1 } else { -1 },
        Reach::Far => chance.between(-2_000, 2_000),
        Reach::Larger(quarters) => 90 * i64::from(quarters),
    };
    let new = of_day(day_of(date)? + days)?;
    (1..=9999).contains(&new.0).then_some(new)
}

pub(super) fn length_of_month(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days before the first of January of `year`, from that of year 1.
fn days_before(year: i32) -> i64 {
    let past = i64::from(year) - 1;
    past * 365 + past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400)
}

/// The number of a day; `None` where there is no such day.
fn day_of((year, month, day): Date) -> Option<i64> {
    if !(1..=12).contains(&month) || day == 0 || day > length_of_month(year, month) {
        return None;
    }
    let months: i64 = (1..month)
        .map(|m| i64::from(length_of_month(year, m)))
        .sum();
    Some(days_before(year) + months + i64::from(day) - 1)
}

fn of_day(number: i64) -> Option<Date> {
    let mut year = i32::try_from(number.div_euclid(366) + 1).ok()?;
    while days_before(year + 1) <= number {
        year += 1;
    }
    let mut left = number - days_before(year);
    for month in 1..=12 {
        let length = i64::from(length_of_month(year, month));
        if left < length {
            return Some((year, month, u8::try_from(left + 1).ok()?));
        }
        left -= length;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_come_back_from_their_numbers() {
        for number in (0..3_000_000).step_by(97) {
            assert_eq!(day_of(of_day(number).unwrap()), Some(number));
        }
        assert_eq!(
            day_of((2000, 3, 1)).unwrap() - day_of((2000, 2, 28)).unwrap(),
            2
        );
        assert_eq!(
            day_of((1900, 3, 1)).unwrap() - day_of((1900, 2, 28)).unwrap(),
            1
        );
        assert_eq!(day_of((2023, 2, 29)), None);
    }
}
