//! The majority vote.

use caco_answer::Policy;

/// What a vote came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// The first reply that gave the winning answer.
    pub reply: usize,
    /// Replies that gave it.
    pub votes: u32,
    /// Whether another answer had as many.
    pub tied: bool,
}

/// The commonest of the answers, in the order of their replies; none where no reply has an answer.
///
/// Each answer joins the first class whose first member it is equal to, whichever of the two is the reference; undecided is
/// not equal. Replies without an answer do not vote. Of classes of one size the one whose first member came first wins, so
/// the result depends on nothing but the replies' order, which is that of their seeds.
#[must_use]
pub fn vote(answers: &[Option<&str>], policy: &Policy) -> Option<Vote> {
    // The first reply of each class, and its votes.
    let mut classes: Vec<(usize, u32)> = Vec::new();
    for (reply, answer) in answers.iter().enumerate() {
        let Some(answer) = answer else { continue };
        let same = classes.iter_mut().find(|(first, _)| {
            answers[*first].is_some_and(|first| {
                first == *answer
                    || caco_answer::compare(first, answer, policy).is_equal()
                    || caco_answer::compare(answer, first, policy).is_equal()
            })
        });
        match same {
            Some((_, votes)) => *votes += 1,
            None => classes.push((reply, 1)),
        }
    }
    let most = classes.iter().map(|(_, votes)| *votes).max()?;
    let mut winners = classes.iter().filter(|(_, votes)| *votes == most);
    let (reply, votes) = *winners.next()?;
    Some(Vote {
        reply,
        votes,
        tied: winners.next().is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cast(answers: &[Option<&str>]) -> Option<(usize, u32, bool)> {
        vote(answers, &Policy::benchmark()).map(|vote| (vote.reply, vote.votes, vote.tied))
    }

    #[test]
    fn equal_answers_are_one_class_however_they_are_written() {
        assert_eq!(
            cast(&[
                Some("1/2"),
                Some("3"),
                None,
                Some("0.5"),
                Some(r"\frac12"),
                Some("3.0")
            ]),
            Some((0, 3, false))
        );
        assert_eq!(
            cast(&[Some("7"), Some("3"), Some("3.0")]),
            Some((1, 2, false))
        );
    }

    #[test]
    fn a_tie_goes_to_the_answer_that_came_first() {
        assert_eq!(
            cast(&[None, Some("2"), Some("3"), Some("3"), Some("2")]),
            Some((1, 2, true))
        );
        assert_eq!(cast(&[Some("9"), Some("8")]), Some((0, 1, true)));
        assert_eq!(cast(&[None, None]), None);
        assert_eq!(cast(&[]), None);
    }
}
