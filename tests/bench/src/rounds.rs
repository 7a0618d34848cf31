//! Ratios that hold on a noisy machine: the candidates take turns inside each round, and what
//! counts is the median of the rounds' ratios. Time is the thread's processor time.

use std::time::Duration;

use cpu_time::ThreadTime;

/// One way to do the work.
pub struct Candidate<'a> {
    pub name: &'static str,
    pub run: Box<dyn FnMut() + 'a>,
}

/// What each candidate took, round by round, in the candidates' order.
pub struct Rounds {
    names: Vec<&'static str>,
    micros: Vec<Vec<f64>>,
}

/// Runs each candidate `inner` times in each of `rounds` rounds, in turn. The first round is not
/// counted.
pub fn run(rounds: usize, inner: u32, mut candidates: Vec<Candidate<'_>>) -> Rounds {
    let mut micros = vec![Vec::with_capacity(rounds); candidates.len()];
    for round in 0..=rounds {
        for (candidate, micros) in candidates.iter_mut().zip(&mut micros) {
            let start = ThreadTime::now();
            for _ in 0..inner {
                (candidate.run)();
            }
            let each: Duration = start.elapsed() / inner;
            if round > 0 {
                micros.push(each.as_secs_f64() * 1e6);
            }
        }
    }
    Rounds { names: candidates.iter().map(|candidate| candidate.name).collect(), micros }
}

impl Rounds {
    fn of(&self, name: &str) -> &[f64] {
        self.names
            .iter()
            .position(|known| *known == name)
            .and_then(|index| self.micros.get(index))
            .map_or(&[], Vec::as_slice)
    }

    /// The median time of one candidate, in microseconds.
    pub fn micros(&self, name: &str) -> f64 {
        median(self.of(name).to_vec())
    }

    /// The median of the rounds' ratios of one candidate to another.
    pub fn ratio(&self, name: &str, to: &str) -> f64 {
        median(self.of(name).iter().zip(self.of(to)).map(|(a, b)| a / b).collect())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
