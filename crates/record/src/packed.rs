//! The packed form of rows: what one process writes for itself while it sorts more rows than it holds. It has no version,
//! since nothing of it outlives the process.

use crate::batch::OPTIONAL;
use crate::{Fate, RecordError, Row, Stage};

/// Appends a row to a buffer: lengths as little-endian 32-bit numbers, texts as they are.
pub fn pack(row: &Row, out: &mut Vec<u8>) {
    text(Some(&row.row_id), out);
    text(Some(&row.origin), out);
    out.extend_from_slice(&row.round.to_le_bytes());
    text(Some(row.fate.as_str()), out);
    text(Some(row.stage.as_str()), out);
    for (_, get, _) in OPTIONAL {
        text(get(row), out);
    }
}

/// Takes the next row off the start of a buffer.
///
/// # Errors
/// [`RecordError::Packed`] when the buffer does not begin with a whole row.
pub fn unpack(bytes: &mut &[u8]) -> Result<Row, RecordError> {
    let id = required(bytes)?;
    let origin = required(bytes)?;
    let round = u32::from_le_bytes(take(bytes)?);
    let fate = Fate::from_name(&required(bytes)?).ok_or(RecordError::Packed)?;
    let stage: Stage = required(bytes)?.parse().map_err(|_| RecordError::Packed)?;
    let mut row = Row::new(id, &origin, round, stage);
    row.fate = fate;
    for (_, _, set) in OPTIONAL {
        set(&mut row, optional(bytes)?);
    }
    Ok(row)
}

/// A text behind its length plus one; 0 stands for none.
fn text(value: Option<&str>, out: &mut Vec<u8>) {
    // A text of 4 GiB or more fits no row; `unpack` would find its bytes to be no row.
    let length = value.map_or(0, |value| {
        u32::try_from(value.len() + 1).unwrap_or(u32::MAX)
    });
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(value.unwrap_or_default().as_bytes());
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], RecordError> {
    let (first, rest) = bytes.split_first_chunk().ok_or(RecordError::Packed)?;
    *bytes = rest;
    Ok(*first)
}

fn optional(bytes: &mut &[u8]) -> Result<Option<String>, RecordError> {
    let length = u32::from_le_bytes(take(bytes)?) as usize;
    let Some(length) = length.checked_sub(1) else {
        return Ok(None);
    };
    let (value, rest) = bytes.split_at_checked(length).ok_or(RecordError::Packed)?;
    *bytes = rest;
    let value = std::str::from_utf8(value).map_err(|_| RecordError::Packed)?;
    Ok(Some(value.to_owned()))
}

fn required(bytes: &mut &[u8]) -> Result<String, RecordError> {
    optional(bytes)?.ok_or(RecordError::Packed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ORIGIN_SAMPLE;

    #[test]
    fn packed_rows_read_back_one_after_the_other() {
        let mut first = Row::new("a".repeat(32), ORIGIN_SAMPLE, 3, Stage::Curate);
        first.reject(Stage::Judge, "answers_differ", "½ is not 2".to_owned());
        first.program = Some(String::new());
        first.verdicts = Some("{}".into());
        let second = Row::new("b".repeat(32), ORIGIN_SAMPLE, u32::MAX, Stage::Judge);
        let mut bytes = Vec::new();
        pack(&first, &mut bytes);
        pack(&second, &mut bytes);
        let mut rest = bytes.as_slice();
        assert_eq!(unpack(&mut rest).unwrap(), first);
        assert_eq!(unpack(&mut rest).unwrap(), second);
        assert!(rest.is_empty());
        for cut in 0..bytes.len() / 2 {
            let mut rest = &bytes[..cut];
            assert!(matches!(unpack(&mut rest), Err(RecordError::Packed)));
        }
    }
}
