//! One pass over a file of problems, one a line, as `benches/curate` measures it.
//!
//! `near_pass FILE THRESHOLD OUT`: for each row that goes a line `row reason first similarity`, counted from 0, in OUT; what
//! is held in memory on standard output.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};

use caco_curate::{Candidate, Caps, Curator, Decision, Evidence, NearRule};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, threshold, out] = arguments.as_slice() else {
        return Err("give FILE THRESHOLD OUT".into());
    };
    let rule = NearRule::new(threshold.parse()?, 3)?;
    let mut curator = Curator::new(Caps::default(), None).with_near(Some(rule), None);
    let mut reader = BufReader::with_capacity(1 << 16, File::open(file)?);
    let mut out = BufWriter::new(File::create(out)?);
    let (mut line, mut row_id, mut row, mut kept) = (String::new(), String::new(), 0u64, 0u64);
    while reader.read_line(&mut line)? > 0 {
        // Ids as rows have them: 32 hexadecimal digits, here of the row's number.
        row_id.clear();
        write!(row_id, "{row:032x}")?;
        let decision = curator.judge(&Candidate {
            row_id: &row_id,
            problem: Some(line.trim_end()),
            ..Candidate::default()
        });
        match decision {
            Decision::Kept => kept += 1,
            Decision::Rejected {
                reason,
                evidence: Evidence::Repeats { row_id, .. },
            } => {
                writeln!(
                    out,
                    "{row} {reason} {} 1",
                    u64::from_str_radix(&row_id, 16)?
                )?;
            }
            Decision::Rejected {
                reason,
                evidence:
                    Evidence::Resembles {
                        row_id, similarity, ..
                    },
            } => {
                writeln!(
                    out,
                    "{row} {reason} {} {similarity:.6}",
                    u64::from_str_radix(&row_id, 16)?
                )?;
            }
            Decision::Rejected { reason, evidence } => {
                return Err(format!("row {row}: {reason}: {evidence}").into());
            }
        }
        row += 1;
        line.clear();
    }
    out.flush()?;
    println!(
        "{{\"rows\": {row}, \"kept\": {kept}, \"bytes\": {}}}",
        curator.bytes()
    );
    Ok(())
}
